//! Why a device was not read, and what a person can do about it.

use serde::{Deserialize, Serialize};
use tekser_hardware::OpenError;
use tekser_hardware::at::ReadError;
use utoipa::ToSchema;

use super::DeviceState;
use crate::store::StoreError;

/// Kinds of failure; the page words them by code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FailureCode {
    /// This user may not open the port.
    PermissionDenied,
    /// Another program holds the port.
    Busy,
    /// The port is not there any more.
    NotFound,
    /// What was named is no serial port.
    NotAPort,
    /// The device has no port that could be asked.
    NoPort,
    /// The port failed.
    PortFailed,
    /// Nothing answered.
    Silent,
    /// What came back is not AT.
    Unintelligible,
    /// The phone waits for the text of a message that another program began.
    Prompt,
    /// It was pulled out while it was read.
    PulledOut,
    /// It was read, and the reading could not be stored.
    NotKept,
}

/// Why a device was not read this time.
#[derive(Debug)]
pub(super) struct Failure {
    pub code: FailureCode,
    pub message: String,
    pub cure: String,
    /// Whether it may pass by itself.
    pub may_pass: bool,
}

impl Failure {
    /// A device without any port.
    pub(super) fn no_port() -> Self {
        Self {
            code: FailureCode::NoPort,
            message: "it has no port that could be asked".to_owned(),
            cure: "turn on the phone's modem or USB debugging mode".to_owned(),
            may_pass: true,
        }
    }

    /// A device that may not be opened, as far as can be seen without trying.
    pub(super) fn permission_denied() -> Self {
        Self {
            code: FailureCode::PermissionDenied,
            message: "this user may not open it".to_owned(),
            cure:
                "add the user to the group dialout and log in again; then plug the phone in again"
                    .to_owned(),
            may_pass: false,
        }
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        let code = match error {
            OpenError::PermissionDenied { .. } => FailureCode::PermissionDenied,
            OpenError::Busy { .. } => FailureCode::Busy,
            OpenError::NotFound { .. } => FailureCode::NotFound,
            OpenError::NotAPort { .. } => FailureCode::NotAPort,
            OpenError::NoDriver { .. } | OpenError::Io { .. } => FailureCode::PortFailed,
        };
        let (message, cure) = (error.to_string(), error.cure());
        Self { code, message, cure, may_pass: error.is_retryable() }
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        let code = match error {
            ReadError::Silent => FailureCode::Silent,
            ReadError::Unintelligible | ReadError::Scanner => FailureCode::Unintelligible,
            ReadError::Prompt => FailureCode::Prompt,
            ReadError::Gone => FailureCode::PulledOut,
            ReadError::Link(_) => FailureCode::PortFailed,
        };
        let (message, cure) = (error.to_string(), error.cure().to_owned());
        Self { code, message, cure, may_pass: error.is_retryable() }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self {
            code: FailureCode::NotKept,
            message: format!("the reading cannot be kept: {error}"),
            cure: "free disk space and check the data directory, then read the phone again"
                .to_owned(),
            may_pass: true,
        }
    }
}

impl From<Failure> for DeviceState {
    fn from(failure: Failure) -> Self {
        let Failure { code, message, cure, .. } = failure;
        Self::Failed { code, message, cure }
    }
}
