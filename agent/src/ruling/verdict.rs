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

    /// Whether the caller may go on without looking at it.
    pub const fn is_clear(&self) -> bool {
        matches!(self, Self::Clear)
    }
}

/// Why service is blocked (the grounds named by the regime, and one of our own).
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
    /// When it was true.
    #[schema(value_type = String, format = DateTime)]
    pub as_of: Timestamp,
}
