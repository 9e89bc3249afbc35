use std::cell::RefCell;
use std::collections::BTreeMap;
use std::vec::Vec;

use proptest::prelude::*;
use tekser_wire::message::{EngineState, TriggerMode};

use super::super::bed::{Bed, Heard, NOISE, code, plain};
use super::*;

const IMEI: &[u8] = b"490154203237518";
const SAVE: [u8; 9] = [0x7e, 0x00, 0x09, 0x01, 0x00, 0x00, 0x00, 0xde, 0xc8];

/// The least that an engine is: registers behind frames.
#[derive(Debug, Clone)]
struct Far {
    registers: BTreeMap<u16, u8>,
    /// Writes that it acknowledges and forgets.
    forgets: Vec<u16>,
    /// Registers that it does not answer to.
    unknown: Vec<u16>,
    fixed_crc: bool,
    only_acks: bool,
    dead: bool,
    saves: usize,
    writes: usize,
}

impl Far {
    fn new() -> Self {
        // As the factory sets it: light and aim as usual, beeper on, manual; GBK over USB; no tail.
        let registers = [(0x0000, 0xd4), (0x000d, 0x01), (0x0060, 0x00), (0x00d0, 0x00)];
        Self {
            registers: registers.into_iter().collect(),
            forgets: Vec::new(),
            unknown: Vec::new(),
            fixed_crc: true,
            only_acks: false,
            dead: false,
            saves: 0,
            writes: 0,
        }
    }

    fn answer(&mut self, command: &[u8]) -> Vec<u8> {
        let &[0x7e, 0x00, kind, 1, high, low, data, ..] = command else { panic!("{command:x?}") };
        let address = u16::from_be_bytes([high, low]);
        if self.dead || self.unknown.contains(&address) && kind != 0x09 {
            return Vec::new();
        }
        let value = match kind {
            _ if self.only_acks => 0,
            0x07 => self.registers.get(&address).copied().unwrap_or(0),
            0x08 => {
                self.writes += 1;
                if !self.forgets.contains(&address) {
                    self.registers.insert(address, data);
                }
                0
            }
            _ => {
                self.saves += 1;
                0
            }
        };
        reply(value, self.fixed_crc)
    }
}

fn reply(value: u8, fixed: bool) -> Vec<u8> {
    let right = crc::Crc::<u16>::new(&crc::CRC_16_XMODEM).checksum(&[0, 1, value]);
    let crc = if fixed { [0x33, 0x31] } else { right.to_be_bytes() };
    [&[2, 0, 0, 1, value][..], &crc].concat()
}

/// A driver that set this engine up.
fn set_up(far: &RefCell<Far>, trigger: TriggerMode) -> Bed<'_, Gm65> {
    let mut bed = Bed::new(Gm65::new()).answered_by(|command| far.borrow_mut().answer(command));
    bed.engine.set_up(trigger, bed.now);
    assert_eq!(bed.engine.state(), EngineState::Starting);
    bed.pass(20_000);
    bed
}

fn after_set_up(far: Far) -> (Far, EngineState) {
    let far = RefCell::new(far);
    let state = {
        let mut bed = set_up(&far, TriggerMode::Always);
        assert_eq!(bed.take(), []);
        bed.engine.state()
    };
    (far.into_inner(), state)
}

#[test]
fn a_new_engine_is_set_up_and_saved_once() {
    for fixed_crc in [true, false] {
        let (far, state) = after_set_up(Far { fixed_crc, ..Far::new() });
        assert_eq!(state, EngineState::Ready);
        let expected = [(0x0000, 0x96), (0x000d, 0x00), (0x0060, 0x01), (0x00d0, 0x80)];
        assert_eq!(far.registers, expected.into_iter().collect());
        assert_eq!((far.writes, far.saves), (4, 1));
    }
}

#[test]
fn an_engine_that_is_set_up_already_is_not_written_to() {
    let (far, _) = after_set_up(Far::new());
    let (far, state) = after_set_up(Far { writes: 0, saves: 0, ..far });
    assert_eq!((far.writes, far.saves, state), (0, 0, EngineState::Ready));
}

#[test]
fn the_mode_follows_the_settings_and_leaves_light_and_aim_alone() {
    for (trigger, mode) in [(TriggerMode::Asked, 0x95), (TriggerMode::Always, 0x96)] {
        let far = RefCell::new(Far::new());
        set_up(&far, trigger);
        assert_eq!(far.borrow().registers[&0x0000], mode);
    }
}

#[test]
fn a_register_that_is_not_kept_is_refused_and_not_saved() {
    for forgotten in [0x0000, 0x000d, 0x0060] {
        let far = Far { forgets: [forgotten].into(), ..Far::new() };
        let (far, state) = after_set_up(far);
        assert_eq!(state, EngineState::Refusing, "{forgotten:#06x}");
        assert!(far.writes < 12, "{forgotten:#06x}");
    }
    let far = Far { forgets: [0x0000, 0x000d, 0x0060, 0x00d0].into(), ..Far::new() };
    assert_eq!(after_set_up(far).0.saves, 0);
}

#[test]
fn an_engine_without_identifiers_is_ready_all_the_same() {
    for (forgets, unknown) in [([0x00d0].into(), Vec::new()), (Vec::new(), [0x00d0].into())] {
        let (_, state) = after_set_up(Far { forgets, unknown, ..Far::new() });
        assert_eq!(state, EngineState::Ready);
    }
}

#[test]
fn one_that_only_acknowledges_is_refusing() {
    let (_, state) = after_set_up(Far { only_acks: true, ..Far::new() });
    assert_eq!(state, EngineState::Refusing);
}

#[test]
fn one_that_says_nothing_is_silent_and_found_when_it_comes() {
    let far = RefCell::new(Far { dead: true, ..Far::new() });
    let mut bed = set_up(&far, TriggerMode::Always);
    assert_eq!(bed.engine.state(), EngineState::Silent);
    assert!(bed.sent.len() < 20, "{}", bed.sent.len());
    bed.feed(b"490154203237518\r");
    assert_eq!(bed.take(), [plain(IMEI)]);
    far.borrow_mut().dead = false;
    bed.pass(10_000);
    assert_eq!(bed.engine.state(), EngineState::Ready);
}

#[test]
fn one_that_is_unplugged_is_noticed_while_nothing_happens() {
    let far = RefCell::new(Far::new());
    let mut bed = set_up(&far, TriggerMode::Always);
    far.borrow_mut().dead = true;
    bed.pass(CHECK_MS + 5_000);
    assert_eq!(bed.engine.state(), EngineState::Silent);
    *far.borrow_mut() = Far::new();
    bed.pass(10_000);
    assert_eq!(bed.engine.state(), EngineState::Ready);
    assert_eq!(far.borrow().registers[&0x0060], 0x01);
}

#[test]
fn one_that_forgot_everything_is_set_up_again_after_its_next_code() {
    let far = RefCell::new(Far::new());
    let mut bed = set_up(&far, TriggerMode::Always);
    *far.borrow_mut() = Far::new();
    bed.feed(b"490154203237518\r");
    bed.pass(5_000);
    assert_eq!(bed.take(), [plain(IMEI)]);
    assert_eq!(far.borrow().registers[&0x00d0], 0x80);
}

#[test]
fn one_that_starts_anew_in_the_middle_of_its_set_up_is_set_up_all_the_same() {
    for at in 1..40 {
        let far = RefCell::new(Far::new());
        let asked = RefCell::new(0);
        let mut bed = Bed::new(Gm65::new()).answered_by(|command| {
            *asked.borrow_mut() += 1;
            if *asked.borrow() == at {
                *far.borrow_mut() = Far::new();
                return Vec::new();
            }
            far.borrow_mut().answer(command)
        });
        bed.engine.set_up(TriggerMode::Always, bed.now);
        bed.pass(60_000);
        assert_eq!(bed.engine.state(), EngineState::Ready, "at command {at}");
        assert_eq!(registers_of(&far)[..2], [0x96, 0x00], "at command {at}");
        // The rest shows with the next code.
        bed.feed(b"490154203237518\r");
        bed.pass(10_000);
        assert_eq!(registers_of(&far), [0x96, 0x00, 0x01, 0x80], "at command {at}");
    }
}

fn registers_of(far: &RefCell<Far>) -> Vec<u8> {
    far.borrow().registers.values().copied().collect()
}

#[test]
fn its_memory_is_not_worn_out_by_one_that_forgets_again_and_again() {
    let far = RefCell::new(Far::new());
    let mut bed = set_up(&far, TriggerMode::Always);
    for _ in 0..20 {
        let saves = far.borrow().saves;
        *far.borrow_mut() = Far { saves, ..Far::new() };
        bed.pass(CHECK_MS + 5_000);
        assert_eq!(bed.engine.state(), EngineState::Ready);
    }
    assert_eq!(far.borrow().saves, usize::from(SAVES));
}

#[test]
fn answers_that_come_late_and_twice_are_not_mistaken() {
    for latency_ms in [400, 600, 900, 1_200] {
        let far = RefCell::new(Far::new());
        let mut bed = Bed::new(Gm65::new()).answered_by(|command| far.borrow_mut().answer(command));
        bed.latency_ms = latency_ms;
        bed.engine.set_up(TriggerMode::Always, bed.now);
        bed.pass(300_000);
        assert_eq!(bed.engine.state(), EngineState::Ready, "{latency_ms} ms");
        assert_eq!(registers_of(&far), [0x96, 0x00, 0x01, 0x80], "{latency_ms} ms");
    }
}

#[test]
fn unasked_replies_change_no_register() {
    for every in 1..6 {
        let far = RefCell::new(Far::new());
        let asked = RefCell::new(0);
        let mut bed = Bed::new(Gm65::new()).answered_by(|command| {
            *asked.borrow_mut() += 1;
            let answer = far.borrow_mut().answer(command);
            let unasked = if *asked.borrow() % every == 0 { reply(0, true) } else { Vec::new() };
            [unasked, answer].concat()
        });
        bed.engine.set_up(TriggerMode::Always, bed.now);
        bed.pass(60_000);
        let mode = far.borrow().registers[&0x0000];
        assert_eq!(mode & 0x3c, 0x14, "light and aim were changed: {mode:#04x}, every {every}");
        assert_eq!(bed.take(), []);
    }
}

#[test]
fn a_value_that_was_disturbed_once_is_not_written_back() {
    for nth in 1..30 {
        let far = RefCell::new(Far::new());
        let asked = RefCell::new(0);
        let mut bed = Bed::new(Gm65::new()).answered_by(|command| {
            *asked.borrow_mut() += 1;
            let mut answer = far.borrow_mut().answer(command);
            // With the fixed checksum nothing tells.
            answer[4] ^= if *asked.borrow() == nth { 0x3c } else { 0 };
            answer
        });
        bed.engine.set_up(TriggerMode::Always, bed.now);
        bed.pass(60_000);
        assert_eq!(registers_of(&far), [0x96, 0x00, 0x01, 0x80], "answer {nth}");
        assert_eq!(bed.engine.state(), EngineState::Ready, "answer {nth}");
    }
}

#[test]
fn the_trigger_is_the_published_frame_and_is_sent_at_once() {
    let far = RefCell::new(Far::new());
    let mut bed = set_up(&far, TriggerMode::Asked);
    bed.take_sent();
    bed.engine.trigger(true, bed.now);
    bed.collect();
    assert_eq!(bed.take_sent(), [[0x7e, 0x00, 0x08, 0x01, 0x00, 0x02, 0x01, 0x02, 0xda]]);
    bed.pass(1_000);
    assert_eq!(bed.take_sent(), Vec::<Vec<u8>>::new());
    bed.engine.trigger(false, bed.now);
    bed.pass(1_000);
    assert_eq!(far.borrow().registers[&0x0002], 0);
    assert_eq!(far.borrow().saves, 1, "a trigger is not worth a save");
}

#[test]
fn a_trigger_in_the_middle_of_the_set_up_is_not_lost() {
    let far = RefCell::new(Far::new());
    let mut bed = Bed::new(Gm65::new()).answered_by(|command| far.borrow_mut().answer(command));
    bed.engine.set_up(TriggerMode::Asked, bed.now);
    bed.pass(130);
    bed.engine.trigger(true, bed.now);
    bed.pass(10_000);
    assert_eq!(far.borrow().registers[&0x0002], 1);
    assert_eq!(bed.engine.state(), EngineState::Ready);
}

#[test]
fn a_trigger_means_nothing_to_one_that_always_looks() {
    let far = RefCell::new(Far::new());
    let mut bed = set_up(&far, TriggerMode::Always);
    bed.take_sent();
    bed.engine.trigger(true, bed.now);
    bed.pass(1_000);
    assert_eq!(bed.take_sent(), Vec::<Vec<u8>>::new());
}

#[test]
fn codes_and_replies_share_the_line() {
    let far = RefCell::new(Far::new());
    let mut bed = set_up(&far, TriggerMode::Asked);
    let ack = reply(0, true);
    bed.feed(&[&ack, &b"]C0490154203237518\r"[..], &ack, b"]E04006381333931\r", &ack].concat());
    assert_eq!(bed.take(), [code(b"C0", IMEI), code(b"E0", "4006381333931")]);
    assert_eq!(bed.engine.state(), EngineState::Ready);
}

#[test]
fn a_code_without_its_end_is_broken_once_ends_are_known() {
    let far = RefCell::new(Far::new());
    let mut bed = set_up(&far, TriggerMode::Always);
    bed.feed(b"]C0490154203237518\r]C04901542032375");
    bed.pass(1_000);
    assert_eq!(bed.take(), [code(b"C0", IMEI), NOISE]);
}

#[test]
fn a_code_without_end_is_whole_while_nobody_knows() {
    let mut bed = Bed::new(Gm65::new());
    bed.feed(IMEI);
    bed.pass(1_000);
    bed.feed(&[IMEI, &reply(0, true), IMEI].concat());
    bed.pass(1_000);
    assert_eq!(bed.take(), [plain(IMEI), plain(IMEI), plain(IMEI)]);
}

#[test]
fn half_a_reply_spoils_what_is_around_it() {
    let mut bed = Bed::new(Gm65::new());
    for half in [&b"\x02\x00\x00\x01"[..], b"\x02", b"\x02\x00\x00\x01\x00\x33\x30"] {
        bed.feed(half);
        bed.pass(1_000);
        assert_eq!(bed.take(), [NOISE]);
        bed.feed(&[half, IMEI, b"\r", IMEI, b"\r"].concat());
        assert_eq!(bed.take().pop(), Some(plain(IMEI)));
    }
}

#[test]
fn nothing_is_said_before_it_is_asked_for() {
    let mut bed = Bed::new(Gm65::new());
    bed.pass(100_000);
    assert!(bed.sent.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn after_a_pause_the_next_code_is_taken_unchanged(
        before in prop::collection::vec(prop::option::weighted(0.95, prop_oneof![
            any::<u8>(), Just(0), Just(1), Just(2), b'0'..=b'9',
        ]), 0..600),
        text in "[ -\\[^-~][ -~]{0,60}",
    ) {
        let far = RefCell::new(Far::new());
        let mut bed = set_up(&far, TriggerMode::Always);
        before.iter().for_each(|byte| bed.byte(*byte));
        bed.pass(IDLE_MS);
        bed.take();
        bed.feed(&[b"]C0", text.as_bytes(), b"\r"].concat());
        prop_assert_eq!(bed.take(), [code(b"C0", &text)]);
    }

    #[test]
    fn noise_never_makes_it_write_what_it_should_not(
        noise in prop::collection::vec((1_u64..300, prop::collection::vec(prop_oneof![
            any::<u8>(), Just(0), Just(1), Just(2), Just(0x33), Just(0x31),
        ], 1..30)), 0..40),
    ) {
        let far = RefCell::new(Far::new());
        let mut bed = Bed::new(Gm65::new()).answered_by(|command| far.borrow_mut().answer(command));
        bed.engine.set_up(TriggerMode::Always, bed.now);
        for (ms, bytes) in noise {
            bed.pass(ms);
            bed.feed(&bytes);
        }
        bed.pass(200_000);
        prop_assert_eq!(bed.engine.state(), EngineState::Ready);
        prop_assert_eq!(registers_of(&far), [0x96, 0x00, 0x01, 0x80]);
        for sent in &bed.sent {
            let known = matches!(sent[4..6], [0, 0 | 0x0d | 0x60 | 0xd0]);
            prop_assert!(known || sent[..] == SAVE);
        }
        let words = bed.take().into_iter().filter(|heard| matches!(heard, Heard::Broken(_)));
        prop_assert!(words.count() <= 80);
    }
}
