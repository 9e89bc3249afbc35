//! The host's side of everything that plugs in.
//!
//! Bytes come in from a port, a [`Reading`] goes out. Nothing here knows what a registry,
//! a case or a shop is.
//!
//! | room | job |
//! |---|---|
//! | [`bus`] | what is plugged in, and a way to open it |
//! | [`port`] | names of ports |
//! | [`link`] | bytes to and from one port, every wait with a deadline |
//! | [`usb`] | the one module that names `rusb`: what hangs on the USB, and debug bridges on it |
//! | [`serial`] | the one module that names `serialport` |
//! | [`adb`] | the Android debug bridge: what a phone with USB debugging says of itself |
//! | [`scanner`] | Tekser scanners and those of other makes: codes as they are read |
//! | [`machine`] | everything plugged into this machine, each phone once with all its ports |
//! | [`process`] | which other programs are in the way |
//! | [`at`] | the AT dialogue: commands that can only read, replies in every known shape |
//! | [`survey`] | every port of one device at once: one phone, all that it says of itself |
//! | [`firmware`] | images of our own scanners: read, judged and packed before anything is sent |
//! | `probe` | debug probes and the firmware's log (features `probe`, `defmt`) |
//! | [`reading`] | identity facts from one source at one time |
//! | [`vendor`] | what a USB vendor and product id alone tell |
//! | [`wording`] | text that a foreign device chose, as it may be shown |

#![warn(missing_docs)]

pub mod adb;
pub mod at;
mod blocking;
pub mod bus;
pub mod firmware;
pub mod link;
pub mod machine;
pub mod port;
#[cfg(feature = "defmt")]
pub mod probe;
pub mod process;
pub mod reading;
pub mod scanner;
pub mod serial;
mod soundness;
pub mod survey;
pub mod usb;
pub mod vendor;
pub mod wording;

pub use bus::{Access, Bus, Device, DeviceId, Port, Role, Speaks};
pub use link::{Link, LinkError, OpenError};
pub use port::PortName;
pub use reading::{Claim, ClaimValue, Confidence, Evidence, Note, Reading, Slot, Source};
