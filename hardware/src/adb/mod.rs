//! The Android debug bridge: what a phone with USB debugging says of itself.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::link::{Link, LinkError};
use crate::reading::Reading;

/// The RSA key by which phones know this station.
#[derive(Debug)]
pub struct Key;

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file system.
    #[error("the key file cannot be used")]
    Io(#[from] std::io::Error),
}

impl Key {
    /// The key in `path`, made there if there is none.
    ///
    /// # Errors
    ///
    /// See [`KeyError`].
    pub fn load_or_create(path: &Path) -> Result<Self, KeyError> {
        let _ = path;
        Ok(Self)
    }
}

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

/// Why a phone gave no reading over the debug bridge.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Nothing came back.
    #[error("the phone does not answer on its debug bridge")]
    Silent,
    /// Nobody touched "Allow" in time.
    #[error("nobody allowed this computer on the phone")]
    NotAllowed,
    /// It was pulled out.
    #[error("the phone was pulled out")]
    Gone,
    /// The port failed.
    #[error("the port failed")]
    Link(#[source] LinkError),
}

impl ReadError {
    /// What a person can do about it, in one or two sentences.
    pub const fn cure(&self) -> &'static str {
        ""
    }

    /// Whether reading the same device again by itself may help.
    pub const fn is_retryable(&self) -> bool {
        false
    }

    /// Whether the device is no longer there.
    pub const fn is_gone(&self) -> bool {
        matches!(self, Self::Gone)
    }
}

/// Reads what a phone says of itself over its debug bridge. `keys` are tried in order; the first
/// is the one that the phone is asked to allow.
///
/// # Errors
///
/// See [`ReadError`].
pub async fn read(
    link: Link,
    keys: &[Arc<Key>],
    budget: Budget,
    progress: impl FnMut(Progress) + Send,
) -> Result<Reading, ReadError> {
    let _ = (link, keys, budget, progress);
    Err(ReadError::Silent)
}
