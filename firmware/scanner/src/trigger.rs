//! When the engine is asked to look: the button, or the station.

use crate::clock::{Instant, earliest};

/// A button whose pin says the same for this long is believed, in milliseconds.
const DEBOUNCE_MS: u64 = 20;

/// Who holds the button for this long wants the settings as they came out of the box, in
/// milliseconds: the way back when an engine cannot be read because of them.
pub const HOLD_MS: u64 = 10_000;

/// How long the engine looks because the station asked for it, in milliseconds.
const ASKED_MS: u64 = 10_000;

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// The engine looks, or stops looking.
    Look(bool),
    /// The button was held for [`HOLD_MS`].
    Held,
}

/// The button and the station's wish.
#[derive(Debug, Default)]
pub struct Trigger {
    /// What the pin said, and since when.
    raw: bool,
    raw_since: Instant,
    /// What is believed.
    is_down: bool,
    /// When it was pressed, until it was held long enough.
    pressed_at: Option<Instant>,
    /// Until when the station wants the engine to look.
    asked_until: Option<Instant>,
    is_looking: bool,
}

impl Trigger {
    /// What the pin says.
    pub fn button(&mut self, pressed: bool, now: Instant) {
        if pressed != self.raw {
            self.raw = pressed;
            self.raw_since = now;
        }
    }

    /// What the station says.
    pub fn asked(&mut self, on: bool, now: Instant) {
        self.asked_until = on.then(|| now.plus_millis(ASKED_MS));
    }

    /// A code came: what the station asked for is done.
    pub fn code(&mut self) {
        self.asked_until = None;
    }

    /// What is to be done now; to be called until there is nothing more.
    pub fn tick(&mut self, now: Instant) -> Option<Ask> {
        if self.raw != self.is_down && now.millis_since(self.raw_since) >= DEBOUNCE_MS {
            self.is_down = self.raw;
            self.pressed_at = self.is_down.then_some(now);
        }
        if self.asked_until.is_some_and(|until| until <= now) {
            self.asked_until = None;
        }
        let looks = self.is_down || self.asked_until.is_some();
        if looks != self.is_looking {
            self.is_looking = looks;
            return Some(Ask::Look(looks));
        }
        if self.pressed_at.is_some_and(|at| now.millis_since(at) >= HOLD_MS) {
            self.pressed_at = None;
            return Some(Ask::Held);
        }
        None
    }

    /// When [`Trigger::tick`] has something to do at the latest.
    pub fn wake_at(&self) -> Option<Instant> {
        let settles = (self.raw != self.is_down).then(|| self.raw_since.plus_millis(DEBOUNCE_MS));
        let held = self.pressed_at.map(|at| at.plus_millis(HOLD_MS));
        earliest(&[settles, held, self.asked_until])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Instant {
        Instant::from_millis(ms)
    }

    #[test]
    fn a_button_that_bounces_is_one_press() {
        let mut trigger = Trigger::default();
        for ms in 100..140 {
            trigger.button(ms % 3 == 0, at(ms));
            assert_eq!(trigger.tick(at(ms)), None, "{ms}");
        }
        trigger.button(true, at(140));
        assert_eq!(trigger.wake_at(), Some(at(160)));
        assert_eq!(trigger.tick(at(159)), None);
        assert_eq!(trigger.tick(at(160)), Some(Ask::Look(true)));
        assert_eq!(trigger.tick(at(161)), None);
        trigger.button(false, at(300));
        assert_eq!(trigger.tick(at(320)), Some(Ask::Look(false)));
        assert_eq!(trigger.wake_at(), None);
    }

    #[test]
    fn a_button_that_is_held_is_told_once() {
        let mut trigger = Trigger::default();
        trigger.button(true, at(0));
        assert_eq!(trigger.tick(at(20)), Some(Ask::Look(true)));
        assert_eq!(trigger.wake_at(), Some(at(20 + HOLD_MS)));
        assert_eq!(trigger.tick(at(19 + HOLD_MS)), None);
        assert_eq!(trigger.tick(at(20 + HOLD_MS)), Some(Ask::Held));
        assert_eq!(trigger.tick(at(30 + 2 * HOLD_MS)), None);
    }

    #[test]
    fn the_station_asks_until_a_code_comes_or_time_is_up() {
        let mut trigger = Trigger::default();
        trigger.asked(true, at(0));
        assert_eq!(trigger.tick(at(0)), Some(Ask::Look(true)));
        trigger.code();
        assert_eq!(trigger.tick(at(5)), Some(Ask::Look(false)));
        trigger.asked(true, at(10));
        assert_eq!(trigger.tick(at(10)), Some(Ask::Look(true)));
        assert_eq!(trigger.tick(at(10 + ASKED_MS)), Some(Ask::Look(false)));
        trigger.asked(true, at(20_000));
        assert_eq!(trigger.tick(at(20_000)), Some(Ask::Look(true)));
        trigger.asked(false, at(20_001));
        assert_eq!(trigger.tick(at(20_001)), Some(Ask::Look(false)));
    }

    #[test]
    fn the_button_goes_on_when_the_station_has_enough() {
        let mut trigger = Trigger::default();
        trigger.button(true, at(0));
        trigger.asked(true, at(0));
        assert_eq!(trigger.tick(at(20)), Some(Ask::Look(true)));
        trigger.asked(false, at(30));
        assert_eq!(trigger.tick(at(30)), None);
    }
}
