//! How long a review takes.

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Span, Timestamp};

/// How long a review takes.
///
/// Published guides say one to five business days (tandap.kz, 2026). They do not say at which hour
/// the last one ends: here at 18:00, the usual end of an office's day. Saturdays and Sundays are no
/// business days; public holidays are in no source of ours and count as ordinary days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReviewTime {
    /// So long by the clock, to learn and to demonstrate with.
    Fixed(SignedDuration),
    /// So many business days after the day of filing.
    BusinessDays(u8),
}

impl ReviewTime {
    /// Most business days.
    pub const DAYS_MAX: u8 = 30;

    /// When what is filed then is decided.
    pub fn due(self, filed_at: Timestamp) -> Timestamp {
        match self {
            Self::Fixed(takes) => filed_at.saturating_add(takes).unwrap_or(filed_at),
            Self::BusinessDays(days) => end_of(days, filed_at).unwrap_or(filed_at),
        }
    }
}

impl From<SignedDuration> for ReviewTime {
    fn from(takes: SignedDuration) -> Self {
        Self::Fixed(takes)
    }
}

/// The end of the last of so many business days after the day of filing; `None` at the end of the
/// calendar.
fn end_of(days: u8, filed_at: Timestamp) -> Option<Timestamp> {
    // One time for the whole country since 1 March 2024: UTC+5.
    let zone = TimeZone::fixed(Offset::constant(5));
    let mut day = filed_at.to_zoned(zone.clone()).date();
    for _ in 0..days.clamp(1, ReviewTime::DAYS_MAX) {
        day = next_business_day(day)?;
    }
    Some(day.to_datetime(Time::constant(18, 0, 0, 0)).to_zoned(zone).ok()?.timestamp())
}

fn next_business_day(mut day: Date) -> Option<Date> {
    loop {
        day = day.checked_add(Span::new().days(1)).ok()?;
        if !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) {
            return Some(day);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(days: u8, filed: &str, due: &str) {
        let filed: Timestamp = filed.parse().unwrap();
        let expected: Timestamp = due.parse().unwrap();
        assert_eq!(ReviewTime::BusinessDays(days).due(filed), expected);
    }

    #[test]
    fn a_review_ends_with_a_business_day() {
        // 5 November 2026 is a Thursday.
        check(1, "2026-11-05T09:00:00+05", "2026-11-06T18:00:00+05");
        check(2, "2026-11-05T09:00:00+05", "2026-11-09T18:00:00+05");
        check(5, "2026-11-05T23:59:59+05", "2026-11-12T18:00:00+05");
    }

    #[test]
    fn what_is_filed_at_a_weekend_waits_for_monday() {
        check(1, "2026-11-07T09:00:00+05", "2026-11-09T18:00:00+05");
        check(1, "2026-11-08T23:00:00+05", "2026-11-09T18:00:00+05");
    }

    #[test]
    fn the_day_of_filing_is_that_of_kazakhstan() {
        // Still Thursday in Greenwich, Friday already in Astana.
        check(1, "2026-11-05T20:00:00Z", "2026-11-09T18:00:00+05");
    }

    #[test]
    fn no_days_at_all_are_one() {
        check(0, "2026-11-05T09:00:00+05", "2026-11-06T18:00:00+05");
    }

    proptest! {
        #[test]
        fn whoever_files_first_is_answered_first(
            days in 1..=ReviewTime::DAYS_MAX, filed in 0_i64..4_000_000_000, later in 0_i64..1_000_000,
        ) {
            let at = |second| Timestamp::from_second(second).unwrap();
            let review = ReviewTime::BusinessDays(days);
            prop_assert!(review.due(at(filed)) > at(filed));
            prop_assert!(review.due(at(filed)) <= review.due(at(filed + later)));
        }
    }
}
