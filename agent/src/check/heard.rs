//! When each source was last heard of, and what was the trouble.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::ruling::{Answer, RegistryId, Undetermined, Verdict};

/// What a source was heard of, since the program started. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Heard(Arc<Mutex<BTreeMap<RegistryId, LastHeard>>>);

/// When a source last answered, and when it last did not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct LastHeard {
    /// When it last said something certain.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub answered: Option<Timestamp>,
    /// The last time that it did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trouble: Option<LastTrouble>,
}

/// A time that a source gave no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct LastTrouble {
    /// Why.
    pub why: Undetermined,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

impl Heard {
    pub(super) fn of(&self, source: &RegistryId) -> LastHeard {
        self.all().get(source).copied().unwrap_or_default()
    }

    pub(super) fn trouble(&self, source: &RegistryId, why: Undetermined, at: Timestamp) {
        self.all().entry(source.clone()).or_default().trouble = Some(LastTrouble { why, at });
    }

    pub(super) fn answers(&self, source: &RegistryId, answers: &[Answer], at: Timestamp) {
        for answer in answers {
            match answer.verdict {
                Verdict::Undetermined { why } => self.trouble(source, why, at),
                _ => self.all().entry(source.clone()).or_default().answered = Some(at),
            }
        }
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<RegistryId, LastHeard>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
