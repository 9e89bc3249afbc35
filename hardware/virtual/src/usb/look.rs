//! How a phone or a scanner shows itself on the USB: ids, strings, configurations and their
//! functions.
//!
//! The ready-made looks follow published descriptor listings of such devices.

use core::fmt;

use tekser_wire::message::SerialNumber;
use tekser_wire::usb;

use crate::persona::{FarSide, Persona};

/// How fast the bus is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speed {
    /// 12 Mbit/s: feature phones.
    Full,
    /// 480 Mbit/s.
    High,
}

impl Speed {
    /// Largest bulk packet, in bytes.
    pub const fn packet(self) -> usize {
        match self {
            Self::Full => 64,
            Self::High => 512,
        }
    }
}

/// Something that a configuration offers. Each takes one or two interfaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    /// A modem as the CDC standard has it, a control and a data interface. Speaks AT.
    Acm {
        /// The data interface comes before the control interface, as on MediaTek feature phones.
        data_first: bool,
        /// An interface association ties the two together.
        associated: bool,
    },
    /// A serial port in the maker's own way, one interface of class `ff`.
    Serial {
        /// Subclass of the interface.
        subclass: u8,
        /// Protocol of the interface.
        protocol: u8,
        /// Whether it has a third endpoint, for notifications.
        notifies: bool,
        /// Whether it speaks AT; else it is for diagnostics or positioning and stays silent.
        answers: bool,
    },
    /// The Android debug bridge, `ff/42/01`.
    Adb,
    /// Files, `06/01/01`. It takes what it is sent and says nothing.
    Mtp,
    /// A Tekser scanner's port: CDC as for a modem, but of no protocol, as its firmware has it.
    Scanner,
}

impl Function {
    /// A modem whose interfaces are tied together, as in composite devices of today.
    pub const ACM: Self = Self::Acm { data_first: false, associated: true };

    /// Whether AT is spoken here.
    pub const fn speaks_at(self) -> bool {
        matches!(self, Self::Acm { .. } | Self::Serial { answers: true, .. })
    }
}

/// A way in which descriptors are wrong, for tests of whoever reads them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// Configurations claim this total length, in bytes.
    TotalLength(u16),
    /// Configurations end after this many bytes, though they claim their whole length.
    Cut(usize),
    /// String descriptors claim this length, in bytes, whatever they hold.
    StringLength(u8),
    /// String descriptors have no bytes at all.
    EmptyStrings,
    /// String descriptors are refused.
    NoStrings,
    /// The device claims this many configurations; the first is shown for those it lacks.
    Configurations(u8),
}

/// A phone's side of the bus.
#[derive(Clone, PartialEq, Eq)]
pub struct Look {
    /// USB vendor id.
    pub vendor: u16,
    /// USB product id.
    pub product_id: u16,
    /// Release of the device, binary coded decimal.
    pub release: u16,
    /// Class, subclass and protocol of the whole device; 0 where its interfaces tell.
    pub class: (u8, u8, u8),
    /// How fast it is.
    pub speed: Speed,
    /// Maker's name, if it has the string.
    pub maker: Option<String>,
    /// What it calls itself, if it has the string.
    pub product: Option<String>,
    /// Serial number, if it has the string: not every phone does.
    pub serial: Option<String>,
    /// Functions of each configuration, the first of which is number 1.
    pub configurations: Vec<Vec<Function>>,
    /// What is wrong with its descriptors.
    pub flaw: Option<Flaw>,
}

/// The serial number is personal data: only whether there is one shows.
impl fmt::Debug for Look {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Look")
            .field("id", &format_args!("{:04x}:{:04x}", self.vendor, self.product_id))
            .field("product", &self.product)
            .field("serial", &self.serial.as_ref().map(|_| "…"))
            .field("configurations", &self.configurations)
            .field("flaw", &self.flaw)
            .finish_non_exhaustive()
    }
}

impl Look {
    /// How this phone shows itself when it can be asked: with its debug bridge if it has one.
    pub fn of(persona: &Persona) -> Self {
        let bridge = persona.android.is_some();
        match persona.far_side {
            FarSide::Samsung if bridge => Self::samsung(persona),
            FarSide::Samsung => {
                Self::samsung_with(persona, vec![vec![Function::Mtp, Function::ACM]])
            }
            FarSide::NoModem if bridge => Self::composite(persona, &[Function::Mtp, Function::Adb]),
            FarSide::NoModem => Self::composite(persona, &[Function::Mtp]),
            _ if bridge => Self::composite(persona, &[Function::ACM, Function::Adb]),
            FarSide::MediaTek => Self::feature_phone(persona),
            FarSide::QuectelEc25 | FarSide::QuectelRg650v => Self::quectel(persona),
            FarSide::Huawei => Self::huawei(persona),
            _ => Self::modem(persona),
        }
    }

    /// Any device of one configuration, with the persona's ids, names and serial number.
    pub fn composite(persona: &Persona, functions: &[Function]) -> Self {
        let (vendor, product_id) = persona.usb_id();
        Self {
            vendor,
            product_id,
            release: 0x0400,
            class: (0, 0, 0),
            speed: Speed::High,
            maker: Some(persona.maker.clone()),
            product: Some(persona.model.clone()),
            serial: Some(persona.serial.clone()),
            configurations: vec![functions.to_vec()],
            flaw: None,
        }
    }

    /// A Galaxy with USB debugging on: files, modem and debug bridge (04e8:6860).
    pub fn samsung(persona: &Persona) -> Self {
        Self::samsung_with(persona, vec![vec![Function::Mtp, Function::ACM, Function::Adb]])
    }

    /// A newer Galaxy: files in configuration 1, which systems choose by themselves; the modem
    /// only in configuration 2, which has to be asked for (04e8:6860).
    pub fn samsung_opt_in(persona: &Persona) -> Self {
        let files = vec![Function::Mtp];
        Self::samsung_with(persona, vec![files, vec![Function::Mtp, Function::ACM]])
    }

    fn samsung_with(persona: &Persona, configurations: Vec<Vec<Function>>) -> Self {
        Self {
            maker: Some("SAMSUNG".to_owned()),
            product: Some("SAMSUNG_Android".to_owned()),
            ..Self::bare(0x04e8, 0x6860, persona, configurations)
        }
    }

    /// A Xiaomi with USB debugging on: files and debug bridge (2717:ff48).
    pub fn xiaomi(persona: &Persona) -> Self {
        Self::bare(0x2717, 0xff48, persona, vec![vec![Function::Mtp, Function::Adb]])
    }

    /// A Pixel that charges with USB debugging on: the debug bridge alone (18d1:4ee7).
    pub fn pixel(persona: &Persona) -> Self {
        Self::bare(0x18d1, 0x4ee7, persona, vec![vec![Function::Adb]])
    }

    /// A MediaTek feature phone in modem mode (0e8d:0003): data before control, three
    /// configurations all alike, no serial number, full speed.
    pub fn feature_phone(persona: &Persona) -> Self {
        let modem = Function::Acm { data_first: true, associated: false };
        Self {
            class: (2, 0, 0),
            speed: Speed::Full,
            release: 0x0100,
            maker: Some("MediaTek Inc".to_owned()),
            product: Some("MT6261".to_owned()),
            serial: None,
            ..Self::bare(0x0e8d, 0x0003, persona, vec![vec![modem]; 3])
        }
    }

    /// A Quectel module: five interfaces of the maker's own class, for diagnostics, positioning,
    /// AT, AT and network, bound by the `option` driver; no serial number.
    pub fn quectel(persona: &Persona) -> Self {
        let port = |subclass, notifies, answers| Function::Serial {
            subclass,
            protocol: subclass,
            notifies,
            answers,
        };
        let functions = [
            port(0xff, false, false),
            port(0, true, false),
            port(0, true, true),
            port(0, true, true),
            port(0xff, true, false),
        ];
        Self {
            class: (0xef, 2, 1),
            release: 0x0318,
            serial: None,
            ..Self::composite(persona, &functions)
        }
    }

    /// A Huawei modem: three interfaces of the maker's own class, AT on the first, bound by the
    /// `option` driver; no serial number.
    pub fn huawei(persona: &Persona) -> Self {
        let port = |notifies| Function::Serial {
            subclass: 0xff,
            protocol: 0xff,
            notifies,
            answers: notifies,
        };
        Self {
            release: 0,
            serial: None,
            product: Some("HUAWEI Mobile".to_owned()),
            ..Self::composite(persona, &[port(true), port(false), port(false)])
        }
    }

    /// A modem as the standard has it, and nothing else.
    pub fn modem(persona: &Persona) -> Self {
        let modem = Function::Acm { data_first: false, associated: false };
        Self { class: (2, 0, 0), ..Self::composite(persona, &[modem]) }
    }

    /// A Tekser scanner (1209:0001), as its firmware shows it.
    pub fn scanner(serial: SerialNumber) -> Self {
        Self {
            vendor: usb::VENDOR,
            product_id: usb::PRODUCT,
            release: 0x0010,
            class: (0xef, 2, 1),
            speed: Speed::Full,
            maker: Some(usb::MAKER.to_owned()),
            product: Some(format!("{} Virtual", usb::NAME)),
            serial: Some(serial.to_string()),
            configurations: vec![vec![Function::Scanner]],
            flaw: None,
        }
    }

    /// The same without a serial number.
    pub fn without_serial(self) -> Self {
        Self { serial: None, ..self }
    }

    /// The same with something wrong.
    pub fn with(self, flaw: Flaw) -> Self {
        Self { flaw: Some(flaw), ..self }
    }

    fn bare(
        vendor: u16,
        product_id: u16,
        persona: &Persona,
        configurations: Vec<Vec<Function>>,
    ) -> Self {
        Self { vendor, product_id, configurations, ..Self::composite(persona, &[]) }
    }
}
