//! Reading one device whole: every port is asked at once, and whatever is known is told at once.
//!
//! | part | job |
//! |---|---|
//! | this | what is wanted, what is told on the way, how it ended |
//! | `sides` | the serial ports and the debug bridge of one device, each on its own |
//! | [`join`] | what several ports said, as one reading |
//! | [`Trouble`] | why a side gave nothing |
//!
//! An answer over AT never waits for a person to touch "Allow", and a dead port costs nothing but
//! its own silence.

mod join;
mod sides;
#[cfg(test)]
mod tests;
mod trouble;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;

pub use join::join;
pub use trouble::Trouble;

use crate::bus::{Bus, Device, Role, Speaks};
use crate::reading::{Reading, Source};
use crate::{adb, at};

/// How a device is asked.
#[derive(Debug, Clone)]
pub struct Options {
    /// Time for one serial port.
    pub at: at::Budget,
    /// Time for the debug bridge.
    pub adb: adb::Budget,
    /// Keys that phones are shown, in order; the first is the one they are asked to allow.
    pub keys: Vec<Arc<adb::Key>>,
    /// Whether the debug bridge is asked at all.
    pub ask_adb: bool,
    /// An adb server that is asked instead of the port, where it has the phone.
    pub adb_server: Option<SocketAddr>,
    /// Waits between attempts at a side that failed in a way that may pass.
    pub again: Vec<Duration>,
    /// Ends the wait for the phone's owner.
    pub stop: Stop,
}

impl Default for Options {
    /// Default budgets, no key, one attempt.
    fn default() -> Self {
        Self {
            at: at::Budget::default(),
            adb: adb::Budget::default(),
            keys: Vec::new(),
            ask_adb: true,
            adb_server: None,
            again: Vec::new(),
            stop: Stop::default(),
        }
    }
}

/// Ends the wait for the phone's owner from elsewhere. Clones end the same wait.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<Notify>);

impl Stop {
    /// Nobody waits for "Allow" any more. What is being read over AT is not affected.
    pub fn stop(&self) {
        self.0.notify_one();
    }

    pub(super) async fn stopped(&self) {
        self.0.notified().await;
    }
}

/// What is told while a device is being read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "a handful pass, each moved once")]
pub enum News {
    /// The phone asks its owner whether this computer may debug it.
    Waiting {
        /// Until when an answer is waited for.
        until: Instant,
    },
    /// The owner allowed it.
    Allowed,
    /// One source has told what it knows.
    Reading(Reading),
}

/// How one side of a device ended.
#[derive(Debug)]
pub struct Side {
    /// What is spoken there.
    pub speaks: Speaks,
    /// Why it gave no reading, if it gave none.
    pub trouble: Option<Trouble>,
}

/// How the reading of a device ended.
#[derive(Debug, Default)]
pub struct Summary {
    /// The sides that were asked, in the order in which they ended.
    pub sides: Vec<Side>,
    /// Why no side was asked.
    pub nothing_to_ask: Option<Trouble>,
}

impl Summary {
    /// Whether any side gave a reading.
    pub fn is_read(&self) -> bool {
        self.sides.iter().any(|side| side.trouble.is_none())
    }

    /// Everything that went wrong.
    pub fn troubles(&self) -> impl Iterator<Item = &Trouble> {
        self.sides.iter().filter_map(|side| side.trouble.as_ref()).chain(&self.nothing_to_ask)
    }

    /// The trouble that a person can do most about, for an error of one's own.
    pub fn into_trouble(self) -> Option<Trouble> {
        let heaviest = self.troubles().map(Trouble::weight).max()?;
        let all = self.sides.into_iter().filter_map(|side| side.trouble);
        all.chain(self.nothing_to_ask).find(|trouble| trouble.weight() == heaviest)
    }

    /// The trouble that a person can do most about.
    pub fn trouble(&self) -> Option<&Trouble> {
        // The first of equals.
        self.troubles().fold(None, |best: Option<&Trouble>, trouble| match best {
            Some(best) if best.weight() >= trouble.weight() => Some(best),
            _ => Some(trouble),
        })
    }
}

/// Asks every port of a device at once. `news` is called as soon as there is something to tell:
/// each source's reading once it is whole, and what the USB descriptors say after the first.
///
/// Of several serial ports the first that gives a whole IMEI speaks for the phone, and the others
/// are let go; without one, the port that told most does. Phones with a port for each card are
/// asked on all of them. What is put in the place of the device meanwhile is not asked, so the bus
/// must list the device for as long as it is there. Ends within the budgets, whatever the device
/// does; dropping the future lets go of every port.
pub async fn read(
    bus: Arc<dyn Bus>,
    device: &Device,
    options: &Options,
    mut news: impl FnMut(News) + Send,
) -> Summary {
    let (tell, mut told) = mpsc::unbounded_channel();
    let mut sides = JoinSet::new();
    for speaks in sides_of(device, options) {
        let (bus, device) = (Arc::clone(&bus), device.clone());
        let (options, tell) = (options.clone(), tell.clone());
        sides.spawn(async move {
            let outcome = match speaks {
                Speaks::At => sides::at(&bus, &device, &options).await,
                Speaks::Adb => sides::adb(&bus, &device, &options, &tell).await,
                Speaks::Scanner | Speaks::Codes => Err(Trouble::NoPort { role: device.role }),
            };
            (speaks, outcome)
        });
    }
    drop(tell);
    let mut summary = Summary::default();
    if sides.is_empty() {
        summary.nothing_to_ask = Some(Trouble::NoPort { role: device.role });
    }
    loop {
        let (speaks, outcome) = tokio::select! {
            biased;
            Some(one) = told.recv() => {
                news(one);
                continue;
            }
            Some(ended) = sides.join_next() => match ended {
                Ok(ended) => ended,
                Err(broken) if broken.is_panic() => std::panic::resume_unwind(broken.into_panic()),
                Err(_) => continue,
            },
            else => break,
        };
        // What was told before it ended comes before its end.
        while let Ok(one) = told.try_recv() {
            news(one);
        }
        let first = !summary.is_read();
        let trouble = outcome.map(|reading| {
            news(News::Reading(reading));
            if let Some(descriptors) = by_descriptors(device).filter(|_| first) {
                news(News::Reading(descriptors));
            }
        });
        summary.sides.push(Side { speaks, trouble: trouble.err() });
    }
    summary
}

/// The sides of a device that are asked. What a scanner says is never an answer.
fn sides_of(device: &Device, options: &Options) -> Vec<Speaks> {
    let asked = |speaks: &Speaks| {
        device.role != Role::Scanner
            && (*speaks != Speaks::Adb || options.ask_adb)
            && device.speaking(*speaks).next().is_some()
    };
    [Speaks::At, Speaks::Adb].into_iter().filter(asked).collect()
}

/// What the USB descriptors say of a phone, if they name its serial number. No IMEI is among it.
pub fn by_descriptors(device: &Device) -> Option<Reading> {
    // Windows makes one up from the socket where the device has none, with `&` in it.
    let of_its_own = |serial: &String| !serial.trim().is_empty() && !serial.contains('&');
    let serial = device.serial.clone().filter(of_its_own)?;
    Some(Reading {
        serial: Some(serial),
        maker: device.maker.clone(),
        model: device.product.clone(),
        ..Reading::empty(Source::Usb)
    })
}
