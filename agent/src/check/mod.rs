//! What is known of an IMEI: our own rules first, then whoever is asked.
//!
//! | part | job |
//! |---|---|
//! | this | asks everyone, keeps what they say, tells of it |
//! | `combined` | what several said, as one verdict |
//! | `freshness` | what may be gone by without asking again |
//! | `paid` | sources that take money: none is paid for twice |
//! | `known` | what is kept, without asking anyone |
//! | `bulk` | whole lists |

mod bulk;
mod combined;
mod freshness;
mod heard;
mod known;
mod paid;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tekser_imei::{Imei, Imei14, Suspicion, Tac};
use utoipa::ToSchema;

pub use crate::ruling::{Answer, BlockReason, SeenBy, Undetermined, Verdict};
pub use bulk::{Block, BlockRow, sweep};
pub use combined::combined;
pub use freshness::Freshness;
pub use heard::{LastHeard, LastTrouble};

use crate::clock::Clock;
use crate::registry::{Role, Source};
use crate::store::{Store, StoreError, Tell};
use crate::tacs::TacHint;
use freshness::{fresh_until, is_fresh};
use heard::Heard;
use paid::Payer;

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

/// Asks about IMEIs and remembers the answers. Clones share what they know.
#[derive(Clone)]
pub struct Checks {
    store: Store,
    sources: Arc<[Arc<dyn Source>]>,
    clock: Arc<dyn Clock>,
    heard: Heard,
}

/// What is known before anyone is asked.
struct Before {
    freshness: Freshness,
    kept: BTreeMap<Imei14, Vec<Answer>>,
    filed: Arc<BTreeMap<Imei14, Timestamp>>,
}

impl Checks {
    /// Checks against these sources.
    pub fn new(store: Store, sources: Vec<Arc<dyn Source>>, clock: Arc<dyn Clock>) -> Self {
        Self { store, sources: sources.into(), clock, heard: Heard::default() }
    }

    /// Who is asked.
    pub fn sources(&self) -> &[Arc<dyn Source>] {
        &self.sources
    }

    /// When a source was last heard of.
    pub fn heard(&self, source: &dyn Source) -> LastHeard {
        self.heard.of(&source.id())
    }

    /// What everyone says of each IMEI, in the order given. Each is asked about once, however
    /// often it stands there, and not at all if what is kept will do. A source that can't be had
    /// yields `Undetermined` answers: a check always comes back.
    ///
    /// # Errors
    ///
    /// If the answers can't be kept.
    pub async fn check(
        &self,
        imeis: &[Imei],
        freshness: Freshness,
    ) -> Result<Vec<Checked>, StoreError> {
        self.check_telling(imeis, freshness, Tell::Each).await
    }

    async fn check_telling(
        &self,
        imeis: &[Imei],
        freshness: Freshness,
        tell: Tell,
    ) -> Result<Vec<Checked>, StoreError> {
        let mut seen = BTreeSet::new();
        let once: Vec<Imei> =
            imeis.iter().copied().filter(|imei| seen.insert(imei.imei14())).collect();
        let mut found = BTreeMap::new();
        for chunk in once.chunks(CHECK_MAX) {
            let checked = self.check_once(chunk, freshness, tell).await?;
            found.extend(checked.into_iter().map(|one| (one.answer.imei.imei14(), one)));
        }
        Ok(imeis.iter().filter_map(|imei| found.get(&imei.imei14()).cloned()).collect())
    }

    /// As [`Checks::check`], for at most [`CHECK_MAX`] different IMEIs.
    async fn check_once(
        &self,
        imeis: &[Imei],
        freshness: Freshness,
        tell: Tell,
    ) -> Result<Vec<Checked>, StoreError> {
        let numbers: Vec<Imei14> = imeis.iter().map(|imei| imei.imei14()).collect();
        let keeps = self.sources.iter().any(|source| !source.terms().fresh_for.is_zero());
        let kept = match keeps && freshness == Freshness::Kept {
            true => self.store.kept(&numbers).await?,
            false => BTreeMap::new(),
        };
        let filed = if keeps { self.store.filed_at(&numbers).await? } else { BTreeMap::new() };
        let before = Before { freshness, kept, filed: Arc::new(filed) };
        let asked = self.sources.iter().map(|source| self.ask(source, imeis, &before));
        let columns = futures_util::future::try_join_all(asked).await?;
        let mut rows: Vec<_> = columns.iter().map(|column| column.iter()).collect();
        let checked: Vec<Checked> = imeis
            .iter()
            .filter_map(|_| {
                let said = rows
                    .iter_mut()
                    .zip(self.sources.iter())
                    .filter_map(|(row, source)| Some((row.next()?.clone(), source.terms().role)));
                Checked::of(said.collect())
            })
            .collect();
        let checked = self.hinted(checked).await?;
        let new = columns.iter().flatten().filter(|answer| answer.is_news());
        let news = checked.iter().filter(|one| one.is_news());
        if columns.iter().flatten().any(Answer::is_news) {
            self.store.save_checked(new, news, tell, self.clock.now()).await?;
        }
        Ok(checked)
    }

    /// With what phones they probably are of.
    async fn hinted(&self, mut checked: Vec<Checked>) -> Result<Vec<Checked>, StoreError> {
        let tacs: Vec<Tac> = checked.iter().map(|one| one.answer.imei.tac()).collect();
        let known = self.store.tac_entries(&tacs, &[]).await?;
        for (one, tac) in checked.iter_mut().zip(tacs) {
            one.hint = known.get(&tac).and_then(|entries| TacHint::of(entries)).map(Box::new);
        }
        Ok(checked)
    }

    /// What one source says of each IMEI: kept, paid for, or asked now.
    async fn ask(
        &self,
        source: &Arc<dyn Source>,
        imeis: &[Imei],
        before: &Before,
    ) -> Result<Vec<Answer>, StoreError> {
        if source.terms().paid {
            let payer = Payer {
                store: self.store.clone(),
                source: Arc::clone(source),
                clock: Arc::clone(&self.clock),
                heard: self.heard.clone(),
                freshness: before.freshness,
                filed: Arc::clone(&before.filed),
            };
            return payer.ask(imeis).await;
        }
        let mut said: Vec<Option<Answer>> =
            imeis.iter().map(|imei| self.fresh(source.as_ref(), *imei, before)).collect();
        let open = imeis.iter().zip(&said).filter(|(_, said)| said.is_none());
        let open: Vec<Imei> = open.map(|(imei, _)| *imei).collect();
        let mut now = self.ask_now(source.as_ref(), &open).await.into_iter();
        for place in said.iter_mut().filter(|said| said.is_none()) {
            *place = now.next();
        }
        Ok(said.into_iter().flatten().collect())
    }

    /// What is kept of a source about an IMEI, if it will do.
    fn fresh(&self, source: &dyn Source, imei: Imei, before: &Before) -> Option<Answer> {
        let (id, number) = (source.id(), imei.imei14());
        let kept = before.kept.get(&number)?.iter().find(|answer| answer.source == id)?;
        let filed = before.filed.get(&number).copied();
        // What a person looked up is kept by its source, which knows whether they looked again.
        let will_do =
            kept.seen_by.is_none() && is_fresh(kept, source.terms(), filed, self.clock.now());
        will_do.then(|| Answer { from_cache: true, ..kept.clone() })
    }

    async fn ask_now(&self, source: &dyn Source, imeis: &[Imei]) -> Vec<Answer> {
        let terms = source.terms();
        let mut answers = Vec::with_capacity(imeis.len());
        for chunk in imeis.chunks(terms.batch_max.clamp(1, CHECK_MAX)) {
            let asked_at = self.clock.now();
            let said = match source.look_up(chunk).await {
                Ok(answers) if are_about(&answers, chunk) => answers,
                Ok(_) => {
                    tracing::error!(source = %source.id(), "answered about other IMEIs than asked");
                    self.undetermined(source, chunk, Undetermined::RegistryFailed)
                }
                Err(error) => {
                    tracing::warn!(%error, "no verdicts");
                    self.undetermined(source, chunk, error.undetermined())
                }
            };
            self.heard.answers(&source.id(), &said, self.clock.now());
            answers.extend(said.into_iter().map(|answer| {
                let answer = answer.to_question_of(asked_at);
                Answer { fresh_until: fresh_until(&answer, terms), ..answer }
            }));
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
    /// Whether it may be another than was told before.
    fn is_news(&self) -> bool {
        self.words().iter().any(Answer::is_news)
    }

    /// What each source said, also if only one was asked.
    pub fn words(&self) -> &[Answer] {
        if self.said.is_empty() { core::slice::from_ref(&self.answer) } else { &self.said }
    }

    /// What came of asking; `None` if nobody was asked.
    fn of(said: Vec<(Answer, Role)>) -> Option<Self> {
        let answer = combined(&said)?;
        let suspicions = answer.imei.suspicions().into_iter().collect();
        let said = match said.len() {
            1 => Vec::new(),
            _ => said.into_iter().map(|(answer, _)| answer).collect(),
        };
        Some(Self { answer, said, hint: None, suspicions })
    }
}

/// Whether there is one answer about each of these, in their order.
fn are_about(answers: &[Answer], imeis: &[Imei]) -> bool {
    answers.iter().map(|answer| answer.imei).eq(imeis.iter().copied())
}
