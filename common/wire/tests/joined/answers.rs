//! Settings, states, crashes and whatever else is asked and told beside scans.

use tekser_wire::message::*;
use tekser_wire::scanner::{CRASH_EVERY_MS, Request, ScannerEnd};
use tekser_wire::station::{ASKS_MAX, AskError};

use crate::shelf::{
    Heard, Pair, STORE, Shelf, by_scanner, by_station, scanner_hears, scanner_says, station_hears,
};

#[test]
fn settings_are_read_changed_and_refused() {
    let mut pair = Pair::resumed(0);
    pair.forget_what_was();
    pair.station.ask(FromStation::ReadSettings).unwrap();
    pair.exchange();
    let answer = || Heard::Other(format!("Settings({:?})", Settings::DEFAULT));
    assert_eq!(pair.heard, [answer()]);
    let wanted = Settings { loudness: 1, ..Settings::DEFAULT };
    pair.station.ask(FromStation::Configure(wanted)).unwrap();
    pair.exchange();
    assert_eq!(pair.requests, [Request::Configure(wanted)]);
    pair.scanner.settings_answer(Ok(()));
    pair.exchange();
    pair.scanner.settings_answer(Err(SettingsError::Baud));
    assert_eq!(pair.scanner.wake_at(), Some(0));
    pair.exchange();
    assert_eq!(pair.heard, [answer(), answer(), Heard::Other("SettingsRefused(Baud)".into())]);
}

#[test]
fn everything_else_that_a_station_asks_arrives() {
    let mut pair = Pair::resumed(0);
    let asks = [
        (FromStation::Time { unix_ms: 5 }, Request::Time { unix_ms: 5 }),
        (FromStation::Trigger { on: true }, Request::Trigger { on: true }),
        (FromStation::NextBox, Request::NextBox),
        (FromStation::Notice(Notice::Stop), Request::Notice(Notice::Stop)),
        (FromStation::Restart(Restart::BootLoader), Request::Restart(Restart::BootLoader)),
        (FromStation::CrashSeen, Request::CrashSeen),
        (FromStation::Panic, Request::Panic),
    ];
    for (ask, _) in &asks {
        pair.station.ask(ask.clone()).unwrap();
    }
    pair.exchange();
    assert_eq!(pair.requests, asks.map(|(_, request)| request));
}

#[test]
fn what_cannot_be_asked_is_refused() {
    let mut pair = Pair::new();
    assert_eq!(pair.station.ask(FromStation::NextBox), Err(AskError::NotMet));
    pair.exchange();
    assert_eq!(pair.station.ask(FromStation::Alive), Err(AskError::NotYours));
    for _ in 0..ASKS_MAX {
        pair.station.ask(FromStation::NextBox).unwrap();
    }
    assert_eq!(pair.station.ask(FromStation::NextBox), Err(AskError::Full));
    pair.exchange();
    assert_eq!(pair.requests.len(), ASKS_MAX);
}

#[test]
fn a_crash_is_told_until_it_was_seen_and_cut_to_what_fits() {
    let mut pair = Pair::new();
    let long = format!("a{}", "ё".repeat(1_000));
    pair.shelf.crash = Some((long.clone(), long));
    pair.exchange();
    pair.station.resume(STORE, Sequence::NONE);
    pair.exchange();
    let crashes = |pair: &Pair| -> Vec<(String, String)> {
        let crash = |heard: &Heard| match heard {
            Heard::Crash(file, message) => Some((file.clone(), message.clone())),
            _ => None,
        };
        pair.heard.iter().filter_map(crash).collect()
    };
    let (file, message) = crashes(&pair).remove(0);
    assert_eq!(file, "ё".repeat(128));
    assert_eq!(message, format!("a{}", "ё".repeat(127)));
    pair.pass(u64::from(CRASH_EVERY_MS));
    assert_eq!(crashes(&pair).len(), 2);
    pair.shelf.crash = None;
    pair.pass(u64::from(CRASH_EVERY_MS) * 3);
    assert_eq!(crashes(&pair).len(), 2);
}

#[test]
fn a_state_comes_when_it_changed_but_not_too_often_and_now_and_then() {
    let mut pair = Pair::resumed(0);
    let states = |pair: &Pair| {
        let is_state =
            |heard: &&Heard| matches!(heard, Heard::Other(event) if event.starts_with("State"));
        pair.heard.iter().filter(is_state).count()
    };
    pair.forget_what_was();
    for _ in 0..20 {
        pair.scanner.state_changed();
        pair.shelf.waiting += 1;
        pair.pass(50);
    }
    assert_eq!(states(&pair), 10);
    pair.pass(100);
    pair.forget_what_was();
    pair.pass(10_000);
    assert_eq!(states(&pair), 5);
}

#[test]
fn broken_frames_are_counted_and_told() {
    let mut pair = Pair::resumed(0);
    pair.forget_what_was();
    for _ in 0..3 {
        scanner_hears(&mut pair.scanner, b"\0junk\0", pair.now, STORE);
    }
    // Whole, of our version, and nothing that we know.
    scanner_hears(&mut pair.scanner, &by_station(&200_u32), pair.now, STORE);
    pair.pass(2_000);
    let Some(Heard::Other(state)) = pair.heard.first() else { panic!("no state") };
    assert!(state.contains("bad_frames: 4"), "{state}");
    station_hears(&mut pair.station, b"\0junk\0", pair.now);
    station_hears(&mut pair.station, &by_scanner(&200_u32), pair.now);
    let faults = pair.station.faults();
    assert_eq!((faults.broken, faults.unreadable, faults.skipped), (1, 1, 0));
}

#[test]
fn a_link_that_was_down_is_no_station() {
    let mut pair = Pair::resumed(0);
    pair.scanner.link_down();
    assert!(!pair.scanner.is_heard(pair.now));
    pair.shelf.accept();
    assert_eq!(scanner_says(&mut pair.scanner, &mut pair.shelf, pair.now), [[0; 0]; 0]);
}

#[test]
fn a_scanner_says_nothing_to_what_is_no_station() {
    let mut scanner = ScannerEnd::new();
    let mut shelf = Shelf::new(STORE);
    shelf.accept();
    for word in [&b"AT\r"[..], b"\x7e\x01\0\0AT+CGSN\r\n\0", &[0; 9]] {
        assert_eq!(scanner_hears(&mut scanner, word, 0, STORE), []);
        assert_eq!(scanner_says(&mut scanner, &mut shelf, 0), [[0; 0]; 0]);
    }
}
