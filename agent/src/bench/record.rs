//! Giving a reading to the phone it is of.
//!
//! A phone is recognised by its place while it stays plugged in, else by an identity it gave
//! before, else by its serial number: a replaced board changes the first and keeps the second.
//! A phone that is plugged in elsewhere, or carries another serial number, is another phone even
//! if it gives the same IMEI: that is how clones are seen.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tekser_hardware::{DeviceId, Reading, Source, survey};
use tekser_imei::Imei14;
use utoipa::ToSchema;

use super::handset::{Finding, FindingKind, Handset, RecordedReading};
use super::label::{LABEL_MAX, LabelError, read_label};
use super::{Bench, DeviceState, Live, merge, replaced, serial};
use crate::finding::Severity;
use crate::id::{HandsetId, ReadingId};
use crate::store::{Change, StoreError};

/// What a scan belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Whatever phone has these identities, or a new one.
    Any,
    /// The phone that is plugged in there: this is its box.
    Device(DeviceId),
    /// A phone that is known: this is its box, or all its codes that were scanned so far.
    Handset(HandsetId),
}

/// What was scanned.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScanSource {
    /// Box label or sticker: what the phone was when it left the factory.
    #[default]
    Label,
    /// What the phone itself shows (`*#06#`): what it is now.
    Screen,
}

impl From<ScanSource> for Source {
    fn from(source: ScanSource) -> Self {
        match source {
            ScanSource::Label => Self::Label,
            ScanSource::Screen => Self::Screen,
        }
    }
}

/// Why a scan was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// Nothing in it can be used.
    #[error(transparent)]
    Label(#[from] LabelError),
    /// Too long for a label.
    #[error("{length} bytes are more than a label holds; scan one box at a time")]
    TooLong {
        /// Bytes given.
        length: usize,
    },
    /// Nothing is plugged in there, or it was not read yet. The screen of a phone that cannot be
    /// read is taken.
    #[error("no phone was read at {0}")]
    NoSuchDevice(DeviceId),
    /// No such phone.
    #[error("there is no handset {0}")]
    NoSuchHandset(HandsetId),
    /// The store failed.
    #[error("the scan cannot be kept")]
    Store(#[from] StoreError),
}

impl Bench {
    /// Takes the text of a label.
    ///
    /// # Errors
    ///
    /// See [`ScanError`]; a text that was refused leaves no trace.
    pub async fn scan(
        &self,
        text: &str,
        source: ScanSource,
        target: Target,
    ) -> Result<Handset, ScanError> {
        if text.len() > LABEL_MAX {
            return Err(ScanError::TooLong { length: text.len() });
        }
        let reading = read_label(text, source.into())?;
        let _turn = self.recording.lock().await;
        let known = match target {
            Target::Any => None,
            Target::Handset(id) => Some(id),
            Target::Device(id) => {
                let handset = self.live().get(&id).and_then(|live| live.handset);
                match handset {
                    Some(handset) => Some(handset),
                    None if source == ScanSource::Screen => return self.show(reading, id).await,
                    None => return Err(ScanError::NoSuchDevice(id)),
                }
            }
        };
        let mut change = self.store.begin().await?;
        if let Some(id) = known
            && change.handset(id).await?.is_none()
        {
            return Err(ScanError::NoSuchHandset(id));
        }
        let handset = self.record(&mut change, reading, None, known).await?;
        change.commit().await?;
        let _ = self.read.send(handset.id);
        Ok(handset)
    }

    /// Takes what the screen of a phone shows that is plugged in and could not be read.
    async fn show(&self, screen: Reading, id: DeviceId) -> Result<Handset, ScanError> {
        let unread = |live: &&Live| matches!(live.view.state, DeviceState::Failed { .. });
        let found = self
            .live()
            .get(&id)
            .filter(unread)
            .map(|live| (live.arrival, live.view.since, survey::by_descriptors(&live.device)));
        let Some((arrival, since, descriptors)) = found else {
            return Err(ScanError::NoSuchDevice(id));
        };
        let mut change = self.store.begin().await?;
        let place = Some((id.clone(), since));
        let mut handset = self.record(&mut change, screen, place.clone(), None).await?;
        if let Some(descriptors) = descriptors {
            let known = Some(handset.id);
            handset = self.record(&mut change, descriptors, place, known).await?;
        }
        change.commit().await?;
        let phone = handset.id;
        self.change(&id, arrival, |live| {
            live.handset = Some(phone);
            live.view.state = DeviceState::Read { handset: phone, took_ms: 0 };
        })
        .await?;
        let _ = self.read.send(phone);
        Ok(handset)
    }

    /// Keeps what was read from a device at one plug-in, for a caller that read it itself. Gives
    /// the phone after the last of them; `None` if there is none.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub async fn keep_all(
        &self,
        readings: Vec<Reading>,
        device: &DeviceId,
    ) -> Result<Option<Handset>, StoreError> {
        let (arrival, since) = self.plugged_at(device).unzip();
        let plugged_at = since.unwrap_or_else(|| self.clock.now());
        let mut known = None;
        let mut last: Option<Handset> = None;
        for reading in readings {
            let handset = self.keep_at(reading, device, arrival, plugged_at, known).await?;
            known = Some(handset.id);
            last = Some(handset);
        }
        Ok(last)
    }

    /// Keeps what was read from a device, for a caller that read it itself.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub async fn keep(&self, reading: Reading, device: &DeviceId) -> Result<Handset, StoreError> {
        let arrival = self.plugged_at(device).map(|(arrival, _)| arrival);
        self.keep_from(reading, device, arrival).await
    }

    /// As what, and when, the device was plugged in that is there now.
    fn plugged_at(&self, device: &DeviceId) -> Option<(u64, Timestamp)> {
        self.live().get(device).map(|live| (live.arrival, live.view.since))
    }

    /// Keeps what was read from a device that was plugged in as `arrival`. Whatever stands in its
    /// place by now has nothing to do with the reading.
    pub(super) async fn keep_from(
        &self,
        reading: Reading,
        device: &DeviceId,
        arrival: Option<u64>,
    ) -> Result<Handset, StoreError> {
        let since = self.plugged_at(device).filter(|(its, _)| Some(*its) == arrival);
        let plugged_at = since.map_or_else(|| self.clock.now(), |(_, since)| since);
        self.keep_at(reading, device, arrival, plugged_at, None).await
    }

    async fn keep_at(
        &self,
        reading: Reading,
        device: &DeviceId,
        arrival: Option<u64>,
        plugged_at: Timestamp,
        known: Option<HandsetId>,
    ) -> Result<Handset, StoreError> {
        let _turn = self.recording.lock().await;
        let still_there = |live: &&mut Live| Some(live.arrival) == arrival;
        let (here, serial) = self
            .live()
            .get_mut(device)
            .filter(still_there)
            .map(|live| (live.handset, live.device.serial.clone()))
            .unwrap_or_default();
        let mut change = self.store.begin().await?;
        let place = Some((device.clone(), plugged_at));
        let held = known.or(here);
        let known = self.known_by_now(&mut change, &reading, device, held, serial).await?;
        let handset = self.record(&mut change, reading, place, known).await?;
        change.commit().await?;
        if let Some(live) = self.live().get_mut(device).filter(still_there) {
            live.handset = Some(handset.id);
        }
        Ok(handset)
    }

    /// The phone that a reading is of, given what is held to be there. As long as no number is
    /// known of that, it may turn out to be one that was here before; `serial` is what the device
    /// calls itself in its USB strings.
    async fn known_by_now(
        &self,
        change: &mut Change<'_>,
        reading: &Reading,
        device: &DeviceId,
        held: Option<HandsetId>,
        serial: Option<String>,
    ) -> Result<Option<HandsetId>, StoreError> {
        if let Some(id) = held
            && !change.handset(id).await?.as_ref().is_some_and(is_unnumbered)
        {
            return Ok(held);
        }
        let numbers = numbers(reading);
        let found = if numbers.is_empty() && reading.serial.is_none() {
            let named = Reading { serial, ..Reading::empty(reading.source) };
            self.recognise(change, &named, &numbers, Some(device)).await?
        } else {
            self.recognise(change, reading, &numbers, Some(device)).await?
        };
        Ok(found.or(held))
    }

    async fn record(
        &self,
        change: &mut Change<'_>,
        reading: Reading,
        place: Option<(DeviceId, Timestamp)>,
        known: Option<HandsetId>,
    ) -> Result<Handset, StoreError> {
        let (device, plugged_at) = place.unzip();
        let found = match known {
            Some(id) => Some(id),
            None => self.recognise(change, &reading, &numbers(&reading), device.as_ref()).await?,
        };
        let id = found.unwrap_or_else(HandsetId::new);
        let mut readings = change.readings_of(id).await?;
        let reading = RecordedReading {
            id: ReadingId::new(),
            at: self.clock.now(),
            device,
            plugged_at,
            handset: id,
            reading,
        };
        readings.push(reading.clone());
        let first_seen = change.handset(id).await?.map(|before| before.first_seen);
        let Some(mut handset) = merge(id, &readings) else {
            return Err(StoreError::Time);
        };
        // The earliest readings may be beyond those that are merged.
        handset.first_seen = first_seen.unwrap_or(handset.first_seen).min(handset.first_seen);
        mark_others(change, &mut handset).await?;
        replaced::mark(change, &mut handset, &readings).await?;
        change.save_handset(&handset).await?;
        change.save_reading(&reading).await?;
        Ok(handset)
    }

    async fn recognise(
        &self,
        change: &mut Change<'_>,
        reading: &Reading,
        numbers: &[Imei14],
        device: Option<&DeviceId>,
    ) -> Result<Option<HandsetId>, StoreError> {
        let elsewhere: BTreeSet<HandsetId> = self
            .live()
            .values()
            .filter(|live| Some(&live.view.id) != device)
            .filter_map(|live| live.handset)
            .collect();
        let scanned = matches!(reading.source, Source::Screen | Source::Label);
        let may_be = |handset: &Handset| {
            let same_serial = match (&handset.serial, &reading.serial) {
                (Some(theirs), Some(ours)) if !serial::is_dummy(ours) => {
                    theirs.eq_ignore_ascii_case(ours)
                }
                _ => true,
            };
            // What was scanned can't be plugged in: it belongs to the phone wherever that is.
            same_serial && (scanned || !elsewhere.contains(&handset.id))
        };
        let by_number = change.handsets_with(numbers).await?;
        if let Some(handset) = by_number.iter().find(|handset| may_be(handset)) {
            return Ok(Some(handset.id));
        }
        if let Some(serial) = reading.serial.as_ref().filter(|serial| !serial::is_dummy(serial))
            && let Some(handset) = change.handset_with_serial(serial).await?
            && may_be(&handset)
            && !(reading.source == Source::Label && has_other_label(&handset, numbers))
        {
            return Ok(Some(handset.id));
        }
        Ok(None)
    }
}

/// The numbers that a reading gives.
fn numbers(reading: &Reading) -> Vec<Imei14> {
    reading.claims.iter().filter_map(|claim| claim.value.imei14()).collect()
}

/// Whether no number is known of this phone.
fn is_unnumbered(handset: &Handset) -> bool {
    handset.slots.iter().all(|slot| slot.imei14().is_none())
}

/// Whether the phone has a label with other numbers: a board is replaced, a box is not, and what
/// is taken for a serial number may be a model that two boxes share.
fn has_other_label(handset: &Handset, numbers: &[Imei14]) -> bool {
    let said = handset.slots.iter().flat_map(|slot| &slot.said);
    let label = said.filter(|said| said.source == Source::Label);
    !numbers.is_empty() && label.filter_map(|said| said.claim.value.imei14()).next().is_some()
}

/// Marks this phone and every other one that gave the same number.
async fn mark_others(change: &mut Change<'_>, handset: &mut Handset) -> Result<(), StoreError> {
    let said = handset.slots.iter().flat_map(|slot| &slot.said);
    let mut numbers: Vec<Imei14> = said.filter_map(|said| said.claim.value.imei14()).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let mark = |other: HandsetId| Finding {
        kind: FindingKind::OnAnotherHandset { handset: other },
        severity: Severity::Stop,
        slot: None,
    };
    for mut other in change.handsets_with(&numbers).await? {
        if other.id == handset.id {
            continue;
        }
        handset.findings.push(mark(other.id));
        let back = mark(handset.id);
        if !other.findings.contains(&back) {
            other.findings.push(back);
            change.save_handset(&other).await?;
        }
    }
    Ok(())
}
