//! What Linux tells of a USB device without its being opened: sysfs, permissions, `/proc`.

use std::fs;
use std::path::{Path, PathBuf};

use rustix::fs::{Access as Mode, access as may};

use crate::bus::Access;
use crate::process;

/// Strings that the kernel read when the device was plugged in.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub maker: Option<String>,
    pub product: Option<String>,
    pub serial: Option<String>,
}

/// Longest string kept, in bytes. A descriptor holds 126 UTF-16 units.
const TEXT: usize = 256;

fn folder(topology: &str) -> PathBuf {
    Path::new("/sys/bus/usb/devices").join(topology)
}

pub(super) fn names(topology: &str) -> Names {
    let read = |name| text(&fs::read(folder(topology).join(name)).ok()?);
    Names { maker: read("manufacturer"), product: read("product"), serial: read("serial") }
}

/// A string that a foreign device chose: no control characters, and no end of it.
pub(super) fn text(bytes: &[u8]) -> Option<String> {
    let cut = bytes.get(..bytes.len().min(TEXT))?;
    let text: String =
        String::from_utf8_lossy(cut).chars().filter(|letter| !letter.is_control()).collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
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
