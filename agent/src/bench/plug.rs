//! One plug-in: from the moment a phone was plugged in until it is pulled out.

use jiff::Timestamp;
use tekser_hardware::{DeviceId, Source};

use super::handset::RecordedReading;

/// Whether a reading came through the cable, and so tells of the phone as it was at that plug-in.
pub(super) fn is_cabled(reading: &RecordedReading) -> bool {
    matches!(reading.reading.source, Source::At | Source::Adb | Source::Usb)
}

/// The plug-in that a reading is of. Readings of before there was a record of it are of one.
pub(super) fn plug_in(reading: &RecordedReading) -> Option<(Timestamp, &Option<DeviceId>)> {
    reading.plugged_at.map(|at| (at, &reading.device))
}
