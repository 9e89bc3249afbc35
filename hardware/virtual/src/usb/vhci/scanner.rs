//! A scanner on this machine's USB.

use std::io;

use super::ports::{free_port, ports};
use super::{Cable, lock, place};
use crate::scanner::VirtualScanner;
use crate::usb::{Look, UsbDevice};

/// A scanner that is plugged in. Dropping it pulls the cable and takes the power.
#[derive(Debug)]
pub struct UsbScanner {
    scanner: VirtualScanner,
    look: Look,
    port: u32,
    cable: Option<Cable>,
}

impl UsbScanner {
    /// Plugs a scanner in wherever there is room.
    ///
    /// # Errors
    ///
    /// As [`UsbPhone::plug`](super::UsbPhone::plug).
    pub fn plug(scanner: VirtualScanner) -> io::Result<Self> {
        let look = Look::scanner(scanner.serial());
        let mut plugged = Self { scanner, look, port: 0, cable: None };
        plugged.replug()?;
        Ok(plugged)
    }

    /// Pulls it and plugs it in wherever there is room. It runs on meanwhile, as with a battery.
    ///
    /// # Errors
    ///
    /// As [`UsbScanner::plug`]; the scanner is out then.
    pub fn replug(&mut self) -> io::Result<()> {
        self.pull();
        loop {
            self.port = free_port(&ports()?)
                .ok_or_else(|| io::Error::new(io::ErrorKind::StorageFull, "no free USB port"))?;
            let device = UsbDevice::of_scanner(&self.look, self.scanner.plug_by_hand());
            match Cable::plug(self.port, device, self.look.speed) {
                // Somebody else was faster.
                Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {}
                Err(error) => return Err(error),
                Ok(cable) => {
                    self.cable = Some(cable);
                    return Ok(());
                }
            }
        }
    }

    /// Pulls the cable.
    pub fn pull(&mut self) {
        self.cable = None;
        self.scanner.unplug();
    }

    /// The scanner itself, to hold codes in front of it.
    pub const fn scanner(&self) -> &VirtualScanner {
        &self.scanner
    }

    /// How it shows itself.
    pub const fn look(&self) -> &Look {
        &self.look
    }

    /// Its place in the system's own terms, such as `1-1`, once the system has met it.
    pub fn place(&self) -> Option<String> {
        self.cable.as_ref().filter(|cable| cable.is_in()).and_then(|_| place(self.port))
    }

    /// Whether a program on the host has its port open and raised DTR.
    pub fn is_terminal_ready(&self) -> bool {
        let cable = self.cable.as_ref();
        cable.is_some_and(|cable| lock(&cable.wire).device().is_terminal_ready())
    }
}
