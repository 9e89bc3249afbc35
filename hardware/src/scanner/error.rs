//! Why there is no more to hear from a scanner.

use std::io;

use crate::link::LinkError;

/// What ended a session. The port is to be closed; open it again when the scanner is listed.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// It was pulled out, restarted, or closed its end.
    #[error("the scanner is gone")]
    Gone,
    /// It does not take what the station sends.
    #[error("the scanner takes nothing that the station sends")]
    Stuck,
    /// The system reported something else.
    #[error("the port of the scanner failed")]
    Port(#[source] io::Error),
}

impl SessionError {
    /// What a person can do about it, in one or two sentences.
    pub const fn cure(&self) -> &'static str {
        match self {
            Self::Gone => "Plug the scanner in again. Scans that it keeps come then.",
            Self::Stuck => {
                "Pull the scanner out and plug it in again: it loses no scan by that. If it \
                 stays, the port may belong to something else than a scanner."
            }
            Self::Port(_) => {
                "Pull the scanner out and plug it in again; if it stays, try another cable or \
                 USB port."
            }
        }
    }

    /// Whether opening the port again by itself may help.
    pub const fn is_retryable(&self) -> bool {
        match self {
            Self::Gone | Self::Stuck | Self::Port(_) => true,
        }
    }
}

/// For what was sent; receiving in vain is no error.
impl From<LinkError> for SessionError {
    fn from(error: LinkError) -> Self {
        match error {
            LinkError::Timeout => Self::Stuck,
            LinkError::Gone => Self::Gone,
            LinkError::Io(source) => Self::Port(source),
        }
    }
}
