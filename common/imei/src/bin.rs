//! The number of a business in Kazakhstan, and the number of whoever applies.

use crate::civil_number::{self, two};
use crate::error::ParseError;
use crate::iin::Iin;
use crate::mask::Masked;
use crate::text::{ascii, masked_debug, text_conversions};

/// Business Identification Number (БИН, БСН): 12 digits that name a legal entity, a branch or a
/// joint enterprise (Law of Kazakhstan № 223 of 12 January 2007; government resolution № 406 of
/// 22 May 2007).
///
/// ```text
/// bin = year(2) month(2) kind(1) unit(1) serial(5) check-digit(1)
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bin([u8; Bin::LEN]);

impl Bin {
    /// Number of digits.
    pub const LEN: usize = civil_number::LEN;

    /// Reads 12 digits; separators and white space as in [`Imei::parse`](crate::Imei::parse).
    ///
    /// A sixth digit of 4 is taken, though only some validators know it: see
    /// [`Bin::is_unusual`].
    ///
    /// # Errors
    /// Not 12 digits; the check digit does not agree, or none can (`Checksum`); no month, or a
    /// fifth or sixth digit that stands for nothing (`OutOfRange`).
    pub const fn parse(text: &[u8]) -> Result<Self, ParseError> {
        match civil_number::parse(text) {
            Ok(digits) => Self::from_digits(digits),
            Err(error) => Err(error),
        }
    }

    /// Takes 12 ASCII digits whose check was made.
    const fn from_digits(digits: [u8; Self::LEN]) -> Result<Self, ParseError> {
        match (&digits, Self(digits).month()) {
            ([_, _, _, _, b'4'..=b'6', b'0'..=b'4', ..], 1..=12) => Ok(Self(digits)),
            _ => Err(ParseError::OutOfRange),
        }
    }

    /// The 12 digits.
    pub const fn as_str(&self) -> &str {
        ascii(&self.0)
    }

    /// Year of registration without its century, 0 to 99.
    pub const fn year(self) -> u8 {
        let [tens, units, ..] = self.0;
        two(tens, units)
    }

    /// Month of registration, 1 to 12.
    pub const fn month(self) -> u8 {
        let [_, _, tens, units, ..] = self.0;
        two(tens, units)
    }

    /// What is registered.
    pub const fn kind(self) -> BinKind {
        match self.0 {
            [_, _, _, _, b'4', ..] => BinKind::Resident,
            [_, _, _, _, b'5', ..] => BinKind::NonResident,
            _ => BinKind::JointProprietors,
        }
    }

    /// Which part of it; `None` for a sixth digit that only some validators know.
    pub const fn unit(self) -> Option<BinUnit> {
        match self.0 {
            [_, _, _, _, _, b'0', ..] => Some(BinUnit::Head),
            [_, _, _, _, _, b'1', ..] => Some(BinUnit::Branch),
            [_, _, _, _, _, b'2', ..] => Some(BinUnit::Representative),
            [_, _, _, _, _, b'3', ..] => Some(BinUnit::JointFarm),
            _ => None,
        }
    }

    /// Whether the sixth digit is one that only some validators know: to be looked at and not
    /// refused.
    pub const fn is_unusual(self) -> bool {
        self.unit().is_none()
    }

    /// The number with only month of registration, kind and unit shown.
    pub const fn masked(self) -> Masked {
        let [a, b, c, d, e, f, ..] = self.0;
        Masked::new([a, b, c, d, e, f, b'*', b'*'], 4)
    }
}

text_conversions!(Bin, "a BIN: 12 digits");
masked_debug!(Bin);

/// What a BIN is registered for: its fifth digit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum BinKind {
    /// Legal entity resident in Kazakhstan (4).
    Resident,
    /// Legal entity not resident in Kazakhstan (5).
    NonResident,
    /// Sole proprietors who trade jointly, ИП(С) (6).
    JointProprietors,
}

/// Which part of an enterprise a BIN names: its sixth digit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum BinUnit {
    /// The head office (0).
    Head,
    /// A branch (1).
    Branch,
    /// A representative office (2).
    Representative,
    /// A farm run jointly (3).
    JointFarm,
}

/// An IIN or a BIN, as forms ask for them in one field (ИИН/БИН). The fifth digit tells which: in
/// an IIN it is the tens of a day, in a BIN 4 to 6.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IinBin {
    /// A person, a sole proprietor too.
    Iin(Iin),
    /// A legal entity, a branch or a joint enterprise.
    Bin(Bin),
}

impl IinBin {
    /// Reads 12 digits; separators and white space as in [`Imei::parse`](crate::Imei::parse).
    ///
    /// # Errors
    /// As [`Iin::parse`] and [`Bin::parse`].
    pub const fn parse(text: &[u8]) -> Result<Self, ParseError> {
        let digits = match civil_number::parse(text) {
            Ok(digits) => digits,
            Err(error) => return Err(error),
        };
        let [_, _, _, _, fifth, ..] = digits;
        if fifth < b'4' {
            match Iin::from_digits(digits) {
                Ok(iin) => Ok(Self::Iin(iin)),
                Err(error) => Err(error),
            }
        } else {
            match Bin::from_digits(digits) {
                Ok(bin) => Ok(Self::Bin(bin)),
                Err(error) => Err(error),
            }
        }
    }

    /// The 12 digits.
    pub const fn as_str(&self) -> &str {
        match self {
            Self::Iin(iin) => iin.as_str(),
            Self::Bin(bin) => bin.as_str(),
        }
    }

    /// The IIN, if it is one.
    pub const fn iin(self) -> Option<Iin> {
        match self {
            Self::Iin(iin) => Some(iin),
            Self::Bin(_) => None,
        }
    }

    /// The BIN, if it is one.
    pub const fn bin(self) -> Option<Bin> {
        match self {
            Self::Iin(_) => None,
            Self::Bin(bin) => Some(bin),
        }
    }

    /// Whether a digit has a meaning that no source confirms: to be looked at and not refused.
    pub const fn is_unusual(self) -> bool {
        match self {
            Self::Iin(iin) => iin.is_unusual(),
            Self::Bin(bin) => bin.is_unusual(),
        }
    }

    /// The number as [`Iin::masked`] or [`Bin::masked`] shows it.
    pub const fn masked(self) -> Masked {
        match self {
            Self::Iin(iin) => iin.masked(),
            Self::Bin(bin) => bin.masked(),
        }
    }
}

text_conversions!(IinBin, "an IIN or a BIN: 12 digits");
masked_debug!(IinBin);

impl From<Iin> for IinBin {
    fn from(iin: Iin) -> Self {
        Self::Iin(iin)
    }
}

impl From<Bin> for IinBin {
    fn from(bin: Bin) -> Self {
        Self::Bin(bin)
    }
}
