//! Scanners, and every code that they sent.

use jiff::Timestamp;
use serde::Serialize;
use tekser_wire::message::{BoxNumber, Sequence, StoreId};

use super::{Change, EventKind, Page, Store, StoreError, read_body, write_body};
use crate::counter::{KeptScan, KnownScanner, ScannerName};
use crate::id::{ReadingId, ScanId};

/// One store of one scanner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreKey {
    /// The scanner.
    pub scanner: ScannerName,
    /// Its store.
    pub store: StoreId,
}

/// How far the scans of a scanner's store are durable here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Durable {
    /// How often the store was found to count from an earlier number again.
    pub epoch: u32,
    /// Newest scan that is durable.
    pub through: Sequence,
}

impl Change<'_> {
    /// What is known of a scanner.
    ///
    /// # Errors
    ///
    /// If the query fails.
    pub async fn scanner(
        &mut self,
        name: &ScannerName,
    ) -> Result<Option<KnownScanner>, StoreError> {
        let row: Option<(String,)> = sqlx::query_as("SELECT body FROM scanner WHERE name = ?")
            .bind(name.as_str())
            .fetch_optional(&mut *self.tx)
            .await?;
        row.map(|(text,)| read_body("scanner", &text)).transpose()
    }

    /// Keeps what is known of a scanner.
    ///
    /// # Errors
    ///
    /// If the row can't be written.
    pub async fn save_scanner(&mut self, scanner: &KnownScanner) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO scanner (name, last_seen, body) VALUES (?, ?, ?) ON CONFLICT (name) \
             DO UPDATE SET last_seen = excluded.last_seen, body = excluded.body",
        )
        .bind(scanner.name.as_str())
        .bind(scanner.last_seen.as_millisecond())
        .bind(write_body("scanner", scanner)?)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// How far a store's scans are durable; `None` if it was never heard of.
    ///
    /// # Errors
    ///
    /// If the query fails.
    pub async fn durable(&mut self, key: &StoreKey) -> Result<Option<Durable>, StoreError> {
        let row: Option<(u32, u32)> = sqlx::query_as(
            "SELECT epoch, durable FROM scanner_store WHERE scanner = ? AND store = ?",
        )
        .bind(key.scanner.as_str())
        .bind(key.store.0)
        .fetch_optional(&mut *self.tx)
        .await?;
        Ok(row.map(|(epoch, through)| Durable { epoch, through: Sequence(through) }))
    }

    /// Sets how far a store's scans are durable. Its scanner must be there.
    ///
    /// # Errors
    ///
    /// If the row can't be written.
    pub async fn set_durable(
        &mut self,
        key: &StoreKey,
        durable: Durable,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO scanner_store (scanner, store, epoch, durable) VALUES (?, ?, ?, ?) \
             ON CONFLICT (scanner, store) \
             DO UPDATE SET epoch = excluded.epoch, durable = excluded.durable",
        )
        .bind(key.scanner.as_str())
        .bind(key.store.0)
        .bind(durable.epoch)
        .bind(durable.through.0)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// Scans of one box, in the order of their numbers: more than a label holds, if there are as
    /// many.
    ///
    /// # Errors
    ///
    /// If the query fails.
    pub async fn scans_of_box(
        &mut self,
        key: &StoreKey,
        epoch: u32,
        number: BoxNumber,
    ) -> Result<Vec<KeptScan>, StoreError> {
        let rows: Vec<(String,)> = sqlx::query_as(
            "SELECT body FROM scan WHERE scanner = ? AND store = ? AND epoch = ? AND box = ? \
             ORDER BY sequence LIMIT 256",
        )
        .bind(key.scanner.as_str())
        .bind(key.store.0)
        .bind(epoch)
        .bind(number.0)
        .fetch_all(&mut *self.tx)
        .await?;
        rows.iter().map(|(text,)| read_body("scan", text)).collect()
    }

    /// Scans of one scanner since a person chose a phone, in the order of their numbers: more than
    /// a label holds, if there are as many.
    ///
    /// # Errors
    ///
    /// If the query fails.
    pub async fn scans_of_choice(
        &mut self,
        key: &StoreKey,
        epoch: u32,
        chosen_at: Timestamp,
    ) -> Result<Vec<KeptScan>, StoreError> {
        let rows: Vec<(String,)> = sqlx::query_as(
            "SELECT body FROM scan WHERE scanner = ? AND choice = ? AND store = ? AND epoch = ? \
             ORDER BY sequence LIMIT 256",
        )
        .bind(key.scanner.as_str())
        .bind(chosen_at.as_millisecond())
        .bind(key.store.0)
        .bind(epoch)
        .fetch_all(&mut *self.tx)
        .await?;
        rows.iter().map(|(text,)| read_body("scan", text)).collect()
    }

    /// Keeps a scan that is new, and tells of it. The database itself refuses one number twice.
    ///
    /// # Errors
    ///
    /// If the row can't be written.
    pub async fn add_scan(
        &mut self,
        scan: &KeptScan,
        epoch: u32,
        code: &[u8],
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO scan \
             (id, scanner, store, epoch, sequence, box, choice, handset, reading, code, body) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(scan.id.to_string())
        .bind(scan.scanner.as_str())
        .bind(scan.store)
        .bind(epoch)
        .bind(scan.sequence)
        .bind(scan.box_number)
        .bind(scan.chosen_at.map(Timestamp::as_millisecond))
        .bind(scan.handset.map(|handset| handset.to_string()))
        .bind(scan.reading.map(|reading| reading.to_string()))
        .bind(code)
        .bind(write_body("scan", scan)?)
        .execute(&mut *self.tx)
        .await?;
        self.tell_of_scan(scan).await
    }

    /// Replaces what became of a scan, and tells of it.
    ///
    /// # Errors
    ///
    /// If the row can't be written.
    pub async fn change_scan(&mut self, scan: &KeptScan) -> Result<(), StoreError> {
        sqlx::query("UPDATE scan SET handset = ?, reading = ?, body = ? WHERE id = ?")
            .bind(scan.handset.map(|handset| handset.to_string()))
            .bind(scan.reading.map(|reading| reading.to_string()))
            .bind(write_body("scan", scan)?)
            .bind(scan.id.to_string())
            .execute(&mut *self.tx)
            .await?;
        self.tell_of_scan(scan).await
    }

    async fn tell_of_scan(&mut self, scan: &KeptScan) -> Result<(), StoreError> {
        self.tell(scan.received_at, EventKind::Scan, &scan.id.to_string(), scan).await
    }

    /// Tells how a scanner stands.
    ///
    /// # Errors
    ///
    /// If the row can't be written.
    pub async fn tell_of_scanner<T: Serialize>(
        &mut self,
        at: Timestamp,
        name: &ScannerName,
        view: &T,
    ) -> Result<(), StoreError> {
        self.tell(at, EventKind::Scanner, name.as_str(), view).await
    }
}

impl Store {
    /// Scanners that were ever heard, the latest seen first.
    ///
    /// # Errors
    ///
    /// If the query fails.
    pub async fn scanners(&self) -> Result<Vec<KnownScanner>, StoreError> {
        let rows: Vec<(String,)> =
            sqlx::query_as("SELECT body FROM scanner ORDER BY last_seen DESC, name LIMIT 256")
                .fetch_all(&self.pool)
                .await?;
        rows.iter().map(|(text,)| read_body("scanner", text)).collect()
    }

    /// One scanner.
    ///
    /// # Errors
    ///
    /// If the query fails.
    pub async fn scanner(&self, name: &str) -> Result<Option<KnownScanner>, StoreError> {
        self.body("scanner", "SELECT body FROM scanner WHERE name = ?", name).await
    }

    /// Codes that one scanner sent, newest first.
    ///
    /// # Errors
    ///
    /// If the query fails.
    pub async fn scans_of(
        &self,
        scanner: &ScannerName,
        page: &Page,
    ) -> Result<Vec<KeptScan>, StoreError> {
        let rows: Vec<(String,)> = sqlx::query_as(
            "SELECT body FROM scan WHERE scanner = ?1 AND (?2 IS NULL OR id < ?2) \
             ORDER BY id DESC LIMIT ?3",
        )
        .bind(scanner.as_str())
        .bind(&page.before)
        .bind(page.limit)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(|(text,)| read_body("scan", text)).collect()
    }

    /// The scanner and box that a reading comes from; `None` if it comes from no scanner.
    ///
    /// # Errors
    ///
    /// If the query fails.
    pub async fn scanned_by(
        &self,
        reading: ReadingId,
    ) -> Result<Option<(ScannerName, BoxNumber)>, StoreError> {
        let row: Option<(String, u32)> =
            sqlx::query_as("SELECT scanner, box FROM scan WHERE reading = ? LIMIT 1")
                .bind(reading.to_string())
                .fetch_optional(&self.pool)
                .await?;
        Ok(row.map(|(scanner, number)| (ScannerName::from(scanner), BoxNumber(number))))
    }

    /// One scan.
    ///
    /// # Errors
    ///
    /// If the query fails.
    pub async fn scan(&self, id: ScanId) -> Result<Option<KeptScan>, StoreError> {
        self.body("scan", "SELECT body FROM scan WHERE id = ?", &id.to_string()).await
    }
}
