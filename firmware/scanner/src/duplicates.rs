//! The same code again.
//!
//! An engine that looks all the time sends a code for as long as it lies in front of the glass,
//! and several codes of one label in turn. What was accepted a moment ago is the same scan.

use crate::clock::Instant;

/// How many codes are remembered: a label has fewer.
const REMEMBERED: usize = 8;

/// A code that comes again before this never left the view, in milliseconds: nobody wants to be
/// told.
const IN_VIEW_MS: u64 = 600;

/// What a code is to those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// A new one.
    New,
    /// The last one, still in view.
    InView,
    /// It was away and came again.
    Again,
}

#[derive(Debug, Clone, Copy)]
struct Seen {
    code: u64,
    at: Instant,
}

/// The codes of the last moments.
#[derive(Debug, Clone, Default)]
pub struct Duplicates {
    seen: [Option<Seen>; REMEMBERED],
}

impl Duplicates {
    /// What a code is, if one counts as the same for `window_ms` (0: never). That it was seen
    /// prolongs its time.
    pub fn judge(&mut self, text: &[u8], window_ms: u16, now: Instant) -> Repeat {
        let code = fingerprint(text);
        let known = self.seen.iter_mut().flatten().find(|seen| seen.code == code);
        let Some(seen) = known else { return Repeat::New };
        let since = now.millis_since(seen.at);
        if since >= u64::from(window_ms) {
            return Repeat::New;
        }
        seen.at = now;
        if since < IN_VIEW_MS { Repeat::InView } else { Repeat::Again }
    }

    /// Remembers a code that was accepted.
    pub fn accepted(&mut self, text: &[u8], now: Instant) {
        let code = fingerprint(text);
        let place = match self.seen.iter().position(|seen| seen.is_some_and(|it| it.code == code)) {
            Some(place) => place,
            None => self.oldest(),
        };
        if let Some(seen) = self.seen.get_mut(place) {
            *seen = Some(Seen { code, at: now });
        }
    }

    fn oldest(&self) -> usize {
        let by_age = self.seen.iter().enumerate().min_by_key(|(_, seen)| seen.map(|it| it.at));
        by_age.map_or(0, |(place, _)| place)
    }
}

/// FNV-1a in 64 bits: two codes within seconds of each other do not share one by accident.
fn fingerprint(text: &[u8]) -> u64 {
    text.iter().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Instant {
        Instant::from_millis(ms)
    }

    #[test]
    fn a_code_that_stays_in_view_is_one_scan() {
        let mut duplicates = Duplicates::default();
        assert_eq!(duplicates.judge(b"a", 2_000, at(0)), Repeat::New);
        duplicates.accepted(b"a", at(0));
        for ms in (200..10_000).step_by(200) {
            assert_eq!(duplicates.judge(b"a", 2_000, at(ms)), Repeat::InView);
        }
        assert_eq!(duplicates.judge(b"a", 2_000, at(11_000)), Repeat::Again);
        assert_eq!(duplicates.judge(b"a", 2_000, at(13_000)), Repeat::New);
    }

    #[test]
    fn the_codes_of_a_label_are_remembered_together() {
        let mut duplicates = Duplicates::default();
        let codes = [b"a", b"b", b"c", b"d"];
        for code in codes {
            duplicates.accepted(code, at(0));
        }
        for code in codes {
            assert_eq!(duplicates.judge(code, 2_000, at(100)), Repeat::InView);
        }
        assert_eq!(duplicates.judge(b"e", 2_000, at(100)), Repeat::New);
    }

    #[test]
    fn the_code_that_was_seen_longest_ago_is_forgotten_first() {
        let mut duplicates = Duplicates::default();
        for code in 0..=REMEMBERED as u8 {
            duplicates.accepted(&[code], at(code.into()));
        }
        assert_eq!(duplicates.judge(&[0], 2_000, at(10)), Repeat::New);
        assert_eq!(duplicates.judge(&[1], 2_000, at(10)), Repeat::InView);
    }

    #[test]
    fn what_was_not_accepted_may_come_again_at_once() {
        let mut duplicates = Duplicates::default();
        assert_eq!(duplicates.judge(b"a", 2_000, at(0)), Repeat::New);
        assert_eq!(duplicates.judge(b"a", 2_000, at(1)), Repeat::New);
    }

    #[test]
    fn no_window_means_no_duplicates() {
        let mut duplicates = Duplicates::default();
        duplicates.accepted(b"a", at(0));
        assert_eq!(duplicates.judge(b"a", 0, at(0)), Repeat::New);
    }
}
