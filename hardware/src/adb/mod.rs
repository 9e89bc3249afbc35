//! The Android debug bridge: what a phone with USB debugging says of itself.
//!
//! | part | job |
//! |---|---|
//! | [`packet`] | bytes to packets, bounded |
//! | [`key`] | the RSA key by which phones know this station |
//! | [`banner`] | what a phone says of itself when it lets us in |
//! | [`command`] | the closed list of what a phone can be asked to run |
//! | [`shell`] | what a command printed |
//! | `streams` | several commands at a time over one connection |
//! | [`parcel`], [`property`], [`identity`] | printed text to facts |
//! | [`interview`] | which command next, for which version of Android |
//! | `credit` | facts to the reading, with remarks on what is doubtful |
//! | [`session`] | the whole dialogue, over an injected clock |
//! | `reader` | the thin shell that drives it over a [`Link`](crate::link::Link) |
//! | [`server`] | the same questions through an adb server that already has the phone |
//!
//! Only the last two do input and output, and [`key`] keeps its file.

use std::time::{Duration, Instant};

pub mod banner;
pub mod command;
mod credit;
mod error;
pub mod identity;
pub mod interview;
pub mod key;
pub mod packet;
pub mod parcel;
pub mod property;
mod reader;
pub mod server;
mod server_error;
mod server_list;
pub mod session;
pub mod shell;
mod streams;

pub use banner::PhoneState;
pub use command::Command;
pub use error::ReadError;
pub use key::{Key, KeyError};
pub use reader::read;
pub use server::{Server, ServerError, Which};
pub use session::{Session, Step};

/// How long things may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// From the first byte sent to the phone's answer to it.
    pub connect: Duration,
    /// A person reaching for the phone and touching "Allow".
    pub allow: Duration,
    /// One command.
    pub command: Duration,
    /// Everything after the phone let us in.
    pub total: Duration,
}

impl Default for Budget {
    /// 5 s, 120 s, 5 s, 20 s.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            allow: Duration::from_secs(120),
            command: Duration::from_secs(5),
            total: Duration::from_secs(20),
        }
    }
}

/// What happens on the way to a reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// The phone asks its owner whether this computer may debug it.
    WaitingForAllow {
        /// Until when an answer is waited for.
        until: Instant,
    },
    /// The phone let us in.
    Allowed,
}
