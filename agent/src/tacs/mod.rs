//! What is known of TACs: the first eight digits of an IMEI, the same for all units of a model.
//!
//! No table is shipped: those that are free are thin, and those that are whole are not free. A shop
//! imports what it has, under its own name and licence, and the station learns from phones whose
//! IMEIs two kinds of sources agree on. All of it is a hint, and says whose.
//!
//! | part | job |
//! |---|---|
//! | this | what is known, who says so, and who comes first |
//! | `mapping` | which column of a table says what |
//! | `row` | one row of a table |
//! | `import` | a whole table |
//! | `lesson` | what a phone teaches |
//! | `names` | makers and models as different people write them |
//! | `age` | how old a TAC is |
//! | `mark` | a phone against what is known of its TACs |
//!
//! Sources that disagree are all kept and shown. Where one must be chosen, the order is: what this
//! station learned from at least [`TAUGHT_BY_MIN`] phones, most phones first; then imports, the
//! newest first and of the same moment by name; then what fewer phones taught, which is shown and
//! decides nothing.

mod age;
mod import;
mod lesson;
mod mapping;
mod mark;
mod names;
mod row;

use core::fmt;
use core::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tekser_imei::Tac;
use utoipa::ToSchema;

pub use import::{ImportError, ImportReport, Manner, TacImport, import};
pub(crate) use lesson::{Lesson, join_lessons, lessons_of};
pub use mapping::{Layout, Mapping, MappingError, TableForm, TableFormError};
pub(crate) use mark::mark;
pub use mark::{Dated, SaidName};
pub use names::{Likeness, Names, fold};
pub use row::{RejectedRow, RowFault, TacRow};

/// Phones that must have taught the same before it counts: what one phone says of itself proves
/// nothing about it, and a clone would teach its own lie.
pub const TAUGHT_BY_MIN: u32 = 2;

/// The source that is no import.
pub const THIS_STATION: &str = "this station";

/// Name of a source of imported rows: 1 to 64 bytes, one line, and not [`THIS_STATION`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, max_length = 64, example = "Osmocom")]
pub struct SourceName(String);

/// A text that names no source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a source has a name of 1 to {} bytes on one line, and not `{THIS_STATION}`",
    SourceName::MAX
)]
pub struct SourceNameError;

impl SourceName {
    /// Most bytes.
    pub const MAX: usize = 64;

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SourceName {
    type Err = SourceNameError;

    fn from_str(text: &str) -> Result<Self, SourceNameError> {
        let text = text.trim();
        let fits = !text.is_empty()
            && text.len() <= Self::MAX
            && !text.chars().any(char::is_control)
            && !text.eq_ignore_ascii_case(THIS_STATION);
        fits.then(|| Self(text.to_owned())).ok_or(SourceNameError)
    }
}

impl TryFrom<String> for SourceName {
    type Error = SourceNameError;

    fn try_from(text: String) -> Result<Self, SourceNameError> {
        text.parse()
    }
}

impl From<SourceName> for String {
    fn from(name: SourceName) -> Self {
        name.0
    }
}

impl fmt::Display for SourceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What somebody says of the phones of one TAC.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TacFacts {
    /// Maker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "Samsung")]
    pub maker: Option<String>,
    /// Model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "Galaxy A54")]
    pub model: Option<String>,
    /// Other names of the model, separated by commas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aka: Option<String>,
    /// IMEIs that a phone of it has, 1 to 4.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slots: Option<u8>,
    /// Year in which the model came out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub year: Option<i16>,
}

impl TacFacts {
    /// Maker and model as one text, the maker once.
    pub fn name(&self) -> Option<String> {
        match (&self.maker, &self.model) {
            (Some(maker), Some(model)) if fold(model).starts_with(&fold(maker)) => {
                Some(model.clone())
            }
            (Some(maker), Some(model)) => Some(format!("{maker} {model}")),
            (maker, model) => model.clone().or_else(|| maker.clone()),
        }
    }
}

/// Who says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum TacSource {
    /// A table that was imported.
    Import {
        /// Its name.
        name: SourceName,
        /// Under which licence it came.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        licence: Option<String>,
        /// When it was imported.
        #[schema(value_type = String, format = DateTime)]
        imported_at: Timestamp,
        /// Line of the table, or row of the sheet, from 1.
        line: u64,
    },
    /// Phones that this station read.
    Station {
        /// How many, each once.
        handsets: u32,
        /// When the last of them was read.
        #[schema(value_type = String, format = DateTime)]
        latest: Timestamp,
    },
}

impl TacSource {
    /// Its name.
    pub fn name(&self) -> &str {
        match self {
            Self::Import { name, .. } => name.as_str(),
            Self::Station { .. } => THIS_STATION,
        }
    }
}

/// Who says it, and since when: evidence for people.
impl fmt::Display for TacSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Import { name, imported_at, line, .. } => {
                write!(f, "{name}, line {line}, imported on {}", crate::rules::day(*imported_at))
            }
            Self::Station { handsets, latest } => {
                let day = crate::rules::day(*latest);
                write!(f, "{THIS_STATION}, {handsets} phones read, the last on {day}")
            }
        }
    }
}

/// What one source says of a TAC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TacEntry {
    /// What it says.
    #[serde(flatten)]
    pub facts: TacFacts,
    /// Who.
    pub source: TacSource,
}

impl TacEntry {
    /// Whether anything is decided by it: what too few phones taught is only shown.
    pub const fn counts(&self) -> bool {
        match self.source {
            TacSource::Import { .. } => true,
            TacSource::Station { handsets, .. } => handsets >= TAUGHT_BY_MIN,
        }
    }

    fn rank(&self) -> (u8, core::cmp::Reverse<i64>, String) {
        let (rank, weight) = match &self.source {
            TacSource::Station { handsets, .. } if self.counts() => (0, i64::from(*handsets)),
            TacSource::Import { imported_at, .. } => (1, imported_at.as_millisecond()),
            TacSource::Station { handsets, .. } => (2, i64::from(*handsets)),
        };
        let name = format!("{}\n{}", self.source.name(), self.facts.name().unwrap_or_default());
        (rank, core::cmp::Reverse(weight), name)
    }
}

/// Puts entries in the order in which they are believed.
pub(crate) fn order(entries: &mut [TacEntry]) {
    entries.sort_by_cached_key(TacEntry::rank);
}

/// Everything that is known of a TAC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TacView {
    /// The TAC.
    #[schema(value_type = String, example = "35917301")]
    pub tac: Tac,
    /// Who allocated it, if the body is known.
    pub reporting_body: Option<&'static str>,
    /// What is said, in the order in which it is believed.
    pub entries: Vec<TacEntry>,
    /// The sources do not agree on the maker, the model or the number of slots.
    pub disputed: bool,
}

impl TacView {
    /// What is known of this TAC; the entries are in their order already.
    pub fn new(tac: Tac, entries: Vec<TacEntry>) -> Self {
        let reporting_body = tac.reporting_body().name();
        let disputed = names::are_disputed(&entries);
        Self { tac, reporting_body, entries, disputed }
    }
}

/// What phone an IMEI is probably of, by its TAC: never what was read from the phone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TacHint {
    /// Maker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maker: Option<String>,
    /// Model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Who says so.
    #[schema(example = "Osmocom")]
    pub source: String,
}

impl TacHint {
    /// The name by the first of these entries that counts and has one.
    pub fn of(entries: &[TacEntry]) -> Option<Self> {
        let mut named = entries.iter().filter(|entry| entry.counts());
        let first = named.find(|entry| entry.facts.model.is_some() || entry.facts.maker.is_some());
        first.map(|entry| Self {
            maker: entry.facts.maker.clone(),
            model: entry.facts.model.clone(),
            source: entry.source.name().to_owned(),
        })
    }
}

/// `Samsung Galaxy A54 (Osmocom)`.
impl fmt::Display for TacHint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (maker, model) = (self.maker.clone(), self.model.clone());
        let name = TacFacts { maker, model, ..TacFacts::default() }.name().unwrap_or_default();
        write!(f, "{name} ({})", self.source)
    }
}

/// How many IMEIs a phone of this TAC has, by the first of these entries that counts and says so.
pub(crate) fn expected_slots(entries: &[TacEntry]) -> Option<(u8, &TacSource)> {
    let mut counting = entries.iter().filter(|entry| entry.counts());
    counting.find_map(|entry| Some((entry.facts.slots?, &entry.source)))
}

#[cfg(test)]
mod tests;
