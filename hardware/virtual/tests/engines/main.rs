//! Each driver of the scanner's against the far side of its engine, whatever its manners.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod rig;
mod served;

use std::time::Instant;

use tekser_virtual_bench::engine::{Manners, Silence, VirtualEngine};
use tekser_wire::message::EngineKind::{self, De2120, Gm65, Line, Ssi};
use tekser_wire::message::EngineState;
use tekser_wire::message::TriggerMode::{Always, Asked};

use self::rig::{Heard, Rig};

const KINDS: [EngineKind; 4] = [Gm65, Ssi, De2120, Line];

const CODES: [&str; 4] =
    ["]C0490154203237518", "]Q1IMEI:352099001761481", "]E04006381333931", "]d135693803"];

/// How a code is heard from an engine that was set up.
fn expected(kind: EngineKind, code: &str) -> Heard {
    let aim = code.as_bytes()[1..3].try_into().unwrap();
    Some(((kind != De2120).then_some(aim), code[3..].into()))
}

fn manners(name: &str) -> Manners {
    Manners::named(name).unwrap()
}

/// The state that a well-behaved engine of this kind ends up in.
fn at_its_best(kind: EngineKind) -> EngineState {
    if kind == Line { EngineState::Unknown } else { EngineState::Ready }
}

#[test]
fn every_code_is_heard_once_and_in_order() {
    for kind in KINDS {
        let mut rig = Rig::new(kind, Always, Manners::default());
        assert!(rig.pass_until(at_its_best(kind), 3_000), "{kind:?}: {:?}", rig.far.asked());
        assert_eq!(rig.heard, [], "{kind:?}");
        rig.show(&CODES);
        rig.pass(3_000);
        assert_eq!(rig.heard, CODES.map(|code| expected(kind, code)), "{kind:?}");
        rig.pass(120_000);
        assert_eq!(rig.heard.len(), CODES.len(), "{kind:?}");
        assert_eq!(rig.state(), at_its_best(kind));
    }
}

#[test]
fn it_looks_when_it_is_asked_to_and_not_before() {
    for kind in [Gm65, Ssi, De2120] {
        let mut rig = Rig::new(kind, Asked, Manners::default());
        assert!(rig.pass_until(EngineState::Ready, 3_000), "{kind:?}");
        rig.show(&CODES);
        rig.pass(10_000);
        assert_eq!(rig.heard, [], "{kind:?}");
        for count in 1..=CODES.len() {
            rig.trigger(true);
            rig.pass(1_000);
            assert_eq!(rig.heard.len(), count, "{kind:?}");
        }
        rig.trigger(true);
        rig.pass(200);
        assert!(rig.far.is_looking(rig.now()), "{kind:?}");
        rig.trigger(false);
        rig.pass(200);
        assert!(!rig.far.is_looking(rig.now()), "{kind:?}");
    }
}

#[test]
fn it_goes_on_looking_until_there_is_a_code_or_nobody_wants_one() {
    for kind in [Gm65, Ssi, De2120] {
        let mut rig = Rig::new(kind, Asked, Manners::default());
        assert!(rig.pass_until(EngineState::Ready, 3_000), "{kind:?}");
        rig.trigger(true);
        rig.pass(60_000);
        rig.show(&CODES[..2]);
        rig.pass(30_000);
        assert_eq!(rig.heard, [expected(kind, CODES[0])], "{kind:?}");
        rig.trigger(true);
        rig.trigger(false);
        rig.pass(30_000);
        assert_eq!(rig.heard.len(), 1, "{kind:?}");
    }
}

#[test]
fn two_hundred_codes_in_a_row_are_heard() {
    for kind in KINDS {
        let mut rig = Rig::new(kind, Always, Manners::default());
        rig.pass(5_000);
        let codes: Vec<String> =
            (0..200).map(|at| format!("]C0{:015}", 490_154_203_237_518_u64 + at)).collect();
        codes.iter().for_each(|code| rig.far.show(code.as_str()));
        rig.pass(60_000);
        let heard: Vec<Heard> = codes.iter().map(|code| expected(kind, code)).collect();
        assert_eq!(rig.heard, heard, "{kind:?}");
    }
}

#[test]
fn a_code_of_the_longest_kind_comes_whole() {
    for kind in KINDS {
        let mut rig = Rig::new(kind, Always, Manners::default());
        rig.pass(5_000);
        let long = format!("]Q1{}", "7".repeat(512));
        rig.show(&[&long, &format!("{long}7"), CODES[0]]);
        rig.pass(10_000);
        let heard = [expected(kind, &long), None, expected(kind, CODES[0])];
        assert_eq!(rig.heard, heard, "{kind:?}");
    }
}

#[test]
fn settings_are_kept_over_a_loss_of_power_and_not_written_again() {
    for kind in [Gm65, De2120] {
        let mut rig = Rig::new(kind, Always, Manners::default());
        assert!(rig.pass_until(EngineState::Ready, 3_000));
        let (saves, now) = (rig.far.saves(), rig.now());
        rig.far.power_off();
        rig.far.power_on(now);
        rig.show(&CODES);
        rig.pass(100_000);
        assert_eq!(rig.heard, CODES.map(|code| expected(kind, code)), "{kind:?}");
        assert_eq!(rig.far.saves(), saves, "{kind:?}");
    }
}

#[test]
fn the_memory_of_an_engine_that_forgets_by_itself_is_never_written_to() {
    let mut rig = Rig::new(Ssi, Always, Manners::default());
    assert!(rig.pass_until(EngineState::Ready, 3_000));
    rig.pass(100_000);
    assert_eq!(rig.far.saves(), 0);
}

#[test]
fn an_engine_that_starts_anew_is_set_up_again() {
    for kind in [Gm65, Ssi] {
        let mut rig = Rig::new(kind, Always, Manners::default());
        assert!(rig.pass_until(EngineState::Ready, 3_000));
        let settings = rig.far.settings();
        // Another one of the same kind is plugged in.
        rig.far = VirtualEngine::new(kind, rig.now());
        rig.pass(45_000);
        assert_eq!(rig.far.settings(), settings, "{kind:?}");
        rig.heard.clear();
        rig.show(&CODES);
        rig.pass(10_000);
        assert_eq!(rig.heard, CODES.map(|code| expected(kind, code)), "{kind:?}");
    }
}

#[test]
fn an_engine_that_comes_late_is_found() {
    for kind in [Gm65, Ssi, De2120] {
        let mut rig = Rig::new(kind, Always, manners("dead"));
        assert!(rig.pass_until(EngineState::Silent, 10_000), "{kind:?}");
        rig.far.behave(Manners::default());
        assert!(rig.pass_until(EngineState::Ready, 15_000), "{kind:?}: {:?}", rig.far.asked());
        rig.show(&CODES);
        rig.pass(10_000);
        assert_eq!(rig.heard, CODES.map(|code| expected(kind, code)), "{kind:?}");
    }
}

#[test]
fn slow_engines_are_waited_for() {
    for name in ["slow", "dribbling"] {
        for kind in KINDS {
            let mut rig = Rig::new(kind, Always, manners(name));
            assert!(rig.pass_until(at_its_best(kind), 60_000), "{name} {kind:?}");
            rig.show(&CODES);
            rig.pass(60_000);
            assert_eq!(rig.heard, CODES.map(|code| expected(kind, code)), "{name} {kind:?}");
        }
    }
}

#[test]
fn garbage_around_codes_costs_no_code() {
    for (kind, seed) in KINDS.into_iter().flat_map(|kind| (0..30).map(move |seed| (kind, seed))) {
        let garbage = Manners { seed, ..Manners::default() };
        let mut rig = Rig::new(kind, Always, garbage.clone());
        rig.pass(5_000);
        rig.far.behave(Manners { baud: Some(9_600), garbage: 40, ..garbage });
        rig.show(&CODES);
        rig.pass(60_000);
        let mut heard = rig.heard.iter();
        for code in CODES {
            assert!(heard.any(|heard| *heard == expected(kind, code)), "{kind:?} {seed}: {code}");
        }
        rig.far.behave(Manners::default());
        rig.pass(60_000);
        assert_eq!(rig.state(), at_its_best(kind), "{kind:?}");
    }
}

#[test]
fn garbage_during_the_set_up_sets_nothing_wrong() {
    for kind in [Gm65, Ssi] {
        let mut rig = Rig::new(kind, Always, manners("garbage"));
        rig.pass(10_000);
        rig.far.behave(Manners::default());
        rig.pass(100_000);
        assert_eq!(rig.state(), EngineState::Ready, "{kind:?}");
        let mut well = Rig::new(kind, Always, Manners::default());
        well.pass(5_000);
        assert_eq!(rig.far.settings(), well.far.settings(), "{kind:?}");
    }
}

#[test]
fn packets_keep_wrong_bits_out_and_lose_few_codes() {
    let mut rig = Rig::new(Ssi, Always, Manners::default());
    rig.pass(5_000);
    rig.far.behave(Manners { baud: Some(9_600), ..manners("noisy") });
    let codes: Vec<String> = (0..200).map(|at| format!("]C0{at:015}")).collect();
    codes.iter().for_each(|code| rig.far.show(code.as_str()));
    rig.pass(1_200_000);
    let sent: Vec<Heard> = codes.iter().map(|code| expected(Ssi, code)).collect();
    let mut whole: Vec<&Heard> = rig.heard.iter().filter(|heard| heard.is_some()).collect();
    assert!(whole.iter().all(|heard| sent.contains(heard)));
    whole.dedup();
    assert!(whole.len() >= 195, "{} of 200", whole.len());
}

#[test]
fn engines_that_talk_too_much_say_every_code_all_the_same() {
    for name in ["banner", "double-ended"] {
        for kind in KINDS {
            let mut rig = Rig::new(kind, Always, manners(name));
            rig.pass(10_000);
            assert_eq!(rig.state(), at_its_best(kind), "{name} {kind:?}");
            rig.heard.clear();
            rig.show(&CODES);
            rig.pass(10_000);
            assert_eq!(rig.heard, CODES.map(|code| expected(kind, code)), "{name} {kind:?}");
        }
    }
}

#[test]
fn a_code_that_is_sent_three_times_is_heard_three_times() {
    for kind in KINDS {
        let mut rig = Rig::new(kind, Always, manners("repeating"));
        rig.pass(5_000);
        rig.show(&CODES[..1]);
        rig.pass(10_000);
        assert_eq!(rig.heard, vec![expected(kind, CODES[0]); 3], "{kind:?}");
    }
}

#[test]
fn answers_that_nobody_asked_for_cost_no_code_and_set_nothing_wrong() {
    for kind in KINDS {
        let mut rig = Rig::new(kind, Always, Manners::default());
        rig.pass(5_000);
        rig.far.behave(Manners { baud: Some(9_600), ..manners("prattling") });
        let settings = rig.far.settings();
        rig.show(&CODES);
        rig.pass(100_000);
        assert_eq!(rig.heard, CODES.map(|code| expected(kind, code)), "{kind:?}");
        assert_eq!(rig.far.settings(), settings, "{kind:?}");
        rig.far.behave(Manners::default());
        rig.pass(60_000);
        assert_eq!(rig.state(), at_its_best(kind), "{kind:?}");
    }
}

#[test]
fn a_deaf_engine_is_called_silent_and_its_codes_are_taken() {
    for kind in KINDS {
        let begin = Instant::now();
        let deaf = Manners { silence: Silence::Deaf, baud: Some(9_600), ..Manners::default() };
        let mut far = VirtualEngine::with_manners(kind, deaf, begin);
        if kind == Gm65 {
            // Somebody set it up with the sheet that came with it.
            for (number, value) in [(0x0000, 0xd6), (0x000d, 0), (0x0060, 1), (0x00d0, 0x80)] {
                far = far.set(number, value, begin);
            }
        }
        if kind == De2120 {
            far = far.set(0, 1, begin);
        }
        let mut rig = Rig::with(kind, Always, far, begin);
        rig.pass(10_000);
        let silent = if kind == Line { EngineState::Unknown } else { EngineState::Silent };
        assert_eq!(rig.state(), silent, "{kind:?}");
        rig.show(&CODES);
        rig.pass(10_000);
        let texts: Vec<_> = rig.heard.iter().map(|heard| heard.clone().unwrap().1).collect();
        assert_eq!(texts, CODES.map(|code| code.as_bytes()[3..].to_vec()), "{kind:?}");
    }
}

#[test]
fn a_dead_engine_is_called_silent() {
    for kind in [Gm65, Ssi, De2120] {
        let mut rig = Rig::new(kind, Always, manners("dead"));
        assert!(rig.pass_until(EngineState::Silent, 10_000), "{kind:?}");
        rig.pass(100_000);
        assert_eq!((rig.state(), rig.heard.len()), (EngineState::Silent, 0), "{kind:?}");
    }
}

#[test]
fn a_forgetful_engine_is_called_refusing_where_it_can_be_asked() {
    for (kind, state) in
        [(Gm65, EngineState::Refusing), (Ssi, EngineState::Refusing), (De2120, EngineState::Ready)]
    {
        let mut rig = Rig::new(kind, Always, manners("forgetful"));
        rig.pass(60_000);
        assert_eq!(rig.state(), state, "{kind:?}");
        assert_eq!(rig.far.saves(), 0, "{kind:?}");
    }
}

#[test]
fn an_engine_that_only_acknowledges_is_not_believed_where_it_can_be_asked() {
    for (kind, state) in
        [(Gm65, EngineState::Refusing), (Ssi, EngineState::Unknown), (De2120, EngineState::Ready)]
    {
        let mut rig = Rig::new(kind, Always, manners("acknowledging"));
        rig.pass(60_000);
        assert_eq!(rig.state(), state, "{kind:?}");
    }
}
