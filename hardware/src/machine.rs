//! Everything plugged into this machine: each phone once, with all its ports.

mod newcomers;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::bus::{Bus, Change, Device, DeviceId, Opening, Port, Role, Showing, Speaks};
use crate::port::PortName;
use crate::serial::{self, SerialBus};
use crate::usb::{Found, NoUsb, Usb};
use newcomers::Newcomers;

/// USB and serial ports of this machine.
///
/// Where the system tells the place of a port (Linux), ports belong to the device in that place.
/// Elsewhere they belong together by product and serial number, if only one device has these.
#[derive(Debug)]
pub struct Machine {
    usb: Result<Arc<Usb>, NoUsb>,
    serial: SerialBus,
    newcomers: Mutex<Newcomers>,
    pace: Mutex<Pace>,
}

/// A phone that was plugged in is there first, its ports a moment later, and the right to open
/// them another moment later: after news the ports are looked at often for a while.
const CLOSELY: Duration = Duration::from_millis(15);

/// How long that is.
const CLOSE: Duration = Duration::from_secs(3);

/// Longest time between two looks: rights and holders change without word.
const SELDOM: Duration = Duration::from_millis(500);

/// With many phones a look is work: the pause after it is so many times as long at least, or
/// looking would take the processor from reading.
const REST: u32 = 2;

/// How often the ports are looked at.
#[derive(Debug)]
struct Pace {
    close_until: Instant,
    /// What the last look took.
    look: Duration,
}

impl Pace {
    fn news(&mut self, now: Instant) {
        self.close_until = now + CLOSE;
    }

    /// Longest time from a look to the next.
    fn pause(&self, now: Instant) -> Duration {
        let pause = if now < self.close_until { CLOSELY } else { SELDOM };
        pause.max(self.look * REST)
    }
}

impl Default for Machine {
    fn default() -> Self {
        Self::new()
    }
}

impl Machine {
    /// Looks for USB; without it serial ports are all there is.
    pub fn new() -> Self {
        let usb = Usb::new().map(Arc::new);
        if let Err(error) = &usb {
            let error = error as &dyn std::error::Error;
            tracing::info!(error, "serial ports only");
        }
        Self {
            usb,
            serial: SerialBus::machine(),
            newcomers: Mutex::default(),
            pace: Mutex::new(Pace { close_until: Instant::now() + CLOSE, look: Duration::ZERO }),
        }
    }

    /// Why there is no USB, if there is none.
    pub const fn no_usb(&self) -> Option<&NoUsb> {
        match &self.usb {
            Ok(_) => None,
            Err(error) => Some(error),
        }
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn wait(&self) {
        let pause = self.pace().pause(Instant::now());
        let news = async {
            match &self.usb {
                Ok(usb) => usb.changed().await,
                Err(_) => core::future::pending().await,
            }
        };
        if tokio::time::timeout(pause, news).await.is_ok() {
            self.pace().news(Instant::now());
        }
    }
}

impl Bus for Machine {
    fn devices(&self) -> Vec<Device> {
        let began = Instant::now();
        let found = self.usb.as_ref().map(|usb| usb.devices()).unwrap_or_default();
        let modems: Vec<DeviceId> = found
            .iter()
            .filter(|found| found.has_modem)
            .map(|found| found.device.id.clone())
            .collect();
        let usb = found.into_iter().map(|Found { device, .. }| device).collect();
        let devices = join(usb, self.serial.devices(), serial::place);
        self.pace().look = began.elapsed();
        let mut newcomers = self.newcomers.lock().unwrap_or_else(PoisonError::into_inner);
        newcomers.settled(devices, &modems, Instant::now())
    }

    fn changed(&self) -> Change<'_> {
        Box::pin(self.wait())
    }

    fn open<'a>(&'a self, port: &'a PortName) -> Opening<'a> {
        match &self.usb {
            Ok(usb) if port.as_str().starts_with("usb:") => Box::pin(usb.open(port)),
            _ => self.serial.open(port),
        }
    }

    fn show_modem<'a>(&'a self, id: &'a DeviceId) -> Showing<'a> {
        match &self.usb {
            Ok(usb) => Box::pin(usb.show_modem(id)),
            Err(_) => self.serial.show_modem(id),
        }
    }
}

/// Puts the serial ports to the devices they belong to.
fn join(
    usb: Vec<Device>,
    serial: Vec<Device>,
    place: impl Fn(&PortName) -> Option<(String, u8)>,
) -> Vec<Device> {
    let mut devices = usb;
    for one in serial {
        match owner(&devices, &one) {
            Some(at) => {
                if let Some(device) = devices.get_mut(at) {
                    adopt(device, one, &place);
                }
            }
            None => devices.push(one),
        }
    }
    devices
}

fn owner(devices: &[Device], ports: &Device) -> Option<usize> {
    if let Some(at) = devices.iter().position(|device| device.id == ports.id) {
        return Some(at);
    }
    if ports.id.as_str().starts_with("usb:") || ports.serial.is_none() {
        return None;
    }
    let same = |device: &&Device| {
        device.usb_id == ports.usb_id && (device.serial.is_none() || device.serial == ports.serial)
    };
    let mut alike = devices.iter().filter(same);
    match (alike.next(), alike.next()) {
        (Some(only), None) => devices.iter().position(|device| device.id == only.id),
        _ => None,
    }
}

fn adopt(device: &mut Device, ports: Device, place: impl Fn(&PortName) -> Option<(String, u8)>) {
    let bridges: Vec<String> =
        device.speaking(Speaks::Adb).map(|port| port.name.as_str().to_owned()).collect();
    // A serial driver may have taken the debug bridge too; what is spoken there is not AT.
    let is_bridge = |port: &PortName| {
        place(port).is_some_and(|(topology, interface)| {
            let (front, end) = (format!("usb:{topology}:"), format!(".{interface}"));
            bridges.iter().any(|bridge| bridge.starts_with(&front) && bridge.ends_with(&end))
        })
    };
    // Makers of scanners build computers with a debug bridge as well; those are phones.
    let is_scanner = ports.role == Role::Scanner && bridges.is_empty();
    let more = ports.ports.into_iter().filter(|port| !is_bridge(&port.name));
    let spoken = |port: Port| if is_scanner { port } else { Port { speaks: Speaks::At, ..port } };
    device.ports.extend(more.map(spoken));
    if is_scanner {
        device.role = Role::Scanner;
    }
    let shown = device.speaking(Speaks::At).next().is_some();
    device.hidden_modem &= !shown;
    if device.role == Role::Files && !device.ports.is_empty() {
        device.role = Role::Phone;
    }
    device.maker = device.maker.take().or(ports.maker);
    device.product = device.product.take().or(ports.product);
    device.serial = device.serial.take().or(ports.serial);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn port(name: &str, speaks: Speaks) -> Port {
        Port::free(PortName::new(name), speaks)
    }

    fn nowhere(_: &PortName) -> Option<(String, u8)> {
        None
    }

    #[test]
    fn ports_of_one_phone_belong_to_one_device() {
        let bridge = port("usb:1-1:1.2", Speaks::Adb);
        let usb = vec![
            Device::new(DeviceId::usb("1-1"), vec![bridge]),
            Device { role: Role::Files, ..Device::new(DeviceId::usb("1-2"), vec![]) },
        ];
        let serial = vec![
            Device::new(DeviceId::usb("1-1"), vec![port("/dev/ttyACM0", Speaks::At)]),
            Device::new(DeviceId::usb("1-2"), vec![port("/dev/ttyACM1", Speaks::At)]),
            Device::new(DeviceId::usb("2-1"), vec![port("/dev/ttyUSB0", Speaks::At)]),
        ];
        let devices = join(usb, serial, nowhere);
        let names = |device: &Device| {
            device.ports.iter().map(|port| port.name.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(devices.len(), 3);
        assert_eq!(names(&devices[0]), ["usb:1-1:1.2", "/dev/ttyACM0"]);
        assert_eq!((names(&devices[1]).len(), devices[1].role), (1, Role::Phone));
        assert_eq!(devices[2].id, DeviceId::usb("2-1"));
    }

    #[test]
    fn a_serial_driver_on_the_debug_bridge_makes_no_modem_of_it() {
        let usb = vec![Device::new(DeviceId::usb("1-1"), vec![port("usb:1-1:1.2", Speaks::Adb)])];
        let serial = vec![Device::new(
            DeviceId::usb("1-1"),
            vec![port("/dev/ttyUSB0", Speaks::At), port("/dev/ttyUSB1", Speaks::At)],
        )];
        let place = |port: &PortName| {
            let interface = if port.as_str().ends_with('1') { 2 } else { 0 };
            Some(("1-1".to_owned(), interface))
        };
        let devices = join(usb, serial, place);
        let at: Vec<_> = devices[0].speaking(Speaks::At).map(|port| port.name.as_str()).collect();
        assert_eq!(at, ["/dev/ttyUSB0"]);
    }

    #[test]
    fn a_scanner_stays_one_on_both_sides_and_a_computer_with_a_bridge_is_none() {
        let codes = || Device {
            role: Role::Scanner,
            ..Device::new(DeviceId::usb("1-1"), vec![port("/dev/ttyACM0", Speaks::Codes)])
        };
        let body = Device { role: Role::Scanner, ..Device::new(DeviceId::usb("1-1"), vec![]) };
        let scanner = join(vec![body], vec![codes()], nowhere).remove(0);
        assert_eq!((scanner.role, scanner.ports[0].speaks), (Role::Scanner, Speaks::Codes));
        let bridge = vec![port("usb:1-1:1.2", Speaks::Adb)];
        let computer = Device::new(DeviceId::usb("1-1"), bridge);
        let computer = join(vec![computer], vec![codes()], nowhere).remove(0);
        assert_eq!((computer.role, computer.ports[1].speaks), (Role::Phone, Speaks::At));
    }

    #[test]
    fn where_places_are_not_told_serial_numbers_join_and_twins_stay_apart() {
        let body = |place: &str, serial: Option<&str>| Device {
            usb_id: Some((0x04e8, 0x6860)),
            serial: serial.map(str::to_owned),
            ..Device::new(DeviceId::usb(place), vec![])
        };
        let com = Device {
            usb_id: Some((0x04e8, 0x6860)),
            serial: Some("R5001".to_owned()),
            ..Device::new(DeviceId::port(&PortName::new("COM7")), vec![port("COM7", Speaks::At)])
        };
        let one = join(vec![body("1-1", None)], vec![com.clone()], nowhere);
        assert_eq!((one.len(), one[0].ports.len()), (1, 1));
        let two = join(vec![body("1-1", None), body("1-2", None)], vec![com], nowhere);
        assert_eq!(two.len(), 3);
    }

    #[test]
    fn looks_are_close_after_news_and_never_take_most_of_a_processor() {
        let now = Instant::now();
        let mut pace = Pace { close_until: now, look: Duration::from_millis(1) };
        assert_eq!(pace.pause(now), SELDOM);
        pace.news(now);
        assert_eq!(pace.pause(now + CLOSE / 2), CLOSELY);
        assert_eq!(pace.pause(now + CLOSE), SELDOM);
        pace.look = Duration::from_millis(350);
        assert_eq!(pace.pause(now), Duration::from_millis(700));
    }

    #[tokio::test]
    async fn this_machine_can_be_looked_at() {
        let machine = Machine::new();
        let _ = machine.devices();
        let soon = Duration::from_secs(5);
        assert!(tokio::time::timeout(soon, machine.changed()).await.is_ok());
    }
}
