//! Review: applications are decided in the order of their time, each as of that time, whenever
//! somebody looks. So nobody can tell whether the reviewer or the clock was slow.

use jiff::Timestamp;
use sqlx::SqliteConnection;
use tekser_imei::Imei14;

use super::applications::row_of;
use super::claim::{Claim, identities};
use super::devices::{group, groups};
use super::form::{Form, FormKind};
use super::judge::{Judge, origin_name, tracking_keys};
use super::lists::{Row, relist, standing};
use super::{ApplicationNo, Decision, Listing, Progress, Sandbox};
use crate::batch::Manifest;
use crate::id::CaseId;
use crate::rules::{Rules, day};
use crate::ruling::BlockReason;

pub(super) enum ReviewError {
    NoSuchApplication,
    Sql(sqlx::Error),
}

impl From<sqlx::Error> for ReviewError {
    fn from(error: sqlx::Error) -> Self {
        Self::Sql(error)
    }
}

/// An application that waits.
#[derive(sqlx::FromRow)]
struct Waiting {
    number: i64,
    filed_at: i64,
    due_at: i64,
    manifest: String,
    reference: Option<String>,
}

impl Sandbox {
    /// How far an application has come.
    pub(super) async fn review(
        &self,
        application: &ApplicationNo,
    ) -> Result<Progress, ReviewError> {
        let number = row_of(application).ok_or(ReviewError::NoSuchApplication)?;
        self.settle().await?;
        let row: Option<(i64, Option<String>)> =
            sqlx::query_as("SELECT due_at, decided FROM application WHERE number = ?")
                .bind(number)
                .fetch_optional(&self.pool)
                .await?;
        let (due_at, decided) = row.ok_or(ReviewError::NoSuchApplication)?;
        if let Some(decisions) = decided.and_then(|text| serde_json::from_str(&text).ok()) {
            return Ok(Progress::Decided { decisions });
        }
        if self.clock.now().as_millisecond() < due_at {
            return Ok(Progress::InReview);
        }
        // Its time is over and it is not decided: it cannot be read.
        let message = "the manifest cannot be read".to_owned();
        Ok(Progress::InfoRequested { message })
    }

    /// Decides every application whose time has come.
    pub(super) async fn settle(&self) -> Result<(), sqlx::Error> {
        let now = self.clock.now();
        let mut reader = self.pool.acquire().await?;
        if waiting(&mut reader, now).await?.is_empty() {
            return Ok(());
        }
        drop(reader);
        let mut tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        settle(&mut tx, &self.rules, now).await?;
        tx.commit().await
    }
}

async fn waiting(db: &mut SqliteConnection, now: Timestamp) -> Result<Vec<Waiting>, sqlx::Error> {
    sqlx::query_as(
        "SELECT number, filed_at, due_at, manifest, reference FROM application \
         WHERE decided IS NULL AND due_at <= ? ORDER BY due_at, number",
    )
    .bind(now.as_millisecond())
    .fetch_all(db)
    .await
}

/// Decides every application whose time has come, in a change that is under way.
pub(super) async fn settle(
    db: &mut SqliteConnection,
    rules: &Rules,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    for one in waiting(db, now).await? {
        let Some(claims) = claims(&one.manifest, one.reference.is_some()) else { continue };
        let filed = Timestamp::from_millisecond(one.filed_at).unwrap_or(Timestamp::MIN);
        let at = Timestamp::from_millisecond(one.due_at).unwrap_or(Timestamp::MIN);
        let mut decisions = Vec::with_capacity(claims.len());
        for (case, claim) in claims {
            let judge = Judge::new(db, rules, at, day(filed));
            let refusals = judge.refusals(&claim).await?;
            if refusals.is_empty() {
                approve(db, rules, &claim, one.number, at, filed).await?;
            }
            decisions.push(Decision { case, refusals });
        }
        let text = serde_json::to_string(&decisions).unwrap_or_default();
        sqlx::query("UPDATE application SET decided = ? WHERE number = ?")
            .bind(text)
            .bind(one.number)
            .execute(&mut *db)
            .await?;
    }
    Ok(())
}

/// What an application claims; `None` if it cannot be read.
fn claims(text: &str, is_form: bool) -> Option<Vec<(CaseId, Claim)>> {
    if is_form {
        let (case, form): (CaseId, Form) = serde_json::from_str(text).ok()?;
        return Some(vec![(case, Claim::from(&form))]);
    }
    let manifest: Manifest = serde_json::from_str(text).ok()?;
    let cases = manifest.cases.iter();
    Some(cases.map(|case| (case.id, Claim::from(&case.filing))).collect())
}

/// What an approval changes.
async fn approve(
    db: &mut SqliteConnection,
    rules: &Rules,
    claim: &Claim,
    application: i64,
    at: Timestamp,
    filed: Timestamp,
) -> Result<(), sqlx::Error> {
    for device in &claim.devices {
        let numbers = identities(device);
        for number in &numbers {
            relist(db, *number, Row::of(Listing::White, at)).await?;
        }
        if groups(db, &numbers).await?.is_empty() {
            group(db, &numbers).await?;
        }
    }
    for number in identities(&claim.replaced) {
        retire(db, number, at).await?;
    }
    if let (FormKind::Personal, Some(applicant)) = (claim.kind, claim.applicant) {
        sqlx::query(
            "INSERT INTO quota_used (applicant, origin, filed_on, devices) VALUES (?, ?, ?, ?)",
        )
        .bind(applicant.number.as_str())
        .bind(origin_name(claim.origin(rules)))
        .bind(day(filed).to_string())
        .bind(i64::try_from(claim.devices.len()).unwrap_or(i64::MAX))
        .execute(&mut *db)
        .await?;
    }
    for key in tracking_keys(claim) {
        sqlx::query("INSERT OR IGNORE INTO tracking_used (number, application) VALUES (?, ?)")
            .bind(key)
            .bind(application)
            .execute(&mut *db)
            .await?;
    }
    Ok(())
}

/// Takes an IMEI out of use. A board that is blocked for another reason stays blocked for it.
async fn retire(
    db: &mut SqliteConnection,
    number: Imei14,
    at: Timestamp,
) -> Result<(), sqlx::Error> {
    if standing(db, number).await?.is_some_and(|listed| listed.is_black()) {
        return Ok(());
    }
    relist(db, number, Row::of(Listing::Black(BlockReason::ReplacedAway), at)).await
}
