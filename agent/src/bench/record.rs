//! Giving a reading to the phone it is of.
//!
//! A phone is recognised by its place while it stays plugged in; else see `recognise`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tekser_hardware::{DeviceId, Reading, Role, Source, survey};
use tekser_imei::Imei14;
use utoipa::ToSchema;

use super::handset::{Finding, FindingKind, Handset, RecordedReading};
use super::label::{LABEL_MAX, LabelError, read_label};
use super::recognise::{Plug, numbers, usb_name};
use super::{Bench, DeviceState, Live, merge, replaced};
use crate::finding::Severity;
use crate::id::{HandsetId, ReadingId};
use crate::store::{Change, StoreError};
use crate::tacs;

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
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
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

/// A scan that was given to a phone, in a change that is not durable yet.
#[derive(Debug)]
pub(crate) struct Given {
    /// The phone as it is known with it.
    pub(crate) handset: Handset,
    /// The reading that it was recorded as.
    pub(crate) reading: ReadingId,
    /// Where a phone is plugged in that counts as read now, and as which plug-in.
    shown: Option<(DeviceId, u64)>,
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
        let _turn = self.turn().await;
        let mut change = self.store.begin().await?;
        let given = self.give(&mut change, reading, target, None).await?;
        change.commit().await?;
        self.settle(&given).await?;
        Ok(given.handset)
    }

    /// Held by whoever gives a reading to a phone, from before the change begins until it is
    /// durable.
    pub(crate) async fn turn(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.recording.lock().await
    }

    /// Gives what was scanned to the phone that it belongs to, as part of a change. `at` is when
    /// it was scanned, if that is not now.
    ///
    /// # Errors
    ///
    /// [`ScanError::NoSuchDevice`], [`ScanError::NoSuchHandset`], or that the store failed: then
    /// nothing was changed yet.
    pub(crate) async fn give(
        &self,
        change: &mut Change<'_>,
        reading: Reading,
        target: Target,
        at: Option<Timestamp>,
    ) -> Result<Given, ScanError> {
        let known = match target {
            Target::Any => None,
            Target::Handset(id) => Some(id),
            Target::Device(id) => {
                let handset = self.live().get(&id).and_then(|live| live.handset);
                match handset {
                    Some(handset) => Some(handset),
                    None if reading.source == Source::Screen => {
                        return self.show(change, reading, id).await;
                    }
                    None => return Err(ScanError::NoSuchDevice(id)),
                }
            }
        };
        if let Some(id) = known
            && change.handset(id).await?.is_none()
        {
            return Err(ScanError::NoSuchHandset(id));
        }
        let (handset, reading) = self.record(change, reading, None, known, at).await?;
        Ok(Given { handset, reading, shown: None })
    }

    /// Gives what was scanned to whichever phone has its numbers, or a new one, as part of a change.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub(crate) async fn give_any(
        &self,
        change: &mut Change<'_>,
        reading: Reading,
        at: Option<Timestamp>,
    ) -> Result<Given, StoreError> {
        let (handset, reading) = self.record(change, reading, None, None, at).await?;
        Ok(Given { handset, reading, shown: None })
    }

    /// Shows and passes on what was given, once it is durable.
    ///
    /// # Errors
    ///
    /// If it could not be shown.
    pub(crate) async fn settle(&self, given: &Given) -> Result<(), StoreError> {
        let handset = given.handset.id;
        // Nobody listening means that the station is stopping.
        let _ = self.read.send(handset);
        let Some((id, arrival)) = &given.shown else { return Ok(()) };
        self.change(id, *arrival, |live| {
            live.handset = Some(handset);
            live.view.state = DeviceState::Read { handset, took_ms: 0 };
        })
        .await
    }

    /// Takes what the screen of a phone shows that is plugged in and could not be read.
    async fn show(
        &self,
        change: &mut Change<'_>,
        screen: Reading,
        id: DeviceId,
    ) -> Result<Given, ScanError> {
        let unread = |live: &&Live| {
            live.device.role != Role::Scanner
                && matches!(live.view.state, DeviceState::Failed { .. })
        };
        let found = self
            .live()
            .get(&id)
            .filter(unread)
            .map(|live| (live.arrival, live.view.since, live.device.clone()));
        let Some((arrival, since, device)) = found else {
            return Err(ScanError::NoSuchDevice(id));
        };
        let descriptors = survey::by_descriptors(&device);
        let place = Some(Plug { device: id.clone(), at: since, usb: usb_name(&device) });
        let (mut handset, reading) = self.record(change, screen, place.clone(), None, None).await?;
        if let Some(descriptors) = descriptors {
            let known = Some(handset.id);
            handset = self.record(change, descriptors, place, known, None).await?.0;
        }
        Ok(Given { handset, reading, shown: Some((id, arrival)) })
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
        let (here, serial, usb) = self
            .live()
            .get_mut(device)
            .filter(still_there)
            .map(|live| (live.handset, live.device.serial.clone(), usb_name(&live.device)))
            .unwrap_or_default();
        let mut change = self.store.begin().await?;
        let plug = Plug { device: device.clone(), at: plugged_at, usb };
        let held = known.or(here);
        let known = self.known_by_now(&mut change, &reading, &plug, held, serial).await?;
        let (handset, _) = self.record(&mut change, reading, Some(plug), known, None).await?;
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
        plug: &Plug,
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
            self.recognise(change, &named, &numbers, Some(plug)).await?
        } else {
            self.recognise(change, reading, &numbers, Some(plug)).await?
        };
        Ok(found.or(held))
    }

    async fn record(
        &self,
        change: &mut Change<'_>,
        reading: Reading,
        plug: Option<Plug>,
        known: Option<HandsetId>,
        at: Option<Timestamp>,
    ) -> Result<(Handset, ReadingId), StoreError> {
        let found = match known {
            Some(id) => Some(id),
            None => self.recognise(change, &reading, &numbers(&reading), plug.as_ref()).await?,
        };
        let (device, plugged_at, usb) = match plug {
            Some(plug) => (Some(plug.device), Some(plug.at), plug.usb),
            None => (None, None, None),
        };
        let id = found.unwrap_or_else(HandsetId::new);
        let mut readings = change.readings_of(id).await?;
        let reading = RecordedReading {
            id: at.map_or_else(ReadingId::new, ReadingId::taken_at),
            at: at.unwrap_or_else(|| self.clock.now()),
            device,
            plugged_at,
            usb,
            handset: id,
            reading,
        };
        readings.push(reading.clone());
        // One that comes late does not take the place of what was scanned after it.
        readings.sort_by_key(|reading| reading.id);
        let first_seen = change.handset(id).await?.map(|before| before.first_seen);
        let Some(mut handset) = merge(id, &readings) else {
            return Err(StoreError::Time);
        };
        // The earliest readings may be beyond those that are merged.
        handset.first_seen = first_seen.unwrap_or(handset.first_seen).min(handset.first_seen);
        mark_others(change, &mut handset).await?;
        replaced::mark(change, &mut handset, &readings).await?;
        tacs::mark(change, &mut handset, &readings).await?;
        change.save_handset(&handset).await?;
        change.save_reading(&reading).await?;
        change.teach(id, reading.at, &tacs::lessons_of(&handset)).await?;
        Ok((handset, reading.id))
    }
}

/// Whether no number is known of this phone.
fn is_unnumbered(handset: &Handset) -> bool {
    handset.slots.iter().all(|slot| slot.imei14().is_none())
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
            // One of the two is a clone, and nobody knows which: neither teaches.
            change.teach(other.id, handset.last_seen, &[]).await?;
        }
    }
    Ok(())
}
