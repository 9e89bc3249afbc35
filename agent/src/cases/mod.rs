//! Things to file, and what would get them refused.
//!
//! | kind | what | who applies |
//! |---|---|---|
//! | [`Replacement`] | a phone whose board or module was replaced | a service centre |
//! | [`Import`] | devices brought in for sale | a sole proprietor or a legal entity |
//! | [`Personal`] | devices that a person brought or was sent | that person |
//!
//! The fields of the last two are those that the published guides name; the portal's own form is
//! in no source. Files stay where the shop keeps them: a case names each by size and SHA-256.

mod applicant;
mod document;
mod filed;
mod filing;
mod preflight;
mod replacement;
mod text;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use applicant::{Applicant, ApplicantKind};
pub use document::{AttachedFile, Document, DocumentKind, fits_quantity};
pub use filed::{Basis, FiledDevice, Import, Personal};
pub use filing::{Filing, FilingError};
pub use preflight::{Known, Preflight, PreflightCode, preflight};
pub use replacement::{CustomsDocument, Part, Replacement};
pub use text::{Country, FileDigest, Line, TextError};

use crate::id::{BatchId, CaseId};
use crate::ruling::Refusal;

/// A case as the station keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Case {
    /// Its name.
    pub id: CaseId,
    /// When it was opened.
    #[schema(value_type = String, format = DateTime)]
    pub opened_at: Timestamp,
    /// How far it has come.
    #[serde(flatten)]
    pub state: CaseState,
    /// What is filed.
    #[serde(flatten)]
    pub filing: Filing,
}

/// How far a case has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum CaseState {
    /// In no batch.
    Open,
    /// In a batch that is not answered.
    Batched {
        /// The batch.
        batch: BatchId,
    },
    /// The registry approved it.
    Approved {
        /// The batch it went out in.
        batch: BatchId,
    },
    /// The registry refused it; it may be mended and go out again.
    Refused {
        /// The batch it went out in.
        batch: BatchId,
        /// Why.
        refusals: Vec<Refusal>,
    },
}

impl CaseState {
    /// The name in JSON.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Batched { .. } => "batched",
            Self::Approved { .. } => "approved",
            Self::Refused { .. } => "refused",
        }
    }

    /// Whether the case may be put in a batch now.
    pub const fn may_be_batched(&self) -> bool {
        matches!(self, Self::Open | Self::Refused { .. })
    }
}
