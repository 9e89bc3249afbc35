//! Wanted numbers against the text of a declaration.

use core::fmt;
use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use tekser_imei::{Imei, Imei14};

use crate::text::{Gap, PageText, Text};

/// Most IMEIs that are listed as standing there without being wanted.
pub const OTHERS_MAX: usize = 500;

/// Longest run of digits that is shown.
const SHOWN_MAX: usize = 24;

/// A number that is looked for.
#[derive(Clone, PartialEq, Eq)]
pub struct Wanted {
    digits: String,
}

/// Masked but for its length.
impl fmt::Debug for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Wanted({} digits)", self.digits.len())
    }
}

impl Wanted {
    /// The digits of a text; whatever stands between them is left out.
    pub fn new(text: &str) -> Self {
        let digits = text.chars().filter(char::is_ascii_digit).take(64).collect();
        Self { digits }
    }

    /// What the other side cuts it to; none if it is shorter, for then nobody looks for it.
    pub fn prefix(&self) -> Option<&str> {
        self.digits.get(..Imei14::LEN)
    }

    /// All fifteen digits, if there are so many.
    fn whole(&self) -> Option<&str> {
        (self.digits.len() == Imei::LEN).then_some(self.digits.as_str())
    }
}

impl From<Imei> for Wanted {
    fn from(imei: Imei) -> Self {
        Self { digits: imei.as_str().to_owned() }
    }
}

/// What the search found of one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = DeclarationSearch))]
#[serde(rename_all = "snake_case")]
pub enum Search {
    /// It stands there, all fifteen digits.
    Whole,
    /// Its first fourteen digits stand there and no fifteenth.
    Prefix,
    /// Fifteen digits stand there of which the last differs: a slip here or in the document.
    CheckDigit,
    /// Its first fourteen digits stand there inside something longer. The other side finds that
    /// too, and shows no match.
    Inside,
    /// It stands there torn by spaces, hyphens or line breaks: the other side does not find it.
    OnlyJoined,
    /// It is not there.
    Missing,
    /// It was not found in what could be read, and not all could be read.
    Undetermined,
    /// It has fewer than fourteen digits: nobody looks for it.
    TooShort,
}

impl Search {
    /// Whether the other side's search finds it.
    pub const fn is_found(self) -> bool {
        matches!(self, Self::Whole | Self::Prefix | Self::CheckDigit | Self::Inside)
    }
}

/// One number and what was found of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = DeclarationHit))]
pub struct Hit {
    /// Its digits.
    pub imei: String,
    /// What was found.
    pub result: Search,
    /// The page, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
    /// The match as the other side shows it: fifteen digits that stand alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown: Option<String>,
    /// The run of digits that stands there, if it is another than the number; its first 24.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stands: Option<String>,
}

/// Without its digits.
impl fmt::Debug for Hit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hit").field("result", &self.result).field("page", &self.page).finish()
    }
}

/// An IMEI that stands there and was not looked for.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = DeclarationOther))]
pub struct Other {
    /// The number.
    #[cfg_attr(feature = "schema", schema(value_type = String))]
    pub imei: Imei,
    /// The page, from 1.
    pub page: u32,
}

/// Masked.
impl fmt::Debug for Other {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Other")
            .field("imei", &self.imei.masked())
            .field("page", &self.page)
            .finish()
    }
}

/// A page, or the whole document, that was not read wholly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = DeclarationUnread))]
pub struct Unread {
    /// The page, from 1; none if it is about the whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
    /// Why.
    pub why: Gap,
}

/// What came of a search.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = DeclarationReport))]
pub struct Report {
    /// Pages that were read.
    pub pages: u32,
    /// Whether all of it was read, so that what is missing is certain to be missing.
    pub complete: bool,
    /// What was not read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<Unread>,
    /// The wanted numbers, in their order.
    pub hits: Vec<Hit>,
    /// IMEIs that stand there and were not wanted; the first 500.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<Other>,
    /// How many there are of them.
    pub others_count: u32,
}

/// Where a number stands, best first.
#[derive(Clone)]
struct Place {
    result: Search,
    page: u32,
    shown: Option<String>,
    run: String,
}

/// Looks for numbers in the text of a declaration.
pub fn search(text: &Text, wanted: &[Wanted]) -> Report {
    let mut found = Found::new(wanted);
    for (page, number) in text.pages.iter().zip(1..) {
        found.page(page, number);
    }
    let complete = text.is_whole();
    let hits = wanted.iter().map(|one| found.hit(one, complete)).collect();
    let whole = text.gaps.iter().map(|why| Unread { page: None, why: *why });
    let pages = text.pages.iter().zip(1..).flat_map(|(page, number)| {
        page.gaps.iter().map(move |why| Unread { page: Some(number), why: *why })
    });
    let (others, others_count) = found.others();
    Report {
        pages: u32::try_from(text.pages.len()).unwrap_or(u32::MAX),
        complete,
        unread: whole.chain(pages).collect(),
        hits,
        others,
        others_count,
    }
}

/// What stands where, by the first fourteen digits.
struct Found {
    places: HashMap<String, Vec<Place>>,
    joined: HashMap<String, (u32, String)>,
    others: BTreeMap<Imei14, (Imei, u32)>,
}

impl Found {
    fn new(wanted: &[Wanted]) -> Self {
        let prefixes = wanted.iter().filter_map(Wanted::prefix);
        let places = prefixes.map(|prefix| (prefix.to_owned(), Vec::new())).collect();
        Self { places, joined: HashMap::new(), others: BTreeMap::new() }
    }

    fn page(&mut self, page: &PageText, number: u32) {
        let text = page.text.as_str();
        for (from, run) in runs(text) {
            if run.len() >= Imei14::LEN {
                let alone = stands_alone(text, from, run.len());
                self.run(run, alone, number);
            }
        }
        for torn in torn(text).iter().chain(&page.stacked) {
            let Some(prefix) = torn.get(..Imei14::LEN) else { continue };
            if self.places.contains_key(prefix) {
                let digits = torn.clone();
                self.joined.entry(prefix.to_owned()).or_insert((number, digits));
            }
        }
    }

    /// Takes in a run of digits, fourteen or more.
    fn run(&mut self, run: &str, alone: bool, page: u32) {
        let imei_long = alone && run.len() == Imei::LEN;
        if imei_long
            && let Ok(imei) = Imei::parse(run.as_bytes())
            && !imei.suspicions().is_disqualifying()
            && !self.places.contains_key(imei.imei14().as_str())
        {
            self.others.entry(imei.imei14()).or_insert((imei, page));
        }
        for from in 0..=run.len() - Imei14::LEN {
            let Some(places) =
                run.get(from..from + Imei14::LEN).and_then(|part| self.places.get_mut(part))
            else {
                continue;
            };
            let result = match run.len() - from {
                _ if from > 0 => Search::Inside,
                Imei14::LEN => Search::Prefix,
                Imei::LEN if alone => Search::Whole,
                _ => Search::Inside,
            };
            let shown = (imei_long && from == 0).then(|| run.to_owned());
            let run = run.get(..SHOWN_MAX).unwrap_or(run).to_owned();
            // The first of each kind is enough; a number may stand on every page.
            if places.len() < 64 {
                places.push(Place { result, page, shown, run });
            }
        }
    }

    fn hit(&self, wanted: &Wanted, complete: bool) -> Hit {
        let imei = wanted.digits.clone();
        let nothing =
            |result| Hit { imei: imei.clone(), result, page: None, shown: None, stands: None };
        let Some(prefix) = wanted.prefix() else { return nothing(Search::TooShort) };
        let judged = |place: &Place| match place.result {
            Search::Whole if wanted.whole().is_some_and(|whole| whole != place.run) => {
                Search::CheckDigit
            }
            other => other,
        };
        let places = self.places.get(prefix).map(Vec::as_slice).unwrap_or_default();
        if let Some(best) = places.iter().min_by_key(|place| (judged(place), place.page)) {
            let stands = (best.run != imei).then(|| best.run.clone());
            let (result, page, shown) = (judged(best), Some(best.page), best.shown.clone());
            return Hit { imei, result, page, shown, stands };
        }
        match self.joined.get(prefix) {
            Some((page, digits)) => {
                let stands = (*digits != imei).then(|| digits.clone());
                Hit { page: Some(*page), stands, ..nothing(Search::OnlyJoined) }
            }
            None if complete => nothing(Search::Missing),
            None => nothing(Search::Undetermined),
        }
    }

    fn others(self) -> (Vec<Other>, u32) {
        let count = u32::try_from(self.others.len()).unwrap_or(u32::MAX);
        let mut others: Vec<Other> =
            self.others.into_values().map(|(imei, page)| Other { imei, page }).collect();
        others.sort_by_key(|other| other.page);
        others.truncate(OTHERS_MAX);
        (others, count)
    }
}

/// Runs of digits and where they begin.
fn runs(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    core::iter::from_fn(move || {
        let rest = text.as_bytes().get(at..)?;
        let from = at + rest.iter().position(u8::is_ascii_digit)?;
        let digits = text.as_bytes().iter().skip(from).take_while(|byte| byte.is_ascii_digit());
        at = from + digits.count();
        text.get(from..at).map(|run| (from, run))
    })
}

/// Whether no letter, digit or underscore touches it: what `\b` means to the other side.
fn stands_alone(text: &str, from: usize, length: usize) -> bool {
    let touches = |one: char| one.is_alphanumeric() || one == '_';
    let before = text.get(..from).and_then(|before| before.chars().next_back());
    let after = text.get(from + length..).and_then(|after| after.chars().next());
    !before.is_some_and(touches) && !after.is_some_and(touches)
}

/// Numbers of 14 to 17 digits in parts with no more than a separator or a line break between.
fn torn(text: &str) -> Vec<String> {
    let mut torn = Vec::new();
    let mut parts: Vec<&str> = Vec::new();
    let mut end = 0;
    for (from, run) in runs(text) {
        let between = text.get(end..from).unwrap_or_default();
        end = from + run.len();
        if !separates(between) {
            parts.clear();
        }
        parts.push(run);
        // Every number that ends with this part and has at least two.
        let mut digits = 0;
        for (back, part) in parts.iter().rev().enumerate() {
            digits += part.len();
            if digits > 17 {
                break;
            }
            if digits >= Imei14::LEN && back > 0 {
                torn.push(parts.iter().skip(parts.len() - 1 - back).copied().collect());
            }
        }
        if parts.len() > 17 {
            parts.remove(0);
        }
    }
    torn
}

/// Whether what stands between two runs only tears a number.
fn separates(between: &str) -> bool {
    let count = between.chars().count();
    let tears = |one: char| {
        one.is_whitespace()
            || matches!(one, '-' | '‐' | '‑' | '–' | '.' | '/' | '\u{ad}' | '\u{200b}')
    };
    (1..=3).contains(&count) && between.chars().all(tears)
}
