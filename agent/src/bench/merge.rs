//! Readings of one phone become one [`Handset`].
//!
//! The latest reading of each source counts. What they say is laid into slots: claims that name
//! their slot first, then claims that name a known IMEI, then the rest in order. Nothing is
//! averaged away: a slot keeps everything that was said of it, and differing IMEIs are a finding.

use tekser_hardware::{ClaimValue, DeviceId, Note, Slot, Source};
use tekser_imei::ParseError;

use super::handset::{Finding, FindingKind, Handset, RecordedReading, Said, SlotView};
use crate::finding::Severity;
use crate::id::HandsetId;

/// Merges readings of one phone, oldest first. `None` without readings.
pub fn merge(id: HandsetId, readings: &[RecordedReading]) -> Option<Handset> {
    let (first, last) = (readings.first()?, readings.last()?);
    let latest = latest_per_source(readings);
    let slots = lay_out(&latest);
    let newest = |get: fn(&RecordedReading) -> Option<String>| {
        // A phone knows its own names better than its box does.
        let device = latest.iter().rev().filter(|r| r.reading.source != Source::Label);
        let label = latest.iter().rev().filter(|r| r.reading.source == Source::Label);
        device.chain(label).find_map(|r| get(r))
    };
    let mut handset = Handset {
        id,
        device: last_device(readings),
        serial: newest(|r| r.reading.serial.clone()),
        maker: newest(|r| r.reading.maker.clone()),
        model: newest(|r| r.reading.model.clone()),
        firmware: newest(|r| r.reading.firmware.clone()),
        eids: Vec::new(),
        findings: Vec::new(),
        readings: readings.iter().map(|r| r.id).collect(),
        first_seen: first.at,
        last_seen: last.at,
        slots,
    };
    for eid in latest.iter().flat_map(|r| &r.reading.eids) {
        if !handset.eids.contains(eid) {
            handset.eids.push(*eid);
        }
    }
    handset.findings = find(&handset, &latest, readings);
    Some(handset)
}

fn last_device(readings: &[RecordedReading]) -> Option<DeviceId> {
    readings.iter().rev().find_map(|r| r.device.clone())
}

fn latest_per_source(readings: &[RecordedReading]) -> Vec<&RecordedReading> {
    let mut latest: Vec<&RecordedReading> = Vec::new();
    for reading in readings {
        latest.retain(|other| other.reading.source != reading.reading.source);
        latest.push(reading);
    }
    latest
}

/// Lays every claim into a slot.
fn lay_out(latest: &[&RecordedReading]) -> Vec<SlotView> {
    let mut said: Vec<Said> = latest
        .iter()
        .flat_map(|r| {
            r.reading.claims.iter().map(|claim| Said {
                source: r.reading.source,
                reading: r.id,
                claim: claim.clone(),
            })
        })
        .filter(|said| !matches!(said.claim.value, ClaimValue::Meid { .. }))
        .collect();
    // Stable: claims of equal weight keep the order in which the source gave them.
    said.sort_by_key(|said| core::cmp::Reverse(said.weight()));

    let mut slots: Vec<SlotView> = Vec::new();
    let mut unnamed = Vec::new();
    for said in said {
        match said.claim.slot {
            Some(slot) => place(&mut slots, slot, said),
            None => unnamed.push(said),
        }
    }
    for source in [Source::Adb, Source::At, Source::Usb, Source::Screen, Source::Label] {
        let (mine, others) = unnamed.into_iter().partition(|said| said.source == source);
        unnamed = others;
        lay_out_unnamed(&mut slots, source, mine);
    }
    slots.sort_by_key(|view| view.slot);
    for view in &mut slots {
        view.said.sort_by_key(|said| core::cmp::Reverse(said.weight()));
        view.imei = view.said.iter().find_map(|said| said.claim.value.imei());
    }
    slots
}

/// Claims of one source that name no slot: those with a known number first, then the rest.
fn lay_out_unnamed(slots: &mut Vec<SlotView>, source: Source, said: Vec<Said>) {
    let (known, rest): (Vec<_>, Vec<_>) =
        said.into_iter().partition(|said| slot_of_number(slots, said).is_some());
    for said in known.into_iter().chain(rest) {
        let slot = slot_of_number(slots, &said).unwrap_or_else(|| match source {
            // A plain command speaks of the first slot unless a named one says otherwise.
            Source::At | Source::Adb | Source::Usb => Slot::ONE,
            // Labels and screens list IMEIs in slot order.
            Source::Screen | Source::Label => first_unspoken(slots, source),
        });
        place(slots, slot, said);
    }
}

/// The slot that has the number of this claim.
fn slot_of_number(slots: &[SlotView], said: &Said) -> Option<Slot> {
    let number = said.claim.value.imei14()?;
    let has = |view: &&SlotView| view.said.iter().any(|s| s.claim.value.imei14() == Some(number));
    slots.iter().find(has).map(|view| view.slot)
}

/// The first slot that this source has not spoken of; the last one if it spoke of all.
fn first_unspoken(slots: &[SlotView], source: Source) -> Slot {
    let spoken = |slot: &Slot| {
        let mut views = slots.iter().filter(|view| view.slot == *slot);
        views.any(|view| view.said.iter().any(|said| said.source == source))
    };
    let all = [Slot::ONE, Slot::TWO, Slot::THREE, Slot::FOUR];
    all.into_iter().find(|slot| !spoken(slot)).unwrap_or(Slot::FOUR)
}

fn place(slots: &mut Vec<SlotView>, slot: Slot, said: Said) {
    match slots.iter_mut().find(|view| view.slot == slot) {
        Some(view) => view.said.push(said),
        None => slots.push(SlotView { slot, imei: None, said: vec![said] }),
    }
}

fn find(handset: &Handset, latest: &[&RecordedReading], all: &[RecordedReading]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let has_label = latest.iter().any(|r| r.reading.source == Source::Label);
    let has_device = latest.iter().any(|r| r.reading.source != Source::Label);
    for view in &handset.slots {
        slot_findings(view, has_label && has_device, &mut findings);
    }
    same_twice(&handset.slots, &mut findings);
    changed(all, latest, &mut findings);
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
        add(FindingKind::Disagreement, Severity::Stop);
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

/// An older reading of the same source that gave a number which the latest does not give: a board
/// was changed, or the phone is not the one it was taken for.
fn changed(all: &[RecordedReading], latest: &[&RecordedReading], findings: &mut Vec<Finding>) {
    let numbers = |r: &RecordedReading| {
        let mut numbers: Vec<_> =
            r.reading.claims.iter().filter_map(|claim| claim.value.imei14()).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    };
    for now in latest {
        let before = all.iter().rev().find(|earlier| {
            let theirs = numbers(earlier);
            earlier.id != now.id
                && earlier.reading.source == now.reading.source
                && !numbers(now).is_empty()
                && !theirs.iter().all(|number| numbers(now).contains(number))
        });
        if let Some(before) = before {
            findings.push(Finding {
                kind: FindingKind::ChangedSince { reading: before.id },
                severity: Severity::Warning,
                slot: None,
            });
        }
    }
}
