//! Devices that have just arrived, held back until their ports are there.
//!
//! A phone appears in steps: the device, its ports one by one, the right to open each. Reading it
//! at the first step would have to be broken off and begun again at every further one. So a
//! newcomer is held back until nothing is missing that can be foreseen, though not for long.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::bus::{Access, Device, DeviceId, Port, Speaks};
use crate::port::PortName;

/// Longest time that a newcomer is held back. Drivers and rules that take longer are no news for
/// a person either: the device is then read with what it has.
const LONGEST: Duration = Duration::from_millis(1500);

/// What arrived when, and how far it is.
#[derive(Debug, Default)]
pub(super) struct Newcomers {
    seen: BTreeMap<DeviceId, Seen>,
    /// The first look was taken. What is there by then may have been there for long.
    begun: bool,
}

#[derive(Debug)]
struct Seen {
    plug: Option<u32>,
    since: Instant,
    ports: Vec<PortName>,
    settled: bool,
}

impl Newcomers {
    /// The devices that are ready at `now`, of those that are there. `modems` have a modem
    /// interface, so a serial port of theirs is to come.
    pub(super) fn settled(
        &mut self,
        devices: Vec<Device>,
        modems: &[DeviceId],
        now: Instant,
    ) -> Vec<Device> {
        self.seen.retain(|id, seen| {
            devices.iter().any(|device| device.id == *id && device.plug == seen.plug)
        });
        let first = !core::mem::replace(&mut self.begun, true);
        let ready = |device: &Device| {
            let ports: Vec<PortName> = device.ports.iter().map(|port| port.name.clone()).collect();
            let awaits = modems.contains(&device.id);
            let seen = self.seen.entry(device.id.clone()).or_insert_with(|| Seen {
                plug: device.plug,
                since: now,
                ports: Vec::new(),
                settled: first,
            });
            let foreseen = awaits || device.speaking(Speaks::Adb).next().is_some();
            seen.settled |= now.duration_since(seen.since) >= LONGEST
                || (is_complete(device, awaits) && (foreseen || seen.ports == ports));
            seen.ports = ports;
            seen.settled
        };
        devices.into_iter().filter(ready).collect()
    }
}

/// Whether nothing is missing that can be foreseen; how many ports a maker's own driver will make
/// cannot, so such a device must look the same twice. Where one port can be opened and another not
/// yet, the rules of the system are being applied.
fn is_complete(device: &Device, awaits_modem: bool) -> bool {
    let denied = |port: &Port| port.access == Access::PermissionDenied;
    let has_modem = device.ports.iter().any(|port| port.speaks != Speaks::Adb);
    let mixed = device.ports.iter().any(denied) && !device.ports.iter().all(denied);
    (has_modem || !awaits_modem) && !mixed
}

#[cfg(test)]
mod tests {
    use super::*;

    const TICK: Duration = Duration::from_millis(15);

    fn port(name: &str, speaks: Speaks) -> Port {
        Port::free(PortName::new(name), speaks)
    }

    fn phone(plug: u32, ports: Vec<Port>) -> Device {
        Device { plug: Some(plug), ..Device::new(DeviceId::usb("1-1"), ports) }
    }

    fn begun() -> (Newcomers, Instant) {
        let (mut newcomers, now) = (Newcomers::default(), Instant::now());
        assert!(newcomers.settled(vec![], &[], now).is_empty());
        (newcomers, now)
    }

    #[test]
    fn what_is_there_at_the_first_look_is_shown_at_once() {
        let mut newcomers = Newcomers::default();
        let modems = [DeviceId::usb("1-1")];
        assert_eq!(newcomers.settled(vec![phone(1, vec![])], &modems, Instant::now()).len(), 1);
    }

    #[test]
    fn a_phone_with_a_modem_is_held_until_its_port_is_there() {
        let (mut newcomers, now) = begun();
        let modems = [DeviceId::usb("1-1")];
        let bridge = port("usb:1-1:1.1", Speaks::Adb);
        let half = phone(1, vec![bridge.clone()]);
        assert!(newcomers.settled(vec![half.clone()], &modems, now).is_empty());
        let whole = phone(1, vec![bridge, port("/dev/ttyACM0", Speaks::At)]);
        assert_eq!(newcomers.settled(vec![whole], &modems, now + TICK).len(), 1);
        // Without a modem there is nothing to wait for; a new plug-in begins anew.
        assert!(newcomers.settled(vec![phone(2, vec![])], &modems, now + TICK).is_empty());
        assert_eq!(newcomers.settled(vec![phone(3, half.ports)], &[], now).len(), 1);
    }

    #[test]
    fn half_given_rights_are_waited_for_but_not_for_ever() {
        let (mut newcomers, now) = begun();
        let denied = Port { access: Access::PermissionDenied, ..port("/dev/ttyACM0", Speaks::At) };
        let half = || vec![phone(1, vec![port("usb:1-1:1.1", Speaks::Adb), denied.clone()])];
        assert!(newcomers.settled(half(), &[], now).is_empty());
        assert!(newcomers.settled(half(), &[], now + LONGEST / 2).is_empty());
        assert_eq!(newcomers.settled(half(), &[], now + LONGEST).len(), 1);
        assert_eq!(newcomers.settled(half(), &[], now + LONGEST).len(), 1);
    }

    #[test]
    fn ports_without_a_device_are_shown_once_no_more_come() {
        let (mut newcomers, now) = begun();
        let with = |count: usize| {
            let ports = (0..count).map(|n| port(&format!("/dev/ttyUSB{n}"), Speaks::At)).collect();
            vec![Device::new(DeviceId::usb("1-2"), ports)]
        };
        assert!(newcomers.settled(with(1), &[], now).is_empty());
        assert!(newcomers.settled(with(4), &[], now + TICK).is_empty());
        assert_eq!(newcomers.settled(with(4), &[], now + TICK * 2).len(), 1);
    }
}
