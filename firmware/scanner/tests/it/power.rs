//! No accepted scan is lost, none comes twice: a station that is away, power that goes at any
//! moment, a line that breaks.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::nor::Chance;
use crate::rig::{Chip, Rig, imei, is_good};

/// What the person saw of each code, and what must come of it.
#[derive(Default)]
struct Notes {
    /// Text, and whether it was accepted for certain: not if the power went while it was kept.
    codes: Vec<(String, bool)>,
    number: u64,
}

impl Notes {
    fn scan(&mut self, rig: &mut Rig) {
        let text = imei(self.number);
        self.number += 1;
        let shown = rig.code(&text);
        if rig.chip.is_off() {
            self.codes.push((text, false));
        } else if is_good(shown) {
            self.codes.push((text, true));
        }
    }

    #[track_caller]
    fn compare(&self, rig: &Rig) {
        let mut arrived = rig.texts();
        for (text, is_certain) in &self.codes {
            if arrived.front() == Some(text) {
                arrived.pop_front();
            } else {
                assert!(!is_certain, "{text} was accepted and did not arrive in its place");
            }
        }
        assert!(arrived.is_empty(), "came and was never accepted, or twice: {arrived:?}");
        assert!(rig.disk.gaps.is_empty(), "{:?}", rig.disk.gaps);
    }
}

fn restart_if_off(rig: &mut Rig) {
    if rig.chip.is_off() {
        rig.restart();
    }
}

#[test]
fn a_thousand_scans_while_away_survive_power_cuts() {
    for seed in 0..8 {
        let mut rig = Rig::with(Chip::new(64, seed), None);
        let mut chance = Chance::new(seed);
        let mut notes = Notes::default();
        for _ in 0..1_000 {
            if chance.below(20) == 0 {
                rig.chip.cut_after(chance.below(200));
            }
            notes.scan(&mut rig);
            restart_if_off(&mut rig);
            rig.wait(chance.below(300));
            restart_if_off(&mut rig);
        }
        rig.chip.power_on();
        rig.connect();
        rig.wait(60_000);
        notes.compare(&rig);
        assert!(rig.disk.scans.len() > 900, "{}", rig.disk.scans.len());
        let state = rig.disk.state.unwrap();
        assert_eq!((state.waiting, state.refused), (0, 0));
    }
}

#[test]
fn two_hundred_codes_back_to_back_all_arrive() {
    let mut rig = Rig::new();
    rig.connect();
    rig.wait(3_000);
    let mut notes = Notes::default();
    for _ in 0..200 {
        notes.scan(&mut rig);
    }
    rig.wait(1_000);
    assert_eq!(rig.disk.scans.len(), 200);
    notes.compare(&rig);
}

#[test]
fn a_station_that_never_acknowledges_gets_everything_all_the_same() {
    let mut rig = Rig::new();
    rig.acks = false;
    rig.connect();
    let mut notes = Notes::default();
    for _ in 0..30 {
        notes.scan(&mut rig);
        rig.wait(300);
    }
    assert!(rig.disk.scans.len() >= 8, "what is in the window");
    rig.acks = true;
    rig.restart_station();
    rig.wait(10_000);
    notes.compare(&rig);
    assert_eq!(rig.disk.scans.len(), 30);
}

#[derive(Debug, Clone, Copy)]
enum Act {
    Scan,
    Wait(u64),
    Connect,
    Disconnect,
    Cut(u64),
    Restart,
    RestartStation,
    Acks(bool),
    Noise(u8),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        12 => Just(Act::Scan),
        6 => (1..2_000_u64).prop_map(Act::Wait),
        2 => Just(Act::Connect),
        2 => Just(Act::Disconnect),
        2 => (0..400_u64).prop_map(Act::Cut),
        1 => Just(Act::Restart),
        1 => Just(Act::RestartStation),
        1 => any::<bool>().prop_map(Act::Acks),
        2 => any::<u8>().prop_map(Act::Noise),
    ];
    vec(act, 1..120)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn every_accepted_scan_arrives_once_and_in_order(acts in acts(), seed: u64) {
        let mut rig = Rig::with(Chip::new(16, seed), None);
        let mut notes = Notes::default();
        for act in acts {
            match act {
                Act::Scan => notes.scan(&mut rig),
                Act::Wait(ms) => rig.wait(ms),
                Act::Connect => rig.connect(),
                Act::Disconnect => rig.disconnect(),
                Act::Cut(steps) => rig.chip.cut_after(steps),
                Act::Restart => rig.restart(),
                Act::RestartStation => rig.restart_station(),
                Act::Acks(on) => rig.acks = on,
                Act::Noise(byte) => {
                    let now = rig.now();
                    rig.scanner.host_byte(byte, now);
                }
            }
            restart_if_off(&mut rig);
        }
        rig.chip.power_on();
        rig.acks = true;
        rig.restart_station();
        rig.connect();
        rig.wait(30_000);
        notes.compare(&rig);
    }
}
