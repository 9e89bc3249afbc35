//! Nothing is lost and nothing is filed twice, whatever happens and whenever.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};
use tekser::batch::SignedBatch;
use tekser::cases::CaseState;
use tekser::check::Answer;
use tekser::clock::Clock as _;
use tekser::id::{BatchId, SubmissionId};
use tekser::outbox::{Outbox, Submission, SubmissionState};
use tekser::registry::sandbox::Listing;
use tekser::registry::{
    ApplicationNo, Asking, Progress, Registry, RegistryError, RegistryId, Source,
};
use tekser::store::Page;
use tekser_imei::Imei;

use crate::support::{POLL, Shop, imei};

/// A registry that answers what it was told to, and remembers what it was asked.
#[derive(Default)]
struct Scripted {
    filings: Mutex<VecDeque<RegistryError>>,
    asked: Mutex<Vec<&'static str>>,
}

fn scripted() -> RegistryId {
    RegistryId::new("sandbox")
}

impl Source for Scripted {
    fn id(&self) -> RegistryId {
        scripted()
    }

    fn look_up<'a>(&'a self, _: &'a [Imei]) -> Asking<'a, Vec<Answer>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

impl Registry for Scripted {
    fn file<'a>(&'a self, _: &'a SignedBatch) -> Asking<'a, ApplicationNo> {
        self.asked.lock().unwrap().push("file");
        let failure = self.filings.lock().unwrap().pop_front();
        Box::pin(async { failure.map_or(Ok(ApplicationNo::new("S-1")), Err) })
    }

    fn find(&self, _: BatchId) -> Asking<'_, Option<ApplicationNo>> {
        self.asked.lock().unwrap().push("find");
        Box::pin(async { Ok(None) })
    }

    fn progress<'a>(&'a self, _: &'a ApplicationNo) -> Asking<'a, Progress> {
        Box::pin(async { Ok(Progress::InReview) })
    }
}

impl Shop {
    pub async fn outbox_to(&self, registry: Arc<dyn Registry>) -> Outbox {
        let registries = BTreeMap::from([(registry.id(), registry)]);
        Outbox::take_over(self.station.store.clone(), registries, self.clock.clone(), POLL)
            .await
            .unwrap()
    }

    pub async fn submitted(&self, n: usize) -> Submission {
        let batch = self.batch(n).await;
        self.station.submit(batch.id, &scripted()).await.unwrap()
    }

    pub async fn state(&self, id: SubmissionId) -> SubmissionState {
        self.station.store.submission(id).await.unwrap().unwrap().state
    }

    /// Pumps until nothing waits or an hour of the shop's time is over.
    pub async fn pump_out(&self, outbox: &Outbox) {
        let end = self.clock.now() + SignedDuration::from_hours(1);
        while let Some(next) = outbox.pump().await.unwrap() {
            if self.clock.now() >= end {
                return;
            }
            let wait = next.duration_since(self.clock.now());
            self.clock.advance(wait.max(SignedDuration::ZERO));
        }
    }

    pub async fn filed(&self) -> Vec<BatchId> {
        let applications = self.station.sandbox.applications().await.unwrap();
        applications.into_iter().map(|(_, batch)| batch).collect()
    }
}

fn kinds(submission: &Submission) -> Vec<&str> {
    submission.steps.iter().map(|step| step.state.as_str()).collect()
}

#[tokio::test]
async fn a_submission_goes_its_way_to_approval() {
    let shop = Shop::open().await;
    let submission = shop.submitted(1).await;
    let outbox = shop.station.outbox().await.unwrap();
    shop.pump_out(&outbox).await;
    let done = shop.station.store.submission(submission.id).await.unwrap().unwrap();
    assert_eq!(kinds(&done), ["ready", "signed", "sending", "accepted", "in_review", "approved"]);
    assert_eq!((done.next_at, done.trouble), (None, None));
    let case = shop.station.store.cases(&Page::first(1)).await.unwrap().remove(0);
    assert_eq!(case.state, CaseState::Approved { batch: submission.batch });
    assert_eq!(shop.filed().await, [submission.batch]);
}

#[tokio::test]
async fn a_submission_that_is_refused_says_why_on_its_case() {
    let shop = Shop::open().await;
    shop.station.sandbox.list(imei(3).imei14(), Listing::White).await.unwrap();
    let submission = shop.submitted(1).await;
    shop.pump_out(&shop.station.outbox().await.unwrap()).await;
    assert!(matches!(shop.state(submission.id).await, SubmissionState::Rejected { .. }));
    let case = shop.station.store.cases(&Page::first(1)).await.unwrap().remove(0);
    let CaseState::Refused { refusals, .. } = case.state else { panic!("{:?}", case.state) };
    assert_eq!(refusals, [tekser::registry::Refusal::ImeiTaken]);
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_and_not_sent_again() {
    let shop = Shop::open().await;
    let submission = shop.submitted(1).await;
    shop.station.sandbox.faults().lose_answers.store(1, Ordering::Relaxed);
    shop.pump_out(&shop.station.outbox().await.unwrap()).await;
    let done = shop.station.store.submission(submission.id).await.unwrap().unwrap();
    assert_eq!(
        kinds(&done),
        ["ready", "signed", "sending", "uncertain", "accepted", "in_review", "approved"]
    );
    assert_eq!(shop.filed().await, [submission.batch]);
}

#[tokio::test]
async fn what_a_dead_process_left_half_sent_is_asked_for_first() {
    let shop = Shop::open().await;
    let registry = Arc::new(Scripted::default());
    let mut submission = shop.submitted(1).await;
    for state in [SubmissionState::Signed, SubmissionState::Sending] {
        assert!(submission.advance(state, shop.clock.now(), None));
    }
    shop.station.store.save_submission(&submission, shop.clock.now()).await.unwrap();
    let outbox = shop.outbox_to(registry.clone()).await;
    for _ in 0..4 {
        outbox.pump().await.unwrap();
    }
    assert_eq!(*registry.asked.lock().unwrap(), ["find", "file"]);
}

#[tokio::test]
async fn a_store_that_fails_after_the_filing_does_not_lose_sight_of_it() {
    let shop = Shop::open().await;
    let submission = shop.submitted(1).await;
    let outbox = shop.station.outbox().await.unwrap();
    outbox.pump().await.unwrap();
    let database = shop.database().await;
    let refuse = "CREATE TRIGGER full BEFORE UPDATE ON submission WHEN new.state = 'accepted' \
                  BEGIN SELECT RAISE(ABORT, 'disk full'); END";
    sqlx::query(refuse).execute(&database).await.unwrap();
    outbox.pump().await.unwrap_err();
    assert_eq!(shop.state(submission.id).await, SubmissionState::Sending);
    sqlx::query("DROP TRIGGER full").execute(&database).await.unwrap();
    // The same process goes on, without a restart.
    shop.pump_out(&outbox).await;
    assert!(matches!(shop.state(submission.id).await, SubmissionState::Approved { .. }));
    assert_eq!(shop.filed().await, [submission.batch]);
}

#[tokio::test]
async fn a_registry_that_asks_to_wait_is_given_the_time() {
    let shop = Shop::open().await;
    let registry = Arc::new(Scripted::default());
    let until = shop.clock.now() + SignedDuration::from_mins(90);
    let throttled = RegistryError::Throttled { registry: scripted(), until };
    registry.filings.lock().unwrap().push_back(throttled);
    let submission = shop.submitted(1).await;
    let outbox = shop.outbox_to(registry.clone()).await;
    outbox.pump().await.unwrap();
    assert_eq!(outbox.pump().await.unwrap(), Some(until));
    assert_eq!(shop.state(submission.id).await, SubmissionState::Signed);
    shop.clock.advance(SignedDuration::from_mins(90) - SignedDuration::from_millis(1));
    outbox.pump().await.unwrap();
    assert_eq!(*registry.asked.lock().unwrap(), ["file"]);
    shop.clock.advance(SignedDuration::from_millis(1));
    outbox.pump().await.unwrap();
    assert_eq!(*registry.asked.lock().unwrap(), ["file", "file"]);
    assert!(matches!(shop.state(submission.id).await, SubmissionState::Accepted { .. }));
}

#[tokio::test]
async fn waits_between_failures_grow() {
    let shop = Shop::open().await;
    shop.station.sandbox.faults().unreachable.store(u32::MAX, Ordering::Relaxed);
    shop.submitted(1).await;
    let outbox = shop.station.outbox().await.unwrap();
    outbox.pump().await.unwrap();
    let mut waits = Vec::new();
    for _ in 0..12 {
        let next = outbox.pump().await.unwrap().unwrap();
        let wait = next.duration_since(shop.clock.now());
        shop.clock.advance(wait);
        waits.push(wait);
    }
    let second = SignedDuration::from_secs(1);
    assert!(waits[0] >= second / 2 && waits[0] <= second, "{waits:?}");
    assert!(waits[11] >= second * 150 && waits[11] <= second * 300, "{waits:?}");
    assert!(waits[4] > waits[0] * 4, "{waits:?}");
}

#[tokio::test]
async fn a_batch_that_was_tampered_with_never_goes_out() {
    let shop = Shop::open().await;
    let registry = Arc::new(Scripted::default());
    let early = shop.submitted(1).await;
    let late = shop.submitted(2).await;
    let unreachable = RegistryError::Unreachable { registry: scripted() };
    registry.filings.lock().unwrap().push_back(unreachable);
    let database = shop.database().await;
    let tamper = async |batch: BatchId| {
        let sql = "UPDATE batch SET body = replace(body, 'PARTSERIAL77', 'PARTSERIAL78') \
                   WHERE id = ?";
        let changed = sqlx::query(sql).bind(batch.to_string()).execute(&database).await.unwrap();
        assert_eq!(changed.rows_affected(), 1);
    };
    tamper(early.batch).await;
    let outbox = shop.outbox_to(registry.clone()).await;
    outbox.pump().await.unwrap();
    outbox.pump().await.unwrap();
    // The second one was checked, sent in vain, and waits: then it is tampered with.
    assert_eq!(shop.state(late.id).await, SubmissionState::Signed);
    assert_eq!(*registry.asked.lock().unwrap(), ["file"]);
    tamper(late.batch).await;
    shop.pump_out(&outbox).await;
    assert_eq!(*registry.asked.lock().unwrap(), ["file"]);
    for id in [early.id, late.id] {
        let submission = shop.station.store.submission(id).await.unwrap().unwrap();
        assert!(matches!(submission.state, SubmissionState::Rejected { application: None, .. }));
        assert!(submission.trouble.unwrap().detail.contains("does not match its signature"));
    }
    let cases = shop.station.store.cases(&Page::first(10)).await.unwrap();
    assert!(cases.iter().all(|case| case.state == CaseState::Open), "they may go out again");
}

#[tokio::test]
async fn a_submission_to_a_registry_that_is_not_there_holds_up_nobody() {
    let shop = Shop::open().await;
    let batch = shop.batch(1).await;
    let elsewhere = RegistryId::new("elsewhere");
    let stray = Submission::new(batch.id, elsewhere.clone(), shop.clock.now());
    shop.station.store.enter_submission(&stray, shop.clock.now()).await.unwrap();
    let other = shop.submitted(2).await;
    shop.pump_out(&shop.station.outbox().await.unwrap()).await;
    assert!(matches!(shop.state(other.id).await, SubmissionState::Approved { .. }));
    let waiting = shop.station.store.submission(stray.id).await.unwrap().unwrap();
    assert_eq!((waiting.state, waiting.next_at), (SubmissionState::Ready, None));
    assert!(waiting.trouble.unwrap().detail.contains("elsewhere"));

    // Once the registry is set up, the next start takes it along.
    let registry: Arc<dyn Registry> = Arc::new(Scripted::default());
    let registries = BTreeMap::from([(elsewhere, registry)]);
    let store = shop.station.store.clone();
    let outbox = Outbox::take_over(store, registries, shop.clock.clone(), POLL).await.unwrap();
    outbox.pump().await.unwrap();
    assert_eq!(shop.state(stray.id).await, SubmissionState::Signed);
}

#[tokio::test]
async fn a_row_that_nobody_understands_holds_up_nobody() {
    let shop = Shop::open().await;
    let (spoiled, other) = (shop.submitted(1).await, shop.submitted(2).await);
    let database = shop.database().await;
    sqlx::query("UPDATE submission SET body = '{' WHERE id = ?")
        .bind(spoiled.id.to_string())
        .execute(&database)
        .await
        .unwrap();
    shop.pump_out(&shop.station.outbox().await.unwrap()).await;
    assert!(matches!(shop.state(other.id).await, SubmissionState::Approved { .. }));
}

#[tokio::test]
async fn what_a_registry_will_never_take_is_rejected_and_its_cases_are_free_again() {
    let shop = Shop::open().await;
    let registry = Arc::new(Scripted::default());
    let detail = "not like this".to_owned();
    let refused = RegistryError::Refused { registry: scripted(), detail };
    registry.filings.lock().unwrap().push_back(refused);
    let submission = shop.submitted(1).await;
    shop.pump_out(&shop.outbox_to(registry).await).await;
    let done = shop.station.store.submission(submission.id).await.unwrap().unwrap();
    assert!(matches!(done.state, SubmissionState::Rejected { application: None, .. }));
    assert!(done.trouble.unwrap().detail.contains("not like this"));
    let case = shop.station.store.cases(&Page::first(1)).await.unwrap().remove(0);
    assert_eq!(case.state, CaseState::Open);
}

#[test]
fn a_decision_is_never_undone() {
    let application = ApplicationNo::new("A");
    let decided = [
        SubmissionState::Approved { application: application.clone(), decisions: vec![] },
        SubmissionState::Rejected { application: None, decisions: vec![] },
    ];
    let mut all = vec![
        SubmissionState::Ready,
        SubmissionState::Signed,
        SubmissionState::Sending,
        SubmissionState::Uncertain,
        SubmissionState::Accepted { application: application.clone() },
        SubmissionState::InReview { application },
    ];
    all.extend(decided.clone());
    for state in decided {
        assert!(state.is_final());
        assert!(all.iter().all(|next| !state.may_become(next)));
        let now = Timestamp::UNIX_EPOCH;
        let mut submission = Submission::new(BatchId::new(), scripted(), now);
        submission.state = state;
        let before = submission.clone();
        assert!(!submission.advance(SubmissionState::Signed, now, Some(now)));
        assert_eq!(submission, before);
    }
    // Out again only through the question whether it had arrived.
    let to_sending: Vec<_> =
        all.iter().filter(|state| state.may_become(&SubmissionState::Sending)).collect();
    assert_eq!(to_sending, [&SubmissionState::Signed]);
    assert!(!SubmissionState::Uncertain.may_become(&SubmissionState::Sending));
}
