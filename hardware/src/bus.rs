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

/// Whether a port can be used, as far as can be told without opening it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// Nothing speaks against opening it.
    Free,
    /// This user may not open it.
    PermissionDenied,
}

/// Something plugged in now. What cannot be opened is listed too, and says why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// Where it is plugged.
    pub id: DeviceId,
    /// Its ports that may answer AT, most likely first.
    pub ports: Vec<PortName>,
    /// USB vendor and product id.
    pub usb_id: Option<(u16, u16)>,
    /// What the device calls itself in its USB strings.
    pub product: Option<String>,
    /// Whether it can be opened.
    pub access: Access,
}

/// A future that opens a port.
pub type Opening<'a> = Pin<Box<dyn Future<Output = Result<Link, OpenError>> + Send + 'a>>;

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
}
