//! A batch on its way to one registry.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::id::{BatchId, SubmissionId};
use crate::registry::RegistryError;
use crate::ruling::{ApplicationNo, Decision, RegistryId};

/// A batch on its way to one registry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Submission {
    /// Its name.
    pub id: SubmissionId,
    /// What is sent.
    pub batch: BatchId,
    /// Where to.
    pub registry: RegistryId,
    /// How far it has come.
    #[serde(flatten)]
    pub state: SubmissionState,
    /// Failed attempts since it last got on.
    pub attempts: u32,
    /// When the outbox looks at it again.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub next_at: Option<Timestamp>,
    /// What kept it from getting on the last time.
    pub trouble: Option<Trouble>,
    /// The way so far, oldest first.
    pub steps: Vec<Step>,
}

/// How far a submission has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum SubmissionState {
    /// Taken in.
    Ready,
    /// Its signature was checked: it may go out.
    Signed,
    /// Going out now.
    Sending,
    /// Sent, and no answer: must be asked for before any resend.
    Uncertain,
    /// The registry has it.
    Accepted {
        /// Number under which the registry keeps it.
        application: ApplicationNo,
    },
    /// A person at the registry looks at it.
    InReview {
        /// Number under which the registry keeps it.
        application: ApplicationNo,
    },
    /// The registry wants more before it decides.
    InfoRequested {
        /// Number under which the registry keeps it.
        application: ApplicationNo,
        /// What it wants, in its own words.
        message: String,
    },
    /// Every case was approved.
    Approved {
        /// Number under which the registry keeps it.
        application: ApplicationNo,
        /// The answer to each case.
        decisions: Vec<Decision>,
    },
    /// At least one case was refused, or the registry would not take the batch at all.
    Rejected {
        /// Number under which the registry keeps it, if it took it.
        application: Option<ApplicationNo>,
        /// The answer to each case; a case that is missing here was not looked at.
        decisions: Vec<Decision>,
    },
}

impl SubmissionState {
    /// The name in JSON.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Signed => "signed",
            Self::Sending => "sending",
            Self::Uncertain => "uncertain",
            Self::Accepted { .. } => "accepted",
            Self::InReview { .. } => "in_review",
            Self::InfoRequested { .. } => "info_requested",
            Self::Approved { .. } => "approved",
            Self::Rejected { .. } => "rejected",
        }
    }

    /// Whether nothing more will happen to it.
    pub const fn is_final(&self) -> bool {
        matches!(self, Self::Approved { .. } | Self::Rejected { .. })
    }

    /// Whether the registry's lists may change with it: what was said before is then old.
    pub const fn may_change_lists(&self) -> bool {
        matches!(self, Self::Sending | Self::Accepted { .. }) || self.is_final()
    }

    /// Whether one state may follow another. The store refuses any other step, so that a late
    /// answer can't undo a decision.
    pub const fn may_become(&self, next: &Self) -> bool {
        use SubmissionState as S;
        match self {
            S::Ready => matches!(next, S::Signed | S::Rejected { .. }),
            S::Signed => matches!(next, S::Sending | S::Rejected { .. }),
            S::Sending => {
                matches!(next, S::Signed | S::Uncertain | S::Accepted { .. } | S::Rejected { .. })
            }
            S::Uncertain => matches!(next, S::Uncertain | S::Signed | S::Accepted { .. }),
            S::Accepted { .. } | S::InReview { .. } | S::InfoRequested { .. } => matches!(
                next,
                S::Accepted { .. }
                    | S::InReview { .. }
                    | S::InfoRequested { .. }
                    | S::Approved { .. }
                    | S::Rejected { .. }
            ),
            S::Approved { .. } | S::Rejected { .. } => false,
        }
    }
}

/// What keeps a submission from getting on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Trouble {
    /// Stable code.
    pub code: TroubleCode,
    /// What happened, in English or in the registry's own words.
    pub detail: String,
}

/// Kinds of trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TroubleCode {
    /// The registry can't be reached; nothing was sent.
    Unreachable,
    /// It was sent and no answer came.
    NoAnswer,
    /// The registry asks to come back later.
    Throttled,
    /// The registry failed.
    RegistryFailed,
    /// The registry will never take it.
    Refused,
    /// The batch on disk does not match its signature; it is not sent.
    SignatureWrong,
    /// No such registry is set up on this station.
    NoSuchRegistry,
}

impl Trouble {
    pub(super) fn new(code: TroubleCode, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into() }
    }
}

impl From<&RegistryError> for Trouble {
    fn from(error: &RegistryError) -> Self {
        let code = match error {
            RegistryError::Unreachable { .. } => TroubleCode::Unreachable,
            RegistryError::NoAnswer { .. } => TroubleCode::NoAnswer,
            RegistryError::Throttled { .. } => TroubleCode::Throttled,
            RegistryError::Failed { .. } | RegistryError::Unreadable { .. } => {
                TroubleCode::RegistryFailed
            }
            RegistryError::Refused { .. } | RegistryError::Denied { .. } => TroubleCode::Refused,
        };
        Self::new(code, error.to_string())
    }
}

/// One step of the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Step {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// The state it came into, by its name in JSON.
    pub state: String,
}

impl Submission {
    /// A batch that is to go to a registry, looked at right away.
    pub fn new(batch: BatchId, registry: RegistryId, now: Timestamp) -> Self {
        Self {
            id: SubmissionId::new(),
            batch,
            registry,
            state: SubmissionState::Ready,
            attempts: 0,
            next_at: Some(now),
            trouble: None,
            steps: vec![Step { at: now, state: SubmissionState::Ready.kind().to_owned() }],
        }
    }

    /// Steps kept; a submission that waits for weeks repeats states, and those are not recorded.
    const STEPS_MAX: usize = 64;

    /// Comes into `state`, to be looked at again at `next_at`. Returns false, and changes
    /// nothing, if that step is not possible.
    pub fn advance(
        &mut self,
        state: SubmissionState,
        now: Timestamp,
        next_at: Option<Timestamp>,
    ) -> bool {
        if !self.state.may_become(&state) {
            return false;
        }
        if self.state.kind() != state.kind() && self.steps.len() < Self::STEPS_MAX {
            self.steps.push(Step { at: now, state: state.kind().to_owned() });
        }
        self.state = state;
        self.next_at = next_at;
        true
    }

    /// The registry's number, once there is one.
    pub const fn application(&self) -> Option<&ApplicationNo> {
        use SubmissionState as S;
        match &self.state {
            S::Ready | S::Signed | S::Sending | S::Uncertain => None,
            S::Accepted { application }
            | S::InReview { application }
            | S::InfoRequested { application, .. }
            | S::Approved { application, .. } => Some(application),
            S::Rejected { application, .. } => application.as_ref(),
        }
    }
}
