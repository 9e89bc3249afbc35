//! Probes of this machine and the chips behind them: the one module that names `probe-rs`.
//!
//! Everything here blocks; a probe gives up on a transfer after a second or so.

use core::ops::{ControlFlow, Range};
use core::time::Duration;

use probe_rs::config::MemoryRegion;
use probe_rs::flashing::{DownloadOptions, FlashProgress, ProgressEvent, ProgressOperation};
use probe_rs::probe::list::{Accessibility, Lister};
use probe_rs::probe::{DebugProbeSelector, Probe};
use probe_rs::rtt::{Rtt, ScanRegion, try_attach_to_rtt};
use probe_rs::{MemoryInterface as _, Permissions, Session};
use serde::Serialize;

use super::ProbeError;
use super::flash::{Flashing, Phase, Target};
use crate::firmware::Image;

/// How often an empty log is read. The firmware's buffer holds a thousand bytes.
const LOG_RHYTHM: Duration = Duration::from_millis(10);

/// A probe that is plugged in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// What it calls itself.
    pub name: String,
    /// How it can be named: `VENDOR:PRODUCT:SERIAL`.
    pub selector: String,
    /// Whether this user may open it.
    pub may_open: bool,
}

/// Probes that are plugged in.
pub fn list() -> Vec<Listed> {
    let items = Lister::new().list_all_with_access();
    let listed = items.into_iter().map(|item| Listed {
        name: item.info.identifier.clone(),
        selector: DebugProbeSelector::from(&item.info).to_string(),
        may_open: item.accessibility == Accessibility::Accessible,
    });
    listed.collect()
}

/// Opens the probe that is named, or the only one.
///
/// # Errors
///
/// [`ProbeError`].
pub fn open(name: Option<&str>) -> Result<Probe, ProbeError> {
    let selector = match name {
        Some(name) => name.to_owned(),
        None => only(list())?.selector,
    };
    let parsed: Result<DebugProbeSelector, _> = selector.parse();
    let parsed = parsed.map_err(|_| ProbeError::BadName { name: selector })?;
    Lister::new().open(parsed).map_err(|error| ProbeError::Unopened(error.into()))
}

fn only(mut probes: Vec<Listed>) -> Result<Listed, ProbeError> {
    if probes.len() > 1 {
        let names = probes.into_iter().map(|probe| probe.selector).collect();
        return Err(ProbeError::SeveralProbes { names });
    }
    probes.pop().ok_or(ProbeError::NoProbe)
}

/// A chip that answers.
#[derive(Debug)]
pub struct Attached {
    session: Session,
}

impl Attached {
    /// Attaches to the chip that must be behind a probe, without stopping it.
    ///
    /// # Errors
    ///
    /// [`ProbeError::Unattached`].
    pub fn new(probe: Probe, chip: &str) -> Result<Self, ProbeError> {
        let session = probe.attach(chip, Permissions::default());
        let session = session.map_err(|error| ProbeError::Unattached {
            chip: chip.to_owned(),
            source: error.into(),
        })?;
        Ok(Self { session })
    }

    /// Hands out what the firmware logs, until `take` breaks off. It gets an empty piece now and
    /// then while nothing is logged. `block` is where the firmware keeps its log's buffers; the
    /// whole RAM is searched if it is not known. They are waited for no longer than `limit`.
    ///
    /// # Errors
    ///
    /// [`ProbeError::NoLog`] or [`ProbeError::Unread`].
    pub fn follow_log(
        &mut self,
        block: Option<u32>,
        limit: Duration,
        take: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<(), ProbeError> {
        let region = block.map_or(ScanRegion::Ram, |at| ScanRegion::Exact(at.into()));
        let mut core = self.session.core(0).map_err(|error| ProbeError::Unread(error.into()))?;
        let mut log: Rtt = try_attach_to_rtt(&mut core, limit, &region)
            .map_err(|error| ProbeError::NoLog(error.into()))?;
        let mut bytes = [0; 4096];
        loop {
            let count = match log.up_channel(0) {
                Some(channel) => channel.read(&mut core, &mut bytes),
                None => Ok(0),
            };
            let count = count.map_err(|error| ProbeError::Unread(error.into()))?;
            if take(bytes.get(..count).unwrap_or_default()).is_break() {
                return Ok(());
            }
            if count == 0 {
                std::thread::sleep(LOG_RHYTHM);
            }
        }
    }

    /// Whether the chip's flash holds this very image, byte for byte where it says what it is.
    ///
    /// # Errors
    ///
    /// [`ProbeError::Unread`].
    pub fn holds(&mut self, image: &Image) -> Result<bool, ProbeError> {
        let (address, record) = image.record_bytes();
        let mut found = vec![0; record.len()];
        let mut core = self.session.core(0).map_err(|error| ProbeError::Unread(error.into()))?;
        let read = core.read_8(address.into(), &mut found);
        read.map_err(|error| ProbeError::Unread(error.into()))?;
        Ok(found == record)
    }
}

impl Target for Attached {
    fn chip(&self) -> String {
        self.session.target().name.clone()
    }

    fn flash(&self) -> Vec<Range<u64>> {
        let regions = self.session.target().memory_map.iter();
        regions.filter_map(MemoryRegion::as_nvm_region).map(|flash| flash.range.clone()).collect()
    }

    fn word(&mut self, address: u32) -> Result<u32, ProbeError> {
        let mut core = self.session.core(0).map_err(|error| ProbeError::Unread(error.into()))?;
        core.read_word_32(address.into()).map_err(|error| ProbeError::Unread(error.into()))
    }

    fn write(
        &mut self,
        image: &Image,
        dry_run: bool,
        told: &mut dyn FnMut(Flashing),
    ) -> Result<(), ProbeError> {
        let program = image.program();
        let mut loader = self.session.target().flash_loader();
        let added = loader.add_data(program.range().start.into(), program.bytes());
        added.map_err(|error| ProbeError::Unwritten(error.into()))?;
        let mut options = DownloadOptions::default();
        // The scans are in the same flash: only the image's own sectors may be erased, and what
        // else is in them stays.
        options.do_chip_erase = false;
        options.keep_unwritten_bytes = true;
        options.verify = true;
        options.dry_run = dry_run;
        let mut teller = Teller::default();
        options.progress = FlashProgress::new(|event| {
            if let Some(flashing) = teller.heard(&event) {
                told(flashing);
            }
        });
        let written = loader.commit(&mut self.session, options);
        written.map_err(|error| ProbeError::Unwritten(error.into()))?;
        if dry_run {
            return Ok(());
        }
        let mut core = self.session.core(0).map_err(|error| ProbeError::Unwritten(error.into()))?;
        core.reset().map_err(|error| ProbeError::Unwritten(error.into()))
    }
}

/// Adds up what probe-rs tells in pieces.
#[derive(Default)]
struct Teller {
    /// Of erasing, writing and verifying: bytes that are done, and in all.
    parts: [(u64, u64); 3],
}

impl Teller {
    fn heard(&mut self, event: &ProgressEvent) -> Option<Flashing> {
        let (operation, add, total) = match event {
            ProgressEvent::AddProgressBar { operation, total } => (operation, 0, *total),
            ProgressEvent::Progress { operation, size, .. } => (operation, *size, None),
            _ => return None,
        };
        let (phase, part) = match operation {
            ProgressOperation::Erase => (Phase::Erasing, 0),
            ProgressOperation::Program => (Phase::Writing, 1),
            ProgressOperation::Verify => (Phase::Verifying, 2),
            ProgressOperation::Fill => return None,
        };
        let (done, all) = &mut self.parts[part];
        *done += add;
        *all += total.unwrap_or_default();
        Some(Flashing::Working { phase, done: *done, total: *all })
    }
}
