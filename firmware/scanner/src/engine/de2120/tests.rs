use std::cell::RefCell;
use std::string::String;
use std::vec::Vec;

use proptest::prelude::*;

use super::super::bed::{Bed, NOISE, plain};
use super::super::lines::IDLE_MS;
use super::*;

const IMEI: &[u8] = b"490154203237518";

fn words(sent: Vec<Vec<u8>>) -> Vec<String> {
    sent.into_iter().map(|piece| String::from_utf8(piece).unwrap()).collect()
}

fn ready<'f>(trigger: TriggerMode, far: impl FnMut(&[u8]) -> Vec<u8> + 'f) -> Bed<'f, De2120> {
    let mut bed = Bed::new(De2120::new()).answered_by(far);
    bed.engine.set_up(trigger, bed.now);
    bed.pass(10_000);
    bed
}

fn acks(_: &[u8]) -> Vec<u8> {
    [ACK].into()
}

#[test]
fn it_is_set_up_with_the_published_commands() {
    let mut bed = ready(TriggerMode::Asked, acks);
    assert_eq!(words(bed.take_sent()), ["^_^SCMMAN.", "^_^CIDENA0."]);
    assert_eq!(bed.engine.state(), EngineState::Ready);
    let mut bed = ready(TriggerMode::Always, acks);
    assert_eq!(words(bed.take_sent()), ["^_^SCMCNT.", "^_^CIDENA0."]);
    assert_eq!(bed.take(), []);
}

#[test]
fn the_trigger_looks_and_stops() {
    let mut bed = ready(TriggerMode::Asked, acks);
    bed.take_sent();
    bed.engine.trigger(true, bed.now);
    bed.pass(1_000);
    bed.engine.trigger(false, bed.now);
    bed.pass(1_000);
    assert_eq!(words(bed.take_sent()), ["^_^SCAN.", "^_^SLEEP."]);
}

#[test]
fn a_refused_mode_is_told_and_a_refused_identifier_is_not() {
    for (refused, state) in
        [(&b"^_^SCMCNT."[..], EngineState::Refusing), (b"^_^CIDENA0.", EngineState::Ready)]
    {
        let far = |command: &[u8]| [if command == refused { NACK } else { ACK }].into();
        let bed = ready(TriggerMode::Always, far);
        assert_eq!(bed.engine.state(), state);
        assert_eq!(bed.sent.len(), 4);
    }
}

#[test]
fn a_silent_one_is_found_when_it_comes_and_set_up() {
    let there = RefCell::new(false);
    let mut bed =
        ready(TriggerMode::Asked, |_| if *there.borrow() { [ACK].into() } else { Vec::new() });
    assert_eq!(bed.engine.state(), EngineState::Silent);
    bed.feed(b"490154203237518\r");
    assert_eq!(bed.take(), [plain(IMEI)]);
    *there.borrow_mut() = true;
    bed.take_sent();
    bed.pass(12_000);
    assert_eq!(bed.engine.state(), EngineState::Ready);
    assert_eq!(words(bed.take_sent()).last().unwrap(), "^_^CIDENA0.");
}

#[test]
fn its_memory_is_not_written_to_see_whether_it_is_there() {
    let mut bed = ready(TriggerMode::Asked, acks);
    bed.take_sent();
    bed.pass(4 * CHECK_MS);
    let words = words(bed.take_sent());
    assert!(words.len() >= 3 && words.iter().all(|word| word == "^_^SLEEP."), "{words:?}");
}

#[test]
fn answers_are_told_from_text() {
    let mut bed = ready(TriggerMode::Asked, acks);
    bed.feed(b"\x06490154203237518\r\x15\x06356938035643809\r");
    assert_eq!(bed.take(), [plain(IMEI), plain("356938035643809")]);
}

#[test]
fn an_answer_within_a_text_spoils_it_rather_than_leaving_a_gap() {
    let mut bed = ready(TriggerMode::Asked, acks);
    bed.engine.trigger(true, bed.now);
    bed.collect();
    bed.feed(b"4901542\x0603237518\r490154203237518\r");
    assert_eq!(bed.take(), [NOISE, plain(IMEI)]);
}

#[test]
fn an_answer_behind_an_unnoticed_pause_is_one() {
    let mut bed = Bed::new(De2120::new());
    bed.engine.set_up(TriggerMode::Asked, bed.now);
    bed.collect();
    bed.feed(IMEI);
    bed.now = bed.now.plus_millis(IDLE_MS);
    bed.feed(&[ACK]);
    assert_eq!(bed.take(), [plain(IMEI)]);
    bed.collect();
    assert_eq!(words(bed.take_sent()), ["^_^SCMMAN.", "^_^CIDENA0."]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn after_a_pause_the_next_code_is_taken_unchanged(
        before in prop::collection::vec(prop::option::weighted(0.95, prop_oneof![
            any::<u8>(), Just(ACK), Just(NACK), b'0'..=b'9',
        ]), 0..600),
        text in "[ -\\[^-~][ -~]{0,60}",
    ) {
        let mut bed = ready(TriggerMode::Always, acks);
        before.iter().for_each(|byte| bed.byte(*byte));
        bed.pass(IDLE_MS);
        bed.take();
        bed.feed(&[text.as_bytes(), b"\r"].concat());
        prop_assert_eq!(bed.take(), [plain(&text)]);
    }
}
