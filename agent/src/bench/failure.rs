//! Why a device was not read, and what a person can do about it.

use serde::{Deserialize, Serialize};
use tekser_hardware::survey::{Summary, Trouble};
use tekser_hardware::{OpenError, Role, Speaks, adb, at};
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
    /// The phone shows only its files: debugging and modem are off.
    FilesOnly,
    /// The phone is in its boot loader.
    Bootloader,
    /// An iPhone or iPad, which this version cannot read.
    Apple,
    /// Nobody allowed this computer on the phone.
    NotAllowed,
    /// A person stopped the wait for "Allow".
    Stopped,
    /// Another program, most likely an adb server, holds the debug bridge.
    AdbServer,
    /// The debug bridge gave nothing.
    AdbFailed,
    /// The scanner does not answer.
    ScannerSilent,
    /// The scanner's firmware is older than this station understands.
    ScannerTooOld,
    /// The scanner's firmware is newer than this station.
    ScannerTooNew,
    /// Another scanner that is connected says it is this one.
    ScannerTwice,
}

impl FailureCode {
    /// Why a port could not be opened.
    pub(crate) const fn of_opening(error: &OpenError) -> Self {
        match error {
            OpenError::PermissionDenied { .. } => Self::PermissionDenied,
            OpenError::Busy { .. } => Self::Busy,
            OpenError::NotFound { .. } => Self::NotFound,
            OpenError::NotAPort { .. } => Self::NotAPort,
            OpenError::NoDriver { .. } | OpenError::Io { .. } => Self::PortFailed,
        }
    }
}

/// Why a device was not read this time.
#[derive(Debug)]
pub(super) struct Failure {
    pub code: FailureCode,
    pub message: String,
    pub cure: String,
}

impl Failure {
    /// A device that may not be opened, as far as can be seen without trying.
    pub(super) fn permission_denied() -> Self {
        Self {
            code: FailureCode::PermissionDenied,
            message: "this user may not open it".to_owned(),
            cure: "install Tekser's udev rules (hardware/udev), or add the user to the group \
                   that owns the port (usually dialout) and log in again; then plug the phone in \
                   again"
                .to_owned(),
        }
    }

    /// The station's own key for the debug bridge cannot be used.
    pub(super) fn no_key(error: &adb::KeyError) -> Self {
        Self {
            code: FailureCode::AdbFailed,
            message: format!("the station's key for the debug bridge cannot be used: {error}"),
            cure: error.cure(),
        }
    }

    /// Why a survey gave no reading.
    pub(super) fn of(summary: &Summary) -> Self {
        match summary.trouble() {
            Some(trouble) => {
                let side = summary.sides.iter().find(|side| {
                    side.trouble.as_ref().is_some_and(|its| core::ptr::eq(its, trouble))
                });
                let code = code_of(trouble, side.map(|side| side.speaks));
                Self { code, message: trouble.to_string(), cure: trouble.cure() }
            }
            None => Self::of_trouble(&Trouble::NoPort { role: Role::Phone }),
        }
    }

    /// Why the debug bridge gave nothing, if it was asked and gave nothing.
    pub(super) fn of_adb(summary: &Summary) -> Option<FailureCode> {
        let side = summary.sides.iter().find(|side| side.speaks == Speaks::Adb)?;
        side.trouble.as_ref().map(|trouble| code_of(trouble, Some(Speaks::Adb)))
    }

    fn of_trouble(trouble: &Trouble) -> Self {
        let (message, cure) = (trouble.to_string(), trouble.cure());
        Self { code: code_of(trouble, None), message, cure }
    }
}

const fn code_of(trouble: &Trouble, side: Option<Speaks>) -> FailureCode {
    match trouble {
        Trouble::Open(OpenError::Busy { .. }) if matches!(side, Some(Speaks::Adb)) => {
            FailureCode::AdbServer
        }
        Trouble::Open(error) => FailureCode::of_opening(error),
        Trouble::At(error) => match error {
            at::ReadError::Silent => FailureCode::Silent,
            at::ReadError::Unintelligible | at::ReadError::Scanner => FailureCode::Unintelligible,
            at::ReadError::Prompt => FailureCode::Prompt,
            at::ReadError::Gone => FailureCode::PulledOut,
            at::ReadError::Link(_) => FailureCode::PortFailed,
        },
        Trouble::Adb(
            adb::ReadError::NotAllowed | adb::ReadError::Server(adb::ServerError::Unauthorized),
        ) => FailureCode::NotAllowed,
        Trouble::Adb(error) if error.is_gone() => FailureCode::PulledOut,
        Trouble::Adb(adb::ReadError::Server(_)) => FailureCode::AdbServer,
        Trouble::Adb(_) => FailureCode::AdbFailed,
        Trouble::Stopped => FailureCode::Stopped,
        Trouble::NoPort { role } => match role {
            Role::Files => FailureCode::FilesOnly,
            Role::Bootloader => FailureCode::Bootloader,
            Role::Apple => FailureCode::Apple,
            Role::Phone | Role::Scanner => FailureCode::NoPort,
        },
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self {
            code: FailureCode::NotKept,
            message: format!("the reading cannot be kept: {error}"),
            cure: "free disk space and check the data directory, then read the phone again"
                .to_owned(),
        }
    }
}

impl From<Failure> for DeviceState {
    fn from(failure: Failure) -> Self {
        let Failure { code, message, cure } = failure;
        Self::Failed { code, message, cure }
    }
}
