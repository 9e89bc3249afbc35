//! A phone that keeps its modem port in another USB configuration. It is shown when a person asks
//! for it and never otherwise: other programs that use the phone lose it.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tekser_hardware::{Bus, DeviceId, OpenError, PortName};
use tracing::{info, warn};

use super::{Bench, DeviceView};

/// Longest wait for the system to change a phone's USB configuration.
const LIMIT: Duration = Duration::from_secs(10);

/// Why a hidden modem port was not shown.
#[derive(Debug, thiserror::Error)]
pub enum ModemError {
    /// Nothing is plugged in there.
    #[error("there is no device {0}")]
    NoSuchDevice(DeviceId),
    /// It keeps no modem port hidden, or shows it already.
    #[error("this device keeps no modem port hidden")]
    NoneHidden,
    /// It is being read, and what is being asked would be lost.
    #[error("the device is being read; wait for the event, or stop waiting for its owner")]
    BeingRead,
    /// It could not be done.
    #[error("the modem port is not shown: {0}")]
    NotShown(#[from] OpenError),
}

impl ModemError {
    /// What a person can do about it.
    pub fn cure(&self) -> Option<String> {
        match self {
            Self::NotShown(error) => Some(error.cure()),
            Self::NoSuchDevice(_) | Self::NoneHidden | Self::BeingRead => None,
        }
    }
}

impl Bench {
    /// Has a phone show the modem port that it keeps in another USB configuration. Nothing on the
    /// phone changes but its USB connection, and that until it is pulled out; other programs that
    /// use the phone lose it. Only when a person asks for it. The port is read when it is there.
    ///
    /// # Errors
    ///
    /// See [`ModemError`]; the phone is then as it was.
    pub async fn show_modem(self: &Arc<Self>, id: &DeviceId) -> Result<DeviceView, ModemError> {
        let (bench, id) = (Arc::clone(self), id.clone());
        // Whoever asked may hang up, and the phone must not be left half way.
        let showing = tokio::spawn(async move { bench.show_one_modem(&id).await });
        match showing.await {
            Ok(outcome) => outcome,
            Err(broken) if broken.is_panic() => std::panic::resume_unwind(broken.into_panic()),
            Err(_) => Err(ModemError::NoneHidden),
        }
    }

    async fn show_one_modem(&self, id: &DeviceId) -> Result<DeviceView, ModemError> {
        // One at a time, so that the second to ask is told that it is done.
        let _turn = self.showing.lock().await;
        let (bus, arrival, mut view) = {
            let live = self.live();
            let entry = live.get(id).ok_or_else(|| ModemError::NoSuchDevice(id.clone()))?;
            if !entry.view.hidden_modem {
                return Err(ModemError::NoneHidden);
            }
            if entry.asked.is_some() {
                return Err(ModemError::BeingRead);
            }
            (Arc::clone(&entry.bus), entry.arrival, entry.view.clone())
        };
        show(bus.as_ref(), id).await?;
        info!(device = %id, "its modem port is shown");
        view.hidden_modem = false;
        view.advise();
        let shown = self.change(id, arrival, |live| {
            live.device.hidden_modem = false;
            live.view.hidden_modem = false;
        });
        if let Err(error) = shown.await {
            warn!(error = &error as &dyn std::error::Error, "a device cannot be shown");
        }
        Ok(view)
    }
}

/// Has a phone show its modem port, within a time.
///
/// # Errors
///
/// What the bus says, or that it took too long.
pub(crate) async fn show(bus: &dyn Bus, id: &DeviceId) -> Result<(), OpenError> {
    let late = |_| OpenError::Io {
        port: PortName::new(id.as_str()),
        source: io::ErrorKind::TimedOut.into(),
    };
    tokio::time::timeout(LIMIT, bus.show_modem(id)).await.map_err(late)?
}
