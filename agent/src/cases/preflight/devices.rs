//! Devices brought in: fields and numbers.

use std::collections::BTreeMap;

use jiff::civil::Date;
use tekser_imei::{Imei, Imei14, Tac};

use super::{Findings, Known, PreflightCode as Code};
use crate::cases::{Basis, FiledDevice, Filing};
use crate::finding::Severity;
use crate::rules::day;
use crate::tacs::expected_slots;

/// Most IMEIs that one device has.
const SLOTS_MAX: usize = 4;

pub(super) fn fields(filing: &Filing, known: &Known<'_>, found: &mut Findings) {
    let today = day(known.now);
    if filing.devices().is_empty() {
        found.stop(Code::DeviceMissing, "devices", "add every device with all its IMEIs");
    }
    if filing.country().is_none() {
        found.stop(Code::CountryMissing, "country", "say which country the devices came from");
    }
    let personal = match filing {
        Filing::Personal(one) => Some(one),
        _ => None,
    };
    if personal.is_some_and(|one| one.basis == Basis::Parcel && one.delivery_service.is_none()) {
        let cure = "say who delivered the parcel";
        found.warn(Code::DeliveryMissing, "delivery_service", cure);
    }
    match filing.imported_on() {
        // The guides ask for the date where a person crossed the border.
        None if personal.is_some_and(|one| one.basis == Basis::Accompanied) => {
            found.stop(Code::DateMissing, "imported_on", "give the day of the border crossing");
        }
        None => {}
        Some(date) => not_to_come(date, today, "imported_on", found),
    }
    for (at, device) in filing.devices().iter().enumerate() {
        if device.maker.is_none() || device.model.is_none() {
            let cure = "give maker and model, as on the box";
            found.warn(Code::ModelMissing, &format!("devices[{at}].model"), cure);
        }
        if let Some(date) = device.first_connected {
            not_to_come(date, today, &format!("devices[{at}].first_connected"), found);
        }
    }
}

/// A date that has not come yet is a slip.
pub(super) fn not_to_come(date: Date, today: Date, field: &str, found: &mut Findings) {
    if date > today {
        found.stop(Code::DateInFuture, field, "this day is still to come: check day and month");
    }
}

pub(super) fn most_imeis(imeis: &[Imei], field: &str, found: &mut Findings) {
    if imeis.len() > SLOTS_MAX {
        let cure = "a phone has at most four IMEIs: open one case per phone";
        found.stop(Code::TooManyImeis, field, cure);
    }
}

pub(super) fn numbers(devices: &[FiledDevice], known: &Known<'_>, found: &mut Findings) {
    let mut seen: BTreeMap<Imei14, usize> = BTreeMap::new();
    let peers = slots_by_tac(devices);
    for (at, device) in devices.iter().enumerate() {
        let field = format!("devices[{at}].imeis");
        most_imeis(&device.imeis, &field, found);
        if device.imeis.is_empty() {
            let cure = "read the device, or scan its box: every device is filed by its IMEIs";
            found.stop(Code::ImeiMissing, &field, cure);
        }
        for (slot, imei) in device.imeis.iter().enumerate() {
            let field = format!("{field}[{slot}]");
            match seen.insert(imei.imei14(), at) {
                Some(other) if other == at => {
                    let cure = "read the other slot: two slots never share an IMEI";
                    found.stop(Code::ImeiTwice, &field, cure);
                }
                Some(_) => {
                    let cure = "two devices carry this IMEI: one is a copy, or was scanned twice";
                    found.stop(Code::ImeiTwice, &field, cure);
                }
                None => {}
            }
            if imei.suspicions().into_iter().any(|suspicion| suspicion.is_disqualifying()) {
                let cure = "no maker assigns this IMEI: read the device again; if it stays, do not \
                            buy or sell it";
                found.stop(Code::ImeiUnsound, &field, cure);
            }
        }
        if peers_have_more(device, &peers) {
            let severity = excused(device, Severity::Warning);
            let cure = "others of this model in the case have more IMEIs: add the second SIM or \
                        eSIM slot, or say why there is none";
            found.add(Code::SlotMissing, severity, &field, cure);
        } else if let Some(source) = tac_has_more(device, known) {
            let severity = excused(device, Severity::Warning);
            let cure = "phones with this TAC have more IMEIs: dial *#06# and add the missing one, \
                        or say why there is none";
            found.rule(Code::SlotMissing, severity, &field, cure, &source);
        }
    }
}

/// How much a missing slot matters, once somebody said why it is missing.
pub(super) const fn excused(device: &FiledDevice, severity: Severity) -> Severity {
    if device.fewer_because.is_some() { Severity::Info } else { severity }
}

/// Most IMEIs of any device of a model; what has too many counts for nothing.
fn slots_by_tac(devices: &[FiledDevice]) -> BTreeMap<Tac, usize> {
    let mut most = BTreeMap::new();
    for device in devices.iter().filter(|device| device.imeis.len() <= SLOTS_MAX) {
        if let Some(first) = device.imeis.first() {
            let slots = most.entry(first.tac()).or_insert(0);
            *slots = device.imeis.len().max(*slots);
        }
    }
    most
}

fn peers_have_more(device: &FiledDevice, peers: &BTreeMap<Tac, usize>) -> bool {
    let first = device.imeis.first();
    let most = first.and_then(|first| peers.get(&first.tac())).copied().unwrap_or(0);
    device.imeis.len() < most
}

/// Who knows that phones with the TAC of this one have more IMEIs, if anybody does.
fn tac_has_more(device: &FiledDevice, known: &Known<'_>) -> Option<String> {
    let tac = device.imeis.first()?.tac();
    let (slots, source) = expected_slots(known.tacs.get(&tac)?)?;
    (device.imeis.len() < usize::from(slots)).then(|| format!("{slots} IMEIs by {source}"))
}
