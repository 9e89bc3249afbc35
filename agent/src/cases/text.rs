//! Short texts that people type into a case, parsed at the edge.

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

/// Why a text is none of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Nothing but white space.
    #[error("the text is empty; leave the field out instead")]
    Empty,
    /// Longer than a line of a form.
    #[error("a line has at most {} bytes", Line::MAX)]
    TooLong,
    /// A line break or another control character.
    #[error("the text has a line break or another control character")]
    Control,
    /// No country.
    #[error("a country has a code of two letters of ISO 3166-1, such as DE or KG")]
    NoCountry,
    /// No digest.
    #[error("a SHA-256 has 64 hexadecimal digits")]
    NoDigest,
}

/// One line of text: 1 to 128 bytes without control characters, no white space around it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, max_length = 128)]
pub struct Line(String);

impl Line {
    /// Most bytes.
    pub const MAX: usize = 128;

    /// Takes a line; white space around it is left out.
    ///
    /// # Errors
    ///
    /// Empty, too long, or more than one line.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        let text = text.trim();
        if text.is_empty() {
            Err(TextError::Empty)
        } else if text.len() > Self::MAX {
            Err(TextError::TooLong)
        } else if text.chars().any(char::is_control) {
            Err(TextError::Control)
        } else {
            Ok(Self(text.to_owned()))
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What two spellings of one number have in common: its letters and digits, in capitals.
    pub fn key(&self) -> String {
        self.0.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect()
    }
}

/// What people type may name a person.
impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Line({} bytes)", self.0.len())
    }
}

/// A country by its code of two letters (ISO 3166-1 alpha-2).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, example = "KG")]
pub struct Country([u8; 2]);

impl Country {
    /// Every code that is assigned.
    const ASSIGNED: &'static str = "\
        AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ \
        BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM \
        DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS \
        GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN \
        KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ \
        MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM \
        PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV \
        SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI \
        VN VU WF WS YE YT ZA ZM ZW";

    /// Takes a code in capitals or small letters.
    ///
    /// # Errors
    ///
    /// [`TextError::NoCountry`] unless the code is assigned.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        let code = text.trim().to_ascii_uppercase();
        match code.as_bytes() {
            &[first, second] if Self::ASSIGNED.split_ascii_whitespace().any(|one| one == code) => {
                Ok(Self([first, second]))
            }
            _ => Err(TextError::NoCountry),
        }
    }

    /// The two capitals.
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Country({})", self.as_str())
    }
}

/// SHA-256 of a file: 64 hexadecimal digits, kept in small letters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, min_length = 64, max_length = 64)]
pub struct FileDigest(String);

impl FileDigest {
    /// The digest of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// Takes the digits.
    ///
    /// # Errors
    ///
    /// [`TextError::NoDigest`].
    pub fn parse(text: &str) -> Result<Self, TextError> {
        let text = text.trim();
        if text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(TextError::NoDigest)
        }
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for FileDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FileDigest({})", self.0)
    }
}

macro_rules! text_conversions {
    ($($type:ident),+) => {$(
        impl TryFrom<String> for $type {
            type Error = TextError;

            fn try_from(text: String) -> Result<Self, TextError> {
                Self::parse(&text)
            }
        }

        impl FromStr for $type {
            type Err = TextError;

            fn from_str(text: &str) -> Result<Self, TextError> {
                Self::parse(text)
            }
        }

        impl From<$type> for String {
            fn from(value: $type) -> Self {
                value.as_str().to_owned()
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }
    )+};
}

text_conversions!(Line, Country, FileDigest);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_line_is_one_short_line() {
        assert_eq!(
            Line::parse("  55301/120326/0004567 ").unwrap().as_str(),
            "55301/120326/0004567"
        );
        assert_eq!(Line::parse(" \t"), Err(TextError::Empty));
        assert_eq!(Line::parse("a\nb"), Err(TextError::Control));
        assert_eq!(Line::parse(&"a".repeat(129)), Err(TextError::TooLong));
        assert_eq!(format!("{:?}", Line::parse("Ainur").unwrap()), "Line(5 bytes)");
    }

    #[test]
    fn spellings_of_one_number_have_one_key() {
        for text in ["RB 123-456 789 CN", "rb123456789cn", "RB.123456789.CN"] {
            assert_eq!(Line::parse(text).unwrap().key(), "RB123456789CN");
        }
    }

    #[test]
    fn a_country_is_an_assigned_code() {
        assert_eq!(Country::parse(" kg").unwrap().as_str(), "KG");
        for text in ["", "K", "KGZ", "XX", "ру", "D\u{1}"] {
            assert_eq!(Country::parse(text), Err(TextError::NoCountry), "{text:?}");
        }
        assert_eq!(Country::ASSIGNED.split_ascii_whitespace().count(), 249);
    }

    #[test]
    fn a_digest_has_64_digits() {
        let digest = FileDigest::parse(&"AB".repeat(32)).unwrap();
        assert_eq!(digest.as_str(), "ab".repeat(32));
        assert_eq!(FileDigest::parse(&"ab".repeat(31)), Err(TextError::NoDigest));
        assert_eq!(FileDigest::parse(&"xy".repeat(32)), Err(TextError::NoDigest));
    }

    proptest! {
        #[test]
        fn what_is_shown_is_parsed_back(text in "\\PC{0,140}") {
            if let Ok(line) = Line::parse(&text) {
                prop_assert!(line.as_str().len() <= Line::MAX);
                prop_assert_eq!(line.to_string().parse(), Ok(line));
            }
            if let Ok(country) = Country::parse(&text) {
                prop_assert_eq!(country.to_string().parse(), Ok(country));
            }
        }
    }
}
