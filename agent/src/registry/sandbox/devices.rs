//! Devices, and the networks that see them.
//!
//! Lists are per IMEI, and a device has two to four of them: the ministry counts grey IMEIs "in a
//! bundle with already registered devices" that await a simplified application (kt.kz, 12 October
//! 2025). Which IMEIs are one device, a registry knows from the maker and from what it approved.

use std::collections::BTreeSet;

use sqlx::SqliteConnection;
use tekser_imei::{Imei, Imei14};

use super::lists::{Row, list_once, standing, verdict};
use super::{Listing, Sandbox};
use crate::ruling::{BlockReason, Verdict};
use crate::store::StoreError;

/// Why IMEIs are no device.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// Too few or too many.
    #[error("a device that is made known has 2 to {} different IMEIs", Sandbox::DEVICE_IMEIS_MAX)]
    Size,
    /// One of them is in another device.
    #[error("one of these IMEIs belongs to another device")]
    Taken,
    /// The file failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Sandbox {
    /// Most IMEIs of a device.
    pub const DEVICE_IMEIS_MAX: usize = 4;

    /// Makes known which IMEIs the maker put in one device. Saying it again changes nothing.
    ///
    /// # Errors
    ///
    /// See [`DeviceError`].
    pub async fn make_known(&self, imeis: &[Imei]) -> Result<(), DeviceError> {
        let numbers: BTreeSet<Imei14> = imeis.iter().map(|imei| imei.imei14()).collect();
        if numbers.len() != imeis.len() || !(2..=Self::DEVICE_IMEIS_MAX).contains(&imeis.len()) {
            return Err(DeviceError::Size);
        }
        let mut tx = self.begin().await?;
        let known = groups(&mut tx, numbers.iter()).await.map_err(StoreError::from)?;
        match known.as_slice() {
            [] => {}
            // It was approved with some of its IMEIs only.
            [one] if one.is_subset(&numbers) => {
                ungroup(&mut tx, one.iter()).await.map_err(StoreError::from)?;
            }
            _ => return Err(DeviceError::Taken),
        }
        group(&mut tx, numbers.iter()).await.map_err(StoreError::from)?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(())
    }

    /// A network sees an IMEI now: the days of grace run from the first time. One that no maker
    /// assigned is blocked at once.
    ///
    /// # Errors
    ///
    /// If the file fails.
    pub async fn connect(&self, imei: Imei) -> Result<Verdict, StoreError> {
        let mut tx = self.begin().await?;
        let now = self.clock.now();
        let unsound = imei.suspicions().into_iter().any(|one| one.is_disqualifying());
        let listing = if unsound { Listing::Black(BlockReason::Altered) } else { Listing::Grey };
        list_once(&mut tx, imei.imei14(), Row::of(listing, now)).await?;
        let verdict = verdict(&mut tx, imei.imei14(), now).await?;
        tx.commit().await?;
        Ok(verdict)
    }

    /// Whether an IMEI is one that only waits to be confirmed as another of a verified device.
    ///
    /// # Errors
    ///
    /// If the file fails.
    pub async fn awaits_confirmation(&self, imei: Imei) -> Result<bool, StoreError> {
        let mut db = self.pool.acquire().await?;
        let own = imei.imei14();
        if !matches!(verdict(&mut db, own, self.clock.now()).await?, Verdict::Grace { .. }) {
            return Ok(false);
        }
        for number in groups(&mut db, [&own]).await?.into_iter().flatten() {
            if standing(&mut db, number).await?.is_some_and(|listed| listed.is_white()) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The devices that these IMEIs belong to, each whole.
pub(super) async fn groups(
    db: &mut SqliteConnection,
    numbers: impl IntoIterator<Item = &Imei14>,
) -> Result<Vec<BTreeSet<Imei14>>, sqlx::Error> {
    let mut found: Vec<BTreeSet<Imei14>> = Vec::new();
    for number in numbers {
        if found.iter().any(|group| group.contains(number)) {
            continue;
        }
        let rows: Vec<(String,)> = sqlx::query_as(
            "SELECT imei14 FROM device_imei WHERE device = \
             (SELECT device FROM device_imei WHERE imei14 = ?)",
        )
        .bind(number.as_str())
        .fetch_all(&mut *db)
        .await?;
        if !rows.is_empty() {
            let group = rows.iter().filter_map(|(text,)| Imei14::parse(text.as_bytes()).ok());
            found.push(group.collect());
        }
    }
    Ok(found)
}

/// Makes these IMEIs, none of which is in a device, one.
pub(super) async fn group(
    db: &mut SqliteConnection,
    numbers: impl IntoIterator<Item = &Imei14>,
) -> Result<(), sqlx::Error> {
    let (device,): (i64,) = sqlx::query_as("SELECT coalesce(max(device), 0) + 1 FROM device_imei")
        .fetch_one(&mut *db)
        .await?;
    for number in numbers {
        sqlx::query("INSERT INTO device_imei (imei14, device) VALUES (?, ?)")
            .bind(number.as_str())
            .bind(device)
            .execute(&mut *db)
            .await?;
    }
    Ok(())
}

async fn ungroup(
    db: &mut SqliteConnection,
    numbers: impl IntoIterator<Item = &Imei14>,
) -> Result<(), sqlx::Error> {
    for number in numbers {
        sqlx::query("DELETE FROM device_imei WHERE imei14 = ?")
            .bind(number.as_str())
            .execute(&mut *db)
            .await?;
    }
    Ok(())
}
