//! The debug bridge of a phone in memory: where USB would be, there is a pipe.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use tekser_hardware::{Link, PortName};
use tokio::task::JoinHandle;

use crate::adbd::{Adbd, AllowedKeys};
use crate::drive::{self, Shared};
use crate::persona::Persona;

/// A debug bridge behind an in-memory pipe. Each [`PipeBridge::connect`] ends the one before.
/// Dropping it pulls the cable.
#[derive(Debug)]
pub struct PipeBridge {
    port: PortName,
    adbd: Shared<Adbd>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl PipeBridge {
    /// Bytes that fit in the pipe each way.
    const CAPACITY: usize = 16 * 1024;

    /// A phone that is plugged in and knows these computers; `place` is its number in the
    /// port's name.
    pub fn plug(persona: &Persona, allowed: AllowedKeys, place: usize) -> Self {
        let adbd = Adbd::with_allowed(persona, allowed, Instant::now());
        Self {
            port: PortName::new(format!("virtual:{place}:adb")),
            adbd: Shared::new(adbd),
            task: Mutex::new(None),
        }
    }

    /// Name of the port.
    pub const fn port(&self) -> &PortName {
        &self.port
    }

    /// A new link to the phone. Must be called within a Tokio runtime.
    pub fn connect(&self) -> Link {
        let mut slot = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = slot.take() {
            before.abort();
        }
        self.adbd.lock().reopened();
        let (near, far) = tokio::io::duplex(Self::CAPACITY);
        *slot = Some(tokio::spawn(drive::run(far, self.adbd.clone())));
        Link::from_io(near)
    }

    /// Services asked for so far, in order.
    pub fn asked(&self) -> Vec<String> {
        self.adbd.lock().asked().to_vec()
    }

    /// Services among them that can do more than read.
    pub fn violations(&self) -> Vec<String> {
        self.adbd.lock().violations().to_vec()
    }

    /// What the computer did that the protocol does not allow.
    pub fn complaints(&self) -> Vec<String> {
        self.adbd.lock().complaints().to_vec()
    }

    /// The owner touches "Allow". Says whether the phone was asking.
    pub fn touch_allow(&self) -> bool {
        let asking = self.adbd.lock().touch_allow(Instant::now());
        self.adbd.wake();
        asking
    }
}

impl Drop for PipeBridge {
    fn drop(&mut self) {
        if let Some(task) = self.task.lock().unwrap_or_else(PoisonError::into_inner).take() {
            task.abort();
        }
    }
}
