//! The next best way: what a person does when a phone did not tell its IMEIs for sure.

use tekser_hardware::{Note, Source};

use super::failure::FailureCode;
use super::handset::{Handset, RecordedReading, SlotView};
use super::next_step::NextStep;

/// What to do about a phone that was read. `latest` are the readings that it is made of.
pub(super) fn for_handset(handset: &Handset, latest: &[&RecordedReading]) -> Option<NextStep> {
    let has = |source| latest.iter().any(|r| r.reading.source == source);
    // A box asks nothing, and what the screen showed is the last word that there is.
    if !latest.iter().any(|r| r.reading.source != Source::Label) || has(Source::Screen) {
        return None;
    }
    if has(Source::At) && !has(Source::Adb) && is_confused(latest) && handset.imeis().is_empty() {
        return Some(NextStep::UnlockAndRetry);
    }
    let known = handset.slots.iter().filter(|slot| is_known(slot, &handset.slots)).count();
    let wanted = handset.sim_slots.map_or(1, usize::from).max(handset.slots.len());
    (known < wanted).then_some(NextStep::DialAndScan)
}

/// Whether the phone itself gave a slot's IMEI for sure. What its box says is another matter: that
/// a replaced board disagrees with it is no reason to ask the phone again.
fn is_known(slot: &SlotView, all: &[SlotView]) -> bool {
    let Some(imei) = slot.imei else { return false };
    let own = || slot.said.iter().filter(|said| said.source != Source::Label);
    let firm = own().any(|said| !said.is_weak() && said.claim.value.imei() == Some(imei));
    let unanimous =
        own().filter_map(|said| said.claim.value.imei14()).all(|own| own == imei.imei14());
    let once = all.iter().filter(|other| other.imei14() == Some(imei.imei14())).count() == 1;
    firm && unanimous && once
}

/// Whether the phone answered as one does that is still starting or locked.
fn is_confused(latest: &[&RecordedReading]) -> bool {
    let mut notes = latest.iter().flat_map(|r| &r.reading.notes);
    notes.any(|note| matches!(note, Note::Garbage | Note::AnswerCut))
}

/// What to do about a device that was not read and hides a modem port. Where the phone's owner or
/// another program stands in the way of something better, that comes first.
pub(super) const fn for_hidden_modem(code: FailureCode) -> Option<NextStep> {
    match code {
        FailureCode::FilesOnly | FailureCode::NoPort => Some(NextStep::ShowModem),
        _ => for_failure(code),
    }
}

/// What to do about a device that was not read.
pub(super) const fn for_failure(code: FailureCode) -> Option<NextStep> {
    match code {
        FailureCode::NoPort => Some(NextStep::ModemPort),
        FailureCode::FilesOnly => Some(NextStep::UsbDebugging),
        FailureCode::Bootloader => Some(NextStep::StartNormally),
        FailureCode::NotAllowed | FailureCode::Stopped => Some(NextStep::AllowOnPhone),
        FailureCode::Silent | FailureCode::Unintelligible | FailureCode::AdbFailed => {
            Some(NextStep::UnlockAndRetry)
        }
        FailureCode::Apple => Some(NextStep::DialAndScan),
        FailureCode::PermissionDenied
        | FailureCode::Busy
        | FailureCode::AdbServer
        | FailureCode::NotFound
        | FailureCode::NotAPort
        | FailureCode::PortFailed
        | FailureCode::Prompt
        | FailureCode::PulledOut
        | FailureCode::ScannerSilent
        | FailureCode::ScannerTooOld
        | FailureCode::ScannerTooNew
        | FailureCode::ScannerTwice
        | FailureCode::NotKept => None,
    }
}
