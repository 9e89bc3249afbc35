//! What `imei-batch` answers, and whether it is about what was asked.

use jiff::civil::Date;
use serde::Deserialize;
use serde_json::Value;
use tekser_imei::Imei;

use super::standing::verdict;
use crate::ruling::Verdict;

/// What it says of one IMEI. Every field must be there, `null` or not: an answer without
/// `stolen_status` is not one about a phone that is not stolen.
#[derive(Deserialize)]
pub(super) struct Said {
    pub imei_norm: String,
    #[serde(deserialize_with = "Option::deserialize")]
    pub block_date: Option<Date>,
    pub classification_state: Classification,
    pub realtime_checks: Observed,
    pub registration_status: Entry,
    pub stolen_status: Entry,
}

/// Which of the operator's conditions it meets.
#[derive(Deserialize)]
pub(super) struct Classification {
    pub blocking_conditions: Vec<Condition>,
}

#[derive(Deserialize)]
pub(super) struct Condition {
    pub condition_met: bool,
    pub condition_name: String,
}

#[derive(Deserialize)]
pub(super) struct Observed {
    pub ever_observed_on_network: bool,
    pub in_registration_list: bool,
    pub invalid_imei: bool,
}

/// A row of the registration list or of the stolen list; both `null` if there is none.
#[derive(Deserialize)]
pub(super) struct Entry {
    #[serde(deserialize_with = "Option::deserialize")]
    pub status: Option<String>,
    #[serde(deserialize_with = "Option::deserialize")]
    pub provisional_only: Option<bool>,
}

#[derive(Deserialize)]
struct Batch {
    results: Vec<Said>,
}

/// Why an answer is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unsound {
    /// It is no JSON, or has other fields than it should. The text is not repeated: it may name
    /// an IMEI.
    #[error("its JSON has a {kind} error at line {line}, column {column}")]
    Shape {
        /// What kind of error.
        kind: &'static str,
        /// Where.
        line: usize,
        /// Where.
        column: usize,
    },
    /// Something else stands where an object should.
    #[error("something else stands where an object should")]
    NoObject,
    /// There are more or fewer answers than questions.
    #[error("{asked} IMEIs were asked about, and {answered} answers came")]
    Count {
        /// So many were asked about.
        asked: usize,
        /// So many answers came.
        answered: usize,
    },
    /// An answer is about another IMEI than the one that stands at its place.
    #[error("answer {place} is about another IMEI than was asked there")]
    Other {
        /// Which, counted from 1.
        place: usize,
    },
}

impl From<serde_json::Error> for Unsound {
    fn from(error: serde_json::Error) -> Self {
        use serde_json::error::Category;
        let kind = match error.classify() {
            Category::Io => "reading",
            Category::Syntax => "syntax",
            Category::Data => "data",
            Category::Eof => "length",
        };
        Self::Shape { kind, line: error.line(), column: error.column() }
    }
}

/// The verdicts in the body of a batch answer, in the order asked. `today` is the day in the
/// registry's country.
///
/// The answers do not repeat what was asked and are told apart by their place alone, so each must
/// name the first 14 digits of the IMEI at its place. If one does not, none is believed: nobody
/// can say which place slipped.
///
/// # Errors
///
/// See [`Unsound`].
pub fn verdicts(body: &[u8], asked: &[Imei], today: Date) -> Result<Vec<Verdict>, Unsound> {
    let said: Value = serde_json::from_slice(body)?;
    if !is_of_objects(&said) {
        return Err(Unsound::NoObject);
    }
    let Batch { results } = serde_json::from_slice(body)?;
    if results.len() != asked.len() {
        return Err(Unsound::Count { asked: asked.len(), answered: results.len() });
    }
    let same = |(said, imei): (&Said, &Imei)| said.imei_norm == imei.imei14().as_str();
    match results.iter().zip(asked).position(|pair| !same(pair)) {
        Some(place) => Err(Unsound::Other { place: place + 1 }),
        None => Ok(results.iter().map(|said| verdict(said, today)).collect()),
    }
}

/// Whether every part is the object that it should be: serde would make a struct of a list as well,
/// by the order of its elements, and that is nobody's answer.
fn is_of_objects(said: &Value) -> bool {
    const PARTS: [&str; 4] =
        ["classification_state", "realtime_checks", "registration_status", "stolen_status"];
    let all_objects =
        |list: &Value| list.as_array().is_none_or(|list| list.iter().all(Value::is_object));
    let results = said["results"].as_array().map(Vec::as_slice).unwrap_or_default();
    said.is_object()
        && all_objects(&said["results"])
        && results.iter().all(|one| {
            PARTS.iter().all(|part| one[part].is_object())
                && all_objects(&one["classification_state"]["blocking_conditions"])
        })
}
