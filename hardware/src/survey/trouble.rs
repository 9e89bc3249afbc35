//! Why a side of a device gave no reading, and what a person can do about it.

use crate::bus::Role;
use crate::link::OpenError;
use crate::{adb, at};

/// Why a side of a device gave no reading.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// Its port cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Its serial ports gave nothing.
    #[error(transparent)]
    At(#[from] at::ReadError),
    /// Its debug bridge gave nothing.
    #[error(transparent)]
    Adb(#[from] adb::ReadError),
    /// Nobody waits for the phone's owner any more.
    #[error("waiting for the phone's owner was stopped")]
    Stopped,
    /// It has no port that could be asked.
    #[error("{}", nothing_to_ask(*.role))]
    NoPort {
        /// What it is there for.
        role: Role,
    },
}

const fn nothing_to_ask(role: Role) -> &'static str {
    match role {
        Role::Phone => "it has no port that could be asked",
        Role::Files => "the phone shows only its files",
        Role::Bootloader => "the phone is in its boot loader",
        Role::Apple => "it is an iPhone or iPad",
        Role::Scanner => "it is a scanner, not a phone",
    }
}

impl Trouble {
    /// What a person can do about it, in one or two sentences.
    pub fn cure(&self) -> String {
        let cure = match self {
            Self::Open(error) => return error.cure(),
            Self::At(error) => error.cure(),
            Self::Adb(error) => error.cure(),
            Self::Stopped => "Read the phone again and touch Allow on it.",
            Self::NoPort { role } => match role {
                Role::Phone => {
                    "Turn on the phone's modem or USB debugging mode, or dial *#06# and scan the \
                     screen."
                }
                Role::Files => {
                    "Turn on USB debugging (Settings → About phone → touch the build number seven \
                     times, then Developer options), or dial *#06# and scan the screen."
                }
                Role::Bootloader => "Start the phone normally and plug it in again.",
                Role::Apple => {
                    "iPhones can't be read by this version: dial *#06# and scan the screen."
                }
                Role::Scanner => "Nothing: scan with it.",
            },
        };
        cure.to_owned()
    }

    /// Whether reading the same device again by itself may help.
    pub const fn is_retryable(&self) -> bool {
        match self {
            Self::Open(error) => error.is_retryable(),
            Self::At(error) => error.is_retryable(),
            Self::Adb(error) => error.is_retryable(),
            Self::Stopped | Self::NoPort { .. } => false,
        }
    }

    /// Whether the device is no longer there.
    pub const fn is_gone(&self) -> bool {
        match self {
            Self::Open(OpenError::NotFound { .. }) => true,
            Self::At(error) => error.is_gone(),
            Self::Adb(error) => error.is_gone(),
            _ => false,
        }
    }

    /// How much a person can do about it: of several troubles the heaviest is shown.
    pub(super) const fn weight(&self) -> u8 {
        match self {
            Self::At(at::ReadError::Gone) | Self::Adb(adb::ReadError::Gone) => 6,
            Self::Adb(adb::ReadError::NotAllowed) | Self::Stopped => 5,
            Self::Open(OpenError::PermissionDenied { .. } | OpenError::Busy { .. }) => 4,
            Self::Adb(_) => 2,
            Self::At(_) => 1,
            Self::Open(_) | Self::NoPort { .. } => 0,
        }
    }
}
