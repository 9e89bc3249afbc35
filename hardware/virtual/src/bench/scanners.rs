//! Scanners on the bench: powered by their cable, as on a USB port.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::Arc;

use tekser_hardware::bus::{Opening, Role};
use tekser_hardware::{Device, DeviceId, Port, PortName, Speaks};
use tekser_wire::usb;

use crate::scanner::{Kit, VirtualScanner};

/// Scanners at their places.
#[derive(Debug, Default)]
pub(super) struct Scanners(BTreeMap<DeviceId, Place>);

#[derive(Debug)]
struct Place {
    number: usize,
    scanner: Arc<VirtualScanner>,
    plugged: Option<Plugged>,
}

/// A cable that is in.
#[derive(Debug)]
struct Plugged {
    port: PortName,
    #[cfg(unix)]
    name: Option<std::path::PathBuf>,
}

#[cfg(unix)]
impl Drop for Plugged {
    fn drop(&mut self) {
        if let Some(name) = &self.name {
            // Nobody is left to tell.
            let _ = std::fs::remove_file(name);
        }
    }
}

impl Place {
    fn plug(&mut self, names: Option<&Path>) -> io::Result<()> {
        self.unplug();
        self.scanner.power_on()?;
        self.plugged = Some(plug(&self.scanner, self.number, names)?);
        Ok(())
    }

    fn unplug(&mut self) -> bool {
        self.scanner.unplug();
        self.scanner.power_off();
        self.plugged.take().is_some()
    }

    /// What is listed: nothing of one that is in its boot loader.
    fn port(&self) -> Option<&PortName> {
        self.plugged.as_ref().filter(|_| self.scanner.is_on()).map(|plugged| &plugged.port)
    }
}

#[cfg(unix)]
fn plug(scanner: &VirtualScanner, number: usize, names: Option<&Path>) -> io::Result<Plugged> {
    let port = scanner.plug_into_pty()?;
    let name = names.map(|folder| folder.join(format!("scanner{number}")));
    if let Some(name) = &name {
        if name.is_symlink() {
            std::fs::remove_file(name)?;
        }
        std::os::unix::fs::symlink(port.as_str(), name)?;
    }
    Ok(Plugged { port, name })
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "a pseudo-terminal may not be had elsewhere")]
fn plug(_: &VirtualScanner, number: usize, _: Option<&Path>) -> io::Result<Plugged> {
    Ok(Plugged { port: PortName::new(format!("virtual:{number}:scanner")) })
}

impl Scanners {
    /// The highest number of a place, if there is one.
    pub(super) fn last(&self) -> Option<usize> {
        self.0.values().map(|place| place.number).max()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn add(
        &mut self,
        kit: Kit,
        number: usize,
        names: Option<&Path>,
    ) -> io::Result<DeviceId> {
        let id = DeviceId::bench(number);
        let scanner = Arc::new(VirtualScanner::new(kit)?);
        let mut place = Place { number, scanner, plugged: None };
        place.plug(names)?;
        self.0.insert(id.clone(), place);
        Ok(id)
    }

    pub(super) fn get(&self, id: &DeviceId) -> Option<Arc<VirtualScanner>> {
        self.0.get(id).map(|place| Arc::clone(&place.scanner))
    }

    /// Says whether it was in; `None` if there is no such place.
    pub(super) fn unplug(&mut self, id: &DeviceId) -> Option<bool> {
        self.0.get_mut(id).map(Place::unplug)
    }

    /// Says whether there is such a place.
    pub(super) fn replug(&mut self, id: &DeviceId, names: Option<&Path>) -> io::Result<bool> {
        match self.0.get_mut(id) {
            Some(place) => place.plug(names).map(|()| true),
            None => Ok(false),
        }
    }

    /// Those that are in, with their numbers.
    pub(super) fn devices(&self) -> impl Iterator<Item = (usize, Device)> {
        self.0.iter().filter_map(|(id, place)| {
            let ports = vec![Port::free(place.port()?.clone(), Speaks::Scanner)];
            let device = Device {
                usb_id: Some((usb::VENDOR, usb::PRODUCT)),
                maker: Some(usb::MAKER.to_owned()),
                product: Some(format!("{} Virtual", usb::NAME)),
                serial: Some(place.scanner.serial().to_string()),
                role: Role::Scanner,
                ..Device::new(id.clone(), ports)
            };
            Some((place.number, device))
        })
    }

    pub(super) fn open(&self, port: &PortName) -> Option<Opening<'static>> {
        let place = self.0.values().find(|place| place.port() == Some(port))?;
        Some(open(place, port))
    }
}

#[cfg(unix)]
fn open(_: &Place, port: &PortName) -> Opening<'static> {
    let port = port.clone();
    Box::pin(async move { tekser_hardware::serial::open(&port).await })
}

#[cfg(not(unix))]
fn open(place: &Place, _: &PortName) -> Opening<'static> {
    let link = place.scanner.plug();
    Box::pin(core::future::ready(Ok(link)))
}
