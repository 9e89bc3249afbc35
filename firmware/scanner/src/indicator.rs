//! Lamps and beeper: what a person is shown.
//!
//! Every signal is known by its pitch and rhythm alone and by its flashes alone, whatever their
//! colour: for who does not tell red from green, does not hear well, or works with the beeper
//! off. High and short is good, low and long is bad.

mod signal;

use heapless::Deque;

pub use self::signal::{Lamp, Signal, Step};
use crate::clock::Instant;

/// What lamps and beeper do now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Indication {
    /// The green lamp is on.
    pub green: bool,
    /// The red lamp is on.
    pub red: bool,
    /// The beeper sounds.
    pub tone: Option<Tone>,
}

/// A sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Tone {
    /// Pitch.
    pub hertz: u16,
    /// 1 to 10; a beeper that knows loud and nothing else may ignore it.
    pub loudness: u8,
}

/// Plays signals, one at a time.
#[derive(Debug)]
pub struct Indicator {
    playing: Option<Playing>,
    /// Behind it, in this order.
    waiting: Deque<Signal, 3>,
    loudness: u8,
}

#[derive(Debug, Clone, Copy)]
struct Playing {
    signal: Signal,
    step: usize,
    until: Instant,
}

impl Indicator {
    /// Dark and silent. `loudness` is 0 (never a sound) to 10.
    pub const fn new(loudness: u8) -> Self {
        Self { playing: None, waiting: Deque::new(), loudness }
    }

    /// Changes the loudness.
    pub fn set_loudness(&mut self, loudness: u8) {
        self.loudness = loudness;
    }

    /// Plays a signal: at once, unless a graver one is being played.
    pub fn play(&mut self, signal: Signal, now: Instant) {
        let is_lesser = |playing: Playing| signal.gravity() < playing.signal.gravity();
        if self.playing.is_some_and(is_lesser) {
            return self.follow(signal, now);
        }
        self.waiting.clear();
        self.begin(signal, now);
    }

    /// Plays a signal when those before it are done. Of too many, the oldest are left out.
    pub fn follow(&mut self, signal: Signal, now: Instant) {
        if self.playing.is_none() {
            return self.begin(signal, now);
        }
        if self.waiting.is_full() {
            self.waiting.pop_front();
        }
        // There is room now.
        let _ = self.waiting.push_back(signal);
    }

    /// Goes on; to be called at [`Indicator::wake_at`].
    pub fn tick(&mut self, now: Instant) {
        while let Some(Playing { signal, step, until }) = self.playing
            && until <= now
        {
            self.playing = Playing::at(signal, step + 1, until);
            if self.playing.is_none()
                && let Some(next) = self.waiting.pop_front()
            {
                self.begin(next, until);
            }
        }
    }

    /// When [`Indicator::tick`] has something to do.
    pub fn wake_at(&self) -> Option<Instant> {
        self.playing.map(|playing| playing.until)
    }

    /// What lamps and beeper do.
    pub fn indication(&self) -> Indication {
        let Some(step) = self.playing.and_then(|it| it.signal.steps().get(it.step)) else {
            return Indication::default();
        };
        let is_heard = step.hertz > 0 && self.loudness > 0;
        Indication {
            green: matches!(step.lamp, Lamp::Green | Lamp::Both),
            red: matches!(step.lamp, Lamp::Red | Lamp::Both),
            tone: is_heard.then_some(Tone { hertz: step.hertz, loudness: self.loudness }),
        }
    }

    fn begin(&mut self, signal: Signal, now: Instant) {
        self.playing = Playing::at(signal, 0, now);
    }
}

impl Playing {
    fn at(signal: Signal, step: usize, from: Instant) -> Option<Self> {
        let ms = signal.steps().get(step)?.ms;
        Some(Self { signal, step, until: from.plus_millis(ms.into()) })
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::signal::dark;
    use super::*;

    /// As far as people tell lengths apart.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    enum Length {
        Short,
        Medium,
        Long,
    }

    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    enum Pitch {
        Low,
        Middle,
        High,
    }

    fn length(ms: u16) -> Length {
        match ms {
            0..=80 => Length::Short,
            81..=250 => Length::Medium,
            _ => Length::Long,
        }
    }

    fn pitch(hertz: u16) -> Pitch {
        match hertz {
            0..=600 => Pitch::Low,
            601..=1_600 => Pitch::Middle,
            _ => Pitch::High,
        }
    }

    /// Flashes, without their colour.
    fn seen(signal: Signal) -> Vec<Length> {
        let mut flashes = Vec::new();
        let mut lit = 0;
        for step in signal.steps().iter().chain(&[dark(1)]).filter(|step| step.ms > 0) {
            match step.lamp {
                Lamp::Dark if lit > 0 => {
                    flashes.push(length(lit));
                    lit = 0;
                }
                Lamp::Dark => {}
                _ => lit += step.ms,
            }
        }
        flashes
    }

    fn heard(signal: Signal) -> Vec<(Pitch, Length)> {
        let sounds = signal.steps().iter().filter(|step| step.hertz > 0);
        sounds.map(|step| (pitch(step.hertz), length(step.ms))).collect()
    }

    #[test]
    fn signals_are_told_apart_without_colour_and_without_sound() {
        for (at, one) in Signal::ALL.into_iter().enumerate() {
            for other in Signal::ALL.into_iter().skip(at + 1) {
                assert_ne!(seen(one), seen(other), "{one:?} and {other:?} look alike");
                assert_ne!(heard(one), heard(other), "{one:?} and {other:?} sound alike");
            }
        }
    }

    #[test]
    fn signals_are_short() {
        for signal in Signal::ALL {
            let ms: u16 = signal.steps().iter().map(|step| step.ms).sum();
            assert!((40..=2_000).contains(&ms), "{signal:?} takes {ms} ms");
        }
    }

    /// What is shown from `from` to `to`, change by change, in milliseconds.
    fn shown(indicator: &mut Indicator, from: u64, to: u64) -> Vec<(u64, Indication)> {
        let mut shown = Vec::new();
        for ms in from..to {
            indicator.tick(Instant::from_millis(ms));
            let now = indicator.indication();
            if shown.last().map_or(Indication::default(), |(_, last)| *last) != now {
                shown.push((ms, now));
            }
        }
        shown
    }

    #[test]
    fn a_signal_is_played_step_by_step_and_ends() {
        let mut indicator = Indicator::new(7);
        indicator.play(Signal::Valid, Instant::from_millis(10));
        let beep =
            Indication { green: true, red: false, tone: Some(Tone { hertz: 2_700, loudness: 7 }) };
        let lamp = Indication { tone: None, ..beep };
        let all = shown(&mut indicator, 10, 2_000);
        assert_eq!(all, [(10, beep), (130, lamp), (410, Indication::default())]);
        assert_eq!(indicator.wake_at(), None);
    }

    #[test]
    fn loudness_nought_is_silent() {
        let mut indicator = Indicator::new(0);
        indicator.play(Signal::Stop, Instant::START);
        let all = shown(&mut indicator, 0, 3_000);
        assert!(all.iter().all(|(_, indication)| indication.tone.is_none()));
        assert_eq!(all.iter().filter(|(_, indication)| indication.red).count(), 6);
    }

    #[test]
    fn a_graver_signal_cuts_in_and_a_lesser_one_waits() {
        let mut indicator = Indicator::new(7);
        indicator.play(Signal::Valid, Instant::START);
        indicator.follow(Signal::Kept, Instant::START);
        indicator.play(Signal::Refused, Instant::from_millis(50));
        indicator.play(Signal::Valid, Instant::from_millis(60));
        let all = shown(&mut indicator, 60, 5_000);
        let red = all.iter().filter(|(_, indication)| indication.red).count();
        let green: Vec<_> = all.iter().filter(|(_, indication)| indication.green).collect();
        assert_eq!(red, 4, "refused, whole");
        assert_eq!(green.len(), 2, "then valid, and what was behind the first is gone: {green:?}");
        assert!(green.iter().all(|(ms, _)| *ms >= 1_950));
    }

    #[test]
    fn the_next_verdict_does_not_wait_for_the_last() {
        let mut indicator = Indicator::new(7);
        indicator.play(Signal::Valid, Instant::START);
        indicator.play(Signal::Wrong, Instant::from_millis(30));
        indicator.tick(Instant::from_millis(30));
        assert!(indicator.indication().red);
    }

    #[test]
    fn what_is_late_to_tick_loses_nothing_but_time() {
        let mut indicator = Indicator::new(7);
        indicator.play(Signal::Valid, Instant::START);
        indicator.follow(Signal::Kept, Instant::START);
        indicator.tick(Instant::from_millis(560));
        assert!(indicator.indication().green, "the lamp of kept");
        indicator.tick(Instant::from_millis(60_000));
        assert_eq!(indicator.indication(), Indication::default());
    }
}
