//! GM65, GM805, GM812, GM861 (Hangzhou Grow; Waveshare sells them too): 9600 baud from the
//! factory, commands in `7E 00` frames, codes as lines of text.
//!
//! Replies come between the lines. Any byte that is neither is noise.
//!
//! The engine is asked for a sign of life now and then, so that one that was pulled out or
//! started anew is noticed and set up again; a code without the symbology identifier that was
//! turned on makes it suspect at once.

mod frame;
mod setting;
#[cfg(test)]
mod tests;

use tekser_wire::message::{EngineState, TriggerMode};

use self::frame::{COMMAND_LEN, Command, Grown, REPLY, Receiver, Reply};
use self::setting::{MODE, SAVES, SetUp, Step};
use super::lines::{Ended, IDLE_MS, Lines, Pause};
use super::look::Look;
use super::pace::{Overdue, Pace};
use super::{Engine, Event};
use crate::clock::Instant;

/// How long an answer may take, in milliseconds. It takes 20 as a rule, more while a picture is
/// being decoded.
const PATIENCE_MS: u64 = 500;

/// Time between signs of life that are asked for, in milliseconds.
const CHECK_MS: u64 = 30_000;

/// The same while nobody answers.
const PROBE_MS: u64 = 2_000;

/// Time from a suspicion to a check, in milliseconds: a code is not to be talked into.
const SUSPECT_MS: u64 = 300;

/// Pause behind an answer while the engine is set up, in milliseconds: another reply within it
/// means that one of both was not asked for.
const SETTLE_MS: u64 = 40;

/// How often an engine that has no identifiers is asked to turn them on: it may not have heard.
const IDENTIFIER_TRIES: u8 = 3;

/// Register that starts (1) and stops (0) looking in the mode where it has to be asked.
const TRIGGER: u16 = 0x0002;

/// The driver.
#[derive(Debug)]
pub struct Gm65 {
    lines: Lines,
    reply: Receiver,
    reply_last: Instant,
    pace: Pace,
    stage: Stage,
    trigger_mode: TriggerMode,
    look: Look,
    state: EngineState,
    saves_left: u8,
    identifier_tries_left: u8,
    /// The identifier is on, and was read back.
    identifying: bool,
    /// It has ended a line since it was set up, so it ends them all.
    ending: bool,
}

#[derive(Debug)]
enum Stage {
    /// Not asked for anything yet.
    Off,
    SettingUp(SetUp),
    /// Set up; asked for a sign of life now and then.
    Resting,
    /// It did not answer; asked more often.
    Lost,
}

impl Gm65 {
    /// Hears, and says nothing before it is set up.
    pub const fn new() -> Self {
        Self {
            lines: Lines::new(),
            reply: Receiver::new(),
            reply_last: Instant::START,
            pace: Pace::new(PATIENCE_MS),
            stage: Stage::Off,
            trigger_mode: TriggerMode::Asked,
            look: Look::new(),
            state: EngineState::Starting,
            saves_left: 0,
            identifier_tries_left: 0,
            identifying: false,
            ending: false,
        }
    }

    fn pause(&self) -> Pause {
        if self.ending { Pause::Breaks } else { Pause::Ends }
    }

    fn hear(&mut self, byte: Option<u8>, now: Instant) -> Option<Ended> {
        if !self.reply.is_open() {
            return self.text(byte, now);
        }
        self.reply_last = now;
        match self.reply.push(byte) {
            Grown::More => None,
            Grown::Whole(reply) => {
                self.take_reply(reply, now);
                self.lines.interrupt(self.pause())
            }
            Grown::Broken => self.lines.spoil_with(byte, now),
        }
    }

    /// A reply that stopped in the middle is noise, and so is the line that it came in.
    fn end_stale_reply(&mut self, now: Instant) -> Option<Ended> {
        if !self.reply.is_open() || now.millis_since(self.reply_last) < IDLE_MS {
            return None;
        }
        self.reply.close();
        self.lines.spoil_with(Some(b'\r'), now)
    }

    fn text(&mut self, byte: Option<u8>, now: Instant) -> Option<Ended> {
        if byte == Some(REPLY) && self.lines.is_sound() {
            self.reply.open();
            self.reply_last = now;
            return None;
        }
        let ended = self.lines.push(byte, now, self.pause());
        if ended == Some(Ended::Whole) {
            self.take_line(byte, now);
        }
        ended
    }

    fn take_line(&mut self, last: Option<u8>, now: Instant) {
        let suspect = match self.stage {
            Stage::Resting => self.identifying && !self.lines.is_identified(),
            Stage::Lost => true,
            Stage::Off | Stage::SettingUp(_) => false,
        };
        if suspect {
            self.pace.hurry(now.plus_millis(SUSPECT_MS));
        }
        self.look.found();
        self.ending |= self.state == EngineState::Ready && matches!(last, Some(b'\r'));
    }

    fn take_reply(&mut self, reply: Reply, now: Instant) {
        if !self.pace.is_waiting() {
            let owed = self.pace.stray(now);
            if let Stage::SettingUp(set_up) = &mut self.stage
                && !owed
            {
                // Either this one was the answer to the last question, or the one before was.
                let step = set_up.doubt();
                self.follow(step, now);
            }
            return;
        }
        self.pace.answered(now);
        if self.look.answered() {
            return self.rest(now);
        }
        if let Stage::SettingUp(set_up) = &mut self.stage {
            let step = set_up.answer(reply);
            self.pace.settle(now, SETTLE_MS);
            return self.follow(step, now);
        }
        if matches!(self.stage, Stage::Resting) && self.is_as_wanted(reply) {
            return self.rest(now);
        }
        self.pace.surprised(now);
        self.stage = Stage::SettingUp(SetUp::new(self.trigger_mode, self.saves_left));
    }

    /// Whether a sign of life is all that is wanted of the engine.
    fn is_as_wanted(&mut self, mode: Reply) -> bool {
        if !self.identifying && self.identifier_tries_left > 0 {
            self.identifier_tries_left -= 1;
            return false;
        }
        let kept = mode.done && setting::is_mode(mode.value, self.trigger_mode);
        kept && self.state == EngineState::Ready
    }

    fn follow(&mut self, step: Step, now: Instant) {
        match step {
            Step::On => {}
            Step::Astray => self.pace.surprised(now),
            Step::Done => self.conclude(now),
        }
    }

    fn conclude(&mut self, now: Instant) {
        if let Stage::SettingUp(set_up) = &self.stage {
            let refused = set_up.is_refused();
            self.saves_left = set_up.saves_left();
            self.identifying = set_up.is_identifying();
            self.state = if refused { EngineState::Refusing } else { EngineState::Ready };
        }
        self.stage = Stage::Resting;
        self.rest(now);
    }

    fn rest(&mut self, now: Instant) {
        match self.stage {
            Stage::Resting => self.pace.rest_until(now.plus_millis(CHECK_MS)),
            Stage::Lost => self.pace.rest_until(now.plus_millis(PROBE_MS)),
            Stage::Off | Stage::SettingUp(_) => {}
        }
    }

    fn overdue(&mut self, now: Instant) {
        if self.pace.overdue(now) != Some(Overdue::GivenUp) {
            return;
        }
        let looking = self.look.give_up();
        if let Stage::SettingUp(set_up) = &mut self.stage
            && !looking
            && let Some(step) = set_up.no_answer()
        {
            return self.follow(step, now);
        }
        self.state = EngineState::Silent;
        self.ending = false;
        self.identifying = false;
        self.stage = Stage::Lost;
        self.rest(now);
    }

    fn next_command(&mut self) -> Option<Command> {
        if let Some(on) = self.look.wanted() {
            self.look.say(on);
            return Some(Command::Write(TRIGGER, u8::from(on)));
        }
        match &self.stage {
            Stage::Off => None,
            Stage::SettingUp(set_up) => set_up.command(),
            Stage::Resting | Stage::Lost => Some(Command::Read(MODE)),
        }
    }
}

impl Default for Gm65 {
    fn default() -> Self {
        Self::new()
    }
}

impl Engine for Gm65 {
    fn receive(&mut self, byte: Option<u8>, now: Instant) -> Option<Event<'_>> {
        let stale = self.end_stale_reply(now);
        self.pace.heard(now);
        let ended = self.hear(byte, now).or(stale)?;
        Some(self.lines.told(ended))
    }

    fn tick(&mut self, now: Instant) -> Option<Event<'_>> {
        if self.look.is_due(now) {
            self.pace.hurry(now);
        }
        self.overdue(now);
        let ended = match self.end_stale_reply(now) {
            None if self.reply.is_open() => None,
            None => self.lines.tick(now, self.pause()),
            stale => stale,
        }?;
        Some(self.lines.told(ended))
    }

    fn wake_at(&self) -> Option<Instant> {
        let line = if self.reply.is_open() {
            Some(self.reply_last.plus_millis(IDLE_MS))
        } else {
            self.lines.wake_at()
        };
        let speaks = !matches!(self.stage, Stage::Off) || self.look.is_wanted();
        let pace = speaks.then(|| self.pace.wake_at());
        [line, pace, self.look.wake_at()].into_iter().flatten().min()
    }

    fn transmit(&mut self, now: Instant, out: &mut [u8]) -> usize {
        let Some(out) = out.first_chunk_mut::<COMMAND_LEN>() else {
            return 0;
        };
        if !self.pace.may_ask(now) {
            return 0;
        }
        let Some(command) = self.next_command() else {
            return 0;
        };
        *out = command.frame();
        self.pace.asked(now);
        COMMAND_LEN
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
        self.saves_left = SAVES;
        self.identifier_tries_left = IDENTIFIER_TRIES;
        self.ending = false;
        self.identifying = false;
        self.state = EngineState::Starting;
        self.stage = Stage::SettingUp(SetUp::new(trigger, SAVES));
        self.pace.restart(now);
    }

    fn state(&self) -> EngineState {
        self.state
    }
}
