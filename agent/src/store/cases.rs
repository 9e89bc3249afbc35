//! Cases.

use jiff::Timestamp;

use super::{Change, EventKind, Page, Store, StoreError, read_body, write_body};
use crate::cases::{Case, CaseState};
use crate::id::CaseId;

impl Store {
    /// Keeps a new case.
    ///
    /// # Errors
    ///
    /// A conflict ([`StoreError::is_conflict`]) if its work order has a case already.
    pub async fn open_case(&self, case: &Case) -> Result<(), StoreError> {
        let mut change = self.begin().await?;
        let id = case.id.to_string();
        sqlx::query("INSERT INTO filed_case (id, work_order, state, body) VALUES (?, ?, ?, ?)")
            .bind(&id)
            .bind(&case.replacement.work_order)
            .bind(case.state.kind())
            .bind(write_body("case", case)?)
            .execute(&mut *change.tx)
            .await?;
        change.tell(case.opened_at, EventKind::Case, &id, case).await?;
        change.commit().await
    }

    /// One case.
    ///
    /// # Errors
    ///
    /// If the query fails.
    pub async fn case(&self, id: CaseId) -> Result<Option<Case>, StoreError> {
        self.body("case", "SELECT body FROM filed_case WHERE id = ?", &id.to_string()).await
    }

    /// The case of a work order.
    ///
    /// # Errors
    ///
    /// If the query fails.
    pub async fn case_of_work_order(&self, work_order: &str) -> Result<Option<Case>, StoreError> {
        self.body("case", "SELECT body FROM filed_case WHERE work_order = ?", work_order).await
    }

    /// Cases, newest first.
    ///
    /// # Errors
    ///
    /// If the query fails.
    pub async fn cases(&self, page: &Page) -> Result<Vec<Case>, StoreError> {
        let sql =
            "SELECT body FROM filed_case WHERE (?1 IS NULL OR id < ?1) ORDER BY id DESC LIMIT ?2";
        self.page("case", sql, page).await
    }
}

impl Change<'_> {
    /// One case, as this change sees it.
    ///
    /// # Errors
    ///
    /// If the query fails.
    pub async fn case(&mut self, id: CaseId) -> Result<Option<Case>, StoreError> {
        let row: Option<(String,)> = sqlx::query_as("SELECT body FROM filed_case WHERE id = ?")
            .bind(id.to_string())
            .fetch_optional(&mut *self.tx)
            .await?;
        row.map(|(text,)| read_body("case", &text)).transpose()
    }

    /// Replaces a case, and tells of it.
    ///
    /// # Errors
    ///
    /// If the row can't be written.
    pub async fn update_case(&mut self, case: &Case, at: Timestamp) -> Result<(), StoreError> {
        let id = case.id.to_string();
        sqlx::query("UPDATE filed_case SET state = ?, body = ? WHERE id = ?")
            .bind(case.state.kind())
            .bind(write_body("case", case)?)
            .bind(&id)
            .execute(&mut *self.tx)
            .await?;
        self.tell(at, EventKind::Case, &id, case).await
    }

    /// Puts a case into another state, and tells of it. A case that is not there is left out.
    ///
    /// # Errors
    ///
    /// If the row can't be written.
    pub async fn set_case_state(
        &mut self,
        id: CaseId,
        state: CaseState,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        match self.case(id).await? {
            Some(case) => self.update_case(&Case { state, ..case }, at).await,
            None => Ok(()),
        }
    }
}
