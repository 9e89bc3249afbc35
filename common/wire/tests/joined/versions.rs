//! Peers of other versions.

use serde::Serialize;
use tekser_wire::message::*;
use tekser_wire::scanner::{Request, ScannerEnd, Source};
use tekser_wire::station::{AskError, StationEnd};
use tekser_wire::version::{CURRENT, MIN, Mismatch, Versions};

use crate::shelf::{
    Heard, STORE, Shelf, by_scanner, by_station, scanner_hears, scanner_says, station_hears,
    station_says, text,
};

/// What a scanner of the next version says, with words that we do not know.
#[derive(Serialize)]
#[expect(dead_code, reason = "the places of the variants count")]
enum FromNextScanner<'a> {
    Hello(ScannerHello),
    State(State),
    Scan { store: StoreId, scan: NextScan<'a> },
    Settings(Settings),
    SettingsRefused(SettingsError),
    Crash(()),
    Gap(()),
    Battery { percent: u8 },
}

/// A scan with a verdict of the next version, and more behind it.
#[derive(Serialize)]
struct NextScan<'a> {
    sequence: Sequence,
    box_number: BoxNumber,
    at: Moment,
    aim: Option<Aim>,
    verdict: u8,
    text: &'a [u8],
    light: u16,
}

/// What a station of the next version says.
#[derive(Serialize)]
#[expect(dead_code, reason = "the places of the variants count")]
enum FromNextStation {
    Hello { versions: Versions, nonce: u32 },
    Resume { store: StoreId, after: Sequence, patience: u32 },
    Ack { store: StoreId, through: Sequence },
    Alive,
    Time,
    ReadSettings,
    Configure,
    Trigger,
    NextBox,
    Notice,
    Restart(Restart),
    CrashSeen,
    Panic,
    Sing { tune: u32 },
}

const NEXT: Versions = Versions { min: MIN, current: CURRENT + 1 };
const FAR: Versions = Versions { min: CURRENT + 1, current: CURRENT + 9 };
const PAST: Versions = Versions { min: 0, current: MIN - 1 };

fn hello(versions: Versions, nonce: u32) -> ScannerHello {
    ScannerHello { versions, nonce, ..Shelf::new(STORE).hello() }
}

#[test]
fn who_understands_whom() {
    assert_eq!(Versions::OURS.meet(Versions::OURS), Ok(()));
    assert_eq!(Versions::OURS.meet(NEXT), Ok(()));
    assert_eq!(Versions::OURS.meet(FAR), Err(Mismatch::PeerTooNew));
    assert_eq!(Versions::OURS.meet(PAST), Err(Mismatch::PeerTooOld));
    assert_eq!(FAR.meet(Versions::OURS), Err(Mismatch::PeerTooOld));
}

#[test]
fn a_newer_scanner_delivers_and_what_we_do_not_know_is_skipped() {
    let mut station = StationEnd::new(7);
    station_says(&mut station, 0);
    let met = station_hears(&mut station, &by_scanner(&FromNextScanner::Hello(hello(NEXT, 7))), 0);
    assert_eq!(met, [Heard::Hello(hello(NEXT, 7))]);
    station.resume(STORE, Sequence::NONE);
    let battery = by_scanner(&FromNextScanner::Battery { percent: 80 });
    assert_eq!(station_hears(&mut station, &battery, 0), []);
    let scan = NextScan {
        sequence: Sequence(1),
        box_number: BoxNumber(1),
        at: Moment::Uptime { boot: 1, ms: 2 },
        aim: None,
        verdict: 77,
        text: b"490154203237518",
        light: 300,
    };
    let scan = by_scanner(&FromNextScanner::Scan { store: STORE, scan });
    let heard = station_hears(&mut station, &scan, 0);
    assert_eq!(heard, [Heard::Scan(STORE, 1, b"490154203237518".to_vec())]);
    let faults = station.faults();
    assert_eq!((faults.broken, faults.unreadable, faults.skipped), (0, 0, 1));
}

#[test]
fn a_newer_station_is_served_and_what_we_do_not_know_is_skipped() {
    let (mut scanner, mut shelf) = (ScannerEnd::new(), Shelf::new(STORE));
    shelf.accept();
    let greeting = by_station(&FromNextStation::Hello { versions: NEXT, nonce: 3 });
    let resume =
        by_station(&FromNextStation::Resume { store: STORE, after: Sequence::NONE, patience: 9 });
    let sing = by_station(&FromNextStation::Sing { tune: 1 });
    for bytes in [greeting, sing.clone(), resume, sing] {
        assert_eq!(scanner_hears(&mut scanner, &bytes, 0, STORE), []);
    }
    let said = scanner_says(&mut scanner, &mut shelf, 0);
    let healthy = FromScanner::State(State { bad_frames: 0, ..shelf.state() });
    assert_eq!(said[0], by_scanner(&healthy));
    let ack = by_station(&FromNextStation::Ack { store: STORE, through: Sequence(1) });
    let requests = scanner_hears(&mut scanner, &ack, 0, STORE);
    assert_eq!(requests, [Request::Durable { through: Sequence(1) }]);
    assert_eq!(said.len(), 2, "a state and the scan {}", text(STORE, 1));
}

#[test]
fn a_scanner_of_another_age_is_told_once_and_can_be_sent_to_its_boot_loader() {
    for (versions, mismatch) in [(PAST, Mismatch::PeerTooOld), (FAR, Mismatch::PeerTooNew)] {
        let mut station = StationEnd::new(7);
        let mut heard = Vec::new();
        let mut nonce = 7;
        for now in (0..30_000).step_by(100) {
            heard.extend(station.tick(now).map(Heard::from));
            for said in station_says(&mut station, now) {
                if said != by_station(&FromStation::Restart(Restart::BootLoader)) {
                    let greeting = FromStation::Hello { versions: Versions::OURS, nonce };
                    assert_eq!(said, by_station(&greeting));
                    let answer = by_scanner(&FromScanner::Hello(hello(versions, nonce)));
                    heard.extend(station_hears(&mut station, &answer, now));
                    nonce += 1;
                }
            }
        }
        let expected =
            format!("{:?}", tekser_wire::station::Event::Mismatch(mismatch, hello(versions, 7)));
        assert_eq!(heard, [Heard::Other(expected)]);
        assert_eq!(station.ask(FromStation::NextBox), Err(AskError::NotMet));
        station.ask(FromStation::Restart(Restart::BootLoader)).unwrap();
        let said = station_says(&mut station, 29_900);
        assert_eq!(said, [by_station(&FromStation::Restart(Restart::BootLoader))]);
    }
}

#[test]
fn a_station_of_another_age_is_answered_and_obeyed_in_a_restart_alone() {
    for versions in [PAST, FAR] {
        let (mut scanner, mut shelf) = (ScannerEnd::new(), Shelf::new(STORE));
        shelf.accept();
        let greeting = FromStation::Hello { versions, nonce: 3 };
        scanner_hears(&mut scanner, &by_station(&greeting), 0, STORE);
        let said = scanner_says(&mut scanner, &mut shelf, 0);
        let ours = ScannerHello { versions: Versions::OURS, nonce: 3, ..shelf.hello() };
        assert_eq!(said, [by_scanner(&FromScanner::Hello(ours))]);
        for word in [
            FromStation::Resume { store: STORE, after: Sequence(1) },
            FromStation::Ack { store: STORE, through: Sequence(1) },
            FromStation::Configure(Settings::DEFAULT),
            FromStation::Panic,
        ] {
            assert_eq!(scanner_hears(&mut scanner, &by_station(&word), 0, STORE), []);
        }
        assert_eq!(scanner_says(&mut scanner, &mut shelf, 3_000), [[0; 0]; 0]);
        assert!(!scanner.is_heard(0));
        let restart = by_station(&FromStation::Restart(Restart::BootLoader));
        let requests = scanner_hears(&mut scanner, &restart, 0, STORE);
        assert_eq!(requests, [Request::Restart(Restart::BootLoader)]);
    }
}
