//! IMEIs of a case that another phone on file gave.
//!
//! A phone's readings are compared with the case as far as the case names the phone. What was typed
//! is compared with every phone that this station has read.

use tekser_imei::{Imei, Imei14};

use super::{Findings, Known, PreflightCode as Code};
use crate::bench::{Handset, SlotView};
use crate::cases::Filing;
use crate::finding::Severity;
use crate::id::HandsetId;
use crate::rules::day;

pub(super) fn check(filing: &Filing, known: &Known<'_>, found: &mut Findings) {
    if let Some(case) = filing.replacement() {
        // The old ones are those of the phone as it was, and of the board that left it.
        let all: Vec<Imei14> = case.imeis().map(|imei| imei.imei14()).collect();
        of_phone(&case.new, &all, case.handset, "new", known, found);
    }
    for (at, device) in filing.devices().iter().enumerate() {
        let all: Vec<Imei14> = device.imeis.iter().map(|imei| imei.imei14()).collect();
        let field = format!("devices[{at}].imeis");
        of_phone(&device.imeis, &all, device.handset, &field, known, found);
    }
}

/// Each of these IMEIs against the phones on file that give it now. A phone whose every IMEI the
/// case names is the very phone that it files, and was only not named.
fn of_phone(
    imeis: &[Imei],
    named: &[Imei14],
    own: Option<HandsetId>,
    field: &str,
    known: &Known<'_>,
    found: &mut Findings,
) {
    for (slot, imei) in imeis.iter().enumerate() {
        let phones = known.on_file.get(&imei.imei14()).map_or(&[][..], |phones| phones);
        let gives = |phone: &&Handset| numbers(phone).any(|number| number == imei.imei14());
        let is_filed = |phone: &Handset| match own {
            Some(own) => phone.id == own,
            None => numbers(phone).all(|number| named.contains(&number)),
        };
        // The phone of the case may well carry it too: that is a finding of that phone.
        if let Some(other) = phones.iter().filter(gives).find(|phone| !is_filed(phone)) {
            let cure = "this IMEI was read from another phone: compare the device with it, one of \
                        the two is a copy, or the IMEI was typed from the wrong box";
            let field = format!("{field}[{slot}]");
            found.rule(Code::ImeiOfAnotherPhone, Severity::Warning, &field, cure, &evidence(other));
        }
    }
}

/// What the phone gives now.
fn numbers(phone: &Handset) -> impl Iterator<Item = Imei14> {
    phone.slots.iter().filter_map(SlotView::imei14)
}

/// Which phone, without its numbers.
fn evidence(phone: &Handset) -> String {
    let name = [&phone.maker, &phone.model].map(|part| part.as_deref().unwrap_or("?")).join(" ");
    format!("handset {}: {name}, last read on {}", phone.id, day(phone.last_seen))
}
