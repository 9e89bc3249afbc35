//! Any stream of bytes: no panic, bounded messages, the next frame is understood, and what can be
//! read can be written and is the same then.
#![no_main]

use std::fmt::Debug;

use libfuzzer_sys::fuzz_target;
use tekser_wire::frame::{Deframer, FRAME_MAX, FrameError, Speaker, decode, encode};
use tekser_wire::message::MESSAGE_MAX;
use tekser_wire::{FromScanner, FromStation};

fuzz_target!(|stream: &[u8]| {
    let mut deframer = Deframer::new(Speaker::Station);
    for message in deframed(&mut deframer, stream).into_iter().flatten() {
        assert!(message.len() <= MESSAGE_MAX);
        read(&message);
    }
    let mut out = [0; FRAME_MAX];
    let length = encode(Speaker::Station, &FromStation::Alive, &mut out).unwrap();
    assert_eq!(deframed(&mut deframer, &out[..length]).pop(), Some(Ok(vec![3])));
    // As a message too: a fuzzer hardly ever guesses a checksum.
    read(stream);
});

fn deframed(deframer: &mut Deframer, stream: &[u8]) -> Vec<Result<Vec<u8>, FrameError>> {
    let taken = |byte: &u8| deframer.push(*byte).map(|taken| taken.map(<[u8]>::to_vec));
    stream.iter().filter_map(taken).collect()
}

fn read(message: &[u8]) {
    if let Ok(said) = decode::<FromScanner<'_>>(message)
        && let Some(again) = written(&said)
    {
        assert_eq!(decode(&again), Ok(said));
    }
    if let Ok(said) = decode::<FromStation>(message) {
        assert_eq!(decode(&written(&said).unwrap()), Ok(said));
    }
}

/// The message again; nothing if it is too long, as only one that never came in a frame can be.
fn written(message: &(impl serde::Serialize + Debug)) -> Option<Vec<u8>> {
    let _ = format!("{message:?}");
    let mut out = [0; FRAME_MAX];
    let length = match encode(Speaker::Station, message, &mut out) {
        Ok(length) => length,
        Err(error) => {
            assert_eq!(error, FrameError::TooLong);
            return None;
        }
    };
    deframed(&mut Deframer::new(Speaker::Station), &out[..length]).pop()?.ok()
}
