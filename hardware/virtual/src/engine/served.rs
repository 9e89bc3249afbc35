//! An engine that runs on a byte stream.

use std::collections::BTreeMap;
use std::time::Instant;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinHandle;

use super::{Code, Manners, VirtualEngine};
use crate::drive::{self, Shared};

/// An engine on any byte stream: an in-memory pipe, a TCP socket, a pseudo-terminal. It runs until
/// the stream ends or this is dropped.
#[derive(Debug)]
pub struct ServedEngine {
    engine: Shared<VirtualEngine>,
    task: JoinHandle<()>,
}

impl VirtualEngine {
    /// Runs it on a stream: what it says goes in, what the host says comes out. Must be called
    /// within a Tokio runtime.
    pub fn serve(self, io: impl AsyncRead + AsyncWrite + Send + 'static) -> ServedEngine {
        let engine = Shared::new(self);
        let task = tokio::spawn(drive::run(io, engine.clone()));
        ServedEngine { engine, task }
    }
}

impl ServedEngine {
    /// Holds a code in front of the glass.
    pub fn show(&self, code: impl Into<Code>) {
        self.engine.lock().show(code);
        self.engine.wake();
    }

    /// Codes that it has not seen yet.
    pub fn waiting(&self) -> usize {
        self.engine.lock().waiting()
    }

    /// Takes the power away, as [`VirtualEngine::power_off`].
    pub fn power_off(&self) {
        self.engine.lock().power_off();
        self.engine.wake();
    }

    /// Gives it power, as [`VirtualEngine::power_on`].
    pub fn power_on(&self) {
        self.engine.lock().power_on(Instant::now());
        self.engine.wake();
    }

    /// Behaves differently from now on.
    pub fn behave(&self, manners: Manners) {
        self.engine.lock().behave(manners);
        self.engine.wake();
    }

    /// Pulls its plug: the stream ends.
    pub fn unplug(&self) {
        self.engine.lock().unplug();
        self.engine.wake();
    }

    /// What it was told so far, in order and in words.
    pub fn asked(&self) -> Vec<String> {
        self.engine.lock().asked().to_vec()
    }

    /// Its settings as they are now, by number.
    pub fn settings(&self) -> BTreeMap<u16, u8> {
        self.engine.lock().settings()
    }

    /// How often its memory was written to.
    pub fn saves(&self) -> usize {
        self.engine.lock().saves()
    }

    /// Whether it would see a code now.
    pub fn is_looking(&self) -> bool {
        self.engine.lock().is_looking(Instant::now())
    }
}

impl Drop for ServedEngine {
    fn drop(&mut self) {
        self.task.abort();
    }
}
