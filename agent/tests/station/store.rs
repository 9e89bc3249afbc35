//! What the station remembers.

use jiff::{SignedDuration, Timestamp};
use tekser::cases::CaseState;
use tekser::check::{Answer, Undetermined, Verdict};
use tekser::outbox::{Submission, SubmissionState};
use tekser::registry::{ApplicationNo, Decision, Refusal, RegistryId};
use tekser::station::DeskError;
use tekser::store::{EventKind, Page, Replay, Store, StoreError};

use crate::support::{Shop, imei, now, until};

async fn fresh() -> (tempfile::TempDir, Store) {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(&directory.path().join("station.db")).await.unwrap();
    (directory, store)
}

fn answer(verdict: Verdict, as_of: Timestamp) -> Answer {
    Answer::new(imei(1), verdict, RegistryId::new("sandbox"), as_of)
}

const UNREACHABLE: Verdict = Verdict::Undetermined { why: Undetermined::Unreachable };

impl Shop {
    /// Lets a registry decide the one case of a batch.
    async fn decide(&self, submission: &Submission, refusals: Vec<Refusal>) {
        let mut submission = submission.clone();
        let case = self.station.store.batch(submission.batch).await.unwrap().unwrap().cases[0];
        let application = ApplicationNo::new("A-1");
        let decisions = vec![Decision { case, refusals }];
        submission.state = if decisions[0].is_approved() {
            SubmissionState::Approved { application, decisions }
        } else {
            SubmissionState::Rejected { application: Some(application), decisions }
        };
        submission.next_at = None;
        self.station.store.save_submission(&submission, now(self)).await.unwrap();
    }

    fn sandbox_id(&self) -> RegistryId {
        self.station.registries().next().unwrap().clone()
    }
}

#[tokio::test]
async fn a_fresh_file_is_an_empty_memory() {
    let (_directory, store) = fresh().await;
    let page = Page::first(10);
    assert!(store.handsets(&page).await.unwrap().is_empty());
    assert!(store.readings(&page).await.unwrap().is_empty());
    assert!(store.scans(&page).await.unwrap().is_empty());
    assert!(store.answers(&page).await.unwrap().is_empty());
    assert!(store.cases(&page).await.unwrap().is_empty());
    assert!(store.batches(&page).await.unwrap().is_empty());
    assert!(store.submissions(&page).await.unwrap().is_empty());
    assert!(store.events_after(0, 10).await.unwrap().is_empty());
    assert_eq!(store.next_submission_at().await.unwrap(), None);
    assert_eq!(*store.follow().borrow(), 0);
}

#[tokio::test]
async fn everything_is_there_after_a_restart() {
    let shop = Shop::open().await;
    let text = format!("IMEI: {}", imei(1));
    let (source, target) = (Default::default(), tekser::bench::Target::Any);
    let handset = shop.station.bench.scan(&text, source, target).await.unwrap();
    let batch = shop.batch(1).await;
    let submission = shop.station.submit(batch.id, &shop.sandbox_id()).await.unwrap();
    let case = shop.station.store.case(batch.cases[0]).await.unwrap().unwrap();
    assert_eq!(case.state, CaseState::Batched { batch: batch.id });
    let answers = shop.station.store.answers(&Page::first(10)).await.unwrap();
    let events = shop.station.store.events_after(0, 100).await.unwrap();

    let shop = shop.reopened().await;
    let store = &shop.station.store;
    assert_eq!(store.handset(handset.id).await.unwrap(), Some(handset.clone()));
    let reading = store.reading(handset.readings[0]).await.unwrap().unwrap();
    assert_eq!(store.scans(&Page::first(10)).await.unwrap(), [reading]);
    assert_eq!(store.case(case.id).await.unwrap(), Some(case));
    assert_eq!(store.batch(batch.id).await.unwrap(), Some(batch.clone()));
    assert!(store.batch(batch.id).await.unwrap().unwrap().verify().is_some());
    assert_eq!(store.submission(submission.id).await.unwrap(), Some(submission.clone()));
    assert_eq!(store.submissions_due(now(&shop)).await.unwrap(), [submission.id]);
    assert_eq!(answers.len(), 2);
    assert_eq!(store.answers(&Page::first(10)).await.unwrap(), answers);
    let numbers = |events: &[tekser::store::Event]| -> Vec<i64> {
        events.iter().map(|event| event.seq).collect()
    };
    assert_eq!(numbers(&store.events_after(0, 100).await.unwrap()), numbers(&events));
    assert_eq!(*store.follow().borrow(), events.last().unwrap().seq);
}

#[tokio::test]
async fn a_work_order_has_one_case() {
    let shop = Shop::open().await;
    let first = shop.case(1).await;
    let other = tekser::cases::Case { id: tekser::id::CaseId::new(), ..first.clone() };
    let error = shop.station.store.open_case(&other).await.unwrap_err();
    assert!(error.is_conflict(), "{error:?}");
    assert_eq!(shop.station.store.case_of_reference("WO-1").await.unwrap(), Some(first));
    assert_eq!(shop.station.store.cases(&Page::first(10)).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_case_is_in_one_batch_at_a_time() {
    let shop = Shop::open().await;
    let batch = shop.batch(1).await;
    let case = batch.cases[0];
    let error = shop.station.make_batch(&[case]).await.unwrap_err();
    assert!(matches!(error, DeskError::NotOpen { state: "batched", .. }), "{error}");

    // The database itself refuses, should the desk ever not.
    let second = tekser::batch::SignedBatch { id: tekser::id::BatchId::new(), ..batch.clone() };
    let mut change = shop.station.store.begin().await.unwrap();
    let cases = [change.case(case).await.unwrap().unwrap()];
    assert!(change.save_batch(&second, &cases).await.unwrap_err().is_conflict());
    drop(change);
    assert_eq!(shop.station.store.batches(&Page::first(10)).await.unwrap(), [batch]);
}

#[tokio::test]
async fn two_batches_made_at_once_take_a_case_once() {
    let shop = Shop::open().await;
    let case = shop.case(1).await.id;
    let cases = [case];
    let (one, other) =
        tokio::join!(shop.station.make_batch(&cases), shop.station.make_batch(&cases));
    assert_eq!([one.is_ok(), other.is_ok()].iter().filter(|made| **made).count(), 1);
    let error = one.err().or(other.err()).unwrap();
    assert!(matches!(error, DeskError::NotOpen { .. }), "{error}");
    assert_eq!(shop.station.store.batches(&Page::first(10)).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_refused_case_may_go_out_again_and_an_approved_one_not() {
    let shop = Shop::open().await;
    let batch = shop.batch(1).await;
    let case = batch.cases[0];
    let submission = shop.station.submit(batch.id, &shop.sandbox_id()).await.unwrap();
    shop.decide(&submission, vec![Refusal::DocumentNotFound]).await;
    let refused = shop.station.store.case(case).await.unwrap().unwrap().state;
    let refusals = vec![Refusal::DocumentNotFound];
    assert_eq!(refused, CaseState::Refused { batch: batch.id, refusals });

    let again = shop.station.make_batch(&[case]).await.unwrap();
    assert_ne!(again.id, batch.id);
    let submission = shop.station.submit(again.id, &shop.sandbox_id()).await.unwrap();
    shop.decide(&submission, vec![]).await;
    let approved = shop.station.store.case(case).await.unwrap().unwrap().state;
    assert_eq!(approved, CaseState::Approved { batch: again.id });
    let error = shop.station.make_batch(&[case]).await.unwrap_err();
    assert!(matches!(error, DeskError::NotOpen { state: "approved", .. }), "{error}");
}

#[tokio::test]
async fn a_batch_is_submitted_to_a_registry_once() {
    let shop = Shop::open().await;
    let batch = shop.batch(1).await;
    let first = shop.station.submit(batch.id, &shop.sandbox_id()).await.unwrap();
    let again = shop.station.submit(batch.id, &shop.sandbox_id()).await.unwrap();
    assert_eq!(first, again);
    assert_eq!(shop.station.store.submissions(&Page::first(10)).await.unwrap(), [first]);
}

#[tokio::test]
async fn silence_never_replaces_an_answer() {
    let (_directory, store) = fresh().await;
    let at = |seconds: i64| Timestamp::from_second(1_800_000_000 + seconds).unwrap();
    let stored = async || store.answer(imei(1).imei14()).await.unwrap().unwrap().verdict;
    store.save_answers(&[answer(UNREACHABLE, at(0))]).await.unwrap();
    assert_eq!(stored().await, UNREACHABLE);
    store.save_answers(&[answer(Verdict::Unknown, at(1))]).await.unwrap();
    store.save_answers(&[answer(UNREACHABLE, at(2))]).await.unwrap();
    assert_eq!(stored().await, Verdict::Unknown);
    store.save_answers(&[answer(Verdict::Clear, at(3))]).await.unwrap();
    assert_eq!(stored().await, Verdict::Clear);
    assert_eq!(store.answers(&Page::first(10)).await.unwrap().len(), 1);
    assert_eq!(store.events_after(0, 10).await.unwrap().len(), 4);
}

#[tokio::test]
async fn events_come_in_order_and_from_where_one_left() {
    let shop = Shop::open().await;
    shop.batch(1).await;
    let all = shop.station.store.events_after(0, 100).await.unwrap();
    let kinds: Vec<_> = all.iter().map(|event| event.kind).collect();
    use EventKind as E;
    assert_eq!(kinds, [E::Case, E::Answer, E::Answer, E::Case, E::Batch]);
    assert!(all.windows(2).all(|pair| pair[0].seq + 1 == pair[1].seq));
    let rest = shop.station.store.events_after(all[1].seq, 2).await.unwrap();
    let numbers: Vec<_> = rest.iter().map(|event| event.seq).collect();
    assert_eq!(numbers, [all[2].seq, all[3].seq]);
    assert!(shop.station.store.events_after(all[4].seq, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_event_is_told_with_its_change_or_not_at_all() {
    let (_directory, store) = fresh().await;
    let mut news = store.follow();
    news.mark_unchanged();
    let mut change = store.begin().await.unwrap();
    change.tell(Timestamp::UNIX_EPOCH, EventKind::Case, "x", &1).await.unwrap();
    drop(change);
    assert!(!news.has_changed().unwrap());
    assert!(store.events_after(0, 10).await.unwrap().is_empty());
    let mut change = store.begin().await.unwrap();
    change.tell(Timestamp::UNIX_EPOCH, EventKind::Case, "x", &1).await.unwrap();
    change.commit().await.unwrap();
    assert!(news.has_changed().unwrap());
}

#[tokio::test]
async fn old_events_are_dropped_and_numbers_never_used_again() {
    let (_directory, store) = fresh().await;
    let tell = async |count: usize| {
        let mut change = store.begin().await.unwrap();
        for _ in 0..count {
            change.tell(Timestamp::UNIX_EPOCH, EventKind::Case, "x", &1).await.unwrap();
        }
        change.commit().await.unwrap();
    };
    tell(20_736).await;
    let oldest = store.events_after(0, 1).await.unwrap()[0].seq;
    assert_eq!(oldest, 737, "20,000 are kept when number 20,736 = 81 · 256 is told");
    tell(1).await;
    let last = store.events_after(20_736, 10).await.unwrap();
    assert_eq!(last.len(), 1);
}

#[tokio::test]
async fn what_another_process_tells_is_noticed() {
    let shop = Shop::open().await;
    let other = Store::open(&shop.station.place.database()).await.unwrap();
    let mut news = shop.station.store.follow();
    news.mark_unchanged();
    other.save_answers(&[answer(Verdict::Clear, now(&shop))]).await.unwrap();
    assert!(!news.has_changed().unwrap());
    let latest = shop.station.store.refresh_latest().await.unwrap();
    assert!(news.has_changed().unwrap());
    assert_eq!(*news.borrow(), latest);

    // A running station looks by itself.
    let _running = shop.station.run().await.unwrap();
    other.save_answers(&[answer(Verdict::Unknown, now(&shop))]).await.unwrap();
    until(&shop.station, "word of the other process", async || {
        let verdict = shop.station.store.answer(imei(1).imei14()).await.unwrap()?.verdict;
        let heard = *shop.station.store.follow().borrow() > latest;
        (heard && verdict == Verdict::Unknown).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_key_is_new_then_running_then_answered() {
    let (_directory, store) = fresh().await;
    let start = Timestamp::from_second(1_800_000_000).unwrap();
    let take = async |key: &str, request: &[u8], hours: i64| {
        let at = start + SignedDuration::from_hours(hours);
        store.take_key(key, request, at).await.unwrap()
    };
    assert_eq!(take("a", b"1", 0).await, Replay::New);
    assert_eq!(take("a", b"1", 0).await, Replay::Running);
    assert_eq!(take("a", b"2", 0).await, Replay::OtherRequest);
    assert_eq!(take("b", b"1", 0).await, Replay::New);
    store.keep_replay("a", 201, "{}").await.unwrap();
    let answered = Replay::Answered { status: 201, body: "{}".to_owned() };
    assert_eq!(take("a", b"1", 48).await, answered);
    assert_eq!(take("a", b"2", 48).await, Replay::OtherRequest);
    assert_eq!(take("a", b"1", 49).await, Replay::New, "after 48 hours it is forgotten");
    assert!(!format!("{answered:?}").contains("{}"));
}

#[tokio::test]
async fn a_key_is_given_back_unless_it_was_answered() {
    let (_directory, store) = fresh().await;
    let at = Timestamp::from_second(1_800_000_000).unwrap();
    assert_eq!(store.take_key("a", b"1", at).await.unwrap(), Replay::New);
    store.release_key("a").await.unwrap();
    assert_eq!(store.take_key("a", b"1", at).await.unwrap(), Replay::New);
    store.keep_replay("a", 200, "x").await.unwrap();
    store.release_key("a").await.unwrap();
    assert_eq!(store.take_key("b", b"1", at).await.unwrap(), Replay::New);
    store.release_abandoned_keys().await.unwrap();
    assert_eq!(store.take_key("b", b"1", at).await.unwrap(), Replay::New);
    let answered = Replay::Answered { status: 200, body: "x".to_owned() };
    assert_eq!(store.take_key("a", b"1", at).await.unwrap(), answered);
}

#[tokio::test]
async fn a_file_that_is_no_database_is_not_opened_and_not_touched() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("station.db");
    let text = "this is no database, whatever its name says\n".repeat(100);
    std::fs::write(&path, &text).unwrap();
    let error = Store::open(&path).await.unwrap_err();
    assert!(matches!(&error, StoreError::Open { path: named, .. } if *named == path), "{error:?}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    let error = Store::open(directory.path()).await.unwrap_err();
    assert!(matches!(error, StoreError::Open { .. }), "{error:?}");
}

#[tokio::test]
async fn a_file_of_a_later_version_is_not_opened() {
    let shop = Shop::open().await;
    let database = shop.database().await;
    let insert = "INSERT INTO _sqlx_migrations (version, description, success, checksum, \
                  execution_time) VALUES (99, 'later', 1, x'00', 0)";
    sqlx::query(insert).execute(&database).await.unwrap();
    let error = Store::open(&shop.station.place.database()).await.unwrap_err();
    assert!(matches!(error, StoreError::Migrate { .. }), "{error:?}");
}
