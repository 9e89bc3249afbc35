//! Drives a phone over any byte stream.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::phone::{Next, Phone};

/// A phone that a task drives while others look at what it was asked.
#[derive(Debug, Clone)]
pub(crate) struct Shared(Arc<Mutex<Phone>>);

impl Shared {
    pub(crate) fn new(phone: Phone) -> Self {
        Self(Arc::new(Mutex::new(phone)))
    }

    /// A panic elsewhere leaves a phone no worse than it was.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Phone> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs until the cable is out. One piece is on its way at a time: while nobody reads, nothing
/// more is made.
pub(crate) async fn run(io: impl AsyncRead + AsyncWrite, phone: Shared) {
    let (mut reader, mut writer) = tokio::io::split(io);
    let mut heard = [0; 1024];
    let mut to_say: Vec<u8> = Vec::new();
    loop {
        let mut wake = None;
        if to_say.is_empty() {
            match phone.lock().next(Instant::now()) {
                Next::Send(bytes) => to_say = bytes,
                Next::Wait(until) => wake = until,
                Next::Pulled => return,
            }
        }
        tokio::select! {
            read = reader.read(&mut heard) => match read {
                Ok(0) | Err(_) => return,
                Ok(count) => {
                    phone.lock().receive(heard.get(..count).unwrap_or_default(), Instant::now());
                }
            },
            written = writer.write(&to_say), if !to_say.is_empty() => match written {
                Ok(0) | Err(_) => return,
                Ok(count) => drop(to_say.drain(..count)),
            },
            () = sleep_until(wake), if wake.is_some() => {}
        }
    }
}

async fn sleep_until(wake: Option<Instant>) {
    if let Some(wake) = wake {
        tokio::time::sleep_until(wake.into()).await;
    }
}
