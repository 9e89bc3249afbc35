//! What several sources said of one IMEI, as one verdict.

use core::cmp::Reverse;

use jiff::Timestamp;

use crate::registry::Role;
use crate::ruling::{Answer, RegistryId, Verdict};

/// The answer that stands for all: the most severe certain one.
///
/// Bad news (`Blocked`, then `Grace`) counts whoever says it. After that only sources that
/// [decide](Role::Decides) count: one that gave no answer outweighs one that does not know the IMEI,
/// and both outweigh one that calls it clear. So `Clear` means that everyone who decides was asked
/// and called it clear. Where nobody decides, that a list of bad news is silent about an IMEI is no
/// more than `Unknown`. `None` only if nobody was asked.
pub fn combined(said: &[(Answer, Role)]) -> Option<Answer> {
    let weighs = |one: &&(Answer, Role), other: &&(Answer, Role)| {
        weight(&one.0, one.1).cmp(&weight(&other.0, other.1))
    };
    let (answer, role) = said.iter().max_by(weighs)?;
    let mut answer = answer.clone();
    if *role == Role::Warns && answer.verdict.is_clear() {
        answer.verdict = Verdict::Unknown;
    }
    Some(answer)
}

/// Among equals the older answer stands, and of two ends of grace the nearer one. The name decides
/// last, so that who answers first never does.
fn weight(
    answer: &Answer,
    role: Role,
) -> (u8, Reverse<Timestamp>, Reverse<Timestamp>, &RegistryId) {
    let decides = role == Role::Decides;
    let (weight, at) = match answer.verdict {
        Verdict::Blocked { .. } => (6, answer.as_of),
        Verdict::Grace { until } => (5, until),
        Verdict::Undetermined { .. } if decides => (4, answer.as_of),
        Verdict::Unknown if decides => (3, answer.as_of),
        Verdict::Clear if decides => (2, answer.as_of),
        Verdict::Undetermined { .. } => (1, answer.as_of),
        Verdict::Unknown | Verdict::Clear => (0, answer.as_of),
    };
    (weight, Reverse(at), Reverse(answer.as_of), &answer.source)
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use proptest::prelude::*;
    use tekser_imei::Imei;

    use super::*;
    use crate::ruling::{BlockReason, Undetermined};

    fn at(minutes: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes)
    }

    fn verdict() -> impl Strategy<Value = Verdict> {
        prop_oneof![
            3 => Just(Verdict::Clear),
            1 => (0_i64..9).prop_map(|minutes| Verdict::Grace { until: at(minutes) }),
            1 => Just(Verdict::Blocked { reason: BlockReason::Stolen }),
            1 => Just(Verdict::Unknown),
            1 => Just(Verdict::Undetermined { why: Undetermined::Unreachable }),
        ]
    }

    fn word() -> impl Strategy<Value = (Answer, Role)> {
        let role = prop_oneof![2 => Just(Role::Decides), 1 => Just(Role::Warns)];
        (verdict(), role, 0_i64..9, 0_u8..4).prop_map(|(verdict, role, minutes, source)| {
            let imei: Imei = "490154203237518".parse().unwrap();
            let source = RegistryId::new(&format!("s{source}"));
            (Answer::new(imei, verdict, source, at(minutes)), role)
        })
    }

    fn words() -> impl Strategy<Value = Vec<(Answer, Role)>> {
        prop::collection::vec(word(), 1..7)
    }

    /// How bad a verdict is for whoever wants to sell the phone.
    fn badness(verdict: &Verdict) -> u8 {
        match verdict {
            Verdict::Clear => 0,
            Verdict::Unknown => 1,
            Verdict::Undetermined { .. } => 2,
            Verdict::Grace { .. } => 3,
            Verdict::Blocked { .. } => 4,
        }
    }

    #[test]
    fn of_nobody_nothing_is_known() {
        assert_eq!(combined(&[]), None);
    }

    proptest! {
        #[test]
        fn who_is_asked_first_does_not_matter(
            (said, shuffled) in words().prop_flat_map(|said| {
                (Just(said.clone()), Just(said).prop_shuffle())
            }),
        ) {
            let (one, other) = (combined(&said).unwrap(), combined(&shuffled).unwrap());
            prop_assert_eq!(one.verdict, other.verdict);
            prop_assert_eq!(one.as_of, other.as_of);
        }

        #[test]
        fn one_more_word_makes_a_clear_imei_no_better_and_bad_news_no_less(
            said in words(), more in word(),
        ) {
            let before = badness(&combined(&said).unwrap().verdict);
            let mut all = said.clone();
            all.push(more.clone());
            let after = badness(&combined(&all).unwrap().verdict);
            let decided = said.iter().any(|(_, role)| *role == Role::Decides);
            // The first who decides may say more than lists that were silent; nothing else helps.
            if decided || before >= 3 {
                prop_assert!(after >= before, "{said:?} {more:?}");
            }
            if more.0.verdict.is_bad_news() {
                prop_assert!(after >= badness(&more.0.verdict));
            }
        }

        #[test]
        fn clear_needs_everyone_who_decides(said in words()) {
            let clear = combined(&said).unwrap().verdict.is_clear();
            let mut decide = said.iter().filter(|(_, role)| *role == Role::Decides).peekable();
            let anyone = decide.peek().is_some();
            let all = anyone && decide.all(|(answer, _)| answer.verdict.is_clear());
            let warned = said.iter().any(|(answer, _)| answer.verdict.is_bad_news());
            prop_assert_eq!(clear, all && !warned);
        }

        #[test]
        fn lists_of_bad_news_never_call_an_imei_clear(said in words()) {
            let only: Vec<_> = said.into_iter().map(|(answer, _)| (answer, Role::Warns)).collect();
            prop_assert!(!combined(&only).unwrap().verdict.is_clear());
        }

        #[test]
        fn the_word_that_stands_is_one_that_was_said(said in words()) {
            let stands = combined(&said).unwrap();
            let is_it = |(answer, role): &(Answer, Role)| {
                let silent = *role == Role::Warns && answer.verdict.is_clear();
                let verdict = if silent { Verdict::Unknown } else { answer.verdict };
                Answer { verdict, ..answer.clone() } == stands
            };
            prop_assert!(said.iter().any(is_it), "{said:?} {stands:?}");
        }
    }
}
