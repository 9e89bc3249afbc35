//! Watching the buses, and reading what arrives.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::future::select_all;
use tekser_hardware::{Access, Bus, Device, DeviceId, Port, PortName, Role, Speaks};
use tracing::{info, warn};

use super::{Bench, DeviceState, Live, view_of};
use crate::store::StoreError;

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
        // so much that it must be looked at anew. That another program took a port or let go of
        // it is no news.
        let same = |live: &Live| {
            let then = &live.device;
            present.iter().any(|(_, now)| {
                (&now.id, now.plug, now.role, ports(now))
                    == (&then.id, then.plug, then.role, ports(then))
            })
        };
        let gone: Vec<Live> =
            self.live().extract_if(.., |_, live| !same(live)).map(|(_, live)| live).collect();
        for mut live in gone {
            info!(device = %live.view.id, "pulled out");
            live.view.state = DeviceState::Gone;
            live.view.waiting_until = None;
            live.view.advise();
            if let Some(asked) = &live.asked {
                asked.stop.stop();
            }
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
        let mut view = view_of(&device, self.clock.now());
        view.advise();
        info!(device = %view.id, product = view.product.as_deref().unwrap_or("?"), "plugged in");
        let id = view.id.clone();
        let is_read = view.state == DeviceState::Reading;
        let live = Live { view: view.clone(), device, bus, handset: None, arrival, asked: None };
        self.live().insert(id.clone(), live);
        // It is read even if that could not be told.
        let told = self.tell(&view).await;
        if is_read {
            tokio::spawn(Arc::clone(self).attend(id, arrival));
        }
        told
    }

    /// Reads a device that is plugged in, again if it is there already. One whose owner is waited
    /// for is asked anew.
    ///
    /// Returns false if there is no such device, it is being read now, or it is no phone.
    pub fn read_again(self: &Arc<Self>, id: &DeviceId) -> bool {
        let (view, arrival, goes_on) = {
            let mut live = self.live();
            let Some(entry) = live.get_mut(id) else { return false };
            if entry.view.state == DeviceState::Reading || entry.device.role == Role::Scanner {
                return false;
            }
            entry.view.state = DeviceState::Reading;
            entry.view.waiting_until = None;
            entry.view.missed = None;
            entry.view.advise();
            // One that is nearly over is not cut off: its ports are free once it is.
            if let Some(asked) = &mut entry.asked {
                asked.again = true;
                asked.stop.stop();
            }
            (entry.view.clone(), entry.arrival, entry.asked.is_some())
        };
        let bench = Arc::clone(self);
        // Whoever asked may be gone before it begins.
        tokio::spawn(async move {
            if let Err(error) = bench.tell(&view).await {
                warn!(error = &error as &dyn std::error::Error, "a reading cannot be shown");
            }
            if !goes_on {
                bench.attend(view.id, arrival).await;
            }
        });
        true
    }

    /// Ends the wait for the owner of a phone. What it told already stays.
    ///
    /// Returns false if there is no such device, or nobody is waited for.
    pub fn stop_waiting(&self, id: &DeviceId) -> bool {
        let live = self.live();
        let waiting = live.get(id).filter(|entry| entry.view.waiting_until.is_some());
        let asked = waiting.and_then(|entry| entry.asked.as_ref());
        if let Some(asked) = asked {
            asked.stop.stop();
        }
        asked.is_some()
    }
}

/// The ports of a device as far as they tell one plug-in from another.
fn ports(device: &Device) -> Vec<(&PortName, Speaks, bool)> {
    let of = |port: &'_ Port| port.access == Access::PermissionDenied;
    device.ports.iter().map(|port| (&port.name, port.speaks, of(port))).collect()
}
