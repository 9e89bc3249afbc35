//! What a person does next about a phone.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a person does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NextStep {
    /// Dial `*#06#` on the phone and scan or type what it shows.
    DialAndScan,
    /// Touch "Allow" on the phone.
    AllowOnPhone,
    /// Unlock the phone and read it again.
    UnlockAndRetry,
    /// Turn on a USB mode with a modem port, or USB debugging.
    ModemPort,
    /// Turn on USB debugging.
    UsbDebugging,
    /// Start the phone normally.
    StartNormally,
    /// Have the phone show the modem port that it hides.
    ShowModem,
}
