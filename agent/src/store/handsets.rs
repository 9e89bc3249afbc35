//! Readings and the handsets they make up.

use tekser_hardware::DeviceId;
use tekser_imei::Imei14;

use super::{Change, EventKind, Page, Store, StoreError, read_body, write_body};
use crate::bench::{Handset, RecordedReading};
use crate::id::{HandsetId, ReadingId};

impl Change<'_> {
    /// Handsets that gave any of these numbers, the latest seen first.
    ///
    /// # Errors
    ///
    /// If the query fails.
    pub async fn handsets_with(&mut self, numbers: &[Imei14]) -> Result<Vec<Handset>, StoreError> {
        let mut found: Vec<Handset> = Vec::new();
        for number in numbers {
            let rows: Vec<(String,)> = sqlx::query_as(
                "SELECT h.body FROM handset_imei i JOIN handset h ON h.id = i.handset \
                 WHERE i.imei14 = ? ORDER BY h.last_seen DESC, h.id LIMIT 16",
            )
            .bind(number.as_str())
            .fetch_all(&mut *self.tx)
            .await?;
            for (text,) in rows {
                let handset: Handset = read_body("handset", &text)?;
                if found.iter().all(|other| other.id != handset.id) {
                    found.push(handset);
                }
            }
        }
        found.sort_by_key(|handset| core::cmp::Reverse(handset.last_seen));
        Ok(found)
    }

    /// The handset with this serial number that was seen last.
    ///
    /// # Errors
    ///
    /// If the query fails.
    pub async fn handset_with_serial(
        &mut self,
        serial: &str,
    ) -> Result<Option<Handset>, StoreError> {
        let row: Option<(String,)> = sqlx::query_as(
            "SELECT body FROM handset WHERE serial = ? ORDER BY last_seen DESC, id LIMIT 1",
        )
        .bind(serial)
        .fetch_optional(&mut *self.tx)
        .await?;
        row.map(|(text,)| read_body("handset", &text)).transpose()
    }

    /// One handset.
    ///
    /// # Errors
    ///
    /// If the query fails.
    pub async fn handset(&mut self, id: HandsetId) -> Result<Option<Handset>, StoreError> {
        let row: Option<(String,)> = sqlx::query_as("SELECT body FROM handset WHERE id = ?")
            .bind(id.to_string())
            .fetch_optional(&mut *self.tx)
            .await?;
        row.map(|(text,)| read_body("handset", &text)).transpose()
    }

    /// Readings of a handset, oldest first: the latest 64, and the latest of every source, so that
    /// a phone that is read often does not forget its label.
    ///
    /// # Errors
    ///
    /// If the query fails.
    pub async fn readings_of(&mut self, id: HandsetId) -> Result<Vec<RecordedReading>, StoreError> {
        let mut rows: Vec<(String,)> = sqlx::query_as(
            "SELECT body FROM reading WHERE handset = ?1 AND (id IN \
                 (SELECT id FROM reading WHERE handset = ?1 ORDER BY id DESC LIMIT 64) OR id IN \
                 (SELECT max(id) FROM reading WHERE handset = ?1 GROUP BY source)) \
                 ORDER BY id DESC",
        )
        .bind(id.to_string())
        .fetch_all(&mut *self.tx)
        .await?;
        rows.reverse();
        rows.iter().map(|(text,)| read_body("reading", text)).collect()
    }

    /// Keeps a handset, and tells of it.
    ///
    /// # Errors
    ///
    /// If a row can't be written.
    pub async fn save_handset(&mut self, handset: &Handset) -> Result<(), StoreError> {
        let id = handset.id.to_string();
        sqlx::query(
            "INSERT INTO handset (id, device, serial, last_seen, body) VALUES (?, ?, ?, ?, ?) \
             ON CONFLICT (id) DO UPDATE SET device = excluded.device, serial = excluded.serial, \
             last_seen = excluded.last_seen, body = excluded.body",
        )
        .bind(&id)
        .bind(handset.device.as_ref().map(DeviceId::as_str))
        .bind(&handset.serial)
        .bind(handset.last_seen.as_millisecond())
        .bind(write_body("handset", handset)?)
        .execute(&mut *self.tx)
        .await?;
        let said = handset.slots.iter().flat_map(|slot| &slot.said);
        for number in said.filter_map(|said| said.claim.value.imei14()) {
            sqlx::query("INSERT OR IGNORE INTO handset_imei (imei14, handset) VALUES (?, ?)")
                .bind(number.as_str())
                .bind(&id)
                .execute(&mut *self.tx)
                .await?;
        }
        self.tell(handset.last_seen, EventKind::Handset, &id, handset).await
    }

    /// Keeps a reading. Its handset must be there.
    ///
    /// # Errors
    ///
    /// If the row can't be written.
    pub async fn save_reading(&mut self, reading: &RecordedReading) -> Result<(), StoreError> {
        let source = serde_json::to_value(reading.reading.source)
            .ok()
            .and_then(|value| value.as_str().map(str::to_owned))
            .unwrap_or_default();
        sqlx::query(
            "INSERT INTO reading (id, at, handset, device, source, body) VALUES (?, ?, ?, ?, ?, ?)",
        )
        .bind(reading.id.to_string())
        .bind(reading.at.as_millisecond())
        .bind(reading.handset.to_string())
        .bind(reading.device.as_ref().map(DeviceId::as_str))
        .bind(source)
        .bind(write_body("reading", reading)?)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }
}

impl Store {
    /// Handsets that ever gave this number, the latest seen first.
    ///
    /// # Errors
    ///
    /// If the query fails.
    pub async fn handsets_with(&self, number: Imei14) -> Result<Vec<Handset>, StoreError> {
        let sql = "SELECT h.body FROM handset_imei i JOIN handset h ON h.id = i.handset \
                   WHERE i.imei14 = ? ORDER BY h.last_seen DESC, h.id LIMIT 16";
        let rows: Vec<(String,)> =
            sqlx::query_as(sql).bind(number.as_str().to_owned()).fetch_all(&self.pool).await?;
        rows.iter().map(|(text,)| read_body("handset", text)).collect()
    }

    /// One handset.
    ///
    /// # Errors
    ///
    /// If the query fails.
    pub async fn handset(&self, id: HandsetId) -> Result<Option<Handset>, StoreError> {
        self.body("handset", "SELECT body FROM handset WHERE id = ?", &id.to_string()).await
    }

    /// Handsets, newest first.
    ///
    /// # Errors
    ///
    /// If the query fails.
    pub async fn handsets(&self, page: &Page) -> Result<Vec<Handset>, StoreError> {
        let sql =
            "SELECT body FROM handset WHERE (?1 IS NULL OR id < ?1) ORDER BY id DESC LIMIT ?2";
        self.page("handset", sql, page).await
    }

    /// One reading.
    ///
    /// # Errors
    ///
    /// If the query fails.
    pub async fn reading(&self, id: ReadingId) -> Result<Option<RecordedReading>, StoreError> {
        self.body("reading", "SELECT body FROM reading WHERE id = ?", &id.to_string()).await
    }

    /// Readings, newest first.
    ///
    /// # Errors
    ///
    /// If the query fails.
    pub async fn readings(&self, page: &Page) -> Result<Vec<RecordedReading>, StoreError> {
        let sql =
            "SELECT body FROM reading WHERE (?1 IS NULL OR id < ?1) ORDER BY id DESC LIMIT ?2";
        self.page("reading", sql, page).await
    }

    /// Readings of labels and screens, newest first.
    ///
    /// # Errors
    ///
    /// If the query fails.
    pub async fn scans(&self, page: &Page) -> Result<Vec<RecordedReading>, StoreError> {
        let sql = "SELECT body FROM reading WHERE source IN ('label', 'screen') AND (?1 IS NULL OR id < ?1) \
                   ORDER BY id DESC LIMIT ?2";
        self.page("reading", sql, page).await
    }
}
