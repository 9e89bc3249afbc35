//! The desk: what people and shop software do with cases.

use std::collections::BTreeMap;

use crate::batch::{BATCH_IMEIS_MAX, BATCH_MAX, SignedBatch};
use crate::cases::{Case, CaseState, Filing, FilingError, Known, Preflight, preflight};
use crate::check::Freshness;
use crate::finding::Severity;
use crate::id::{BatchId, CaseId, HandsetId};
use crate::outbox::Submission;
use crate::registry::RegistryId;
use crate::rules::{Fee, day};
use crate::station::Station;
use crate::store::{Change, StoreError};
use tekser_declaration::DeclarationError;

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
    /// It can't be kept as a case.
    #[error(transparent)]
    Filing(#[from] FilingError),
    /// The work order or reference has another case.
    #[error("work order or reference {reference} has case {case} already")]
    ReferenceTaken {
        /// The work order or reference.
        reference: String,
        /// Its case.
        case: CaseId,
    },
    /// The case keeps its kind and its work order or reference.
    #[error(
        "a case stays a {kind} and keeps its work order or reference, {reference}; open another \
         case for another one"
    )]
    ReferenceFixed {
        /// The kind.
        kind: &'static str,
        /// The work order or reference.
        reference: String,
    },
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
    /// A batch without cases, with too many cases or IMEIs, or with one case twice.
    #[error(
        "a batch has 1 to {BATCH_MAX} different cases, and at most {BATCH_IMEIS_MAX} IMEIs to verify"
    )]
    BatchSize,
    /// A declaration can't be searched.
    #[error(transparent)]
    Declaration(#[from] DeclarationError),
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
    /// Opens a case. The same case for the same work order or reference again is the first one.
    ///
    /// # Errors
    ///
    /// [`DeskError::ReferenceTaken`] if the work order or reference has a different case.
    pub async fn open_case(&self, filing: impl Into<Filing>) -> Result<NewCase, DeskError> {
        let filing = self.take_in(filing.into()).await?;
        let opened_at = self.clock.now();
        let case = Case { id: CaseId::new(), opened_at, state: CaseState::Open, filing };
        match self.store.open_case(&case).await {
            Ok(()) => Ok(NewCase { case, is_new: true }),
            Err(error) if error.is_conflict() => {
                let reference = case.filing.reference();
                match self.store.case_of_reference(reference).await? {
                    Some(first) if first.filing == case.filing => {
                        Ok(NewCase { case: first, is_new: false })
                    }
                    Some(first) => {
                        let reference = reference.to_owned();
                        Err(DeskError::ReferenceTaken { reference, case: first.id })
                    }
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
        filing: impl Into<Filing>,
    ) -> Result<Case, DeskError> {
        let filing = self.take_in(filing.into()).await?;
        let mut change = self.store.begin().await?;
        let case = change.case(id).await?.ok_or(DeskError::NoSuchCase(id))?;
        if !case.state.may_be_batched() {
            return Err(DeskError::NotOpen { case: id, state: case.state.kind() });
        }
        let before = &case.filing;
        if before.kind() != filing.kind() || before.reference() != filing.reference() {
            // The reference is the case's name outside of the station.
            let (kind, reference) = (before.kind(), before.reference().to_owned());
            return Err(DeskError::ReferenceFixed { kind, reference });
        }
        let case = Case { state: CaseState::Open, filing, ..case };
        change.update_case(&case, self.clock.now()).await?;
        change.commit().await?;
        Ok(case)
    }

    /// Takes in what was typed, if it can be kept and names phones that are known.
    async fn take_in(&self, typed: Filing) -> Result<Filing, DeskError> {
        let filing = typed.taken_in()?;
        for id in filing.handsets() {
            self.store.handset(id).await?.ok_or(DeskError::NoSuchHandset(id))?;
        }
        Ok(filing)
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
        let mut handsets = BTreeMap::new();
        for id in case.filing.handsets() {
            handsets.extend(self.store.handset(id).await?.map(|handset| (id, handset)));
        }
        let numbers: Vec<_> = case.filing.imeis().map(|imei| imei.imei14()).collect();
        let answers = self.checks.known(&numbers).await?.into_iter();
        let verdicts = answers.map(|(number, known)| (number, known.answer.verdict)).collect();
        let mut on_file = BTreeMap::new();
        for imei in case.filing.imeis() {
            on_file.insert(imei.imei14(), self.store.handsets_with(imei.imei14()).await?);
        }
        let tacs: Vec<_> = case.filing.imeis().map(|imei| imei.tac()).collect();
        let own: Vec<HandsetId> = case.filing.handsets().collect();
        let new = case.filing.new_imeis().map(|imei| imei.imei14());
        let known = Known {
            handsets: &handsets,
            on_file: &on_file,
            tacs: &self.store.tac_entries(&tacs, &own).await?,
            verdicts: &verdicts,
            others: &self.store.related_cases(case).await?,
            replaced_away: &self.store.replaced_away(new).await?,
            searched: &self.store.searched(case.id).await?,
            rules: &self.rules,
            now: self.clock.now(),
        };
        Ok(preflight(case, &known))
    }

    /// What filing a case costs by the rules, if it is filed today.
    pub fn fee(&self, case: &Case) -> Option<Fee> {
        let devices = u32::try_from(case.filing.devices().len()).ok().filter(|count| *count > 0)?;
        self.rules.fee(case.filing.applicant()?, devices, day(self.clock.now()))
    }

    /// Asks whoever knows about every IMEI of a case, so that its preflight is up to date.
    ///
    /// # Errors
    ///
    /// If there is no such case.
    pub async fn check_case(&self, id: CaseId, freshness: Freshness) -> Result<(), DeskError> {
        let case = self.store.case(id).await?.ok_or(DeskError::NoSuchCase(id))?;
        let imeis: Vec<_> = case.filing.imeis().collect();
        self.checks.check(&imeis, freshness).await?;
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
                self.check_case(case, Freshness::Now).await?;
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
        let mut imeis = 0;
        for &id in ids {
            let case = self.store.case(id).await?.ok_or(DeskError::NoSuchCase(id))?;
            imeis += case.filing.new_imeis().count();
            if imeis > BATCH_IMEIS_MAX {
                return Err(DeskError::BatchSize);
            }
            if !case.state.may_be_batched() {
                return Err(DeskError::NotOpen { case: id, state: case.state.kind() });
            }
            self.check_case(id, Freshness::Now).await?;
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
            if now.filing != case.filing {
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
        for imei in case.filing.new_imeis() {
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
