//! Descriptors in bytes, as chapter 9 of the USB specification and the CDC specification have
//! them, and which interface and endpoint is what.

use super::look::{Flaw, Function, Look};

/// Where a function sits in its configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seat {
    /// What sits here.
    pub function: Function,
    /// Number of its interface; of a modem's control interface.
    pub interface: u8,
    /// Number of a modem's data interface, else the same.
    pub data_interface: u8,
    /// Its pair of bulk endpoints: `endpoint` to the device, `0x80 | endpoint` from it.
    pub endpoint: u8,
    /// Endpoint for notifications, from the device, without its direction bit.
    pub notification: Option<u8>,
}

/// Where the functions of one configuration sit: interfaces and endpoints are numbered in order.
pub fn seats(functions: &[Function]) -> Vec<Seat> {
    let (mut interface, mut endpoint) = (0_u8, 0_u8);
    let next = |counter: &mut u8| {
        *counter = counter.saturating_add(1);
        *counter
    };
    let mut seats = Vec::new();
    for &function in functions {
        let first = interface;
        let (control, data) = match function {
            Function::Acm { data_first: true, .. } => (first.saturating_add(1), first),
            Function::Acm { data_first: false, .. } | Function::Scanner => {
                (first, first.saturating_add(1))
            }
            _ => (first, first),
        };
        interface = control.max(data).saturating_add(1);
        let notifies = match function {
            Function::Acm { .. } | Function::Mtp | Function::Scanner => true,
            Function::Serial { notifies, .. } => notifies,
            Function::Adb => false,
        };
        seats.push(Seat {
            function,
            interface: control,
            data_interface: data,
            endpoint: next(&mut endpoint),
            notification: notifies.then(|| next(&mut endpoint)),
        });
    }
    seats
}

/// Everything that a device answers to `GET_DESCRIPTOR`.
#[derive(Debug, Clone)]
pub struct Descriptors {
    device: Vec<u8>,
    qualifier: Option<Vec<u8>>,
    configurations: Vec<Vec<u8>>,
    strings: Strings,
    flaw: Option<Flaw>,
}

impl Descriptors {
    /// Descriptors of a device that looks so.
    pub fn new(look: &Look) -> Self {
        let mut strings = Strings::default();
        let names = [&look.maker, &look.product, &look.serial].map(|name| strings.number(name));
        let configurations: Vec<Vec<u8>> = (1..)
            .zip(&look.configurations)
            .map(|(number, functions)| configuration(number, functions, look, &mut strings))
            .collect();
        let count = match look.flaw {
            Some(Flaw::Configurations(count)) => count,
            _ => u8::try_from(configurations.len()).unwrap_or(u8::MAX),
        };
        let (class, subclass, protocol) = look.class;
        let [vendor, product_id, release] =
            [look.vendor, look.product_id, look.release].map(u16::to_le_bytes);
        let mut device = vec![18, 1, 0x00, 0x02, class, subclass, protocol, 64];
        device.extend([vendor, product_id, release].concat());
        device.extend(names);
        device.push(count);
        // What a fast device would be at the other speed; a slow one has no other.
        let qualifier = (look.speed == super::Speed::High)
            .then(|| vec![10, 6, 0x00, 0x02, class, subclass, protocol, 64, count, 0]);
        Self { device, qualifier, configurations, strings, flaw: look.flaw }
    }

    /// The descriptor of this type and index, uncut; `None` is a refusal.
    pub fn get(&self, kind: u8, index: u8) -> Option<Vec<u8>> {
        match (kind, index) {
            (1, 0) => Some(self.device.clone()),
            (2, index) => self.configuration(index),
            (3, index) => self.string(index),
            (6, 0) => self.qualifier.clone(),
            _ => None,
        }
    }

    fn configuration(&self, index: u8) -> Option<Vec<u8>> {
        let shown = self.configurations.get(usize::from(index));
        match self.flaw {
            Some(Flaw::Configurations(count)) if index < count => {
                shown.or(self.configurations.first()).cloned()
            }
            Some(Flaw::TotalLength(claimed)) => {
                let mut bytes = shown?.clone();
                if let Some(length) = bytes.get_mut(2..4) {
                    length.copy_from_slice(&claimed.to_le_bytes());
                }
                Some(bytes)
            }
            Some(Flaw::Cut(length)) => {
                let mut bytes = shown?.clone();
                bytes.truncate(length);
                Some(bytes)
            }
            _ => shown.cloned(),
        }
    }

    fn string(&self, index: u8) -> Option<Vec<u8>> {
        let mut bytes = match index {
            0 => vec![4, 3, 0x09, 0x04], // the one language: American English
            _ => self.strings.get(index)?,
        };
        match self.flaw {
            Some(Flaw::NoStrings) => return None,
            Some(Flaw::EmptyStrings) => bytes.clear(),
            Some(Flaw::StringLength(claimed)) => {
                if let Some(length) = bytes.first_mut() {
                    *length = claimed;
                }
            }
            _ => {}
        }
        Some(bytes)
    }
}

/// Strings by their numbers, which count from 1.
#[derive(Debug, Clone, Default)]
struct Strings(Vec<String>);

impl Strings {
    /// Longest string, in UTF-16 units: what fits in a descriptor.
    const MAX: usize = 126;

    /// The number of a string, the same for the same one; 0 is none.
    fn number(&mut self, text: &Option<String>) -> u8 {
        let Some(text) = text else { return 0 };
        let place = self.0.iter().position(|known| known == text).unwrap_or_else(|| {
            self.0.push(text.clone());
            self.0.len() - 1
        });
        u8::try_from(place + 1).unwrap_or(0)
    }

    fn get(&self, number: u8) -> Option<Vec<u8>> {
        let text = self.0.get(usize::from(number).checked_sub(1)?)?;
        let units: Vec<u8> =
            text.encode_utf16().take(Self::MAX).flat_map(u16::to_le_bytes).collect();
        let length = u8::try_from(units.len() + 2).unwrap_or(u8::MAX);
        Some([&[length, 3], units.as_slice()].concat())
    }
}

fn configuration(
    number: u8,
    functions: &[Function],
    look: &Look,
    strings: &mut Strings,
) -> Vec<u8> {
    let seats = seats(functions);
    let packet = u16::try_from(look.speed.packet()).unwrap_or(64);
    let body: Vec<u8> = seats.iter().flat_map(|seat| seat.bytes(packet, strings)).collect();
    let interfaces = seats.iter().map(|seat| seat.interface.max(seat.data_interface) + 1).max();
    let total = u16::try_from(body.len() + 9).unwrap_or(u16::MAX).to_le_bytes();
    // Self-powered, 500 mA.
    let head = [9, 2, total[0], total[1], interfaces.unwrap_or(0), number, 0, 0xc0, 250];
    [head.as_slice(), body.as_slice()].concat()
}

impl Seat {
    /// Interfaces and endpoints of one function.
    fn bytes(&self, packet: u16, strings: &mut Strings) -> Vec<u8> {
        let mut name = |text: &str| strings.number(&Some(text.to_owned()));
        match self.function {
            Function::Acm { data_first, associated } => {
                self.modem(packet, 1, data_first, associated)
            }
            Function::Scanner => self.modem(packet, 0, false, true),
            Function::Serial { subclass, protocol, .. } => {
                self.single([0xff, subclass, protocol], 0, packet)
            }
            Function::Adb => self.single([0xff, 0x42, 1], name("ADB Interface"), packet),
            Function::Mtp => self.single([6, 1, 1], name("MTP"), packet),
        }
    }

    fn single(&self, class: [u8; 3], name: u8, packet: u16) -> Vec<u8> {
        let endpoints = 2 + u8::from(self.notification.is_some());
        let mut bytes = interface(self.interface, endpoints, class, name).to_vec();
        bytes.extend(self.notification_endpoint());
        bytes.extend(self.bulk_endpoints(packet));
        bytes
    }

    fn modem(&self, packet: u16, protocol: u8, data_first: bool, associated: bool) -> Vec<u8> {
        let (own, data) = (self.interface, self.data_interface);
        let mut control = interface(own, 1, [2, 2, protocol], 0).to_vec();
        control.extend([5, 0x24, 0x00, 0x10, 0x01]); // header: CDC 1.10
        control.extend([5, 0x24, 0x01, 0x00, data]); // calls are not managed here
        control.extend([4, 0x24, 0x02, 0x02]); // line coding and control lines
        control.extend([5, 0x24, 0x06, own, data]); // union of the two
        control.extend(self.notification_endpoint());
        let mut carrier = interface(data, 2, [0x0a, 0, 0], 0).to_vec();
        carrier.extend(self.bulk_endpoints(packet));

        let mut bytes = Vec::new();
        if associated {
            bytes.extend([8, 11, own.min(data), 2, 2, 2, protocol, 0]);
        }
        let (first, second) = if data_first { (carrier, control) } else { (control, carrier) };
        bytes.extend(first);
        bytes.extend(second);
        bytes
    }

    fn bulk_endpoints(&self, packet: u16) -> Vec<u8> {
        let [low, high] = packet.to_le_bytes();
        let one = |address| [7, 5, address, 2, low, high, 0];
        [one(0x80 | self.endpoint), one(self.endpoint)].concat()
    }

    /// 16 bytes, every 9 ms, or every 32 ms at high speed, which counts in powers of two.
    fn notification_endpoint(&self) -> Vec<u8> {
        self.notification.map_or_else(Vec::new, |number| vec![7, 5, 0x80 | number, 3, 16, 0, 9])
    }
}

const fn interface(number: u8, endpoints: u8, class: [u8; 3], name: u8) -> [u8; 9] {
    [9, 4, number, 0, endpoints, class[0], class[1], class[2], name]
}
