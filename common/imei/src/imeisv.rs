//! The IMEI with software version, and that version.

use crate::digits;
use crate::error::ParseError;
use crate::imei::Imei14;
use crate::mask::Masked;
use crate::suspicion::Suspicions;
use crate::tac::Tac;
use crate::text::{ascii, masked_debug, open_debug, text_conversions};

/// IMEI with Software Version number: 16 digits, no check digit (3GPP TS 23.003 clause 6.2.2).
///
/// ```text
/// imeisv = tac(8) serial-number(6) svn(2)
/// ```
///
/// Any 16 digits have this form, an IMEI with a digit read twice among them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Imeisv([u8; Imeisv::LEN]);

impl Imeisv {
    /// Number of digits.
    pub const LEN: usize = Imei14::LEN + Svn::LEN;

    /// Reads 16 digits; separators and white space as in [`Imei::parse`](crate::Imei::parse).
    ///
    /// # Errors
    /// Not 16 digits.
    pub const fn parse(text: &[u8]) -> Result<Self, ParseError> {
        match digits::exactly(text) {
            Ok(digits) => Ok(Self(digits)),
            Err(error) => Err(error),
        }
    }

    /// Takes 16 ASCII digits.
    pub(crate) const fn from_digits(digits: [u8; Self::LEN]) -> Self {
        Self(digits)
    }

    /// The 16 digits.
    pub const fn as_str(&self) -> &str {
        ascii(&self.0)
    }

    /// The 14 digits that identify the equipment.
    pub const fn imei14(self) -> Imei14 {
        let [identity @ .., _, _] = self.0;
        Imei14(identity)
    }

    /// Software version number.
    pub const fn svn(self) -> Svn {
        let [.., tens, units] = self.0;
        Svn([tens, units])
    }

    /// Type Allocation Code: the model.
    pub const fn tac(self) -> Tac {
        self.imei14().tac()
    }

    /// What makes this number look made up.
    pub const fn suspicions(self) -> Suspicions {
        Suspicions::of(self.imei14())
    }

    /// The number with only its TAC shown.
    pub const fn masked(self) -> Masked {
        Masked::new(self.tac().0, 8)
    }
}

text_conversions!(Imeisv, "an IMEISV: 16 digits");
masked_debug!(Imeisv);

/// Software Version Number: two digits that change with the phone's firmware
/// (3GPP TS 23.003 clause 6.2.2). Not part of the equipment's identity.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Svn([u8; Svn::LEN]);

impl Svn {
    /// Number of digits.
    pub const LEN: usize = 2;

    /// Reads two digits; white space around them is accepted.
    ///
    /// # Errors
    /// Not two digits.
    pub const fn parse(text: &[u8]) -> Result<Self, ParseError> {
        match digits::exactly(text) {
            Ok(digits) => Ok(Self(digits)),
            Err(error) => Err(error),
        }
    }

    /// Takes two ASCII digits.
    pub(crate) const fn from_digits(digits: [u8; Self::LEN]) -> Self {
        Self(digits)
    }

    /// The two digits.
    pub const fn as_str(&self) -> &str {
        ascii(&self.0)
    }
}

text_conversions!(Svn, "a software version number: 2 digits");
open_debug!(Svn);
