//! What the kernel shows of USB devices.

use std::fs;
use std::path::{Path, PathBuf};

const DEVICES: &str = "/sys/bus/usb/devices";
const DRIVERS: &str = "/sys/bus/usb/drivers";

/// An interface of a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    /// Its number.
    pub number: u8,
    /// Class, subclass and protocol.
    pub class: (u8, u8, u8),
    /// Driver that has it.
    pub driver: Option<String>,
}

/// Places of all devices but root hubs, such as `1-1`.
pub fn devices() -> Vec<String> {
    let is_device = |name: &String| !name.starts_with("usb") && !name.contains(':');
    names(Path::new(DEVICES)).into_iter().filter(is_device).collect()
}

/// An attribute of a device, such as `idVendor`.
pub fn attribute(place: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(Path::new(DEVICES).join(place).join(name)).ok()?;
    Some(text.trim_end().to_owned())
}

/// Sets an attribute of a device, such as `bConfigurationValue`.
pub fn set(place: &str, name: &str, value: &str) {
    fs::write(Path::new(DEVICES).join(place).join(name), value).unwrap();
}

/// Takes an interface, such as `1-1:1.0`, away from its driver.
pub fn unbind(driver: &str, interface: &str) {
    fs::write(Path::new(DRIVERS).join(driver).join("unbind"), interface).unwrap();
}

/// Gives an interface that has no driver to this one.
pub fn bind(driver: &str, interface: &str) {
    fs::write(Path::new(DRIVERS).join(driver).join("bind"), interface).unwrap();
}

/// Interfaces of the configuration that is in use, by number.
pub fn interfaces(place: &str) -> Vec<Interface> {
    let mut found: Vec<Interface> =
        interface_folders(place).iter().filter_map(|folder| interface(folder)).collect();
    found.sort_by_key(|interface| interface.number);
    found
}

fn interface(folder: &Path) -> Option<Interface> {
    let byte = |name| {
        let text = fs::read_to_string(folder.join(name)).ok()?;
        u8::from_str_radix(text.trim(), 16).ok()
    };
    let driver = fs::read_link(folder.join("driver")).ok();
    Some(Interface {
        number: byte("bInterfaceNumber")?,
        class: (byte("bInterfaceClass")?, byte("bInterfaceSubClass")?, byte("bInterfaceProtocol")?),
        driver: driver.and_then(|path| Some(path.file_name()?.to_str()?.to_owned())),
    })
}

/// Serial ports of a device whose nodes are there: interface and name, such as `ttyACM0`.
pub fn ttys(place: &str) -> Vec<(u8, String)> {
    let mut found = Vec::new();
    for folder in interface_folders(place) {
        let Some(interface) = interface(&folder) else { continue };
        // cdc_acm has `tty/ttyACM0`, drivers of usbserial have `ttyUSB0`.
        let all = [names(&folder.join("tty")), names(&folder)].concat();
        let ttys = all.into_iter().filter(|name| name.starts_with("tty") && name != "tty");
        found.extend(
            ttys.filter(|tty| Path::new("/dev").join(tty).exists())
                .map(|tty| (interface.number, tty)),
        );
    }
    found.sort();
    found
}

/// Folders of a device's interfaces, such as `1-1:1.0`.
fn interface_folders(place: &str) -> Vec<PathBuf> {
    let own = format!("{place}:");
    let folder = Path::new(DEVICES).join(place);
    let names = names(&folder).into_iter().filter(|name| name.starts_with(&own));
    names.map(|name| folder.join(name)).collect()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}
