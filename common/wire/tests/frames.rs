//! Frames in and out of bytes that are split, cut, changed and mixed.

use proptest::collection::vec;
use proptest::prelude::*;
use tekser_wire::frame::{Deframer, FRAME_MAX, FrameError, Speaker, encode};
use tekser_wire::message::MESSAGE_MAX;

/// Bytes as postcard writes a tuple of them: themselves.
struct Raw<'a>(&'a [u8]);

impl serde::Serialize for Raw<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeTuple;
        let mut tuple = serializer.serialize_tuple(self.0.len())?;
        self.0.iter().try_for_each(|byte| tuple.serialize_element(byte))?;
        tuple.end()
    }
}

fn framed(message: &[u8]) -> Vec<u8> {
    let mut out = [0; FRAME_MAX];
    let length =
        encode(Speaker::Station, &Raw(message), &mut out).expect("there is room for any message");
    out[..length].to_vec()
}

/// What comes out of a stream.
fn deframed(stream: impl IntoIterator<Item = u8>) -> Vec<Result<Vec<u8>, FrameError>> {
    let mut deframer = Deframer::new(Speaker::Station);
    let taken = |byte| deframer.push(byte).map(|message| message.map(<[u8]>::to_vec));
    stream.into_iter().filter_map(taken).collect()
}

#[test]
fn a_frame_is_what_the_page_says() {
    // What zlib makes of "H123456789".
    let expected = b"\0\x0e123456789\xaa\x02\x1a\x43\0";
    assert_eq!(framed(b"123456789"), expected);
    assert_eq!(framed(b""), [0, 5, 0x2f, 0x26, 0x05, 0xaa, 0]);
}

#[test]
fn the_longest_message_fits_whatever_is_in_it() {
    for byte in [0x00, 0x01, 0xff] {
        let message = [byte; MESSAGE_MAX];
        let frame = framed(&message);
        assert!(frame.len() <= FRAME_MAX);
        assert_eq!(deframed(frame), [Ok(message.to_vec())]);
    }
    let mut out = [0; FRAME_MAX + 8];
    let refused = encode(Speaker::Station, &Raw(&[7; MESSAGE_MAX + 1]), &mut out);
    assert_eq!(refused, Err(FrameError::TooLong));
}

#[test]
fn too_little_room_is_an_error_and_never_a_panic() {
    for message in [&b"123456789"[..], b"", &[0; 9], &[1; 250], &[1; 251], &[1; 508]] {
        let whole = framed(message);
        for room in 0..whole.len() {
            let mut out = vec![0; room];
            assert_eq!(
                encode(Speaker::Station, &Raw(message), &mut out),
                Err(FrameError::TooLong),
                "{room}"
            );
        }
        let mut out = vec![0; whole.len()];
        assert_eq!(encode(Speaker::Station, &Raw(message), &mut out), Ok(whole.len()));
        assert_eq!(out, whole);
    }
}

#[test]
fn an_endless_frame_is_skipped_to_its_end_and_told_once() {
    let stream = core::iter::repeat_n(0x55, 100_000).chain([0]).chain(framed(b"next"));
    let taken = deframed(stream);
    assert!(matches!(taken[..], [Err(FrameError::TooLong | FrameError::Broken), Ok(_)]));
    assert_eq!(taken[1].as_deref(), Ok(&b"next"[..]));
}

#[test]
fn a_frame_that_is_whole_and_too_long_is_told_as_such() {
    let mut long = vec![0; 4_000];
    let length = cobs::encode(&[1; 3_000], &mut long);
    long.truncate(length);
    long.push(0);
    assert_eq!(deframed(long), [Err(FrameError::TooLong)]);
}

#[test]
fn a_frame_too_short_for_a_checksum_is_told_as_such() {
    assert_eq!(deframed([2, 7, 0]), [Err(FrameError::TooShort)]);
}

#[test]
fn an_echo_is_no_word_of_the_other() {
    let mut deframer = Deframer::new(Speaker::Scanner);
    let taken: Vec<_> = framed(b"ack")
        .iter()
        .filter_map(|byte| deframer.push(*byte).map(|taken| taken.map(<[u8]>::to_vec)))
        .collect();
    assert_eq!(taken, [Err(FrameError::Checksum)]);
}

proptest! {
    #[test]
    fn frames_come_out_as_they_went_in(messages in vec(vec(any::<u8>(), 0..600), 0..6)) {
        let messages: Vec<_> = messages.into_iter().filter(|one| one.len() <= MESSAGE_MAX).collect();
        let stream: Vec<u8> = messages.iter().flat_map(|message| framed(message)).collect();
        let taken: Result<Vec<_>, _> = deframed(stream).into_iter().collect();
        prop_assert_eq!(taken, Ok(messages));
    }

    #[test]
    fn a_frame_is_understood_after_anything(
        garbage in vec(any::<u8>(), 0..2_000),
        message in vec(any::<u8>(), 0..64),
    ) {
        let taken = deframed(garbage.into_iter().chain(framed(&message)));
        prop_assert_eq!(taken.last().unwrap(), &Ok(message));
    }

    #[test]
    fn no_changed_byte_goes_unnoticed(
        message in vec(any::<u8>(), 1..64),
        at in any::<prop::sample::Index>(),
        change in 1..=u8::MAX,
    ) {
        let mut frame = framed(&message);
        let at = at.index(frame.len());
        frame[at] ^= change;
        for taken in deframed(frame.into_iter().chain([0])).into_iter().flatten() {
            // The byte was the one in front or behind, or nothing that the message needs.
            prop_assert_eq!(taken, message.clone());
        }
    }

    #[test]
    fn a_lost_or_doubled_byte_is_noticed(
        message in vec(any::<u8>(), 1..64),
        at in any::<prop::sample::Index>(),
        is_lost in any::<bool>(),
    ) {
        let mut frame = framed(&message);
        let at = at.index(frame.len());
        if is_lost {
            frame.remove(at);
        } else {
            frame.insert(at, frame[at]);
        }
        for taken in deframed(frame.into_iter().chain([0])).into_iter().flatten() {
            prop_assert_eq!(taken, message.clone());
        }
    }
}
