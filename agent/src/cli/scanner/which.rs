//! Which scanner is meant.

use std::sync::Arc;

use serde::Deserialize;
use tekser_hardware::{Bus, Device, Role, Speaks};

use crate::bench::{DeviceState, DeviceView};
use crate::cli::Failure;
use crate::cli::machine::bus_with_scanners;
use crate::cli::remote::Remote;
use crate::counter::{ScannerState, ScannerView};

/// Which scanner is meant; the only one need not be named.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Which {
    /// Its serial number, or where it is plugged, as `tekser scanner list` prints them.
    #[arg(value_name = "SCANNER")]
    name: Option<String>,
    /// Its port, if the USB does not tell that it is a scanner.
    #[arg(long, conflicts_with = "name")]
    port: Option<String>,
}

/// A page of a list, as the web API sends it.
#[derive(Deserialize)]
pub(in crate::cli) struct Page<T> {
    pub items: Vec<T>,
}

impl Which {
    /// What is plugged into this machine, and the scanner on the port that is named.
    pub(super) fn bus(&self) -> Arc<dyn Bus> {
        let port: Vec<String> = self.port.iter().cloned().collect();
        bus_with_scanners(&port)
    }

    /// The Tekser scanner that is meant, among what is plugged into this machine.
    pub(super) fn among(&self, mut devices: Vec<Device>) -> Result<Device, Failure> {
        devices.retain(|device| {
            device.role == Role::Scanner
                && device.speaking(Speaks::Scanner).next().is_some()
                && self.is_meant(&[device.serial.as_deref(), Some(device.id.as_str())])
                && self
                    .port
                    .as_ref()
                    .is_none_or(|port| device.ports.iter().any(|other| other.name.as_str() == port))
        });
        let names = devices.iter().map(|device| device.id.to_string()).collect();
        self.only(devices, names)
    }

    /// The connected scanner that is meant, of a station that runs; `None` if a port is named that
    /// the station does not hear.
    pub(super) async fn of_station(
        &self,
        station: &Remote,
    ) -> Result<Option<ScannerView>, Failure> {
        let place = match &self.port {
            Some(port) => match hearing(station, port).await? {
                Some(place) => Some(place),
                None => return Ok(None),
            },
            None => None,
        };
        let scanners: Page<ScannerView> = station.get("/api/v1/scanners").await?;
        let meant = scanners.items.into_iter().filter(|view| {
            let device = view.device.as_ref().map(|device| device.as_str());
            view.state != ScannerState::Away
                && self.is_meant(&[Some(view.known.name.as_str()), device])
                && place.as_deref().is_none_or(|place| device == Some(place))
        });
        let meant: Vec<ScannerView> = meant.collect();
        let names = meant.iter().map(|view| view.known.name.to_string()).collect();
        self.only(meant, names).map(Some)
    }

    fn is_meant(&self, names: &[Option<&str>]) -> bool {
        self.name.as_deref().is_none_or(|wanted| {
            names.iter().flatten().any(|name| name.eq_ignore_ascii_case(wanted))
        })
    }

    fn only<T>(&self, mut all: Vec<T>, names: Vec<String>) -> Result<T, Failure> {
        match (all.len(), self.name.as_ref().or(self.port.as_ref())) {
            (0, Some(name)) => Err(Failure::usage(format!(
                "there is no Tekser scanner {name}; `tekser scanner list` lists what is there"
            ))),
            (0, None) => Err(Failure::Environment(anyhow::anyhow!(
                "no Tekser scanner is connected; `tekser doctor` looks for the reason"
            ))),
            (1, _) => Ok(all.remove(0)),
            _ => Err(Failure::usage(format!("name one of the scanners: {}", names.join(", ")))),
        }
    }
}

/// The device of a station that runs which has this port.
async fn hearing(station: &Remote, port: &str) -> Result<Option<String>, Failure> {
    let devices: Page<DeviceView> = station.get("/api/v1/devices").await?;
    let mut devices = devices.items.into_iter();
    let found = devices.find(|device| {
        matches!(device.state, DeviceState::Connected { .. })
            && device.ports.iter().any(|other| other.as_str() == port)
    });
    Ok(found.map(|device| device.id.to_string()))
}
