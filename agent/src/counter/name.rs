//! Names of scanners.

use core::fmt;

use serde::{Deserialize, Serialize};
use tekser_hardware::DeviceId;
use tekser_wire::message::SerialNumber;

/// A scanner: by its serial number, which its board is born with; one that tells none is where it
/// is plugged.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ScannerName(String);

impl ScannerName {
    /// A scanner that tells no serial number.
    pub fn at(place: &DeviceId) -> Self {
        Self(place.as_str().to_owned())
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for ScannerName {
    fn from(name: String) -> Self {
        Self(name)
    }
}

impl From<SerialNumber> for ScannerName {
    fn from(serial: SerialNumber) -> Self {
        Self(serial.to_string())
    }
}

impl fmt::Display for ScannerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
