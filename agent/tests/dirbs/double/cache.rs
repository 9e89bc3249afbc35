//! What it said, to be said again for 300 seconds whatever its lists say meanwhile.

use std::collections::HashMap;
use std::sync::Arc;

use axum::body::Bytes;
use jiff::{SignedDuration, Timestamp};

use super::{Shared, lock};

const KEPT: SignedDuration = SignedDuration::from_secs(300);

/// Answers by what was asked: the route and its arguments as they are understood, so that
/// `include_stolen_status=1` and `=true` are one question.
#[derive(Default)]
pub struct Cache(HashMap<String, (Timestamp, Bytes)>);

impl Shared {
    /// What was said before, or what `say` says now. A batch of the most IMEIs is not kept longer
    /// than its entry lives: what is over is thrown away when something new is kept.
    pub fn memoised(self: &Arc<Self>, question: String, say: impl FnOnce() -> Bytes) -> Bytes {
        let now = self.clock.now();
        if let Some((until, said)) = lock(&self.cache).0.get(&question)
            && now < *until
        {
            return said.clone();
        }
        let said = say();
        let mut cache = lock(&self.cache);
        cache.0.retain(|_, (until, _)| now < *until);
        cache.0.insert(question, (now.saturating_add(KEPT).unwrap_or(now), said.clone()));
        said
    }
}
