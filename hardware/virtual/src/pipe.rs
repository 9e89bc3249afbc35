//! A phone in memory: the same phone on every system, without a terminal.

use std::io;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use tekser_hardware::bus::Opening;
use tekser_hardware::link::OpenError;
use tekser_hardware::{Link, PortName};
use tokio::task::JoinHandle;

use crate::drive::{self, Shared};
use crate::persona::Persona;
use crate::phone::Phone;

/// A phone behind an in-memory pipe. Each [`PipePhone::connect`] ends the one before.
#[derive(Debug)]
pub struct PipePhone {
    port: PortName,
    phone: Shared<Phone>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl PipePhone {
    /// Bytes that fit in the pipe each way.
    const CAPACITY: usize = 4096;

    /// A phone that is plugged in; `place` is its number in the port's name.
    pub fn plug(persona: Persona, place: usize) -> Self {
        Self {
            port: PortName::new(format!("virtual:{place}")),
            phone: Shared::new(Phone::new(persona, Instant::now())),
            task: Mutex::new(None),
        }
    }

    /// As [`PipePhone::plug`], in the form that the bench asks for. Names cannot be given here.
    #[cfg_attr(unix, allow(dead_code, reason = "the bench uses pseudo-terminals on Unix"))]
    pub(crate) fn on_bench(persona: Persona, place: usize, _: Option<&Path>) -> io::Result<Self> {
        Ok(Self::plug(persona, place))
    }

    /// Name of the port.
    pub const fn port(&self) -> &PortName {
        &self.port
    }

    /// A new link to the phone. Must be called within a Tokio runtime.
    pub fn connect(&self) -> Link {
        let (near, far) = tokio::io::duplex(Self::CAPACITY);
        let task = tokio::spawn(drive::run(far, self.phone.clone()));
        let mut slot = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = slot.replace(task) {
            before.abort();
        }
        Link::from_io(near)
    }

    /// Commands it was given so far, in order.
    pub fn asked(&self) -> Vec<String> {
        self.phone.lock().asked().to_vec()
    }

    /// Commands among them that write, reset, dial or send.
    pub fn violations(&self) -> Vec<String> {
        self.phone.lock().violations().to_vec()
    }

    #[cfg_attr(unix, allow(dead_code, reason = "the bench uses pseudo-terminals on Unix"))]
    pub(crate) fn open(&self) -> Opening<'static> {
        let link: Result<Link, OpenError> = Ok(self.connect());
        Box::pin(core::future::ready(link))
    }
}

impl Drop for PipePhone {
    fn drop(&mut self) {
        if let Some(task) = self.task.lock().unwrap_or_else(PoisonError::into_inner).take() {
            task.abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use tekser_hardware::at::{self, Budget, Hint};

    use super::*;

    #[tokio::test]
    async fn a_phone_in_memory_is_read_like_any_other() {
        for n in 0..8 {
            let persona = Persona::nth(n);
            let phone = PipePhone::plug(persona.clone(), n);
            let mut link = phone.connect();
            let hint = Hint { usb_id: Some(persona.usb_id()) };
            let reading = at::read(&mut link, hint, Budget::default()).await.unwrap();
            let first = reading.claims.first().and_then(|claim| claim.value.imei());
            assert_eq!(first, persona.imeis.first().copied(), "{}", persona.name);
            assert!(phone.violations().is_empty());
        }
    }

    #[tokio::test]
    async fn a_dropped_phone_is_gone() {
        let phone = PipePhone::plug(Persona::nth(0), 0);
        let mut link = phone.connect();
        drop(phone);
        let error = at::read(&mut link, Hint::default(), Budget::default()).await.unwrap_err();
        assert!(error.is_gone(), "{error:?}");
    }
}
