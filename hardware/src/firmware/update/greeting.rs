//! Asking a scanner who it is, and nothing more: scans are neither taken nor acknowledged.

use core::hash::{BuildHasher as _, Hasher as _};
use core::time::Duration;
use std::hash::RandomState;

use tekser_wire::frame::FRAME_MAX;
use tekser_wire::message::{FromStation, Restart, ScannerHello};
use tekser_wire::station::{Event, StationEnd};
use tokio::time::Instant;

use crate::link::{Link, LinkError};

/// A conversation that went no further than `Hello`.
pub(super) struct Greeted {
    link: Link,
    end: StationEnd,
    began: Instant,
    /// What the scanner said.
    pub hello: ScannerHello,
}

/// Says `Hello` until it is answered.
///
/// # Errors
///
/// [`LinkError::Timeout`] when no answer came within `limit`.
pub(super) async fn greet(mut link: Link, limit: Duration) -> Result<Greeted, LinkError> {
    let began = Instant::now();
    let deadline = began + limit;
    // Any number will do that an answer to somebody else's `Hello` is unlikely to carry.
    let mut end = StationEnd::new(RandomState::new().build_hasher().finish() as u32);
    let mut buffer = [0; Link::CHUNK];
    loop {
        let now = elapsed(began);
        end.tick(now);
        send(&mut link, &mut end, began, deadline).await?;
        let wake = began + Duration::from_millis(end.wake_at());
        match link.receive(&mut buffer, wake.min(deadline)).await {
            Ok(count) => {
                for byte in &buffer[..count] {
                    let event = end.receive(*byte, elapsed(began));
                    if let Some(Event::Hello(hello) | Event::Mismatch(_, hello)) = event {
                        return Ok(Greeted { link, end, began, hello });
                    }
                }
            }
            Err(error) if error.is_timeout() && Instant::now() < deadline => {}
            Err(error) => return Err(error),
        }
    }
}

impl Greeted {
    /// Asks the scanner to start its boot loader. There is no answer: it goes.
    ///
    /// # Errors
    ///
    /// [`LinkError`] if it could not be sent.
    pub(super) async fn ask_boot_loader(mut self, limit: Duration) -> Result<(), LinkError> {
        let restart = FromStation::Restart(Restart::BootLoader);
        // Refused only before `Hello`, or with a full list.
        self.end.ask(restart).map_err(|_| LinkError::Timeout)?;
        send(&mut self.link, &mut self.end, self.began, Instant::now() + limit).await
    }
}

async fn send(
    link: &mut Link,
    end: &mut StationEnd,
    began: Instant,
    deadline: Instant,
) -> Result<(), LinkError> {
    let mut frame = [0; FRAME_MAX];
    loop {
        let length = end.transmit(elapsed(began), &mut frame);
        if length == 0 {
            return Ok(());
        }
        link.send(&frame[..length], deadline).await?;
    }
}

fn elapsed(began: Instant) -> u64 {
    u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX)
}
