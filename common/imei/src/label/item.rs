//! What can be found in a text.

use core::fmt;

use crate::eid::Eid;
use crate::error::ParseError;
use crate::imei::{Imei, Imei14};
use crate::imeisv::{Imeisv, Svn};
use crate::meid::Meid;

/// Something found in a text, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Finding<'a> {
    /// What it is.
    pub item: Item<'a>,
    /// Offset of its first byte in the text.
    pub at: usize,
    /// Its length in bytes.
    pub len: usize,
}

/// What was found. Slices are parts of the text, as written there.
///
/// `Debug` shows no slice and of a number at most the TAC.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Item<'a> {
    /// An IMEI whose check digit agrees.
    Imei {
        /// The number.
        imei: Imei,
        /// Software version printed behind it.
        svn: Option<Svn>,
        /// SIM slot, 1 to 4, where the caption names it.
        slot: Option<u8>,
    },
    /// 14 digits that the caption calls an IMEI.
    Imei14 {
        /// The number.
        imei14: Imei14,
        /// SIM slot, 1 to 4, where the caption names it.
        slot: Option<u8>,
    },
    /// 16 digits that the caption calls an IMEI or IMEISV.
    Imeisv {
        /// The number.
        imeisv: Imeisv,
        /// SIM slot, 1 to 4, where the caption names it.
        slot: Option<u8>,
    },
    /// The caption calls it an IMEI, or it has the 15 digits of one, and it is none.
    BadImei {
        /// The value as written.
        digits: &'a [u8],
        /// What is wrong with it.
        reason: ParseError,
        /// SIM slot, 1 to 4, where the caption names it.
        slot: Option<u8>,
    },
    /// Identity of an eSIM.
    Eid(Eid),
    /// Identity of CDMA equipment.
    Meid(Meid),
    /// Article number: 8, 12, 13 or 14 digits whose check digit agrees.
    Gtin(&'a [u8]),
    /// Serial number.
    Serial(&'a [u8]),
    /// Number of a SIM card.
    Iccid(&'a [u8]),
    /// The maker's part number.
    Part(&'a [u8]),
    /// Model.
    Model(&'a [u8]),
    /// A value that can be two things; a person must say which.
    Ambiguous {
        /// The value as written.
        text: &'a [u8],
        /// What it can be, the likelier first.
        readings: [Kind; 2],
    },
    /// A word or value of which nothing is known.
    Unknown(&'a [u8]),
}

impl Item<'_> {
    /// How many of `len` bytes are a data identifier before the slice that the item holds.
    pub(super) fn data_identifier_len(&self, len: usize) -> usize {
        match self {
            Self::Serial(value) | Self::Iccid(value) | Self::Part(value) => {
                len.saturating_sub(value.len())
            }
            _ => 0,
        }
    }

    /// Stable name, for interfaces and translations.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Imei { .. } => "imei",
            Self::Imei14 { .. } => "imei14",
            Self::Imeisv { .. } => "imeisv",
            Self::BadImei { .. } => "bad_imei",
            Self::Eid(_) => "eid",
            Self::Meid(_) => "meid",
            Self::Gtin(_) => "gtin",
            Self::Serial(_) => "serial",
            Self::Iccid(_) => "iccid",
            Self::Part(_) => "part",
            Self::Model(_) => "model",
            Self::Ambiguous { .. } => "ambiguous",
            Self::Unknown(_) => "unknown",
        }
    }
}

impl fmt::Debug for Item<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Imei { imei, svn, slot } => {
                write!(f, "{imei:?} svn {svn:?} slot {slot:?}")
            }
            Self::Imei14 { imei14, slot } => write!(f, "{imei14:?} slot {slot:?}"),
            Self::Imeisv { imeisv, slot } => write!(f, "{imeisv:?} slot {slot:?}"),
            Self::BadImei { reason, slot, .. } => write!(f, "BadImei({reason:?}) slot {slot:?}"),
            Self::Eid(eid) => write!(f, "{eid:?}"),
            Self::Meid(meid) => write!(f, "{meid:?}"),
            Self::Ambiguous { readings, .. } => write!(f, "Ambiguous({readings:?})"),
            Self::Gtin(_)
            | Self::Serial(_)
            | Self::Iccid(_)
            | Self::Part(_)
            | Self::Model(_)
            | Self::Unknown(_) => f.write_str(self.code()),
        }
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Item<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        match self {
            Self::Imei { imei, slot, .. } => defmt::write!(f, "{} slot {}", imei, slot),
            Self::Imei14 { imei14, slot } => defmt::write!(f, "{} slot {}", imei14, slot),
            Self::Imeisv { imeisv, slot } => defmt::write!(f, "{} slot {}", imeisv, slot),
            Self::BadImei { reason, slot, .. } => {
                defmt::write!(f, "BadImei({}) slot {}", reason, slot);
            }
            Self::Ambiguous { readings, .. } => defmt::write!(f, "Ambiguous({})", readings),
            _ => defmt::write!(f, "{=str}", self.code()),
        }
    }
}

/// Kind of number that a value can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Kind {
    /// IMEI of 15 digits.
    Imei,
    /// IMEI without check digit.
    Imei14,
    /// IMEI with software version.
    Imeisv,
    /// CDMA identity.
    Meid,
    /// Article number.
    Gtin,
    /// Serial number.
    Serial,
}

impl Kind {
    /// Stable name, the same as [`Item::code`] has for it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Imei => "imei",
            Self::Imei14 => "imei14",
            Self::Imeisv => "imeisv",
            Self::Meid => "meid",
            Self::Gtin => "gtin",
            Self::Serial => "serial",
        }
    }
}
