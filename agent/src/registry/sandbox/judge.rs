//! What the operator would refuse a claim for. Each rule names its source where it rests on one.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use sqlx::SqliteConnection;
use tekser_imei::Imei14;

use super::Sandbox;
use super::claim::{Claim, identities};
use super::customs::{Seen, seen};
use super::devices::groups;
use super::form::FormKind;
use super::lists::verdict;
use crate::cases::{ApplicantKind, Document, DocumentKind, fits_quantity};
use crate::rules::{Origin, Period, Rules};
use crate::ruling::{BlockReason, Refusal, Verdict};

/// A claim before its judge.
pub(super) struct Judge<'a> {
    pub db: &'a mut SqliteConnection,
    pub rules: &'a Rules,
    /// When it is decided.
    pub at: Timestamp,
    /// The day in Kazakhstan on which it was filed.
    pub filed_on: Date,
    refusals: Vec<Refusal>,
}

impl<'a> Judge<'a> {
    pub const fn new(
        db: &'a mut SqliteConnection,
        rules: &'a Rules,
        at: Timestamp,
        filed_on: Date,
    ) -> Self {
        Self { db, rules, at, filed_on, refusals: Vec::new() }
    }

    /// Why the claim is refused; nothing if it is approved.
    pub async fn refusals(mut self, claim: &Claim) -> Result<Vec<Refusal>, sqlx::Error> {
        let papers = seen(self.db, &claim.documents).await?;
        self.documents(claim, &papers);
        self.applicant(claim, &papers);
        self.devices(claim, &papers).await?;
        self.second_imei(claim).await?;
        self.standing(claim).await?;
        self.quota(claim).await?;
        self.tracking(claim).await?;
        Ok(self.refusals)
    }

    fn refuse_if(&mut self, wrong: bool, refusal: Refusal) {
        if wrong && !self.refusals.contains(&refusal) {
            self.refusals.push(refusal);
        }
    }

    /// «Документ не найден»; «Документ не связан с подтверждением ввоза»: receipts, warranty cards
    /// and photos among them (matias-corp.com); «IMEI/устройства не найдены в документе»: the other
    /// side looks for the first 14 digits in the declaration's text (ATS-Verify).
    fn documents(&mut self, claim: &Claim, papers: &[Seen]) {
        let Some(proof) = claim.proof(self.rules).and_then(|of| self.rules.proof.get(&of)) else {
            return;
        };
        let mut proving = papers
            .iter()
            .filter(|one| one.found && proof.kinds.contains(&one.document.kind))
            .peekable();
        if proving.peek().is_none() {
            let found = papers.iter().any(|one| one.found);
            self.refuse_if(!found, Refusal::DocumentNotFound);
            self.refuse_if(found, Refusal::DocumentNotAboutImport);
            return;
        }
        // The declaration of a part names the part. Of one document without a text nobody can say
        // that an IMEI is not in it.
        let texts: Option<Vec<_>> = proving.map(|one| one.imeis.as_ref()).collect();
        if let (Some(texts), false) = (texts, claim.kind == FormKind::Replacement) {
            let named = |number: &Imei14| texts.iter().any(|text| text.contains(number));
            let missing = claim.numbers().any(|imei| !named(&imei.imei14()));
            self.refuse_if(missing, Refusal::ImeiNotInDocument);
        }
    }

    /// «ИИН/БИН не соответствует»: whoever the document names must apply (matias-corp.com,
    /// tandap.kz); and who may file what.
    fn applicant(&mut self, claim: &Claim, papers: &[Seen]) {
        let Some(applicant) = claim.applicant else {
            // Stations of before named no service centre.
            return self.refuse_if(claim.kind != FormKind::Replacement, Refusal::ApplicantMismatch);
        };
        let may = match claim.kind {
            FormKind::Import => {
                matches!(applicant.kind, ApplicantKind::SoleProprietor | ApplicantKind::LegalEntity)
            }
            FormKind::Personal => applicant.kind == ApplicantKind::Individual,
            FormKind::Replacement => applicant.kind == ApplicantKind::ServiceCentre,
            // The owner files it, whoever that is by now.
            FormKind::Simplified => true,
        };
        self.refuse_if(!may, Refusal::ApplicantNotEntitled);
        // A part's declaration names who imported the part, a second IMEI needs no document.
        let compared = matches!(claim.kind, FormKind::Import | FormKind::Personal);
        let holders = papers.iter().filter_map(|one| one.document.holder);
        let other = compared && holders.into_iter().any(|holder| holder != applicant.number);
        self.refuse_if(other || !applicant.has_fitting_number(), Refusal::ApplicantMismatch);
    }

    /// Not all IMEIs of a multi-SIM device (matias-corp.com); «Количество устройств не
    /// соответствует».
    async fn devices(&mut self, claim: &Claim, papers: &[Seen]) -> Result<(), sqlx::Error> {
        let empty = claim.devices.is_empty() || claim.devices.iter().any(Vec::is_empty);
        self.refuse_if(empty, Refusal::ImeiMissing);
        let replaced = identities(&claim.replaced);
        if claim.kind == FormKind::Replacement {
            let new = claim.devices.iter().map(Vec::len).sum::<usize>();
            let fewer = new < claim.replaced.len() || claim.replaced.is_empty();
            self.refuse_if(fewer, Refusal::ImeiMissing);
        }
        let given = claim.numbers().map(|imei| imei.imei14()).chain(replaced);
        self.refuse_if(repeats(given), Refusal::QuantityMismatch);
        let crowded = claim.devices.iter().any(|one| one.len() > Sandbox::DEVICE_IMEIS_MAX);
        self.refuse_if(crowded, Refusal::QuantityMismatch);
        if matches!(claim.kind, FormKind::Import | FormKind::Personal) {
            let documents: Vec<Document> = papers.iter().map(|one| one.document.clone()).collect();
            let fits = fits_quantity(&documents, claim.devices.len());
            self.refuse_if(!fits, Refusal::QuantityMismatch);
        }
        if claim.kind != FormKind::Simplified {
            for device in &claim.devices {
                self.one_device(&identities(device)).await?;
            }
        }
        Ok(())
    }

    /// Whether what is given as one device is one, and whole, as far as it is known.
    async fn one_device(&mut self, given: &[Imei14]) -> Result<(), sqlx::Error> {
        let known = groups(self.db, given).await?;
        self.refuse_if(known.len() > 1, Refusal::QuantityMismatch);
        if let [whole] = known.as_slice() {
            let given: BTreeSet<Imei14> = given.iter().copied().collect();
            self.refuse_if(!whole.is_subset(&given), Refusal::ImeiMissing);
            self.refuse_if(!given.is_subset(whole), Refusal::QuantityMismatch);
        }
        Ok(())
    }

    /// A simplified application is for an IMEI of a device whose other IMEI is verified (kt.kz).
    async fn second_imei(&mut self, claim: &Claim) -> Result<(), sqlx::Error> {
        if claim.kind != FormKind::Simplified {
            return Ok(());
        }
        let Some(verified) = claim.verified else {
            self.refuse_if(true, Refusal::ImeiUnsound);
            return Ok(());
        };
        let stands = verdict(self.db, verified.imei14(), self.at).await?;
        self.refuse_if(stands != Verdict::Clear, Refusal::DeviceNotVerified);
        let device = groups(self.db, [&verified.imei14()]).await?.pop().unwrap_or_default();
        let foreign = claim.numbers().any(|imei| !device.contains(&imei.imei14()));
        self.refuse_if(foreign, Refusal::ImeiNotOfDevice);
        Ok(())
    }

    /// Typos and lengths (matias-corp.com), IMEIs that no maker assigned, and where they stand.
    async fn standing(&mut self, claim: &Claim) -> Result<(), sqlx::Error> {
        let typos = claim.devices.iter().flatten().chain(&claim.replaced).any(Option::is_none);
        self.refuse_if(typos, Refusal::ImeiUnsound);
        for imei in claim.numbers() {
            let unsound = imei.suspicions().into_iter().any(|one| one.is_disqualifying());
            self.refuse_if(unsound, Refusal::ImeiUnsound);
            match verdict(self.db, imei.imei14(), self.at).await? {
                // That is what documents are filed for; a new board has no such past.
                Verdict::Blocked { reason: BlockReason::GraceExpired }
                    if claim.kind != FormKind::Replacement => {}
                Verdict::Blocked { .. } => self.refuse_if(true, Refusal::ImeiBlocked),
                Verdict::Clear => self.refuse_if(true, Refusal::ImeiTaken),
                Verdict::Grace { .. } | Verdict::Unknown | Verdict::Undetermined { .. } => {}
            }
        }
        Ok(())
    }

    /// A person verifies two devices per calendar year from the Union, two per month from
    /// elsewhere (tandap.kz alone). What was approved counts, by the day on which it was filed.
    async fn quota(&mut self, claim: &Claim) -> Result<(), sqlx::Error> {
        let (FormKind::Personal, Some(applicant)) = (claim.kind, claim.applicant) else {
            return Ok(());
        };
        let origin = claim.origin(self.rules);
        for quota in self.rules.quota.iter().filter(|quota| quota.from == origin) {
            let (first, last) = match quota.period {
                Period::CalendarYear => {
                    (self.filed_on.first_of_year(), self.filed_on.last_of_year())
                }
                Period::CalendarMonth => {
                    (self.filed_on.first_of_month(), self.filed_on.last_of_month())
                }
            };
            let (used,): (i64,) = sqlx::query_as(
                "SELECT coalesce(sum(devices), 0) FROM quota_used \
                 WHERE applicant = ? AND origin = ? AND filed_on BETWEEN ? AND ?",
            )
            .bind(applicant.number.as_str())
            .bind(origin_name(origin))
            .bind(first.to_string())
            .bind(last.to_string())
            .fetch_one(&mut *self.db)
            .await?;
            let all = used.unsigned_abs().saturating_add(claim.devices.len() as u64);
            self.refuse_if(all > u64::from(quota.devices), Refusal::QuotaExceeded);
        }
        Ok(())
    }

    /// A tracking number is used up by one approval (ATS-Verify) and covers two devices (tandap.kz).
    async fn tracking(&mut self, claim: &Claim) -> Result<(), sqlx::Error> {
        let most = self.rules.tracking.devices as usize;
        for key in tracking_keys(claim) {
            self.refuse_if(claim.devices.len() > most, Refusal::TrackingOver);
            let used: Option<(i64,)> =
                sqlx::query_as("SELECT application FROM tracking_used WHERE number = ?")
                    .bind(key)
                    .fetch_optional(&mut *self.db)
                    .await?;
            self.refuse_if(used.is_some(), Refusal::TrackingUsed);
        }
        Ok(())
    }
}

/// The tracking numbers of a claim, each in one spelling.
pub(super) fn tracking_keys(claim: &Claim) -> BTreeSet<String> {
    let tracking = claim.documents.iter().filter(|one| one.kind == DocumentKind::TrackingNumber);
    tracking.filter_map(|one| Some(one.number.as_ref()?.key())).collect()
}

/// The name of an origin in the table.
pub(super) const fn origin_name(origin: Origin) -> &'static str {
    match origin {
        Origin::Union => "union",
        Origin::Elsewhere => "elsewhere",
    }
}

fn repeats(numbers: impl Iterator<Item = Imei14>) -> bool {
    let mut seen = BTreeSet::new();
    numbers.into_iter().any(|number| !seen.insert(number))
}
