//! When filings were made: what registries said before that is no longer gone by.

use std::collections::BTreeMap;

use jiff::Timestamp;
use tekser_imei::Imei14;

use super::answers::list;
use super::{Change, Store, StoreError, read_body};
use crate::cases::Case;
use crate::id::BatchId;

impl Store {
    /// When a filing with each of these IMEIs last went out, was taken in or was decided.
    ///
    /// # Errors
    ///
    /// If the query fails.
    pub async fn filed_at(
        &self,
        numbers: &[Imei14],
    ) -> Result<BTreeMap<Imei14, Timestamp>, StoreError> {
        let rows: Vec<(String, i64)> = sqlx::query_as(
            "SELECT imei14, at FROM filed_at WHERE imei14 IN (SELECT value FROM json_each(?))",
        )
        .bind(list(numbers))
        .fetch_all(&self.pool)
        .await?;
        let mut found = BTreeMap::new();
        for (imei14, at) in rows {
            let at = Timestamp::from_millisecond(at).map_err(|_| StoreError::Time)?;
            // The column is written from an Imei14.
            found.extend(Imei14::parse(imei14.as_bytes()).map(|number| (number, at)));
        }
        Ok(found)
    }
}

impl Change<'_> {
    /// Enters that a filing with the IMEIs of this batch is on its way, or was answered, now.
    pub(super) async fn note_filing(
        &mut self,
        batch: BatchId,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let rows: Vec<(String,)> = sqlx::query_as(
            "SELECT c.body FROM filed_case c JOIN batch_case b ON b.filed_case = c.id \
             WHERE b.batch = ?",
        )
        .bind(batch.to_string())
        .fetch_all(&mut *self.tx)
        .await?;
        let mut numbers = Vec::new();
        for (text,) in rows {
            let case: Case = read_body("case", &text)?;
            numbers.extend(case.filing.imeis().map(|imei| imei.imei14()));
        }
        sqlx::query(
            "INSERT INTO filed_at (imei14, at) SELECT value, ?2 FROM json_each(?1) WHERE true \
             ON CONFLICT (imei14) DO UPDATE SET at = excluded.at",
        )
        .bind(list(&numbers))
        .bind(at.as_millisecond())
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }
}
