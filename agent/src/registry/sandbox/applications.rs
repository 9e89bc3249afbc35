//! What was filed.

use jiff::Timestamp;
use tekser_imei::IinBin;

use super::claim::Claim;
use super::form::Form;
use super::{ApplicationNo, Progress, Sandbox, application_no, ledger};
use crate::batch::{Manifest, SignedBatch};
use crate::id::{BatchId, CaseId};
use crate::ruling::Decision;
use crate::store::StoreError;

/// An application as the registry keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// Its number.
    pub number: ApplicationNo,
    /// IIN or BIN of who applied with a form; none of a station's batch.
    pub applicant: Option<String>,
    /// The applicant's own number on the form.
    pub reference: Option<String>,
    /// When it came in.
    pub filed_at: Timestamp,
    /// When its review ends.
    pub due_at: Timestamp,
    /// How far it has come.
    pub progress: Progress,
    /// What was paid with it, in tenge.
    pub paid: u64,
}

/// Which applications.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this applicant.
    pub applicant: Option<IinBin>,
    /// With this number of the applicant's own.
    pub reference: Option<String>,
    /// Only this one.
    pub number: Option<ApplicationNo>,
    /// After this one, in the order of arrival.
    pub after: Option<ApplicationNo>,
}

#[derive(sqlx::FromRow)]
struct Row {
    number: i64,
    applicant: Option<String>,
    reference: Option<String>,
    filed_at: i64,
    due_at: i64,
    decided: Option<String>,
    paid: i64,
}

impl Sandbox {
    /// Takes in a form and gives the number that it is kept under.
    ///
    /// # Errors
    ///
    /// If the file fails.
    pub async fn apply(&self, form: &Form) -> Result<ApplicationNo, StoreError> {
        let mut tx = self.begin().await?;
        let malformed = |source| StoreError::Malformed { what: "form", source };
        let text = serde_json::to_string(&(CaseId::new(), form)).map_err(malformed)?;
        let now = self.clock.now();
        let number = sqlx::query(
            "INSERT INTO application (batch, filed_at, due_at, manifest, applicant, reference) \
             VALUES (?, ?, ?, ?, ?, ?)",
        )
        .bind(BatchId::new().to_string())
        .bind(now.as_millisecond())
        .bind(self.review.due(now).as_millisecond())
        .bind(text)
        .bind(form.applicant.number.as_str())
        .bind(form.reference.as_str())
        .execute(&mut *tx)
        .await?
        .last_insert_rowid();
        ledger::charge(&mut tx, &self.rules, &Claim::from(form), number, now).await?;
        tx.commit().await?;
        Ok(application_no(number))
    }

    pub(super) async fn take_in(
        &self,
        batch: &SignedBatch,
        manifest: &Manifest,
    ) -> Result<ApplicationNo, StoreError> {
        let mut tx = self.begin().await?;
        let now = self.clock.now();
        let number = sqlx::query(
            "INSERT INTO application (batch, filed_at, due_at, manifest) VALUES (?, ?, ?, ?)",
        )
        .bind(batch.id.to_string())
        .bind(now.as_millisecond())
        .bind(self.review.due(now).as_millisecond())
        .bind(&batch.manifest)
        .execute(&mut *tx)
        .await?
        .last_insert_rowid();
        for case in &manifest.cases {
            let claim = Claim::from(&case.filing);
            ledger::charge(&mut tx, &self.rules, &claim, number, now).await?;
        }
        tx.commit().await?;
        Ok(application_no(number))
    }

    pub(super) async fn filed_for(
        &self,
        batch: BatchId,
    ) -> Result<Option<ApplicationNo>, StoreError> {
        let row: Option<(i64,)> =
            sqlx::query_as("SELECT number FROM application WHERE batch = ? ORDER BY number")
                .bind(batch.to_string())
                .fetch_optional(&self.pool)
                .await?;
        Ok(row.map(|(number,)| application_no(number)))
    }

    /// Every filing that arrived: number and batch, in the order of arrival.
    ///
    /// # Errors
    ///
    /// If the query fails.
    pub async fn applications(&self) -> Result<Vec<(ApplicationNo, BatchId)>, StoreError> {
        let rows: Vec<(i64, String)> =
            sqlx::query_as("SELECT number, batch FROM application ORDER BY number")
                .fetch_all(&self.pool)
                .await?;
        Ok(rows
            .into_iter()
            .filter_map(|(number, batch)| Some((application_no(number), batch.parse().ok()?)))
            .collect())
    }

    /// Applications, in the order of arrival; at most so many.
    ///
    /// # Errors
    ///
    /// If the file fails.
    pub async fn filed(&self, filter: &Filter, limit: u32) -> Result<Vec<Application>, StoreError> {
        self.settle().await?;
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT number, applicant, reference, filed_at, due_at, decided, \
             (SELECT coalesce(sum(tenge), 0) FROM charge WHERE application = a.number) AS paid \
             FROM application a WHERE (?1 IS NULL OR applicant = ?1) \
             AND (?2 IS NULL OR reference = ?2) AND (?3 IS NULL OR number = ?3) AND number > ?4 \
             ORDER BY number LIMIT ?5",
        )
        .bind(filter.applicant.as_ref().map(IinBin::as_str))
        .bind(&filter.reference)
        .bind(filter.number.as_ref().map(|number| row_of(number).unwrap_or(-1)))
        .bind(filter.after.as_ref().and_then(row_of).unwrap_or(0))
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        let now = self.clock.now().as_millisecond();
        Ok(rows.into_iter().map(|row| row.read(now)).collect())
    }
}

impl Row {
    fn read(self, now: i64) -> Application {
        let at = |ms| Timestamp::from_millisecond(ms).unwrap_or(Timestamp::MIN);
        let decided: Option<Vec<Decision>> =
            self.decided.and_then(|text| serde_json::from_str(&text).ok());
        let progress = match decided {
            Some(decisions) => Progress::Decided { decisions },
            None if now < self.due_at => Progress::InReview,
            None => Progress::InfoRequested { message: "the manifest cannot be read".to_owned() },
        };
        Application {
            number: application_no(self.number),
            applicant: self.applicant,
            reference: self.reference,
            filed_at: at(self.filed_at),
            due_at: at(self.due_at),
            progress,
            paid: self.paid.unsigned_abs(),
        }
    }
}

/// The row of a number that this registry gave.
pub(super) fn row_of(number: &ApplicationNo) -> Option<i64> {
    number.as_str().strip_prefix("SB-")?.parse().ok()
}
