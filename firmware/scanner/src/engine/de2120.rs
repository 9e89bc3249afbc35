//! DE2120: ASCII commands `^_^CMD.`, each answered by one byte; codes as lines of text.
//!
//! The byte of an answer is only one between lines: within a line it is noise, since taking it out
//! would make a text of what was none.
//!
//! What is set cannot be read back, and is kept over a loss of power at once, so it is sent when
//! the scanner asks for it and when the engine was away, not to see whether the engine is there.
//! Identifiers of symbologies stay off: it is nowhere published which kind this engine would put in
//! front, and a letter too many makes a number wrong.

use tekser_wire::message::{EngineState, TriggerMode};

use super::lines::{Ended, Lines, Pause};
use super::look::Look;
use super::pace::{Overdue, Pace};
use super::{Engine, Event};
use crate::clock::Instant;

/// How long an answer may take, in milliseconds. The slowest known takes 430.
const PATIENCE_MS: u64 = 800;

/// Time between signs of life that are asked for, in milliseconds.
const CHECK_MS: u64 = 30_000;

/// The same while nobody answers.
const PROBE_MS: u64 = 2_000;

/// Time from a suspicion to a check, in milliseconds: a code is not to be talked into.
const SUSPECT_MS: u64 = 300;

/// How often a refused setting is tried.
const ATTEMPTS: u8 = 3;

/// The engine did it.
const ACK: u8 = 0x06;

/// The engine does not know it, or will not do it.
const NACK: u8 = 0x15;

/// Begins to look.
const LOOK: &[u8] = b"^_^SCAN.";

/// Stops looking.
const STOP: &[u8] = b"^_^SLEEP.";

/// The driver.
#[derive(Debug)]
pub struct De2120 {
    lines: Lines,
    pace: Pace,
    stage: Stage,
    trigger_mode: TriggerMode,
    look: Look,
    state: EngineState,
    /// It has ended a line since it was set up, so it ends them all.
    ending: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Not asked for anything yet.
    Off,
    SettingUp {
        setting: Setting,
        attempts: u8,
        refused: bool,
    },
    /// Set up; asked for a sign of life now and then.
    Resting,
    /// It did not answer; asked more often.
    Lost,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Setting {
    /// What makes it look.
    Mode,
    /// No identifier in front of the text.
    NoIdentifier,
}

impl De2120 {
    /// Hears, and says nothing before it is set up.
    pub const fn new() -> Self {
        Self {
            lines: Lines::new(),
            pace: Pace::new(PATIENCE_MS),
            stage: Stage::Off,
            trigger_mode: TriggerMode::Asked,
            look: Look::new(),
            state: EngineState::Starting,
            ending: false,
        }
    }

    const fn pause(&self) -> Pause {
        if self.ending { Pause::Breaks } else { Pause::Ends }
    }

    fn hear(&mut self, byte: Option<u8>, now: Instant) -> Option<Ended> {
        if let Some(answer @ (ACK | NACK)) = byte {
            let ended = self.lines.tick(now, self.pause());
            if !self.lines.is_open() {
                self.take_answer(answer == ACK, now);
                return ended;
            }
        }
        let ended = self.lines.push(byte, now, self.pause());
        if ended == Some(Ended::Whole) {
            if self.stage == Stage::Lost {
                self.pace.hurry(now.plus_millis(SUSPECT_MS));
            }
            self.look.found();
            self.ending |= self.state == EngineState::Ready && byte == Some(b'\r');
        }
        ended
    }

    fn take_answer(&mut self, done: bool, now: Instant) {
        if !self.pace.is_waiting() {
            // Late, or unasked. There is nothing to compare it with.
            self.pace.stray(now);
            return;
        }
        self.pace.answered(now);
        if self.look.answered() {
            return self.rest(now);
        }
        match self.stage {
            Stage::SettingUp { setting, attempts, refused } if !done => {
                self.refused(setting, attempts + 1, refused, now);
            }
            Stage::SettingUp { setting, refused, .. } => self.next(setting, refused, now),
            Stage::Lost => self.begin(now),
            Stage::Resting | Stage::Off => self.rest(now),
        }
    }

    fn refused(&mut self, setting: Setting, attempts: u8, refused: bool, now: Instant) {
        if attempts < ATTEMPTS {
            self.pace.surprised(now);
            self.stage = Stage::SettingUp { setting, attempts, refused };
        } else {
            self.next(setting, refused || setting == Setting::Mode, now);
        }
    }

    fn next(&mut self, setting: Setting, refused: bool, now: Instant) {
        if setting == Setting::Mode {
            let setting = Setting::NoIdentifier;
            self.stage = Stage::SettingUp { setting, attempts: 0, refused };
            return;
        }
        self.state = if refused { EngineState::Refusing } else { EngineState::Ready };
        self.stage = Stage::Resting;
        self.rest(now);
    }

    fn begin(&mut self, now: Instant) {
        self.stage = Stage::SettingUp { setting: Setting::Mode, attempts: 0, refused: false };
        self.pace.surprised(now);
    }

    fn rest(&mut self, now: Instant) {
        match self.stage {
            Stage::Resting => self.pace.rest_until(now.plus_millis(CHECK_MS)),
            Stage::Lost => self.pace.rest_until(now.plus_millis(PROBE_MS)),
            Stage::Off | Stage::SettingUp { .. } => {}
        }
    }

    fn overdue(&mut self, now: Instant) {
        if self.pace.overdue(now) != Some(Overdue::GivenUp) {
            return;
        }
        self.look.give_up();
        self.ending = false;
        self.state = EngineState::Silent;
        self.stage = Stage::Lost;
        self.rest(now);
    }

    fn next_command(&mut self) -> Option<&'static [u8]> {
        if let Some(on) = self.look.wanted() {
            self.look.say(on);
            return Some(if on { LOOK } else { STOP });
        }
        Some(match (self.stage, self.trigger_mode) {
            (Stage::Off, _) => return None,
            (Stage::SettingUp { setting: Setting::NoIdentifier, .. }, _) => b"^_^CIDENA0.",
            (Stage::SettingUp { .. }, TriggerMode::Asked) => b"^_^SCMMAN.",
            (Stage::SettingUp { .. }, TriggerMode::Always) => b"^_^SCMCNT.",
            // A sign of life: what the engine does anyway.
            (_, TriggerMode::Always) => LOOK,
            _ if self.look.wake_at().is_some() => LOOK,
            _ => STOP,
        })
    }
}

impl Default for De2120 {
    fn default() -> Self {
        Self::new()
    }
}

impl Engine for De2120 {
    fn receive(&mut self, byte: Option<u8>, now: Instant) -> Option<Event<'_>> {
        self.pace.heard(now);
        let ended = self.hear(byte, now)?;
        Some(self.lines.told(ended))
    }

    fn tick(&mut self, now: Instant) -> Option<Event<'_>> {
        if self.look.is_due(now) {
            self.pace.hurry(now);
        }
        self.overdue(now);
        let ended = self.lines.tick(now, self.pause())?;
        Some(self.lines.told(ended))
    }

    fn wake_at(&self) -> Option<Instant> {
        let speaks = self.stage != Stage::Off || self.look.is_wanted();
        let pace = speaks.then(|| self.pace.wake_at());
        [self.lines.wake_at(), pace, self.look.wake_at()].into_iter().flatten().min()
    }

    fn transmit(&mut self, now: Instant, out: &mut [u8]) -> usize {
        if !self.pace.may_ask(now) {
            return 0;
        }
        let Some(command) = self.next_command() else {
            return 0;
        };
        let Some(out) = out.get_mut(..command.len()) else {
            return 0;
        };
        out.copy_from_slice(command);
        self.pace.asked(now);
        command.len()
    }

    fn trigger(&mut self, on: bool, now: Instant) {
        if self.trigger_mode == TriggerMode::Asked {
            self.look.want(on, now);
            self.pace.hurry(now);
        }
    }

    fn set_up(&mut self, trigger: TriggerMode, now: Instant) {
        self.trigger_mode = trigger;
        self.look = Look::new();
        self.ending = false;
        self.state = EngineState::Starting;
        self.stage = Stage::SettingUp { setting: Setting::Mode, attempts: 0, refused: false };
        self.pace.restart(now);
    }

    fn state(&self) -> EngineState {
        self.state
    }
}

#[cfg(test)]
mod tests;
