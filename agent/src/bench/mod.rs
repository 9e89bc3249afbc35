//! The bench: what is plugged in, what was read from it, and which phones that makes.

mod failure;
mod handset;
mod label;
mod merge;
mod record;
mod watch;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tekser_hardware::at::Budget;
use tekser_hardware::{Access, Bus, Device, DeviceId, PortName};
use tokio::sync::mpsc;
use utoipa::ToSchema;

use failure::Failure;
pub use failure::FailureCode;
pub use handset::{Finding, FindingKind, Handset, RecordedReading, Said, SlotView};
pub use label::{LabelError, read_label};
pub use merge::merge;
pub use record::{ScanError, ScanSource, Target};

use crate::clock::Clock;
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
    /// What it calls itself.
    pub product: Option<String>,
    /// When it was plugged in.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    /// How far its reading has come.
    #[serde(flatten)]
    pub state: DeviceState,
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
        /// How long it took, in milliseconds.
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
}

/// What is plugged in, and what becomes of it.
pub struct Bench {
    store: Store,
    clock: Arc<dyn Clock>,
    buses: Vec<Arc<dyn Bus>>,
    budget: Budget,
    live: Mutex<BTreeMap<DeviceId, Live>>,
    /// Held while a reading is given to a phone, so that two readings of one phone make one phone.
    recording: tokio::sync::Mutex<()>,
    /// Phones that are known, or known better: whoever checks them follows this.
    read: mpsc::UnboundedSender<HandsetId>,
}

impl Bench {
    /// A bench over these buses. Phones that were read are named on the receiver.
    pub fn new(
        store: Store,
        clock: Arc<dyn Clock>,
        buses: Vec<Arc<dyn Bus>>,
        budget: Budget,
    ) -> (Arc<Self>, mpsc::UnboundedReceiver<HandsetId>) {
        let (read, reads) = mpsc::unbounded_channel();
        let bench = Self {
            store,
            clock,
            buses,
            budget,
            live: Mutex::default(),
            recording: tokio::sync::Mutex::default(),
            read,
        };
        (Arc::new(bench), reads)
    }

    /// What is plugged in now.
    pub fn devices(&self) -> Vec<DeviceView> {
        self.live().values().map(|live| live.view.clone()).collect()
    }

    /// One device.
    pub fn device(&self, id: &DeviceId) -> Option<DeviceView> {
        self.live().get(id).map(|live| live.view.clone())
    }

    fn live(&self) -> MutexGuard<'_, BTreeMap<DeviceId, Live>> {
        // The map is whole after every statement that changes it.
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the state of a device and tells of it, unless it was replugged meanwhile.
    async fn set_state(
        &self,
        id: &DeviceId,
        arrival: u64,
        state: DeviceState,
    ) -> Result<(), StoreError> {
        let view = {
            let mut live = self.live();
            let Some(entry) = live.get_mut(id).filter(|entry| entry.arrival == arrival) else {
                return Ok(());
            };
            if let DeviceState::Read { handset, .. } = state {
                entry.handset = Some(handset);
            }
            entry.view.state = state;
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

fn view_of(device: &Device, since: Timestamp) -> DeviceView {
    let state = match device.access() {
        Access::Free | Access::Busy { .. } => DeviceState::Reading,
        Access::PermissionDenied => Failure::permission_denied().into(),
    };
    DeviceView {
        id: device.id.clone(),
        ports: device.ports.iter().map(|port| port.name.clone()).collect(),
        usb_id: device.usb_id.map(|(vendor, product)| format!("{vendor:04x}:{product:04x}")),
        product: device.product.clone(),
        since,
        state,
    }
}

#[cfg(test)]
mod tests;
