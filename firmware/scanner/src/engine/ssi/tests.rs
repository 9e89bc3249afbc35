use std::cell::RefCell;
use std::collections::BTreeMap;
use std::vec;
use std::vec::Vec;

use proptest::prelude::*;
use tekser_wire::message::TEXT_MAX;

use super::super::bed::{Bed, NOISE, TOO_LONG, code, plain};
use super::saying::WAKE_MS;
use super::*;

const IMEI: &[u8] = b"490154203237518";
const ACK: [u8; 6] = [0x04, 0xd0, 0x04, 0x00, 0xff, 0x28];
const NAK: [u8; 7] = [0x05, 0xd1, 0x04, 0x00, 0x01, 0xff, 0x25];
const LOOK: [u8; 6] = [0x04, 0xe4, 0x04, 0x00, 0xff, 0x14];
const STOP: [u8; 6] = [0x04, 0xe5, 0x04, 0x00, 0xff, 0x13];

/// A packet of the engine's.
fn packet(opcode: u8, status: u8, data: &[u8]) -> Vec<u8> {
    let length = u8::try_from(4 + data.len()).unwrap();
    let mut bytes = [&[length, opcode, 0, status][..], data].concat();
    let sum = bytes.iter().fold(0_u16, |sum, byte| sum.wrapping_add(u16::from(*byte)));
    bytes.extend(sum.wrapping_neg().to_be_bytes());
    bytes
}

fn decoded(status: u8, symbology: u8, text: &[u8]) -> Vec<u8> {
    packet(0xf3, status, &[&[symbology][..], text].concat())
}

/// The least that an engine is: parameters behind packets.
#[derive(Debug, Default)]
struct Far {
    parameters: BTreeMap<u8, u8>,
    forgets: Vec<u8>,
    denies: Vec<u8>,
    only_acks: bool,
    dead: bool,
    permanent: usize,
}

impl Far {
    fn answer(&mut self, bytes: &[u8]) -> Vec<u8> {
        if self.dead || bytes == [0] {
            return Vec::new();
        }
        let sum = bytes[..bytes.len() - 2].iter().fold(0_u16, |sum, byte| sum + u16::from(*byte));
        assert_eq!(sum.wrapping_neg().to_be_bytes(), bytes[bytes.len() - 2..]);
        let ack = packet(0xd0, 0, &[]);
        match bytes[1] {
            0xd0 | 0xd1 => Vec::new(),
            _ if self.only_acks => ack,
            0xc6 if self.denies.contains(&bytes[5]) => packet(0xd1, 0, &[0x06]),
            0xc6 => {
                self.permanent += usize::from(bytes[3] & 0x08 != 0);
                if !self.forgets.contains(&bytes[5]) {
                    self.parameters.insert(bytes[5], bytes[6]);
                }
                ack
            }
            0xc7 => {
                let value = self.parameters.get(&bytes[4]).copied().unwrap_or(0x55);
                packet(0xc6, 0, &[0xff, bytes[4], value])
            }
            _ => ack,
        }
    }
}

fn set_up(far: &RefCell<Far>, trigger: TriggerMode) -> Bed<'_, Ssi> {
    let mut bed = Bed::new(Ssi::new()).answered_by(|bytes| far.borrow_mut().answer(bytes));
    bed.engine.set_up(trigger, bed.now);
    assert_eq!(bed.engine.state(), EngineState::Starting);
    bed.pass(10_000);
    assert_eq!(bed.take(), []);
    bed
}

fn ready(far: &RefCell<Far>) -> Bed<'_, Ssi> {
    let mut bed = set_up(far, TriggerMode::Asked);
    assert_eq!(bed.engine.state(), EngineState::Ready);
    bed.take_sent();
    bed
}

#[test]
fn it_is_woken_and_set_up_without_wearing_its_memory() {
    let far = RefCell::default();
    let bed = set_up(&far, TriggerMode::Asked);
    assert_eq!(bed.engine.state(), EngineState::Ready);
    assert_eq!(bed.sent[0], [0]);
    let host_trigger = [0x07, 0xc6, 0x04, 0x00, 0xff, 0x8a, 0x08, 0xfd, 0x9e];
    assert_eq!(bed.sent[1], host_trigger);
    let expected = [(0x2d, 1), (0x38, 0), (0x8a, 8), (0x9f, 1), (0xee, 1)];
    assert_eq!(far.borrow().parameters, expected.into_iter().collect());
    assert_eq!(far.borrow().permanent, 0);
}

#[test]
fn it_has_time_to_wake_up() {
    let mut bed = Bed::new(Ssi::new());
    bed.engine.set_up(TriggerMode::Asked, bed.now);
    bed.collect();
    assert_eq!(bed.take_sent(), [[0]]);
    bed.pass(WAKE_MS - 1);
    assert_eq!(bed.take_sent(), Vec::<Vec<u8>>::new());
    bed.pass(1);
    assert_eq!(bed.take_sent().len(), 1);
}

#[test]
fn every_code_is_acknowledged_at_once() {
    let far = RefCell::default();
    let mut bed = ready(&far);
    bed.feed(&decoded(0, 0x03, IMEI));
    bed.collect();
    assert_eq!(bed.take(), [code(b"C0", IMEI)]);
    assert_eq!(bed.take_sent(), [ACK]);
}

#[test]
fn the_identifier_in_the_text_outranks_the_byte_in_front() {
    let far = RefCell::default();
    let mut bed = ready(&far);
    bed.feed(&decoded(0, 0x1c, b"]Q3\x1d0112\r\n"));
    bed.feed(&decoded(0, 0x7f, IMEI));
    assert_eq!(bed.take(), [code(b"Q3", b"\x1d0112"), plain(IMEI)]);
}

#[test]
fn a_repetition_is_acknowledged_and_not_taken_twice() {
    let far = RefCell::default();
    let mut bed = ready(&far);
    bed.feed(&decoded(0, 0x03, IMEI));
    for _ in 0..2 {
        bed.pass(2_000);
        bed.feed(&decoded(1, 0x03, IMEI));
    }
    bed.collect();
    assert_eq!(bed.take(), [code(b"C0", IMEI)]);
    assert_eq!(bed.take_sent(), [ACK, ACK, ACK]);
}

#[test]
fn a_repetition_of_what_was_never_heard_is_taken() {
    let far = RefCell::default();
    let mut bed = ready(&far);
    bed.feed(&decoded(1, 0x03, IMEI));
    bed.feed(&decoded(1, 0x03, b"356938035643809"));
    assert_eq!(bed.take(), [code(b"C0", IMEI), code(b"C0", b"356938035643809")]);
}

#[test]
fn the_same_code_read_again_is_another_code() {
    let far = RefCell::default();
    let mut bed = ready(&far);
    bed.feed(&[decoded(0, 0x03, IMEI), decoded(0, 0x03, IMEI)].concat());
    assert_eq!(bed.take(), [code(b"C0", IMEI), code(b"C0", IMEI)]);
}

#[test]
fn a_broken_packet_is_wanted_again_and_no_loss_when_it_comes() {
    let far = RefCell::default();
    let mut bed = ready(&far);
    for repaired in [true, false] {
        bed.take_sent();
        let mut broken = decoded(0, 0x03, IMEI);
        broken[7] ^= 0x10;
        bed.feed(&broken);
        bed.pass(IDLE_MS);
        assert_eq!(bed.take_sent()[0], NAK);
        if repaired {
            bed.feed(&decoded(1, 0x03, IMEI));
            bed.pass(100);
            assert!(bed.take_sent().contains(&ACK.to_vec()));
            assert_eq!(bed.take(), [code(b"C0", IMEI)]);
        }
        bed.pass(2 * REPAIR_MS);
        assert_eq!(bed.take().pop(), (!repaired).then_some(NOISE));
    }
}

#[test]
fn a_packet_that_stays_broken_is_not_asked_for_for_ever() {
    let far = RefCell::default();
    let mut bed = ready(&far);
    for _ in 0..=NAKS {
        bed.feed(&decoded(0, 0x03, IMEI)[..9]);
        bed.pass(1_000);
    }
    let naks = bed.take_sent().iter().filter(|sent| **sent == NAK).count();
    assert_eq!(naks, usize::from(NAKS));
    assert_eq!(bed.take(), [NOISE]);
}

#[test]
fn a_long_code_comes_in_parts() {
    let far = RefCell::default();
    let text: Vec<u8> = (0..TEXT_MAX).map(|at| b'A' + u8::try_from(at % 26).unwrap()).collect();
    for opcode in [0xf3, 0xf4] {
        let mut bed = ready(&far);
        let parts: Vec<&[u8]> = text.chunks(200).collect();
        for (at, part) in parts.iter().enumerate() {
            let more = if at + 1 < parts.len() { 2 } else { 0 };
            let data = [&[0x1c][..], part].concat();
            bed.feed(&packet(opcode, more, &data));
            bed.pass(100);
            // Its acknowledgement was lost.
            bed.feed(&packet(opcode, more | 1, &data));
            bed.collect();
            assert_eq!(bed.take_sent(), [ACK, ACK]);
        }
        assert_eq!(bed.take(), [code(b"Q1", &text)]);
    }
}

#[test]
fn parts_that_are_too_much_and_parts_that_never_end_are_told() {
    let far = RefCell::default();
    let mut bed = ready(&far);
    for part in 0..9 {
        let status = if part < 8 { 2 } else { 0 };
        bed.feed(&decoded(status, 0x1c, &[b'0' + part; 200]));
    }
    assert_eq!(bed.take(), [TOO_LONG]);
    bed.feed(&decoded(2, 0x1c, b"half"));
    bed.pass(REPAIR_MS);
    assert_eq!(bed.take(), [NOISE]);
    // What comes right behind may be the other half.
    bed.feed(&decoded(0, 0x1c, IMEI));
    assert_eq!(bed.take(), [NOISE]);
    bed.pass(REPAIR_MS);
    bed.feed(&decoded(0, 0x1c, IMEI));
    assert_eq!(bed.take(), [code(b"Q1", IMEI)]);
}

#[test]
fn parts_of_different_codes_are_not_joined() {
    let far = RefCell::default();
    let mut bed = ready(&far);
    // Another kind of packet is another code.
    bed.feed(&packet(0xf4, 2, b"\x1cIMEI:"));
    bed.feed(&decoded(0, 0x03, IMEI));
    assert_eq!(bed.take(), [code(b"C0", IMEI)]);
    // A broken part must come again; what comes instead of it may be anything.
    bed.feed(&packet(0xf4, 2, b"\x1cIMEI:"));
    bed.feed(&packet(0xf4, 2, b"\x1c3520990")[..8]);
    bed.pass(IDLE_MS);
    bed.feed(&packet(0xf4, 0, b"\x1c01761481"));
    assert_eq!(bed.take(), [NOISE]);
    bed.pass(2 * REPAIR_MS);
    bed.take();
    bed.feed(&packet(0xf4, 2, b"\x1cIMEI:"));
    bed.feed(&packet(0xf4, 0, b"\x1c490154203237518")[..8]);
    bed.pass(IDLE_MS);
    bed.feed(&packet(0xf4, 1, b"\x1c490154203237518"));
    assert_eq!(bed.take(), [code(b"Q1", b"IMEI:490154203237518")]);
}

#[test]
fn one_that_always_looks_is_told_so_after_each_code_and_now_and_then() {
    let far = RefCell::default();
    let mut bed = set_up(&far, TriggerMode::Always);
    assert!(bed.take_sent().contains(&LOOK.to_vec()));
    bed.pass(4 * LOOK_MS);
    let looks = bed.take_sent().iter().filter(|sent| **sent == LOOK).count();
    assert!((3..=5).contains(&looks), "{looks}");
    bed.feed(&decoded(0, 0x03, IMEI));
    bed.pass(100);
    assert_eq!(bed.take_sent().last().unwrap()[..], LOOK);
}

#[test]
fn the_trigger_looks_and_stops() {
    let far = RefCell::default();
    let mut bed = ready(&far);
    bed.engine.trigger(true, bed.now);
    bed.pass(1_000);
    bed.engine.trigger(false, bed.now);
    bed.pass(1_000);
    assert_eq!(bed.take_sent(), [vec![0], LOOK.to_vec(), vec![0], STOP.to_vec()]);
}

#[test]
fn what_is_not_answered_is_said_again_and_marked_so() {
    let far = RefCell::default();
    let mut bed = ready(&far);
    far.borrow_mut().dead = true;
    bed.engine.trigger(true, bed.now);
    bed.pass(20_000);
    let sent = bed.take_sent();
    let looks: Vec<_> = sent.iter().filter(|sent| sent.get(1) == Some(&0xe4)).collect();
    let again = [0x04, 0xe4, 0x04, 0x01, 0xff, 0x13];
    assert_eq!(looks[..3], [&LOOK[..], &again, &again]);
    assert_eq!(bed.engine.state(), EngineState::Silent);
    far.borrow_mut().dead = false;
    bed.pass(10_000);
    assert_eq!(bed.engine.state(), EngineState::Ready);
}

#[test]
fn a_parameter_that_is_not_kept_is_refused() {
    for number in [0x8a, 0xee, 0x9f] {
        for denies in [true, false] {
            let (forgets, denied) =
                if denies { (vec![], vec![number]) } else { (vec![number], vec![]) };
            let far = RefCell::new(Far { forgets, denies: denied, ..Far::default() });
            let bed = set_up(&far, TriggerMode::Asked);
            assert_eq!(bed.engine.state(), EngineState::Refusing, "{number:#x}");
        }
    }
    let far = RefCell::new(Far { denies: vec![0x2d, 0x38], ..Far::default() });
    assert_eq!(set_up(&far, TriggerMode::Asked).engine.state(), EngineState::Ready);
}

#[test]
fn one_that_cannot_be_asked_is_known_by_its_codes() {
    let far = RefCell::new(Far { only_acks: true, ..Far::default() });
    let mut bed = set_up(&far, TriggerMode::Always);
    assert_eq!(bed.engine.state(), EngineState::Unknown);
    bed.feed(&decoded(0, 0x03, IMEI));
    assert_eq!(bed.take(), [code(b"C0", IMEI)]);
    assert_eq!(bed.engine.state(), EngineState::Ready);
}

#[test]
fn text_is_taken_from_one_that_does_not_speak_packets() {
    let far = RefCell::new(Far { dead: true, ..Far::default() });
    let mut bed = set_up(&far, TriggerMode::Always);
    assert_eq!(bed.engine.state(), EngineState::Silent);
    bed.feed(b"]C0490154203237518\r\n");
    bed.feed(b"356938035643809");
    bed.pass(IDLE_MS);
    assert_eq!(bed.take(), [code(b"C0", IMEI), plain("356938035643809")]);
}

#[test]
fn one_that_lost_power_is_set_up_again_when_it_sends_text() {
    let far = RefCell::default();
    let mut bed = ready(&far);
    *far.borrow_mut() = Far::default();
    bed.feed(b"490154203237518\r");
    bed.pass(2_000);
    assert_eq!(far.borrow().parameters[&0xee], 1);
    bed.take();
    bed.feed(&decoded(0, 0x03, IMEI));
    assert_eq!(bed.take(), [code(b"C0", IMEI)]);
}

#[test]
fn nothing_is_said_before_it_is_asked_for_but_acknowledgements() {
    let mut bed = Bed::new(Ssi::new());
    bed.pass(100_000);
    assert!(bed.sent.is_empty());
    bed.feed(&decoded(0, 0x03, IMEI));
    bed.pass(100_000);
    assert_eq!(bed.take_sent(), [ACK]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn after_a_pause_the_next_code_is_taken_unchanged(
        before in prop::collection::vec(prop::option::weighted(0.95, prop_oneof![
            any::<u8>(), Just(0), Just(4), Just(0xf3), b'0'..=b'9',
        ]), 0..600),
        text in prop::collection::vec(any::<u8>(), 0..240),
    ) {
        let far = RefCell::default();
        let mut bed = ready(&far);
        before.iter().for_each(|byte| bed.byte(*byte));
        bed.pass(IDLE_MS);
        bed.take();
        let text = [b"]C0x", &text[..], b"x"].concat();
        bed.feed(&decoded(0, 0x03, &text));
        prop_assert_eq!(bed.take(), [code(b"C0", &text[3..])]);
    }

    /// The sum sees any one wrong byte; the length it does not cover sees the quiet.
    #[test]
    fn no_code_is_heard_that_was_not_sent_once_packets_are_agreed(
        packets in prop::collection::vec(
            (decoded_by_chance(), prop::option::of((any::<prop::sample::Index>(), 1_u8..))), 1..6,
        ),
    ) {
        let far = RefCell::default();
        let mut bed = ready(&far);
        let mut sent = Vec::new();
        for (mut packet, damage) in packets {
            sent.push(code(b"C0", &packet[5..packet.len() - 2]));
            if let Some((at, flip)) = damage {
                let at = 1 + at.index(packet.len() - 1);
                packet[at] ^= flip;
                sent.pop();
            }
            bed.feed(&packet);
            bed.pass(2 * IDLE_MS);
        }
        let mut heard = bed.take();
        heard.retain(|heard| *heard != NOISE);
        prop_assert_eq!(heard, sent);
    }
}

fn decoded_by_chance() -> impl Strategy<Value = Vec<u8>> {
    "[0-9A-Z]{15,40}".prop_map(|text| decoded(0, 0x03, text.as_bytes()))
}
