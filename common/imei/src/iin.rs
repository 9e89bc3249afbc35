//! The number of a person in Kazakhstan.

use crate::civil_number::{self, two};
use crate::error::ParseError;
use crate::mask::Masked;
use crate::text::{ascii, masked_debug, text_conversions};

/// Individual Identification Number (ИИН, ЖСН): 12 digits that name a person (Law of Kazakhstan
/// № 223 of 12 January 2007; government resolution № 565 of 11 June 2003).
///
/// ```text
/// iin = year(2) month(2) day(2) century(1) serial(4) check-digit(1)
/// ```
///
/// A sole proprietor (ИП) applies under the IIN of the person.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Iin([u8; Iin::LEN]);

impl Iin {
    /// Number of digits.
    pub const LEN: usize = civil_number::LEN;

    /// Reads 12 digits; separators and white space as in [`Imei::parse`](crate::Imei::parse).
    ///
    /// A seventh digit of 0 is taken, though no source explains it: see [`Iin::is_unusual`].
    ///
    /// # Errors
    /// Not 12 digits; the check digit does not agree, or none can (`Checksum`); no day of the
    /// calendar, or a seventh digit that stands for no century (`OutOfRange`).
    pub const fn parse(text: &[u8]) -> Result<Self, ParseError> {
        match civil_number::parse(text) {
            Ok(digits) => Self::from_digits(digits),
            Err(error) => Err(error),
        }
    }

    /// Takes 12 ASCII digits whose check was made.
    pub(crate) const fn from_digits(digits: [u8; Self::LEN]) -> Result<Self, ParseError> {
        let number = Self(digits);
        let (month, day) = (number.month(), number.day());
        let leap = match number.birth_year() {
            Some(year) => {
                year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
            }
            // Of an unknown century: 29 February may have been.
            None => true,
        };
        let days = match month {
            2 if leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return Err(ParseError::OutOfRange),
        };
        let [_, _, _, _, _, _, century, ..] = digits;
        if day == 0 || day > days || century > b'6' {
            return Err(ParseError::OutOfRange);
        }
        Ok(number)
    }

    /// The 12 digits.
    pub const fn as_str(&self) -> &str {
        ascii(&self.0)
    }

    /// Year of birth with its century; `None` if the seventh digit is 0.
    pub const fn birth_year(self) -> Option<u16> {
        let [tens, units, _, _, _, _, century, ..] = self.0;
        let century = match century {
            b'1' | b'2' => 1800,
            b'3' | b'4' => 1900,
            b'5' | b'6' => 2000,
            _ => return None,
        };
        Some(century + two(tens, units) as u16)
    }

    /// Month of birth, 1 to 12.
    pub const fn month(self) -> u8 {
        let [_, _, tens, units, ..] = self.0;
        two(tens, units)
    }

    /// Day of birth, 1 to 31.
    pub const fn day(self) -> u8 {
        let [_, _, _, _, tens, units, ..] = self.0;
        two(tens, units)
    }

    /// Whether the seventh digit is 0: the published scheme has no such number. It is said that
    /// foreigners have them, so this is to be looked at and not refused.
    pub const fn is_unusual(self) -> bool {
        self.birth_year().is_none()
    }

    /// The number with nothing shown: already its first digits are a date of birth.
    pub const fn masked(self) -> Masked {
        Masked::new(*b"********", 4)
    }
}

text_conversions!(Iin, "an IIN: 12 digits");
masked_debug!(Iin);
