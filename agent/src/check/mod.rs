//! What is known of an IMEI: our own rules first, then the registry.

mod bulk;
mod combined;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tekser_imei::{Imei, Suspicion, Tac};
use utoipa::ToSchema;

pub use crate::ruling::{Answer, BlockReason, Undetermined, Verdict};
pub use bulk::{Block, BlockRow, sweep};
pub use combined::combined;

use crate::clock::Clock;
use crate::registry::{Role, Source};
use crate::store::{Store, StoreError};
use crate::tacs::TacHint;

/// Most IMEIs asked about in one go.
pub const CHECK_MAX: usize = 1000;

/// An answer with what our own rules say of the number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Checked {
    /// What was said; of several sources the most severe that is certain.
    #[serde(flatten)]
    pub answer: Answer,
    /// What each source said, if several were asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub said: Vec<Answer>,
    /// What phone it probably is of, by its TAC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<Box<TacHint>>,
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
    sources: Arc<[Arc<dyn Source>]>,
    clock: Arc<dyn Clock>,
}

impl Checks {
    /// Checks against these sources.
    pub fn new(store: Store, sources: Vec<Arc<dyn Source>>, clock: Arc<dyn Clock>) -> Self {
        Self { store, sources: sources.into(), clock }
    }

    /// Asks every source about each IMEI; the answers stand in the order asked. A source that
    /// can't be had yields `Undetermined` answers: a check always comes back.
    ///
    /// # Errors
    ///
    /// If the answers can't be kept.
    pub async fn check(&self, imeis: &[Imei]) -> Result<Vec<Checked>, StoreError> {
        let mut checked = Vec::with_capacity(imeis.len());
        for chunk in imeis.chunks(CHECK_MAX) {
            let asked = self.sources.iter().map(|source| self.ask(source.as_ref(), chunk));
            let columns = futures_util::future::join_all(asked).await;
            for answers in &columns {
                self.store.save_answers(answers).await?;
            }
            let tacs: Vec<Tac> = chunk.iter().map(|imei| imei.tac()).collect();
            let known = self.store.tac_entries(&tacs, &[]).await?;
            let mut columns: Vec<_> = columns.into_iter().map(Vec::into_iter).collect();
            for tac in tacs {
                let said = columns.iter_mut().zip(self.sources.iter());
                let said: Vec<(Answer, Role)> = said
                    .filter_map(|(column, source)| Some((column.next()?, source.terms().role)))
                    .collect();
                let hint = known.get(&tac).and_then(|entries| TacHint::of(entries)).map(Box::new);
                checked.extend(Checked::of(said, hint));
            }
        }
        Ok(checked)
    }

    async fn ask(&self, source: &dyn Source, imeis: &[Imei]) -> Vec<Answer> {
        let most = source.terms().batch_max.clamp(1, CHECK_MAX);
        let mut answers = Vec::with_capacity(imeis.len());
        for chunk in imeis.chunks(most) {
            answers.extend(match source.look_up(chunk).await {
                Ok(answers) if are_about(&answers, chunk) => answers,
                Ok(_) => {
                    tracing::error!(source = %source.id(), "answered about other IMEIs than asked");
                    self.undetermined(source, chunk, Undetermined::RegistryFailed)
                }
                Err(error) => {
                    tracing::warn!(%error, "no verdicts");
                    self.undetermined(source, chunk, error.undetermined())
                }
            });
        }
        answers
    }

    fn undetermined(&self, source: &dyn Source, imeis: &[Imei], why: Undetermined) -> Vec<Answer> {
        let verdict = Verdict::Undetermined { why };
        let (source, as_of) = (source.id(), self.clock.now());
        imeis.iter().map(|&imei| Answer::new(imei, verdict, source.clone(), as_of)).collect()
    }
}

impl Checked {
    /// What came of asking; `None` if nobody was asked.
    fn of(said: Vec<(Answer, Role)>, hint: Option<Box<TacHint>>) -> Option<Self> {
        let answer = combined(&said)?;
        let suspicions = answer.imei.suspicions().into_iter().collect();
        let said = match said.len() {
            1 => Vec::new(),
            _ => said.into_iter().map(|(answer, _)| answer).collect(),
        };
        Some(Self { answer, said, hint, suspicions })
    }
}

/// Whether there is one answer about each of these, in their order.
fn are_about(answers: &[Answer], imeis: &[Imei]) -> bool {
    answers.iter().map(|answer| answer.imei).eq(imeis.iter().copied())
}
