//! Fields and numbers of devices, and what the registry said of them.

use super::*;

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
