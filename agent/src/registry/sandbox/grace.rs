//! Thirty calendar days from the first connection.

use jiff::tz::{Offset, TimeZone};
use jiff::{Span, Timestamp};

/// Days of grace, counted by the calendar of Kazakhstan.
pub const GRACE_DAYS: i64 = 30;

/// When grace ends for a device first seen then.
///
/// The rule says "30 calendar days from the date of first connection" and no source says whether
/// that date counts. This is the earlier reading: the date counts as the first day, so grace ends
/// at the midnight that closes the thirtieth. `None` at the end of the calendar.
pub fn grace_until(first_seen: Timestamp) -> Option<Timestamp> {
    // One time for the whole country since 1 March 2024: UTC+5.
    let zone = TimeZone::fixed(Offset::constant(5));
    let first_day = first_seen.to_zoned(zone.clone()).date();
    let end = first_day.checked_add(Span::new().days(GRACE_DAYS)).ok()?;
    Some(end.to_zoned(zone).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(first_seen: &str, until: &str) {
        let first_seen: Timestamp = first_seen.parse().unwrap();
        assert_eq!(grace_until(first_seen), Some(until.parse().unwrap()));
    }

    #[test]
    fn the_day_of_first_connection_counts_as_the_first() {
        check("2026-11-01T12:00:00+05", "2026-12-01T00:00:00+05");
    }

    #[test]
    fn the_last_minute_of_a_day_counts_as_that_day() {
        check("2026-11-01T23:59:59+05", "2026-12-01T00:00:00+05");
    }

    #[test]
    fn the_day_is_that_of_kazakhstan_and_not_of_greenwich() {
        check("2026-10-31T19:00:00Z", "2026-12-01T00:00:00+05");
        check("2026-10-31T18:59:59Z", "2026-11-30T00:00:00+05");
    }

    #[test]
    fn february_is_counted_by_the_calendar() {
        check("2028-02-01T10:00:00+05", "2028-03-02T00:00:00+05");
    }
}
