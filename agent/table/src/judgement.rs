//! What our own rules say of a row.

use jiff::civil::Date;
use tekser_imei::{Imei, Severity, Suspicions};

use crate::{DateError, Earlier, Finding, NotAnImei, RowRef};

/// What kind of row it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RowKind {
    /// Before the header: a title, a name of a shop.
    Above,
    /// The row that names the columns.
    Header,
    /// A row of the table.
    #[default]
    Data,
    /// A row with cells in which nothing stands.
    Blank,
}

/// How a row stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Standing {
    /// Nothing to look at, as far as these rules go. No registry was asked.
    #[default]
    Sound,
    /// A person should look.
    Look,
    /// Must not be filed or bought as it stands.
    Stop,
}

impl Standing {
    /// Stable name: `sound`, `look` or `stop`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Sound => "sound",
            Self::Look => "look",
            Self::Stop => "stop",
        }
    }

    const fn of(severity: Severity) -> Self {
        match severity {
            Severity::Note => Self::Sound,
            Severity::Warning => Self::Look,
            Severity::Disqualifying => Self::Stop,
        }
    }
}

/// One cell that is or should be an IMEI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number {
    /// Place of the cell, from 0.
    pub column: usize,
    /// The number, or what it is instead.
    pub imei: Result<Imei, NotAnImei>,
    /// What looks wrong about it.
    pub suspicions: Suspicions,
    /// Where it stood before.
    pub earlier: Option<Earlier>,
}

/// A cell of a date column: its place, and what it says.
pub(crate) type Dated = (usize, Result<Date, DateError>);

/// What our own rules say of one row, kept. Filled anew for each row.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Judgement {
    /// What kind of row it is.
    pub kind: RowKind,
    /// Its IMEIs, from left to right.
    pub numbers: Vec<Number>,
    /// What its date columns say, with their places.
    pub dates: Vec<(usize, Result<Date, DateError>)>,
}

/// What our own rules say of one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct JudgementRef<'a> {
    /// What kind of row it is.
    pub kind: RowKind,
    /// Its IMEIs, from left to right.
    pub numbers: &'a [Number],
    /// What its date columns say, with their places.
    pub dates: &'a [(usize, Result<Date, DateError>)],
}

impl Judgement {
    /// The judgement, lent.
    pub fn lent(&self) -> JudgementRef<'_> {
        JudgementRef { kind: self.kind, numbers: &self.numbers, dates: &self.dates }
    }

    /// The IMEIs that can be asked about, from left to right.
    pub fn imeis(&self) -> impl Iterator<Item = Imei> {
        self.lent().imeis()
    }

    /// Everything that a person should know of the row, number by number.
    pub fn findings<'a>(
        &'a self,
        row: impl Into<RowRef<'a>>,
    ) -> impl Iterator<Item = Finding> + 'a {
        self.findings_with_places(row).map(|(_, finding)| finding)
    }

    /// The same, each with the place of the cell that it is about.
    pub fn findings_with_places<'a>(
        &'a self,
        row: impl Into<RowRef<'a>>,
    ) -> impl Iterator<Item = (Option<usize>, Finding)> + 'a {
        self.lent().findings_with_places(row.into())
    }

    /// How the row stands, by its gravest finding.
    pub fn standing(&self) -> Standing {
        self.lent().standing()
    }

    /// Becomes what is lent.
    pub(crate) fn copy(&mut self, judgement: JudgementRef<'_>) {
        self.kind = judgement.kind;
        self.numbers.clear();
        self.numbers.extend_from_slice(judgement.numbers);
        self.dates.clear();
        self.dates.extend_from_slice(judgement.dates);
    }
}

impl<'a> From<&'a Judgement> for JudgementRef<'a> {
    fn from(judgement: &'a Judgement) -> Self {
        judgement.lent()
    }
}

impl<'a> JudgementRef<'a> {
    /// The IMEIs that can be asked about, from left to right.
    pub fn imeis(&self) -> impl Iterator<Item = Imei> + use<'a> {
        self.numbers.iter().filter_map(|number| number.imei.ok())
    }

    /// Everything that a person should know of the row, number by number, each with the place of
    /// the cell that it is about.
    pub fn findings_with_places(
        &self,
        row: RowRef<'a>,
    ) -> impl Iterator<Item = (Option<usize>, Finding)> + use<'a> {
        let none = self.kind == RowKind::Data && self.numbers.is_empty() && !row.is_empty();
        let numbers = self
            .numbers
            .iter()
            .flat_map(|number| number.findings().map(|finding| (Some(number.column), finding)));
        let dates = self
            .dates
            .iter()
            .filter_map(|&(column, date)| Some((Some(column), Finding::Date(date.err()?))));
        numbers.chain(dates).chain(none.then_some((None, Finding::NoNumber)))
    }

    /// Whether it is a row of the table about which there is nothing to tell.
    pub(crate) fn is_spotless(&self) -> bool {
        self.kind == RowKind::Data
            && !self.numbers.is_empty()
            && self.numbers.iter().all(Number::is_spotless)
            && self.dates.iter().all(|(_, date)| date.is_ok())
    }

    /// How the row stands, by its gravest finding.
    pub fn standing(&self) -> Standing {
        if self.kind != RowKind::Data {
            return Standing::Sound;
        }
        let dates = match self.dates.iter().any(|(_, date)| date.is_err()) {
            true => Standing::Look,
            false => Standing::Sound,
        };
        let numbers = self.numbers.iter().map(Number::standing).max();
        numbers.unwrap_or(Standing::Look).max(dates)
    }
}

impl Number {
    /// What a person should know of it.
    pub fn findings(&self) -> impl Iterator<Item = Finding> + use<> {
        let unread = self.imei.err().map(Finding::NotAnImei);
        let suspicions = self.suspicions.into_iter().map(Finding::Suspicious);
        unread.into_iter().chain(suspicions).chain(self.earlier.map(Finding::Duplicate))
    }

    fn is_spotless(&self) -> bool {
        self.imei.is_ok() && self.suspicions.is_empty() && self.earlier.is_none()
    }

    fn standing(&self) -> Standing {
        if self.is_spotless() {
            return Standing::Sound;
        }
        let severities = self.findings().map(Finding::severity);
        severities.max().map_or(Standing::Sound, Standing::of)
    }
}
