//! Panics, hangs, and restarts that were asked for.

use serde_json::json;
use tekser_wire::message::{FromStation, Restart, Start};

use crate::counter::Counter;
use crate::label::imei;
use crate::log::readable;
use crate::place::Place;

/// Shows a code while the host sleeps, so that a scan waits in the scanner.
fn with_a_scan_waiting() -> Option<Counter> {
    let mut counter = Counter::ready()?;
    counter.station.acknowledges = false;
    counter.show(imei(1).as_str());
    counter.until_scans(1);
    Some(counter)
}

fn until_back(counter: &mut Counter, boots: u32) {
    counter.until("the scanner to be back", |counter| {
        counter.notes().hellos.last().is_some_and(|hello| hello.boots == boots)
    });
}

#[test]
fn a_panic_is_told_to_the_station_with_file_and_line() {
    let Some(mut counter) = with_a_scan_waiting() else { return };
    counter.tell(FromStation::Panic);
    counter.until("the crash", |counter| !counter.notes().crashes.is_empty());
    let crash = &counter.notes().crashes[0];
    assert!(crash.file.ends_with("firmware/scanner/src/shell.rs"), "{crash:?}");
    assert!(crash.line > 0);
    assert_eq!(crash.message, "asked for by the station");
    assert!(crash.uptime_ms > 50 && crash.uptime_ms < 5_000, "{crash:?}");
    let hello = counter.notes().hellos.last().unwrap();
    assert_eq!((hello.start, hello.boots), (Start::Panic, 2));
}

#[test]
fn a_crash_that_was_seen_is_forgotten_and_one_that_was_not_is_kept() {
    let Some(mut counter) = Counter::ready() else { return };
    counter.station.sees_crashes = false;
    counter.tell(FromStation::Panic);
    counter.until("the crash", |counter| !counter.notes().crashes.is_empty());
    counter.tell(FromStation::Restart(Restart::Firmware));
    until_back(&mut counter, 3);
    assert_eq!(counter.notes().hellos.last().unwrap().start, Start::Asked);
    let told = counter.notes().crashes.len();
    counter.station.sees_crashes = true;
    counter.until("the crash again", |counter| counter.notes().crashes.len() > told);
    counter.run(500);
    counter.tell(FromStation::Restart(Restart::Firmware));
    until_back(&mut counter, 4);
    let told = counter.notes().crashes.len();
    counter.run(3_000);
    assert_eq!(counter.notes().crashes.len(), told);
}

#[test]
fn a_panic_is_readable_in_the_log_of_a_probe() {
    let Some(mut counter) = Counter::ready() else { return };
    counter.tell(FromStation::Panic);
    counter.until("the crash", |counter| !counter.notes().crashes.is_empty());
    let log = readable(&Place::find().unwrap().elf(), &counter.log());
    let line = log.iter().find(|line| line.contains("panic at")).expect("it is in the log");
    assert!(line.contains("firmware/scanner/src/shell.rs:"), "{line}");
    assert!(line.ends_with("asked for by the station"), "{line}");
    let line = log.iter().find(|line| line.contains("Tekser scanner")).expect("it greets");
    assert!(line.contains("E661A4D41735A52B"), "{line}");
}

#[test]
fn a_hang_is_ended_by_the_watchdog_and_loses_nothing() {
    let Some(mut counter) = with_a_scan_waiting() else { return };
    let hung = counter.now();
    counter.ask(&[json!({ "do": "hang" })]);
    counter.station.acknowledges = true;
    until_back(&mut counter, 2);
    assert_eq!(counter.notes().hellos.last().unwrap().start, Start::Watchdog);
    let reset = counter.last("reset").unwrap();
    assert_eq!(reset.text("cause"), "watchdog");
    assert!(reset.at - hung <= 2_100_000_000, "it took {} ms", (reset.at - hung) / 1_000_000);
    counter.until("the scan to be acknowledged", |counter| {
        counter.notes().state.is_some_and(|state| state.waiting == 0)
    });
    assert_eq!(counter.notes().scans.len(), 1, "it came twice");
}

#[test]
fn it_restarts_when_asked_and_remembers_its_scans() {
    let Some(mut counter) = with_a_scan_waiting() else { return };
    counter.tell(FromStation::Restart(Restart::Firmware));
    until_back(&mut counter, 2);
    let hello = counter.notes().hellos.last().unwrap();
    assert_eq!(hello.start, Start::Asked);
    assert_eq!((hello.oldest.0, hello.next.0), (1, 2));
}

#[test]
fn it_goes_to_its_boot_loader_when_asked() {
    let Some(mut counter) = Counter::ready() else { return };
    counter.tell(FromStation::Restart(Restart::BootLoader));
    counter.until("the boot loader", |counter| counter.last("boot_loader").is_some());
    assert_eq!(counter.last("boot_loader").unwrap().text("why"), "asked");
}
