//! What interface descriptors say a device is there for.

use rusb::{Context, Direction, TransferType};

use crate::bus::Role;
use crate::port::PortName;

/// A debug bridge: interface and bulk endpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bridge {
    pub configuration: u8,
    pub interface: u8,
    pub input: u8,
    pub output: u8,
    /// Largest packet of the output endpoint, in bytes.
    pub packet: u16,
}

impl Bridge {
    /// `usb:1-1.2:1.0`: topology, configuration, interface, as Linux writes it.
    pub(super) fn name(&self, topology: &str) -> PortName {
        PortName::new(format!("usb:{topology}:{}.{}", self.configuration, self.interface))
    }
}

/// Topology, configuration and interface of a bridge's name.
pub(super) fn place(port: &PortName) -> Option<(String, u8, u8)> {
    let (topology, function) = port.as_str().strip_prefix("usb:")?.split_once(':')?;
    let (configuration, interface) = function.split_once('.')?;
    Some((topology.to_owned(), configuration.parse().ok()?, interface.parse().ok()?))
}

/// Class, subclass and protocol of an interface.
type Class = (u8, u8, u8);

/// What a device shows.
#[derive(Debug, Default)]
pub(super) struct Look {
    pub bridges: Vec<Bridge>,
    pub interfaces: Vec<u8>,
    /// Number of an inactive configuration with a modem, where the active one has none.
    pub hidden_modem: Option<u8>,
    classes: Vec<Class>,
}

/// AOSP adb.h: the usual interface, and the debug class of USB 3.
const BRIDGES: [Class; 2] = [(0xff, 0x42, 0x01), (0xdc, 0x02, 0x01)];
const FASTBOOT: Class = (0xff, 0x42, 0x03);
/// Still image class, which MTP and PTP share.
const IMAGE: u8 = 0x06;
/// CDC abstract control model with AT commands.
const MODEM: Class = (0x02, 0x02, 0x01);
const APPLE: u16 = 0x05ac;
/// usbmuxd's range of iPhones and iPads, and recovery mode.
const APPLE_PHONES: [core::ops::RangeInclusive<u16>; 2] = [0x1290..=0x12bf, 0x1280..=0x1283];
/// Samsung's download mode.
const DOWNLOAD: (u16, u16) = (0x04e8, 0x685d);
/// HID, hub, audio, video, printer, mass storage: with one of these a device without a bridge or
/// files is no phone, whoever made it.
const NO_PHONE: [u8; 6] = [0x03, 0x09, 0x01, 0x0e, 0x07, 0x08];

/// Makers whose USB devices are phones, unless they look like something else. Makers of other
/// things too (Lenovo, Asus) are known by their interfaces only.
const MAKERS: [u16; 20] = [
    0x04e8, // Samsung
    0x2717, // Xiaomi
    0x18d1, // Google
    0x12d1, // Huawei
    0x339b, // Honor
    0x22d9, // OPPO, realme
    0x2a70, // OnePlus
    0x2d95, // vivo
    0x0bb4, // HTC
    0x1004, // LG
    0x22b8, // Motorola
    0x0fce, // Sony
    0x0421, // Nokia
    0x2e04, // HMD
    0x19d2, // ZTE
    0x1bbb, // TCL, Alcatel
    0x0e8d, // MediaTek
    0x1782, // Unisoc
    0x2a45, // Meizu
    0x05c6, // Qualcomm
];

impl Look {
    pub(super) fn of(device: &rusb::Device<Context>) -> Self {
        let mut look = Self::default();
        let Ok(active) = device.active_config_descriptor() else {
            return look;
        };
        for interface in active.interfaces() {
            look.interfaces.push(interface.number());
            for setting in interface.descriptors() {
                let class = class_of(&setting);
                look.classes.push(class);
                if BRIDGES.contains(&class)
                    && let Some(bridge) = bridge(active.number(), &setting)
                {
                    look.bridges.push(bridge);
                }
            }
        }
        if !look.has_modem() {
            look.hidden_modem = hidden_modem(device, active.number());
        }
        look
    }

    pub(super) fn has_modem(&self) -> bool {
        self.classes.contains(&MODEM)
    }

    /// What the device is there for; `None` if it is nothing of ours.
    pub(super) fn role(&self, (vendor, product): (u16, u16)) -> Option<Role> {
        let has = |wanted: Class| self.classes.contains(&wanted);
        let of_class = |class: u8| self.classes.iter().any(|(found, ..)| *found == class);
        if vendor == APPLE {
            let phone = APPLE_PHONES.iter().any(|range| range.contains(&product));
            return phone.then_some(Role::Apple);
        }
        if !self.bridges.is_empty() {
            return Some(Role::Phone);
        }
        if crate::vendor::is_scanner(vendor, product) {
            return Some(Role::Scanner);
        }
        if has(FASTBOOT) || (vendor, product) == DOWNLOAD {
            return Some(Role::Bootloader);
        }
        let no_phone = NO_PHONE.iter().any(|class| of_class(*class));
        if of_class(IMAGE) || (MAKERS.contains(&vendor) && !no_phone) {
            return Some(Role::Files);
        }
        None
    }
}

fn class_of(setting: &rusb::InterfaceDescriptor<'_>) -> Class {
    (setting.class_code(), setting.sub_class_code(), setting.protocol_code())
}

fn bridge(configuration: u8, setting: &rusb::InterfaceDescriptor<'_>) -> Option<Bridge> {
    let bulk = |direction| {
        setting.endpoint_descriptors().find(|endpoint| {
            endpoint.transfer_type() == TransferType::Bulk && endpoint.direction() == direction
        })
    };
    let (input, output) = (bulk(Direction::In)?, bulk(Direction::Out)?);
    Some(Bridge {
        configuration,
        interface: setting.interface_number(),
        input: input.address(),
        output: output.address(),
        packet: output.max_packet_size(),
    })
}

/// Samsung, LG and HTC phones may keep their modem in the second configuration.
fn hidden_modem(device: &rusb::Device<Context>, active: u8) -> Option<u8> {
    let count = device.device_descriptor().ok()?.num_configurations();
    // A hostile descriptor may announce 255 of them.
    (0..count.min(4)).find_map(|index| {
        let other = device.config_descriptor(index).ok()?;
        let mut settings = other.interfaces().flat_map(|interface| interface.descriptors());
        let modem = other.number() != active && settings.any(|one| class_of(&one) == MODEM);
        modem.then(|| other.number())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(classes: &[Class]) -> Look {
        Look { classes: classes.to_vec(), ..Look::default() }
    }

    #[test]
    fn a_bridge_is_found_by_its_name() {
        let bridge = Bridge { configuration: 1, interface: 2, input: 0x83, output: 3, packet: 512 };
        let name = bridge.name("1-1.2");
        assert_eq!(name.as_str(), "usb:1-1.2:1.2");
        assert_eq!(place(&name), Some(("1-1.2".to_owned(), 1, 2)));
        for wrong in ["usb:1-1", "/dev/ttyACM0", "usb:1-1:1", "usb:1-1:1.x", "usb:1-1:999.1"] {
            assert_eq!(place(&PortName::new(wrong)), None, "{wrong}");
        }
    }

    #[test]
    fn a_phone_without_a_bridge_is_listed_for_what_it_shows() {
        let files = look(&[(6, 1, 1)]);
        assert_eq!(files.role((0x1234, 1)), Some(Role::Files));
        assert_eq!(look(&[FASTBOOT]).role((0x18d1, 0x4ee0)), Some(Role::Bootloader));
        assert_eq!(look(&[]).role(DOWNLOAD), Some(Role::Bootloader));
        assert_eq!(look(&[(255, 254, 2)]).role((APPLE, 0x12a8)), Some(Role::Apple));
        assert_eq!(look(&[(0xff, 0xff, 0xff)]).role((0x2717, 0xff08)), Some(Role::Files));
    }

    #[test]
    fn keyboards_disks_and_hubs_are_nothing_of_ours() {
        assert_eq!(look(&[(3, 1, 1)]).role((0x04e8, 0x7021)), None);
        assert_eq!(look(&[(9, 0, 0)]).role((0x1d6b, 2)), None);
        assert_eq!(look(&[(8, 6, 80)]).role((0x0781, 0x5567)), None);
        assert_eq!(look(&[(3, 1, 1)]).role((APPLE, 0x0250)), None);
    }
}
