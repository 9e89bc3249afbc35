//! Watching the buses, and reading what arrives.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::select_all;
use tekser_hardware::at::{self, Hint};
use tekser_hardware::{Access, Bus, Device, DeviceId, Port, Reading, Speaks};
use tracing::{debug, info, warn};

use super::failure::Failure;
use super::{Bench, DeviceState, Live, view_of};
use crate::store::StoreError;

/// Waits between attempts to read a phone that failed in a way that may pass: just plugged in
/// phones are often not ready, and other programs probe new ports for a few seconds.
const AGAIN: [Duration; 3] =
    [Duration::from_millis(500), Duration::from_secs(2), Duration::from_secs(6)];

static ARRIVALS: AtomicU64 = AtomicU64::new(0);

impl Bench {
    /// Watches until the task is dropped.
    pub async fn watch(self: Arc<Self>) {
        loop {
            if let Err(error) = self.look().await {
                warn!(error = &error as &dyn std::error::Error, "the bench cannot be recorded");
            }
            if self.buses.is_empty() {
                return;
            }
            select_all(self.buses.iter().map(|bus| bus.changed())).await;
        }
    }

    /// Looks once: devices that are gone are dropped, new ones are read.
    async fn look(self: &Arc<Self>) -> Result<(), StoreError> {
        let bench = Arc::clone(self);
        let Ok(present) = tokio::task::spawn_blocking(move || bench.present()).await else {
            return Ok(());
        };
        // Other ports or other rights at the same place: it was plugged in anew, or has changed
        // so much that it must be looked at anew.
        let same = |live: &Live| {
            present.iter().any(|(_, device)| {
                let then = &live.device;
                (&device.id, &device.ports) == (&then.id, &then.ports)
            })
        };
        let gone: Vec<Live> =
            self.live().extract_if(.., |_, live| !same(live)).map(|(_, live)| live).collect();
        for mut live in gone {
            info!(device = %live.view.id, "pulled out");
            live.view.state = DeviceState::Gone;
            self.tell(&live.view).await?;
        }
        for (bus, device) in present {
            if !self.live().contains_key(&device.id) {
                self.arrive(bus, device).await?;
            }
        }
        Ok(())
    }

    fn present(&self) -> Vec<(Arc<dyn Bus>, Device)> {
        let of = |bus: &Arc<dyn Bus>| {
            let devices = bus.devices();
            devices.into_iter().map(|device| (Arc::clone(bus), device)).collect::<Vec<_>>()
        };
        self.buses.iter().flat_map(of).collect()
    }

    async fn arrive(self: &Arc<Self>, bus: Arc<dyn Bus>, device: Device) -> Result<(), StoreError> {
        let arrival = ARRIVALS.fetch_add(1, Ordering::Relaxed);
        let view = view_of(&device, self.clock.now());
        info!(device = %view.id, product = view.product.as_deref().unwrap_or("?"), "plugged in");
        let id = view.id.clone();
        let may_open = *device.access() != Access::PermissionDenied;
        let live = Live { view: view.clone(), device, bus, handset: None, arrival };
        self.live().insert(id.clone(), live);
        // It is read even if that could not be told.
        let told = self.tell(&view).await;
        if may_open {
            tokio::spawn(Arc::clone(self).attend(id, arrival));
        }
        told
    }

    /// Reads a device that is plugged in, again if it is there already.
    ///
    /// Returns false if there is no such device, or it is being read now.
    pub fn read_again(self: &Arc<Self>, id: &DeviceId) -> bool {
        let (view, arrival) = {
            let mut live = self.live();
            match live.get_mut(id) {
                Some(entry) if entry.view.state != DeviceState::Reading => {
                    entry.view.state = DeviceState::Reading;
                    (entry.view.clone(), entry.arrival)
                }
                _ => return false,
            }
        };
        let bench = Arc::clone(self);
        // Whoever asked may be gone before it begins.
        tokio::spawn(async move {
            if let Err(error) = bench.tell(&view).await {
                warn!(error = &error as &dyn std::error::Error, "a reading cannot be shown");
            }
            bench.attend(view.id, arrival).await;
        });
        true
    }

    /// Reads a device until it is read, pulled out, or fails for good.
    async fn attend(self: Arc<Self>, id: DeviceId, arrival: u64) {
        let started = Instant::now();
        for wait in AGAIN.iter().map(Some).chain([None]) {
            let outcome = self.read_once(&id, arrival).await;
            let state = match outcome {
                None => return,
                Some(Ok(handset)) => {
                    let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
                    DeviceState::Read { handset, took_ms }
                }
                Some(Err(failure)) if failure.may_pass && wait.is_some() => {
                    debug!(device = %id, failure.message, "not read yet");
                    tokio::time::sleep(*wait.unwrap_or(&Duration::ZERO)).await;
                    continue;
                }
                Some(Err(failure)) => {
                    info!(device = %id, failure.message, "not read");
                    failure.into()
                }
            };
            let handset = match state {
                DeviceState::Read { handset, .. } => Some(handset),
                _ => None,
            };
            if let Err(error) = self.set_state(&id, arrival, state).await {
                warn!(error = &error as &dyn std::error::Error, "a reading cannot be shown");
            }
            if let Some(handset) = handset {
                // Nobody listening means that the station is stopping.
                let _ = self.read.send(handset);
            }
            return;
        }
    }

    /// One attempt. `None` if the device is not there any more.
    async fn read_once(
        &self,
        id: &DeviceId,
        arrival: u64,
    ) -> Option<Result<crate::id::HandsetId, Failure>> {
        let (bus, device) = {
            let live = self.live();
            let entry = live.get(id).filter(|entry| entry.arrival == arrival)?;
            (Arc::clone(&entry.bus), entry.device.clone())
        };
        let reading = match self.read_ports(&*bus, &device).await {
            Ok(reading) => reading,
            Err(trouble) => return Some(Err(trouble)),
        };
        if self.live().get(id).is_none_or(|entry| entry.arrival != arrival) {
            return None;
        }
        let recorded = self.keep_from(reading, id, Some(arrival)).await;
        Some(recorded.map(|handset| handset.id).map_err(Failure::from))
    }

    /// Asks the ports of a device one after another; the first that answers wins.
    async fn read_ports(&self, bus: &dyn Bus, device: &Device) -> Result<Reading, Failure> {
        let mut worst = Failure::no_port();
        for Port { name: port, .. } in device.speaking(Speaks::At) {
            let hint = Hint { usb_id: device.usb_id };
            let outcome = match bus.open(port).await {
                Ok(mut link) => at::read(&mut link, hint, self.budget).await,
                Err(error) => {
                    worst = error.into();
                    continue;
                }
            };
            match outcome {
                Ok(reading) => return Ok(reading),
                Err(error) => worst = error.into(),
            }
        }
        Err(worst)
    }
}
