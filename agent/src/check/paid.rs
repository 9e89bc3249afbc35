//! Sources that take money for an answer: none is paid for twice.
//!
//! A question is in the ledger before it is on the wire ([`crate::store`]). What is found there about
//! an identity decides:
//!
//! | last question | what is done |
//! |---|---|
//! | none, or its answer is no longer fresh | asked and paid |
//! | answered and fresh | its answer stands |
//! | answered, then a filing was made | `Undetermined::Stale`, until a person pays again |
//! | no answer yet, whoever asks may still be answered | waited for |
//! | no answer, and none will come | `Undetermined::PaidAlready`, until a person pays again |
//!
//! Asking goes on when whoever wanted to know went away: what was paid for is not thrown away.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};
use jiff::{SignedDuration, Timestamp};
use tekser_imei::{Imei, Imei14};
use tokio::time::{Instant, sleep, timeout};
use tracing::{error, warn};

use super::are_about;
use super::freshness::{Freshness, fresh_until, is_before};
use super::heard::Heard;
use crate::clock::Clock;
use crate::registry::{Source, Terms};
use crate::rules::day;
use crate::ruling::{Answer, Undetermined, Verdict};
use crate::store::{Paid, PaidNumber, PaidQuestion, Store, StoreError};

/// Most paid questions that are in the ledger without an answer at one time, per caller: what a
/// power cut leaves open.
const OPEN_MAX: usize = 16;

/// Lots of questions that are asked at once.
const IN_FLIGHT: usize = 4;

/// How much longer than its deadline a source is waited for.
const MARGIN: SignedDuration = SignedDuration::from_secs(1);

/// Between two looks at whether somebody else's question was answered.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Asks one source that takes money.
#[derive(Clone)]
pub(super) struct Payer {
    pub store: Store,
    pub source: Arc<dyn Source>,
    pub clock: Arc<dyn Clock>,
    pub heard: Heard,
    pub freshness: Freshness,
    /// When a filing with each IMEI was made.
    pub filed: Arc<BTreeMap<Imei14, Timestamp>>,
}

/// Some questions: those that were entered, those that need not be asked, and those that somebody
/// else is asking.
#[derive(Default)]
struct Lot {
    entered: Vec<(Imei, PaidNumber)>,
    said: Vec<Answer>,
    others: Vec<Imei>,
}

/// What the ledger says of one identity.
enum Standing {
    Ask,
    Known(Answer),
    Wait,
}

impl Payer {
    /// What the source says of each IMEI, in the order asked; each stands once.
    pub(super) async fn ask(&self, imeis: &[Imei]) -> Result<Vec<Answer>, StoreError> {
        let mut said: BTreeMap<Imei14, Answer> = BTreeMap::new();
        let (mut wanted, mut awaited) = (Vec::new(), Vec::new());
        let ledger = self.ledger(imeis).await?;
        for &imei in imeis {
            match self.standing(imei, ledger.get(&imei.imei14())) {
                Standing::Ask => wanted.push(imei),
                Standing::Wait => awaited.push(imei),
                Standing::Known(answer) => said.extend([(imei.imei14(), answer)]),
            }
        }
        let most = self.terms().batch_max.clamp(1, OPEN_MAX);
        let lots: Vec<Vec<Imei>> = wanted.chunks(most).map(<[Imei]>::to_vec).collect();
        let mut lots = stream::iter(lots).map(|lot| self.pay_in_peace(lot)).buffered(IN_FLIGHT);
        while let Some(lot) = lots.next().await {
            let lot = lot?;
            said.extend(lot.said.into_iter().map(|answer| (answer.imei.imei14(), answer)));
            awaited.extend(lot.others);
        }
        for answer in self.wait_for(&awaited).await? {
            said.insert(answer.imei.imei14(), answer);
        }
        let already = |imei| self.undetermined(imei, Undetermined::PaidAlready);
        let of = |&imei: &Imei| said.remove(&imei.imei14()).unwrap_or_else(|| already(imei));
        Ok(imeis.iter().map(of).collect())
    }

    fn terms(&self) -> Terms {
        self.source.terms()
    }

    async fn ledger(&self, imeis: &[Imei]) -> Result<BTreeMap<Imei14, PaidQuestion>, StoreError> {
        self.store.paid_questions(&self.source.id(), &numbers(imeis)).await
    }

    fn standing(&self, imei: Imei, last: Option<&PaidQuestion>) -> Standing {
        let again = self.freshness == Freshness::PayAgain;
        let now = self.clock.now();
        let open = |why| Standing::Known(self.undetermined(imei, why));
        match last {
            None => Standing::Ask,
            Some(PaidQuestion { answer: None, live_until }) if self.is_live(*live_until, now) => {
                Standing::Wait
            }
            Some(PaidQuestion { answer: None, .. }) if again => Standing::Ask,
            Some(PaidQuestion { answer: None, .. }) => open(Undetermined::PaidAlready),
            Some(PaidQuestion { answer: Some(answer), .. }) => {
                if !self.is_worth(answer, now) {
                    return Standing::Ask;
                }
                let filed = self.filed.get(&imei.imei14()).copied();
                // A clock that was wrong once must not keep an answer alive for years.
                let old = is_before(answer, filed) || answer.asked() > now;
                match (old, again) {
                    (true, true) => Standing::Ask,
                    (true, false) => open(Undetermined::Stale),
                    (false, _) => Standing::Known(Answer { from_cache: true, ..answer.clone() }),
                }
            }
        }
    }

    /// Whether the asker may still be answered; none waits longer than for a full lot.
    fn is_live(&self, until: Timestamp, now: Timestamp) -> bool {
        let longest = self.patience(OPEN_MAX).saturating_add(MARGIN);
        now < until && until.duration_since(now) <= longest
    }

    /// Whether what was paid for still counts. That a source could not say for certain was paid
    /// for as well.
    fn is_worth(&self, answer: &Answer, now: Timestamp) -> bool {
        let terms = self.terms();
        let until = answer.asked().saturating_add(terms.fresh_for).unwrap_or(Timestamp::MAX);
        let until = fresh_until(answer, terms).map_or(until, |own| own.min(until));
        now < until
    }

    /// Pays in a task of its own, which nobody who stops listening can stop.
    async fn pay_in_peace(&self, imeis: Vec<Imei>) -> Result<Lot, StoreError> {
        let payer = self.clone();
        let others = imeis.clone();
        match tokio::spawn(async move { payer.pay(&imeis).await }).await {
            Ok(outcome) => outcome,
            Err(broken) => {
                error!(source = %self.source.id(), %broken, "a paid question was not finished");
                // What the ledger says of them now is what counts.
                Ok(Lot { others, ..Lot::default() })
            }
        }
    }

    /// Enters the questions, asks them, enters the answers. Those that somebody else entered in
    /// between are to be waited for.
    async fn pay(&self, imeis: &[Imei]) -> Result<Lot, StoreError> {
        let mut lot = self.enter(imeis).await?;
        if lot.entered.is_empty() {
            return Ok(lot);
        }
        let asked_at = self.clock.now();
        let (asked, numbers): (Vec<_>, Vec<_>) = lot.entered.drain(..).unzip();
        let mut settled = Vec::with_capacity(asked.len());
        for (number, (answer, paid)) in
            numbers.into_iter().zip(self.look_up(&asked, asked_at).await)
        {
            settled.push((number, paid));
            lot.said.push(answer);
        }
        self.store.settle_paid(&settled, self.clock.now()).await?;
        Ok(lot)
    }

    async fn enter(&self, imeis: &[Imei]) -> Result<Lot, StoreError> {
        let id = self.source.id();
        let mut lot = Lot::default();
        let mut change = self.store.begin().await?;
        // Looked at again under the write lock: another process may have been quicker.
        let ledger = change.paid_questions(&id, &numbers(imeis)).await?;
        let now = self.clock.now();
        let patience = self.patience(imeis.len()).saturating_add(MARGIN);
        let live_until = now.saturating_add(patience).unwrap_or(now);
        for &imei in imeis {
            match self.standing(imei, ledger.get(&imei.imei14())) {
                Standing::Known(answer) => lot.said.push(answer),
                Standing::Wait => lot.others.push(imei),
                Standing::Ask => {
                    let number = imei.imei14();
                    let number = change.enter_paid(&id, number, now, day(now), live_until).await?;
                    lot.entered.push((imei, number));
                }
            }
        }
        change.commit().await?;
        Ok(lot)
    }

    /// What the source says, and what that means for the ledger.
    async fn look_up(&self, imeis: &[Imei], asked_at: Timestamp) -> Vec<(Answer, Paid)> {
        let patience = Duration::try_from(self.patience(imeis.len())).unwrap_or_default();
        let all = |why, paid: Paid| {
            imeis.iter().map(|&imei| (self.undetermined(imei, why), paid.clone())).collect()
        };
        let answers = match timeout(patience, self.source.look_up(imeis)).await {
            Ok(Ok(answers)) if are_about(&answers, imeis) => answers,
            Ok(Ok(_)) => {
                error!(source = %self.source.id(), "answered about other IMEIs than asked");
                self.heard.trouble(&self.source.id(), Undetermined::Unreadable, self.clock.now());
                return all(Undetermined::Unreadable, Paid::Lost);
            }
            Ok(Err(error)) => {
                warn!(%error, "no verdicts");
                self.heard.trouble(&self.source.id(), error.undetermined(), self.clock.now());
                let paid = if error.costs_nothing() { Paid::NotTaken } else { Paid::Lost };
                return all(error.undetermined(), paid);
            }
            Err(_) => {
                warn!(source = %self.source.id(), "no verdicts in time");
                self.heard.trouble(&self.source.id(), Undetermined::Unreachable, self.clock.now());
                return all(Undetermined::Unreachable, Paid::Lost);
            }
        };
        self.heard.answers(&self.source.id(), &answers, self.clock.now());
        answers.into_iter().map(|answer| settled(answer, asked_at, self.terms())).collect()
    }

    /// The source's deadline is for one question; it may take them one after the other.
    fn patience(&self, questions: usize) -> SignedDuration {
        let questions = i32::try_from(questions).unwrap_or(i32::MAX);
        self.terms().deadline.saturating_mul(questions).saturating_add(MARGIN)
    }

    /// Waits for answers to questions of somebody else; gives those that came.
    async fn wait_for(&self, imeis: &[Imei]) -> Result<Vec<Answer>, StoreError> {
        let patience = Duration::try_from(self.patience(1)).unwrap_or_default();
        let (end, mut left, mut said) = (Instant::now() + patience, imeis.to_vec(), Vec::new());
        while !left.is_empty() {
            let ledger = self.ledger(&left).await?;
            left.retain(|&imei| match self.standing(imei, ledger.get(&imei.imei14())) {
                Standing::Wait => true,
                Standing::Known(answer) => {
                    said.push(answer);
                    false
                }
                // It was not taken after all, or lost. Whoever wants to know asks again.
                Standing::Ask => {
                    let lost = ledger.contains_key(&imei.imei14());
                    let why =
                        if lost { Undetermined::PaidAlready } else { Undetermined::Unreachable };
                    said.push(self.undetermined(imei, why));
                    false
                }
            });
            if left.is_empty() || Instant::now() >= end {
                break;
            }
            sleep(LOOK_EVERY).await;
        }
        Ok(said)
    }

    fn undetermined(&self, imei: Imei, why: Undetermined) -> Answer {
        let verdict = Verdict::Undetermined { why };
        Answer::new(imei, verdict, self.source.id(), self.clock.now())
    }
}

/// An answer as it is believed, and what it means for the ledger.
fn settled(answer: Answer, asked_at: Timestamp, terms: Terms) -> (Answer, Paid) {
    let mut answer = answer.to_question_of(asked_at);
    answer.fresh_until = fresh_until(&answer, terms);
    let paid = match answer.verdict {
        Verdict::Undetermined { why: Undetermined::Throttled | Undetermined::Denied } => {
            Paid::NotTaken
        }
        // The source's own word: it is not certain.
        Verdict::Undetermined { why: Undetermined::Pending | Undetermined::Tracked } => {
            Paid::Answered(answer.clone())
        }
        Verdict::Undetermined { .. } => Paid::Lost,
        Verdict::Clear | Verdict::Grace { .. } | Verdict::Blocked { .. } | Verdict::Unknown => {
            Paid::Answered(answer.clone())
        }
    };
    (answer, paid)
}

fn numbers(imeis: &[Imei]) -> Vec<Imei14> {
    imeis.iter().map(|imei| imei.imei14()).collect()
}
