//! The IMEI, and the 14 digits of it that identify the equipment.

use crate::digits;
use crate::error::ParseError;
use crate::lanes::Lanes;
use crate::luhn;
use crate::mask::Masked;
use crate::suspicion::Suspicions;
use crate::tac::Tac;
use crate::text::{ascii, masked_debug, text_conversions};

/// International Mobile Equipment Identity: 15 digits, the last of which agrees
/// (3GPP TS 23.003 clause 6.2.1 and Annex B).
///
/// ```text
/// imei = tac(8) serial-number(6) check-digit(1)
/// ```
///
/// Agreeing is not being genuine: see [`Imei::suspicions`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Imei([u8; Imei::LEN]);

impl Imei {
    /// Number of digits.
    pub const LEN: usize = Imei14::LEN + 1;

    /// Reads 15 digits. Space, `-`, `.` and `/` may stand between digits, ASCII white space
    /// around the whole; nothing else is accepted.
    ///
    /// # Errors
    /// Not 15 digits, or the check digit does not agree.
    #[inline]
    pub const fn parse(text: &[u8]) -> Result<Self, ParseError> {
        if let Some((digits, [])) = text.split_first_chunk()
            && let Some(lanes) = Lanes::new(digits)
        {
            return Self::checked(*digits, lanes.check_digit());
        }
        match digits::exactly(text) {
            Ok(digits) => Self::from_digits(digits),
            Err(error) => Err(error),
        }
    }

    /// Checks the last of 15 ASCII digits.
    pub(crate) const fn from_digits(digits: [u8; Self::LEN]) -> Result<Self, ParseError> {
        let [identity @ .., _] = digits;
        Self::checked(digits, Imei14(identity).check_digit())
    }

    #[inline]
    const fn checked(digits: [u8; Self::LEN], expected: u8) -> Result<Self, ParseError> {
        let [.., found] = digits;
        if found == expected {
            Ok(Self(digits))
        } else {
            let (expected, found) = (expected as char, found as char);
            Err(ParseError::CheckDigit { expected, found })
        }
    }

    /// The 15 digits.
    pub const fn as_str(&self) -> &str {
        ascii(&self.0)
    }

    /// Type Allocation Code: the model.
    pub const fn tac(self) -> Tac {
        self.imei14().tac()
    }

    /// Serial number (SNR): six digits, the unit within the model.
    pub fn serial_number(&self) -> &str {
        self.as_str().get(8..14).unwrap_or_default()
    }

    /// The last digit.
    pub const fn check_digit(self) -> char {
        let [.., digit] = self.0;
        digit as char
    }

    /// The 14 digits that identify the equipment.
    #[inline]
    pub const fn imei14(self) -> Imei14 {
        let [identity @ .., _] = self.0;
        Imei14(identity)
    }

    /// What makes this number look made up, though its check digit agrees.
    #[inline]
    pub const fn suspicions(self) -> Suspicions {
        Suspicions::of(self.imei14())
    }

    /// The number with only its TAC shown.
    pub const fn masked(self) -> Masked {
        Masked::new(self.tac().0, 7)
    }
}

text_conversions!(Imei, "an IMEI: 15 digits");
masked_debug!(Imei);

/// IMEI without its check digit: the identity of the equipment, which is what networks send
/// and what two numbers must be compared by (3GPP TS 23.003 Annex B).
///
/// Nothing in it tells a misread digit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Imei14(pub(crate) [u8; Imei14::LEN]);

impl Imei14 {
    /// Number of digits.
    pub const LEN: usize = 14;

    /// Reads 14 digits; separators and white space as in [`Imei::parse`].
    ///
    /// # Errors
    /// Not 14 digits.
    pub const fn parse(text: &[u8]) -> Result<Self, ParseError> {
        match digits::exactly(text) {
            Ok(digits) => Ok(Self(digits)),
            Err(error) => Err(error),
        }
    }

    /// The 14 digits.
    pub const fn as_str(&self) -> &str {
        ascii(&self.0)
    }

    /// Type Allocation Code: the model.
    pub const fn tac(self) -> Tac {
        let [a, b, c, d, e, f, g, h, ..] = self.0;
        Tac([a, b, c, d, e, f, g, h])
    }

    /// Serial number (SNR): six digits, the unit within the model.
    pub fn serial_number(&self) -> &str {
        self.as_str().get(8..).unwrap_or_default()
    }

    /// The IMEI with these 14 digits. Its check digit is *computed, not read*: if one of the 14
    /// was misread, the result is a sound IMEI of another phone. Only for sources that send no
    /// check digit and cannot misread, and the caller must keep that it was so.
    pub const fn with_check_digit(self) -> Imei {
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n] = self.0;
        Imei([a, b, c, d, e, f, g, h, i, j, k, l, m, n, self.check_digit()])
    }

    /// The check digit of the whole IMEI, in ASCII.
    const fn check_digit(self) -> u8 {
        match luhn::check_digit(&self.0) {
            Some(digit) => digit,
            // The type holds digits only.
            None => b'0',
        }
    }

    /// What makes this number look made up.
    pub const fn suspicions(self) -> Suspicions {
        Suspicions::of(self)
    }

    /// The number with only its TAC shown.
    pub const fn masked(self) -> Masked {
        Masked::new(self.tac().0, 6)
    }
}

text_conversions!(Imei14, "an IMEI without check digit: 14 digits");
masked_debug!(Imei14);

impl From<Imei> for Imei14 {
    fn from(imei: Imei) -> Self {
        imei.imei14()
    }
}
