//! What a person saw on a portal.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use tekser_imei::Imei;
use utoipa::ToSchema;

use crate::cases::{FileDigest, Line};
use crate::id::SightingId;
use crate::rules::{Rules, day, midnight};
use crate::ruling::{BlockReason, RegistryId, Verdict};

/// What a person saw on a portal, with who and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Sighting {
    /// Its name.
    pub id: SightingId,
    /// The portal.
    pub portal: RegistryId,
    /// The IMEI that they looked for.
    #[schema(value_type = String, example = "490154203237518")]
    pub imei: Imei,
    /// What they saw.
    #[serde(flatten)]
    pub seen: Seen,
    /// When they saw it.
    #[schema(value_type = String, format = DateTime)]
    pub seen_at: Timestamp,
    /// Who, as the shop calls them.
    #[schema(value_type = String, example = "Aigul, desk 2")]
    pub seen_by: Line,
    /// When they said so.
    #[schema(value_type = String, format = DateTime)]
    pub recorded_at: Timestamp,
    /// The screenshot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<FileDigest>,
    /// It was taken back: it no longer counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn: Option<Withdrawal>,
}

impl Sighting {
    /// Whether it answers anything.
    pub const fn counts(&self) -> bool {
        self.withdrawn.is_none() && self.seen.verdict().is_some()
    }
}

/// Who took a sighting back, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Withdrawal {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Who, as the shop calls them.
    #[schema(value_type = String, example = "Aigul, desk 2")]
    pub by: Line,
}

/// What a person saw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Seen {
    /// White list.
    Clear,
    /// Grey list.
    Grace {
        /// The midnight with which grace ends.
        #[schema(value_type = String, format = DateTime)]
        until: Timestamp,
    },
    /// Black list.
    Blocked {
        /// Why.
        reason: BlockReason,
    },
    /// The portal does not know this IMEI.
    Unknown,
    /// They could not find out; this answers nothing.
    CouldNotCheck {
        /// Why, in their words.
        #[schema(value_type = String, example = "The page did not open")]
        reason: Line,
    },
}

impl Seen {
    /// The verdict that it is; `None` if they could not check.
    pub const fn verdict(&self) -> Option<Verdict> {
        match *self {
            Self::Clear => Some(Verdict::Clear),
            Self::Grace { until } => Some(Verdict::Grace { until }),
            Self::Blocked { reason } => Some(Verdict::Blocked { reason }),
            Self::Unknown => Some(Verdict::Unknown),
            Self::CouldNotCheck { .. } => None,
        }
    }
}

/// What a person says that they saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub enum Claim {
    /// White list.
    Clear,
    /// Grey list; needs `until` or `first_connected`.
    Grace,
    /// Black list; `reason` is one of the reasons of a verdict.
    Blocked,
    /// The portal does not know this IMEI.
    Unknown,
    /// They could not find out; `reason` says why, in their words.
    CouldNotCheck,
}

impl Claim {
    const fn name(self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::Grace => "grace",
            Self::Blocked => "blocked",
            Self::Unknown => "unknown",
            Self::CouldNotCheck => "could_not_check",
        }
    }
}

/// What a person reports.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// The portal; needed only if there are several.
    #[serde(default)]
    pub portal: Option<RegistryId>,
    /// What they saw.
    pub verdict: Claim,
    /// Of grace: the date that the portal shows. Grace is taken to end as that day begins.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    pub until: Option<Date>,
    /// Of grace: the day of the first connection, if the portal shows that.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    pub first_connected: Option<Date>,
    /// Why it is blocked (`grace_expired`, `altered`, …, `prohibited` if the portal does not say),
    /// or why they could not check.
    #[serde(default)]
    #[schema(example = "grace_expired")]
    pub reason: Option<Line>,
    /// Who saw it, as the shop calls them.
    #[schema(example = "Aigul, desk 2")]
    pub seen_by: Line,
    /// When they saw it; now if not said.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub seen_at: Option<Timestamp>,
    /// SHA-256 of a screenshot that `/evidence` took.
    #[serde(default)]
    pub evidence: Option<FileDigest>,
}

/// Why a report can't be kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SightingError {
    /// Something that has nothing to do with the verdict.
    #[error("{field} does not belong to {verdict}; leave it out")]
    Misplaced {
        /// The field.
        field: &'static str,
        /// The verdict.
        verdict: &'static str,
    },
    /// No end of grace.
    #[error("grace needs the date that the portal shows: either until or first_connected")]
    GraceDate,
    /// Grace that was over when it was seen.
    #[error(
        "that grace was over before it was looked at; if the portal says so, it is blocked with \
         the reason grace_expired"
    )]
    GraceOver,
    /// No reason.
    #[error("{verdict} needs a reason")]
    NoReason {
        /// The verdict.
        verdict: &'static str,
    },
    /// A reason that no verdict has.
    #[error("this is no reason for blocking; say prohibited if the portal names none")]
    UnknownReason,
    /// A time that is still to come, or outside of the calendar.
    #[error("{field} is still to come")]
    Future {
        /// The field.
        field: &'static str,
    },
}

impl Report {
    /// What was seen and when, if it makes sense at this time by these rules.
    ///
    /// # Errors
    ///
    /// See [`SightingError`].
    pub fn taken_in(
        &self,
        rules: &Rules,
        now: Timestamp,
    ) -> Result<(Seen, Timestamp), SightingError> {
        let seen_at = self.seen_at.unwrap_or(now);
        if seen_at > now {
            return Err(SightingError::Future { field: "seen_at" });
        }
        self.refuse_misplaced()?;
        let no_reason = SightingError::NoReason { verdict: self.verdict.name() };
        let seen = match self.verdict {
            Claim::Clear => Seen::Clear,
            Claim::Unknown => Seen::Unknown,
            Claim::Grace => Seen::Grace { until: self.grace_until(rules, seen_at)? },
            Claim::Blocked => {
                let reason = self.reason.as_ref().ok_or(no_reason)?.as_str();
                let reason = serde_json::from_value(reason.into());
                Seen::Blocked { reason: reason.map_err(|_| SightingError::UnknownReason)? }
            }
            Claim::CouldNotCheck => {
                Seen::CouldNotCheck { reason: self.reason.clone().ok_or(no_reason)? }
            }
        };
        Ok((seen, seen_at))
    }

    fn refuse_misplaced(&self) -> Result<(), SightingError> {
        let (grace, reasoned) = match self.verdict {
            Claim::Grace => (true, false),
            Claim::Blocked | Claim::CouldNotCheck => (false, true),
            Claim::Clear | Claim::Unknown => (false, false),
        };
        for (field, given, belongs) in [
            ("until", self.until.is_some(), grace),
            ("first_connected", self.first_connected.is_some(), grace),
            ("reason", self.reason.is_some(), reasoned),
        ] {
            if given && !belongs {
                return Err(SightingError::Misplaced { field, verdict: self.verdict.name() });
            }
        }
        Ok(())
    }

    fn grace_until(&self, rules: &Rules, seen_at: Timestamp) -> Result<Timestamp, SightingError> {
        let until = match (self.until, self.first_connected) {
            // Whether service still works on the day that the portal shows is in no source.
            (Some(until), None) => midnight(until),
            (None, Some(first)) if first > day(seen_at) => {
                return Err(SightingError::Future { field: "first_connected" });
            }
            (None, Some(first)) => rules.grace_until(first),
            (None, None) | (Some(_), Some(_)) => return Err(SightingError::GraceDate),
        };
        until.filter(|until| *until > seen_at).ok_or(SightingError::GraceOver)
    }
}
