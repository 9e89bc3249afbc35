//! What comes from a station, whole and broken.

use tekser_wire::frame::{FRAME_MAX, Speaker, encode};
use tekser_wire::message::{FromStation, Restart};

use crate::counter::Counter;
use crate::emulator::MS;

/// A frame that sends the scanner to its boot loader.
fn goodbye() -> Vec<u8> {
    let mut frame = [0; FRAME_MAX];
    let message = FromStation::Restart(Restart::BootLoader);
    let length = encode(Speaker::Station, &message, &mut frame).unwrap();
    frame[..length].to_vec()
}

#[test]
fn a_frame_with_a_wrong_checksum_is_counted_and_not_obeyed() {
    let Some(mut counter) = Counter::ready() else { return };
    let mut frame = goodbye();
    // The last byte of the checksum stands in front of the closing 0; it stays other than 0.
    let place = frame.len() - 2;
    frame[place] = if frame[place] == 1 { 2 } else { frame[place] ^ 1 };
    counter.say_raw(&frame);
    counter.until("the broken frame to be counted", |counter| {
        counter.notes().state.is_some_and(|state| state.bad_frames == 1)
            || counter.last("boot_loader").is_some()
    });
    assert!(counter.last("boot_loader").is_none(), "it obeyed");
}

#[test]
fn the_same_frame_whole_is_obeyed() {
    let Some(mut counter) = Counter::ready() else { return };
    counter.say_raw(&goodbye());
    counter.until("the boot loader", |counter| counter.last("boot_loader").is_some());
}

#[test]
fn garbage_between_frames_costs_nothing_but_itself() {
    let Some(mut counter) = Counter::ready() else { return };
    let garbage: Vec<u8> = (0..5_000_u32).map(|at| ((at * 7919) >> 3) as u8).collect();
    counter.say_raw(&garbage);
    counter.run(1_000);
    assert!(counter.last("reset").is_none());
    let begin = counter.now();
    counter.show("490154203237518");
    counter.until_scans(1);
    assert!(counter.now() - begin < 200 * MS);
}
