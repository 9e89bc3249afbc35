//! The dialogue with one phone, without input, output or a clock of its own.
//!
//! Whoever drives it asks for the next [`Step`], does it, and reports what came back and when.
//!
//! A late answer must never be credited to a later question, above all not to another slot's.
//! So after a missed answer, or after a call result that may have come unasked, the dialogue
//! says `AT` and waits for quiet before it goes on. The same happens when the first words on a
//! port do not fit: somebody else may have asked something there before us, and left.
//!
//! A port on which something endless is sent (positions, a log) is given up after the attempts to
//! get an answer: it is never quiet, and a log may well say `OK`.

use std::time::{Duration, Instant};

use super::command::Command;
use super::credit;
use super::dialect::{Asked, Dialect};
use super::digest::{Answer, Digester, Outcome};
use super::error::ReadError;
use crate::reading::{Note, Reading, Source};
use crate::vendor::is_scanner;

/// What is known of a device before a word is said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hint {
    /// USB vendor and product id.
    pub usb_id: Option<(u16, u16)>,
}

impl Hint {
    fn is_scanner(self) -> bool {
        self.usb_id.is_some_and(|(vendor, product)| is_scanner(vendor, product))
    }
}

/// How long things may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// The whole reading.
    pub total: Duration,
    /// One command.
    pub command: Duration,
    /// One attempt to get any answer.
    pub attention: Duration,
    /// Attempts to get any answer, at least one.
    pub attempts: u8,
    /// Silence after which nothing more is expected of a phone that missed an answer.
    pub quiet: Duration,
    /// Pause before a phone that said `BUSY` is asked again.
    pub busy: Duration,
}

impl Default for Budget {
    /// 20 s in all, 3 s a command, 3 attempts of 1 s.
    fn default() -> Self {
        Self {
            total: Duration::from_secs(20),
            command: Duration::from_secs(3),
            attention: Duration::from_secs(1),
            attempts: 3,
            quiet: Duration::from_millis(300),
            busy: Duration::from_millis(300),
        }
    }
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Send this command, then ask again.
    Send(Command),
    /// Wait for bytes until this time, then ask again.
    Wait(Instant),
    /// Nothing more: call [`Dialogue::finish`].
    Done,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Getting any answer; attempts made so far.
    Calling(u8),
    /// Between commands.
    Ready,
    /// A command is out.
    Asking { command: Command, until: Instant },
    /// The call for attention is out, for the first time or after a missed answer.
    Attending { attempt: u8, until: Instant },
    /// The phone said `BUSY` to this command.
    Pausing { command: Command, until: Instant },
    /// To say `AT` after a missed answer.
    Recovering,
    /// Waiting for quiet after a missed answer. What is not quiet by `latest` never will be.
    Settling { until: Instant, latest: Instant },
    /// Over.
    Over,
}

/// A command that was answered `BUSY` is asked this many times more.
const BUSY_RETRIES: u8 = 4;

/// After so many missed answers the phone is not worth more waiting.
const MISSES: u8 = 3;

/// The dialogue with one phone.
#[derive(Debug)]
pub struct Dialogue {
    hint: Hint,
    budget: Budget,
    end: Instant,
    /// Until when the attempts to get any answer may last.
    opening: Instant,
    state: State,
    digester: Box<Digester>,
    asked: Asked,
    reading: Reading,
    /// Unanswered calls for attention, whose answers may still come.
    stale: u8,
    busy: u8,
    missed: u8,
    /// An equipment item went unanswered: a late answer cannot be told from another item's.
    slots_unsafe: bool,
    heard: bool,
    spoke: bool,
    prompted: bool,
    /// The answers belong to the questions: one was seen that can be no other's.
    in_step: bool,
    /// The phone sends our words back: ask it not to.
    hush: bool,
    /// The standard command for the IMEI was refused.
    refused: bool,
}

impl Dialogue {
    /// A dialogue that begins at `now`. With a barcode scanner it is over at once.
    pub fn new(hint: Hint, budget: Budget, now: Instant) -> Self {
        let state = if hint.is_scanner() { State::Over } else { State::Calling(0) };
        Self {
            hint,
            budget,
            end: now + budget.total,
            opening: now + budget.attention * u32::from(budget.attempts.max(1)),
            state,
            digester: Box::default(),
            asked: Asked::default(),
            reading: Reading::empty(Source::At),
            stale: 0,
            busy: 0,
            missed: 0,
            slots_unsafe: false,
            heard: false,
            spoke: false,
            prompted: false,
            in_step: false,
            hush: false,
            refused: false,
        }
    }

    /// What to do at `now`. May be asked at any time.
    pub fn step(&mut self, now: Instant) -> Step {
        if now >= self.end {
            self.state = State::Over;
        }
        match self.state {
            State::Calling(attempts) => self.call(attempts + 1, now),
            State::Recovering => self.call(self.budget.attempts, now),
            State::Ready => self.next(now),
            State::Asking { command, until } if now >= until => self.miss(command, now),
            State::Attending { attempt, until } if now >= until => self.unheard(attempt, now),
            State::Pausing { command, until } if now >= until => self.ask(command, now),
            State::Settling { until, .. } if now >= until => {
                self.spoke = true;
                self.next(now)
            }
            State::Settling { latest, .. } if now >= latest => {
                self.state = State::Over;
                Step::Done
            }
            State::Asking { until, .. }
            | State::Attending { until, .. }
            | State::Pausing { until, .. } => Step::Wait(until.min(self.end)),
            State::Settling { until, latest } => Step::Wait(until.min(latest).min(self.end)),
            State::Over => Step::Done,
        }
    }

    /// Takes in bytes that arrived at `now`.
    pub fn receive(&mut self, mut bytes: &[u8], now: Instant) {
        self.heard |= !bytes.is_empty();
        if let State::Settling { until, .. } = &mut self.state {
            *until = now + self.budget.quiet;
        }
        while !bytes.is_empty() && self.state != State::Over {
            let (taken, answer) = self.digester.digest(bytes);
            bytes = bytes.get(taken..).unwrap_or_default();
            if let Some(answer) = answer {
                self.answered(answer, now);
            }
        }
    }

    /// What was learned.
    ///
    /// # Errors
    ///
    /// [`ReadError::Silent`] when nothing came, [`ReadError::Unintelligible`] when something came
    /// that is no AT, [`ReadError::Prompt`] when the phone was waiting for text,
    /// [`ReadError::Scanner`] when it is no phone.
    pub fn finish(self) -> Result<Reading, ReadError> {
        if self.hint.is_scanner() {
            return Err(ReadError::Scanner);
        }
        match (self.spoke, self.prompted && self.reading.claims.is_empty(), self.heard) {
            (_, true, _) => Err(ReadError::Prompt),
            (true, ..) => Ok(self.reading),
            (false, _, true) => Err(ReadError::Unintelligible),
            (false, _, false) => Err(ReadError::Silent),
        }
    }

    fn call(&mut self, attempt: u8, now: Instant) -> Step {
        self.state = State::Attending { attempt, until: now + self.budget.attention };
        self.digester.expect(Command::Attention);
        Step::Send(Command::Attention)
    }

    fn ask(&mut self, command: Command, now: Instant) -> Step {
        self.state = State::Asking { command, until: now + self.budget.command };
        self.digester.expect(command);
        Step::Send(command)
    }

    fn next(&mut self, now: Instant) -> Step {
        if core::mem::take(&mut self.hush) {
            return self.ask(Command::EchoOff, now);
        }
        let dialect = Dialect::recognise(self.hint.usb_id, &self.reading);
        let next = loop {
            match dialect.next(&self.asked, &self.reading) {
                Some(command) if self.slots_unsafe && matches!(command, Command::Equipment(_)) => {
                    self.asked.add(command);
                }
                next => break next,
            }
        };
        let Some(command) = next else {
            self.state = State::Over;
            return Step::Done;
        };
        self.asked.add(command);
        self.busy = 0;
        self.ask(command, now)
    }

    /// The time for a command is up.
    fn miss(&mut self, command: Command, now: Instant) -> Step {
        if let Some((answer, true)) = self.digester.give_up() {
            self.answered(answer, now);
            return self.step(now);
        }
        self.missed += 1;
        self.slots_unsafe |= matches!(command, Command::Equipment(_));
        self.state = if self.missed < MISSES { State::Recovering } else { State::Over };
        self.step(now)
    }

    /// The time for a call is up.
    fn unheard(&mut self, attempt: u8, now: Instant) -> Step {
        match self.digester.give_up() {
            Some((answer, true)) => self.answered(answer, now),
            part => {
                if part.is_some_and(|(answer, _)| answer.cut || answer.garbage) {
                    self.reading.note(Note::Garbage);
                }
                self.stale = self.stale.saturating_add(1);
                let again = attempt < self.budget.attempts;
                self.state = if again { State::Calling(attempt) } else { State::Over };
            }
        }
        self.step(now)
    }

    fn answered(&mut self, answer: Answer, now: Instant) {
        if answer.garbage {
            self.reading.note(Note::Garbage);
        }
        if answer.outcome == Outcome::Prompt {
            self.prompted = true;
            self.state = State::Over;
            return;
        }
        match self.state {
            State::Attending { .. } => self.attended(&answer, now),
            State::Asking { command, .. } if self.is_stale(&answer) => {
                self.stale -= 1;
                self.digester.expect(command);
            }
            State::Asking { command, .. } => self.learn(&answer, command, now),
            _ => {}
        }
    }

    /// Somebody answered the call.
    fn attended(&mut self, answer: &Answer, now: Instant) {
        let recovering = self.spoke;
        if recovering && !answer.lines.is_empty() {
            // The late answer itself; the one to the call is still to come.
            self.digester.expect(Command::Attention);
            return;
        }
        // `AT` is answered without information: lines are somebody else's answer, or a log.
        let unsure =
            matches!(answer.outcome, Outcome::Busy | Outcome::Call) || !answer.lines.is_empty();
        if recovering || unsure {
            let until = now + self.budget.quiet;
            let patience = if recovering { now + self.budget.attention } else { self.opening };
            self.stale = 0;
            self.state = State::Settling { until, latest: patience.max(until) };
        } else {
            self.spoke = true;
            self.hush = answer.echoed && self.stale == 0;
            self.state = State::Ready;
        }
    }

    fn learn(&mut self, answer: &Answer, command: Command, now: Instant) {
        if self.is_out_of_step(answer, command) {
            self.asked.take_back();
            self.state = State::Recovering;
            return;
        }
        self.state = match answer.outcome {
            Outcome::Busy if self.busy < BUSY_RETRIES => {
                self.busy += 1;
                State::Pausing { command, until: now + self.budget.busy }
            }
            Outcome::Busy | Outcome::Call => State::Recovering,
            Outcome::Done | Outcome::Refused | Outcome::Prompt => State::Ready,
        };
        if self.state == State::Ready && command != Command::EchoOff {
            self.credit(answer, command);
        }
    }

    /// Adds an answer to the reading.
    fn credit(&mut self, answer: &Answer, command: Command) {
        let dialect = Dialect::recognise(self.hint.usb_id, &self.reading);
        self.refused |= command == Command::SerialNumber && answer.outcome == Outcome::Refused;
        credit::add(&mut self.reading, answer, dialect, self.refused);
    }

    /// An empty `OK` to the first question: more likely the answer to the call before it, and what
    /// was taken for that one the answer to a question of whoever had the port before. Doubted
    /// once; a phone may have nothing to say.
    fn is_out_of_step(&mut self, answer: &Answer, command: Command) -> bool {
        if command == Command::EchoOff || self.in_step {
            return false;
        }
        self.in_step = true;
        answer.lines.is_empty() && answer.outcome == Outcome::Done
    }

    /// An empty `OK` while calls went unanswered is the answer to one of those.
    fn is_stale(&self, answer: &Answer) -> bool {
        self.stale > 0 && answer.lines.is_empty() && answer.outcome == Outcome::Done
    }
}
