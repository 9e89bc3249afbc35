//! What a person should know about a phone, from everything that was said of it.

use tekser_hardware::{ClaimValue, Note, Source};
use tekser_imei::{Imei14, ParseError};

use super::handset::{Finding, FindingKind, Handset, RecordedReading, SlotView, Trust};
use super::plug::{is_cabled, plug_in};
use super::serial;
use crate::finding::Severity;
use crate::id::ReadingId;

/// Everything worth saying; `latest` are the readings that the phone is made of, `all` every one.
pub(super) fn find(
    handset: &Handset,
    latest: &[&RecordedReading],
    all: &[RecordedReading],
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let has_label = latest.iter().any(|r| r.reading.source == Source::Label);
    let has_device = latest.iter().any(|r| r.reading.source != Source::Label);
    for view in &handset.slots {
        slot_findings(view, has_label && has_device, &mut findings);
    }
    same_twice(&handset.slots, &mut findings);
    changed(all, latest, &mut findings);
    serials(latest, &mut findings);
    usb_serials(all, &mut findings);
    if has_device && handset.slots.iter().all(|view| view.imei14().is_none()) {
        findings.push(Finding {
            kind: FindingKind::NoImei,
            severity: Severity::Warning,
            slot: None,
        });
    }
    for note in latest.iter().flat_map(|r| &r.reading.notes) {
        findings.push(Finding {
            kind: FindingKind::Exchange { note: *note },
            severity: severity_of(*note),
            slot: None,
        });
    }
    findings
}

const fn severity_of(note: Note) -> Severity {
    match note {
        Note::StandardRefused | Note::UuidInsteadOfImei => Severity::Info,
        Note::PlainAnswerAlternates
        | Note::AnswerCut
        | Note::Garbage
        | Note::SecondSlotUnsound
        | Note::ImeiRefused
        | Note::ImeiMissing
        | Note::PropertiesOnly
        | Note::PropertiesDisagree => Severity::Warning,
    }
}

fn slot_findings(view: &SlotView, both: bool, findings: &mut Vec<Finding>) {
    let mut add = |kind, severity| {
        let finding = Finding { kind, severity, slot: Some(view.slot) };
        if !findings.contains(&finding) {
            findings.push(finding);
        }
    };
    let mut numbers: Vec<_> = view.said.iter().filter_map(|s| s.claim.value.imei14()).collect();
    numbers.sort_unstable();
    numbers.dedup();
    if numbers.len() > 1 {
        add(FindingKind::Disagreement, gravity(view));
    }
    if view.trust == Some(Trust::Weak) {
        add(FindingKind::OnlyWeak, Severity::Warning);
    }
    for said in &view.said {
        if let ClaimValue::Rejected { reason, .. } = &said.claim.value {
            match reason {
                ParseError::CheckDigit { .. } => add(FindingKind::CheckDigit, Severity::Stop),
                _ => add(FindingKind::Unreadable, Severity::Warning),
            }
        }
    }
    if let Some(imei) = view.imei {
        for suspicion in imei.suspicions() {
            let severity = match suspicion.severity() {
                tekser_imei::Severity::Disqualifying => Severity::Stop,
                tekser_imei::Severity::Warning => Severity::Warning,
                tekser_imei::Severity::Note => Severity::Info,
            };
            add(FindingKind::Suspicious { suspicion }, severity);
        }
    }
    let on_label = view.said.iter().any(|said| said.source == Source::Label);
    let on_device = view.said.iter().any(|said| said.source != Source::Label);
    if both && on_label && !on_device {
        add(FindingKind::OnlyOnLabel, Severity::Warning);
    }
    if both && on_device && !on_label {
        add(FindingKind::NotOnLabel, Severity::Info);
    }
}

/// A property that names another number than everything else is to be looked at; that two who know
/// name different numbers stops.
fn gravity(view: &SlotView) -> Severity {
    let firm = view.said.iter().filter(|said| !said.is_weak());
    let mut numbers: Vec<_> = firm.filter_map(|said| said.claim.value.imei14()).collect();
    numbers.dedup();
    if numbers.len() == 1 { Severity::Warning } else { Severity::Stop }
}

/// Serial numbers that are not the same, capitals aside.
fn serials(latest: &[&RecordedReading], findings: &mut Vec<Finding>) {
    let given = latest.iter().filter_map(|r| r.reading.serial.as_deref());
    let mut real = given.map(str::trim).filter(|serial| !serial::is_dummy(serial));
    let Some(first) = real.next() else { return };
    if real.any(|serial| !serial.eq_ignore_ascii_case(first)) {
        let kind = FindingKind::SerialDiffers;
        findings.push(Finding { kind, severity: Severity::Info, slot: None });
    }
}

/// Another serial number on USB than before. In another mode phones do that, if they tell none of
/// their own; in the same mode a phone that tells the same one has a copy.
fn usb_serials(all: &[RecordedReading], findings: &mut Vec<Finding>) {
    let mut shown = all.iter().rev().filter_map(|reading| Some((reading, reading.usb.as_ref()?)));
    let Some((now, usb)) = shown.next() else { return };
    let told = |reading: &RecordedReading| {
        reading.reading.serial.clone().filter(|serial| !serial::is_dummy(serial))
    };
    let mut found: Option<(ReadingId, Severity)> = None;
    for (before, name) in shown.filter(|(_, name)| !name.serial.eq_ignore_ascii_case(&usb.serial)) {
        let same_phone = told(now).is_some() && told(now) == told(before);
        let severity = match name.id == usb.id {
            true => Severity::Warning,
            false if same_phone => continue,
            false => Severity::Info,
        };
        if found.is_none_or(|(_, worst)| severity > worst) {
            found = Some((before.id, severity));
        }
    }
    if let Some((reading, severity)) = found {
        let kind = FindingKind::UsbSerialDiffers { reading };
        findings.push(Finding { kind, severity, slot: None });
    }
}

fn same_twice(slots: &[SlotView], findings: &mut Vec<Finding>) {
    for (index, view) in slots.iter().enumerate() {
        let twin = slots
            .iter()
            .take(index)
            .any(|other| other.imei14().is_some() && other.imei14() == view.imei14());
        if twin {
            findings.push(Finding {
                kind: FindingKind::SameImeiTwice,
                severity: Severity::Stop,
                slot: Some(view.slot),
            });
        }
    }
}

/// An older reading that gave a number which is not given now: a board was changed, or the phone is
/// not the one it was taken for.
///
/// Of one source any number that is missing now says so. What was said over another kind of cable
/// at an earlier plug-in may have known more slots: it says so if no number is left of it.
fn changed(all: &[RecordedReading], latest: &[&RecordedReading], findings: &mut Vec<Finding>) {
    let cabled: Vec<Imei14> =
        latest.iter().filter(|r| is_cabled(r)).flat_map(|r| numbers(r)).collect();
    let mut told = Vec::new();
    for now in latest {
        let own = numbers(now);
        if own.is_empty() {
            continue;
        }
        let given =
            |number: &Imei14| own.contains(number) || (is_cabled(now) && cabled.contains(number));
        let before = all.iter().rev().find(|earlier| {
            let theirs = numbers(earlier);
            if earlier.reading.source == now.reading.source {
                earlier.id != now.id && !theirs.iter().all(given)
            } else {
                is_cabled(earlier)
                    && is_cabled(now)
                    && plug_in(earlier) != plug_in(now)
                    && !theirs.is_empty()
                    && !theirs.iter().any(given)
            }
        });
        if let Some(before) = before.filter(|before| !told.contains(&before.id)) {
            told.push(before.id);
            findings.push(Finding {
                kind: FindingKind::ChangedSince { reading: before.id },
                severity: Severity::Warning,
                slot: None,
            });
        }
    }
}

/// The numbers that a reading gave.
fn numbers(reading: &RecordedReading) -> Vec<Imei14> {
    reading.reading.claims.iter().filter_map(|claim| claim.value.imei14()).collect()
}
