//! Drives a [`Session`] over a [`Link`]. All decisions are the session's.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::time::Instant;

use super::error::ReadError;
use super::key::Key;
use super::packet::Packet;
use super::session::{Session, Step};
use super::{Budget, Progress};
use crate::link::{Link, LinkError};
use crate::reading::Reading;

/// Bytes taken from the link at a time.
const CHUNK: usize = 16 * 1024;

/// Reads what a phone says of itself over its debug bridge. `keys` are tried in order; the first
/// is the one that the phone is asked to allow. Ends within the times of `budget`, whatever the
/// device does; dropping the future ends it at once.
///
/// A phone that lets us in and tells no IMEI gives a reading that says so.
///
/// # Errors
///
/// See [`ReadError`]. A phone pulled out in the middle is an error even if something was learned:
/// a reading that lacks the second slot would look whole.
pub async fn read(
    mut link: Link,
    keys: &[Arc<Key>],
    budget: Budget,
    mut progress: impl FnMut(Progress) + Send,
) -> Result<Reading, ReadError> {
    let mut session = Session::new(keys, budget, unlikely_number());
    let mut buffer = vec![0; CHUNK];
    loop {
        match session.step(now()) {
            Step::Send(packet) => send(&mut link, &packet, budget).await?,
            Step::Report(news) => progress(news),
            Step::Wait(until) => match link.receive(&mut buffer, until.into()).await {
                Ok(count) => session.receive(buffer.get(..count).unwrap_or_default(), now()),
                Err(LinkError::Timeout) => {}
                Err(error) => return Err(error.into()),
            },
            Step::Done => return session.finish(),
        }
    }
}

/// Header and payload apart: over USB each is a transfer of its own.
async fn send(link: &mut Link, packet: &Packet, budget: Budget) -> Result<(), LinkError> {
    let deadline = tokio::time::Instant::now() + budget.command;
    link.send(&packet.header(), deadline).await?;
    if packet.payload.is_empty() {
        return Ok(());
    }
    link.send(&packet.payload, deadline).await
}

/// A number for the first command that no other program is likely to have used on this phone:
/// they count from 1.
fn unlikely_number() -> u32 {
    let random = RandomState::new().hash_one(now()).to_le_bytes();
    let [a, b, c, ..] = random;
    u32::from_le_bytes([a, b, c, 0x40])
}

/// The clock of the event loop, so that a test that stops one stops both.
fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}
