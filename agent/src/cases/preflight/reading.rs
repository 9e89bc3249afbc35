//! The phone on the bench against the case.

use std::collections::BTreeMap;

use tekser_hardware::{Confidence, Source};
use tekser_imei::{Imei, Imei14};

use super::devices::excused;
use super::{Findings, PreflightCode as Code};
use crate::bench::{FindingKind, Handset};
use crate::cases::{FiledDevice, Replacement};
use crate::finding::Severity;
use crate::id::HandsetId;

pub(super) fn of_replacement(case: &Replacement, handset: Option<&Handset>, found: &mut Findings) {
    let Some(handset) = handset else {
        let cure = "plug the phone in, so that its IMEIs are read and not typed";
        found.warn(Code::NotRead, "handset", cure);
        return;
    };
    let is_named = |number: Imei14| case.imeis().any(|imei| imei.imei14() == number);
    let read = read_of(handset);
    compare(handset, &read, &case.new, "new", found);
    if !read.iter().all(|number| is_named(*number)) {
        let cure = "the phone gave an IMEI that the case does not name: every slot must be filed";
        found.warn(Code::ReadingHasMore, "new", cure);
    }
    disagreements(handset, is_named, "handset", found);
}

pub(super) fn of_devices(
    devices: &[FiledDevice],
    handsets: &BTreeMap<HandsetId, Handset>,
    found: &mut Findings,
) {
    for (at, device) in devices.iter().enumerate() {
        let Some(handset) = device.handset.and_then(|id| handsets.get(&id)) else { continue };
        let (field, whole) = (format!("devices[{at}].imeis"), format!("devices[{at}].handset"));
        let is_named = |number: Imei14| device.imeis.iter().any(|imei| imei.imei14() == number);
        let read = read_of(handset);
        compare(handset, &read, &device.imeis, &field, found);
        let slots = handset.sim_slots.map_or(0, usize::from);
        if !read.iter().all(|number| is_named(*number)) {
            let cure = "the phone gave an IMEI that the case does not name: add it, an application \
                        without it is refused";
            found.add(Code::SlotMissing, excused(device, Severity::Stop), &field, cure);
        } else if slots > device.imeis.len() {
            let cure = "the phone says that it has more slots: dial *#06# and add the missing \
                        IMEI, or say why there is none";
            found.add(Code::SlotMissing, excused(device, Severity::Stop), &field, cure);
        }
        disagreements(handset, is_named, &whole, found);
    }
}

/// The numbers that the phone itself gave.
fn read_of(handset: &Handset) -> Vec<Imei14> {
    let said = handset.slots.iter().flat_map(|slot| &slot.said);
    said.filter(|said| said.source != Source::Label)
        .filter_map(|said| said.claim.value.imei14())
        .collect()
}

/// Each of these IMEIs must have been given by the phone.
fn compare(handset: &Handset, read: &[Imei14], imeis: &[Imei], field: &str, found: &mut Findings) {
    for (index, imei) in imeis.iter().enumerate() {
        let field = format!("{field}[{index}]");
        if !read.contains(&imei.imei14()) {
            let cure =
                "the phone on the bench did not give this IMEI: read it again or mend the case";
            found.stop(Code::ReadingDiffers, &field, cure);
        } else if is_weak(handset, imei.imei14()) {
            let cure = "compare with what the phone shows: dial *#06# and scan the screen";
            found.warn(Code::ReadingWeak, &field, cure);
        }
    }
}

/// Tells of findings about the phone that the case does not explain.
fn disagreements(
    handset: &Handset,
    is_named: impl Fn(Imei14) -> bool,
    field: &str,
    found: &mut Findings,
) {
    let unexplained = handset.findings.iter().any(|finding| match finding.kind {
        FindingKind::Disagreement => !finding.slot.is_some_and(|slot| {
            let view = handset.slots.iter().find(|view| view.slot == slot);
            view.is_some_and(|view| {
                let mut numbers = view.said.iter().filter_map(|said| said.claim.value.imei14());
                numbers.all(&is_named)
            })
        }),
        FindingKind::SameImeiTwice
        | FindingKind::OnAnotherHandset { .. }
        | FindingKind::ReplacedAway { .. } => true,
        FindingKind::ModelDiffersFromTac { .. } | FindingKind::TacTooOld { .. } => {
            finding.severity >= Severity::Warning
        }
        _ => false,
    });
    if unexplained {
        found.warn(
            Code::HandsetDisagrees,
            field,
            "look at the phone's findings: its sources disagree beyond the replaced board",
        );
    }
}

/// Whether everything by which the phone itself named this number may have been set by other
/// software.
fn is_weak(handset: &Handset, number: Imei14) -> bool {
    let said = handset.slots.iter().flat_map(|slot| &slot.said);
    said.filter(|said| said.claim.value.imei14() == Some(number))
        .filter(|said| said.source != Source::Label)
        .all(|said| said.claim.confidence == Confidence::Weak)
}
