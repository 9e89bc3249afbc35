//! The embedded registry.

use jiff::{SignedDuration, Timestamp};
use tekser::batch::{SignedBatch, StationKey};
use tekser::cases::{CustomsDocument, Replacement};
use tekser::check::{BlockReason, Undetermined, Verdict};
use tekser::clock::Clock as _;
use tekser::registry::sandbox::{EXAMPLES, Listing, grace_until};
use tekser::registry::{
    ApplicationNo, Decision, Progress, Refusal, Registry as _, RegistryError, Source as _,
};
use tekser_imei::Imei;

use crate::support::{REVIEW, Shop, case_of, imei, replacement};

impl Shop {
    async fn verdict(&self, imei: Imei) -> Verdict {
        let answers = self.station.sandbox.look_up(&[imei]).await.unwrap();
        assert_eq!((answers.len(), answers[0].imei), (1, imei));
        answers[0].verdict
    }

    fn signed(&self, cases: Vec<Replacement>) -> SignedBatch {
        let key = StationKey::load_or_create(&self.station.place.key()).unwrap();
        let now = self.clock.now();
        let cases: Vec<_> = cases.into_iter().map(|case| case_of(case, now)).collect();
        SignedBatch::sign(&key, now, &cases).unwrap()
    }

    async fn decisions(&self, cases: Vec<Replacement>) -> Vec<Decision> {
        let application = self.station.sandbox.file(&self.signed(cases)).await.unwrap();
        self.clock.advance(REVIEW);
        match self.station.sandbox.progress(&application).await.unwrap() {
            Progress::Decided { decisions } => decisions,
            other => panic!("{other:?}"),
        }
    }

    async fn refusals(&self, case: Replacement) -> Vec<Refusal> {
        self.decisions(vec![case]).await.remove(0).refusals
    }
}

#[tokio::test]
async fn every_example_has_the_verdict_that_it_is_published_with() {
    let shop = Shop::open().await;
    let until = grace_until(shop.clock.now()).unwrap();
    for (text, listing) in EXAMPLES {
        let expected = match listing {
            Listing::White => Verdict::Clear,
            Listing::Grey => Verdict::Grace { until },
            Listing::Black(reason) => Verdict::Blocked { reason },
            Listing::Silent => Verdict::Undetermined { why: Undetermined::Unreachable },
        };
        assert_eq!(shop.verdict(text.parse().unwrap()).await, expected, "{text}");
    }
    assert_eq!(shop.verdict(imei(1)).await, Verdict::Unknown);
}

#[tokio::test]
async fn grace_ends_at_its_moment_and_not_before() {
    let shop = Shop::open().await;
    shop.station.sandbox.list(imei(1).imei14(), Listing::Grey).await.unwrap();
    let until: Timestamp = "2026-12-01T00:00:00+05".parse().unwrap();
    let millisecond = SignedDuration::from_millis(1);
    shop.clock.advance(until.duration_since(shop.clock.now()) - millisecond);
    assert_eq!(shop.verdict(imei(1)).await, Verdict::Grace { until });
    shop.clock.advance(millisecond);
    let reason = BlockReason::GraceExpired;
    assert_eq!(shop.verdict(imei(1)).await, Verdict::Blocked { reason });
}

#[tokio::test]
async fn what_stands_on_a_list_is_not_listed_again() {
    let shop = Shop::open().await;
    shop.station.sandbox.list(imei(1).imei14(), Listing::White).await.unwrap();
    shop.station.sandbox.list(imei(1).imei14(), Listing::Silent).await.unwrap();
    assert_eq!(shop.verdict(imei(1)).await, Verdict::Clear);
}

#[tokio::test]
async fn an_application_is_reviewed_when_its_time_has_come() {
    let shop = Shop::open().await;
    let batch = shop.signed(vec![replacement(1)]);
    let application = shop.station.sandbox.file(&batch).await.unwrap();
    shop.clock.advance(REVIEW - SignedDuration::from_millis(1));
    let early = shop.station.sandbox.progress(&application).await.unwrap();
    assert_eq!(early, Progress::InReview);
    assert_eq!(shop.verdict(imei(3)).await, Verdict::Unknown);
    shop.clock.advance(SignedDuration::from_millis(1));
    let decision = Decision { case: batch.cases[0], refusals: vec![] };
    let decided = Progress::Decided { decisions: vec![decision] };
    assert_eq!(shop.station.sandbox.progress(&application).await.unwrap(), decided);
}

#[tokio::test]
async fn an_approval_lists_the_new_number_and_takes_the_old_one_out_of_use() {
    let shop = Shop::open().await;
    assert_eq!(shop.refusals(replacement(1)).await, []);
    assert_eq!(shop.verdict(imei(3)).await, Verdict::Clear);
    let reason = BlockReason::ReplacedAway;
    assert_eq!(shop.verdict(imei(2)).await, Verdict::Blocked { reason });
}

#[tokio::test]
async fn a_refusal_lists_nothing() {
    let shop = Shop::open().await;
    let refused = Replacement { customs: None, ..replacement(1) };
    assert_eq!(shop.refusals(refused).await, [Refusal::DocumentNotFound]);
    assert_eq!(shop.verdict(imei(3)).await, Verdict::Unknown);
    assert_eq!(shop.verdict(imei(2)).await, Verdict::Unknown);
}

#[tokio::test]
async fn a_decision_stays_as_it_was_made() {
    let shop = Shop::open().await;
    let application = shop.station.sandbox.file(&shop.signed(vec![replacement(1)])).await.unwrap();
    shop.clock.advance(REVIEW);
    let (one, other) = tokio::join!(
        shop.station.sandbox.progress(&application),
        shop.station.sandbox.progress(&application),
    );
    let decided = |progress: &Progress| match progress {
        Progress::Decided { decisions } => decisions.iter().all(Decision::is_approved),
        _ => true,
    };
    assert!(decided(&one.unwrap()) && decided(&other.unwrap()));
    let Progress::Decided { decisions } =
        shop.station.sandbox.progress(&application).await.unwrap()
    else {
        panic!("not decided");
    };
    assert!(decisions.iter().all(Decision::is_approved));
}

#[tokio::test]
async fn it_refuses_a_case_for_its_reason() {
    let shop = Shop::open().await;
    let listed = |text: &str| text.parse::<Imei>().unwrap();
    let table = [
        (Replacement { customs: None, ..replacement(10) }, vec![Refusal::DocumentNotFound]),
        (
            Replacement {
                customs: replacement(11)
                    .customs
                    .map(|document| CustomsDocument { number: "  ".to_owned(), ..document }),
                ..replacement(11)
            },
            vec![Refusal::DocumentNotFound],
        ),
        (Replacement { new: vec![], ..replacement(12) }, vec![Refusal::ImeiMissing]),
        (
            Replacement { old: vec![imei(26), imei(226)], ..replacement(13) },
            vec![Refusal::ImeiMissing],
        ),
        (
            Replacement { new: vec![imei(29), imei(29)], ..replacement(14) },
            vec![Refusal::QuantityMismatch],
        ),
        (
            Replacement { new: vec![listed("004999010640000")], ..replacement(15) },
            vec![Refusal::ImeiUnsound],
        ),
        (
            Replacement { new: vec![listed("354178036859789")], ..replacement(16) },
            vec![Refusal::ImeiBlocked],
        ),
        (
            Replacement { new: vec![listed("490154203237518")], ..replacement(17) },
            vec![Refusal::ImeiTaken],
        ),
        // Grey is no obstacle, and silence neither.
        (Replacement { new: vec![listed("352099001761481")], ..replacement(18) }, vec![]),
        (Replacement { new: vec![listed("354626223546262")], ..replacement(19) }, vec![]),
    ];
    let (cases, expected): (Vec<_>, Vec<_>) = table.into_iter().unzip();
    let decisions = shop.decisions(cases).await;
    let refusals: Vec<_> = decisions.into_iter().map(|decision| decision.refusals).collect();
    assert_eq!(refusals, expected);
}

#[tokio::test]
async fn what_is_filed_twice_is_kept_twice_and_the_first_one_is_found() {
    let shop = Shop::open().await;
    let batch = shop.signed(vec![replacement(1)]);
    assert_eq!(shop.station.sandbox.find(batch.id).await.unwrap(), None);
    let first = shop.station.sandbox.file(&batch).await.unwrap();
    let second = shop.station.sandbox.file(&batch).await.unwrap();
    assert_ne!(first, second);
    assert_eq!(shop.station.sandbox.find(batch.id).await.unwrap(), Some(first.clone()));
    let applications = shop.station.sandbox.applications().await.unwrap();
    assert_eq!(applications, [(first, batch.id), (second, batch.id)]);
}

#[tokio::test]
async fn a_manifest_that_was_not_signed_so_is_refused_for_good() {
    let shop = Shop::open().await;
    let mut batch = shop.signed(vec![replacement(1)]);
    batch.manifest = batch.manifest.replace("WO-1", "WO-2");
    let error = shop.station.sandbox.file(&batch).await.unwrap_err();
    assert!(matches!(error, RegistryError::Refused { .. }) && !error.is_retryable());
    assert_eq!(shop.station.sandbox.applications().await.unwrap(), []);
}

#[tokio::test]
async fn an_application_that_is_not_there_has_no_progress() {
    let shop = Shop::open().await;
    for number in ["SB-000001", "SB-", "nonsense", "SB-99999999999999999999"] {
        let error = shop.station.sandbox.progress(&ApplicationNo::new(number)).await.unwrap_err();
        assert!(matches!(error, RegistryError::Refused { .. }), "{number}: {error}");
    }
}

#[tokio::test]
async fn troubles_strike_as_often_as_they_were_turned_on() {
    let shop = Shop::open().await;
    let (sandbox, faults) = (&shop.station.sandbox, shop.station.sandbox.faults());
    let batch = shop.signed(vec![replacement(1)]);
    faults.unreachable.store(2, std::sync::atomic::Ordering::Relaxed);
    assert!(!sandbox.file(&batch).await.unwrap_err().may_have_arrived());
    assert!(matches!(sandbox.look_up(&[imei(1)]).await, Err(RegistryError::Unreachable { .. })));
    assert!(sandbox.look_up(&[imei(1)]).await.is_ok());
    assert_eq!(sandbox.applications().await.unwrap(), []);
    faults.lose_answers.store(1, std::sync::atomic::Ordering::Relaxed);
    assert!(sandbox.file(&batch).await.unwrap_err().may_have_arrived());
    assert_eq!(sandbox.applications().await.unwrap().len(), 1);
}
