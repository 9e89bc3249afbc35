//! What is plugged in now, and a way to open it.
//!
//! A [`Bus`] is asked for a snapshot and answers with [`Device`]s. The real one walks the
//! machine's serial ports ([`crate::serial::SerialBus`]); the virtual bench is another.

use core::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::link::{Link, OpenError};
use crate::port::PortName;

/// Identity of something plugged in: where it is plugged, never what it says of itself.
///
/// A USB device is its topology path (`usb:1-1.2`), because some phones have no serial number
/// and a mode switch changes serial, product id and tty name alike. A port without a USB
/// parent (a pty, an on-board UART) is `port:` and its path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DeviceId(String);

impl DeviceId {
    /// A USB device by its topology path, such as `1-1.2`.
    pub fn usb(topology: &str) -> Self {
        Self(format!("usb:{topology}"))
    }

    /// A port that has no USB parent.
    pub fn port(name: &PortName) -> Self {
        Self(format!("port:{name}"))
    }

    /// A place on the virtual bench.
    pub fn bench(place: usize) -> Self {
        Self(format!("bench:{place}"))
    }

    /// The identity as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether something can be used, as far as can be told without opening it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// Nothing speaks against opening it.
    Free,
    /// This user may not open it.
    PermissionDenied,
    /// Another program has it.
    Busy {
        /// Name and process id of the program, where the system tells.
        holder: Option<String>,
    },
}

/// What is spoken on a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Speaks {
    /// AT commands, as far as is known: a serial port.
    At,
    /// The Android debug bridge: a pair of bulk endpoints.
    Adb,
    /// The protocol of a Tekser scanner ([`crate::scanner::Session`]).
    Scanner,
    /// What a scanner of another make reads, as lines of text
    /// ([`crate::scanner::LineScanner`]). Nothing is ever sent there.
    Codes,
}

/// One way to talk to a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Port {
    /// Name to open it by.
    pub name: PortName,
    /// What is spoken there.
    pub speaks: Speaks,
    /// Whether it can be opened.
    pub access: Access,
}

impl Port {
    /// A port that can be opened.
    pub const fn free(name: PortName, speaks: Speaks) -> Self {
        Self { name, speaks, access: Access::Free }
    }
}

/// What a device is there for, as its USB descriptors tell. It decides what a person is advised
/// when the device has no port that can be asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// To be asked: a phone or a modem with ports.
    #[default]
    Phone,
    /// A phone that only shows its files or charges (MTP, PTP): debugging and modem are off.
    Files,
    /// A phone in its boot loader (fastboot, Samsung's download mode).
    Bootloader,
    /// An iPhone or iPad.
    Apple,
    /// A barcode scanner: its port is never asked for an IMEI.
    Scanner,
}

/// Something plugged in now. What cannot be opened is listed too, and says why.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// Where it is plugged.
    pub id: DeviceId,
    /// Number of this plug-in, where the system counts them: another phone in the same place has
    /// another one, however fast it was put there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plug: Option<u32>,
    /// Ways to talk to it, the most likely of each kind first.
    pub ports: Vec<Port>,
    /// USB vendor and product id.
    pub usb_id: Option<(u16, u16)>,
    /// Maker by its USB strings.
    pub maker: Option<String>,
    /// What the device calls itself in its USB strings.
    pub product: Option<String>,
    /// Serial number by its USB strings. Not unique, and not there on every phone.
    pub serial: Option<String>,
    /// What it is there for.
    pub role: Role,
    /// It keeps a modem port in another USB configuration ([`Bus::show_modem`]).
    #[serde(default)]
    pub hidden_modem: bool,
}

impl Device {
    /// A device with nothing known of it but its place and its ports.
    pub const fn new(id: DeviceId, ports: Vec<Port>) -> Self {
        Self {
            id,
            plug: None,
            ports,
            usb_id: None,
            maker: None,
            product: None,
            serial: None,
            role: Role::Phone,
            hidden_modem: false,
        }
    }

    /// Ports on which this is spoken, most likely first.
    pub fn speaking(&self, speaks: Speaks) -> impl Iterator<Item = &Port> {
        self.ports.iter().filter(move |port| port.speaks == speaks)
    }

    /// [`Access::Free`] if any port can be opened or there is none, else why the first cannot.
    pub fn access(&self) -> &Access {
        let free = self.ports.iter().find(|port| port.access == Access::Free);
        free.or(self.ports.first()).map_or(&Access::Free, |port| &port.access)
    }
}

/// The serial number is personal data: only whether there is one shows.
impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Device")
            .field("id", &self.id)
            .field("ports", &self.ports)
            .field("usb_id", &self.usb_id)
            .field("product", &self.product)
            .field("serial", &self.serial.as_ref().map(|_| "…"))
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

/// A future that opens a port.
pub type Opening<'a> = Pin<Box<dyn Future<Output = Result<Link, OpenError>> + Send + 'a>>;

/// A future that shows a hidden modem port.
pub type Showing<'a> = Pin<Box<dyn Future<Output = Result<(), OpenError>> + Send + 'a>>;

/// A future that waits for news.
pub type Change<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// How often a bus that cannot know of changes is asked.
const RHYTHM: Duration = Duration::from_millis(200);

/// Devices of one kind of connection.
pub trait Bus: Send + Sync {
    /// What is plugged in now. Cheap enough to be asked several times a second.
    fn devices(&self) -> Vec<Device>;

    /// Comes back when it is worth asking again: as soon as something was plugged in or pulled
    /// out, where that can be known, else after a while.
    fn changed(&self) -> Change<'_> {
        Box::pin(tokio::time::sleep(RHYTHM))
    }

    /// Opens a port of a listed device.
    fn open<'a>(&'a self, port: &'a PortName) -> Opening<'a>;

    /// Has a phone show the modem port that it keeps in another USB configuration. Other programs
    /// that use the phone lose it, so only when a person allows it.
    fn show_modem<'a>(&'a self, id: &'a DeviceId) -> Showing<'a> {
        let port = PortName::new(id.as_str());
        Box::pin(core::future::ready(Err(OpenError::NotFound { port })))
    }
}
