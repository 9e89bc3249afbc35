//! What Linux alone can tell about a port: sysfs and permissions.

use std::fs;
use std::path::Path;

use rustix::fs::{Access as Mode, access as may};

use super::listing::Mark;
use crate::bus::Access;
use crate::link::OpenError;
use crate::port::PortName;
use crate::process;

/// Where a port sits: topology path of its USB device, and its interface number.
pub(crate) fn place(port: &PortName) -> Option<(String, u8)> {
    let name = Path::new(port.as_str()).file_name()?;
    let device = Path::new("/sys/class/tty").join(name).join("device");
    place_in(fs::canonicalize(device).ok()?.to_str()?)
}

/// Finds `1-1.2:1.0` (device `1-1.2`, configuration 1, interface 0) in a sysfs path.
fn place_in(path: &str) -> Option<(String, u8)> {
    path.rsplit('/').find_map(|part| {
        let (topology, function) = part.split_once(':')?;
        let (bus, ports) = topology.split_once('-')?;
        let numbers = |text: &str| text.split('.').all(|n| n.parse::<u16>().is_ok());
        let (_, interface) = function.split_once('.')?;
        (numbers(bus) && numbers(ports))
            .then(|| interface.parse().ok().map(|interface| (topology.to_owned(), interface)))?
    })
}

/// A mark for every serial port of a USB device.
pub(super) fn marks() -> Option<Vec<Mark>> {
    let mut marks: Vec<Mark> = fs::read_dir("/sys/class/tty")
        .ok()?
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            // The console's own ports are many and never on the USB.
            if name.starts_with("ttyS") || name.strip_prefix("tty")?.parse::<u16>().is_ok() {
                return None;
            }
            let place = fs::read_link(entry.path()).ok()?;
            let (topology, _) = place_in(place.to_str()?)?;
            let plug = plug(&topology);
            Some((name, place, plug))
        })
        .collect();
    marks.sort();
    Some(marks)
}

/// Number of the plug-in of a USB device: its bus, and its address there.
pub(super) fn plug(topology: &str) -> Option<u32> {
    let folder = Path::new("/sys/bus/usb/devices").join(topology);
    let number = |name| fs::read_to_string(folder.join(name)).ok()?.trim().parse::<u32>().ok();
    Some(number("busnum")? << 8 | number("devnum")?)
}

/// Asks the system without opening: opening a port can toggle lines and reset a board.
pub(crate) fn access(port: &PortName) -> Access {
    match may(port.as_str(), Mode::READ_OK | Mode::WRITE_OK) {
        Err(rustix::io::Errno::ACCESS | rustix::io::Errno::PERM) => Access::PermissionDenied,
        _ => Access::Free,
    }
}

/// Whether the system has such a port now.
pub(crate) fn is_there(port: &PortName) -> bool {
    Path::new(port.as_str()).exists()
}

/// Without `/sys/class/tty` (a container) `serialport` would panic instead of finding nothing.
pub(super) fn can_list() -> bool {
    Path::new("/sys/class/tty").is_dir()
}

/// `serialport` says "no device" when the port is locked by someone.
pub(super) fn no_device(port: PortName, _description: &str) -> OpenError {
    // This program itself counts too: two readings of one port are a mistake worth naming.
    let holder = process::holding(Path::new(port.as_str()), |_| true);
    OpenError::Busy { port, holder }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topology_and_interface_come_from_the_sysfs_path() {
        let acm = "/sys/devices/pci0000:00/0000:00:14.0/usb1/1-1/1-1.2/1-1.2:1.0";
        assert_eq!(place_in(acm), Some(("1-1.2".to_owned(), 0)));
        let usb = "/sys/devices/pci0000:00/0000:00:14.0/usb2/2-4/2-4:1.3/ttyUSB3";
        assert_eq!(place_in(usb), Some(("2-4".to_owned(), 3)));
        assert_eq!(place_in("/sys/devices/pnp0/00:01/00:01:0/00:01:0.0"), None);
        assert_eq!(place_in("/sys/devices/platform/serial8250"), None);
    }

    #[test]
    fn permission_is_told_without_opening() {
        assert_eq!(access(&PortName::new("/dev/null")), Access::Free);
        assert_eq!(access(&PortName::new("/dev/ttyACM4711")), Access::Free);
    }
}
