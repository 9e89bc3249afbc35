//! Many questions to a registry that takes one IMEI at a time: several on their way at once, answers
//! in the order asked, and an end when nobody is there.

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
/// The first error, if not a single IMEI was answered.
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
    let failed = outcomes.iter().filter(|(_, outcome)| outcome.is_err()).count();
    if let Some(error) = outcomes.iter().find_map(|(_, outcome)| outcome.as_ref().err()) {
        if failed == outcomes.len() {
            return Err(error.clone());
        }
        tracing::warn!(%error, failed, of = outcomes.len(), "no verdict on some");
    }
    let settle = |(imei, outcome): (Imei, Result<Answer, RegistryError>)| {
        outcome.unwrap_or_else(|error| {
            let verdict = Verdict::Undetermined { why: error.undetermined() };
            Answer::new(imei, verdict, registry.clone(), clock.now())
        })
    };
    Ok(outcomes.into_iter().map(settle).collect())
}
