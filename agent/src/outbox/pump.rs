//! The pump: takes the submissions that are due and moves each one step.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use tracing::{error, info, warn};

use super::submission::{Trouble, TroubleCode};
use super::{Retry, Submission, SubmissionState};
use crate::batch::SignedBatch;
use crate::clock::Clock;
use crate::id::{BatchId, SubmissionId};
use crate::registry::{ApplicationNo, Progress, Registry, RegistryError, RegistryId};
use crate::store::{Store, StoreError};

/// Why the pump stopped.
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    /// The store failed.
    #[error("the outbox cannot use its store")]
    Store(#[from] StoreError),
}

/// Moves submissions along. One per data directory.
pub struct Outbox {
    store: Store,
    registries: BTreeMap<RegistryId, Arc<dyn Registry>>,
    clock: Arc<dyn Clock>,
    /// How long to wait between two looks at an application in review.
    poll: SignedDuration,
    /// Batches that were decided since somebody asked.
    decided: Mutex<Vec<BatchId>>,
}

impl Outbox {
    /// Takes over the outbox of a store. Whatever another process left in `Sending` may have
    /// arrived, so it becomes `Uncertain`; whatever was laid aside is looked at again.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub async fn take_over(
        store: Store,
        registries: BTreeMap<RegistryId, Arc<dyn Registry>>,
        clock: Arc<dyn Clock>,
        poll: SignedDuration,
    ) -> Result<Self, OutboxError> {
        let outbox = Self { store, registries, clock, poll, decided: Mutex::default() };
        outbox.store.take_up_submissions(outbox.clock.now()).await?;
        Ok(outbox)
    }

    /// Moves every submission that is due by one step. Returns when the next one is due; `None`
    /// if nothing waits.
    ///
    /// # Errors
    ///
    /// If the store fails; a registry's failure is written on the submission instead.
    pub async fn pump(&self) -> Result<Option<Timestamp>, OutboxError> {
        for id in self.store.submissions_due(self.clock.now()).await? {
            match self.step(id).await {
                // One row that can't be understood must not hold up the others.
                Err(OutboxError::Store(error)) if error.is_about_one_row() => {
                    error!(submission = %id, %error, "laid aside until the next start");
                    self.store.lay_aside_submission(id).await?;
                }
                other => other?,
            }
        }
        Ok(self.store.next_submission_at().await?)
    }

    async fn step(&self, id: SubmissionId) -> Result<(), OutboxError> {
        let Some(mut submission) = self.store.submission(id).await? else {
            return Ok(());
        };
        let Some(registry) = self.registries.get(&submission.registry).cloned() else {
            submission.trouble = Some(Trouble::new(
                TroubleCode::NoSuchRegistry,
                format!("no registry {} is set up here", submission.registry),
            ));
            submission.next_at = None;
            self.store.save_submission(&submission, self.clock.now()).await?;
            return Ok(());
        };
        match submission.state.clone() {
            SubmissionState::Ready => self.check_signature(&mut submission).await,
            SubmissionState::Signed => self.send(&mut submission, &*registry).await,
            // Left behind by a process that died, or by a store that failed after the filing.
            SubmissionState::Sending => {
                let now = self.clock.now();
                info!(submission = %submission.id, "found half sent: asking before any resend");
                self.advance(&mut submission, SubmissionState::Uncertain, Some(now)).await
            }
            SubmissionState::Uncertain => self.reconcile(&mut submission, &*registry).await,
            SubmissionState::Accepted { application }
            | SubmissionState::InReview { application }
            | SubmissionState::InfoRequested { application, .. } => {
                self.ask(&mut submission, &*registry, application).await
            }
            SubmissionState::Approved { .. } | SubmissionState::Rejected { .. } => {
                submission.next_at = None;
                Ok(self.store.save_submission(&submission, self.clock.now()).await?)
            }
        }
    }

    async fn check_signature(&self, submission: &mut Submission) -> Result<(), OutboxError> {
        if self.sound_batch(submission).await?.is_none() {
            return self.reject_unsound(submission).await;
        }
        let now = self.clock.now();
        self.advance(submission, SubmissionState::Signed, Some(now)).await
    }

    /// The batch, if it is what was signed.
    async fn sound_batch(&self, of: &Submission) -> Result<Option<SignedBatch>, OutboxError> {
        let batch = self.store.batch(of.batch).await?;
        Ok(batch.filter(|batch| batch.id == of.batch && batch.verify().is_some()))
    }

    async fn reject_unsound(&self, submission: &mut Submission) -> Result<(), OutboxError> {
        submission.trouble = Some(Trouble::new(
            TroubleCode::SignatureWrong,
            "the batch on disk does not match its signature",
        ));
        let state = SubmissionState::Rejected { application: None, decisions: Vec::new() };
        self.advance(submission, state, None).await
    }

    async fn send(
        &self,
        submission: &mut Submission,
        registry: &dyn Registry,
    ) -> Result<(), OutboxError> {
        // Hours may have passed since the signature was checked.
        let Some(batch) = self.sound_batch(submission).await? else {
            return self.reject_unsound(submission).await;
        };
        // On disk before it is on the wire. Due at once: if its answer can't be kept, it is found.
        let now = self.clock.now();
        self.advance(submission, SubmissionState::Sending, Some(now)).await?;
        match registry.file(&batch).await {
            Ok(application) => self.accepted(submission, application).await,
            Err(error) if error.may_have_arrived() => {
                self.stumble(submission, SubmissionState::Uncertain, &error).await
            }
            Err(error) if error.is_retryable() => {
                self.stumble(submission, SubmissionState::Signed, &error).await
            }
            Err(error) => {
                submission.trouble = Some(Trouble::from(&error));
                let state = SubmissionState::Rejected { application: None, decisions: Vec::new() };
                self.advance(submission, state, None).await
            }
        }
    }

    async fn reconcile(
        &self,
        submission: &mut Submission,
        registry: &dyn Registry,
    ) -> Result<(), OutboxError> {
        match registry.find(submission.batch).await {
            Ok(Some(application)) => {
                info!(submission = %submission.id, "it had arrived");
                self.accepted(submission, application).await
            }
            Ok(None) => {
                info!(submission = %submission.id, "it had not arrived: it goes out again");
                let now = self.clock.now();
                self.advance(submission, SubmissionState::Signed, Some(now)).await
            }
            Err(error) => self.stumble(submission, SubmissionState::Uncertain, &error).await,
        }
    }

    async fn ask(
        &self,
        submission: &mut Submission,
        registry: &dyn Registry,
        application: ApplicationNo,
    ) -> Result<(), OutboxError> {
        let progress = match registry.progress(&application).await {
            Ok(progress) => progress,
            Err(error) => {
                let state = submission.state.clone();
                return self.stumble(submission, state, &error).await;
            }
        };
        submission.attempts = 0;
        submission.trouble = None;
        let again = self.clock.now().saturating_add(self.poll).ok();
        match progress {
            Progress::InReview => {
                self.advance(submission, SubmissionState::InReview { application }, again).await
            }
            Progress::InfoRequested { message } => {
                let state = SubmissionState::InfoRequested { application, message };
                self.advance(submission, state, again).await
            }
            Progress::Decided { decisions } => {
                let state = if decisions.iter().all(|decision| decision.is_approved()) {
                    SubmissionState::Approved { application, decisions }
                } else {
                    SubmissionState::Rejected { application: Some(application), decisions }
                };
                self.advance(submission, state, None).await
            }
        }
    }

    async fn accepted(
        &self,
        submission: &mut Submission,
        application: ApplicationNo,
    ) -> Result<(), OutboxError> {
        submission.attempts = 0;
        submission.trouble = None;
        let now = self.clock.now();
        self.advance(submission, SubmissionState::Accepted { application }, Some(now)).await
    }

    /// Goes to `state` after a failure, to be tried again later and later.
    async fn stumble(
        &self,
        submission: &mut Submission,
        state: SubmissionState,
        error: &RegistryError,
    ) -> Result<(), OutboxError> {
        warn!(submission = %submission.id, attempt = submission.attempts, %error, "no progress");
        let mut dice = [128];
        // Without randomness the wait is merely the middle one.
        let _ = getrandom::fill(&mut dice);
        let mut next = Retry::AFTER_FAILURE.next(self.clock.now(), submission.attempts, dice[0]);
        if let RegistryError::Throttled { until, .. } = error {
            next = next.max(*until);
        }
        submission.attempts = submission.attempts.saturating_add(1);
        submission.trouble = Some(Trouble::from(error));
        self.advance(submission, state, Some(next)).await
    }

    async fn advance(
        &self,
        submission: &mut Submission,
        state: SubmissionState,
        next_at: Option<Timestamp>,
    ) -> Result<(), OutboxError> {
        let now = self.clock.now();
        if submission.advance(state, now, next_at) {
            info!(submission = %submission.id, state = submission.state.kind(), "submission");
            self.store.save_submission(submission, now).await?;
            if submission.state.is_final() {
                self.decided().push(submission.batch);
            }
        }
        Ok(())
    }

    /// Batches that were decided since the last call: the registry's lists have changed, so what
    /// it said before of their IMEIs is no longer true.
    pub fn take_decided(&self) -> Vec<BatchId> {
        core::mem::take(&mut *self.decided())
    }

    fn decided(&self) -> MutexGuard<'_, Vec<BatchId>> {
        self.decided.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
