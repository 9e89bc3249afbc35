//! Cases.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use tekser_imei::Imei14;

use super::{Change, EventKind, Page, Store, StoreError, read_body, write_body};
use crate::cases::{Case, CaseState, Filing};
use crate::id::CaseId;

/// Most other cases of a person that a case is held against; the newest count.
const OF_PERSON_MAX: u32 = 500;

/// Most other cases with one document; an import may be large, so they are few.
const OF_DOCUMENT_MAX: u32 = 32;

impl Store {
    /// Keeps a new case.
    ///
    /// # Errors
    ///
    /// A conflict ([`StoreError::is_conflict`]) if its work order or reference has a case already.
    pub async fn open_case(&self, case: &Case) -> Result<(), StoreError> {
        let mut change = self.begin().await?;
        let id = case.id.to_string();
        sqlx::query(
            "INSERT INTO filed_case (id, reference, kind, applicant, state, body) \
             VALUES (?, ?, ?, ?, ?, ?)",
        )
        .bind(&id)
        .bind(case.filing.reference())
        .bind(case.filing.kind())
        .bind(applicant(&case.filing))
        .bind(case.state.kind())
        .bind(write_body("case", case)?)
        .execute(&mut *change.tx)
        .await?;
        change.index_documents(case).await?;
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

    /// The case of a work order or reference.
    ///
    /// # Errors
    ///
    /// If the query fails.
    pub async fn case_of_reference(&self, reference: &str) -> Result<Option<Case>, StoreError> {
        self.body("case", "SELECT body FROM filed_case WHERE reference = ?", reference).await
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

    /// Other cases of the same person, or that name one of the same documents.
    ///
    /// # Errors
    ///
    /// If a query fails.
    pub async fn related_cases(&self, case: &Case) -> Result<Vec<Case>, StoreError> {
        let mut bodies: BTreeMap<String, String> = BTreeMap::new();
        let own = case.id.to_string();
        if let (Filing::Personal(_), Some(applicant)) = (&case.filing, applicant(&case.filing)) {
            let sql = "SELECT id, body FROM filed_case \
                       WHERE applicant = ?1 AND kind = 'personal' AND id <> ?2 \
                       ORDER BY id DESC LIMIT ?3";
            let rows = sqlx::query_as(sql).bind(applicant).bind(&own).bind(OF_PERSON_MAX);
            bodies.extend(rows.fetch_all(&self.pool).await?);
        }
        for key in document_keys(&case.filing) {
            let sql = "SELECT c.id, c.body FROM case_document d JOIN filed_case c \
                       ON c.id = d.filed_case WHERE d.key = ?1 AND c.id <> ?2 \
                       ORDER BY c.id DESC LIMIT ?3";
            let rows = sqlx::query_as(sql).bind(key).bind(&own).bind(OF_DOCUMENT_MAX);
            bodies.extend(rows.fetch_all(&self.pool).await?);
        }
        bodies.values().map(|text| read_body("case", text)).collect()
    }

    /// Those of these IMEIs that left with a replaced board.
    ///
    /// # Errors
    ///
    /// If a query fails.
    pub async fn replaced_away(
        &self,
        numbers: impl IntoIterator<Item = Imei14>,
    ) -> Result<BTreeSet<Imei14>, StoreError> {
        let mut found = BTreeSet::new();
        for number in numbers {
            let sql = "SELECT 1 FROM replaced_away WHERE imei14 = ? LIMIT 1";
            let query = sqlx::query(sql).bind(number.as_str().to_owned());
            if query.fetch_optional(&self.pool).await?.is_some() {
                found.insert(number);
            }
        }
        Ok(found)
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
        sqlx::query("UPDATE filed_case SET state = ?, applicant = ?, body = ? WHERE id = ?")
            .bind(case.state.kind())
            .bind(applicant(&case.filing))
            .bind(write_body("case", case)?)
            .bind(&id)
            .execute(&mut *self.tx)
            .await?;
        sqlx::query("DELETE FROM case_document WHERE filed_case = ?")
            .bind(&id)
            .execute(&mut *self.tx)
            .await?;
        self.index_documents(case).await?;
        if matches!(case.state, CaseState::Approved { .. }) {
            self.index_replaced(case, at).await?;
        }
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

    /// Cases with which this IMEI left a phone, and since when, the latest first.
    ///
    /// # Errors
    ///
    /// If the query fails.
    pub async fn replacements_of(
        &mut self,
        number: Imei14,
    ) -> Result<Vec<(CaseId, Timestamp)>, StoreError> {
        let rows: Vec<(String, i64)> = sqlx::query_as(
            "SELECT filed_case, since FROM replaced_away WHERE imei14 = ? ORDER BY since DESC \
             LIMIT 8",
        )
        .bind(number.as_str())
        .fetch_all(&mut *self.tx)
        .await?;
        // The column is written from a CaseId.
        let known = rows.iter().filter_map(|(id, since)| Some((id.parse().ok()?, *since)));
        known
            .map(|(id, since)| {
                Ok((id, Timestamp::from_millisecond(since).map_err(|_| StoreError::Time)?))
            })
            .collect()
    }

    async fn index_documents(&mut self, case: &Case) -> Result<(), StoreError> {
        for key in document_keys(&case.filing) {
            sqlx::query("INSERT INTO case_document (key, filed_case) VALUES (?, ?)")
                .bind(key)
                .bind(case.id.to_string())
                .execute(&mut *self.tx)
                .await?;
        }
        Ok(())
    }

    async fn index_replaced(&mut self, case: &Case, at: Timestamp) -> Result<(), StoreError> {
        let Some(replacement) = case.filing.replacement() else { return Ok(()) };
        for old in &replacement.old {
            sqlx::query(
                "INSERT OR IGNORE INTO replaced_away (imei14, filed_case, since) VALUES (?, ?, ?)",
            )
            .bind(old.imei14().as_str().to_owned())
            .bind(case.id.to_string())
            .bind(at.as_millisecond())
            .execute(&mut *self.tx)
            .await?;
        }
        Ok(())
    }
}

fn applicant(filing: &Filing) -> Option<String> {
    filing.applicant().map(|applicant| applicant.number.to_string())
}

/// Keys of the documents that have a number, each once.
fn document_keys(filing: &Filing) -> BTreeSet<String> {
    let numbers = filing.documents().iter().filter_map(|document| document.number.as_ref());
    numbers.map(|number| number.key()).filter(|key| !key.is_empty()).collect()
}
