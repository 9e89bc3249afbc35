//! The scanner's side of the cable to the station.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use embedded_io_async::{ErrorKind, ErrorType, Read, Write};
use tokio::sync::Notify;

use crate::drive::{Shared, Talks};
use crate::phone::Next;

/// Frames that wait for a station that does not read. The scanner waits with the next.
const WAITING: usize = 4;

/// Bytes of a station that wait for the scanner; a flood beyond it is lost.
const HEARD: usize = 1 << 20;

/// A cable that may be plugged in. Clones are the same cable.
#[derive(Debug, Clone)]
pub(super) struct Port {
    pub(super) cable: Shared<Cable>,
    bells: Arc<Bells>,
}

#[derive(Debug, Default)]
struct Bells {
    /// Something came from the station, or the cable came out.
    heard: Notify,
    /// There is room for another frame.
    room: Notify,
}

#[derive(Debug)]
pub(super) struct Cable {
    plugged: bool,
    /// It came out, and the scanner has not seen that.
    pulled: bool,
    heard: VecDeque<u8>,
    said: VecDeque<Vec<u8>>,
    bells: Arc<Bells>,
}

impl Port {
    pub(super) fn new() -> Self {
        let bells = Arc::new(Bells::default());
        let cable = Cable {
            plugged: false,
            pulled: false,
            heard: VecDeque::new(),
            said: VecDeque::new(),
            bells: Arc::clone(&bells),
        };
        Self { cable: Shared::new(cable), bells }
    }

    pub(super) fn plug(&self) {
        self.cable.lock().plugged = true;
    }

    pub(super) fn unplug(&self) {
        let mut cable = self.cable.lock();
        cable.plugged = false;
        cable.pulled = true;
        cable.heard.clear();
        cable.said.clear();
        drop(cable);
        self.bells.heard.notify_one();
        self.bells.room.notify_one();
        self.cable.wake();
    }

    /// The scanner starts anew and knows of nothing that was said.
    pub(super) fn forget(&self) {
        let mut cable = self.cable.lock();
        cable.pulled = false;
        cable.heard.clear();
        cable.said.clear();
    }
}

impl Talks for Cable {
    fn receive(&mut self, bytes: &[u8], _: Instant) {
        let room = HEARD.saturating_sub(self.heard.len());
        self.heard.extend(bytes.iter().take(room));
        self.bells.heard.notify_one();
    }

    fn next(&mut self, _: Instant) -> Next {
        if !self.plugged {
            return Next::Pulled;
        }
        let Some(frame) = self.said.pop_front() else {
            return Next::Wait(None);
        };
        self.bells.room.notify_one();
        Next::Send(frame)
    }
}

impl ErrorType for Port {
    type Error = ErrorKind;
}

impl Read for Port {
    async fn read(&mut self, bytes: &mut [u8]) -> Result<usize, ErrorKind> {
        loop {
            {
                let mut cable = self.cable.lock();
                if std::mem::take(&mut cable.pulled) {
                    return Err(ErrorKind::NotConnected);
                }
                let count = bytes.len().min(cable.heard.len());
                if count > 0 {
                    for (slot, byte) in bytes.iter_mut().zip(cable.heard.drain(..count)) {
                        *slot = byte;
                    }
                    return Ok(count);
                }
            }
            self.bells.heard.notified().await;
        }
    }
}

impl Write for Port {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        loop {
            {
                let mut cable = self.cable.lock();
                if !cable.plugged {
                    return Err(ErrorKind::NotConnected);
                }
                if cable.said.len() < WAITING {
                    cable.said.push_back(bytes.to_vec());
                    drop(cable);
                    self.cable.wake();
                    return Ok(bytes.len());
                }
            }
            self.bells.room.notified().await;
        }
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}
