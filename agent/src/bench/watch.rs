//! Watching the buses, and reading what arrives.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::future::select_all;
use tekser_hardware::survey::Stop;
use tekser_hardware::{Access, Bus, Device, DeviceId, Port, Role};
use tracing::{info, warn};

use super::{Asked, Bench, DeviceState, Live, can_be_heard, view_of};
use crate::store::StoreError;

static ARRIVALS: AtomicU64 = AtomicU64::new(0);

/// A scanner that was plugged in, or has a port only now.
pub struct Plugged {
    /// Where it is plugged.
    pub id: DeviceId,
    /// Where it is opened.
    pub bus: Arc<dyn Bus>,
    /// Tells this plug-in from the next one in the same place.
    pub arrival: u64,
}

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
    pub(super) async fn look(self: &Arc<Self>) -> Result<(), StoreError> {
        let bench = Arc::clone(self);
        let Ok(present) = tokio::task::spawn_blocking(move || bench.present()).await else {
            return Ok(());
        };
        // A port that is no longer there, or another use at the same place: it was plugged in
        // anew. That a port appeared a moment later, or that another program took one, is not.
        let same = |live: &Live| {
            present.iter().any(|(bus, now)| live.is_at(bus, &now.id) && keeps(&live.device, now))
        };
        let gone: Vec<Live> =
            self.live().extract_if(.., |_, live| !same(live)).map(|(_, live)| live).collect();
        // What cannot be told must not keep the rest from being done.
        let mut told = Ok(());
        gone.iter().for_each(Live::stop_waiting);
        for mut live in gone {
            info!(device = %live.view.id, "pulled out");
            live.view.state = DeviceState::Gone;
            live.view.waiting_until = None;
            live.view.advise();
            told = told.and(self.tell(&live.view).await);
        }
        for (bus, device) in present {
            let known = self.live().get(&device.id).map(|live| live.is_at(&bus, &device.id));
            told = told.and(match known {
                Some(true) => self.grow(device).await,
                // Another bus shows it too.
                Some(false) => Ok(()),
                None => self.arrive(bus, device).await,
            });
        }
        told
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
        let later = Stop::default();
        let asked = is_read.then(Asked::default);
        let (handset, said) = (None, None);
        let scanner = (view.state == DeviceState::Starting).then(|| Plugged {
            id: id.clone(),
            bus: Arc::clone(&bus),
            arrival,
        });
        let live = Live { view: view.clone(), device, bus, handset, arrival, said, asked, later };
        self.live().insert(id.clone(), live);
        // It is read even if that could not be told.
        let told = self.tell(&view).await;
        if is_read {
            tokio::spawn(Arc::clone(self).attend(id, arrival));
        }
        if let Some(scanner) = scanner {
            // Nobody listening means that the station is stopping.
            let _ = self.scanners.send(scanner);
        }
        told
    }

    /// Takes note of ports of a scanner that appeared after it.
    async fn grow_scanner(&self, device: Device) -> Result<(), StoreError> {
        let (view, scanner) = {
            let mut live = self.live();
            let Some(entry) = live.get_mut(&device.id) else { return Ok(()) };
            let ports: Vec<_> = device.ports.iter().map(|port| port.name.clone()).collect();
            entry.device = device;
            if entry.view.ports == ports {
                return Ok(());
            }
            entry.view.ports = ports;
            let is_first = entry.view.state == DeviceState::Ignored && can_be_heard(&entry.device);
            if is_first {
                entry.view.state = DeviceState::Starting;
            }
            let (id, arrival) = (entry.view.id.clone(), entry.arrival);
            let scanner = is_first.then(|| Plugged { id, bus: Arc::clone(&entry.bus), arrival });
            (entry.view.clone(), scanner)
        };
        if let Some(scanner) = scanner {
            let _ = self.scanners.send(scanner);
        }
        self.tell(&view).await
    }

    /// Takes note of ports that appeared after the device, or may be opened only now, and asks
    /// them; what is being asked already goes on.
    async fn grow(self: &Arc<Self>, device: Device) -> Result<(), StoreError> {
        if device.role == Role::Scanner {
            return self.grow_scanner(device).await;
        }
        let (id, view, arrival, next) = {
            let mut live = self.live();
            let Some(entry) = live.get_mut(&device.id) else { return Ok(()) };
            let before = std::mem::replace(&mut entry.device, device);
            let fresh = fresh(&before, &entry.device);
            let nothing = fresh.is_empty();
            if nothing && entry.view.hidden_modem == entry.device.hidden_modem {
                return Ok(());
            }
            entry.view.hidden_modem = entry.device.hidden_modem;
            entry.view.ports = entry.device.ports.iter().map(|port| port.name.clone()).collect();
            let next = match &mut entry.asked {
                _ if nothing => None,
                // They are among those that it will ask.
                Some(asked) if !asked.begun => None,
                // There was nothing to ask.
                Some(asked) if before.ports.is_empty() => {
                    asked.again = true;
                    None
                }
                None if !matches!(entry.view.state, DeviceState::Read { .. }) => {
                    entry.view.state = DeviceState::Reading;
                    entry.asked = Some(Asked::default());
                    Some(None)
                }
                _ => {
                    entry.later = Stop::default();
                    let device = Device { ports: fresh, ..entry.device.clone() };
                    Some(Some((Arc::clone(&entry.bus), device, entry.later.clone())))
                }
            };
            entry.view.advise();
            (entry.view.id.clone(), entry.view.clone(), entry.arrival, next)
        };
        match next {
            Some(Some((bus, device, stop))) => {
                let bench = Arc::clone(self);
                tokio::spawn(async move { bench.attend_later(bus, device, arrival, stop).await });
            }
            Some(None) => drop(tokio::spawn(Arc::clone(self).attend(id, arrival))),
            None => {}
        }
        self.tell(&view).await
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
            entry.stop_waiting();
            let goes_on = entry.asked.is_some();
            entry.asked.get_or_insert_default().again = goes_on;
            (entry.view.clone(), entry.arrival, goes_on)
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
        waiting.inspect(|entry| entry.stop_waiting()).is_some()
    }
}

impl Live {
    /// Whether it is what this bus shows in this place.
    fn is_at(&self, bus: &Arc<dyn Bus>, id: &DeviceId) -> bool {
        self.device.id == *id && Arc::ptr_eq(&self.bus, bus)
    }

    /// Nobody waits for the owner of the phone any more.
    fn stop_waiting(&self) {
        if let Some(asked) = &self.asked {
            asked.stop.stop();
        }
        self.later.stop();
    }
}

/// Whether a device is still the one that was plugged in: the system counts no other plug-in, and
/// every port that it had is there.
fn keeps(then: &Device, now: &Device) -> bool {
    let is_there = |port: &Port| {
        now.ports.iter().any(|other| (&other.name, other.speaks) == (&port.name, port.speaks))
    };
    (then.plug, then.role) == (now.plug, now.role) && then.ports.iter().all(is_there)
}

/// Ports that were not there before, or could not be opened.
fn fresh(then: &Device, now: &Device) -> Vec<Port> {
    let may_open = |port: &&Port| port.access != Access::PermissionDenied;
    let could_open =
        |port: &Port| then.ports.iter().filter(may_open).any(|before| before.name == port.name);
    now.ports.iter().filter(may_open).filter(|port| !could_open(port)).cloned().collect()
}
