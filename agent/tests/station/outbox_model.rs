//! The outbox under every history that chance can think of: faults, crashes, time.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use jiff::SignedDuration;
use proptest::prelude::*;
use tekser::batch::SignedBatch;
use tekser::check::Answer;
use tekser::id::{BatchId, SubmissionId};
use tekser::outbox::{Submission, SubmissionState};
use tekser::registry::sandbox::{Listing, Sandbox};
use tekser::registry::{
    ApplicationNo, Asking, Progress, Registry, RegistryError, RegistryId, Source,
};
use tekser::store::EventKind;
use tekser_imei::Imei;
use tokio::task::JoinHandle;

use crate::support::{REVIEW, Shop, cut, imei};

/// The sandbox on another machine: what has reached it is done there even if the station dies.
struct FarSide {
    sandbox: Arc<Sandbox>,
    arrived: Mutex<Vec<JoinHandle<Result<ApplicationNo, RegistryError>>>>,
}

impl FarSide {
    fn new(sandbox: Arc<Sandbox>) -> Arc<Self> {
        Arc::new(Self { sandbox, arrived: Mutex::default() })
    }

    /// Waits until it has done what has reached it.
    async fn settle(&self) {
        let arrived = std::mem::take(&mut *self.arrived.lock().unwrap());
        for filing in arrived {
            let _ = filing.await;
        }
    }
}

impl Source for FarSide {
    fn id(&self) -> RegistryId {
        self.sandbox.id()
    }

    fn look_up<'a>(&'a self, imeis: &'a [Imei]) -> Asking<'a, Vec<Answer>> {
        self.sandbox.look_up(imeis)
    }
}

impl Registry for FarSide {
    fn file<'a>(&'a self, batch: &'a SignedBatch) -> Asking<'a, ApplicationNo> {
        let (sandbox, batch) = (Arc::clone(&self.sandbox), batch.clone());
        let (tell, told) = tokio::sync::oneshot::channel();
        let filing = tokio::spawn(async move {
            let outcome = sandbox.file(&batch).await;
            let _ = tell.send(outcome.clone());
            outcome
        });
        self.arrived.lock().unwrap().push(filing);
        Box::pin(async move { told.await.unwrap() })
    }

    fn find(&self, batch: BatchId) -> Asking<'_, Option<ApplicationNo>> {
        self.sandbox.find(batch)
    }

    fn progress<'a>(&'a self, application: &'a ApplicationNo) -> Asking<'a, Progress> {
        self.sandbox.progress(application)
    }
}

/// One thing that happens.
#[derive(Debug, Clone)]
enum Happens {
    Submit,
    LoseAnswers(u32),
    Unreachable(u32),
    Advance(i64),
    Pump,
    /// The process dies after so many wakeups, and a new one takes over.
    Crash(usize),
}

fn happens() -> impl Strategy<Value = Happens> {
    prop_oneof![
        2 => Just(Happens::Submit),
        1 => (1_u32..3).prop_map(Happens::LoseAnswers),
        1 => (1_u32..4).prop_map(Happens::Unreachable),
        2 => (1_i64..900).prop_map(Happens::Advance),
        4 => Just(Happens::Pump),
        4 => (0_usize..40).prop_map(Happens::Crash),
    ]
}

async fn play(history: Vec<Happens>) {
    let shop = Shop::open().await;
    // Every second board is verified already, so its case will be refused.
    for n in (1..=4).filter(|n| n % 2 == 1) {
        shop.station.sandbox.list(imei(2 * n + 1).imei14(), Listing::White).await.unwrap();
    }
    let far = FarSide::new(Arc::clone(&shop.station.sandbox));
    let faults = shop.station.sandbox.faults();
    let mut submitted = Vec::new();
    let mut outbox = shop.outbox_to(far.clone()).await;
    for event in history {
        match event {
            Happens::Submit if submitted.len() < 4 => {
                submitted.push(shop.submitted(submitted.len() + 1).await);
            }
            Happens::Submit => {}
            Happens::LoseAnswers(n) => faults.lose_answers.store(n, Ordering::Relaxed),
            Happens::Unreachable(n) => faults.unreachable.store(n, Ordering::Relaxed),
            Happens::Advance(seconds) => shop.clock.advance(SignedDuration::from_secs(seconds)),
            Happens::Pump => drop(outbox.pump().await.unwrap()),
            Happens::Crash(polls) => {
                let _ = cut(outbox.pump(), polls).await;
                drop(outbox);
                far.settle().await;
                // A change that was being committed is through or not: nothing is in between.
                shop.station.store.begin().await.unwrap().commit().await.unwrap();
                outbox = shop.outbox_to(far.clone()).await;
            }
        }
    }
    faults.lose_answers.store(0, Ordering::Relaxed);
    faults.unreachable.store(0, Ordering::Relaxed);
    shop.clock.advance(REVIEW);
    shop.pump_out(&outbox).await;

    let mut expected: Vec<BatchId> = submitted.iter().map(|one| one.batch).collect();
    let mut filed = shop.filed().await;
    expected.sort_unstable();
    filed.sort_unstable();
    assert_eq!(filed, expected, "each batch is filed exactly once");
    for (index, submission) in submitted.iter().enumerate() {
        let state = shop.state(submission.id).await;
        let refused = index % 2 == 0;
        assert_eq!(matches!(state, SubmissionState::Rejected { .. }), refused, "{state:?}");
        assert_eq!(matches!(state, SubmissionState::Approved { .. }), !refused, "{state:?}");
    }
    check_ways(&shop).await;
}

/// Whatever was told of each submission is a way along the arrows.
async fn check_ways(shop: &Shop) {
    let mut last: BTreeMap<SubmissionId, SubmissionState> = BTreeMap::new();
    for event in shop.station.store.events_after(0, 10_000).await.unwrap() {
        if event.kind != EventKind::Submission {
            continue;
        }
        let now: Submission = serde_json::from_value(event.body).unwrap();
        if let Some(before) = last.insert(now.id, now.state.clone()) {
            assert!(before.may_become(&now.state), "{before:?} became {:?}", now.state);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_each_batch_is_filed_once_and_answered(
        history in prop::collection::vec(happens(), 1..24),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(play(history));
    }
}
