//! What was found in declarations of cases.

use std::collections::BTreeMap;

use super::{Change, Store, StoreError, read_body, write_body};
use crate::cases::FileDigest;
use crate::declaration::Searched;
use crate::id::CaseId;

impl Store {
    /// What was found in the files of a case.
    ///
    /// # Errors
    ///
    /// If the query fails.
    pub async fn searched(
        &self,
        case: CaseId,
    ) -> Result<BTreeMap<FileDigest, Searched>, StoreError> {
        let rows: Vec<(String, String)> =
            sqlx::query_as("SELECT sha256, body FROM declaration_search WHERE filed_case = ?")
                .bind(case.to_string())
                .fetch_all(&self.pool)
                .await?;
        // The column is written from a FileDigest.
        let known =
            rows.iter().filter_map(|(sha, body)| Some((FileDigest::parse(sha).ok()?, body)));
        known.map(|(sha, body)| Ok((sha, read_body("search", body)?))).collect()
    }
}

impl Change<'_> {
    /// Keeps what was found in a file of a case, in place of what was found before.
    ///
    /// # Errors
    ///
    /// If the row can't be written.
    pub async fn keep_searched(
        &mut self,
        case: CaseId,
        file: &FileDigest,
        searched: &Searched,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO declaration_search (filed_case, sha256, at, body) VALUES (?, ?, ?, ?) \
             ON CONFLICT (filed_case, sha256) DO UPDATE SET at = excluded.at, body = excluded.body",
        )
        .bind(case.to_string())
        .bind(file.as_str())
        .bind(searched.at.as_millisecond())
        .bind(write_body("search", searched)?)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }
}
