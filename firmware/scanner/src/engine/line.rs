//! An engine of any make that sends each code as a line of text and cannot be asked anything.
//!
//! A line ends with CR, LF, CRLF or TAB, or when nothing follows for a while. Whoever sets such an
//! engine up by hand does well to turn symbology identifiers and a terminator on.

use tekser_wire::message::{EngineState, TriggerMode};

use super::lines::{Lines, Pause};
use super::{Engine, Event};
use crate::clock::Instant;

/// The driver.
#[derive(Debug)]
pub struct Line {
    lines: Lines,
}

impl Line {
    /// Hears and says nothing yet.
    pub const fn new() -> Self {
        Self { lines: Lines::new() }
    }
}

impl Default for Line {
    fn default() -> Self {
        Self::new()
    }
}

impl Engine for Line {
    fn receive(&mut self, byte: Option<u8>, now: Instant) -> Option<Event<'_>> {
        let ended = self.lines.push(byte, now, Pause::Ends)?;
        Some(self.lines.told(ended))
    }

    fn tick(&mut self, now: Instant) -> Option<Event<'_>> {
        let ended = self.lines.tick(now, Pause::Ends)?;
        Some(self.lines.told(ended))
    }

    fn wake_at(&self) -> Option<Instant> {
        self.lines.wake_at()
    }

    fn transmit(&mut self, _: Instant, _: &mut [u8]) -> usize {
        0
    }

    fn trigger(&mut self, _: bool, _: Instant) {}

    fn set_up(&mut self, _: TriggerMode, _: Instant) {}

    fn state(&self) -> EngineState {
        EngineState::Unknown
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use std::vec::Vec;
    use tekser_wire::message::TEXT_MAX;

    use super::super::bed::{Bed, Heard, NOISE, TOO_LONG, code, plain};
    use super::super::lines::IDLE_MS;
    use super::*;

    const IMEI: &[u8] = b"490154203237518";

    /// The same at once and one by one.
    fn both(check: impl Fn(Bed<'_, Line>)) {
        check(Bed::new(Line::new()));
        check(Bed::bytewise(Line::new()));
    }

    #[test]
    fn every_usual_ending_ends_a_line() {
        for ending in [&b"\r"[..], b"\n", b"\r\n", b"\t", b"\r\r\n"] {
            both(|mut bed| {
                for _ in 0..2 {
                    bed.feed(&[b"]C0", IMEI, ending].concat());
                }
                assert_eq!(bed.take(), [code(b"C0", IMEI), code(b"C0", IMEI)], "{ending:?}");
                bed.pass(1_000);
                assert_eq!(bed.take(), []);
            });
        }
    }

    #[test]
    fn a_pause_ends_a_line_without_terminator() {
        both(|mut bed| {
            bed.feed(IMEI);
            bed.pass(IDLE_MS - 2);
            assert_eq!(bed.take(), []);
            bed.pass(3);
            assert_eq!(bed.take(), [plain(IMEI)]);
            assert_eq!(bed.engine.wake_at(), None);
        });
    }

    #[test]
    fn a_pause_that_nobody_noticed_still_ends_a_line() {
        let mut bed = Bed::new(Line::new());
        bed.feed(IMEI);
        bed.now = bed.now.plus_millis(IDLE_MS);
        bed.feed(b"356938035643809");
        assert_eq!(bed.take(), [plain(IMEI)]);
        bed.pass(IDLE_MS);
        assert_eq!(bed.take(), [plain("356938035643809")]);
    }

    #[test]
    fn an_erase_of_flash_within_a_line_does_not_cut_it() {
        both(|mut bed| {
            bed.feed(b"4901542032");
            bed.pass(46);
            bed.feed(b"37518\r");
            assert_eq!(bed.take(), [plain(IMEI)]);
        });
    }

    #[test]
    fn empty_lines_and_lone_identifiers_are_nothing() {
        both(|mut bed| {
            bed.feed(b"\r\n\r\n\t]C0\r\n]Q1");
            bed.pass(1_000);
            assert_eq!(bed.take(), []);
        });
    }

    #[test]
    fn the_longest_text_is_taken_and_one_byte_more_is_not() {
        both(|mut bed| {
            let longest = [b'7'; TEXT_MAX];
            bed.feed(&[b"]Q1", &longest[..], b"\r"].concat());
            assert_eq!(bed.take(), [code(b"Q1", longest)]);
            for identifier in [&b""[..], b"]Q1"] {
                bed.feed(&[identifier, &longest, b"7\r", IMEI, b"\r"].concat());
                assert_eq!(bed.take(), [TOO_LONG, plain(IMEI)]);
            }
        });
    }

    #[test]
    fn an_endless_line_is_told_once_and_skipped_to_its_end() {
        both(|mut bed| {
            bed.feed(&[b'7'; 5_000]);
            bed.byte(None);
            bed.feed(b"\r490154203237518\r");
            assert_eq!(bed.take(), [TOO_LONG, plain(IMEI)]);
            bed.feed(&[b'7'; 5_000]);
            bed.pass(IDLE_MS);
            bed.feed(b"490154203237518\r");
            assert_eq!(bed.take(), [TOO_LONG, plain(IMEI)]);
        });
    }

    #[test]
    fn a_broken_byte_spoils_its_line_and_no_other() {
        both(|mut bed| {
            bed.feed(b"4901542");
            bed.byte(None);
            bed.feed(b"03237518\r");
            bed.feed(b"490154203237518\r");
            assert_eq!(bed.take(), [NOISE, plain(IMEI)]);
        });
    }

    #[test]
    fn a_control_character_that_no_label_has_spoils_its_line() {
        for control in (0..0x20).chain([0x7f]) {
            if matches!(control, b'\r' | b'\n' | b'\t') {
                continue;
            }
            let label = [b"[)>", &[control][..], b"06"].concat();
            let separates = matches!(control, 0x04 | 0x1c..=0x1f);
            both(|mut bed| {
                bed.feed(&[&label[..], b"\r"].concat());
                let expected = if separates { plain(&label) } else { NOISE };
                assert_eq!(bed.take(), [expected], "{control:#x}");
            });
        }
    }

    #[test]
    fn a_lost_terminator_spoils_both_lines_rather_than_joining_them() {
        both(|mut bed| {
            bed.feed(IMEI);
            bed.byte(None);
            bed.feed(b"356938035643809\r352099001761481\r");
            assert_eq!(bed.take(), [NOISE, plain("352099001761481")]);
        });
    }

    proptest! {
        #[test]
        fn after_a_pause_the_next_code_is_taken_unchanged(
            before in prop::collection::vec(prop::option::weighted(0.9, any::<u8>()), 0..1_200),
            text in "[ -\\[^-~][ -~]{0,60}",
            unnoticed in any::<bool>(),
        ) {
            let mut bed = Bed::new(Line::new());
            before.iter().for_each(|byte| bed.byte(*byte));
            if unnoticed {
                bed.now = bed.now.plus_millis(IDLE_MS);
            } else {
                bed.pass(IDLE_MS);
                bed.take();
            }
            bed.feed(&[b"]C0", text.as_bytes(), b"\r"].concat());
            prop_assert_eq!(bed.take().pop(), Some(code(b"C0", &text)));
        }

        #[test]
        fn no_text_is_heard_that_was_not_sent_between_two_ends(
            bytes in prop::collection::vec(prop::option::weighted(0.98, prop_oneof![
                8 => b' '..=b'z', 1 => Just(b'\r'), 1 => any::<u8>(),
            ]), 0..2_000),
        ) {
            let mut bed = Bed::new(Line::new());
            bytes.iter().for_each(|byte| bed.byte(*byte));
            bed.pass(IDLE_MS);
            let is_end = |byte: &Option<u8>| matches!(byte, Some(b'\r' | b'\n' | b'\t'));
            let lines: Vec<Option<Vec<u8>>> =
                bytes.split(is_end).map(|line| line.iter().copied().collect()).collect();
            for heard in bed.take() {
                let Heard::Code(aim, text) = heard else { continue };
                let aim = aim.map(|aim| [b']', aim.0[0], aim.0[1]]);
                let line: Vec<u8> = aim.into_iter().flatten().chain(text).collect();
                prop_assert!(lines.contains(&Some(line)));
            }
        }
    }
}
