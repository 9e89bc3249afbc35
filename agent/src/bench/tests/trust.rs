//! How far a number can be relied on, what one plug-in says, and what to do next.

use super::*;
use crate::bench::NextStep;

fn weak(slot: Option<Slot>, value: ClaimValue) -> Claim {
    Claim { confidence: Confidence::Weak, ..claim(slot, value) }
}

fn properties(claims: Vec<Claim>) -> Reading {
    Reading { claims, ..Reading::empty(Source::Adb) }
}

fn plugged(at: i64, hour: i64, reading: Reading) -> RecordedReading {
    let plugged_at = Some(Timestamp::from_second(1_700_000_000 + hour * 3600).unwrap());
    RecordedReading { plugged_at, ..recorded(at, reading) }
}

#[track_caller]
fn check_trust(handset: &Handset, expected: &[Option<Trust>]) {
    let found: Vec<_> = handset.slots.iter().map(|slot| slot.trust).collect();
    assert_eq!(found, expected);
}

#[test]
fn two_kinds_of_sources_that_say_the_same_agree() {
    let at = reading(Source::At, &[(None, whole(1))]);
    let adb = reading(Source::Adb, &[(ONE, whole(1)), (TWO, whole(2))]);
    let handset = merged(vec![at.clone(), adb]);
    check_slots(&handset, &[(1, Some(1)), (2, Some(2))]);
    check_trust(&handset, &[Some(Trust::Agreed), Some(Trust::Single)]);
    assert_eq!((handset.next_step, handset.findings.len()), (None, 0));

    let label = reading(Source::Label, &[(None, whole(1))]);
    check_trust(&merged(vec![at, label]), &[Some(Trust::Agreed)]);
}

#[test]
fn what_one_source_says_twice_is_said_by_one() {
    let at = reading(Source::At, &[(None, whole(1)), (ONE, whole(1))]);
    check_trust(&merged(vec![at]), &[Some(Trust::Single)]);
}

#[test]
fn a_slot_without_a_number_has_no_trust() {
    check_trust(&merged(vec![reading(Source::At, &[(ONE, bad())])]), &[None]);
}

#[test]
fn a_property_alone_is_weak_and_asks_for_the_screen() {
    let handset = merged(vec![properties(vec![weak(ONE, whole(1))])]);
    check_trust(&handset, &[Some(Trust::Weak)]);
    check_found(&handset, FindingKind::OnlyWeak, Some(1));
    assert_eq!(handset.worst(), Some(Severity::Warning));
    assert_eq!(handset.next_step, Some(NextStep::DialAndScan));

    let screen = reading(Source::Screen, &[(None, whole(1))]);
    let handset = merged(vec![properties(vec![weak(ONE, whole(1))]), screen]);
    check_trust(&handset, &[Some(Trust::Agreed)]);
    assert_eq!((handset.next_step, handset.findings.len()), (None, 0));
}

#[test]
fn a_property_outweighs_nothing() {
    for source in [Source::At, Source::Screen, Source::Label] {
        for slot in [None, ONE] {
            let firm = reading(source, &[(slot, whole(1))]);
            let handset = merged(vec![firm, properties(vec![weak(ONE, whole(9))])]);
            check_slots(&handset, &[(1, Some(1))]);
            check_trust(&handset, &[Some(Trust::Disputed)]);
            check_found(&handset, FindingKind::Disagreement, Some(1));
            assert_eq!(handset.worst(), Some(Severity::Warning), "{source:?} {slot:?}");
        }
    }
}

#[test]
fn a_named_slot_of_one_side_is_believed_over_a_plain_answer_of_the_other() {
    let adb = reading(Source::Adb, &[(ONE, whole(1)), (TWO, whole(2))]);
    let at = reading(Source::At, &[(None, whole(7))]);
    let handset = merged(vec![adb, at]);
    check_slots(&handset, &[(1, Some(1)), (2, Some(2))]);
    check_found(&handset, FindingKind::Disagreement, Some(1));
    assert_eq!(handset.worst(), Some(Severity::Stop));
    assert_eq!(handset.next_step, Some(NextStep::DialAndScan));
}

#[test]
fn one_number_in_two_slots_is_disputed_in_both_whoever_says_it() {
    let at = reading(Source::At, &[(ONE, whole(1))]);
    let adb = reading(Source::Adb, &[(TWO, whole(1))]);
    let handset = merged(vec![at, adb]);
    check_found(&handset, FindingKind::SameImeiTwice, Some(2));
    check_trust(&handset, &[Some(Trust::Disputed); 2]);
}

#[test]
fn a_second_number_with_a_wrong_check_digit_is_no_second_imei() {
    let at = reading(Source::At, &[(ONE, whole(1))]);
    let adb = reading(Source::Adb, &[(ONE, whole(1)), (TWO, bad())]);
    let handset = merged(vec![at, adb]);
    check_slots(&handset, &[(1, Some(1)), (2, None)]);
    check_found(&handset, FindingKind::CheckDigit, Some(2));
    assert_eq!(handset.next_step, Some(NextStep::DialAndScan));
}

#[test]
fn what_was_said_before_the_phone_was_pulled_out_does_not_count_and_is_not_forgotten() {
    let before = plugged(0, 0, reading(Source::At, &[(ONE, whole(1)), (TWO, whole(2))]));
    // The board was replaced, and only the other side answers now.
    let after = plugged(1, 1, reading(Source::Adb, &[(ONE, whole(8)), (TWO, whole(9))]));
    let handset = merge(HandsetId::new(), &[before.clone(), after]).unwrap();
    check_slots(&handset, &[(1, Some(8)), (2, Some(9))]);
    check_trust(&handset, &[Some(Trust::Single); 2]);
    assert_eq!(found(&handset), [(FindingKind::ChangedSince { reading: before.id }, None)]);
}

#[test]
fn both_sides_of_one_plug_in_count_whatever_a_label_said_in_between() {
    let at = plugged(0, 0, reading(Source::At, &[(ONE, whole(1))]));
    let label = recorded(1, reading(Source::Label, &[(None, whole(1)), (None, whole(2))]));
    let adb = plugged(2, 0, reading(Source::Adb, &[(ONE, whole(1)), (TWO, whole(2))]));
    let handset = merge(HandsetId::new(), &[at, label, adb]).unwrap();
    assert_eq!(handset.slots[0].said.len(), 3);
    check_trust(&handset, &[Some(Trust::Agreed); 2]);
    assert_eq!(handset.findings, []);
}

#[test]
fn a_side_that_knows_less_than_the_other_did_is_no_change() {
    let before = plugged(0, 0, reading(Source::Adb, &[(ONE, whole(1)), (TWO, whole(2))]));
    let after = plugged(1, 1, reading(Source::At, &[(None, whole(1))]));
    let handset = merge(HandsetId::new(), &[before, after]).unwrap();
    check_slots(&handset, &[(1, Some(1))]);
    assert_eq!(handset.findings, []);
}

#[test]
fn a_number_that_moved_to_the_other_side_is_no_change() {
    let before = plugged(0, 0, reading(Source::At, &[(ONE, whole(1)), (TWO, whole(2))]));
    let at = plugged(1, 1, reading(Source::At, &[(ONE, whole(1))]));
    let adb = plugged(2, 1, reading(Source::Adb, &[(TWO, whole(2))]));
    assert_eq!(merge(HandsetId::new(), &[before, at, adb]).unwrap().findings, []);
}

#[test]
fn serial_numbers_that_differ_are_said_unless_one_tells_nothing() {
    let serial = |source, serial: &str| Reading {
        serial: Some(serial.to_owned()),
        ..reading(source, &[(ONE, whole(1))])
    };
    let usb = |text: &str| Reading { claims: Vec::new(), ..serial(Source::Usb, text) };
    let said = |other: &str| {
        let handset = merged(vec![serial(Source::At, "R58N12ABCDE"), usb(other)]);
        assert_eq!(handset.serial.as_deref(), Some("R58N12ABCDE"));
        found(&handset) == [(FindingKind::SerialDiffers, None)]
    };
    assert!(said("R58N12ABCDF"));
    for same in ["r58n12abcde", "", "0123456789ABCDEF", "unknown"] {
        assert!(!said(same), "{same:?}");
    }
    // What tells nothing is nobody's serial number.
    let handset = merged(vec![serial(Source::At, "0123456789ABCDEF")]);
    assert_eq!(handset.serial, None);
}

#[test]
fn descriptors_alone_name_a_phone_only_where_nothing_better_does() {
    let usb = Reading {
        serial: Some("R58N12ABCDE".to_owned()),
        model: Some("SAMSUNG_Android".to_owned()),
        ..Reading::empty(Source::Usb)
    };
    let adb = Reading {
        model: Some("SM-A546E".to_owned()),
        os: Some("Android 14".to_owned()),
        sim_slots: Some(2),
        ..reading(Source::Adb, &[(ONE, whole(1))])
    };
    let handset = merged(vec![adb, usb]);
    assert_eq!(handset.model.as_deref(), Some("SM-A546E"));
    assert_eq!(handset.serial.as_deref(), Some("R58N12ABCDE"));
    assert_eq!((handset.os.as_deref(), handset.sim_slots), (Some("Android 14"), Some(2)));
    // Two slots and one number: the other is on the screen.
    assert_eq!(handset.next_step, Some(NextStep::DialAndScan));
}

#[test]
fn a_box_that_says_otherwise_is_no_reason_to_ask_the_phone_again() {
    let label = reading(Source::Label, &[(ONE, whole(8))]);
    let at = reading(Source::At, &[(ONE, whole(1))]);
    let handset = merged(vec![label, at.clone()]);
    check_trust(&handset, &[Some(Trust::Disputed)]);
    assert_eq!(handset.next_step, None);
    // A slot that only the box names is one that the phone did not tell of.
    let label = reading(Source::Label, &[(ONE, whole(1)), (TWO, whole(2))]);
    assert_eq!(merged(vec![label, at]).next_step, Some(NextStep::DialAndScan));
}

#[test]
fn a_phone_that_keeps_its_imei_to_itself_is_asked_by_hand() {
    let refused = Reading { notes: vec![Note::ImeiRefused], ..Reading::empty(Source::Adb) };
    assert_eq!(merged(vec![refused]).next_step, Some(NextStep::DialAndScan));
    let confused = Reading { notes: vec![Note::Garbage], ..Reading::empty(Source::At) };
    assert_eq!(merged(vec![confused]).next_step, Some(NextStep::UnlockAndRetry));
    // A box asks for nothing.
    assert_eq!(merged(vec![reading(Source::Label, &[(None, bad())])]).next_step, None);
}

#[test]
fn ports_that_speak_for_a_card_each_do_not_disagree() {
    let both = vec![weak(None, whole(1)), weak(None, whole(2))];
    let at = Reading { claims: both, ..Reading::empty(Source::At) };
    let handset = merged(vec![at.clone()]);
    check_slots(&handset, &[(1, Some(1)), (2, Some(2))]);
    check_trust(&handset, &[Some(Trust::Weak), Some(Trust::Weak)]);
    assert_eq!(handset.worst(), Some(Severity::Warning));
    assert_eq!(handset.next_step, Some(NextStep::DialAndScan));

    // Whoever knows the slots puts them right.
    let adb = reading(Source::Adb, &[(ONE, whole(2)), (TWO, whole(1))]);
    let handset = merged(vec![at, adb]);
    check_slots(&handset, &[(1, Some(2)), (2, Some(1))]);
    check_trust(&handset, &[Some(Trust::Agreed), Some(Trust::Agreed)]);
    assert_eq!((handset.next_step, handset.findings.len()), (None, 0));
}

#[test]
fn a_weak_number_beside_a_rejected_one_makes_no_second_slot() {
    let claims = vec![claim(None, bad()), weak(None, whole(1))];
    let handset = merged(vec![Reading { claims, ..Reading::empty(Source::At) }]);
    check_slots(&handset, &[(1, Some(1))]);
}

fn shown(at: i64, id: &str, usb: &str, told: Option<&str>) -> RecordedReading {
    let mut reading = reading(Source::At, &[(ONE, whole(1))]);
    reading.serial = told.map(str::to_owned);
    let usb = Some(crate::bench::UsbName { id: id.to_owned(), serial: usb.to_owned() });
    RecordedReading { usb, ..recorded(at, reading) }
}

#[test]
fn another_serial_number_on_usb_is_a_remark_in_another_mode_and_a_warning_in_the_same() {
    let (one, other) = ("04e8:6860", "04e8:685d");
    let told = Some("R5SERIAL1");
    for (id, usb, told, expected) in [
        (one, "USB00001", None, None),
        (one, "usb00001", None, None),
        (other, "USB00002", None, Some(Severity::Info)),
        // The phone itself says that it is the same.
        (other, "USB00002", told, None),
        // And so does a clone.
        (one, "USB00002", told, Some(Severity::Warning)),
    ] {
        let readings = [shown(0, one, "USB00001", told), shown(1, id, usb, told)];
        let handset = merge(HandsetId::new(), &readings).unwrap();
        let kind = FindingKind::UsbSerialDiffers { reading: readings[0].id };
        let found = handset.findings.iter().find(|finding| finding.kind == kind);
        assert_eq!(found.map(|finding| finding.severity), expected, "{id} {usb} {told:?}");
    }
}
