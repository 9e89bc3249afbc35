//! The scanner of the story: the firmware's own logic, with an engine that is not there.

use std::io;

use tekser_hardware::bus::{Change, Opening};
use tekser_hardware::{Bus, Device, DeviceId, Port, PortName, Role, Speaks};
use tekser_virtual_bench::VirtualScanner;
use tekser_virtual_bench::scanner::Kit;
use tekser_wire::usb;

use crate::counter::ScannerName;

/// A virtual scanner, plugged in for as long as it is there.
pub struct DemoScanner {
    scanner: VirtualScanner,
    port: PortName,
}

impl DemoScanner {
    /// A scanner made of this.
    ///
    /// # Errors
    ///
    /// What the system says when it has no thread left.
    pub fn new(kit: Kit) -> io::Result<Self> {
        Ok(Self { scanner: VirtualScanner::new(kit)?, port: PortName::new("virtual:scanner") })
    }

    /// Its name at the counter.
    pub fn name(&self) -> ScannerName {
        self.scanner.serial().into()
    }

    /// The scanner itself: what is held in front of it, its power, its lamps.
    pub const fn scanner(&self) -> &VirtualScanner {
        &self.scanner
    }
}

impl Bus for DemoScanner {
    fn devices(&self) -> Vec<Device> {
        let port = Port::free(self.port.clone(), Speaks::Scanner);
        vec![Device {
            role: Role::Scanner,
            usb_id: Some((usb::VENDOR, usb::PRODUCT)),
            maker: Some(usb::MAKER.to_owned()),
            product: Some(usb::NAME.to_owned()),
            serial: Some(self.scanner.serial().to_string()),
            ..Device::new(DeviceId::port(&self.port), vec![port])
        }]
    }

    /// It is there from the beginning to the end.
    fn changed(&self) -> Change<'_> {
        Box::pin(core::future::pending())
    }

    fn open<'a>(&'a self, _: &'a PortName) -> Opening<'a> {
        Box::pin(core::future::ready(Ok(self.scanner.plug())))
    }
}
