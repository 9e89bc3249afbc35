//! Why a port gave no reading, and what a person can do about it.

use crate::link::LinkError;

/// Why a port gave no reading.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Nothing came back at all.
    #[error("the port does not answer")]
    Silent,
    /// Bytes came back, and none of them was an answer to `AT`.
    #[error("the port sends something that is not AT")]
    Unintelligible,
    /// The phone was waiting for text, left so by another program. Nothing more was sent.
    #[error("the phone is waiting for the text of a message")]
    Prompt,
    /// It is a barcode scanner. Nothing was sent: it would take that for settings.
    #[error("a barcode scanner is not asked for an IMEI")]
    Scanner,
    /// The device was pulled out.
    #[error("the device was pulled out")]
    Gone,
    /// The port failed.
    #[error("the port failed")]
    Link(#[source] LinkError),
}

impl ReadError {
    /// What a person can do about it, in one or two sentences.
    pub const fn cure(&self) -> &'static str {
        match self {
            Self::Silent => {
                "Unlock the phone, choose a USB mode with a modem port if it offers one, and try \
                 again. A phone with several ports may answer on another one."
            }
            Self::Unintelligible => {
                "This port is probably for something else (diagnostics, positioning, a console): \
                 try the phone's other ports, or wait until it has started up."
            }
            Self::Prompt => {
                "Close the program that was using the port and plug the phone in again."
            }
            Self::Scanner => {
                "Plug the phone itself in, or use the scanner to read the label of its box."
            }
            Self::Gone => "Plug the phone in again and hold the cable still until it is read.",
            Self::Link(_) => "Plug the phone in again; if it stays, try another cable or USB port.",
        }
    }

    /// Whether reading the same device again by itself may help.
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Silent | Self::Unintelligible | Self::Link(_))
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
