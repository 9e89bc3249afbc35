//! The identity of an eSIM chip.

use crate::digits;
use crate::error::ParseError;
use crate::mask::Masked;
use crate::mod97;
use crate::text::{ascii, masked_debug, text_conversions};

/// eUICC Identifier: 32 digits whose last two are ISO 7064 MOD 97-10 check digits
/// (GSMA SGP.29). It need not begin with `89`, and it is not an IMEI: the eSIM slot has one of
/// its own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Eid([u8; Eid::LEN]);

impl Eid {
    /// Number of digits.
    pub const LEN: usize = 32;

    /// Reads 32 digits; separators and white space as in [`Imei::parse`](crate::Imei::parse).
    ///
    /// # Errors
    /// Not 32 digits, or the check digits do not agree.
    pub const fn parse(text: &[u8]) -> Result<Self, ParseError> {
        match digits::exactly(text) {
            Ok(digits) if mod97::is_valid(&digits) => Ok(Self(digits)),
            Ok(_) => Err(ParseError::Checksum),
            Err(error) => Err(error),
        }
    }

    /// The 32 digits.
    pub const fn as_str(&self) -> &str {
        ascii(&self.0)
    }

    /// The number with only the first eight digits shown, which name the maker of the chip.
    pub const fn masked(self) -> Masked {
        let [a, b, c, d, e, f, g, h, ..] = self.0;
        Masked::new([a, b, c, d, e, f, g, h], 24)
    }
}

text_conversions!(Eid, "an EID: 32 digits");
masked_debug!(Eid);
