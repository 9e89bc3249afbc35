//! Submissions, and what their answers do to cases.

use jiff::Timestamp;

use super::{Change, EventKind, Page, Store, StoreError, read_body, write_body};
use crate::cases::CaseState;
use crate::id::{BatchId, CaseId, SubmissionId};
use crate::outbox::{Submission, SubmissionState};
use crate::ruling::RegistryId;

impl Store {
    /// Keeps a new submission.
    ///
    /// # Errors
    ///
    /// A conflict ([`StoreError::is_conflict`]) if the batch was submitted to that registry before.
    pub async fn enter_submission(
        &self,
        submission: &Submission,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut change = self.begin().await?;
        sqlx::query(
            "INSERT INTO submission (id, batch, registry, state, next_at, body) \
             VALUES (?, ?, ?, ?, ?, ?)",
        )
        .bind(submission.id.to_string())
        .bind(submission.batch.to_string())
        .bind(submission.registry.as_str())
        .bind(submission.state.kind())
        .bind(submission.next_at.map(Timestamp::as_millisecond))
        .bind(write_body("submission", submission)?)
        .execute(&mut *change.tx)
        .await?;
        let subject = submission.id.to_string();
        change.tell(at, EventKind::Submission, &subject, submission).await?;
        change.commit().await
    }

    /// Keeps a submission's new state, with its consequences for cases, and tells of it.
    ///
    /// # Errors
    ///
    /// If a row can't be written.
    pub async fn save_submission(
        &self,
        submission: &Submission,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut change = self.begin().await?;
        let subject = submission.id.to_string();
        sqlx::query("UPDATE submission SET state = ?, next_at = ?, body = ? WHERE id = ?")
            .bind(submission.state.kind())
            .bind(submission.next_at.map(Timestamp::as_millisecond))
            .bind(write_body("submission", submission)?)
            .bind(&subject)
            .execute(&mut *change.tx)
            .await?;
        if submission.state.may_change_lists() {
            change.note_filing(submission.batch, at).await?;
        }
        if submission.state.is_final() {
            change.settle(submission, at).await?;
        }
        change.tell(at, EventKind::Submission, &subject, submission).await?;
        change.commit().await
    }

    /// One submission.
    ///
    /// # Errors
    ///
    /// If the query fails.
    pub async fn submission(&self, id: SubmissionId) -> Result<Option<Submission>, StoreError> {
        self.body("submission", "SELECT body FROM submission WHERE id = ?", &id.to_string()).await
    }

    /// The submission of a batch to a registry.
    ///
    /// # Errors
    ///
    /// If the query fails.
    pub async fn submission_of(
        &self,
        batch: BatchId,
        registry: &RegistryId,
    ) -> Result<Option<Submission>, StoreError> {
        let row: Option<(String,)> =
            sqlx::query_as("SELECT body FROM submission WHERE batch = ? AND registry = ?")
                .bind(batch.to_string())
                .bind(registry.as_str())
                .fetch_optional(&self.pool)
                .await?;
        row.map(|(text,)| read_body("submission", &text)).transpose()
    }

    /// Submissions, newest first.
    ///
    /// # Errors
    ///
    /// If the query fails.
    pub async fn submissions(&self, page: &Page) -> Result<Vec<Submission>, StoreError> {
        let sql =
            "SELECT body FROM submission WHERE (?1 IS NULL OR id < ?1) ORDER BY id DESC LIMIT ?2";
        self.page("submission", sql, page).await
    }

    /// Makes every submission due that no time was set for and that is not decided.
    ///
    /// # Errors
    ///
    /// If the rows can't be written.
    pub async fn take_up_submissions(&self, now: Timestamp) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE submission SET next_at = ? \
             WHERE next_at IS NULL AND state NOT IN ('approved', 'rejected')",
        )
        .bind(now.as_millisecond())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Leaves a submission alone until [`Store::take_up_submissions`].
    ///
    /// # Errors
    ///
    /// If the row can't be written.
    pub async fn lay_aside_submission(&self, id: SubmissionId) -> Result<(), StoreError> {
        sqlx::query("UPDATE submission SET next_at = NULL WHERE id = ?")
            .bind(id.to_string())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Names of the submissions to be looked at by `now`, the longest overdue first.
    ///
    /// # Errors
    ///
    /// If the query fails.
    pub async fn submissions_due(&self, now: Timestamp) -> Result<Vec<SubmissionId>, StoreError> {
        let rows: Vec<(String,)> =
            sqlx::query_as("SELECT id FROM submission WHERE next_at <= ? ORDER BY next_at, id")
                .bind(now.as_millisecond())
                .fetch_all(&self.pool)
                .await?;
        // The id column is written from a SubmissionId, so none is dropped here.
        Ok(rows.iter().filter_map(|(id,)| id.parse().ok()).collect())
    }

    /// When the next submission is due; `None` if none waits.
    ///
    /// # Errors
    ///
    /// If the query fails.
    pub async fn next_submission_at(&self) -> Result<Option<Timestamp>, StoreError> {
        let (next,): (Option<i64>,) =
            sqlx::query_as("SELECT min(next_at) FROM submission").fetch_one(&self.pool).await?;
        next.map(|millis| Timestamp::from_millisecond(millis).map_err(|_| StoreError::Time))
            .transpose()
    }
}

impl Change<'_> {
    /// Gives each case of a decided batch its answer, and frees it for another batch.
    async fn settle(&mut self, submission: &Submission, at: Timestamp) -> Result<(), StoreError> {
        let batch = submission.batch;
        let rows: Vec<(String,)> =
            sqlx::query_as("SELECT filed_case FROM batch_case WHERE batch = ? AND live = 1")
                .bind(batch.to_string())
                .fetch_all(&mut *self.tx)
                .await?;
        sqlx::query("UPDATE batch_case SET live = 0 WHERE batch = ?")
            .bind(batch.to_string())
            .execute(&mut *self.tx)
            .await?;
        sqlx::query("DELETE FROM filed_imei WHERE batch = ?")
            .bind(batch.to_string())
            .execute(&mut *self.tx)
            .await?;
        for case in rows.iter().filter_map(|(id,)| id.parse::<CaseId>().ok()) {
            let state = answered(&submission.state, case, batch);
            self.set_case_state(case, state, at).await?;
        }
        Ok(())
    }
}

fn answered(state: &SubmissionState, case: CaseId, batch: BatchId) -> CaseState {
    let (SubmissionState::Approved { decisions, .. } | SubmissionState::Rejected { decisions, .. }) =
        state
    else {
        return CaseState::Batched { batch };
    };
    match decisions.iter().find(|decision| decision.case == case) {
        Some(decision) if decision.is_approved() => CaseState::Approved { batch },
        Some(decision) => CaseState::Refused { batch, refusals: decision.refusals.clone() },
        // The registry would not take the batch: the case was never looked at.
        None => CaseState::Open,
    }
}
