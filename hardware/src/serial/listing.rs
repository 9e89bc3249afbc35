//! Which serial ports belong to which USB device.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use serialport::{SerialPortInfo, SerialPortType, UsbPortInfo};

use super::system;
use crate::bus::{Bus, Device, DeviceId, Opening, Port, Role, Speaks};
use crate::port::PortName;
use crate::scanner::Kind;
use crate::wording;

/// Quectel modules have their AT port on interface 2; the ones before it are DIAG and NMEA.
const QUECTEL: u16 = 0x2c7c;

/// Serial ports of this machine that belong to USB devices.
#[derive(Debug, Clone, Default)]
pub struct SerialBus {
    single: Option<PortName>,
    last: Last,
}

/// The last list of ports, and by what it is known to hold still: `serialport` looks at every
/// terminal of the machine each time, which is most of what a look costs.
#[derive(Debug, Clone, Default)]
struct Last(Arc<Mutex<Option<Listed>>>);

#[derive(Debug)]
struct Listed {
    marks: Vec<Mark>,
    ports: Ports,
}

/// One USB port as cheaply as it can be told from another: its name, its place in the system, and
/// the number of its plug-in.
pub(super) type Mark = (String, PathBuf, Option<u32>);

type Ports = Vec<(PortName, UsbPortInfo)>;

impl Last {
    /// The ports now.
    fn ports(&self) -> Ports {
        let Some(marks) = system::marks() else {
            return usb_ports();
        };
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(listed) = last.as_ref().filter(|listed| listed.marks == marks) {
            return listed.ports.clone();
        }
        let ports = usb_ports();
        // A port that came or went meanwhile makes the list one that was never true.
        *last = (system::marks().as_ref() == Some(&marks))
            .then(|| Listed { marks, ports: ports.clone() });
        ports
    }
}

impl SerialBus {
    /// All USB ports of the machine. On-board ports (`ttyS0`, `COM1` of a mainboard) are left
    /// out: no phone is behind them.
    pub fn machine() -> Self {
        Self::default()
    }

    /// One port named by a person, of whatever kind, a pseudo-terminal included.
    pub fn single(port: PortName) -> Self {
        Self { single: Some(port), ..Self::default() }
    }
}

impl Bus for SerialBus {
    fn devices(&self) -> Vec<Device> {
        let ports = self.last.ports();
        let Some(single) = &self.single else {
            return group(
                ports.into_iter().map(|(port, info)| (Seat::of(&port, &info), port, info)),
            );
        };
        let info = ports.into_iter().find(|(port, _)| port == single).map(|(_, info)| info);
        let id = match system::place(single) {
            Some((topology, _)) => DeviceId::usb(&topology),
            None => DeviceId::port(single),
        };
        vec![described(Device::new(id, vec![asked(single.clone())]), info)]
    }

    fn open<'a>(&'a self, port: &'a PortName) -> Opening<'a> {
        Box::pin(super::open(port))
    }
}

fn usb_ports() -> Ports {
    if !system::can_list() {
        return Vec::new();
    }
    let listed = serialport::available_ports().unwrap_or_else(|error| {
        tracing::warn!(%error, "the system does not list its serial ports");
        Vec::new()
    });
    listed.into_iter().filter_map(usb_port).collect()
}

fn usb_port(info: SerialPortInfo) -> Option<(PortName, UsbPortInfo)> {
    // macOS lists every port twice; the `tty.` one waits for a carrier that never comes.
    let waits_for_carrier = info.port_name.starts_with("/dev/tty.");
    match info.port_type {
        SerialPortType::UsbPort(usb) if !waits_for_carrier => {
            Some((PortName::new(info.port_name), usb))
        }
        _ => None,
    }
}

/// Which device a port belongs to, and how likely it is the one that answers AT.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seat {
    device: Body,
    rank: u8,
}

/// What holds the ports of one device together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Body {
    /// Place on the USB.
    Topology(String),
    /// Product and serial number, where the system does not tell the place. Never shown.
    Serial(u16, u16, String),
    /// Nothing: the port stands for itself.
    Port(PortName),
}

impl Seat {
    fn of(port: &PortName, info: &UsbPortInfo) -> Self {
        if let Some((topology, interface)) = system::place(port) {
            return Self { device: Body::Topology(topology), rank: rank(info.vid, interface) };
        }
        let device = match info.serial_number.clone().filter(|text| !text.is_empty()) {
            Some(serial) => Body::Serial(info.vid, info.pid, serial),
            None => Body::Port(port.clone()),
        };
        Self { device, rank: 0 }
    }
}

/// Lower comes first.
const fn rank(vendor: u16, interface: u8) -> u8 {
    match (vendor, interface) {
        (QUECTEL, 2) => 0,
        (QUECTEL, 3) => 1,
        (QUECTEL, interface) => interface.saturating_add(2),
        (_, interface) => interface,
    }
}

fn group(ports: impl Iterator<Item = (Seat, PortName, UsbPortInfo)>) -> Vec<Device> {
    let mut devices: BTreeMap<Body, (UsbPortInfo, Vec<(u8, PortName)>)> = BTreeMap::new();
    for (seat, port, info) in ports {
        let entry = devices.entry(seat.device).or_insert_with(|| (info, Vec::new()));
        entry.1.push((seat.rank, port));
    }
    devices.into_iter().filter_map(|(body, (info, ports))| device(&body, info, ports)).collect()
}

fn device(body: &Body, info: UsbPortInfo, mut ports: Vec<(u8, PortName)>) -> Option<Device> {
    ports.sort();
    let id = match body {
        Body::Topology(topology) => DeviceId::usb(topology),
        Body::Serial(..) | Body::Port(_) => DeviceId::port(&ports.first()?.1),
    };
    let plug = match body {
        Body::Topology(topology) => system::plug(topology),
        Body::Serial(..) | Body::Port(_) => None,
    };
    let ports = ports.into_iter().map(|(_, name)| asked(name)).collect();
    Some(described(Device { plug, ..Device::new(id, ports) }, Some(info)))
}

fn asked(name: PortName) -> Port {
    Port { access: system::access(&name), name, speaks: Speaks::At }
}

fn described(device: Device, info: Option<UsbPortInfo>) -> Device {
    let Some(UsbPortInfo { vid, pid, serial_number, manufacturer, product, .. }) = info else {
        return device;
    };
    let shown = |text: Option<String>| wording::shown(&text?);
    let mut device = Device {
        usb_id: Some((vid, pid)),
        maker: shown(manufacturer),
        product: shown(product),
        serial: shown(serial_number),
        ..device
    };
    let (maker, name) = (device.maker.as_deref(), device.product.as_deref());
    if let Some(kind) = Kind::of((vid, pid), maker, name, device.serial.as_deref()) {
        device.role = Role::Scanner;
        device.ports.iter_mut().for_each(|port| port.speaks = kind.speaks());
    }
    device
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(vid: u16, product: &str) -> UsbPortInfo {
        UsbPortInfo {
            vid,
            pid: 0x0125,
            serial_number: None,
            manufacturer: None,
            product: Some(product.to_owned()),
            interface: None,
        }
    }

    #[test]
    fn ports_of_one_device_stand_together_the_likely_one_first() {
        let seat =
            |topology: &str, rank| Seat { device: Body::Topology(topology.to_owned()), rank };
        let devices = group(
            (0..4u8)
                .map(|n| {
                    let port = PortName::new(format!("/dev/ttyUSB{n}"));
                    (seat("1-1", rank(QUECTEL, n)), port, info(QUECTEL, "EC25"))
                })
                .chain([(seat("1-2", 0), PortName::new("/dev/ttyACM0"), info(0x04e8, "Galaxy"))]),
        );
        assert_eq!(devices.len(), 2);
        let names: Vec<_> = devices[0].ports.iter().map(|port| port.name.as_str()).collect();
        assert_eq!(names, ["/dev/ttyUSB2", "/dev/ttyUSB3", "/dev/ttyUSB0", "/dev/ttyUSB1"]);
        assert_eq!(devices[1].id.as_str(), "usb:1-2");
        assert_eq!(devices[1].usb_id, Some((0x04e8, 0x0125)));
    }

    #[test]
    fn strings_of_a_hostile_device_are_cleaned() {
        let hostile = || Some("\x1b[2Jevil".to_owned());
        let info =
            UsbPortInfo { serial_number: hostile(), manufacturer: hostile(), ..info(1, "\x07x") };
        let device = described(Device::new(DeviceId::usb("1-1"), vec![]), Some(info));
        assert_eq!(device.product.as_deref(), Some("x"));
        assert_eq!(
            (device.maker.as_deref(), device.serial),
            (Some("[2Jevil"), device.maker.clone())
        );
    }

    #[test]
    fn the_port_of_a_scanner_is_never_one_for_at() {
        let port = || vec![Port::free(PortName::new("/dev/ttyACM0"), Speaks::At)];
        let ours = UsbPortInfo {
            vid: tekser_wire::usb::VENDOR,
            pid: tekser_wire::usb::PRODUCT,
            serial_number: Some("E6610403239ABC2F".to_owned()),
            manufacturer: Some("Tekser".to_owned()),
            product: Some("Tekser Scanner pico".to_owned()),
            ..info(0, "")
        };
        for (info, speaks) in [(ours, Speaks::Scanner), (info(0x0c2e, "1450g"), Speaks::Codes)] {
            let device = described(Device::new(DeviceId::usb("1-1"), port()), Some(info));
            assert_eq!((device.role, device.ports[0].speaks), (Role::Scanner, speaks));
        }
        let other = described(Device::new(DeviceId::usb("1-1"), port()), Some(info(0x1209, "x")));
        assert_eq!((other.role, other.ports[0].speaks), (Role::Phone, Speaks::At));
    }

    #[test]
    fn a_list_that_is_looked_at_twice_is_the_same_list() {
        let bus = SerialBus::machine();
        assert_eq!(bus.devices(), bus.devices());
    }

    #[test]
    fn on_board_ports_are_not_devices() {
        let port = |name: &str, port_type| SerialPortInfo { port_name: name.to_owned(), port_type };
        assert!(usb_port(port("/dev/ttyS0", SerialPortType::PciPort)).is_none());
        assert!(usb_port(port("/dev/ttyS1", SerialPortType::Unknown)).is_none());
        assert!(usb_port(port("COM7", SerialPortType::UsbPort(info(1, "x")))).is_some());
    }

    #[test]
    fn a_named_port_is_listed_without_being_a_usb_port() {
        let devices = SerialBus::single(PortName::new("/dev/pts/4711")).devices();
        assert_eq!(devices[0].id.as_str(), "port:/dev/pts/4711");
        assert_eq!(devices[0].usb_id, None);
    }
}
