//! A scanner that was put together wrongly, or whose engine was set differently.

use tekser_wire::message::EngineState;

use crate::counter::Counter;
use crate::label::imei;

/// What becomes of a code when the line is like this.
fn tried(options: &[&str]) -> Option<Counter> {
    let mut counter = Counter::with(options)?;
    counter.power(true);
    counter.until("a state", |counter| counter.notes().state.is_some());
    counter.run(6_000);
    counter.show(imei(1).as_str());
    counter.run(1_000);
    Some(counter)
}

fn assert_silent(counter: &Counter) {
    assert_eq!(counter.notes().state.unwrap().engine, EngineState::Silent);
    assert!(counter.notes().scans.iter().all(|scan| scan.text != imei(1)), "a code came through");
}

#[test]
fn an_engine_at_another_speed_is_silent() {
    let Some(counter) = tried(&["--baud", "115200"]) else { return };
    assert_silent(&counter);
}

#[test]
fn an_engine_on_other_pins_is_silent() {
    let Some(counter) = tried(&["--pins", "4,5"]) else { return };
    assert_silent(&counter);
}

#[test]
fn an_engine_at_the_right_speed_on_the_right_pins_is_not() {
    let Some(counter) = tried(&["--baud", "9600", "--pins", "0,1"]) else { return };
    assert_eq!(counter.notes().state.unwrap().engine, EngineState::Ready);
    assert_eq!(counter.notes().scans.len(), 1);
    assert_eq!(counter.counters().baud, 9_600);
}
