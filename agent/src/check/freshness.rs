//! What may be gone by without asking again.

use jiff::Timestamp;

use crate::registry::Terms;
use crate::ruling::{Answer, Verdict};

/// Whether what is kept will do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Freshness {
    /// Answers that are fresh are taken from the store, and only the rest is asked: for lists,
    /// phones that are plugged in, and scans.
    #[default]
    Kept,
    /// Everyone is asked: before something is signed, after a decision, and if a person wants it.
    /// What was paid for is not paid again: its answer counts as long as it is fresh.
    Now,
    /// As [`Freshness::Now`], and a person accepts to pay once more where a paid question was
    /// asked and its answer was lost, or a filing made it old.
    PayAgain,
}

/// Until when an answer may be gone by: as long as its source's terms say from when it was asked,
/// grace no longer than it lasts, and what is undetermined not at all. That the registry found it
/// out long before does not count: asked again, it would say, and charge for, the same.
///
/// A source that knows better (one where a person looked, say) may have said so itself.
pub(super) fn fresh_until(answer: &Answer, terms: Terms) -> Option<Timestamp> {
    let by_terms = match terms.fresh_for.is_zero() {
        true => None,
        false => Some(answer.asked().saturating_add(terms.fresh_for).unwrap_or(Timestamp::MAX)),
    };
    let until = answer.fresh_until.or(by_terms)?;
    match answer.verdict {
        Verdict::Undetermined { .. } => None,
        Verdict::Grace { until: end } => Some(until.min(end)),
        Verdict::Clear | Verdict::Blocked { .. } | Verdict::Unknown => Some(until),
    }
}

/// Whether a kept answer may be gone by now. `filed` is when a filing with its IMEI last went out
/// or was decided: the registry's lists may have changed since.
pub(super) fn is_fresh(
    answer: &Answer,
    terms: Terms,
    filed: Option<Timestamp>,
    now: Timestamp,
) -> bool {
    // A shop that shortens the time means what is kept already, too.
    let by_terms = answer.asked().saturating_add(terms.fresh_for).unwrap_or(Timestamp::MAX);
    let until = fresh_until(answer, terms).map(|until| until.min(by_terms));
    until.is_some_and(|until| now < until)
        && !is_before(answer, filed)
        // A clock that was wrong once must not keep an answer alive for years.
        && answer.asked() <= now
}

/// Whether a filing was made after this was so. The same moment counts as after.
pub(super) fn is_before(answer: &Answer, filed: Option<Timestamp>) -> bool {
    filed.is_some_and(|filed| answer.as_of <= filed)
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use proptest::prelude::*;
    use tekser_imei::Imei;

    use super::*;
    use crate::ruling::{BlockReason, RegistryId, Undetermined};

    fn at(minutes: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes)
    }

    fn answer(verdict: Verdict, as_of: i64) -> Answer {
        let imei: Imei = "490154203237518".parse().unwrap();
        Answer::new(imei, verdict, RegistryId::new("a"), at(as_of))
    }

    fn hour() -> Terms {
        Terms { fresh_for: SignedDuration::from_hours(1), ..Terms::default() }
    }

    #[test]
    fn an_answer_is_fresh_for_as_long_as_its_terms_say() {
        let clear = answer(Verdict::Clear, 0);
        assert_eq!(fresh_until(&clear, hour()), Some(at(60)));
        assert!(is_fresh(&clear, hour(), None, at(59)));
        assert!(!is_fresh(&clear, hour(), None, at(60)));
        assert_eq!(fresh_until(&clear, Terms::default()), None);
        assert!(!is_fresh(&clear, Terms::default(), None, at(0)));
    }

    #[test]
    fn what_a_registry_found_out_long_ago_is_fresh_from_when_it_was_asked() {
        let old = answer(Verdict::Clear, 5).to_question_of(at(600));
        assert_eq!((old.as_of, fresh_until(&old, hour())), (at(5), Some(at(660))));
        assert!(is_fresh(&old, hour(), None, at(659)) && !is_fresh(&old, hour(), None, at(660)));
        // A filing came after it was so, whenever it was asked.
        assert!(!is_fresh(&old, hour(), Some(at(300)), at(601)));
    }

    #[test]
    fn grace_is_not_fresh_beyond_its_end() {
        let grace = answer(Verdict::Grace { until: at(10) }, 0);
        assert_eq!(fresh_until(&grace, hour()), Some(at(10)));
        assert!(!is_fresh(&grace, hour(), None, at(10)));
    }

    #[test]
    fn what_was_said_before_a_filing_is_not_gone_by_after_it() {
        let clear = answer(Verdict::Clear, 5);
        assert!(is_fresh(&clear, hour(), Some(at(4)), at(6)));
        assert!(!is_fresh(&clear, hour(), Some(at(5)), at(6)));
        assert!(!is_fresh(&clear, hour(), Some(at(7)), at(8)));
    }

    #[test]
    fn an_answer_from_the_future_is_not_gone_by() {
        assert!(!is_fresh(&answer(Verdict::Clear, 10), hour(), None, at(5)));
    }

    proptest! {
        #[test]
        fn what_is_undetermined_is_never_fresh(
            as_of in 0_i64..1000, now in 0_i64..1000, minutes in 0_i64..10_000,
            own in proptest::option::of(0_i64..2000),
        ) {
            let terms = Terms { fresh_for: SignedDuration::from_mins(minutes), ..Terms::default() };
            for why in [Undetermined::Tracked, Undetermined::Pending, Undetermined::Unreachable] {
                let mut open = answer(Verdict::Undetermined { why }, as_of);
                open.fresh_until = own.map(at);
                prop_assert_eq!(fresh_until(&open, terms), None);
                prop_assert!(!is_fresh(&open, terms, None, at(now)));
            }
        }

        #[test]
        fn nothing_is_fresh_for_longer_than_the_terms_say_now(
            as_of in 0_i64..1000, now in 0_i64..1000, minutes in 0_i64..1000,
            own in proptest::option::of(0_i64..2000),
        ) {
            let terms = Terms { fresh_for: SignedDuration::from_mins(minutes), ..Terms::default() };
            let mut blocked = answer(Verdict::Blocked { reason: BlockReason::Lost }, as_of);
            blocked.fresh_until = own.map(at);
            if is_fresh(&blocked, terms, None, at(now)) {
                prop_assert!(as_of <= now && now < as_of + minutes);
            }
        }
    }
}
