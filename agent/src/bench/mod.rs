//! The bench: what is plugged in, what was read from it, and which phones that makes.

mod advice;
mod failure;
mod findings;
mod handset;
mod keys;
mod label;
mod merge;
pub(crate) mod modem;
mod next_step;
mod plug;
mod recognise;
mod record;
mod replaced;
mod serial;
mod survey;
mod watch;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tekser_hardware::survey::Stop;
use tekser_hardware::{Access, Bus, Device, DeviceId, PortName, Reading, Role, Speaks};
use tokio::sync::mpsc;
use utoipa::ToSchema;

use failure::Failure;
pub use failure::FailureCode;
pub use handset::{Finding, FindingKind, Handset, RecordedReading, Said, SlotView, Trust, UsbName};
pub use keys::{AdbKeys, Asking};
pub(crate) use label::LABEL_MAX;
pub use label::{LabelError, read_label};
pub use merge::merge;
pub use modem::ModemError;
pub use next_step::NextStep;
pub(crate) use record::Given;
pub use record::{ScanError, ScanSource, Target};
pub use watch::Plugged;

use crate::clock::Clock;
use crate::counter::ScannerName;
use crate::id::HandsetId;
use crate::store::{Store, StoreError};

/// Something plugged in now, and how far its reading has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeviceView {
    /// Where it is plugged.
    #[schema(value_type = String, example = "usb:1-1.2")]
    pub id: DeviceId,
    /// Its ports.
    #[schema(value_type = Vec<String>)]
    pub ports: Vec<PortName>,
    /// USB vendor and product id, `vvvv:pppp` in hex.
    pub usb_id: Option<String>,
    /// Maker by its USB strings.
    pub maker: Option<String>,
    /// What it calls itself.
    pub product: Option<String>,
    /// What it is there for: `phone`, `files`, `bootloader`, `apple` or `scanner`.
    #[schema(value_type = String, example = "phone")]
    pub role: Role,
    /// It keeps a modem port in another USB configuration, and shows it when asked to; left out if
    /// not.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub hidden_modem: bool,
    /// When it was plugged in.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    /// Until when the phone's owner is waited for to touch "Allow"; none if nobody is waited for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub waiting_until: Option<Timestamp>,
    /// Why its debug bridge gave nothing, of a phone that was read otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missed: Option<FailureCode>,
    /// What a person does next; none if nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_step: Option<NextStep>,
    /// How far its reading has come.
    #[serde(flatten)]
    pub state: DeviceState,
}

impl DeviceView {
    fn advise(&mut self) {
        self.next_step = match (&self.state, self.waiting_until) {
            (_, Some(_)) => Some(NextStep::AllowOnPhone),
            (DeviceState::Failed { code, .. }, None) if self.hidden_modem => {
                advice::for_hidden_modem(*code)
            }
            (DeviceState::Failed { code, .. }, None) => advice::for_failure(*code),
            (DeviceState::Read { .. }, None) => self.missed.and_then(advice::for_failure),
            _ => None,
        };
    }
}

/// How far the reading of a device has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum DeviceState {
    /// Being read now.
    Reading,
    /// Read.
    Read {
        /// The phone it is.
        handset: HandsetId,
        /// How long it took, in milliseconds; 0 if its screen was scanned instead.
        took_ms: u64,
    },
    /// It could not be read.
    Failed {
        /// Stable code.
        code: FailureCode,
        /// What happened, in English; the page words it by code.
        message: String,
        /// What to do, in English.
        cure: String,
    },
    /// No phone, and with nothing to ask: a scanner that types.
    Ignored,
    /// A scanner that is being met.
    Starting,
    /// A scanner whose codes come in.
    Connected {
        /// Its name.
        #[schema(value_type = String, example = "E660583883265A2F")]
        scanner: ScannerName,
    },
    /// Pulled out: only in events, a list shows what is there.
    Gone,
}

struct Live {
    view: DeviceView,
    device: Device,
    bus: Arc<dyn Bus>,
    /// The phone that was read here since it was plugged in.
    handset: Option<HandsetId>,
    /// Tells this plug-in from the next one in the same place.
    arrival: u64,
    /// What its serial ports said, all together, since it was last read.
    said: Option<Reading>,
    /// The reading that goes on now.
    asked: Option<Asked>,
    /// Ends the wait of the reading of ports that appeared later.
    later: Stop,
}

/// A reading that goes on.
#[derive(Default)]
struct Asked {
    /// Ends the wait for the phone's owner.
    stop: Stop,
    /// It has begun, and ports that appear now are not among those that it asks.
    begun: bool,
    /// It begins anew when it is over.
    again: bool,
}

/// What is plugged in, and what becomes of it.
pub struct Bench {
    store: Store,
    clock: Arc<dyn Clock>,
    buses: Vec<Arc<dyn Bus>>,
    asking: Asking,
    live: Mutex<BTreeMap<DeviceId, Live>>,
    /// Held while a reading is given to a phone, so that two readings of one phone make one phone.
    recording: tokio::sync::Mutex<()>,
    /// Held while a phone is made to show its modem port.
    showing: tokio::sync::Mutex<()>,
    /// Phones that are known, or known better: whoever checks them follows this.
    read: mpsc::UnboundedSender<HandsetId>,
    /// Scanners that were plugged in: whoever hears them follows this.
    scanners: mpsc::UnboundedSender<Plugged>,
}

/// What a bench tells others.
pub struct Feeds {
    /// Phones that were read.
    pub reads: mpsc::UnboundedReceiver<HandsetId>,
    /// Scanners that can be heard.
    pub scanners: mpsc::UnboundedReceiver<Plugged>,
}

impl Bench {
    /// A bench over these buses, and what it tells.
    pub fn new(
        store: Store,
        clock: Arc<dyn Clock>,
        buses: Vec<Arc<dyn Bus>>,
        asking: Asking,
    ) -> (Arc<Self>, Feeds) {
        let (read, reads) = mpsc::unbounded_channel();
        let (scanners, plugged) = mpsc::unbounded_channel();
        let bench = Self {
            store,
            clock,
            buses,
            asking,
            live: Mutex::default(),
            recording: tokio::sync::Mutex::default(),
            showing: tokio::sync::Mutex::default(),
            read,
            scanners,
        };
        (Arc::new(bench), Feeds { reads, scanners: plugged })
    }

    /// What is plugged in now.
    pub fn devices(&self) -> Vec<DeviceView> {
        self.live().values().map(|live| live.view.clone()).collect()
    }

    /// One device.
    pub fn device(&self, id: &DeviceId) -> Option<DeviceView> {
        self.live().get(id).map(|live| live.view.clone())
    }

    /// A scanner as it is plugged in now; `None` if it was pulled out since.
    pub(crate) fn scanner(&self, id: &DeviceId, arrival: u64) -> Option<Device> {
        let live = self.live();
        let entry = live.get(id).filter(|entry| entry.arrival == arrival);
        entry.map(|entry| entry.device.clone())
    }

    /// Shows how far a scanner has come, unless it was pulled out since.
    ///
    /// # Errors
    ///
    /// If it cannot be told.
    pub(crate) async fn show_scanner(
        &self,
        id: &DeviceId,
        arrival: u64,
        state: DeviceState,
    ) -> Result<(), StoreError> {
        self.change(id, arrival, |live| live.view.state = state).await
    }

    fn live(&self) -> MutexGuard<'_, BTreeMap<DeviceId, Live>> {
        // The map is whole after every statement that changes it.
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes what is shown of a device and tells of it, unless it was replugged meanwhile or is
    /// to be read anew.
    async fn change(
        &self,
        id: &DeviceId,
        arrival: u64,
        change: impl FnOnce(&mut Live),
    ) -> Result<(), StoreError> {
        let view = {
            let mut live = self.live();
            let Some(entry) = live.get_mut(id).filter(|entry| entry.arrival == arrival) else {
                return Ok(());
            };
            if entry.asked.as_ref().is_some_and(|asked| asked.again) {
                return Ok(());
            }
            let before = entry.view.clone();
            change(entry);
            entry.view.advise();
            if entry.view == before {
                return Ok(());
            }
            entry.view.clone()
        };
        self.tell(&view).await
    }

    async fn tell(&self, view: &DeviceView) -> Result<(), StoreError> {
        let mut change = self.store.begin().await?;
        let now = self.clock.now();
        change.tell(now, crate::store::EventKind::Device, view.id.as_str(), view).await?;
        change.commit().await
    }
}

/// Whether a scanner has a port that its codes come from.
fn can_be_heard(device: &Device) -> bool {
    device.ports.iter().any(|port| matches!(port.speaks, Speaks::Scanner | Speaks::Codes))
}

fn view_of(device: &Device, since: Timestamp) -> DeviceView {
    let state = match device.access() {
        _ if device.role == Role::Scanner && can_be_heard(device) => DeviceState::Starting,
        _ if device.role == Role::Scanner => DeviceState::Ignored,
        Access::Free | Access::Busy { .. } => DeviceState::Reading,
        Access::PermissionDenied => Failure::permission_denied().into(),
    };
    DeviceView {
        id: device.id.clone(),
        ports: device.ports.iter().map(|port| port.name.clone()).collect(),
        usb_id: device.usb_id.map(|(vendor, product)| format!("{vendor:04x}:{product:04x}")),
        maker: device.maker.clone(),
        product: device.product.clone(),
        role: device.role,
        hidden_modem: device.hidden_modem,
        since,
        waiting_until: None,
        missed: None,
        next_step: None,
        state,
    }
}

#[cfg(test)]
mod tests;
