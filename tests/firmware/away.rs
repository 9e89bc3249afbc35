//! Scans while no station is there, and power that goes when it likes.

use std::collections::BTreeSet;
use std::fs;

use serde_json::json;
use tekser_scanner::journal::{AppendError, Journal, NewScan};
use tekser_wire::message::{BoxNumber, Moment, Verdict};

use crate::chip::Chip;
use crate::counter::Counter;
use crate::emulator::{MS, Nanos};
use crate::label::imei;

fn texts(counter: &Counter) -> Vec<String> {
    counter.notes().scans.iter().map(|scan| scan.text.clone()).collect()
}

#[test]
fn a_thousand_scans_wait_for_a_host_that_sleeps() {
    let Some(mut counter) = Counter::ready() else { return };
    counter.ask(&[json!({ "do": "host", "asleep": true })]);
    let codes: Vec<_> = (0..1_000).map(imei).collect();
    codes.iter().for_each(|code| counter.show(code.as_str()));
    while counter.engine.waiting() > 0 {
        counter.run(500);
    }
    counter.run(1_000);
    assert!(counter.notes().scans.is_empty(), "the host slept");
    counter.ask(&[json!({ "do": "host", "asleep": false })]);
    counter.until_scans(1_000);
    assert_eq!(texts(&counter), codes);
}

#[test]
fn scans_made_without_a_cable_outlive_the_power() {
    let Some(mut counter) = Counter::new() else { return };
    counter.ask(&[json!({ "do": "host", "absent": true })]);
    counter.power(true);
    counter.run(1_000);
    let codes: Vec<_> = (0..20).map(imei).collect();
    codes.iter().for_each(|code| counter.show(code.as_str()));
    counter.run(2_000);
    counter.power(false);
    counter.ask(&[json!({ "do": "host", "absent": false })]);
    counter.power(true);
    counter.until_scans(20);
    assert_eq!(texts(&counter), codes);
    assert_eq!(counter.notes().hellos[0].boots, 2);
}

/// Draws numbers of chance that come the same again.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// What happened until power went.
struct Run {
    shown: Vec<String>,
    /// Of those, the ones that the person was told are accepted.
    accepted: Vec<String>,
}

/// Shows codes one by one and cuts the power at a moment of chance: half of the times just when a
/// code was delivered, where the flash is being written.
fn run_until_cut(counter: &mut Counter, chance: &mut Chance, next: &mut u32) -> Run {
    counter.power(true);
    let patient = chance.below(4) > 0; // else it goes while the scanner starts
    let mut run = Run { shown: Vec::new(), accepted: Vec::new() };
    if patient {
        // Before the engine is set up, codes that follow closely have no end between them.
        counter.run(1_500 + chance.below(400));
    }
    // An engine says nothing before it has started as well.
    let count = if patient { chance.below(6) as usize } else { 0 };
    for last in (0..count).rev() {
        let code = imei(*next);
        *next += 1;
        let before = counter.now();
        counter.show(code.as_str());
        run.shown.push(code.clone());
        if last == 0 {
            // 19 bytes at 9600 baud, then reading, flash, beep and frame.
            counter.cut_at(before + 19 * MS + chance.below(4 * MS));
            counter.run(60);
        } else {
            counter.run(60 + chance.below(300));
        }
        // Every accepted scan begins a tone.
        if counter.tones().iter().any(|tone| *tone > before) {
            run.accepted.push(code);
        }
    }
    if count == 0 {
        counter.cut_at(counter.now() + chance.below(60 * MS));
        counter.run(61);
    }
    counter.power(false);
    run
}

/// Fifty cuts take a while, so they are shared among tests that run side by side.
fn cuts(seed: u64, count: usize) {
    let Some(mut counter) = Counter::new() else { return };
    let (mut chance, mut next) = (Chance(seed), seed as u32 * 1_000);
    let (mut shown, mut accepted) = (Vec::new(), Vec::new());
    for round in 0..count {
        // The station comes and goes as well.
        counter.ask(&[json!({ "do": "host", "absent": round % 3 == 1 })]);
        let run = run_until_cut(&mut counter, &mut chance, &mut next);
        shown.extend(run.shown);
        accepted.extend(run.accepted);
    }
    counter.ask(&[json!({ "do": "host", "absent": false })]);
    counter.power(true);
    counter.until("everything to be acknowledged", |counter| {
        counter.notes().state.is_some_and(|state| state.waiting == 0)
            && counter
                .notes()
                .hellos
                .last()
                .is_some_and(|hello| hello.next == counter.notes().through.next())
    });
    let came = texts(&counter);
    let once: BTreeSet<_> = came.iter().collect();
    assert_eq!(once.len(), came.len(), "a scan came twice");
    let mut order = shown.iter();
    for text in &came {
        assert!(order.any(|code| code == text), "{text} is out of order or was never shown");
    }
    for code in &accepted {
        assert!(once.contains(code), "{code} was accepted and never came");
    }
    assert!(accepted.len() > count / 2, "only {} were accepted", accepted.len());
    assert_eq!(counter.notes().gaps, 0);
    println!(
        "{count} cuts: {} shown, {} accepted, {} came",
        shown.len(),
        accepted.len(),
        came.len()
    );
}

#[test]
fn twenty_five_power_cuts_lose_and_double_nothing() {
    cuts(3, 25);
}

#[test]
fn twenty_five_other_power_cuts_lose_and_double_nothing() {
    cuts(11, 25);
}

/// A chip whose journal has no room for another long scan, filled by the code that the image
/// runs; and how many scans wait in it.
fn nearly_full() -> (Chip, u32) {
    let mut chip = Chip::new();
    let mut journal = Journal::open(&mut chip, Chip::JOURNAL, 7);
    let text = [b'7'; 500];
    let scan = NewScan {
        box_number: BoxNumber(1),
        at: Moment::Uptime { boot: 1, ms: 1 },
        aim: None,
        verdict: Verdict::Nothing,
        text: &text,
    };
    loop {
        while journal.wants_tidy() {
            journal.tidy();
        }
        match journal.append(&scan) {
            Ok(_) => {}
            Err(AppendError::Full) => break,
            Err(error) => panic!("{error:?}"),
        }
    }
    let waiting = journal.waiting();
    drop(journal);
    (chip, waiting)
}

#[test]
fn what_does_not_fit_is_refused_and_counted_to_the_last() {
    let Some(mut counter) = Counter::new() else { return };
    let (chip, waiting) = nearly_full();
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), chip.bytes()).unwrap();
    counter.load_flash(file.path());
    counter.ask(&[json!({ "do": "host", "absent": true })]);
    counter.power(true);
    counter.run(500);
    let count = 30;
    let codes: Vec<_> = (0..count).map(imei).collect();
    codes.iter().for_each(|code| counter.show(code.as_str()));
    while counter.engine.waiting() > 0 {
        counter.run(500);
    }
    counter.run(1_000);
    counter.ask(&[json!({ "do": "host", "connect": true })]);
    counter.until("the state", |counter| counter.notes().state.is_some());
    let refused = counter.notes().state.unwrap().refused;
    assert!(refused > 0 && refused < count, "{refused}");
    let expected = (waiting + count - refused) as usize;
    counter.until_scans(expected);
    counter.run(2_000);
    let came = texts(&counter);
    assert_eq!(came.len(), expected, "the count of refused scans is not exact");
    assert_eq!(came[waiting as usize..], codes[..(count - refused) as usize]);
}

#[test]
fn the_moment_of_a_cut_is_kept() {
    let Some(mut counter) = Counter::ready() else { return };
    let at: Nanos = counter.now() + 123 * MS + 456;
    counter.cut_at(at);
    counter.run(500);
    let went = counter.last("power").unwrap().at;
    assert!(went.abs_diff(at) <= MS / 500, "{went} for {at}");
}
