//! GM67, GM72 and other engines with the Simple Serial Interface (Symbol, Zebra): packets with a
//! checksum, each acknowledged, both ways.
//!
//! The engine always waits for the host to say "look": to one that is to look all the time it is
//! said again after each code and every few seconds. That way only commands are needed that are
//! the same in all makes, and it is noticed when the engine is gone.
//!
//! An engine that was not set up sends its codes as text; they are taken as long as none came in a
//! packet.

mod decode;
mod packet;
mod parameter;
mod saying;
mod symbology;

use tekser_wire::message::{EngineState, TriggerMode};

use self::decode::{Decode, Taken};
use self::packet::{Grown, RESEND, Receiver, opcode};
use self::parameter::{Answer, SetUp};
use super::lines::{Ended, IDLE_MS, Lines, Pause};
use super::look::Look;
use super::pace::{Overdue, Pace};
use super::{Broken, Engine, Event};
use crate::clock::Instant;

/// How long an answer may take, in milliseconds.
const PATIENCE_MS: u64 = 500;

/// Time between two "look" to an engine that is to look all the time, in milliseconds.
const LOOK_MS: u64 = 3_000;

/// Time after which all is said again, in milliseconds: it was lost if the engine lost power.
const CHECK_MS: u64 = 30_000;

/// The same while nobody answers.
const PROBE_MS: u64 = 2_000;

/// How often a broken packet is asked for again.
const NAKS: u8 = 3;

/// How long it may take to come, or the next part of a code, in milliseconds.
const REPAIR_MS: u64 = 3_000;

/// The driver.
#[derive(Debug)]
pub struct Ssi {
    receiver: Receiver,
    /// Codes of an engine that sends text.
    lines: Lines,
    decode: Decode,
    /// A code came in a packet.
    packeted: bool,
    heard: Instant,
    response: Option<Response>,
    naks: u8,
    /// A broken packet was asked for again, and is given up then.
    repair_by: Option<Instant>,
    pace: Pace,
    awake_until: Instant,
    waking_until: Instant,
    stage: Stage,
    trigger_mode: TriggerMode,
    look: Look,
    check_at: Instant,
    /// It cannot be asked for values.
    blind: bool,
    state: EngineState,
}

#[derive(Debug)]
enum Stage {
    /// Not asked for anything yet.
    Off,
    SettingUp(SetUp),
    Resting,
    /// It did not answer.
    Lost,
}

/// What must be answered to a packet of the engine's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Response {
    Ack,
    Resend,
}

impl Ssi {
    /// Hears, and says nothing before it is set up.
    pub const fn new() -> Self {
        Self {
            receiver: Receiver::new(),
            lines: Lines::new(),
            decode: Decode::new(),
            packeted: false,
            heard: Instant::START,
            response: None,
            naks: 0,
            repair_by: None,
            pace: Pace::new(PATIENCE_MS),
            awake_until: Instant::START,
            waking_until: Instant::START,
            stage: Stage::Off,
            trigger_mode: TriggerMode::Asked,
            look: Look::new(),
            check_at: Instant::START,
            blind: false,
            state: EngineState::Starting,
        }
    }

    fn hear(&mut self, byte: Option<u8>, now: Instant) -> Option<Heard> {
        if self.receiver.push(byte) == Grown::Whole {
            self.lines.clear();
            self.awake_until = now.plus_millis(saying::AWAKE_MS);
            return self.take_packet(now);
        }
        let pause = if self.packeted { Pause::Breaks } else { Pause::Ends };
        let ended = self.lines.push(byte, now, pause)?;
        if self.packeted {
            if ended == Ended::Whole {
                // Not to be trusted: it may be what is left of a packet. But it may have lost
                // power, and with it all that was set.
                self.check_at = now;
                self.pace.hurry(now);
            }
            return None;
        }
        if ended == Ended::Whole {
            self.look.found();
        }
        self.receiver.close();
        self.pace.hurry(now);
        Some(Heard::Line(ended))
    }

    fn take_packet(&mut self, now: Instant) -> Option<Heard> {
        let packet = self.receiver.packet()?;
        match packet.opcode {
            opcode::DECODE_DATA | opcode::DECODE_DATA_LONG => {
                let taken = self.decode.take(packet, now);
                return self.take_code(taken, now);
            }
            opcode::ACK => self.answered(now),
            opcode::NAK if packet.data.first() == Some(&RESEND) => self.misunderstood(now),
            opcode::NAK => self.denied(now),
            opcode::PARAM_SEND => self.take_values(now),
            _ => self.response = Some(Response::Ack),
        }
        None
    }

    fn take_code(&mut self, taken: Taken, now: Instant) -> Option<Heard> {
        self.response = Some(Response::Ack);
        self.naks = 0;
        self.repair_by = None;
        self.packeted = true;
        if self.state == EngineState::Unknown {
            // It could not be asked, but this says it.
            self.state = EngineState::Ready;
        }
        match taken {
            Taken::Part | Taken::Nothing => None,
            Taken::Doubtful => Some(Heard::Broken(Broken::Noise)),
            Taken::Whole | Taken::TooLong => {
                self.look.found();
                if self.trigger_mode == TriggerMode::Always {
                    // It stopped looking.
                    self.pace.hurry(now);
                }
                Some(if taken == Taken::Whole {
                    Heard::Code
                } else {
                    Heard::Broken(Broken::TooLong)
                })
            }
        }
    }

    fn answered(&mut self, now: Instant) {
        self.settle(now, |set_up| set_up.answer(Answer::Acknowledged));
    }

    fn denied(&mut self, now: Instant) {
        if self.pace.is_waiting() && matches!(self.stage, Stage::Resting) {
            // It was told to listen to the host, and does not: it started anew.
            self.check_at = now;
        }
        self.settle(now, |set_up| set_up.answer(Answer::Denied));
    }

    fn take_values(&mut self, now: Instant) {
        self.response = Some(Response::Ack);
        if !self.pace.is_waiting() {
            return;
        }
        let Some(packet) = self.receiver.packet() else { return };
        let Stage::SettingUp(set_up) = &mut self.stage else { return };
        if set_up.answer(Answer::Values(packet.data)) {
            self.pace.answered(now);
            self.go_on(now);
        }
    }

    /// An answer came that says no more than yes or no.
    fn settle(&mut self, now: Instant, answer: impl FnOnce(&mut SetUp) -> bool) {
        if !self.pace.is_waiting() {
            self.pace.stray(now);
            return;
        }
        self.pace.answered(now);
        if self.look.answered() {
            return self.rest(now);
        }
        match &mut self.stage {
            Stage::SettingUp(set_up) => {
                answer(set_up);
                self.go_on(now);
            }
            Stage::Lost => self.stage = Stage::SettingUp(SetUp::new(self.blind)),
            Stage::Resting | Stage::Off => self.rest(now),
        }
    }

    fn go_on(&mut self, now: Instant) {
        if let Stage::SettingUp(set_up) = &self.stage
            && set_up.is_done()
        {
            self.blind = set_up.is_blind();
            self.state = match (set_up.is_refused(), self.blind && !self.packeted) {
                (true, _) => EngineState::Refusing,
                (false, true) => EngineState::Unknown,
                (false, false) => EngineState::Ready,
            };
            self.packeted |= self.state == EngineState::Ready;
            self.stage = Stage::Resting;
            self.check_at = now.plus_millis(CHECK_MS);
            if self.trigger_mode == TriggerMode::Asked {
                self.rest(now);
            }
        }
    }

    /// When the next word is due, after one was answered.
    fn rest(&mut self, now: Instant) {
        match self.stage {
            Stage::Lost => self.pace.rest_until(now.plus_millis(PROBE_MS)),
            Stage::Resting if self.trigger_mode == TriggerMode::Always => {
                self.pace.rest_until(now.plus_millis(LOOK_MS));
            }
            Stage::Resting => self.pace.rest_until(self.check_at),
            Stage::Off | Stage::SettingUp(_) => {}
        }
    }

    fn misunderstood(&mut self, now: Instant) {
        if self.pace.is_waiting() && self.pace.again(now) == Overdue::GivenUp {
            self.given_up(now);
        }
    }

    fn given_up(&mut self, now: Instant) {
        let looking = self.look.give_up();
        if let Stage::SettingUp(set_up) = &mut self.stage
            && !looking
            && set_up.no_answer()
        {
            return self.go_on(now);
        }
        self.state = EngineState::Silent;
        self.packeted = false;
        self.blind = false;
        self.stage = Stage::Lost;
        self.rest(now);
    }

    /// What was begun and not finished while the line was quiet.
    fn tend(&mut self, now: Instant) -> Option<Heard> {
        if now.millis_since(self.heard) >= IDLE_MS && self.receiver.is_open() {
            self.receiver.close();
            if self.packeted {
                return self.ask_again(now);
            }
        }
        if self.repair_by.is_some_and(|by| now >= by) {
            self.repair_by = None;
            return Some(Heard::Broken(Broken::Noise));
        }
        let open = self.decode.open_since()?;
        if now.millis_since(open) < REPAIR_MS || self.repair_by.is_some() {
            return None;
        }
        self.decode.abandon(now);
        Some(Heard::Broken(Broken::Noise))
    }

    fn ask_again(&mut self, now: Instant) -> Option<Heard> {
        self.decode.disturbed();
        if self.naks >= NAKS {
            self.naks = 0;
            self.repair_by = None;
            return Some(Heard::Broken(Broken::Noise));
        }
        self.naks += 1;
        self.response = Some(Response::Resend);
        self.repair_by = Some(now.plus_millis(REPAIR_MS));
        None
    }

    fn told(&self, heard: Heard) -> Event<'_> {
        match heard {
            Heard::Line(ended) => self.lines.told(ended),
            Heard::Broken(broken) => Event::Broken(broken),
            Heard::Code => {
                let (aim, text) = self.decode.text();
                Event::Code { aim, text }
            }
        }
    }
}

/// What is to be told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Heard {
    Line(Ended),
    Code,
    Broken(Broken),
}

impl Default for Ssi {
    fn default() -> Self {
        Self::new()
    }
}

impl Engine for Ssi {
    fn receive(&mut self, byte: Option<u8>, now: Instant) -> Option<Event<'_>> {
        let before = self.tend(now);
        self.heard = now;
        self.pace.heard(now);
        let heard = self.hear(byte, now).or(before)?;
        Some(self.told(heard))
    }

    fn tick(&mut self, now: Instant) -> Option<Event<'_>> {
        if self.look.is_due(now) {
            self.pace.hurry(now);
        }
        if self.pace.overdue(now) == Some(Overdue::GivenUp) {
            self.given_up(now);
        }
        let mut heard = self.tend(now);
        if heard.is_none() && !self.packeted {
            heard = self.lines.tick(now, Pause::Ends).map(Heard::Line);
        }
        Some(self.told(heard?))
    }

    fn wake_at(&self) -> Option<Instant> {
        let packet = self.receiver.is_open().then(|| self.heard.plus_millis(IDLE_MS));
        let line = self.lines.wake_at().filter(|_| !self.packeted);
        let part = self.decode.open_since().map(|open| open.plus_millis(REPAIR_MS));
        let part = part.filter(|_| self.repair_by.is_none());
        let response = self.response.map(|_| self.heard);
        let speaks = !matches!(self.stage, Stage::Off) || self.look.is_wanted();
        let pace = match (self.pace.is_waiting(), speaks && packet.is_none()) {
            (true, _) => Some(self.pace.wake_at()),
            (false, may) => may.then(|| self.pace.wake_at().max(self.waking_until)),
        };
        let look = self.look.wake_at();
        [packet, line, part, self.repair_by, response, pace, look].into_iter().flatten().min()
    }

    fn transmit(&mut self, now: Instant, out: &mut [u8]) -> usize {
        self.say(now, out)
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
        self.packeted = false;
        self.blind = false;
        self.state = EngineState::Starting;
        self.stage = Stage::SettingUp(SetUp::new(false));
        self.pace.restart(now);
    }

    fn state(&self) -> EngineState {
        self.state
    }
}

#[cfg(test)]
mod tests;
