//! Signed batches.

use super::{Change, EventKind, Page, Store, StoreError, write_body};
use crate::batch::SignedBatch;
use crate::cases::CaseState;
use crate::id::BatchId;

impl Change<'_> {
    /// Keeps a batch and marks its cases as batched.
    ///
    /// # Errors
    ///
    /// A conflict ([`StoreError::is_conflict`]) if a case is in another batch that is not
    /// answered yet.
    pub async fn save_batch(&mut self, batch: &SignedBatch) -> Result<(), StoreError> {
        let id = batch.id.to_string();
        sqlx::query("INSERT INTO batch (id, made_at, body) VALUES (?, ?, ?)")
            .bind(&id)
            .bind(batch.made_at.as_millisecond())
            .bind(write_body("batch", batch)?)
            .execute(&mut *self.tx)
            .await?;
        for case in &batch.cases {
            sqlx::query("INSERT INTO batch_case (batch, filed_case) VALUES (?, ?)")
                .bind(&id)
                .bind(case.to_string())
                .execute(&mut *self.tx)
                .await?;
            let state = CaseState::Batched { batch: batch.id };
            self.set_case_state(*case, state, batch.made_at).await?;
        }
        self.tell(batch.made_at, EventKind::Batch, &id, batch).await
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
