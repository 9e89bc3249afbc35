//! One thing that a person should know about a row.

use std::fmt;

use tekser_imei::{Severity, Suspicion};

use crate::{DateError, NotAnImei};

/// Where the same number stood before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Earlier {
    /// On this line.
    Line(u64),
    /// In this column of the same row, from 0.
    Column(usize),
}

/// One thing that a person should know about a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// The cell is no IMEI.
    NotAnImei(NotAnImei),
    /// The number looks made up.
    Suspicious(Suspicion),
    /// The same 14 digits stood there before: a phone listed twice, or two phones with one IMEI.
    Duplicate(Earlier),
    /// The cell of a date column is no date.
    Date(DateError),
    /// Nothing in the row is or should be an IMEI.
    NoNumber,
}

impl Finding {
    /// Stable name, for interfaces and translations.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotAnImei(reason) => reason.code(),
            Self::Suspicious(suspicion) => suspicion.code(),
            Self::Duplicate(Earlier::Line(_)) => "duplicate",
            Self::Duplicate(Earlier::Column(_)) => "same_in_row",
            Self::Date(DateError::Form) => "date_form",
            Self::Date(DateError::NoSuchDay) => "no_such_day",
            Self::NoNumber => "no_imei",
        }
    }

    /// How much it weighs.
    pub const fn severity(self) -> Severity {
        match self {
            Self::NotAnImei(_) => Severity::Disqualifying,
            Self::Suspicious(suspicion) => suspicion.severity(),
            Self::Duplicate(_) | Self::Date(_) | Self::NoNumber => Severity::Warning,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnImei(reason) => reason.fmt(f),
            Self::Suspicious(suspicion) => f.write_str(words(*suspicion)),
            Self::Duplicate(Earlier::Line(line)) => write!(f, "the same number is on line {line}"),
            Self::Duplicate(Earlier::Column(column)) => {
                write!(f, "the same number is in column {} of this row", column + 1)
            }
            Self::Date(error) => error.fmt(f),
            Self::NoNumber => f.write_str("there is no IMEI in this row"),
        }
    }
}

const fn words(suspicion: Suspicion) -> &'static str {
    match suspicion {
        Suspicion::AllZeros => "all digits are 0: the phone's memory for it is empty",
        Suspicion::TwoDistinctDigits => "it has no more than two different digits",
        Suspicion::Placeholder => "a number that unfinished or damaged phones show",
        Suspicion::TestReportingBody => "a number for test equipment",
        Suspicion::AscendingRun => "digits count up",
        Suspicion::DescendingRun => "digits count down",
        Suspicion::RepeatedDigit => "one digit again and again",
        Suspicion::RepeatedHalves => "its second half repeats the first",
        Suspicion::ZeroSerialNumber => "its serial number is 000000",
        Suspicion::PatternedSerialNumber => "its serial number is a pattern",
        Suspicion::UnusualReportingBody => "nobody is known to give out numbers that begin so",
        Suspicion::RetiredReportingBody => "numbers that begin so are no longer given out",
    }
}
