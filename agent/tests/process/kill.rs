//! kill -9 at any moment of the story, and start again on the same data: it goes on, nothing is
//! lost, nothing is filed twice.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::SignedDuration;
use serde_json::Value;
use tekser::clock::SystemClock;
use tekser::registry::sandbox::Sandbox;
use tekser::store::{Page, Store};
use tempfile::tempdir;
use tokio::runtime::Runtime;

use crate::program::{run, tekser, wait};

/// What is on disk: never less than before, never a filing twice.
#[derive(Debug, Default, PartialEq)]
struct OnDisk {
    readings: usize,
    cases: Vec<String>,
    batches: Vec<String>,
    applications: BTreeMap<String, usize>,
}

impl OnDisk {
    fn look(data: &Path) -> Self {
        if !data.join("station.db").exists() || !data.join("sandbox.db").exists() {
            return Self::default();
        }
        Runtime::new().unwrap().block_on(async {
            let store = Store::open(&data.join("station.db")).await.unwrap();
            let clock = Arc::new(SystemClock);
            let sandbox =
                Sandbox::open(&data.join("sandbox.db"), clock, SignedDuration::ZERO).await.unwrap();
            let everything = Page::first(10_000);
            let mut applications = BTreeMap::new();
            for (_, batch) in sandbox.applications().await.unwrap() {
                *applications.entry(batch.to_string()).or_insert(0) += 1;
            }
            let cases = store.cases(&everything).await.unwrap();
            let batches = store.batches(&everything).await.unwrap();
            let on_disk = Self {
                readings: store.readings(&everything).await.unwrap().len(),
                cases: cases.iter().map(|case| case.id.to_string()).collect(),
                batches: batches.iter().map(|batch| batch.id.to_string()).collect(),
                applications,
            };
            store.close().await;
            on_disk
        })
    }

    #[track_caller]
    fn assert_holds_all_of(&self, before: &Self) {
        assert!(self.readings >= before.readings, "{before:?} {self:?}");
        assert!(before.cases.iter().all(|case| self.cases.contains(case)), "{before:?} {self:?}");
        assert!(before.batches.iter().all(|b| self.batches.contains(b)), "{before:?} {self:?}");
        assert!(self.applications.values().all(|&times| times == 1), "filed twice: {self:?}");
    }
}

/// Starts the story and kills it after `life`. `Err` with its own length if it was over before.
fn kill_after(data: &Path, life: Duration) -> Result<(), Duration> {
    let started = Instant::now();
    let mut child = tekser(data).args(["demo", "--once"]).spawn().unwrap();
    match wait(&mut child, life) {
        None => Ok(()),
        Some(_) => Err(started.elapsed()),
    }
}

fn finish(data: &Path) -> Value {
    let ran = run(tekser(data).args(["demo", "--once"]));
    assert_eq!(ran.code, Some(0), "{ran:?}");
    ran.json()
}

#[track_caller]
fn assert_filed_once(report: &Value) {
    assert_eq!(report["outcome"], "complete");
    assert_eq!(report["filings_at_registry"], 1, "{report}");
    let cases = report["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 3, "{report}");
    assert!(cases.iter().all(|case| case["state"] == "approved"), "{report}");
}

fn length_of_the_story() -> Duration {
    let data = tempdir().unwrap();
    let started = Instant::now();
    finish(data.path());
    started.elapsed()
}

#[test]
fn killed_once_at_moments_spread_over_the_story() {
    const MOMENTS: u32 = 12;
    let mut whole = length_of_the_story();
    let mut moment = 1;
    // How long a story takes depends on what else the machine does: one that was over before its
    // moment is tried again, shorter.
    for _attempt in 0..4 * MOMENTS {
        if moment > MOMENTS {
            break;
        }
        let data = tempdir().unwrap();
        match kill_after(data.path(), whole * moment / (MOMENTS + 1)) {
            Ok(()) => moment += 1,
            Err(length) => whole = whole.min(length),
        }
        let before = OnDisk::look(data.path());
        assert_filed_once(&finish(data.path()));
        OnDisk::look(data.path()).assert_holds_all_of(&before);
    }
    assert!(moment > MOMENTS / 2, "the story was killed only {} times", moment - 1);
}

#[test]
fn killed_again_and_again_on_the_same_data() {
    let whole = length_of_the_story();
    let data = tempdir().unwrap();
    let mut before = OnDisk::default();
    for round in 1..=8 {
        // Over before its end or not: what is on disk must stay there.
        let _ = kill_after(data.path(), whole * (2 + round % 7) / 9);
        let now = OnDisk::look(data.path());
        now.assert_holds_all_of(&before);
        before = now;
    }
    assert_filed_once(&finish(data.path()));
    OnDisk::look(data.path()).assert_holds_all_of(&before);
}
