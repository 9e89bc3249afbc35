//! The real station, `tekser serve`, with the image's USB plugged into it.

mod cable;
mod line;
mod program;

use std::time::Duration;

use tekser_wire::message::Sequence;
use tempfile::tempdir;

use crate::label::imei;
use cable::Cable;
use program::{Kept, Program};

/// Codes that are shown in a test.
const CODES: u32 = 60;

/// What has to be in the station once the first so many codes were shown.
fn expected(codes: u32) -> Vec<Kept> {
    (1..=codes).map(|number| Kept { sequence: number, text: imei(number) }).collect()
}

#[test]
fn what_the_engine_reads_is_in_the_station_once_and_in_order() {
    let Some(mut cable) = Cable::plug() else { return };
    let data = tempdir().unwrap();
    let program = Program::serve(data.path(), cable.port());
    cable.until_ready();
    (1..=CODES).for_each(|number| cable.counter.show(imei(number).as_str()));
    cable.until_durable(CODES);
    assert_eq!(program.scans(), expected(CODES));
}

#[test]
fn a_station_that_is_killed_has_every_code_once_and_in_order() {
    const KILLS: u32 = 3;
    const BURST: u32 = CODES / KILLS;
    let Some(mut cable) = Cable::plug() else { return };
    let data = tempdir().unwrap();
    let mut program = Program::serve(data.path(), cable.port());
    cable.until_ready();
    let mut cut_short = 0;
    for kill in 0..KILLS {
        let before = kill * BURST;
        (1..=BURST).for_each(|number| cable.counter.show(imei(before + number).as_str()));
        cable.until_durable(before + 5 + kill);
        program.kill();
        // People go on scanning.
        cable.until("the rest to be scanned", |cable| cable.counter.engine.waiting() == 0);
        cut_short += u32::from(cable.durable() < Sequence(before + BURST));
        program = Program::serve(data.path(), cable.port());
        cable.until_durable(before + BURST);
        assert_eq!(program.scans(), expected(before + BURST));
    }
    assert!(cut_short > 0, "it was killed with nothing left to take");
}

#[test]
fn a_scan_is_durable_soon_after_its_last_byte() {
    let Some(mut cable) = Cable::plug() else { return };
    let data = tempdir().unwrap();
    let _program = Program::serve(data.path(), cable.port());
    cable.until_ready();
    for number in 1..=CODES {
        cable.counter.show(imei(number).as_str());
        cable.until_durable(number);
    }
    let mut delays = cable.delays();
    assert_eq!(delays.len(), CODES as usize);
    delays.sort_unstable();
    let (median, worst) = (delays[delays.len() / 2], delays[delays.len() - 1]);
    let ms = |time: Duration| time.as_secs_f64() * 1_000.0;
    println!(
        "frame written to Ack read, on disk in between: {:.2} ms median, {:.2} ms worst",
        ms(median),
        ms(worst)
    );
    // On a machine that does other things as well; what it takes on a quiet one is printed.
    assert!(median <= Duration::from_millis(250), "{median:?}");
}
