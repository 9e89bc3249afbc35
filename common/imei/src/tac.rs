//! The Type Allocation Code, and who allocated it.

use crate::digits;
use crate::error::ParseError;
use crate::text::{ascii, open_debug, text_conversions};

/// Type Allocation Code: the first eight digits of an IMEI, the same for all units of one model
/// (3GPP TS 23.003 clause 6.2.1).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tac(pub(crate) [u8; 8]);

impl Tac {
    /// Reads eight digits; separators and white space as in [`Imei::parse`](crate::Imei::parse).
    ///
    /// # Errors
    /// Not eight digits.
    pub const fn parse(text: &[u8]) -> Result<Self, ParseError> {
        match digits::exactly(text) {
            Ok(digits) => Ok(Self(digits)),
            Err(error) => Err(error),
        }
    }

    /// The eight digits.
    pub const fn as_str(&self) -> &str {
        ascii(&self.0)
    }

    /// Who allocated the code.
    pub const fn reporting_body(self) -> ReportingBody {
        let [tens, units, ..] = self.0;
        ReportingBody([tens, units])
    }
}

text_conversions!(Tac, "a TAC: 8 digits");
open_debug!(Tac);

/// Reporting Body Identifier: the first two digits of a TAC name the body that allocated it
/// (GSMA TS.06 version 25). A hint about genuineness, never a proof.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReportingBody([u8; 2]);

impl ReportingBody {
    /// The two ASCII digits.
    pub const fn digits(self) -> [u8; 2] {
        self.0
    }

    /// The two digits as text.
    pub const fn as_str(&self) -> &str {
        ascii(&self.0)
    }

    /// What GSMA says of the identifier.
    pub const fn standing(self) -> Standing {
        match &self.0 {
            b"01" | b"35" | b"86" | b"99" => Standing::Active,
            b"10" | b"30" | b"33" | b"44" | b"45" => Standing::Retired,
            [b'4', b'9'] | [b'5', b'0'..=b'4'] | b"91" => Standing::Retired,
            [b'0', _] => Standing::Test,
            b"98" => Standing::Reserved,
            _ => Standing::Unknown,
        }
    }

    /// Short name of the body, where it is known.
    pub const fn name(self) -> Option<&'static str> {
        Some(match &self.0 {
            b"01" => "CTIA/PTCRB (United States)",
            b"35" => "TÜV SÜD/BABT (United Kingdom)",
            b"86" => "TAF (China)",
            b"99" => "GHA (multi-RAT 3GPP2)",
            b"10" => "DECT",
            b"30" => "Iridium",
            b"33" => "France",
            b"44" => "BABT (United Kingdom)",
            b"45" => "Denmark",
            [b'4', b'9'] | [b'5', b'0'..=b'4'] => "Germany",
            b"91" => "MSAI (India)",
            _ => return None,
        })
    }
}

open_debug!(ReportingBody);

impl core::fmt::Display for ReportingBody {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.pad(self.as_str())
    }
}

/// What GSMA says of a Reporting Body Identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Standing {
    /// Allocates codes today.
    Active,
    /// Allocated codes once; its devices are still in use.
    Retired,
    /// Test equipment, never to be sold.
    Test,
    /// Set aside; very few codes were ever given out.
    Reserved,
    /// Not known to have allocated anything.
    Unknown,
}
