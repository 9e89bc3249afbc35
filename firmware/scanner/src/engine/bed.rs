//! Test bed: a driver, a clock, and something that answers.

use std::boxed::Box;
use std::collections::VecDeque;
use std::vec::Vec;

use tekser_wire::message::Aim;

use super::{Broken, Engine, Event};
use crate::clock::Instant;

/// An [`Event`] that owns its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Heard {
    Code(Option<Aim>, Vec<u8>),
    Broken(Broken),
}

pub(crate) const NOISE: Heard = Heard::Broken(Broken::Noise);
pub(crate) const TOO_LONG: Heard = Heard::Broken(Broken::TooLong);

impl From<Event<'_>> for Heard {
    fn from(event: Event<'_>) -> Self {
        match event {
            Event::Code { aim, text } => Self::Code(aim, text.to_vec()),
            Event::Broken(broken) => Self::Broken(broken),
        }
    }
}

pub(crate) fn plain(text: impl AsRef<[u8]>) -> Heard {
    Heard::Code(None, text.as_ref().to_vec())
}

pub(crate) fn code(aim: &[u8; 2], text: impl AsRef<[u8]>) -> Heard {
    Heard::Code(Some(Aim(*aim)), text.as_ref().to_vec())
}

/// What the engine says to a piece that the driver sent.
type Far<'f> = Box<dyn FnMut(&[u8]) -> Vec<u8> + 'f>;

pub(crate) struct Bed<'f, E> {
    pub(crate) engine: E,
    pub(crate) now: Instant,
    /// Milliseconds from a command to its answer.
    pub(crate) latency_ms: u64,
    /// Everything the driver sent, in pieces.
    pub(crate) sent: Vec<Vec<u8>>,
    heard: Vec<Heard>,
    far: Far<'f>,
    coming: VecDeque<(Instant, Vec<u8>)>,
    gap_us: u64,
}

impl<'f, E: Engine> Bed<'f, E> {
    /// Bytes come all at once, and nobody answers.
    pub(crate) fn new(engine: E) -> Self {
        Self {
            engine,
            now: Instant::from_millis(10),
            latency_ms: 20,
            sent: Vec::new(),
            heard: Vec::new(),
            far: Box::new(|_| Vec::new()),
            coming: VecDeque::new(),
            gap_us: 0,
        }
    }

    /// Bytes come one at a time, at 9600 baud, each with a look at the clock.
    pub(crate) fn bytewise(engine: E) -> Self {
        Self { gap_us: 1_042, ..Self::new(engine) }
    }

    pub(crate) fn answered_by(self, far: impl FnMut(&[u8]) -> Vec<u8> + 'f) -> Self {
        Self { far: Box::new(far), ..self }
    }

    pub(crate) fn byte(&mut self, byte: Option<u8>) {
        self.heard.extend(self.engine.receive(byte, self.now).map(Heard::from));
        self.pass_us(self.gap_us);
    }

    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.byte(Some(*byte)));
    }

    /// Lets time pass; the driver is woken whenever it wants to be, and answers arrive.
    pub(crate) fn pass(&mut self, ms: u64) {
        self.pass_us(ms * 1_000);
    }

    fn pass_us(&mut self, us: u64) {
        let until = Instant::from_micros(self.now.as_micros() + us);
        let mut idle = 0;
        self.collect();
        if us == 0 {
            return;
        }
        loop {
            let answer = self.coming.front().map(|(at, _)| *at);
            let Some(next) = [self.engine.wake_at(), answer].into_iter().flatten().min() else {
                break;
            };
            if next > until {
                break;
            }
            idle = if next > self.now { 0 } else { idle + 1 };
            assert!(idle < 100, "the driver wants to be woken without end");
            self.now = self.now.max(next);
            self.deliver();
            self.heard.extend(self.engine.tick(self.now).map(Heard::from));
            self.collect();
        }
        self.now = until;
    }

    fn deliver(&mut self) {
        while let Some((at, bytes)) = self.coming.pop_front() {
            if at > self.now {
                self.coming.push_front((at, bytes));
                return;
            }
            for byte in bytes {
                self.heard.extend(self.engine.receive(Some(byte), self.now).map(Heard::from));
            }
        }
    }

    pub(crate) fn collect(&mut self) {
        let mut out = [0; 32];
        loop {
            let count = self.engine.transmit(self.now, &mut out);
            if count == 0 {
                return;
            }
            let piece = &out[..count];
            self.sent.push(piece.to_vec());
            let answer = (self.far)(piece);
            self.coming.push_back((self.now.plus_millis(self.latency_ms), answer));
        }
    }

    pub(crate) fn take(&mut self) -> Vec<Heard> {
        core::mem::take(&mut self.heard)
    }

    pub(crate) fn take_sent(&mut self) -> Vec<Vec<u8>> {
        core::mem::take(&mut self.sent)
    }
}
