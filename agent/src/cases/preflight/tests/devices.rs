//! Fields and numbers of devices, and what the registry said of them.

use super::*;
use crate::bench::RecordedReading;
use crate::id::{HandsetId, ReadingId};
use crate::tacs::{TacFacts, TacSource};

#[test]
fn a_whole_case_has_no_findings() {
    check(parcel(), &[]);
    check(import(), &[]);
}

/// matias-corp.com: failure to indicate all IMEIs of a multi-SIM device.
#[test]
fn a_device_with_fewer_slots_than_its_like_is_told() {
    let mut one = import();
    one.devices[1].imeis.pop();
    let missing = |severity| [(Code::SlotMissing, severity, "devices[1].imeis")];
    check(one.clone(), &missing(Warning));
    one.devices[1].fewer_because = Some(line("sold with one SIM in that country"));
    check(one, &missing(Info));
    let none = Import { devices: Vec::new(), documents: declaration(), ..import() };
    check(none, &[(Code::DeviceMissing, Stop, "devices")]);
    let mut empty = import();
    empty.devices[0].imeis.clear();
    check(empty, &[(Code::ImeiMissing, Stop, "devices[0].imeis")]);
}

/// IMEI 1 = IMEI 2, one IMEI on two devices, a test IMEI, five IMEIs: kazakhstan-regime 4.3.
#[test]
fn numbers_that_no_honest_device_has_stop() {
    let mut one = import();
    one.devices[0] = device(&[1, 1]);
    check(one.clone(), &[(Code::ImeiTwice, Stop, "devices[0].imeis[1]")]);
    one.devices = vec![device(&[1, 2]), device(&[3, 1])];
    check(one.clone(), &[(Code::ImeiTwice, Stop, "devices[1].imeis[1]")]);
    one.devices = vec![device(&[1, 2, 3, 4, 5]), device(&[6])];
    check(one.clone(), &[(Code::TooManyImeis, Stop, "devices[0].imeis")]);
    one.devices = vec![device(&[1, 2]), FiledDevice::default()];
    one.devices[1].imeis = vec!["004999010640000".parse().unwrap()];
    check(
        one,
        &[
            (Code::ModelMissing, Warning, "devices[1].model"),
            (Code::ImeiUnsound, Stop, "devices[1].imeis[0]"),
        ],
    );
}

/// matias-corp.com: the date and the exporting country, the delivery service.
#[test]
fn fields_that_the_guides_name_are_asked_for() {
    let one = Personal { country: None, delivery_service: None, ..parcel() };
    check(
        one,
        &[
            (Code::CountryMissing, Stop, "country"),
            (Code::DeliveryMissing, Warning, "delivery_service"),
        ],
    );
    let carried = Personal {
        basis: Basis::Accompanied,
        imported_on: None,
        documents: vec![document(DocumentKind::BorderCrossing, "1", PERSON)],
        ..parcel()
    };
    check(carried, &[(Code::DateMissing, Stop, "imported_on")]);
    let later = Personal { imported_on: Some(date(2026, 11, 11)), ..parcel() };
    check(later, &[(Code::DateInFuture, Stop, "imported_on")]);
}

#[test]
fn what_the_registry_said_is_told() {
    for reason in [BlockReason::Altered, BlockReason::BlockListed, BlockReason::ReplacedAway] {
        let expected = [(Code::ImeiBlocked, Stop, "devices[0].imeis[1]")];
        World::default().said(2, Verdict::Blocked { reason }).check(parcel(), &expected);
    }
    let expected = [(Code::ImeiVerified, Warning, "devices[0].imeis[0]")];
    World::default().said(1, Verdict::Clear).check(parcel(), &expected);
    // However many are open, one finding says so.
    let open = Verdict::Undetermined { why: Undetermined::Unreachable };
    let expected = [(Code::ImeiUndetermined, Info, "devices")];
    World::default().said(1, open).said(2, open).said(3, open).check(import(), &expected);
}

#[test]
fn an_imei_that_left_with_a_board_is_told() {
    let world = World { replaced_away: BTreeSet::from([imei(2).imei14()]), ..World::default() };
    world.check(parcel(), &[(Code::ReplacedAway, Stop, "devices[0].imeis[1]")]);
    let board = [(Code::NotRead, Warning, "handset"), (Code::ReplacedAway, Warning, "new[0]")];
    world.check(replacement(), &board);
}

fn entry(slots: Option<u8>, source: TacSource) -> TacEntry {
    TacEntry { facts: TacFacts { slots, ..TacFacts::default() }, source }
}

fn imported() -> TacSource {
    TacSource::Import {
        name: "list".parse().unwrap(),
        licence: None,
        imported_at: at("2026-11-01T12:00:00+05"),
        line: 2,
    }
}

fn knows(entries: Vec<TacEntry>) -> World {
    World { tacs: BTreeMap::from([(imei(1).tac(), entries)]), ..World::default() }
}

/// matias-corp.com: all IMEIs of a multi-SIM device, of which a TAC tells how many there are.
#[test]
fn a_device_with_fewer_slots_than_its_tac_has_is_told() {
    let missing = |severity| [(Code::SlotMissing, severity, "devices[0].imeis")];
    let mut one = parcel();
    one.devices[0].imeis.pop();
    check(one.clone(), &[]);
    let learned = |handsets| TacSource::Station { handsets, latest: now() };
    knows(vec![entry(Some(2), imported())]).check(one.clone(), &missing(Warning));
    knows(vec![entry(Some(2), learned(2))]).check(one.clone(), &missing(Warning));
    // One phone is no witness, and who says nothing of slots is none either.
    knows(vec![entry(Some(2), learned(1)), entry(None, imported())]).check(one.clone(), &[]);
    // Who comes first is believed.
    knows(vec![entry(Some(1), learned(3)), entry(Some(2), imported())]).check(one.clone(), &[]);
    one.devices[0].fewer_because = Some(line("sold with one SIM in that country"));
    knows(vec![entry(Some(2), imported())]).check(one.clone(), &missing(Info));
    let found = knows(vec![entry(Some(2), imported())]).findings(&open(one));
    let source = found[0].source.as_deref();
    assert_eq!(source, Some("2 IMEIs by list, line 2, imported on 2026-11-01"));
}

fn phone(imeis: &[usize]) -> Handset {
    let text: String = imeis.iter().map(|n| format!("IMEI: {}\n", imei(*n))).collect();
    let reading = crate::bench::read_label(&text, tekser_hardware::Source::Label).unwrap();
    let id = HandsetId::new();
    let recorded = RecordedReading {
        id: ReadingId::new(),
        at: now(),
        device: None,
        plugged_at: None,
        usb: None,
        handset: id,
        reading,
    };
    crate::bench::merge(id, &[recorded]).unwrap()
}

fn on_file(phones: &[&Handset]) -> World {
    let mut world = World::default();
    for phone in phones {
        for number in phone.slots.iter().filter_map(|slot| slot.imei14()) {
            world.on_file.entry(number).or_default().push((*phone).clone());
        }
    }
    world
}

/// A typed IMEI is compared with every phone that was read here.
#[test]
fn an_imei_that_another_phone_gave_is_told() {
    let other = |field| (Code::ImeiOfAnotherPhone, Warning, field);
    let (mine, theirs) = (phone(&[1, 2]), phone(&[2, 9]));
    // The case files the very phone, whether it names it or not.
    on_file(&[&mine]).check(parcel(), &[]);
    let mut named = parcel();
    named.devices[0].handset = Some(mine.id);
    on_file(&[&mine]).check(named.clone(), &[]);
    // Another one has its second IMEI.
    on_file(&[&theirs]).check(parcel(), &[other("devices[0].imeis[1]")]);
    on_file(&[&mine, &theirs]).check(named, &[other("devices[0].imeis[1]")]);
    // Of a replaced board only the new ones are looked for: the old ones were the phone's own.
    let board = [(Code::NotRead, Warning, "handset"), other("new[0]")];
    on_file(&[&theirs, &phone(&[1, 8])]).check(replacement(), &board);
}
