//! What a registry said of one IMEI.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tekser_imei::Imei;
use utoipa::ToSchema;

use super::RegistryId;

/// What a registry said of one IMEI. `Unknown` and `Undetermined` never become `Clear`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// White list: service is unrestricted.
    Clear,
    /// Grey list: service is allowed until then, 30 calendar days from the first connection.
    Grace {
        /// The earlier of the two dates that the wording of the rule allows.
        #[schema(value_type = String, format = DateTime)]
        until: Timestamp,
    },
    /// Black list: service is blocked.
    Blocked {
        /// Why.
        reason: BlockReason,
    },
    /// The registry does not know this IMEI.
    Unknown,
    /// No answer could be had; nothing is known.
    Undetermined {
        /// Why.
        why: Undetermined,
    },
}

impl Verdict {
    /// Every kind of verdict, by the name it has in JSON.
    pub const KINDS: [&'static str; 5] = ["clear", "grace", "blocked", "unknown", "undetermined"];

    /// The name in JSON.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::Grace { .. } => "grace",
            Self::Blocked { .. } => "blocked",
            Self::Unknown => "unknown",
            Self::Undetermined { .. } => "undetermined",
        }
    }

    /// Whether it restricts service, now or later: that counts whoever says it.
    pub const fn is_bad_news(&self) -> bool {
        matches!(self, Self::Blocked { .. } | Self::Grace { .. })
    }

    /// Whether the caller may go on without looking at it.
    pub const fn is_clear(&self) -> bool {
        matches!(self, Self::Clear)
    }
}

/// Why service is blocked: the grounds that the regime names, those of registries elsewhere, and
/// one of our own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BlockReason {
    /// Thirty days passed and nobody verified it.
    GraceExpired,
    /// The IMEI is wrong, altered or was never assigned by a maker.
    Altered,
    /// It stands on an international block list.
    BlockListed,
    /// It was replaced away with its board.
    ReplacedAway,
    /// Reported stolen.
    Stolen,
    /// Reported lost.
    Lost,
    /// Got by fraud.
    Fraud,
    /// Not paid for.
    NonPayment,
    /// Blocked by rule of the authorities, who did not say which.
    Regulatory,
    /// Prohibited; the registry does not say why.
    Prohibited,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Undetermined {
    /// The registry could not be reached.
    Unreachable,
    /// The registry was reached and failed.
    RegistryFailed,
    /// The registry asked to come back later.
    Throttled,
    /// The registry answered, and what it said cannot be understood.
    Unreadable,
    /// The registry does not let this station ask, or not about this.
    Denied,
    /// The registry has not made up its mind: an entry is provisional.
    Pending,
    /// Service is allowed and watched (3GPP's GREYLISTED). Whether the device is verified is not
    /// said: this is not Kazakhstan's grace.
    Tracked,
    /// Only a person can ask, and none has.
    NobodyLooked,
    /// What is known is too old to go by.
    Stale,
    /// A paid question may have been asked before; it is not paid again without a person's word.
    PaidAlready,
}

/// A verdict with who said it and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Answer {
    /// The IMEI asked about.
    #[schema(value_type = String, example = "490154203237518")]
    pub imei: Imei,
    /// What was said.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// Who said it.
    pub source: RegistryId,
    /// When it was true. A registry that answers from a cache of its own is believed only as of
    /// the oldest moment that the answer may stem from.
    #[schema(value_type = String, format = DateTime)]
    pub as_of: Timestamp,
    /// When it was asked, where that is later than `as_of`: a registry may tell what it found out
    /// long ago.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub asked_at: Option<Timestamp>,
    /// Until when it may be gone by without asking again; absent of what nobody should go by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub fresh_until: Option<Timestamp>,
    /// It was kept from an earlier question; nobody was asked now.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub from_cache: bool,
    /// The person who looked, where only a person can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen_by: Option<SeenBy>,
}

impl Answer {
    /// An answer had just now, with nobody between the registry and us.
    pub const fn new(imei: Imei, verdict: Verdict, source: RegistryId, as_of: Timestamp) -> Self {
        let (asked_at, fresh_until, seen_by) = (None, None, None);
        Self { imei, verdict, source, as_of, asked_at, fresh_until, from_cache: false, seen_by }
    }

    /// When it was asked.
    pub fn asked(&self) -> Timestamp {
        self.asked_at.unwrap_or(self.as_of)
    }

    /// An answer to a question that was put then: a list may have changed while it was on its way.
    #[must_use]
    pub fn to_question_of(mut self, asked: Timestamp) -> Self {
        self.as_of = self.as_of.min(asked);
        self.asked_at = (self.as_of < asked).then_some(asked);
        self
    }

    /// Whether it may be another than was kept here: somebody was asked now, or people look, and
    /// only its source knows whether they looked again.
    pub const fn is_news(&self) -> bool {
        !self.from_cache || self.seen_by.is_some()
    }
}

/// The person who looked at a registry that answers people only, and what proves it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SeenBy {
    /// Who, as the shop calls them.
    #[schema(example = "Aigul, desk 2")]
    pub name: String,
    /// SHA-256 of the screenshot, in hexadecimal, if one was attached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
}
