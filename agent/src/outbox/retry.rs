//! When to try again: full jitter, doubling from a base to a cap.

use jiff::{SignedDuration, Timestamp};

/// Waiting times between attempts.
#[derive(Debug, Clone, Copy)]
pub struct Retry {
    base: SignedDuration,
    cap: SignedDuration,
}

impl Retry {
    /// For what failed: from a second to five minutes.
    pub const AFTER_FAILURE: Self =
        Self { base: SignedDuration::from_secs(1), cap: SignedDuration::from_mins(5) };

    /// Shortest wait after `attempt` tries that failed, longest likewise.
    fn ceiling(self, attempt: u32) -> SignedDuration {
        let factor = 1_i32.checked_shl(attempt.min(20)).unwrap_or(i32::MAX);
        self.base.saturating_mul(factor).min(self.cap)
    }

    /// The time of the next try: half of the ceiling, and the other half by `dice` (0 to 255),
    /// so that a thousand stations do not come back at the same moment after an outage.
    pub fn next(self, now: Timestamp, attempt: u32, dice: u8) -> Timestamp {
        let half = self.ceiling(attempt) / 2;
        let millis = half.as_millis().saturating_mul(i128::from(dice)) / 255;
        let jitter = SignedDuration::from_millis(i64::try_from(millis).unwrap_or(i64::MAX));
        now.saturating_add(half.saturating_add(jitter)).unwrap_or(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_the_cap_and_stay_there() {
        let now = Timestamp::UNIX_EPOCH;
        let wait = |attempt, dice| Retry::AFTER_FAILURE.next(now, attempt, dice) - now;
        let seconds = |attempt, dice| wait(attempt, dice).get_seconds();
        assert_eq!(wait(0, 0).total(jiff::Unit::Millisecond).unwrap(), 500.0);
        assert_eq!(seconds(3, 255), 8);
        assert_eq!(seconds(30, 0), 150);
        assert_eq!(seconds(u32::MAX, 255), 300);
    }

    #[test]
    fn the_dice_spread_the_returns() {
        let now = Timestamp::UNIX_EPOCH;
        assert!(Retry::AFTER_FAILURE.next(now, 5, 0) < Retry::AFTER_FAILURE.next(now, 5, 200));
    }
}
