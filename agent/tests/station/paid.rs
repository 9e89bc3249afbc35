//! A question that costs money is not paid twice.

use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::json;
use tekser::check::{Checked, Checks, Freshness, Undetermined, Verdict};
use tekser::registry::Source;
use tekser::registry::http::Speech;
use tekser::registry::settings::Settings;
use tekser::store::Store;
use tekser_imei::Imei;

use crate::asked::{Asked, Says};
use crate::double::{Double, Reply};
use crate::support::{Shop, clock, cut, imei};

const PAID_ALREADY: Verdict = Verdict::Undetermined { why: Undetermined::PaidAlready };
const HOUR: SignedDuration = SignedDuration::from_hours(1);

async fn shop() -> (Shop, Arc<Asked>) {
    let clock = crate::support::clock();
    let paid = Arc::new(Asked::paid("paid", &clock));
    (Shop::that_asks(clock, vec![paid.clone()]).await, paid)
}

async fn check(checks: &Checks, imei: Imei, freshness: Freshness) -> Checked {
    checks.check(&[imei], freshness).await.unwrap().remove(0)
}

async fn verdict(shop: &Shop, freshness: Freshness) -> Verdict {
    check(&shop.station.checks, imei(1), freshness).await.answer.verdict
}

#[tokio::test]
async fn an_answer_that_was_paid_for_counts_until_it_is_old() {
    let (shop, paid) = shop().await;
    assert_eq!(verdict(&shop, Freshness::Kept).await, Verdict::Clear);
    for freshness in [Freshness::Kept, Freshness::Now, Freshness::PayAgain] {
        let again = check(&shop.station.checks, imei(1), freshness).await;
        assert!(again.answer.from_cache && again.answer.verdict.is_clear(), "{freshness:?}");
    }
    assert_eq!(paid.times(imei(1)), 1);
    shop.clock.advance(HOUR);
    assert_eq!(verdict(&shop, Freshness::Kept).await, Verdict::Clear);
    assert_eq!(paid.times(imei(1)), 2);
}

#[tokio::test]
async fn a_question_whose_answer_was_lost_is_paid_again_only_if_a_person_says_so() {
    let (shop, paid) = shop().await;
    let lost = [
        Says::NoAnswer,
        Says::AboutAnother,
        Says::Breaks,
        Says::open(Undetermined::Unreachable),
        Says::open(Undetermined::Unreadable),
    ];
    for (n, says) in lost.into_iter().enumerate() {
        let imei = imei(n);
        paid.say_next([says]);
        let first = check(&shop.station.checks, imei, Freshness::Kept).await;
        assert!(matches!(first.answer.verdict, Verdict::Undetermined { .. }), "{says:?}");
        // A task that broke can't say that nobody is waited for any more; time does.
        shop.clock.advance(SignedDuration::from_mins(1));
        for freshness in [Freshness::Kept, Freshness::Now] {
            let again = check(&shop.station.checks, imei, freshness).await;
            assert_eq!(again.answer.verdict, PAID_ALREADY, "{says:?}");
        }
        assert_eq!(paid.times(imei), 1, "{says:?}");
        let again = check(&shop.station.checks, imei, Freshness::PayAgain).await;
        assert_eq!(again.answer.verdict, Verdict::Clear, "{says:?}");
        assert_eq!(paid.times(imei), 2, "{says:?}");
    }
}

#[tokio::test]
async fn a_question_that_surely_never_arrived_is_free() {
    let (shop, paid) = shop().await;
    for says in
        [Says::Unreachable, Says::Throttled, Says::Denied, Says::open(Undetermined::Throttled)]
    {
        paid.say_next([says]);
        let open = verdict(&shop, Freshness::Kept).await;
        assert!(matches!(open, Verdict::Undetermined { .. }) && open != PAID_ALREADY, "{says:?}");
    }
    let free = paid.times(imei(1));
    assert_eq!(verdict(&shop, Freshness::Kept).await, Verdict::Clear);
    assert_eq!(paid.times(imei(1)), free + 1);
    let ledger = shop.station.store.paid_days(&paid.id(), 9).await.unwrap();
    assert_eq!((ledger[0].questions, ledger[0].unanswered), (1, 0));
}

#[tokio::test]
async fn a_word_that_is_not_certain_was_paid_for_as_well() {
    let (shop, paid) = shop().await;
    paid.say(Says::open(Undetermined::Tracked));
    for _ in 0..3 {
        let open = verdict(&shop, Freshness::Now).await;
        assert_eq!(open, Verdict::Undetermined { why: Undetermined::Tracked });
    }
    assert_eq!(paid.times(imei(1)), 1);
    shop.clock.advance(HOUR);
    verdict(&shop, Freshness::Now).await;
    assert_eq!(paid.times(imei(1)), 2);
}

#[tokio::test]
async fn what_a_filing_made_old_is_paid_again_only_if_a_person_says_so() {
    let (shop, paid) = shop().await;
    paid.say(Says::This(Verdict::Unknown));
    let batch = shop.batch(0).await;
    assert_eq!(paid.times(imei(1)), 1);
    let sandbox = tekser::registry::RegistryId::new("sandbox");
    shop.clock.advance(SignedDuration::from_mins(1));
    shop.station.submit(batch.id, &sandbox).await.unwrap();
    let outbox = shop.station.outbox().await.unwrap();
    outbox.pump().await.unwrap();
    outbox.pump().await.unwrap();
    let stale = Verdict::Undetermined { why: Undetermined::Stale };
    assert_eq!(verdict(&shop, Freshness::Kept).await, stale);
    shop.station.check_decided(&[batch.id]).await.unwrap();
    assert_eq!(paid.times(imei(1)), 1);
    shop.clock.advance(SignedDuration::from_mins(1));
    assert_eq!(verdict(&shop, Freshness::PayAgain).await, Verdict::Unknown);
    assert_eq!(verdict(&shop, Freshness::PayAgain).await, Verdict::Unknown);
    assert_eq!(paid.times(imei(1)), 2);
}

#[tokio::test]
async fn several_at_once_pay_once_and_all_are_answered() {
    let (shop, paid) = shop().await;
    let here = shop.station.checks.clone();
    // Another process on the same directory.
    let store = Store::open(&shop.station.place.database()).await.unwrap();
    let there = Checks::new(store, vec![paid.clone()], shop.clock.clone());
    let asked = (0..12).map(|n| {
        let checks = if n % 2 == 0 { &here } else { &there };
        check(checks, imei(1), Freshness::Now)
    });
    let all = futures_util::future::join_all(asked).await;
    assert!(all.iter().all(|one| one.answer.verdict.is_clear()));
    assert_eq!(paid.times(imei(1)), 1);
}

#[tokio::test]
async fn who_stops_listening_throws_no_paid_answer_away() {
    let (shop, paid) = shop().await;
    let mut n = 0;
    // Dropped after every possible step, until it comes to its end.
    loop {
        let imei = imei(n);
        let checks = shop.station.checks.clone();
        let dropped = cut(check(&checks, imei, Freshness::Kept), n).await.is_none();
        let again = check(&checks, imei, Freshness::Kept).await;
        assert_eq!(again.answer.verdict, Verdict::Clear, "dropped after {n} steps");
        assert_eq!(paid.times(imei), 1, "dropped after {n} steps");
        if !dropped {
            break;
        }
        n += 1;
    }
    assert!(n > 2, "it was dropped {n} times");
}

#[tokio::test]
async fn a_clock_that_was_wrong_once_neither_keeps_an_answer_alive_nor_pays() {
    let (shop, paid) = shop().await;
    let late = tekser::clock::ManualClock::new("2031-01-01T00:00:00Z".parse().unwrap());
    let sources: Vec<Arc<dyn Source>> = vec![Arc::new(Asked::paid("paid", &late))];
    let wrong = Checks::new(shop.station.store.clone(), sources, late);
    check(&wrong, imei(1), Freshness::Kept).await;
    let stale = Verdict::Undetermined { why: Undetermined::Stale };
    assert_eq!(verdict(&shop, Freshness::Now).await, stale);
    assert_eq!(verdict(&shop, Freshness::PayAgain).await, Verdict::Clear);
    assert_eq!(paid.times(imei(1)), 1);
}

/// Asking again by itself, as patient clients do, would pay again.
#[tokio::test]
async fn a_client_that_pays_does_not_ask_again_by_itself() {
    let gone = || vec![Reply::json(503, "{}"), Reply::Bytes(Vec::new())];
    for nth in 0..gone().len() {
        for (paid, at_least) in [(true, 1), (false, 2)] {
            let double = Double::start(gone()).await;
            let text = format!(
                "format = 1\n[[source]]\nname = 'a'\nkind = 'camara'\nurl = '{}'\n\
                 fresh_minutes = 1\npaid = {paid}\n",
                double.url(nth)
            );
            let place = std::env::temp_dir();
            let settings = Settings::parse(&text, &place.join("registries.toml")).unwrap();
            let client = settings.sources()[0].client(&place, Speech::Usual, clock()).unwrap();
            let question = client.request(reqwest::Method::GET, "check");
            client.ask(question).await.unwrap_err();
            let times = double.times();
            assert!(times >= at_least && (!paid || times == 1), "{nth} {paid}: {times}");
        }
    }
}

#[tokio::test]
async fn the_api_pays_again_if_told_to_and_shows_what_was_paid() {
    let (shop, paid) = shop().await;
    paid.say_next([Says::NoAnswer]);
    let ask = async |pay_again: bool| {
        let body = json!({ "imeis": [imei(1).to_string()], "pay_again": pay_again });
        shop.ask("POST", "/api/v1/checks", Some(body)).await.expect(200)["items"][0].clone()
    };
    ask(false).await;
    assert_eq!(ask(false).await["why"], "paid_already");
    let sources = shop.ask("GET", "/api/v1/sources", None).await.expect(200);
    let day = json!({ "day": "2026-11-01", "questions": 1, "unanswered": 1 });
    assert_eq!(sources["items"][0]["paid_days"], json!([day]));
    assert_eq!(ask(true).await["verdict"], "clear");
    let sources = shop.ask("GET", "/api/v1/sources", None).await.expect(200);
    assert_eq!(sources["items"][0]["paid"], true);
    assert_eq!(sources["items"][0]["paid_days"][0]["questions"], 2);
}
