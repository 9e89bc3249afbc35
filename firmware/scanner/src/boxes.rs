//! Which scans belong to one box.
//!
//! A person scans the codes of a box one after the other and pauses while taking the next one; or
//! scans the "next" code, or the station says so. A code with an IMEI that the box already has is
//! of the same box, however late it comes.

use tekser_wire::message::{Aim, BoxNumber};

use crate::clock::Instant;
use crate::label;

/// IMEIs of one box that are remembered: no phone has more.
const EQUIPMENT_MAX: usize = 4;

/// The box that is being scanned.
#[derive(Debug)]
pub struct Boxes {
    current: BoxNumber,
    /// When its last scan was accepted; `None` if the next scan begins another box.
    last: Option<Instant>,
    equipment: heapless::Vec<[u8; 14], EQUIPMENT_MAX>,
}

impl Boxes {
    /// The next scan begins the box behind `last`.
    pub const fn behind(last: BoxNumber) -> Self {
        Self { current: last, last: None, equipment: heapless::Vec::new() }
    }

    /// What is scanned next is another box.
    pub fn next(&mut self) {
        self.last = None;
    }

    /// The box that a code belongs to, if a pause of `pause_ms` (0: none) begins another.
    pub fn of(&self, aim: Option<Aim>, text: &[u8], pause_ms: u16, now: Instant) -> BoxNumber {
        let is_same = self.last.is_some_and(|last| {
            pause_ms == 0 || now.millis_since(last) < u64::from(pause_ms) || self.has(aim, text)
        });
        if is_same { self.current } else { BoxNumber(self.current.0.saturating_add(1)) }
    }

    /// A code was accepted into the box that [`Boxes::of`] named.
    pub fn accepted(&mut self, number: BoxNumber, aim: Option<Aim>, text: &[u8], now: Instant) {
        if number != self.current {
            self.current = number;
            self.equipment.clear();
        }
        self.last = Some(now);
        label::equipment(aim, text, &mut |imei| {
            if !self.equipment.contains(&imei) {
                // A fifth would be of another phone and is only remembered for convenience.
                let _ = self.equipment.push(imei);
            }
        });
    }

    fn has(&self, aim: Option<Aim>, text: &[u8]) -> bool {
        let mut found = false;
        label::equipment(aim, text, &mut |imei| found |= self.equipment.contains(&imei));
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAUSE: u16 = 4_000;

    struct Counter {
        boxes: Boxes,
        now: u64,
    }

    impl Counter {
        fn new() -> Self {
            Self { boxes: Boxes::behind(BoxNumber(6)), now: 0 }
        }

        fn scan(&mut self, after_ms: u64, text: &str, pause_ms: u16) -> u32 {
            self.now += after_ms;
            let now = Instant::from_millis(self.now);
            let number = self.boxes.of(None, text.as_bytes(), pause_ms, now);
            self.boxes.accepted(number, None, text.as_bytes(), now);
            number.0
        }
    }

    #[test]
    fn a_pause_begins_another_box() {
        let mut counter = Counter::new();
        assert_eq!(counter.scan(0, "356938035643809", PAUSE), 7);
        assert_eq!(counter.scan(3_999, "352099001761481", PAUSE), 7);
        assert_eq!(counter.scan(3_999, "S/N: R58N12ABCDE", PAUSE), 7);
        assert_eq!(counter.scan(4_000, "490154203237518", PAUSE), 8);
    }

    #[test]
    fn a_code_that_the_box_already_has_belongs_to_it() {
        let mut counter = Counter::new();
        assert_eq!(counter.scan(0, "356938035643809", PAUSE), 7);
        assert_eq!(counter.scan(60_000, "IMEI1:356938035643809 S/N:R58N12ABCDE", PAUSE), 7);
        assert_eq!(counter.scan(60_000, "490154203237518", PAUSE), 8);
        assert_eq!(counter.scan(60_000, "356938035643809", PAUSE), 9, "that was a box before");
    }

    #[test]
    fn next_begins_another_box_once_and_whatever_is_scanned() {
        let mut counter = Counter::new();
        assert_eq!(counter.scan(0, "356938035643809", PAUSE), 7);
        counter.boxes.next();
        counter.boxes.next();
        assert_eq!(counter.scan(1, "356938035643809", PAUSE), 8);
    }

    #[test]
    fn without_a_pause_only_next_does() {
        let mut counter = Counter::new();
        assert_eq!(counter.scan(0, "356938035643809", 0), 7);
        assert_eq!(counter.scan(3_600_000, "490154203237518", 0), 7);
        counter.boxes.next();
        assert_eq!(counter.scan(1, "352099001761481", 0), 8);
    }

    #[test]
    fn a_scan_that_is_refused_changes_nothing() {
        let mut counter = Counter::new();
        let now = Instant::from_millis(5);
        assert_eq!(counter.boxes.of(None, b"356938035643809", PAUSE, now), BoxNumber(7));
        assert_eq!(counter.scan(10, "490154203237518", PAUSE), 7);
    }
}
