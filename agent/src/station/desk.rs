//! The desk: what people and shop software do with cases.

use std::collections::BTreeMap;

use crate::batch::{BATCH_MAX, SignedBatch};
use crate::bench::Handset;
use crate::cases::{Case, CaseState, Preflight, Replacement, preflight};
use crate::finding::Severity;
use crate::id::{BatchId, CaseId, HandsetId};
use crate::outbox::Submission;
use crate::registry::RegistryId;
use crate::station::Station;
use crate::store::{Change, StoreError};

/// Why the desk refused.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// There is no such case.
    #[error("there is no case {0}")]
    NoSuchCase(CaseId),
    /// There is no such batch.
    #[error("there is no batch {0}")]
    NoSuchBatch(BatchId),
    /// There is no such phone.
    #[error("there is no handset {0}")]
    NoSuchHandset(HandsetId),
    /// There is no such registry.
    #[error("no registry {0} is set up here")]
    NoSuchRegistry(RegistryId),
    /// The work order is empty or too long.
    #[error("a work order has 1 to {} bytes", Replacement::WORK_ORDER_MAX)]
    WorkOrder,
    /// The work order has another case.
    #[error("work order {work_order} has case {case} already")]
    WorkOrderTaken {
        /// The work order.
        work_order: String,
        /// Its case.
        case: CaseId,
    },
    /// The case keeps its work order.
    #[error("a case keeps its work order, {work_order}; open another case for another one")]
    WorkOrderFixed {
        /// The work order.
        work_order: String,
    },
    /// More IMEIs than any phone has.
    #[error("a case has at most {} old and as many new IMEIs", Replacement::IMEIS_MAX)]
    TooManyImeis,
    /// The case was changed while it was being checked.
    #[error("case {0} was changed at the same moment; try again")]
    Changed(CaseId),
    /// The case can't be changed or batched now.
    #[error("case {case} is {state}")]
    NotOpen {
        /// The case.
        case: CaseId,
        /// How far it has come.
        state: &'static str,
    },
    /// The case would be refused.
    #[error("case {case} would be refused")]
    WouldBeRefused {
        /// The case.
        case: CaseId,
        /// Why, with cures.
        findings: Vec<Preflight>,
    },
    /// A new IMEI of the case is on its way already, with another case.
    #[error("a new IMEI of case {case} is being filed with case {other} already")]
    FiledAlready {
        /// The case.
        case: CaseId,
        /// The other one.
        other: CaseId,
    },
    /// A batch without cases, with too many, or with one twice.
    #[error("a batch has 1 to {BATCH_MAX} different cases")]
    BatchSize,
    /// The manifest can't be written.
    #[error("the manifest cannot be written")]
    Manifest(#[source] serde_json::Error),
    /// The store failed.
    #[error("the desk cannot use its store")]
    Store(#[from] StoreError),
}

/// A case that was opened, and whether it was there before.
#[derive(Debug)]
pub struct NewCase {
    /// The case.
    pub case: Case,
    /// False if the very same case had been opened before.
    pub is_new: bool,
}

impl Station {
    /// Opens a case. The same case for the same work order again is the first one.
    ///
    /// # Errors
    ///
    /// [`DeskError::WorkOrderTaken`] if the work order has a different case.
    pub async fn open_case(&self, replacement: Replacement) -> Result<NewCase, DeskError> {
        let replacement = self.take_in(replacement).await?;
        let case = Case {
            id: CaseId::new(),
            opened_at: self.clock.now(),
            state: CaseState::Open,
            replacement,
        };
        match self.store.open_case(&case).await {
            Ok(()) => Ok(NewCase { case, is_new: true }),
            Err(error) if error.is_conflict() => {
                let work_order = case.replacement.work_order.clone();
                match self.store.case_of_work_order(&work_order).await? {
                    Some(first) if first.replacement == case.replacement => {
                        Ok(NewCase { case: first, is_new: false })
                    }
                    Some(first) => Err(DeskError::WorkOrderTaken { work_order, case: first.id }),
                    None => Err(error.into()),
                }
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Changes what a case files, as long as it is in no batch.
    ///
    /// # Errors
    ///
    /// [`DeskError::NotOpen`] once it is batched or approved.
    pub async fn amend_case(
        &self,
        id: CaseId,
        replacement: Replacement,
    ) -> Result<Case, DeskError> {
        let replacement = self.take_in(replacement).await?;
        let mut change = self.store.begin().await?;
        let case = change.case(id).await?.ok_or(DeskError::NoSuchCase(id))?;
        if !case.state.may_be_batched() {
            return Err(DeskError::NotOpen { case: id, state: case.state.kind() });
        }
        if case.replacement.work_order != replacement.work_order {
            // The work order is the case's name outside of the station.
            return Err(DeskError::WorkOrderFixed { work_order: case.replacement.work_order });
        }
        let case = Case { state: CaseState::Open, replacement, ..case };
        change.update_case(&case, self.clock.now()).await?;
        change.commit().await?;
        Ok(case)
    }

    /// Takes in what was typed, if it can be kept. `WO-1` and `WO-1 ` are one work order.
    async fn take_in(&self, typed: Replacement) -> Result<Replacement, DeskError> {
        let work_order = typed.work_order.trim().to_owned();
        if work_order.is_empty() || work_order.len() > Replacement::WORK_ORDER_MAX {
            return Err(DeskError::WorkOrder);
        }
        if typed.old.len().max(typed.new.len()) > Replacement::IMEIS_MAX {
            return Err(DeskError::TooManyImeis);
        }
        if let Some(id) = typed.handset {
            self.store.handset(id).await?.ok_or(DeskError::NoSuchHandset(id))?;
        }
        Ok(Replacement { work_order, ..typed })
    }

    /// What would get a case refused.
    ///
    /// # Errors
    ///
    /// If there is no such case.
    pub async fn preflight(&self, id: CaseId) -> Result<Vec<Preflight>, DeskError> {
        let case = self.store.case(id).await?.ok_or(DeskError::NoSuchCase(id))?;
        self.preflight_of(&case).await
    }

    async fn preflight_of(&self, case: &Case) -> Result<Vec<Preflight>, DeskError> {
        let handset: Option<Handset> = match case.replacement.handset {
            Some(id) => self.store.handset(id).await?,
            None => None,
        };
        let mut answers = Vec::new();
        for imei in case.replacement.imeis() {
            answers.extend(self.store.answer(imei.imei14()).await?);
        }
        Ok(preflight(&case.replacement, handset.as_ref(), &answers))
    }

    /// Asks the registry about every IMEI of a case, so that its preflight is up to date.
    ///
    /// # Errors
    ///
    /// If there is no such case.
    pub async fn check_case(&self, id: CaseId) -> Result<(), DeskError> {
        let case = self.store.case(id).await?.ok_or(DeskError::NoSuchCase(id))?;
        let imeis: Vec<_> = case.replacement.imeis().collect();
        self.checks.check(&imeis).await?;
        Ok(())
    }

    /// Asks the registry again about the IMEIs of batches that it has just decided: its lists
    /// have changed.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub async fn check_decided(&self, batches: &[BatchId]) -> Result<(), DeskError> {
        for &id in batches {
            let batch = self.store.batch(id).await?.ok_or(DeskError::NoSuchBatch(id))?;
            for case in batch.cases {
                self.check_case(case).await?;
            }
        }
        Ok(())
    }

    /// Puts cases in a batch and signs it.
    ///
    /// # Errors
    ///
    /// If a case would be refused, or is in another batch: then none is batched.
    pub async fn make_batch(&self, ids: &[CaseId]) -> Result<SignedBatch, DeskError> {
        let twice = ids.iter().enumerate().any(|(at, id)| ids.iter().take(at).any(|i| i == id));
        if ids.is_empty() || ids.len() > BATCH_MAX || twice {
            return Err(DeskError::BatchSize);
        }
        let mut cases = Vec::with_capacity(ids.len());
        for &id in ids {
            let case = self.store.case(id).await?.ok_or(DeskError::NoSuchCase(id))?;
            if !case.state.may_be_batched() {
                return Err(DeskError::NotOpen { case: id, state: case.state.kind() });
            }
            self.check_case(id).await?;
            let mut findings = self.preflight_of(&case).await?;
            findings.retain(|finding| finding.severity == Severity::Stop);
            if !findings.is_empty() {
                return Err(DeskError::WouldBeRefused { case: id, findings });
            }
            cases.push(case);
        }
        // The cases are read again under the write lock: what is signed is what is kept.
        let mut change = self.store.begin().await?;
        for case in &cases {
            let now = change.case(case.id).await?.ok_or(DeskError::NoSuchCase(case.id))?;
            if !now.state.may_be_batched() {
                return Err(DeskError::NotOpen { case: case.id, state: now.state.kind() });
            }
            if now.replacement != case.replacement {
                return Err(DeskError::Changed(case.id));
            }
        }
        refuse_filed(&mut change, &cases).await?;
        let batch =
            SignedBatch::sign(&self.key, self.clock.now(), &cases).map_err(DeskError::Manifest)?;
        change.save_batch(&batch, &cases).await?;
        change.commit().await?;
        Ok(batch)
    }

    /// Submits a batch. Submitting it again is the first submission.
    ///
    /// # Errors
    ///
    /// If there is no such batch or registry.
    pub async fn submit(
        &self,
        batch: BatchId,
        registry: &RegistryId,
    ) -> Result<Submission, DeskError> {
        if !self.registries.contains_key(registry) {
            return Err(DeskError::NoSuchRegistry(registry.clone()));
        }
        self.store.batch(batch).await?.ok_or(DeskError::NoSuchBatch(batch))?;
        let now = self.clock.now();
        let submission = Submission::new(batch, registry.clone(), now);
        match self.store.enter_submission(&submission, now).await {
            Ok(()) => {
                self.wake_outbox.notify_one();
                Ok(submission)
            }
            Err(error) if error.is_conflict() => {
                let first = self.store.submission_of(batch, registry).await?;
                first.ok_or(DeskError::Store(error))
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// Refuses new IMEIs that are on their way with another case, or stand in two of these.
async fn refuse_filed(change: &mut Change<'_>, cases: &[Case]) -> Result<(), DeskError> {
    let mut seen = BTreeMap::new();
    for case in cases {
        for imei in &case.replacement.new {
            let here = seen.insert(imei.imei14(), case.id).filter(|other| *other != case.id);
            let other = match here {
                Some(other) => Some(other),
                None => change.case_filing(imei.imei14()).await?,
            };
            if let Some(other) = other {
                return Err(DeskError::FiledAlready { case: case.id, other });
            }
        }
    }
    Ok(())
}
