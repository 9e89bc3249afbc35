//! Signed batches.

use tekser_imei::Imei14;

use super::{Change, EventKind, Page, Store, StoreError, write_body};
use crate::batch::SignedBatch;
use crate::cases::{Case, CaseState};
use crate::id::{BatchId, CaseId};

impl Change<'_> {
    /// Keeps a batch of these cases and marks them as batched.
    ///
    /// # Errors
    ///
    /// A conflict ([`StoreError::is_conflict`]) if a case, or a new IMEI of a case, is in another
    /// batch that is not answered yet.
    pub async fn save_batch(
        &mut self,
        batch: &SignedBatch,
        cases: &[Case],
    ) -> Result<(), StoreError> {
        let id = batch.id.to_string();
        sqlx::query("INSERT INTO batch (id, made_at, body) VALUES (?, ?, ?)")
            .bind(&id)
            .bind(batch.made_at.as_millisecond())
            .bind(write_body("batch", batch)?)
            .execute(&mut *self.tx)
            .await?;
        for case in cases {
            sqlx::query("INSERT INTO batch_case (batch, filed_case) VALUES (?, ?)")
                .bind(&id)
                .bind(case.id.to_string())
                .execute(&mut *self.tx)
                .await?;
            for imei in case.filing.new_imeis() {
                sqlx::query("INSERT INTO filed_imei (imei14, batch, filed_case) VALUES (?, ?, ?)")
                    .bind(imei.imei14().as_str())
                    .bind(&id)
                    .bind(case.id.to_string())
                    .execute(&mut *self.tx)
                    .await?;
            }
            let state = CaseState::Batched { batch: batch.id };
            self.set_case_state(case.id, state, batch.made_at).await?;
        }
        self.tell(batch.made_at, EventKind::Batch, &id, batch).await
    }

    /// The case with which a new IMEI is on its way to a registry now.
    ///
    /// # Errors
    ///
    /// If the query fails.
    pub async fn case_filing(&mut self, number: Imei14) -> Result<Option<CaseId>, StoreError> {
        let row: Option<(String,)> =
            sqlx::query_as("SELECT filed_case FROM filed_imei WHERE imei14 = ?")
                .bind(number.as_str())
                .fetch_optional(&mut *self.tx)
                .await?;
        // The column is written from a CaseId.
        Ok(row.and_then(|(id,)| id.parse().ok()))
    }
}

impl Store {
    /// One batch.
    ///
    /// # Errors
    ///
    /// If the query fails.
    pub async fn batch(&self, id: BatchId) -> Result<Option<SignedBatch>, StoreError> {
        self.body("batch", "SELECT body FROM batch WHERE id = ?", &id.to_string()).await
    }

    /// Batches, newest first.
    ///
    /// # Errors
    ///
    /// If the query fails.
    pub async fn batches(&self, page: &Page) -> Result<Vec<SignedBatch>, StoreError> {
        let sql = "SELECT body FROM batch WHERE (?1 IS NULL OR id < ?1) ORDER BY id DESC LIMIT ?2";
        self.page("batch", sql, page).await
    }
}
