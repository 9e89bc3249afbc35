//! Who says what when.

use tekser_wire::message::*;
use tekser_wire::scanner::{RESEND_AFTER_MS, Request, ScannerEnd, Source};
use tekser_wire::station::StationEnd;
use tekser_wire::version::Versions;

use crate::shelf::{
    Heard, Pair, STORE, Shelf, by_scanner, by_station, scanner_hears, scanner_says, station_hears,
    station_says,
};

impl Pair {
    fn says_to_scanner(&mut self, message: &FromStation) {
        let request = scanner_hears(&mut self.scanner, &by_station(message), self.now, STORE);
        self.requests.extend(request);
    }

    fn gaps(&self) -> Vec<(u32, u32)> {
        let gap = |heard: &Heard| match heard {
            Heard::Gap(_, first, last) => Some((*first, *last)),
            _ => None,
        };
        self.heard.iter().filter_map(gap).collect()
    }

    fn shelf_hello(&self) -> ScannerHello {
        ScannerHello { versions: Versions::OURS, ..self.shelf.hello() }
    }

    fn ack(&mut self, through: u32) {
        self.station.ack(Sequence(through));
        self.exchange();
    }

    fn accept(&mut self, count: u32) {
        (0..count).for_each(|_| _ = self.shelf.accept());
        self.exchange();
    }
}

#[test]
fn scans_come_once_in_order_and_go_when_they_are_durable() {
    let mut pair = Pair::resumed(0);
    pair.accept(5);
    assert_eq!(pair.scans(), [1, 2, 3, 4, 5]);
    assert_eq!(pair.requests, []);
    pair.ack(3);
    assert_eq!(pair.requests, [Request::Durable { through: Sequence(3) }]);
    assert!(pair.scanner.is_heard(pair.now));
}

#[test]
fn the_next_message_waits_for_the_resume() {
    let mut pair = Pair::new();
    pair.shelf.accept();
    pair.exchange();
    assert_eq!((pair.hellos(), pair.scans()), (1, vec![]));
    assert!(!pair.scanner.is_heard(pair.now), "nobody takes scans yet");
    assert!(!pair.station.resume(STORE, Sequence::NONE));
    pair.exchange();
    assert_eq!(pair.scans(), [1]);
}

#[test]
fn who_is_asked_fills_in_versions_and_nonce() {
    let pair = Pair::resumed(0);
    let hello = pair.station.hello().unwrap();
    assert_eq!((hello.versions, hello.nonce), (Versions::OURS, 7));
}

#[test]
fn no_more_than_the_window_is_under_way_and_it_comes_again_behind_the_last_ack() {
    let mut pair = Pair::resumed(0);
    (0..20).for_each(|_| _ = pair.shelf.accept());
    let said = scanner_says(&mut pair.scanner, &mut pair.shelf, pair.now);
    assert_eq!(said.len(), WINDOW as usize);
    pair.says_to_scanner(&FromStation::Ack { store: STORE, through: Sequence(2) });
    let said = scanner_says(&mut pair.scanner, &mut pair.shelf, pair.now);
    assert_eq!(said.len(), 2);
    assert_eq!(pair.scanner.wake_at(), Some(pair.now + u64::from(RESEND_AFTER_MS)));
    // Those ten were lost.
    pair.pass(u64::from(RESEND_AFTER_MS) - 1);
    assert_eq!(pair.scans(), []);
    pair.shelf.scans.retain(|number, _| *number > 2);
    pair.station.resume(STORE, Sequence(2));
    pair.pass(1);
    assert_eq!(pair.scans(), (3..=10).collect::<Vec<_>>());
}

#[test]
fn what_comes_twice_is_answered_with_what_is_durable_not_with_what_was_heard() {
    let mut pair = Pair::resumed(0);
    pair.accept(3);
    pair.ack(1);
    pair.forget_what_was();
    pair.pass(u64::from(RESEND_AFTER_MS));
    assert_eq!(pair.scans(), []);
    let again = by_station(&FromStation::Ack { store: STORE, through: Sequence(1) });
    assert!(pair.to_scanner.contains(&again));
    assert_eq!(pair.requests, []);
}

#[test]
fn an_ack_of_what_was_never_handed_out_is_not_said() {
    let mut pair = Pair::resumed(0);
    pair.accept(2);
    pair.ack(3);
    assert_eq!(pair.requests, []);
    pair.ack(2);
    assert_eq!(pair.requests, [Request::Durable { through: Sequence(2) }]);
    pair.ack(1);
    assert_eq!(pair.requests.len(), 1, "durable stays durable");
}

#[test]
fn an_ack_for_another_store_means_nothing() {
    let mut pair = Pair::resumed(0);
    pair.accept(2);
    pair.says_to_scanner(&FromStation::Ack { store: StoreId(1), through: Sequence(2) });
    assert_eq!(pair.requests, []);
}

#[test]
fn an_ack_from_before_the_conversation_means_nothing() {
    let mut pair = Pair::new();
    pair.accept(2);
    pair.says_to_scanner(&FromStation::Ack { store: STORE, through: Sequence(2) });
    assert_eq!(pair.requests, []);
}

#[test]
fn a_scan_that_is_echoed_is_no_ack_of_itself() {
    let mut pair = Pair::resumed(0);
    pair.shelf.accept();
    let said = scanner_says(&mut pair.scanner, &mut pair.shelf, pair.now).concat();
    assert_eq!(scanner_hears(&mut pair.scanner, &said, pair.now, STORE), []);
    pair.station.ask(FromStation::NextBox).unwrap();
    let said = station_says(&mut pair.station, pair.now).concat();
    assert_eq!(station_hears(&mut pair.station, &said, pair.now), []);
}

#[test]
fn a_station_that_says_nothing_is_away_and_back_with_its_next_word() {
    let mut pair = Pair::resumed(0);
    let away_at = pair.now + u64::from(AWAY_AFTER_MS);
    assert!(pair.scanner.is_heard(away_at - 1));
    assert!(!pair.scanner.is_heard(away_at));
    pair.shelf.accept();
    assert_eq!(scanner_says(&mut pair.scanner, &mut pair.shelf, away_at), [[0; 0]; 0]);
    assert_eq!(pair.scanner.wake_at(), None, "nothing to wait for");
    pair.now = away_at;
    pair.exchange();
    assert!(pair.scanner.is_heard(away_at));
    assert_eq!((pair.scans(), pair.hellos()), (vec![1], 1));
}

#[test]
fn a_station_with_nothing_to_say_says_that_it_is_there() {
    let mut pair = Pair::resumed(0);
    pair.forget_what_was();
    pair.pass(10_000);
    let alive = by_station(&FromStation::Alive);
    let count = pair.to_scanner.iter().filter(|said| **said == alive).count();
    assert_eq!((count, pair.to_scanner.len()), (10, 10));
}

#[test]
fn a_silent_scanner_is_told_once_and_greeted_until_it_answers() {
    let mut station = StationEnd::new(7);
    let mut said = Vec::new();
    for now in (0..20_000).step_by(50) {
        said.extend(station.tick(now).map(Heard::from));
        station_says(&mut station, now);
    }
    assert_eq!(said, [Heard::Other("Silent".into())]);
    let mut pair = Pair { station, now: 20_000, ..Pair::new() };
    pair.pass(1_000);
    assert_eq!(pair.hellos(), 1);
}

#[test]
fn a_scanner_that_falls_silent_is_greeted_anew() {
    let mut pair = Pair::resumed(0);
    pair.forget_what_was();
    let end = pair.now + u64::from(SILENT_AFTER_MS);
    while pair.now < end {
        pair.now += 50;
        pair.heard.extend(pair.station.tick(pair.now).map(Heard::from));
        station_says(&mut pair.station, pair.now);
    }
    assert_eq!(pair.heard, [Heard::Other("Silent".into())]);
    assert_eq!(pair.station.hello(), None);
    pair.pass(1_000);
    assert_eq!(pair.hellos(), 1);
}

#[test]
fn a_new_hello_begins_anew_in_the_middle() {
    let mut pair = Pair::resumed(0);
    pair.accept(5);
    pair.ack(2);
    pair.shelf.forget(Sequence(2));
    pair.station = StationEnd::new(8);
    pair.forget_what_was();
    pair.exchange();
    pair.station.resume(STORE, Sequence(2));
    pair.exchange();
    assert_eq!((pair.hellos(), pair.scans()), (1, vec![3, 4, 5]));
}

#[test]
fn a_lost_resume_is_said_again() {
    let mut pair = Pair::new();
    pair.accept(1);
    pair.station.resume(STORE, Sequence::NONE);
    let lost = station_says(&mut pair.station, pair.now);
    assert_eq!(lost.len(), 1);
    pair.pass(2_000);
    assert_eq!((pair.scans(), pair.hellos()), (vec![1], 1));
}

#[test]
fn a_resume_that_was_late_takes_back_no_ack() {
    let mut pair = Pair::resumed(0);
    pair.accept(5);
    pair.ack(3);
    pair.shelf.forget(Sequence(3));
    pair.forget_what_was();
    pair.says_to_scanner(&FromStation::Resume { store: STORE, after: Sequence::NONE });
    assert_eq!(pair.requests, [Request::Durable { through: Sequence(3) }]);
    let said = scanner_says(&mut pair.scanner, &mut pair.shelf, pair.now);
    // A state and the two that are not acknowledged, without a word of what went.
    assert_eq!(said.len(), 3);
}

#[test]
fn a_scanner_that_began_anew_is_met_again() {
    let mut pair = Pair::resumed(0);
    pair.accept(2);
    pair.scanner = ScannerEnd::new();
    pair.forget_what_was();
    pair.pass(2_000);
    assert_eq!(pair.hellos(), 1);
    pair.station.resume(STORE, Sequence(0));
    pair.exchange();
    assert_eq!(pair.scans(), [1, 2]);
}

#[test]
fn a_store_that_was_formatted_in_the_middle_is_met_as_another() {
    let mut pair = Pair::resumed(0);
    pair.accept(2);
    pair.ack(2);
    pair.shelf = Shelf::new(StoreId(2));
    pair.forget_what_was();
    pair.accept(1);
    pair.pass(2_000);
    assert_eq!((pair.scans(), pair.hellos()), (vec![], 1));
    pair.station.resume(StoreId(2), Sequence::NONE);
    pair.exchange();
    assert_eq!(pair.scans(), [1]);
}

#[test]
fn a_resume_of_another_store_begins_no_scans() {
    let mut pair = Pair::new();
    pair.accept(1);
    pair.forget_what_was();
    pair.says_to_scanner(&FromStation::Resume { store: StoreId(5), after: Sequence::NONE });
    let said = scanner_says(&mut pair.scanner, &mut pair.shelf, pair.now);
    assert_eq!(said.len(), 1);
    // A `Hello` that nobody asked for: the station greets anew.
    station_hears(&mut pair.station, &said[0], pair.now);
    pair.pass(1_000);
    assert_eq!((pair.hellos(), pair.scans()), (1, vec![]));
}

#[test]
fn an_answer_to_an_earlier_conversation_is_not_taken() {
    let mut pair = Pair::new();
    let mut late = pair.shelf_hello();
    late.nonce = 6;
    let late = by_scanner(&FromScanner::Hello(late));
    assert_eq!(station_hears(&mut pair.station, &late, pair.now), []);
    assert_eq!(pair.station.hello(), None);
}

#[test]
fn what_was_lost_in_front_is_told_before_the_first_scan() {
    let mut pair = Pair::new();
    pair.accept(99);
    pair.shelf.forget(Sequence(96));
    pair.station.resume(STORE, Sequence(2));
    pair.exchange();
    assert_eq!((pair.gaps(), pair.scans()), (vec![(3, 96)], vec![]));
    pair.ack(96);
    assert_eq!((pair.gaps(), pair.scans()), (vec![(3, 96)], vec![97, 98, 99]));
}

#[test]
fn what_is_missing_in_the_middle_is_told_in_its_place() {
    let mut pair = Pair::new();
    pair.accept(5);
    pair.shelf.scans.remove(&3);
    pair.station.resume(STORE, Sequence::NONE);
    pair.exchange();
    assert_eq!((pair.gaps(), pair.scans()), (vec![(3, 3)], vec![1, 2, 4, 5]));
    let is_gap = |heard: &Heard| matches!(heard, Heard::Gap(..));
    let place = pair.heard.iter().position(is_gap).unwrap();
    assert!(matches!(pair.heard[place - 1], Heard::Scan(_, 2, _)));
}

#[test]
fn a_gap_over_what_was_heard_is_told_for_the_rest_alone() {
    let mut pair = Pair::resumed(0);
    pair.accept(3);
    pair.forget_what_was();
    let gap = FromScanner::Gap { store: STORE, first: Sequence(1), last: Sequence(10) };
    let heard = station_hears(&mut pair.station, &by_scanner(&gap), pair.now);
    assert_eq!(heard, [Heard::Gap(STORE, 4, 10)]);
    let heard = station_hears(&mut pair.station, &by_scanner(&gap), pair.now);
    assert_eq!(heard, []);
}

#[test]
fn a_store_that_forgot_what_is_durable_is_told_and_skips_the_numbers() {
    let mut pair = Pair::new();
    pair.accept(3);
    assert!(pair.station.resume(STORE, Sequence(5)));
    pair.exchange();
    assert_eq!(pair.requests, [Request::Durable { through: Sequence(5) }]);
    pair.shelf.forget(Sequence(5));
    pair.accept(1);
    assert_eq!(pair.scans(), [6]);
}
