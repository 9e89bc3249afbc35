//! What people saw on portals.

use std::collections::BTreeMap;

use jiff::Timestamp;
use tekser_imei::{Imei, Imei14};

use super::{Change, EventKind, Store, StoreError, read_body, write_body};
use crate::id::{AnswerId, SightingId};
use crate::portal::Sighting;
use crate::ruling::{Answer, RegistryId};

impl Store {
    /// The latest sighting on a portal that counts, of each of these identities that has one.
    ///
    /// # Errors
    ///
    /// If the query fails.
    pub async fn standing_sightings(
        &self,
        portal: &RegistryId,
        imeis: &[Imei],
    ) -> Result<BTreeMap<Imei14, Sighting>, StoreError> {
        let numbers: Vec<Imei14> = imeis.iter().map(|imei| imei.imei14()).collect();
        let numbers: Vec<&str> = numbers.iter().map(Imei14::as_str).collect();
        let rows: Vec<(String,)> = sqlx::query_as(
            "SELECT body FROM sighting WHERE portal = ?1 AND counts = 1 \
             AND imei14 IN (SELECT value FROM json_each(?2)) ORDER BY seen_at, id",
        )
        .bind(portal.as_str())
        .bind(write_body("list of identities", &numbers)?)
        .fetch_all(&self.pool)
        .await?;
        let mut latest = BTreeMap::new();
        for (text,) in rows {
            let sighting: Sighting = read_body("sighting", &text)?;
            latest.insert(sighting.imei.imei14(), sighting);
        }
        Ok(latest)
    }

    /// The latest things that people said of an identity on a portal, newest first: those too that
    /// answer nothing, and those that were withdrawn.
    ///
    /// # Errors
    ///
    /// If the query fails.
    pub async fn sightings(
        &self,
        portal: &RegistryId,
        number: Imei14,
        limit: u32,
    ) -> Result<Vec<Sighting>, StoreError> {
        let rows: Vec<(String,)> = sqlx::query_as(
            "SELECT body FROM sighting WHERE imei14 = ? AND portal = ? ORDER BY id DESC LIMIT ?",
        )
        .bind(number.as_str())
        .bind(portal.as_str())
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(|(text,)| read_body("sighting", text)).collect()
    }
}

impl Change<'_> {
    /// Keeps a sighting as it is now, and tells of it.
    ///
    /// # Errors
    ///
    /// If the row can't be written.
    pub async fn save_sighting(
        &mut self,
        sighting: &Sighting,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO sighting (id, portal, imei14, seen_at, counts, body) \
             VALUES (?, ?, ?, ?, ?, ?) \
             ON CONFLICT (id) DO UPDATE SET counts = excluded.counts, body = excluded.body",
        )
        .bind(sighting.id.to_string())
        .bind(sighting.portal.as_str())
        .bind(sighting.imei.imei14().as_str())
        .bind(sighting.seen_at.as_millisecond())
        .bind(sighting.counts())
        .bind(write_body("sighting", sighting)?)
        .execute(&mut *self.tx)
        .await?;
        self.tell(now, EventKind::Sighting, &sighting.imei.to_string(), sighting).await
    }

    /// Puts an answer in the place of the one before, whatever that was: a determined one that a
    /// person took back must not stay.
    ///
    /// # Errors
    ///
    /// If the row can't be written.
    pub async fn replace_answer(&mut self, answer: &Answer) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO answer (id, imei14, registry, as_of, body) VALUES (?, ?, ?, ?, ?) \
             ON CONFLICT (imei14, registry) DO UPDATE SET id = excluded.id, \
             as_of = excluded.as_of, body = excluded.body",
        )
        .bind(AnswerId::new().to_string())
        .bind(answer.imei.imei14().as_str())
        .bind(answer.source.as_str())
        .bind(answer.as_of.as_millisecond())
        .bind(write_body("answer", answer)?)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// A sighting by its name.
    ///
    /// # Errors
    ///
    /// If the query fails.
    pub async fn sighting(&mut self, id: SightingId) -> Result<Option<Sighting>, StoreError> {
        let row: Option<(String,)> = sqlx::query_as("SELECT body FROM sighting WHERE id = ?")
            .bind(id.to_string())
            .fetch_optional(&mut *self.tx)
            .await?;
        row.map(|(text,)| read_body("sighting", &text)).transpose()
    }

    /// The latest sighting of an identity on a portal that counts.
    ///
    /// # Errors
    ///
    /// If the query fails.
    pub async fn standing_sighting(
        &mut self,
        portal: &RegistryId,
        number: Imei14,
    ) -> Result<Option<Sighting>, StoreError> {
        let row: Option<(String,)> = sqlx::query_as(
            "SELECT body FROM sighting WHERE imei14 = ? AND portal = ? AND counts = 1 \
             ORDER BY seen_at DESC, id DESC LIMIT 1",
        )
        .bind(number.as_str())
        .bind(portal.as_str())
        .fetch_optional(&mut *self.tx)
        .await?;
        row.map(|(text,)| read_body("sighting", &text)).transpose()
    }
}
