//! Trouble on demand: what a far side does to whoever talks to it.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

/// Trouble on demand. Each counter is a number of times that it still strikes.
#[derive(Debug, Default)]
pub struct Faults {
    /// So many filings are taken in and their answers lost.
    pub lose_answers: AtomicU32,
    /// So many requests find nobody there.
    pub unreachable: AtomicU32,
    /// So many requests are asked to come back later.
    pub throttled: AtomicU32,
    /// How many seconds later; not less than one.
    pub retry_after: AtomicU32,
    /// So many requests end in a failure of the server, before anything is taken in.
    pub failing: AtomicU32,
    /// So many look-ups are answered with every row twice.
    pub duplicate_answers: AtomicU32,
    /// So many look-ups have one row that cannot be answered.
    pub bad_rows: AtomicU32,
    /// Every request is answered so many milliseconds late, up to [`Faults::LATENCY_MAX`].
    pub latency: AtomicU32,
    stale: Mutex<Option<Stale>>,
}

/// Trouble that a request meets before anything is done for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// Nobody is there.
    Unreachable,
    /// Come back later.
    Throttled {
        /// So many seconds later.
        retry_after: u32,
    },
    /// The server failed.
    Failed,
}

/// Reads are stale until then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stale {
    /// Answers are what was true then.
    pub since: Timestamp,
    /// Until then.
    pub until: Timestamp,
}

impl Faults {
    /// Longest latency, in milliseconds.
    pub const LATENCY_MAX: u32 = 60_000;

    /// Waits as long as the latency says, then gives the trouble that strikes, if any does.
    pub async fn meet(&self) -> Option<Trouble> {
        let latency = self.latency.load(Ordering::Relaxed).min(Self::LATENCY_MAX);
        if latency > 0 {
            tokio::time::sleep(Duration::from_millis(u64::from(latency))).await;
        }
        if strikes(&self.unreachable) {
            return Some(Trouble::Unreachable);
        }
        if strikes(&self.throttled) {
            let retry_after = self.retry_after.load(Ordering::Relaxed).max(1);
            return Some(Trouble::Throttled { retry_after });
        }
        strikes(&self.failing).then_some(Trouble::Failed)
    }

    /// Whether the answer to the filing that was just taken in is lost.
    pub fn loses_answer(&self) -> bool {
        strikes(&self.lose_answers)
    }

    pub(super) fn duplicates_answer(&self) -> bool {
        strikes(&self.duplicate_answers)
    }

    pub(super) fn spoils_row(&self) -> bool {
        strikes(&self.bad_rows)
    }

    /// Until when reads are stale, if they are.
    pub fn stale_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.stale(now).map(|stale| stale.until)
    }

    pub(super) fn stale(&self, now: Timestamp) -> Option<Stale> {
        let stale = *self.stale.lock().unwrap_or_else(PoisonError::into_inner);
        stale.filter(|stale| now < stale.until)
    }

    pub(super) fn set_stale(&self, stale: Option<Stale>) {
        *self.stale.lock().unwrap_or_else(PoisonError::into_inner) = stale;
    }

    /// Turns all trouble off.
    pub fn clear(&self) {
        let counters = [
            &self.lose_answers,
            &self.unreachable,
            &self.throttled,
            &self.retry_after,
            &self.failing,
            &self.duplicate_answers,
            &self.bad_rows,
            &self.latency,
        ];
        for counter in counters {
            counter.store(0, Ordering::Relaxed);
        }
        self.set_stale(None);
    }
}

fn strikes(counter: &AtomicU32) -> bool {
    counter.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
}
