//! Readings become handsets: nothing averaged away, nothing invented.

mod trust;
mod waiting;

use std::collections::BTreeSet;

use jiff::Timestamp;
use proptest::prelude::*;
use tekser_hardware::{Claim, ClaimValue, Confidence, DeviceId, Note, Reading, Slot, Source};
use tekser_imei::{Imei, Imei14, Imeisv, Meid, ParseError};

use super::{FindingKind, Handset, LabelError, RecordedReading, Trust, merge, read_label};
use crate::finding::Severity;
use crate::id::{HandsetId, ReadingId};

/// A made-up IMEI.
fn imei(n: usize) -> Imei {
    let digits = format!("35209900{:06}", 171_717 + n * 13);
    Imei14::parse(digits.as_bytes()).unwrap().with_check_digit()
}

fn whole(n: usize) -> ClaimValue {
    ClaimValue::Imei { imei: imei(n), svn: None }
}

fn bad() -> ClaimValue {
    let reason = ParseError::CheckDigit { expected: '8', found: '9' };
    ClaimValue::Rejected { text: "490154203237519".to_owned(), reason }
}

fn claim(slot: Option<Slot>, value: ClaimValue) -> Claim {
    let confidence = if slot.is_some() { Confidence::Strong } else { Confidence::Plain };
    Claim { slot, value, confidence, evidence: 0 }
}

fn reading(source: Source, claims: &[(Option<Slot>, ClaimValue)]) -> Reading {
    let claims = claims.iter().map(|(slot, value)| claim(*slot, value.clone())).collect();
    Reading { claims, ..Reading::empty(source) }
}

fn recorded(at: i64, reading: Reading) -> RecordedReading {
    RecordedReading {
        id: ReadingId::new(),
        at: Timestamp::from_second(1_700_000_000 + at).unwrap(),
        device: (reading.source != Source::Label).then(|| DeviceId::usb("1-1")),
        plugged_at: None,
        usb: None,
        handset: HandsetId::new(),
        reading,
    }
}

fn merged(readings: Vec<Reading>) -> Handset {
    let readings: Vec<_> =
        readings.into_iter().enumerate().map(|(at, r)| recorded(at as i64, r)).collect();
    merge(HandsetId::new(), &readings).unwrap()
}

/// Slot numbers and the IMEIs they go by.
#[track_caller]
fn check_slots(handset: &Handset, expected: &[(u8, Option<usize>)]) {
    let found: Vec<_> = handset.slots.iter().map(|view| (view.slot.number(), view.imei)).collect();
    let expected: Vec<_> = expected.iter().map(|(slot, n)| (*slot, n.map(imei))).collect();
    assert_eq!(found, expected);
}

fn found(handset: &Handset) -> Vec<(FindingKind, Option<u8>)> {
    let of = |finding: &super::Finding| (finding.kind.clone(), finding.slot.map(Slot::number));
    handset.findings.iter().map(of).collect()
}

#[track_caller]
fn check_found(handset: &Handset, kind: FindingKind, slot: Option<u8>) {
    assert!(found(handset).contains(&(kind, slot)), "{:?}", handset.findings);
}

const ONE: Option<Slot> = Some(Slot::ONE);
const TWO: Option<Slot> = Some(Slot::TWO);

#[test]
fn named_slots_keep_their_names_in_any_order() {
    let handset = merged(vec![reading(Source::At, &[(TWO, whole(2)), (ONE, whole(1))])]);
    check_slots(&handset, &[(1, Some(1)), (2, Some(2))]);
    assert_eq!(handset.findings, []);
}

#[test]
fn a_plain_answer_supports_the_named_slot_that_has_its_number() {
    let handset =
        merged(vec![reading(Source::At, &[(None, whole(2)), (ONE, whole(1)), (TWO, whole(2))])]);
    check_slots(&handset, &[(1, Some(1)), (2, Some(2))]);
    assert_eq!(handset.slots[1].said.len(), 2);
    assert_eq!(handset.slots[1].said[0].claim.confidence, Confidence::Strong);
    assert_eq!(handset.findings, []);
}

#[test]
fn a_plain_answer_supports_a_slot_that_only_the_label_names() {
    let label = reading(Source::Label, &[(ONE, whole(1)), (TWO, whole(2))]);
    let handset = merged(vec![label, reading(Source::At, &[(None, whole(2))])]);
    check_slots(&handset, &[(1, Some(1)), (2, Some(2))]);
    check_found(&handset, FindingKind::OnlyOnLabel, Some(1));
    assert_eq!(handset.findings.len(), 1);
}

#[test]
fn a_plain_answer_alone_speaks_of_the_first_slot() {
    check_slots(&merged(vec![reading(Source::At, &[(None, whole(1))])]), &[(1, Some(1))]);
}

#[test]
fn a_label_that_says_the_same_agrees() {
    let at = reading(Source::At, &[(ONE, whole(1)), (TWO, whole(2))]);
    let label = reading(Source::Label, &[(None, whole(1)), (None, whole(2))]);
    let handset = merged(vec![at, label]);
    check_slots(&handset, &[(1, Some(1)), (2, Some(2))]);
    assert_eq!(handset.findings, []);
    assert!(handset.slots.iter().all(|view| view.said.len() == 2));
}

#[test]
fn an_unnamed_label_number_that_is_known_finds_its_slot_before_the_others_are_counted_off() {
    let at = reading(Source::At, &[(ONE, whole(1))]);
    let label = reading(Source::Label, &[(None, whole(7)), (None, whole(1))]);
    let handset = merged(vec![at, label]);
    check_slots(&handset, &[(1, Some(1)), (2, Some(7))]);
    check_found(&handset, FindingKind::OnlyOnLabel, Some(2));
    assert_eq!(handset.findings.len(), 1);
}

#[test]
fn a_label_that_says_otherwise_disagrees_in_that_slot_and_the_phone_is_believed() {
    let label = reading(Source::Label, &[(ONE, whole(1)), (TWO, whole(9))]);
    let at = reading(Source::At, &[(ONE, whole(1)), (TWO, whole(2))]);
    for readings in [vec![label.clone(), at.clone()], vec![at, label]] {
        let handset = merged(readings);
        check_slots(&handset, &[(1, Some(1)), (2, Some(2))]);
        assert_eq!(found(&handset), [(FindingKind::Disagreement, Some(2))]);
        assert_eq!(handset.worst(), Some(Severity::Stop));
        assert_eq!(handset.slots[1].imeis().collect::<Vec<_>>(), [imei(2), imei(9)]);
    }
}

#[test]
fn a_number_printed_twice_on_a_label_is_one_slot() {
    let label = reading(Source::Label, &[(None, whole(1)), (None, whole(1)), (None, whole(2))]);
    let handset = merged(vec![label]);
    check_slots(&handset, &[(1, Some(1)), (2, Some(2))]);
    assert_eq!(handset.findings, []);
}

#[test]
fn a_rejected_value_is_kept_and_said() {
    let handset = merged(vec![reading(Source::Label, &[(None, bad()), (None, whole(2))])]);
    check_slots(&handset, &[(1, None), (2, Some(2))]);
    assert_eq!(found(&handset), [(FindingKind::CheckDigit, Some(1))]);
    assert_eq!(handset.slots[0].said[0].claim.value, bad());
    assert_eq!(handset.imeis(), [imei(2)]);
}

#[test]
fn what_is_no_imei_for_another_reason_is_a_warning() {
    let short = ClaimValue::Rejected {
        text: "12345".to_owned(),
        reason: ParseError::TooShort { digits: 5 },
    };
    let handset = merged(vec![reading(Source::Label, &[(ONE, short)])]);
    assert_eq!(found(&handset), [(FindingKind::Unreadable, Some(1))]);
    assert_eq!(handset.worst(), Some(Severity::Warning));
}

#[test]
fn one_imei_in_two_slots_stops() {
    let handset = merged(vec![reading(Source::At, &[(ONE, whole(1)), (TWO, whole(1))])]);
    assert_eq!(found(&handset), [(FindingKind::SameImeiTwice, Some(2))]);
    assert_eq!(handset.worst(), Some(Severity::Stop));
}

#[test]
fn the_same_number_without_its_check_digit_is_the_same_number() {
    let imei14 = ClaimValue::WithoutCheckDigit { imei14: imei(1).imei14() };
    let at = reading(Source::At, &[(ONE, whole(1))]);
    let handset = merged(vec![at, reading(Source::Label, &[(ONE, imei14)])]);
    check_slots(&handset, &[(1, Some(1))]);
    assert_eq!(handset.findings, []);
}

#[test]
fn fourteen_digits_alone_are_never_completed() {
    let imei14 = ClaimValue::WithoutCheckDigit { imei14: imei(1).imei14() };
    let handset = merged(vec![reading(Source::At, &[(ONE, imei14)])]);
    check_slots(&handset, &[(1, None)]);
    assert_eq!(handset.slots[0].imei14(), Some(imei(1).imei14()));
    assert_eq!(handset.imeis(), []);
    assert_eq!(handset.findings, []);
}

#[test]
fn a_meid_is_put_aside() {
    let meid = ClaimValue::Meid { meid: Meid::parse(b"A10000009296F2").unwrap() };
    let handset = merged(vec![reading(Source::At, &[(None, meid.clone()), (None, whole(1))])]);
    check_slots(&handset, &[(1, Some(1))]);
    assert_eq!(handset.slots[0].said.len(), 1);
    let handset = merged(vec![reading(Source::At, &[(None, meid)])]);
    assert_eq!(handset.slots, []);
    assert_eq!(found(&handset), [(FindingKind::NoImei, None)]);
}

#[test]
fn suspicions_weigh_what_they_weigh() {
    for (text, severity) in [
        ("004999010640000", Severity::Stop),
        ("352099000000006", Severity::Warning),
        ("490154203237518", Severity::Info),
    ] {
        let imei: Imei = text.parse().unwrap();
        let value = ClaimValue::Imei { imei, svn: None };
        let handset = merged(vec![reading(Source::At, &[(ONE, value)])]);
        assert_eq!(handset.worst(), Some(severity), "{:?}", handset.findings);
        let all: BTreeSet<_> = imei.suspicions().into_iter().collect();
        assert_eq!(handset.findings.len(), all.len());
        assert!(handset.findings.iter().all(|finding| finding.slot == ONE));
    }
}

#[test]
fn a_number_that_is_no_longer_given_was_changed() {
    let before = recorded(0, reading(Source::At, &[(ONE, whole(1))]));
    let after = recorded(1, reading(Source::At, &[(ONE, whole(2))]));
    let handset = merge(HandsetId::new(), &[before.clone(), after]).unwrap();
    check_slots(&handset, &[(1, Some(2))]);
    assert_eq!(found(&handset), [(FindingKind::ChangedSince { reading: before.id }, None)]);
}

#[test]
fn a_second_code_of_the_same_box_is_no_change() {
    let first = reading(Source::Label, &[(None, whole(1))]);
    let both = reading(Source::Label, &[(None, whole(1)), (None, whole(2))]);
    let handset = merged(vec![first, both]);
    check_slots(&handset, &[(1, Some(1)), (2, Some(2))]);
    assert_eq!(handset.findings, []);
}

#[test]
fn a_reading_without_numbers_changes_nothing_that_was_known() {
    let handset = merged(vec![
        reading(Source::At, &[(ONE, whole(1))]),
        reading(Source::Label, &[(ONE, whole(1))]),
        reading(Source::At, &[]),
    ]);
    assert!(
        !found(&handset).iter().any(|(kind, _)| matches!(kind, FindingKind::ChangedSince { .. }))
    );
    check_found(&handset, FindingKind::OnlyOnLabel, Some(1));
}

#[test]
fn only_the_latest_reading_of_a_source_counts() {
    let handset = merged(vec![
        reading(Source::Label, &[(ONE, whole(5)), (TWO, whole(6))]),
        reading(Source::At, &[(ONE, whole(1))]),
        reading(Source::Label, &[(ONE, whole(1))]),
    ]);
    check_slots(&handset, &[(1, Some(1))]);
    assert_eq!(handset.readings.len(), 3);
    assert!(!handset.imeis().contains(&imei(5)));
}

#[test]
fn the_screen_is_the_phone_and_outweighs_the_label() {
    let label = reading(Source::Label, &[(ONE, whole(1)), (TWO, whole(2))]);
    let screen = reading(Source::Screen, &[(ONE, whole(8)), (TWO, whole(2))]);
    let handset = merged(vec![screen, label]);
    check_slots(&handset, &[(1, Some(8)), (2, Some(2))]);
    assert_eq!(found(&handset), [(FindingKind::Disagreement, Some(1))]);
    assert_eq!(handset.imeis_from(|source| source != Source::Label), [imei(8), imei(2)]);
}

#[test]
fn a_slot_that_only_one_side_names_is_said_once_both_sides_are_known() {
    let label = reading(Source::Label, &[(ONE, whole(1)), (TWO, whole(2))]);
    let at = reading(Source::At, &[(ONE, whole(1)), (Some(Slot::THREE), whole(3))]);
    assert_eq!(merged(vec![label.clone()]).findings, []);
    let handset = merged(vec![label, at]);
    assert_eq!(
        found(&handset),
        [(FindingKind::OnlyOnLabel, Some(2)), (FindingKind::NotOnLabel, Some(3))]
    );
}

#[test]
fn the_phone_knows_its_names_better_than_its_box() {
    let names = |source, name: &str| Reading {
        serial: Some(format!("{name}SERIAL1")),
        model: Some(name.to_owned()),
        ..Reading::empty(source)
    };
    let handset = merged(vec![names(Source::At, "PHONE"), names(Source::Label, "BOX")]);
    assert_eq!(handset.serial.as_deref(), Some("PHONESERIAL1"));
    assert_eq!(handset.model.as_deref(), Some("PHONE"));
    assert_eq!(handset.maker, None);
}

#[test]
fn remarks_on_the_exchange_are_passed_on_once() {
    let mut at = reading(Source::At, &[(ONE, whole(1))]);
    at.note(Note::PlainAnswerAlternates);
    let handset = merged(vec![at]);
    let note = FindingKind::Exchange { note: Note::PlainAnswerAlternates };
    assert_eq!(found(&handset), [(note, None)]);
}

#[test]
fn nothing_is_merged_into_nothing() {
    assert_eq!(merge(HandsetId::new(), &[]), None);
}

#[test]
fn a_lone_number_that_can_be_two_things_asks_for_its_caption() {
    let number = imei(1).imei14();
    assert_eq!(read_label(number.as_str(), Source::Label), Err(LabelError::Ambiguous));
    let said = LabelError::Ambiguous.to_string();
    assert!(said.contains("two ways") && said.contains("IMEI: "), "{said}");
    let captioned = read_label(&format!("IMEI: {number}"), Source::Label).unwrap();
    assert_eq!(captioned.claims[0].value, ClaimValue::WithoutCheckDigit { imei14: number });
    let beside = read_label(&format!("{number}\nIMEI: {}", imei(2)), Source::Label).unwrap();
    assert_eq!(beside.claims.len(), 1);
    assert_eq!(read_label("hello", Source::Label), Err(LabelError::NothingFound));
}

#[test]
fn debug_shows_no_whole_number_and_no_serial_number() {
    let mut at = reading(Source::At, &[(ONE, whole(1)), (TWO, bad())]);
    at.serial = Some("R58N12ABCDE".to_owned());
    let shown = format!("{:?}", merged(vec![at]));
    assert!(!shown.contains(&imei(1).to_string()[8..14]), "{shown}");
    assert!(!shown.contains("R58N12ABCDE") && !shown.contains("490154203237519"), "{shown}");
}

fn any_value() -> impl Strategy<Value = ClaimValue> {
    let small = 0_usize..6;
    prop_oneof![
        4 => small.clone().prop_map(whole),
        1 => small.clone().prop_map(|n| ClaimValue::WithoutCheckDigit { imei14: imei(n).imei14() }),
        1 => small.prop_map(|n| {
            let text = format!("{}07", imei(n).imei14());
            ClaimValue::Imeisv { imeisv: Imeisv::parse(text.as_bytes()).unwrap() }
        }),
        1 => Just(ClaimValue::Meid { meid: Meid::parse(b"A10000009296F2").unwrap() }),
        1 => Just(bad()),
    ]
}

fn any_reading() -> impl Strategy<Value = Reading> {
    let source = prop_oneof![Just(Source::At), Just(Source::Screen), Just(Source::Label)];
    let slot = prop::option::of((1_u8..5).prop_map(|n| Slot::new(n).unwrap()));
    (source, prop::collection::vec((slot, any_value()), 0..7))
        .prop_map(|(source, claims)| reading(source, &claims))
}

proptest! {
    #[test]
    fn nothing_is_invented_and_nothing_is_dropped(readings in prop::collection::vec(any_reading(), 1..6)) {
        let handset = merged(readings.clone());
        let given: BTreeSet<Imei> =
            readings.iter().flat_map(|r| &r.claims).filter_map(|c| c.value.imei()).collect();
        prop_assert!(handset.imeis().iter().all(|imei| given.contains(imei)));
        prop_assert!(handset.slots.iter().filter_map(|v| v.imei).all(|imei| given.contains(&imei)));

        // Every claim of the latest reading of each source stands in one slot, as often as it was made.
        for source in [Source::At, Source::Screen, Source::Label] {
            let Some(latest) = readings.iter().rev().find(|r| r.source == source) else { continue };
            let wanted = latest.claims.iter().filter(|c| !matches!(c.value, ClaimValue::Meid { .. }));
            let said: Vec<_> = handset.slots.iter().flat_map(|v| &v.said).collect();
            let mut shown = said.iter().filter(|s| s.source == source).count();
            for claim in wanted {
                prop_assert!(said.iter().any(|s| s.source == source && s.claim == *claim));
                shown -= 1;
            }
            prop_assert_eq!(shown, 0);
        }

        // A slot whose sources disagree says so and is disputed, or two of them would be right.
        for view in &handset.slots {
            prop_assert_eq!(view.trust.is_some(), view.imei14().is_some());
            let names: BTreeSet<Source> = view.said.iter()
                .filter(|s| s.claim.value.imei14().is_some()).map(|s| s.source).collect();
            let numbers: BTreeSet<Imei14> =
                view.said.iter().filter_map(|s| s.claim.value.imei14()).collect();
            prop_assert!(numbers.len() < 2 || view.trust == Some(Trust::Disputed));
            prop_assert!(view.trust != Some(Trust::Agreed) || names.len() > 1);
        }

        // A slot whose sources disagree says so; a slot goes by something that was said of it.
        for view in &handset.slots {
            let numbers: BTreeSet<Imei14> =
                view.said.iter().filter_map(|s| s.claim.value.imei14()).collect();
            let disagrees = found(&handset)
                .contains(&(FindingKind::Disagreement, Some(view.slot.number())));
            prop_assert_eq!(disagrees, numbers.len() > 1);
            prop_assert_eq!(view.imei, view.imeis().next());
            prop_assert!(view.said.iter().all(|s| s.claim.slot.is_none_or(|slot| slot == view.slot)));
        }
    }
}
