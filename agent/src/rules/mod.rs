//! Rules of the regime that may change or that rest on one source: data, not constants.
//!
//! They are in `rules/kazakhstan.toml`, which the program carries and which names the source of
//! each; `rules.toml` in the data directory replaces tables of it. They are read and checked once,
//! at the start.

mod load;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use jiff::{Span, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use load::{RULES_MAX, RulesError, SHIPPED};

use crate::cases::{Applicant, ApplicantKind, Country, DocumentKind};
use crate::finding::Severity;

/// Everything that holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// Version of this format.
    pub format: u8,
    /// Days of grace.
    pub grace: Grace,
    /// Monthly calculation index by year, ascending.
    pub mci: Vec<Mci>,
    /// What a business pays.
    pub fee: FeeRule,
    /// How many devices a person may verify.
    pub quota: Vec<Quota>,
    /// The Eurasian Economic Union.
    pub union: CustomsUnion,
    /// Devices under one tracking number.
    pub tracking: Tracking,
    /// Tracking numbers that were accepted before.
    pub tracking_used: PlainRule,
    /// Documents that prove an import.
    pub proof: BTreeMap<ProofOf, Proof>,
    /// Documents that never do.
    pub unfit: Unfit,
    /// Parts with encryption functions.
    pub encryption: Encryption,
    /// Numbers that must stand in a document.
    pub declaration: DeclarationRule,
}

/// Documents in whose text the other side looks for IMEIs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeclarationRule {
    /// These.
    pub kinds: BTreeSet<DocumentKind>,
    /// How much it matters that an IMEI is not there.
    pub severity: Severity,
    /// Who says so.
    pub source: String,
    /// Since when.
    #[schema(value_type = String, format = Date)]
    pub since: Date,
}

/// Service is allowed for some days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Grace {
    /// Calendar days from the day of the first connection, that day counted.
    pub days: u16,
    /// Days before the end from when on it is near.
    pub warn_days: u16,
    /// Who says so.
    pub source: String,
    /// Since when.
    #[schema(value_type = String, format = Date)]
    pub since: Date,
}

/// Monthly calculation index of a year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Mci {
    /// The year.
    pub year: i16,
    /// Tenge.
    pub tenge: u32,
    /// Who says so.
    pub source: String,
}

/// What a business pays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FeeRule {
    /// MCI per device.
    pub mci: u16,
    /// Who pays.
    pub applicants: BTreeSet<ApplicantKind>,
    /// Who says so.
    pub source: String,
    /// Since when.
    #[schema(value_type = String, format = Date)]
    pub since: Date,
}

/// How many devices a person may verify.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Quota {
    /// Where they come from.
    pub from: Origin,
    /// Devices.
    pub devices: u32,
    /// In which time.
    pub period: Period,
    /// How much it matters.
    pub severity: Severity,
    /// Who says so.
    pub source: String,
    /// Since when.
    #[schema(value_type = String, format = Date)]
    pub since: Date,
}

/// Where devices come from, as quotas divide it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// From a member of the Union.
    Union,
    /// From any other country.
    Elsewhere,
}

/// The time in which a quota is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// January to December.
    CalendarYear,
    /// The first to the last of a month.
    CalendarMonth,
}

impl Period {
    /// Whether two days are in the same one.
    pub fn has_both(self, one: Date, other: Date) -> bool {
        one.year() == other.year() && (self == Self::CalendarYear || one.month() == other.month())
    }
}

/// Members of the Eurasian Economic Union beside Kazakhstan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomsUnion {
    /// The countries.
    #[schema(value_type = Vec<String>)]
    pub countries: BTreeSet<Country>,
    /// Who says so.
    pub source: String,
    /// Since when.
    #[schema(value_type = String, format = Date)]
    pub since: Date,
}

/// Devices under one tracking number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Tracking {
    /// Most devices of one applicant.
    pub devices: u32,
    /// How much it matters.
    pub severity: Severity,
    /// Who says so.
    pub source: String,
    /// Since when.
    #[schema(value_type = String, format = Date)]
    pub since: Date,
}

/// A rule without numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlainRule {
    /// How much it matters.
    pub severity: Severity,
    /// Who says so.
    pub source: String,
    /// Since when.
    #[schema(value_type = String, format = Date)]
    pub since: Date,
}

/// What an import is proved for.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ProofOf {
    /// A person's luggage.
    Accompanied,
    /// A parcel.
    Parcel,
    /// A gift.
    Gift,
    /// Goods for sale that passed customs.
    Import,
    /// Goods for sale from inside the Union.
    ImportFromUnion,
}

impl ProofOf {
    const ALL: [Self; 5] =
        [Self::Accompanied, Self::Parcel, Self::Gift, Self::Import, Self::ImportFromUnion];
}

/// Documents that prove an import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// Any of these.
    pub kinds: BTreeSet<DocumentKind>,
    /// How much it matters that there is none.
    pub severity: Severity,
    /// Who says so.
    pub source: String,
    /// Since when.
    #[schema(value_type = String, format = Date)]
    pub since: Date,
}

/// Documents that never prove an import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Unfit {
    /// These.
    pub kinds: BTreeSet<DocumentKind>,
    /// Who says so.
    pub source: String,
    /// Since when.
    #[schema(value_type = String, format = Date)]
    pub since: Date,
}

/// Papers of parts with encryption functions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Encryption {
    /// Any of these.
    pub kinds: BTreeSet<DocumentKind>,
    /// Whether a part counts as such when nobody said.
    pub assumed: bool,
    /// How much it matters that there is none.
    pub severity: Severity,
    /// Who says so.
    pub source: String,
    /// Since when.
    #[schema(value_type = String, format = Date)]
    pub since: Date,
}

/// What filing costs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Fee {
    /// Tenge in all.
    #[schema(example = 8650)]
    pub tenge: u64,
    /// Devices that are paid for.
    pub devices: u32,
    /// Monthly calculation index that was taken, in tenge.
    pub mci: u32,
    /// Its year.
    pub year: i16,
}

impl Rules {
    /// What this applicant pays for so many devices on that day; `None` if they pay nothing, or
    /// the index of that year is not known.
    pub fn fee(&self, applicant: Applicant, devices: u32, on: Date) -> Option<Fee> {
        if !self.pays(applicant, on) {
            return None;
        }
        let mci = self.index(on)?;
        let tenge = u64::from(mci.tenge) * u64::from(self.fee.mci) * u64::from(devices);
        Some(Fee { tenge, devices, mci: mci.tenge, year: mci.year })
    }

    /// Whether this applicant pays on that day, and nobody knows how much: the index of its year is
    /// missing.
    pub fn lacks_index(&self, applicant: Applicant, on: Date) -> bool {
        self.pays(applicant, on) && self.index(on).is_none()
    }

    fn pays(&self, applicant: Applicant, on: Date) -> bool {
        on >= self.fee.since && self.fee.applicants.contains(&applicant.kind)
    }

    fn index(&self, on: Date) -> Option<&Mci> {
        self.mci.iter().find(|mci| mci.year == on.year())
    }

    /// Where a country lies, as quotas divide it.
    pub fn origin(&self, country: Country) -> Origin {
        if self.union.countries.contains(&country) { Origin::Union } else { Origin::Elsewhere }
    }

    /// When grace ends for a device that was first seen on that day: the midnight that closes the
    /// last day. `None` at the end of the calendar.
    pub fn grace_until(&self, first_connected: Date) -> Option<Timestamp> {
        let days = Span::new().try_days(self.grace.days).ok()?;
        midnight(first_connected.checked_add(days).ok()?)
    }
}

/// When a day begins in Kazakhstan; `None` at the end of the calendar.
pub fn midnight(day: Date) -> Option<Timestamp> {
    Some(day.to_zoned(zone()).ok()?.timestamp())
}

/// The day in Kazakhstan. One time for the whole country since 1 March 2024: UTC+5.
pub fn day(at: Timestamp) -> Date {
    at.to_zoned(zone()).date()
}

fn zone() -> TimeZone {
    TimeZone::fixed(Offset::constant(5))
}
