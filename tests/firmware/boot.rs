//! From power to the first conversation.

use tekser_wire::message::{Board, Start};
use tekser_wire::usb;

use crate::counter::Counter;
use crate::emulator::MS;

#[test]
fn it_shows_itself_under_the_names_that_stations_know() {
    let Some(mut counter) = Counter::new() else { return };
    counter.power(true);
    counter.until("the port", |counter| counter.last("usb").is_some());
    let port = counter.last("usb").unwrap();
    assert_eq!(port.text("state"), "configured", "{port:?}");
    assert_eq!(port.number("vendor"), u64::from(usb::VENDOR));
    assert_eq!(port.number("product"), u64::from(usb::PRODUCT));
    assert_eq!(port.text("maker"), usb::MAKER);
    assert_eq!(port.text("name"), format!("{} Pico", usb::NAME));
    assert_eq!(port.text("serial"), "E661A4D41735A52B");
    assert!(port.at < 200 * MS, "it took {} ms", port.at / MS);
}

#[test]
fn it_presents_itself_to_the_station() {
    let Some(counter) = Counter::ready() else { return };
    let hello = counter.notes().hellos.first().unwrap();
    assert_eq!(hello.board, Board::PICO);
    assert_eq!(hello.serial.to_string(), "E661A4D41735A52B");
    assert_eq!(hello.start, Start::Power);
    assert_eq!(hello.boots, 1);
}

#[test]
fn it_touches_nothing_that_is_not_there() {
    let Some(counter) = Counter::ready() else { return };
    let complaints: Vec<_> = counter.seen.iter().filter(|seen| seen.kind == "complaint").collect();
    assert!(complaints.is_empty(), "{complaints:?}");
}

#[test]
fn it_sets_the_engine_up_and_reads_its_settings_back() {
    let Some(counter) = Counter::ready() else { return };
    let asked = counter.engine.asked();
    assert!(asked.iter().any(|said| said.contains("write")), "{asked:?}");
    assert!(asked.iter().any(|said| said.contains("read")), "{asked:?}");
}
