//! Drives a phone over any byte stream.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::Notify;

use crate::adbd::Adbd;
use crate::phone::{Next, Phone};

/// One end of a conversation, without input or output of its own.
pub(crate) trait Talks {
    /// Takes in bytes that arrived at `now`.
    fn receive(&mut self, bytes: &[u8], now: Instant);

    /// What it does at `now`.
    fn next(&mut self, now: Instant) -> Next;
}

impl Talks for Phone {
    fn receive(&mut self, bytes: &[u8], now: Instant) {
        self.receive(bytes, now);
    }

    fn next(&mut self, now: Instant) -> Next {
        self.next(now)
    }
}

impl Talks for Adbd {
    fn receive(&mut self, bytes: &[u8], now: Instant) {
        self.receive(bytes, now);
    }

    fn next(&mut self, now: Instant) -> Next {
        self.next(now)
    }
}

/// A phone, or one side of it, that a task drives while others look at what it was asked.
#[derive(Debug)]
pub(crate) struct Shared<T>(Arc<Inner<T>>);

#[derive(Debug)]
struct Inner<T> {
    phone: Mutex<T>,
    news: Notify,
}

impl<T> Shared<T> {
    pub(crate) fn new(phone: T) -> Self {
        Self(Arc::new(Inner { phone: Mutex::new(phone), news: Notify::new() }))
    }

    /// A panic elsewhere leaves a phone no worse than it was.
    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.0.phone.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something happened to the phone that its task does not know of.
    pub(crate) fn wake(&self) {
        self.0.news.notify_one();
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// Runs until the cable is out. One piece is on its way at a time: while nobody reads, nothing
/// more is made.
pub(crate) async fn run(io: impl AsyncRead + AsyncWrite, phone: Shared<impl Talks>) {
    let (mut reader, mut writer) = tokio::io::split(io);
    let mut heard = vec![0; 16 * 1024];
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
            () = phone.0.news.notified() => {}
        }
    }
}

async fn sleep_until(wake: Option<Instant>) {
    if let Some(wake) = wake {
        tokio::time::sleep_until(wake.into()).await;
    }
}
