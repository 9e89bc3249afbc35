//! What Linux tells of a USB device without its being opened: sysfs, permissions, `/proc`.

use std::fs;
use std::path::{Path, PathBuf};

use rustix::fs::{Access as Mode, access as may};

use crate::bus::Access;
use crate::{process, wording};

/// Strings that the kernel read when the device was plugged in.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub maker: Option<String>,
    pub product: Option<String>,
    pub serial: Option<String>,
}

fn folder(topology: &str) -> PathBuf {
    Path::new("/sys/bus/usb/devices").join(topology)
}

pub(super) fn names(topology: &str) -> Names {
    let read = |name| {
        let bytes = fs::read(folder(topology).join(name)).ok()?;
        wording::shown(&String::from_utf8_lossy(&bytes))
    };
    Names { maker: read("manufacturer"), product: read("product"), serial: read("serial") }
}

fn node((bus, address): (u8, u8)) -> PathBuf {
    PathBuf::from(format!("/dev/bus/usb/{bus:03}/{address:03}"))
}

/// Whether a bridge can be opened. `usbfs` is bound to an interface that a program has claimed.
pub(super) fn access(place: (u8, u8), topology: &str, configuration: u8, interface: u8) -> Access {
    let node = node(place);
    if matches!(
        may(&node, Mode::READ_OK | Mode::WRITE_OK),
        Err(rustix::io::Errno::ACCESS | rustix::io::Errno::PERM)
    ) {
        return Access::PermissionDenied;
    }
    let driver =
        folder(topology).join(format!("{topology}:{configuration}.{interface}")).join("driver");
    let driver = fs::read_link(driver).ok();
    // Bound to an interface that a program has claimed.
    if driver.as_deref().and_then(Path::file_name).is_some_and(|name| name == "usbfs") {
        return Access::Busy { holder: None };
    }
    Access::Free
}

/// The other program that has the device open.
pub(super) fn holder(place: (u8, u8)) -> Option<String> {
    process::holding(&node(place), |id| id != std::process::id())
}
