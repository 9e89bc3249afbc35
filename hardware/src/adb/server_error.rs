//! Why an adb server gave no answer, and what a person can do about it.

use super::banner::PhoneState;

/// Why an adb server gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// Nothing listens there.
    #[error("no adb server is running")]
    Absent,
    /// It took too long.
    #[error("the adb server does not answer")]
    Silent,
    /// What listens there is no adb server.
    #[error("something else than an adb server listens on its port")]
    NotAServer,
    /// It has no such phone.
    #[error("the adb server has no such phone")]
    NotFound,
    /// Several phones have this serial number.
    #[error("the adb server has several phones of this serial number")]
    Ambiguous,
    /// The phone has not allowed this computer.
    #[error("the phone has not allowed this computer's adb")]
    Unauthorized,
    /// The phone does not answer the server.
    #[error("the phone does not answer the adb server")]
    Offline,
    /// The server may not open the phone.
    #[error("the adb server may not open the phone")]
    NoPermission,
    /// It said no, in its own words.
    #[error("the adb server says: {0}")]
    Refused(String),
}

impl ServerError {
    /// What a person can do about it, in one or two sentences.
    pub const fn cure(&self) -> &'static str {
        match self {
            Self::Absent => "Nothing is needed: Tekser reads the phone itself.",
            Self::Silent | Self::NotAServer => {
                "Close other phone tools, or restart the computer; Tekser then reads the phone \
                 itself."
            }
            Self::NotFound => "Plug the phone in again and switch its USB debugging on.",
            Self::Ambiguous => "Unplug the other phones of this serial number.",
            Self::Unauthorized => {
                "Unlock the phone and touch Allow when it asks about USB debugging. If it does not \
                 ask, plug it in again."
            }
            Self::Offline => PhoneState::Offline.cure(),
            Self::NoPermission => {
                "Install Tekser's udev rules (hardware/udev) and plug the phone in again."
            }
            Self::Refused(_) => "Plug the phone in again, or close the program that uses adb.",
        }
    }

    /// Whether asking again by itself may help.
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Silent | Self::Offline | Self::NotFound | Self::Refused(_))
    }
}
