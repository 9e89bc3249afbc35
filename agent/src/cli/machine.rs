//! What is plugged into this machine, and how it is asked.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use tekser_hardware::adb::Server;
use tekser_hardware::machine::Machine;
use tekser_hardware::scanner::NamedScanners;
use tekser_hardware::serial::SerialBus;
use tekser_hardware::survey::Trouble;
use tekser_hardware::{Access, Bus, Device, OpenError, Port, PortName};

use super::Failure;
use crate::bench::{AdbKeys, Asking};
use crate::place::Place;

/// Where an adb server listens unless told otherwise.
pub(super) const ADB_SERVER: SocketAddr = Server::DEFAULT;

/// Everything that is plugged into this machine.
pub(super) fn machine_bus() -> Arc<dyn Bus> {
    Arc::new(Machine::new())
}

/// Everything that is plugged into this machine, and a Tekser scanner on each of these ports.
pub(super) fn bus_with_scanners(ports: &[String]) -> Arc<dyn Bus> {
    if ports.is_empty() {
        return machine_bus();
    }
    let ports = ports.iter().map(PortName::new).collect();
    Arc::new(NamedScanners::new(Machine::new(), ports))
}

/// One serial port, whatever it belongs to.
pub(super) fn single_bus(port: &str) -> Arc<dyn Bus> {
    Arc::new(SerialBus::single(PortName::new(port)))
}

/// How Android phones with USB debugging are asked.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct AdbArguments {
    /// Leave USB debugging alone: ask serial ports only.
    #[arg(long, conflicts_with_all = ["adb_key", "through_adb_server"])]
    no_adb: bool,
    /// Show phones the key in this file first, such as adb's own ~/.android/adbkey: phones that
    /// allowed it need no touch on "Allow".
    #[arg(long, value_name = "FILE")]
    adb_key: Option<PathBuf>,
    /// Ask phones through the adb server that runs on this machine.
    #[arg(long)]
    through_adb_server: bool,
}

impl AdbArguments {
    /// A key that is named must be there: a new one would be known to no phone.
    pub(super) fn check(&self) -> Result<(), Failure> {
        match &self.adb_key {
            Some(file) if !file.is_file() => {
                Err(Failure::usage(format!("there is no key in {}", file.display())))
            }
            _ => Ok(()),
        }
    }

    /// How phones are asked, with the station's own key from its data directory.
    pub(super) fn asking(&self, place: &Place) -> Result<Asking, Failure> {
        self.check()?;
        let mut files: Vec<PathBuf> = self.adb_key.iter().cloned().collect();
        files.push(place.adb_key());
        let mut asking = Asking::new(AdbKeys::in_files(files));
        asking.ask_adb = !self.no_adb;
        asking.adb_server = self.through_adb_server.then_some(ADB_SERVER);
        Ok(asking)
    }

    /// Whether USB debugging is asked at all.
    pub(super) const fn wanted(&self) -> bool {
        !self.no_adb
    }
}

/// What keeps a port from being opened, and what to do about it; `None` if nothing does.
pub(super) fn obstacle(port: &Port) -> Option<OpenError> {
    let name = port.name.clone();
    match &port.access {
        Access::Free => None,
        Access::PermissionDenied => Some(OpenError::PermissionDenied { port: name }),
        Access::Busy { holder } => Some(OpenError::Busy { port: name, holder: holder.clone() }),
    }
}

/// Why a device has nothing that could be asked; `None` if it has.
pub(super) fn nothing_to_ask(device: &Device) -> Option<Trouble> {
    device.ports.is_empty().then_some(Trouble::NoPort { role: device.role })
}
