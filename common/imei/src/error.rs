//! Why a text is not the identifier that was asked for.

use core::fmt;

/// Why a text is not the identifier that was asked for.
///
/// Holds no digit but a check digit, so it can be logged. Offsets and counts stop at 255.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum ParseError {
    /// Nothing there but white space.
    Empty,
    /// Fewer digits than the identifier has.
    TooShort {
        /// Digits found.
        digits: u8,
    },
    /// More digits than the identifier has.
    TooLong {
        /// Digits found.
        digits: u8,
    },
    /// A byte that is neither a digit nor a separator between two digits.
    NotADigit {
        /// Offset of the byte in the text.
        at: u8,
    },
    /// A separator where this identifier is never divided, so that the text more likely holds
    /// something else.
    Grouping {
        /// Offset of the digit that follows the separator.
        at: u8,
    },
    /// The check digit does not belong to the digits before it: at least one digit is wrong,
    /// and nothing tells which.
    CheckDigit {
        /// Digit computed from the others as they were read.
        expected: char,
        /// Digit in the text.
        found: char,
    },
    /// The check over the whole number fails (EID), or no check digit can complete it (IIN, BIN).
    Checksum,
    /// Outside the range given out for this identifier (MEID), or a part of it stands for nothing: no
    /// day of the calendar, no kind (IIN, BIN).
    OutOfRange,
}

impl ParseError {
    /// Stable name, for interfaces and translations.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooShort { .. } => "too_short",
            Self::TooLong { .. } => "too_long",
            Self::NotADigit { .. } => "not_a_digit",
            Self::Grouping { .. } => "grouping",
            Self::CheckDigit { .. } => "check_digit",
            Self::Checksum => "checksum",
            Self::OutOfRange => "out_of_range",
        }
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the text is empty"),
            Self::TooShort { digits } => write!(f, "too few digits: {digits}"),
            Self::TooLong { digits } => write!(f, "too many digits: {digits}"),
            Self::NotADigit { at } => write!(f, "not a digit at offset {at}"),
            Self::Grouping { at } => write!(f, "unexpected separator before offset {at}"),
            Self::CheckDigit { expected, found } => {
                write!(f, "the check digit is {found}, the other digits call for {expected}")
            }
            Self::Checksum => f.write_str("the checksum does not agree"),
            Self::OutOfRange => f.write_str("outside the range of this kind of identifier"),
        }
    }
}

impl core::error::Error for ParseError {}

/// An offset or count as errors carry it.
pub(crate) const fn clamp(n: usize) -> u8 {
    if n > u8::MAX as usize { u8::MAX } else { n as u8 }
}
