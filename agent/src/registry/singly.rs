//! Many questions to a registry that takes one IMEI at a time: several on their way at once, answers
//! in the order asked, and an end when nobody is there.

use core::cmp::Reverse;
use std::future::Future;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use futures_util::StreamExt as _;
use tekser_imei::Imei;

use super::{RegistryError, RegistryId};
use crate::clock::Clock;
use crate::ruling::{Answer, Verdict};

/// Most questions on their way at once.
pub const IN_FLIGHT: usize = 16;

/// Most IMEIs in one go: with every question at its slowest a caller still hears within minutes.
pub const BATCH_MAX: usize = 250;

/// Longest answer about one IMEI, in bytes.
pub const ANSWER_MAX: usize = 64 * 1024;

/// So many questions in a row that nobody answers are enough.
const SILENCES_MAX: u32 = 3;

/// How possible it is that the question was taken.
const fn doubt(error: &RegistryError) -> u8 {
    match error {
        RegistryError::NoAnswer { .. } | RegistryError::Unreadable { .. } => 2,
        RegistryError::Failed { .. } | RegistryError::Refused { .. } => 1,
        RegistryError::Unreachable { .. }
        | RegistryError::Throttled { .. }
        | RegistryError::Denied { .. } => 0,
    }
}

/// When to stop asking.
#[derive(Default)]
struct Patience {
    ended: OnceLock<RegistryError>,
    silences: AtomicU32,
}

impl Patience {
    /// Questions are short, deadlines are long: a registry that is away, throttles or refuses this
    /// station will do so to the next question as well.
    fn note(&self, outcome: Result<&Answer, &RegistryError>) {
        let silences = match outcome {
            Err(RegistryError::NoAnswer { .. }) => {
                self.silences.fetch_add(1, Ordering::Relaxed) + 1
            }
            _ => {
                self.silences.store(0, Ordering::Relaxed);
                0
            }
        };
        let Err(error) = outcome else {
            return;
        };
        let is_for_all = matches!(
            error,
            RegistryError::Unreachable { .. }
                | RegistryError::Throttled { .. }
                | RegistryError::Denied { .. }
        );
        if is_for_all || silences >= SILENCES_MAX {
            let _ = self.ended.set(error.clone());
        }
    }
}

/// Asks about each IMEI. One that fails has an `Undetermined` answer in its place.
///
/// # Errors
///
/// If not a single IMEI was answered. Of several errors it is one after which a question may have been
/// answered and paid for, if there is such a one.
pub async fn one_by_one<A, F>(
    registry: RegistryId,
    clock: &dyn Clock,
    imeis: &[Imei],
    ask: A,
) -> Result<Vec<Answer>, RegistryError>
where
    A: Fn(Imei) -> F,
    F: Future<Output = Result<Answer, RegistryError>>,
{
    let patience = Patience::default();
    let asked = imeis.iter().copied().map(|imei| {
        let question = ask(imei);
        let patience = &patience;
        async move {
            if let Some(error) = patience.ended.get() {
                return (imei, Err(error.clone()));
            }
            let outcome = question.await;
            patience.note(outcome.as_ref());
            (imei, outcome)
        }
    });
    let outcomes: Vec<_> = futures_util::stream::iter(asked).buffered(IN_FLIGHT).collect().await;
    let failures: Vec<_> = outcomes.iter().filter_map(|(_, said)| said.as_ref().err()).collect();
    let worst = failures.iter().min_by_key(|error| Reverse(doubt(error)));
    if let Some(&error) = worst {
        let (failed, of) = (failures.len(), outcomes.len());
        if failed == of {
            return Err(error.clone());
        }
        tracing::warn!(%error, failed, of, "no verdict on some");
    }
    let settle = |(imei, outcome): (Imei, Result<Answer, RegistryError>)| {
        outcome.unwrap_or_else(|error| {
            let verdict = Verdict::Undetermined { why: error.undetermined() };
            Answer::new(imei, verdict, registry.clone(), clock.now())
        })
    };
    Ok(outcomes.into_iter().map(settle).collect())
}

#[cfg(test)]
mod tests {
    use std::future::ready;

    use super::*;
    use crate::clock::SystemClock;
    use crate::ruling::Undetermined;

    fn registry() -> RegistryId {
        RegistryId::new("there")
    }

    fn imeis(count: usize) -> Vec<Imei> {
        use tekser_imei::Imei14;
        let number = |n| format!("35693803{n:06}").parse::<Imei14>().unwrap().with_check_digit();
        (0..count).map(number).collect()
    }

    fn silence() -> RegistryError {
        RegistryError::NoAnswer { registry: registry() }
    }

    fn away() -> RegistryError {
        RegistryError::Unreachable { registry: registry() }
    }

    fn garbage() -> RegistryError {
        RegistryError::Unreadable { registry: registry(), detail: "x".to_owned() }
    }

    fn clear(imei: Imei) -> Answer {
        Answer::new(imei, Verdict::Clear, registry(), SystemClock.now())
    }

    /// How many are asked, and what comes of it, if the far side does this to the nth.
    async fn asked(
        of: usize,
        react: impl Fn(u32) -> Option<RegistryError>,
    ) -> (u32, Result<Vec<Verdict>, RegistryError>) {
        let count = AtomicU32::new(0);
        let ask = |imei| {
            let (react, count) = (&react, &count);
            async move {
                let nth = count.fetch_add(1, Ordering::Relaxed);
                ready(()).await;
                react(nth).map_or_else(|| Ok(clear(imei)), Err)
            }
        };
        let said = one_by_one(registry(), &SystemClock, &imeis(of), ask).await;
        let verdicts = |answers: Vec<Answer>| answers.iter().map(|said| said.verdict).collect();
        (count.into_inner(), said.map(verdicts))
    }

    #[tokio::test]
    async fn nobody_is_asked_about_nothing() {
        assert_eq!(asked(0, |_| None).await, (0, Ok(Vec::new())));
    }

    #[tokio::test]
    async fn asking_ends_when_nobody_is_there_and_says_so_of_the_rest() {
        let (count, said) = asked(100, |nth| (nth >= 40).then(away)).await;
        assert_eq!(count, 41);
        let open = Verdict::Undetermined { why: Undetermined::Unreachable };
        let expected = [vec![Verdict::Clear; 40], vec![open; 60]].concat();
        assert_eq!(said, Ok(expected));
    }

    #[tokio::test]
    async fn silence_ends_it_only_if_nothing_is_heard_in_between() {
        let (count, _) = asked(100, |nth| (nth % 3 != 0).then(silence)).await;
        assert_eq!(count, 100);
        let (count, said) = asked(100, |_| Some(silence())).await;
        assert_eq!((count, said), (3, Err(silence())));
    }

    #[tokio::test]
    async fn garbage_about_one_never_ends_it() {
        let (count, said) = asked(100, |nth| (nth != 99).then(garbage)).await;
        assert_eq!(count, 100);
        assert_eq!(said.unwrap()[99], Verdict::Clear);
    }

    #[tokio::test]
    async fn an_error_for_all_does_not_hide_that_some_may_have_been_taken() {
        let react = |nth| Some(if nth == 0 { silence() } else { away() });
        assert_eq!(asked(20, react).await.1, Err(silence()));
        let react = |nth| Some(if nth == 0 { garbage() } else { away() });
        assert_eq!(asked(20, react).await.1, Err(garbage()));
    }
}
