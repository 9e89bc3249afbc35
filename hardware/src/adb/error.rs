//! Why a phone gave no reading over the debug bridge, and what a person can do about it.

use super::banner::PhoneState;
use super::server_error::ServerError;
use crate::link::LinkError;

/// Why a phone gave no reading over the debug bridge.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Nothing came back.
    #[error("the phone does not answer on its debug bridge")]
    Silent,
    /// Nobody touched "Allow" in time.
    #[error("nobody allowed this computer on the phone")]
    NotAllowed,
    /// The phone asks who we are, and there is no key to answer with.
    #[error("the phone asks for a key and the station has none")]
    NoKey,
    /// It was pulled out.
    #[error("the phone was pulled out")]
    Gone,
    /// What came back is not the protocol.
    #[error("the phone breaks the protocol of the debug bridge: {0}")]
    Protocol(&'static str),
    /// The phone runs something else than Android, or is not ready.
    #[error("the phone is in the state {}", .0.name())]
    Unready(PhoneState),
    /// The phone wants TLS, as it does when paired over Wi-Fi.
    #[error("the phone wants an encrypted debug bridge")]
    TlsWanted,
    /// The phone let us in and runs no command for us.
    #[error("the phone runs no commands over its debug bridge")]
    ShellRefused,
    /// The phone let us in and then stopped answering.
    #[error("the phone stopped answering on its debug bridge")]
    Unanswered,
    /// The port failed.
    #[error("the port failed")]
    Link(#[source] LinkError),
    /// The adb server that has the phone.
    #[error("the adb server of this computer gives no reading")]
    Server(#[from] ServerError),
}

impl ReadError {
    /// What a person can do about it, in one or two sentences.
    pub const fn cure(&self) -> &'static str {
        match self {
            Self::Silent => {
                "Unlock the phone and plug it in again. If it stays silent, switch USB debugging \
                 off and on in the developer options."
            }
            Self::NotAllowed => {
                "Unlock the phone and read it again; when it asks whether to allow USB debugging \
                 from this computer, touch Allow. If it does not ask, plug it in again."
            }
            Self::NoKey => "Start the station with a data folder that it can write its key to.",
            Self::Gone => "Plug the phone in again and hold the cable still until it is read.",
            Self::Protocol(_) => {
                "Plug the phone in again and close other phone tools; if it stays, read the phone \
                 another way."
            }
            Self::Unready(state) => state.cure(),
            Self::TlsWanted => {
                "Read this phone by cable: over Wi-Fi it talks only to computers that it was \
                 paired with."
            }
            Self::ShellRefused => {
                "The maker or an owner's policy has switched commands off: dial *#06# on the phone \
                 and scan its screen."
            }
            Self::Unanswered => {
                "Wait until the phone has started up, unlock it, and read it again."
            }
            Self::Link(_) => "Plug the phone in again; if it stays, try another cable or USB port.",
            Self::Server(error) => error.cure(),
        }
    }

    /// Whether reading the same device again by itself may help.
    pub const fn is_retryable(&self) -> bool {
        match self {
            Self::Silent | Self::Unanswered | Self::Protocol(_) | Self::Link(_) => true,
            Self::Unready(state) => matches!(state, PhoneState::Offline),
            Self::Server(error) => error.is_retryable(),
            _ => false,
        }
    }

    /// Whether the device is no longer there.
    pub const fn is_gone(&self) -> bool {
        matches!(self, Self::Gone)
    }
}

impl From<LinkError> for ReadError {
    fn from(error: LinkError) -> Self {
        match error {
            LinkError::Gone => Self::Gone,
            // A device that takes no bytes is as good as one that answers none.
            LinkError::Timeout => Self::Silent,
            error @ LinkError::Io(_) => Self::Link(error),
        }
    }
}
