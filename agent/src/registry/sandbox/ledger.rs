//! The fee ledger.
//!
//! A business pays one MCI for each device of an import when it files it, by the index of that
//! year; persons and service centres pay nothing (sources in the rules file). No source says what
//! becomes of the fee when the application is refused. Here it is not paid back and it is not lost:
//! a device is paid for once per applicant, so that the mended application, the same one sent
//! twice, and one whose answer was lost cost nothing more.

use jiff::Timestamp;
use serde::Serialize;
use sqlx::SqliteConnection;
use tekser_imei::IinBin;
use utoipa::ToSchema;

use super::claim::{Claim, identities};
use super::form::FormKind;
use super::{ApplicationNo, Sandbox, application_no};
use crate::rules::{Mci, Rules, day};
use crate::store::StoreError;

/// One device that was paid for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Charge {
    /// Its number in the ledger.
    pub number: i64,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Who paid: IIN or BIN.
    pub applicant: String,
    /// With which application.
    #[schema(value_type = String)]
    pub application: ApplicationNo,
    /// Year of the monthly calculation index that was taken.
    #[schema(example = 2026)]
    pub mci_year: i16,
    /// The index, in tenge.
    #[schema(example = 4325)]
    pub mci: u32,
    /// What was paid, in tenge.
    #[schema(example = 4325)]
    pub tenge: u64,
}

impl Sandbox {
    /// The ledger, oldest first: of one applicant, or of all; after that number; at most so many
    /// rows.
    ///
    /// # Errors
    ///
    /// If the file fails.
    pub async fn ledger(
        &self,
        applicant: Option<IinBin>,
        after: i64,
        limit: u32,
    ) -> Result<Vec<Charge>, StoreError> {
        type Row = (i64, i64, String, i64, i16, u32, i64);
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT number, at, applicant, application, mci_year, mci, tenge FROM charge \
             WHERE number > ?1 AND (?2 IS NULL OR applicant = ?2) ORDER BY number LIMIT ?3",
        )
        .bind(after)
        .bind(applicant.as_ref().map(IinBin::as_str))
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        let charge = |(number, at, applicant, application, mci_year, mci, tenge): Row| Charge {
            number,
            at: Timestamp::from_millisecond(at).unwrap_or(Timestamp::MIN),
            applicant,
            application: application_no(application),
            mci_year,
            mci,
            tenge: tenge.unsigned_abs(),
        };
        Ok(rows.into_iter().map(charge).collect())
    }

    /// What is paid in all, in tenge: by one applicant, or by all.
    ///
    /// # Errors
    ///
    /// If the file fails.
    pub async fn paid(&self, applicant: Option<IinBin>) -> Result<u64, StoreError> {
        let (sum,): (i64,) = sqlx::query_as(
            "SELECT coalesce(sum(tenge), 0) FROM charge WHERE ?1 IS NULL OR applicant = ?1",
        )
        .bind(applicant.as_ref().map(IinBin::as_str))
        .fetch_one(&self.pool)
        .await?;
        Ok(sum.unsigned_abs())
    }
}

/// Charges the devices of a claim that its applicant has not paid for.
pub(super) async fn charge(
    db: &mut SqliteConnection,
    rules: &Rules,
    claim: &Claim,
    application: i64,
    at: Timestamp,
) -> Result<(), sqlx::Error> {
    let Some(applicant) = claim.applicant else { return Ok(()) };
    let pays = rules.fee.applicants.contains(&applicant.kind) && day(at) >= rules.fee.since;
    let (FormKind::Import, true, Some(mci)) = (claim.kind, pays, index(rules, at)) else {
        return Ok(());
    };
    let tenge = u64::from(mci.tenge) * u64::from(rules.fee.mci);
    for device in &claim.devices {
        let numbers = identities(device);
        let mut paid: Option<i64> = None;
        for number in &numbers {
            let row: Option<(i64,)> = sqlx::query_as(
                "SELECT charge FROM charged_imei WHERE applicant = ? AND imei14 = ?",
            )
            .bind(applicant.number.as_str())
            .bind(number.as_str())
            .fetch_optional(&mut *db)
            .await?;
            paid = paid.or(row.map(|(charge,)| charge));
        }
        let charge = match paid {
            Some(charge) => charge,
            // Nothing tells such a device from another: there is nothing to pay for.
            None if numbers.is_empty() => continue,
            None => sqlx::query(
                "INSERT INTO charge (at, applicant, application, mci_year, mci, tenge) \
                     VALUES (?, ?, ?, ?, ?, ?)",
            )
            .bind(at.as_millisecond())
            .bind(applicant.number.as_str())
            .bind(application)
            .bind(mci.year)
            .bind(mci.tenge)
            .bind(tenge.cast_signed())
            .execute(&mut *db)
            .await?
            .last_insert_rowid(),
        };
        for number in &numbers {
            sqlx::query(
                "INSERT OR IGNORE INTO charged_imei (applicant, imei14, charge) VALUES (?, ?, ?)",
            )
            .bind(applicant.number.as_str())
            .bind(number.as_str())
            .bind(charge)
            .execute(&mut *db)
            .await?;
        }
    }
    Ok(())
}

/// The index of that year, or of the latest year before that is known: a year whose index nobody
/// has published here is not free of charge.
fn index(rules: &Rules, at: Timestamp) -> Option<&Mci> {
    let year = day(at).year();
    rules.mci.iter().filter(|mci| mci.year <= year).max_by_key(|mci| mci.year)
}
