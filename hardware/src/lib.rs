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
//! | [`serial`] | the one module that names `serialport` |
//! | [`adb`] | the Android debug bridge: what a phone with USB debugging says of itself |
//! | [`at`] | the AT dialogue: commands that can only read, replies in every known shape |
//! | [`survey`] | every port of one device at once: one phone, all that it says of itself |
//! | [`reading`] | identity facts from one source at one time |

#![warn(missing_docs)]

pub mod adb;
pub mod at;
pub mod bus;
pub mod link;
pub mod port;
pub mod reading;
pub mod serial;
pub mod survey;

pub use bus::{Access, Bus, Device, DeviceId, Port, Role, Speaks};
pub use link::{Link, LinkError, OpenError};
pub use port::PortName;
pub use reading::{Claim, ClaimValue, Confidence, Evidence, Note, Reading, Slot, Source};
