//! Review of an application: what the operator would refuse, with its own reasons.

use std::collections::BTreeSet;

use jiff::Timestamp;
use tekser_imei::Imei14;

use super::{ApplicationNo, Decision, Listing, Progress, Row, Sandbox, relist};
use crate::batch::{Manifest, ManifestCase};
use crate::cases::{Document, Filing, Replacement, fits_quantity};
use crate::ruling::{BlockReason, Refusal, Verdict};

pub(super) enum ReviewError {
    NoSuchApplication,
    Sql(sqlx::Error),
}

impl From<sqlx::Error> for ReviewError {
    fn from(error: sqlx::Error) -> Self {
        Self::Sql(error)
    }
}

impl Sandbox {
    /// How far an application has come; decides it once its time is over.
    pub(super) async fn review(
        &self,
        application: &ApplicationNo,
    ) -> Result<Progress, ReviewError> {
        let number: i64 = application
            .as_str()
            .strip_prefix("SB-")
            .and_then(|digits| digits.parse().ok())
            .ok_or(ReviewError::NoSuchApplication)?;
        let row: Option<(i64, String, Option<String>)> =
            sqlx::query_as("SELECT due_at, manifest, decided FROM application WHERE number = ?")
                .bind(number)
                .fetch_optional(&self.pool)
                .await?;
        let (due_at, manifest, decided) = row.ok_or(ReviewError::NoSuchApplication)?;
        if let Some(decisions) = decided.and_then(|text| serde_json::from_str(&text).ok()) {
            return Ok(Progress::Decided { decisions });
        }
        let due = Timestamp::from_millisecond(due_at).unwrap_or(Timestamp::MIN);
        if self.clock.now() < due {
            return Ok(Progress::InReview);
        }
        let Ok(manifest) = serde_json::from_str::<Manifest>(&manifest) else {
            let message = "the manifest cannot be read".to_owned();
            return Ok(Progress::InfoRequested { message });
        };
        self.decide(number, &manifest).await
    }

    async fn decide(&self, number: i64, manifest: &Manifest) -> Result<Progress, ReviewError> {
        let mut decisions = Vec::with_capacity(manifest.cases.len());
        for ManifestCase { id, filing } in &manifest.cases {
            let refusals = self.refusals(filing).await?;
            decisions.push(Decision { case: *id, refusals });
        }
        let text = serde_json::to_string(&decisions).unwrap_or_default();
        // Decisions and lists change together, or a power cut would leave one without the other.
        let mut tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let first =
            sqlx::query("UPDATE application SET decided = ? WHERE number = ? AND decided IS NULL")
                .bind(text)
                .bind(number)
                .execute(&mut *tx)
                .await?;
        if first.rows_affected() == 0 {
            // Decided by another question at the same moment: the next one hears it.
            return Ok(Progress::InReview);
        }
        let approved = manifest.cases.iter().zip(&decisions).filter(|(_, d)| d.is_approved());
        for (case, _) in approved {
            for imei in case.filing.new_imeis() {
                relist(&mut tx, imei.imei14(), Row::plain("white")).await?;
            }
            for imei in case.filing.replacement().map(|one| one.old.as_slice()).unwrap_or_default()
            {
                let row = Row::of(Listing::Black(BlockReason::ReplacedAway), self.clock.now());
                relist(&mut tx, imei.imei14(), row).await?;
            }
        }
        tx.commit().await?;
        Ok(Progress::Decided { decisions })
    }

    async fn refusals(&self, filing: &Filing) -> Result<Vec<Refusal>, sqlx::Error> {
        let mut refusals = match filing {
            Filing::Replacement(case) => about_board(case),
            Filing::Import(_) | Filing::Personal(_) => about_devices(filing),
        };
        for imei in filing.new_imeis() {
            if imei.suspicions().into_iter().any(|suspicion| suspicion.is_disqualifying()) {
                refusals.push(Refusal::ImeiUnsound);
            }
            let of_device = filing.replacement().is_none();
            match self.verdict(imei).await? {
                // That is what documents are filed for.
                Verdict::Blocked { reason: BlockReason::GraceExpired } if of_device => {}
                Verdict::Blocked { .. } => refusals.push(Refusal::ImeiBlocked),
                Verdict::Clear => refusals.push(Refusal::ImeiTaken),
                Verdict::Grace { .. } | Verdict::Unknown | Verdict::Undetermined { .. } => {}
            }
        }
        let mut seen = Vec::new();
        refusals.retain(|refusal| {
            let new = !seen.contains(refusal);
            seen.push(*refusal);
            new
        });
        Ok(refusals)
    }
}

fn about_board(case: &Replacement) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    let declared = case.customs.as_ref().is_some_and(|one| !one.number.trim().is_empty());
    if !declared && !case.documents.iter().any(Document::can_be_found) {
        refusals.push(Refusal::DocumentNotFound);
    }
    if case.new.is_empty() || case.new.len() < case.old.len() {
        refusals.push(Refusal::ImeiMissing);
    }
    if repeats(&case.new.iter().map(|imei| imei.imei14()).collect::<Vec<_>>()) {
        refusals.push(Refusal::QuantityMismatch);
    }
    refusals
}

fn about_devices(filing: &Filing) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    let (documents, applicant) = (filing.documents(), filing.applicant());
    if !documents.iter().any(Document::can_be_found) {
        refusals.push(Refusal::DocumentNotFound);
    }
    let holders = documents.iter().filter_map(|document| document.holder);
    if applicant.is_none_or(|one| holders.into_iter().any(|holder| holder != one.number)) {
        refusals.push(Refusal::ApplicantMismatch);
    }
    if filing.devices().is_empty() || filing.devices().iter().any(|one| one.imeis.is_empty()) {
        refusals.push(Refusal::ImeiMissing);
    }
    let numbers: Vec<Imei14> = filing.new_imeis().map(|imei| imei.imei14()).collect();
    if !fits_quantity(documents, filing.devices().len()) || repeats(&numbers) {
        refusals.push(Refusal::QuantityMismatch);
    }
    refusals
}

fn repeats(numbers: &[Imei14]) -> bool {
    let mut seen = BTreeSet::new();
    numbers.iter().any(|number| !seen.insert(number))
}
