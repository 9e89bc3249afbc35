//! What is known of an IMEI: our own rules first, then the registry.

mod bulk;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tekser_imei::{Imei, Suspicion};
use utoipa::ToSchema;

pub use crate::ruling::{Answer, BlockReason, Undetermined, Verdict};
pub use bulk::{Block, BlockRow, sweep};

use crate::clock::Clock;
use crate::registry::Registry;
use crate::store::{Store, StoreError};

/// Most IMEIs asked about in one go.
pub const CHECK_MAX: usize = 1000;

/// An answer with what our own rules say of the number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Checked {
    /// What the registry said.
    #[serde(flatten)]
    pub answer: Answer,
    /// What looks wrong about the number itself, although its check digit is right.
    #[schema(value_type = Vec<String>)]
    pub suspicions: Vec<Suspicion>,
}

impl Checked {
    /// Whether a person must look at it: anything but a clear answer about an ordinary number.
    pub fn needs_a_look(&self) -> bool {
        !self.answer.verdict.is_clear()
            || self.suspicions.iter().any(|suspicion| suspicion.is_disqualifying())
    }
}

/// Asks about IMEIs and remembers the answers.
#[derive(Clone)]
pub struct Checks {
    store: Store,
    registry: Arc<dyn Registry>,
    clock: Arc<dyn Clock>,
}

impl Checks {
    /// Checks against this registry.
    pub fn new(store: Store, registry: Arc<dyn Registry>, clock: Arc<dyn Clock>) -> Self {
        Self { store, registry, clock }
    }

    /// Asks the registry about each IMEI; the answers stand in the order asked. A registry that
    /// can't be had yields `Undetermined` answers: a check always comes back.
    ///
    /// # Errors
    ///
    /// If the answers can't be kept.
    pub async fn check(&self, imeis: &[Imei]) -> Result<Vec<Checked>, StoreError> {
        let mut checked = Vec::with_capacity(imeis.len());
        for chunk in imeis.chunks(CHECK_MAX) {
            let answers = match self.registry.look_up(chunk).await {
                Ok(answers) if are_about(&answers, chunk) => answers,
                Ok(_) => {
                    tracing::error!("the registry answered about other IMEIs than it was asked");
                    self.undetermined(chunk, Undetermined::RegistryFailed)
                }
                Err(error) => {
                    tracing::warn!(%error, "no verdicts");
                    self.undetermined(chunk, error.undetermined())
                }
            };
            self.store.save_answers(&answers).await?;
            checked.extend(answers.into_iter().map(|answer| Checked {
                suspicions: answer.imei.suspicions().into_iter().collect(),
                answer,
            }));
        }
        Ok(checked)
    }

    fn undetermined(&self, imeis: &[Imei], why: Undetermined) -> Vec<Answer> {
        let verdict = Verdict::Undetermined { why };
        let (source, as_of) = (self.registry.id(), self.clock.now());
        imeis.iter().map(|&imei| Answer { imei, verdict, source: source.clone(), as_of }).collect()
    }
}

/// Whether there is one answer about each of these, in their order.
fn are_about(answers: &[Answer], imeis: &[Imei]) -> bool {
    answers.iter().map(|answer| answer.imei).eq(imeis.iter().copied())
}
