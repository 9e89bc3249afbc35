//! Registries behind two traits: [`Source`]s are asked, a [`Registry`] is filed with as well.
//!
//! An adapter promises three things. [`Source::look_up`] never calls an IMEI clear on a
//! guess. [`Registry::file`] says whether a failure happened *before* or *after* the filing
//! could have arrived ([`RegistryError::may_have_arrived`]). [`Registry::find`] answers `None`
//! only when it is certain that nothing with that reference is there; an adapter that can't be
//! certain answers with an error, and the outbox keeps asking.

pub mod camara;
pub mod eir;
pub mod http;
pub mod oauth;
mod problem;
pub mod sandbox;
pub mod settings;
mod singly;

use std::future::Future;
use std::pin::Pin;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tekser_imei::Imei;

pub use crate::ruling::{ApplicationNo, Decision, Refusal, RegistryId};

use crate::batch::SignedBatch;
use crate::id::BatchId;
use crate::ruling::{Answer, Undetermined};

/// How far an application has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Progress {
    /// A person looks at it.
    InReview,
    /// Something is missing; the text is the registry's.
    InfoRequested {
        /// What is asked for.
        message: String,
    },
    /// Every case has its answer.
    Decided {
        /// One decision per case of the batch.
        decisions: Vec<Decision>,
    },
}

/// Why a registry gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegistryError {
    /// Nothing was sent.
    #[error("registry {registry} cannot be reached")]
    Unreachable {
        /// Which registry.
        registry: RegistryId,
    },
    /// Something was sent and no answer came: it may have arrived.
    #[error("registry {registry} gave no answer; what was sent may have arrived")]
    NoAnswer {
        /// Which registry.
        registry: RegistryId,
    },
    /// The registry asks to come back later; nothing was taken in.
    #[error("registry {registry} asks to wait until {until}")]
    Throttled {
        /// Which registry.
        registry: RegistryId,
        /// Not before then.
        until: Timestamp,
    },
    /// The registry failed before it took anything in.
    #[error("registry {registry} failed: {detail}")]
    Failed {
        /// Which registry.
        registry: RegistryId,
        /// In its own words.
        detail: String,
    },
    /// The registry will never take this filing.
    #[error("registry {registry} refuses the filing: {detail}")]
    Refused {
        /// Which registry.
        registry: RegistryId,
        /// In its own words.
        detail: String,
    },
    /// It answered, and what it said cannot be understood.
    #[error("registry {registry} said what cannot be understood: {detail}")]
    Unreadable {
        /// Which registry.
        registry: RegistryId,
        /// What is wrong with it; never the answer itself, which may name an IMEI.
        detail: String,
    },
    /// It does not let this station ask.
    #[error(
        "registry {registry} does not let this station ask: {detail}; look at its entry in registries.toml"
    )]
    Denied {
        /// Which registry.
        registry: RegistryId,
        /// In its own words.
        detail: String,
    },
}

impl RegistryError {
    /// Whether what was sent may be there: reconcile before any resend.
    pub const fn may_have_arrived(&self) -> bool {
        matches!(self, Self::NoAnswer { .. } | Self::Unreadable { .. })
    }

    /// Whether the same request may succeed later.
    pub const fn is_retryable(&self) -> bool {
        !matches!(self, Self::Refused { .. } | Self::Denied { .. })
    }

    /// What a verdict says when the registry gave no answer.
    pub const fn undetermined(&self) -> Undetermined {
        match self {
            Self::Unreachable { .. } | Self::NoAnswer { .. } => Undetermined::Unreachable,
            Self::Throttled { .. } => Undetermined::Throttled,
            Self::Failed { .. } | Self::Refused { .. } => Undetermined::RegistryFailed,
            Self::Unreadable { .. } => Undetermined::Unreadable,
            Self::Denied { .. } => Undetermined::Denied,
        }
    }
}

/// A registry's answer in the making.
pub type Asking<'a, T> = Pin<Box<dyn Future<Output = Result<T, RegistryError>> + Send + 'a>>;

/// How much weight a source's word has when several are asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// It knows where an IMEI stands: whatever it says counts, and that it says nothing too.
    #[default]
    Decides,
    /// It knows bad news only, such as a list of stolen phones: `Blocked` and `Grace` count, and
    /// anything else says nothing about the IMEI's standing.
    Warns,
}

/// What asking a source is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// How much weight its word has.
    pub role: Role,
    /// How long an answer may be gone by. Zero: it is asked each time.
    pub fresh_for: SignedDuration,
    /// A question costs money: what was paid for is never paid again while it is fresh.
    pub paid: bool,
    /// Most IMEIs that it is given in one go.
    pub batch_max: usize,
}

impl Default for Terms {
    fn default() -> Self {
        Self { role: Role::Decides, fresh_for: SignedDuration::ZERO, paid: false, batch_max: 1000 }
    }
}

/// Someone who knows IMEIs.
pub trait Source: Send + Sync {
    /// Its short name.
    fn id(&self) -> RegistryId;

    /// What asking it is like.
    fn terms(&self) -> Terms {
        Terms::default()
    }

    /// What it says of each IMEI, in the order asked.
    ///
    /// A failure that concerns single IMEIs is an `Undetermined` answer in their place; an
    /// error means that none could be had.
    fn look_up<'a>(&'a self, imeis: &'a [Imei]) -> Asking<'a, Vec<Answer>>;
}

/// Someone who knows IMEIs and takes filings.
pub trait Registry: Source {
    /// Files a signed batch and gives the number it is kept under.
    fn file<'a>(&'a self, batch: &'a SignedBatch) -> Asking<'a, ApplicationNo>;

    /// The application that was filed for this batch; `None` only when there is certainly none.
    fn find(&self, batch: BatchId) -> Asking<'_, Option<ApplicationNo>>;

    /// How far an application has come.
    fn progress<'a>(&'a self, application: &'a ApplicationNo) -> Asking<'a, Progress>;
}
