//! Ports that a person says have a scanner, though nothing tells.

use crate::bus::{Bus, Change, Device, DeviceId, Opening, Port, Role, Showing, Speaks};
use crate::port::PortName;
use crate::serial;

/// A bus on which these ports have a Tekser scanner each: one on a UART adapter, whose USB strings
/// are the adapter's, or on a pseudo-terminal.
#[derive(Debug, Clone)]
pub struct NamedScanners<B> {
    bus: B,
    ports: Vec<PortName>,
}

impl<B: Bus> NamedScanners<B> {
    /// The devices of `bus`, and a scanner on each of `ports` while the system has such a port.
    pub const fn new(bus: B, ports: Vec<PortName>) -> Self {
        Self { bus, ports }
    }
}

impl<B: Bus> Bus for NamedScanners<B> {
    fn devices(&self) -> Vec<Device> {
        let mut devices = self.bus.devices();
        for name in &self.ports {
            let has = |device: &&mut Device| device.ports.iter().any(|port| port.name == *name);
            match devices.iter_mut().find(has) {
                Some(device) => become_scanner(device, name),
                None if serial::is_there(name) => devices.push(alone(name)),
                None => {}
            }
        }
        devices
    }

    fn changed(&self) -> Change<'_> {
        self.bus.changed()
    }

    fn open<'a>(&'a self, port: &'a PortName) -> Opening<'a> {
        if self.ports.contains(port) {
            return Box::pin(serial::open(port));
        }
        self.bus.open(port)
    }

    fn show_modem<'a>(&'a self, id: &'a DeviceId) -> Showing<'a> {
        self.bus.show_modem(id)
    }
}

fn become_scanner(device: &mut Device, name: &PortName) {
    device.role = Role::Scanner;
    device.hidden_modem = false;
    // Its other ports belong to the adapter, and are nobody's to ask.
    device.ports.retain(|port| port.name == *name);
    for port in &mut device.ports {
        port.speaks = Speaks::Scanner;
    }
}

fn alone(name: &PortName) -> Device {
    let access = serial::access(name);
    let port = Port { name: name.clone(), speaks: Speaks::Scanner, access };
    Device { role: Role::Scanner, ..Device::new(DeviceId::port(name), vec![port]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(Vec<Device>);

    impl Bus for Fixed {
        fn devices(&self) -> Vec<Device> {
            self.0.clone()
        }

        fn open<'a>(&'a self, _: &'a PortName) -> Opening<'a> {
            unreachable!("the named ports are opened by their name")
        }
    }

    #[test]
    fn an_adapter_with_a_scanner_behind_it_is_a_scanner() {
        let name = PortName::new("/dev/ttyUSB7");
        let ports = vec![
            Port::free(name.clone(), Speaks::At),
            Port::free(PortName::new("/dev/ttyUSB8"), Speaks::At),
        ];
        let adapter = Device::new(DeviceId::usb("1-1"), ports);
        let other = Device::new(DeviceId::usb("1-2"), vec![]);
        let bus = NamedScanners::new(Fixed(vec![adapter, other.clone()]), vec![name.clone()]);
        let devices = bus.devices();
        assert_eq!(devices[0].role, Role::Scanner);
        assert_eq!(devices[0].ports, [Port::free(name, Speaks::Scanner)]);
        assert_eq!(devices[1], other);
    }

    #[cfg(unix)]
    #[test]
    fn a_port_that_no_bus_lists_is_there_while_the_system_has_it() {
        let (there, away) = (PortName::new("/dev/null"), PortName::new("/dev/pts/4711"));
        let bus = NamedScanners::new(Fixed(vec![]), vec![there.clone(), away]);
        let devices = bus.devices();
        assert_eq!(devices.len(), 1);
        assert_eq!(devices[0].id, DeviceId::port(&there));
        assert_eq!(devices[0].speaking(Speaks::Scanner).count(), 1);
    }
}
