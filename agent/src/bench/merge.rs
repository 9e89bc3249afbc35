//! Readings of one phone become one [`Handset`].
//!
//! The latest reading of each source counts, and of what a phone said over a cable only the newest
//! plug-in: a board may have been replaced before it. What they say is laid into slots: claims that
//! name their slot first, then claims that name a known IMEI, then the rest in order. Nothing is
//! averaged away: a slot keeps everything that was said of it, and differing IMEIs are a finding.

use tekser_hardware::{ClaimValue, DeviceId, Slot, Source};

use super::handset::{Handset, RecordedReading, Said, SlotView, Trust};
use super::plug::{is_cabled, plug_in};
use super::{advice, findings, serial};
use crate::id::HandsetId;

/// Merges readings of one phone, oldest first. `None` without readings.
pub fn merge(id: HandsetId, readings: &[RecordedReading]) -> Option<Handset> {
    let (first, last) = (readings.first()?, readings.last()?);
    let latest = latest_per_source(readings);
    let slots = lay_out(&latest);
    let by_knowledge = by_knowledge(&latest);
    let newest = |get: fn(&RecordedReading) -> Option<String>| {
        by_knowledge.iter().find_map(|reading| get(reading))
    };
    let mut handset = Handset {
        id,
        device: last_device(readings),
        serial: newest(|r| r.reading.serial.clone().filter(|serial| !serial::is_dummy(serial))),
        maker: newest(|r| r.reading.maker.clone()),
        model: newest(|r| r.reading.model.clone()),
        firmware: newest(|r| r.reading.firmware.clone()),
        os: newest(|r| r.reading.os.clone()),
        hint: None,
        sim_slots: by_knowledge.iter().find_map(|reading| reading.reading.sim_slots),
        eids: Vec::new(),
        findings: Vec::new(),
        next_step: None,
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
    handset.findings = findings::find(&handset, &latest, readings);
    handset.next_step = advice::for_handset(&handset, &latest);
    Some(handset)
}

fn last_device(readings: &[RecordedReading]) -> Option<DeviceId> {
    readings.iter().rev().find_map(|r| r.device.clone())
}

/// The latest reading of each source, oldest first. Over a cable only the newest plug-in counts.
fn latest_per_source(readings: &[RecordedReading]) -> Vec<&RecordedReading> {
    let newest = readings.iter().rev().find(|r| is_cabled(r)).map(plug_in);
    let mut latest: Vec<&RecordedReading> = Vec::new();
    for reading in readings {
        if is_cabled(reading) && Some(plug_in(reading)) != newest {
            continue;
        }
        latest.retain(|other| other.reading.source != reading.reading.source);
        latest.push(reading);
    }
    latest
}

/// Those who know the phone's own names best first: itself, its USB descriptors, its box.
fn by_knowledge<'a>(latest: &[&'a RecordedReading]) -> Vec<&'a RecordedReading> {
    let mut all: Vec<&RecordedReading> = latest.iter().rev().copied().collect();
    all.sort_by_key(|reading| match reading.reading.source {
        Source::At | Source::Adb | Source::Screen => 0,
        Source::Usb => 1,
        Source::Label => 2,
    });
    all
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
        view.trust = trust(view);
    }
    dispute_twins(&mut slots);
    slots
}

/// How far a slot's number can be relied on, by itself.
fn trust(view: &SlotView) -> Option<Trust> {
    let number = view.imei14()?;
    let with_number = view.said.iter().filter_map(|said| Some((said, said.claim.value.imei14()?)));
    if with_number.clone().any(|(_, other)| other != number) {
        return Some(Trust::Disputed);
    }
    let said: Vec<&Said> = with_number.map(|(said, _)| said).collect();
    let another = |one: &&Said| said.iter().any(|other| other.source != one.source);
    if said.iter().any(another) {
        return Some(Trust::Agreed);
    }
    Some(if said.iter().all(|said| said.is_weak()) { Trust::Weak } else { Trust::Single })
}

/// A number in two slots is right in one of them at most.
fn dispute_twins(slots: &mut [SlotView]) {
    let numbers: Vec<_> = slots.iter().map(SlotView::imei14).collect();
    for view in slots {
        let number = view.imei14();
        if number.is_some() && numbers.iter().filter(|other| **other == number).count() > 1 {
            view.trust = Some(Trust::Disputed);
        }
    }
}

/// Claims of one source that name no slot: those with a known number first, then the rest.
fn lay_out_unnamed(slots: &mut Vec<SlotView>, source: Source, said: Vec<Said>) {
    let (known, rest): (Vec<_>, Vec<_>) =
        said.into_iter().partition(|said| slot_of_number(slots, said).is_some());
    for said in known.into_iter().chain(rest) {
        let slot = slot_of_number(slots, &said).unwrap_or_else(|| match source {
            // Ports that speak for a card each do not say for which.
            Source::At if said.is_weak() => first_unnumbered(slots, source),
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
    first_without(slots, |said| said.source == source)
}

/// The first slot for which this source has named no number; the last one if it named all.
fn first_unnumbered(slots: &[SlotView], source: Source) -> Slot {
    first_without(slots, |said| said.source == source && said.claim.value.imei14().is_some())
}

fn first_without(slots: &[SlotView], taken: impl Fn(&Said) -> bool) -> Slot {
    let spoken = |slot: &Slot| {
        let mut views = slots.iter().filter(|view| view.slot == *slot);
        views.any(|view| view.said.iter().any(&taken))
    };
    let all = [Slot::ONE, Slot::TWO, Slot::THREE, Slot::FOUR];
    all.into_iter().find(|slot| !spoken(slot)).unwrap_or(Slot::FOUR)
}

fn place(slots: &mut Vec<SlotView>, slot: Slot, said: Said) {
    match slots.iter_mut().find(|view| view.slot == slot) {
        Some(view) => view.said.push(said),
        None => slots.push(SlotView { slot, imei: None, trust: None, said: vec![said] }),
    }
}
