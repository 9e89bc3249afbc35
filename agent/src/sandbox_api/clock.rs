//! The practice registry's clock: the machine's, one that runs faster, or one that is moved.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use crate::clock::{Clock, SystemClock};

/// How time goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// As on the machine.
    Machine,
    /// So many days in a second.
    Days(u16),
    /// Only when it is told to.
    Manual,
}

/// The name of a pace in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum PaceName {
    /// As on the machine.
    Machine,
    /// So many days in a second.
    Fast,
    /// Only when it is told to.
    Manual,
}

impl Pace {
    /// Most days in a second.
    pub const DAYS_MAX: u16 = 366;

    pub(super) const fn name(self) -> PaceName {
        match self {
            Self::Machine => PaceName::Machine,
            Self::Days(_) => PaceName::Fast,
            Self::Manual => PaceName::Manual,
        }
    }

    const fn factor(self) -> i32 {
        match self {
            Self::Machine => 1,
            Self::Days(days) => days as i32 * 86_400,
            Self::Manual => 0,
        }
    }
}

/// The practice registry's clock. It never goes back.
#[derive(Debug)]
pub struct PracticeClock {
    start: Timestamp,
    started: Instant,
    pace: Pace,
    moved: Mutex<SignedDuration>,
}

impl PracticeClock {
    /// A clock that shows the machine's time now.
    pub fn new(pace: Pace) -> Self {
        let moved = Mutex::new(SignedDuration::ZERO);
        Self { start: SystemClock.now(), started: Instant::now(), pace, moved }
    }

    /// How time goes by.
    pub const fn pace(&self) -> Pace {
        self.pace
    }

    /// Moves the clock forward. What would lead out of the calendar does not move it.
    pub fn advance(&self, by: SignedDuration) {
        let mut moved = self.moved.lock().unwrap_or_else(PoisonError::into_inner);
        *moved = moved.checked_add(by.max(SignedDuration::ZERO)).unwrap_or(*moved);
    }

    /// Moves the clock forward to `at`, if it is not so late already.
    pub fn not_before(&self, at: Timestamp) {
        self.advance(at.duration_since(self.now()));
    }
}

impl Clock for PracticeClock {
    fn now(&self) -> Timestamp {
        let moved = *self.moved.lock().unwrap_or_else(PoisonError::into_inner);
        let elapsed =
            SignedDuration::try_from(self.started.elapsed()).unwrap_or(SignedDuration::MAX);
        let gone = elapsed.checked_mul(self.pace.factor()).unwrap_or(SignedDuration::MAX);
        let after = moved.checked_add(gone).unwrap_or(SignedDuration::MAX);
        let now = self.start.saturating_add(after).unwrap_or(Timestamp::MAX);
        // SQLite keeps milliseconds.
        Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
    }
}
