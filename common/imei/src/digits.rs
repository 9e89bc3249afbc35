//! Digits out of written text, without the separators that people and labels put between them.

use crate::error::{ParseError, clamp};

/// Which characters count as digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Base {
    Decimal,
    Hexadecimal,
}

impl Base {
    const fn has(self, byte: u8) -> bool {
        match self {
            Self::Decimal => byte.is_ascii_digit(),
            Self::Hexadecimal => byte.is_ascii_hexdigit(),
        }
    }
}

/// Whether `byte` may stand between two digits: `3GPP TS 23.003` clause 6.2.1 gives no layout,
/// makers print `35-209900-176148-1`, `35 209900 176148 1`, `35.209900…` and `352099/00/…`.
pub(crate) const fn is_separator(byte: u8) -> bool {
    matches!(byte, b' ' | b'-' | b'.' | b'/')
}

/// The first `N` digits of a text, and how many there were.
///
/// ```text
/// text = { white } digit { { separator } digit } { white }
/// ```
pub(crate) struct Digits<const N: usize> {
    /// Digits as written, `0` behind the last one.
    pub(crate) ascii: [u8; N],
    /// Digits in the text, also those beyond `N`.
    pub(crate) count: usize,
    /// Offset of the last digit that follows a separator.
    pub(crate) last_group: Option<usize>,
    /// How many digits come before that one.
    pub(crate) before_last_group: usize,
}

impl<const N: usize> Digits<N> {
    pub(crate) const fn read(text: &[u8], base: Base) -> Result<Self, ParseError> {
        let trimmed = text.trim_ascii_start();
        let mut at = text.len() - trimmed.len();
        let mut rest = trimmed.trim_ascii_end();
        let mut found = Self { ascii: [b'0'; N], count: 0, last_group: None, before_last_group: 0 };
        // A separator must have a digit on both sides.
        let mut separator = None;
        while let [byte, tail @ ..] = rest {
            if base.has(*byte) {
                if separator.is_some() {
                    found.last_group = Some(at);
                    found.before_last_group = found.count;
                }
                separator = None;
                found.push(*byte);
            } else if is_separator(*byte) && found.count > 0 {
                if separator.is_none() {
                    separator = Some(at);
                }
            } else {
                return Err(ParseError::NotADigit { at: clamp(at) });
            }
            at += 1;
            rest = tail;
        }
        match separator {
            Some(at) => Err(ParseError::NotADigit { at: clamp(at) }),
            None if found.count == 0 => Err(ParseError::Empty),
            None => Ok(found),
        }
    }

    #[expect(clippy::indexing_slicing, reason = "the index is compared with the length")]
    const fn push(&mut self, digit: u8) {
        if self.count < N {
            self.ascii[self.count] = digit;
        }
        self.count += 1;
    }
}

/// Exactly `N` decimal digits.
pub(crate) const fn exactly<const N: usize>(text: &[u8]) -> Result<[u8; N], ParseError> {
    match Digits::<N>::read(text, Base::Decimal) {
        Ok(found) if found.count < N => Err(ParseError::TooShort { digits: clamp(found.count) }),
        Ok(found) if found.count > N => Err(ParseError::TooLong { digits: clamp(found.count) }),
        Ok(found) => Ok(found.ascii),
        Err(error) => Err(error),
    }
}
