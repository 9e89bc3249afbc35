//! Test bed: feeds drivers and writes down what they said.

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

/// A driver and a clock.
pub(crate) struct Bed<E> {
    pub(crate) engine: E,
    pub(crate) now: Instant,
    pub(crate) heard: Vec<Heard>,
    sent: Vec<u8>,
    gap_us: u64,
}

impl<E: Engine> Bed<E> {
    /// Bytes come all at once.
    pub(crate) fn new(engine: E) -> Self {
        let now = Instant::from_millis(10);
        Self { engine, now, heard: Vec::new(), sent: Vec::new(), gap_us: 0 }
    }

    /// Bytes come one at a time, each with a look at the clock.
    pub(crate) fn bytewise(engine: E) -> Self {
        Self { gap_us: 1_042, ..Self::new(engine) }
    }

    pub(crate) fn byte(&mut self, byte: Option<u8>) {
        self.heard.extend(self.engine.receive(byte, self.now).map(Heard::from));
        self.pass_us(self.gap_us);
    }

    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.byte(Some(*byte)));
    }

    /// Lets time pass; the driver is woken whenever it wants to be.
    pub(crate) fn pass(&mut self, ms: u64) {
        self.pass_us(ms * 1_000);
    }

    fn pass_us(&mut self, us: u64) {
        let until = Instant::from_micros(self.now.as_micros() + us);
        let mut woken = 0;
        self.collect();
        while let Some(wake) = self.engine.wake_at().filter(|wake| us > 0 && *wake <= until) {
            self.now = self.now.max(wake);
            self.heard.extend(self.engine.tick(self.now).map(Heard::from));
            self.collect();
            woken += 1;
            assert!(woken < 10_000, "the driver wants to be woken without end");
        }
        self.now = until;
    }

    fn collect(&mut self) {
        let mut out = [0; 32];
        loop {
            match self.engine.transmit(self.now, &mut out) {
                0 => break,
                count => self.sent.extend(&out[..count]),
            }
        }
    }

    pub(crate) fn take(&mut self) -> Vec<Heard> {
        core::mem::take(&mut self.heard)
    }
}
