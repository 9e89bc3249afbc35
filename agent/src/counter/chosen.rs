//! What a person says that is scanned next.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tekser_hardware::DeviceId;
use utoipa::ToSchema;

use super::{Counter, KeptScan, lock};
use crate::bench::ScanSource;

/// What is being scanned, as a person chose it: a scanner cannot tell the label of one phone from
/// the screen of another.
#[derive(
    Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(deny_unknown_fields)]
pub struct Chosen {
    /// The device whose box, or screen, it is; none: whichever phone has these numbers, or a new
    /// one.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "usb:1-1.2")]
    pub device: Option<DeviceId>,
    /// Whether labels are scanned, or the phone's own screen.
    #[serde(default)]
    pub source: ScanSource,
}

impl Chosen {
    /// What was chosen when this was scanned.
    pub(super) fn of(scan: &KeptScan) -> Self {
        Self { device: scan.device.clone(), source: scan.source }
    }
}

/// What was chosen, and when a phone was.
#[derive(Debug, Clone, Default)]
pub(super) struct Choice {
    pub chosen: Chosen,
    pub at: Option<Timestamp>,
}

impl Counter {
    /// What is being scanned. A device that is gone is nobody's choice any more.
    pub fn chosen(&self) -> Chosen {
        self.choice().chosen
    }

    pub(super) fn choice(&self) -> Choice {
        let mut choice = lock(&self.choice);
        let is_gone = |device: &DeviceId| self.bench.device(device).is_none();
        if choice.chosen.device.as_ref().is_some_and(is_gone) {
            *choice = Choice::default();
        }
        choice.clone()
    }

    /// Sets what is being scanned from now on; what scanners have kept is not affected. All codes
    /// until the next choice are of one box, if a device is chosen. Returns false if there is no
    /// such device.
    pub fn choose(&self, wanted: Chosen) -> bool {
        let is_there = wanted.device.as_ref().is_none_or(|id| self.bench.device(id).is_some());
        let mut choice = lock(&self.choice);
        if is_there && choice.chosen != wanted {
            let at = wanted.device.is_some().then(|| self.clock.now());
            *choice = Choice { chosen: wanted, at };
        }
        is_there
    }
}
