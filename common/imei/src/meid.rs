//! The identity of CDMA equipment: recognised so that it can be put aside.

use core::fmt;

use crate::digits::{Base, Digits};
use crate::error::{ParseError, clamp};
use crate::luhn;
use crate::mask::Masked;
use crate::text::{ascii, masked_debug, text_conversions};

/// Mobile Equipment Identifier: 14 hexadecimal digits (3GPP2 X.S0008, SC.R4002). Never an IMEI,
/// though a phone with both may print 14 shared digits as "IMEI/MEID".
///
/// ```text
/// meid = manufacturer(8) serial-number(6)
/// ```
///
/// The first two digits are `A0` to `FF`, or `99` for codes shared with IMEIs, which are then
/// decimal throughout.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Meid([u8; Meid::LEN]);

impl Meid {
    /// Number of hexadecimal digits.
    pub const LEN: usize = 14;

    /// Reads 14 hexadecimal digits, or the decimal form of 18; either may have its check digit
    /// behind it. Letters in any case; separators and white space as in
    /// [`Imei::parse`](crate::Imei::parse).
    ///
    /// # Errors
    /// Another number of digits, outside the range of MEIDs, or a check digit that does not
    /// agree.
    pub const fn parse(text: &[u8]) -> Result<Self, ParseError> {
        let found: Digits<19> = match Digits::read(text, Base::Hexadecimal) {
            Ok(found) => found,
            Err(error) => return Err(error),
        };
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, _, _, _, last] = found.ascii;
        let hex = [a, b, c, d, e, f, g, h, i, j, k, l, m, n];
        match found.count {
            0..14 => Err(ParseError::TooShort { digits: clamp(found.count) }),
            14 => Self::from_hex(hex, None),
            15 => Self::from_hex(hex, Some(o)),
            18 => Self::from_decimal(&found.ascii, None),
            19 => Self::from_decimal(&found.ascii, Some(last)),
            digits => Err(ParseError::TooLong { digits: clamp(digits) }),
        }
    }

    const fn from_hex(mut hex: [u8; Self::LEN], check: Option<u8>) -> Result<Self, ParseError> {
        hex.make_ascii_uppercase();
        let meid = Self(hex);
        let is_shared = matches!(hex, [b'9', b'9', ..]) && meid.is_decimal();
        if !is_shared && !matches!(hex, [b'A'..=b'F', ..]) {
            return Err(ParseError::OutOfRange);
        }
        match check {
            Some(found) => match agrees(meid.check_digit(), found) {
                Ok(()) => Ok(meid),
                Err(error) => Err(error),
            },
            None => Ok(meid),
        }
    }

    /// Ten digits for the manufacturer's 32 bits, eight for the serial number's 24.
    const fn from_decimal(digits: &[u8; 19], check: Option<u8>) -> Result<Self, ParseError> {
        let [decimal @ .., _] = digits;
        let (manufacturer, serial) = decimal.split_at(10);
        let manufacturer = match value(manufacturer) {
            Some(value) if value <= u32::MAX as u64 => value,
            _ => return Err(ParseError::OutOfRange),
        };
        let serial = match value(serial) {
            Some(value) if value < 1 << 24 => value,
            _ => return Err(ParseError::OutOfRange),
        };
        if let (Some(found), Some(expected)) = (check, luhn::check_digit(decimal))
            && let Err(error) = agrees(expected as char, found)
        {
            return Err(error);
        }
        Self::from_hex(hex_digits(manufacturer << 24 | serial), None)
    }

    /// The 14 digits, in upper case.
    pub const fn as_str(&self) -> &str {
        ascii(&self.0)
    }

    /// The check digit: Luhn in base 16, or in base 10 where all digits are decimal.
    pub const fn check_digit(self) -> char {
        let digit = if self.is_decimal() {
            luhn::check_digit(&self.0)
        } else {
            luhn::hex_check_digit(&self.0)
        };
        match digit {
            Some(digit) => digit as char,
            // The type holds hexadecimal digits only.
            None => '0',
        }
    }

    /// The decimal form of 18 digits.
    pub const fn decimal(self) -> MeidDecimal {
        let [manufacturer @ .., _, _, _, _, _, _] = self.0;
        let [_, _, _, _, _, _, _, _, serial @ ..] = self.0;
        MeidDecimal { manufacturer: hex_number(&manufacturer), serial: hex_number(&serial) }
    }

    /// The number with only the manufacturer's eight digits shown.
    pub const fn masked(self) -> Masked {
        let [manufacturer @ .., _, _, _, _, _, _] = self.0;
        Masked::new(manufacturer, 6)
    }

    const fn is_decimal(self) -> bool {
        value(&self.0).is_some()
    }
}

text_conversions!(Meid, "an MEID: 14 hexadecimal or 18 decimal digits");
masked_debug!(Meid);

/// The decimal form of an [`Meid`], through `Display`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct MeidDecimal {
    manufacturer: u32,
    serial: u32,
}

impl fmt::Display for MeidDecimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:010}{:08}", self.manufacturer, self.serial)
    }
}

impl fmt::Debug for MeidDecimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MeidDecimal({:010}********)", self.manufacturer)
    }
}

const fn agrees(expected: char, found: u8) -> Result<(), ParseError> {
    let found = found.to_ascii_uppercase() as char;
    if expected == found { Ok(()) } else { Err(ParseError::CheckDigit { expected, found }) }
}

/// Value of at most 18 ASCII decimal digits.
const fn value(digits: &[u8]) -> Option<u64> {
    let mut rest = digits;
    let mut value: u64 = 0;
    while let [digit, right @ ..] = rest {
        if !digit.is_ascii_digit() {
            return None;
        }
        value = value * 10 + (*digit - b'0') as u64;
        rest = right;
    }
    Some(value)
}

/// Value of at most eight ASCII hexadecimal digits.
const fn hex_number(digits: &[u8]) -> u32 {
    let mut rest = digits;
    let mut value = 0;
    while let [digit, right @ ..] = rest {
        if let Some(digit) = luhn::hex_value(*digit) {
            value = value << 4 | digit as u32;
        }
        rest = right;
    }
    value
}

/// The low 56 bits of `value` in upper case.
const fn hex_digits(value: u64) -> [u8; Meid::LEN] {
    let mut digits = [b'0'; Meid::LEN];
    let mut left: &mut [u8] = &mut digits;
    let mut value = value;
    while let [rest @ .., digit] = left {
        let low = (value & 0xF) as u8;
        *digit = if low < 10 { b'0' + low } else { b'A' + low - 10 };
        value >>= 4;
        left = rest;
    }
    digits
}
