//! Reading one device that is plugged in, and telling how it goes.

use std::sync::Arc;
use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use tekser_hardware::survey::{self, News, Options, Stop, Summary};
use tekser_hardware::{Bus, Device, DeviceId, Reading, Role, Source, Speaks};
use tokio::sync::mpsc;
use tracing::{info, warn};

use super::failure::Failure;
use super::{Bench, DeviceState};
use crate::id::HandsetId;
use crate::store::StoreError;

/// What became of one survey.
struct Ended {
    summary: Summary,
    /// The phone, if anything was read and kept.
    handset: Option<HandsetId>,
    /// Why the last reading could not be kept.
    not_kept: Option<StoreError>,
    /// Why the debug bridge was not asked.
    no_key: Option<Failure>,
}

impl Bench {
    /// Reads a device, again if that was asked for meanwhile. Ends when it is read, has failed, or
    /// was pulled out.
    pub(super) async fn attend(self: Arc<Self>, id: DeviceId, arrival: u64) {
        loop {
            let Some((bus, device, stop)) = self.begin(&id, arrival) else { return };
            let ended = self.survey(bus, &device, arrival, stop).await;
            if !self.finish(&id, arrival) {
                self.show_end(&device, arrival, ended, false).await;
                return;
            }
        }
    }

    /// Reads ports of a device that appeared later than the rest, which may still be asked.
    pub(super) async fn attend_later(
        &self,
        bus: Arc<dyn Bus>,
        device: Device,
        arrival: u64,
        stop: Stop,
    ) {
        let ended = self.survey(bus, &device, arrival, stop).await;
        self.show_end(&device, arrival, ended, true).await;
    }

    /// What is to be read, if it is still there.
    fn begin(&self, id: &DeviceId, arrival: u64) -> Option<(Arc<dyn Bus>, Device, Stop)> {
        let mut live = self.live();
        let entry = live.get_mut(id).filter(|entry| entry.arrival == arrival)?;
        entry.said = None;
        let asked = entry.asked.get_or_insert_default();
        asked.begun = true;
        Some((Arc::clone(&entry.bus), entry.device.clone(), asked.stop.clone()))
    }

    /// The survey is over. Says whether another one is wanted.
    fn finish(&self, id: &DeviceId, arrival: u64) -> bool {
        let mut live = self.live();
        let entry = live.get_mut(id).filter(|entry| entry.arrival == arrival);
        entry.and_then(|entry| entry.asked.take()).is_some_and(|asked| asked.again)
    }

    async fn survey(&self, bus: Arc<dyn Bus>, device: &Device, arrival: u64, stop: Stop) -> Ended {
        let started = Instant::now();
        let (options, no_key) = self.options(device, stop).await;
        let (tell, told) = mpsc::unbounded_channel();
        let reading = survey::read(bus, device, &options, move |news| {
            // Whoever listens does so until the survey is over.
            let _ = tell.send(news);
        });
        let (summary, (handset, not_kept)) =
            tokio::join!(reading, self.follow(&device.id, arrival, started, told));
        if summary.nothing_to_ask.is_some() {
            // Ports of a phone that was just plugged in appear one after another.
            tokio::time::sleep(options.again.first().copied().unwrap_or_default()).await;
        }
        Ended { summary, handset, not_kept, no_key }
    }

    async fn options(&self, device: &Device, stop: Stop) -> (Options, Option<Failure>) {
        let asks_adb = self.asking.ask_adb
            && device.role != Role::Scanner
            && device.speaking(Speaks::Adb).next().is_some();
        if !asks_adb {
            return (self.asking.options(Vec::new(), stop), None);
        }
        match self.asking.keys.get().await {
            Ok(keys) => (self.asking.options(keys, stop), None),
            Err(error) => {
                warn!(error = &error as &dyn std::error::Error, "there is no key for phones");
                let options = self.asking.options(Vec::new(), stop);
                (Options { ask_adb: false, ..options }, Some(Failure::no_key(&error)))
            }
        }
    }

    /// Keeps and shows what is told, until the survey is over.
    pub(super) async fn follow(
        &self,
        id: &DeviceId,
        arrival: u64,
        started: Instant,
        mut told: mpsc::UnboundedReceiver<News>,
    ) -> (Option<HandsetId>, Option<StoreError>) {
        let (mut handset, mut not_kept) = (None, None);
        while let Some(news) = told.recv().await {
            let shown = match news {
                News::Waiting { until } => {
                    let until = self.timestamp(until);
                    self.change(id, arrival, |live| live.view.waiting_until = Some(until)).await
                }
                News::Allowed => {
                    self.change(id, arrival, |live| live.view.waiting_until = None).await
                }
                News::Reading(reading) => match self.keep_told(reading, id, arrival).await {
                    Ok(None) => break,
                    Ok(Some(phone)) => {
                        handset = Some(phone);
                        not_kept = None;
                        self.show_read(id, arrival, phone, started).await
                    }
                    Err(error) => {
                        warn!(error = &error as &dyn std::error::Error, "a reading is not kept");
                        not_kept = Some(error);
                        Ok(())
                    }
                },
            };
            warn_if_not_shown(shown);
        }
        (handset, not_kept)
    }

    /// Keeps a reading. Serial ports of a phone that appear one after another are asked one after
    /// another: what a later one says is added to what was said, and does not take its place.
    async fn keep_told(
        &self,
        reading: Reading,
        id: &DeviceId,
        arrival: u64,
    ) -> Result<Option<HandsetId>, StoreError> {
        let reading = match self.live().get_mut(id).filter(|entry| entry.arrival == arrival) {
            Some(entry) if reading.source == Source::At => {
                let whole = match entry.said.take() {
                    Some(said) => survey::join(said, reading),
                    None => reading,
                };
                entry.said.insert(whole).clone()
            }
            _ => reading,
        };
        self.keep_while_there(reading, id, arrival).await
    }

    /// Keeps a reading, trying again if the store is in trouble; `None` if the phone is gone.
    async fn keep_while_there(
        &self,
        reading: Reading,
        id: &DeviceId,
        arrival: u64,
    ) -> Result<Option<HandsetId>, StoreError> {
        let mut waits = self.asking.again.iter();
        loop {
            if self.live().get(id).is_none_or(|entry| entry.arrival != arrival) {
                return Ok(None);
            }
            match (self.keep_from(reading.clone(), id, Some(arrival)).await, waits.next()) {
                (Ok(handset), _) => return Ok(Some(handset.id)),
                (Err(_), Some(wait)) => tokio::time::sleep(*wait).await,
                (Err(error), None) => return Err(error),
            }
        }
    }

    /// Shows that a source has told what it knows; another one may still be asked.
    async fn show_read(
        &self,
        id: &DeviceId,
        arrival: u64,
        handset: HandsetId,
        started: Instant,
    ) -> Result<(), StoreError> {
        let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let shown = self.change(id, arrival, |live| {
            live.view.state = DeviceState::Read { handset, took_ms };
        });
        shown.await?;
        // Nobody listening means that the station is stopping.
        let _ = self.read.send(handset);
        Ok(())
    }

    /// Shows how the reading of these ports of a device ended.
    async fn show_end(&self, device: &Device, arrival: u64, ended: Ended, later: bool) {
        let Ended { summary, handset, not_kept, no_key } = ended;
        let missed = no_key.as_ref().map(|failure| failure.code);
        let missed = missed.or_else(|| Failure::of_adb(&summary));
        let failure = match (handset, not_kept, no_key) {
            (Some(_), _, _) => None,
            (None, Some(error), _) => Some(Failure::from(error)),
            (None, None, Some(failure)) => Some(failure),
            (None, None, None) => Some(Failure::of(&summary)),
        };
        if let Some(failure) = &failure {
            info!(device = %device.id, failure.message, "not read");
        }
        let asked_adb = device.speaking(Speaks::Adb).next().is_some();
        let shown = self.change(&device.id, arrival, |live| {
            if asked_adb {
                live.view.waiting_until = None;
            }
            match (&live.view.state, failure) {
                // Other ports of it were read.
                (DeviceState::Read { .. }, _) if asked_adb => live.view.missed = missed,
                (DeviceState::Read { .. }, _) | (_, None) => {}
                // The rest of it is still being asked, and may give a reading.
                (DeviceState::Reading, _) if later => {}
                (_, Some(failure)) => live.view.state = failure.into(),
            }
        });
        warn_if_not_shown(shown.await);
    }

    /// A moment of the event loop's clock on the station's own.
    fn timestamp(&self, until: Instant) -> Timestamp {
        let left = until.saturating_duration_since(Instant::now());
        let left = SignedDuration::try_from(left).unwrap_or(SignedDuration::MAX);
        self.clock.now().saturating_add(left).unwrap_or(Timestamp::MAX)
    }
}

fn warn_if_not_shown(shown: Result<(), StoreError>) {
    if let Err(error) = shown {
        warn!(error = &error as &dyn std::error::Error, "a reading cannot be shown");
    }
}
