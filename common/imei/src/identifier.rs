//! Telling the forms of an IMEI apart by their length.

use crate::digits::{Base, Digits};
use crate::error::{ParseError, clamp};
use crate::imei::{Imei, Imei14};
use crate::imeisv::{Imeisv, Svn};
use crate::suspicion::Suspicions;

/// An IMEI in one of the forms that phones and modules give it in.
///
/// | digits | form | source |
/// |---|---|---|
/// | 14 | [`Imei14`] | network logs, some modules and maker tools |
/// | 15 | [`Imei`] | everything else |
/// | 16 | [`Imeisv`] | `AT+CGSN=2`, Quectel `AT+EGMR=0,10` |
/// | 17 | [`Imei`] and [`Svn`] | u-blox `AT+CGSN=255`; `*#06#` screens: `354626223546262 / 19` |
///
/// Only the length tells them apart, and 14 and 16 digits carry no check: an IMEI with a digit
/// lost or read twice looks like one of them. Where the source cannot misread (a module's own
/// answer) that is fine; from a scan or from typing take them as a question to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Identifier {
    /// 15 digits, the check digit agrees.
    Imei(Imei),
    /// 14 digits: no check digit.
    Imei14(Imei14),
    /// 16 digits: no check digit, software version at the end.
    Imeisv(Imeisv),
    /// 17 digits: an IMEI whose check digit agrees, software version behind it.
    ImeiWithSvn {
        /// The IMEI.
        imei: Imei,
        /// The software version.
        svn: Svn,
    },
}

impl Identifier {
    /// Reads 14 to 17 digits; separators and white space as in [`Imei::parse`].
    ///
    /// Separators do not change the form, they can only rule it out: no form ends in a group of
    /// one digit but the IMEI, so `354626223546262 / 1` is an IMEI and something cut off, not
    /// an IMEISV. `35-462622-354626-2 19` is an IMEI and its software version.
    ///
    /// # Errors
    /// Another number of digits, a check digit that does not agree, or a lone last digit.
    pub const fn parse(text: &[u8]) -> Result<Self, ParseError> {
        let found: Digits<17> = match Digits::read(text, Base::Decimal) {
            Ok(found) => found,
            Err(error) => return Err(error),
        };
        if let (16 | 17, Some(at)) = (found.count, found.last_group)
            && found.before_last_group + 1 == found.count
        {
            return Err(ParseError::Grouping { at: clamp(at) });
        }
        let [identity @ .., _, tens, units] = found.ascii;
        let [imei @ .., _, _] = found.ascii;
        let [imeisv @ .., _] = found.ascii;
        match found.count {
            0..14 => Err(ParseError::TooShort { digits: clamp(found.count) }),
            14 => Ok(Self::Imei14(Imei14(identity))),
            15 => match Imei::from_digits(imei) {
                Ok(imei) => Ok(Self::Imei(imei)),
                Err(error) => Err(error),
            },
            16 => Ok(Self::Imeisv(Imeisv::from_digits(imeisv))),
            17 => match Imei::from_digits(imei) {
                Ok(imei) => Ok(Self::ImeiWithSvn { imei, svn: Svn::from_digits([tens, units]) }),
                Err(error) => Err(error),
            },
            digits => Err(ParseError::TooLong { digits: clamp(digits) }),
        }
    }

    /// The 14 digits that identify the equipment.
    pub const fn imei14(self) -> Imei14 {
        match self {
            Self::Imei(imei) | Self::ImeiWithSvn { imei, .. } => imei.imei14(),
            Self::Imei14(imei14) => imei14,
            Self::Imeisv(imeisv) => imeisv.imei14(),
        }
    }

    /// The IMEI, if the check digit was there and agreed.
    pub const fn imei(self) -> Option<Imei> {
        match self {
            Self::Imei(imei) | Self::ImeiWithSvn { imei, .. } => Some(imei),
            Self::Imei14(_) | Self::Imeisv(_) => None,
        }
    }

    /// The software version, if the form has one.
    pub const fn svn(self) -> Option<Svn> {
        match self {
            Self::Imeisv(imeisv) => Some(imeisv.svn()),
            Self::ImeiWithSvn { svn, .. } => Some(svn),
            Self::Imei(_) | Self::Imei14(_) => None,
        }
    }

    /// What makes this number look made up.
    pub const fn suspicions(self) -> Suspicions {
        Suspicions::of(self.imei14())
    }
}

impl TryFrom<&[u8]> for Identifier {
    type Error = ParseError;

    fn try_from(text: &[u8]) -> Result<Self, ParseError> {
        Self::parse(text)
    }
}

impl TryFrom<&str> for Identifier {
    type Error = ParseError;

    fn try_from(text: &str) -> Result<Self, ParseError> {
        Self::parse(text.as_bytes())
    }
}

impl core::str::FromStr for Identifier {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::parse(text.as_bytes())
    }
}
