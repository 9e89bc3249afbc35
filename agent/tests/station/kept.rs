//! What was said before is gone by while it is fresh, and no longer.

use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::json;
use tekser::check::{Checked, Freshness, Undetermined, Verdict};
use tekser::clock::ManualClock;
use tekser::registry::Source;
use tekser::registry::sandbox::Sandbox;
use tekser_imei::Imei;

use crate::asked::{Asked, Says};
use crate::support::{REVIEW, Shop, imei, until};

const MINUTE: SignedDuration = SignedDuration::from_mins(1);

/// A station that asks these, on one clock.
async fn shop(make: impl FnOnce(&Arc<ManualClock>) -> Vec<Arc<Asked>>) -> (Shop, Vec<Arc<Asked>>) {
    let clock = crate::support::clock();
    let asked = make(&clock);
    let sources = asked.iter().map(|one| Arc::clone(one) as Arc<dyn Source>).collect();
    (Shop::that_asks(clock, sources).await, asked)
}

async fn one() -> (Shop, Arc<Asked>) {
    let (shop, mut asked) = shop(|clock| vec![Arc::new(Asked::new("one", clock))]).await;
    (shop, asked.remove(0))
}

impl Shop {
    async fn check(&self, imeis: &[Imei], freshness: Freshness) -> Vec<Checked> {
        self.station.checks.check(imeis, freshness).await.unwrap()
    }

    async fn verdict_by(&self, imei: Imei, freshness: Freshness) -> Verdict {
        self.check(&[imei], freshness).await[0].answer.verdict
    }

    async fn last_event(&self) -> i64 {
        self.station.store.refresh_latest().await.unwrap()
    }
}

#[tokio::test]
async fn what_is_fresh_is_not_asked_again_and_only_the_rest_is() {
    let (shop, one) = one().await;
    let first = shop.check(&[imei(1)], Freshness::Kept).await;
    assert!(!first[0].answer.from_cache);
    assert_eq!(first[0].answer.fresh_until, Some(crate::support::now(&shop) + MINUTE * 60));
    let both = shop.check(&[imei(1), imei(2)], Freshness::Kept).await;
    assert_eq!(both.iter().map(|one| one.answer.from_cache).collect::<Vec<_>>(), [true, false]);
    assert_eq!((one.times(imei(1)), one.times(imei(2))), (1, 1));
    shop.clock.advance(MINUTE * 60);
    assert!(!shop.check(&[imei(1)], Freshness::Kept).await[0].answer.from_cache);
    assert_eq!(one.times(imei(1)), 2);
}

#[tokio::test]
async fn everyone_is_asked_if_it_must_be_so_now() {
    let (shop, one) = one().await;
    shop.check(&[imei(1)], Freshness::Kept).await;
    one.say(Says::This(Verdict::Unknown));
    assert_eq!(shop.verdict_by(imei(1), Freshness::Kept).await, Verdict::Clear);
    assert_eq!(shop.verdict_by(imei(1), Freshness::Now).await, Verdict::Unknown);
    assert_eq!(shop.verdict_by(imei(1), Freshness::Kept).await, Verdict::Unknown);
    assert_eq!(one.times(imei(1)), 2);
}

#[tokio::test]
async fn no_answer_is_kept_as_one() {
    let (shop, one) = one().await;
    for says in
        [Says::NoAnswer, Says::Unreachable, Says::AboutAnother, Says::open(Undetermined::Tracked)]
    {
        one.say(says);
        let open = shop.check(&[imei(1)], Freshness::Kept).await;
        assert!(matches!(open[0].answer.verdict, Verdict::Undetermined { .. }), "{says:?}");
        assert_eq!(open[0].answer.fresh_until, None);
        assert!(!open[0].answer.from_cache);
    }
    one.say(Says::CLEAR);
    assert_eq!(shop.verdict_by(imei(1), Freshness::Kept).await, Verdict::Clear);
}

#[tokio::test]
async fn an_imei_that_stands_twice_is_asked_about_once_and_answered_twice() {
    let (shop, one) = one().await;
    let numbers = [imei(1), imei(2), imei(1), imei(1)];
    let checked = shop.check(&numbers, Freshness::Now).await;
    let about: Vec<_> = checked.iter().map(|one| one.answer.imei).collect();
    assert_eq!(about, numbers);
    assert_eq!((one.times(imei(1)), one.times(imei(2))), (1, 1));
}

#[tokio::test]
async fn after_a_submission_nothing_that_was_said_before_is_gone_by() {
    let clock = crate::support::clock();
    let mut slow = Asked::new("slow", &clock);
    // It answers from a cache of its own.
    slow.lag = MINUTE * 5;
    slow.say(Says::This(Verdict::Unknown));
    let slow = Arc::new(slow);
    let shop = Shop::that_asks(clock, vec![slow.clone()]).await;
    let batch = shop.batch(1).await;
    let sandbox = tekser::registry::RegistryId::new(Sandbox::NAME);
    let number = imei(3);
    shop.check(&[number], Freshness::Kept).await;
    let before = slow.times(number);
    shop.check(&[number], Freshness::Kept).await;
    assert_eq!(slow.times(number), before, "it was fresh");
    shop.station.submit(batch.id, &sandbox).await.unwrap();
    let outbox = shop.station.outbox().await.unwrap();
    for _ in 0..4 {
        outbox.pump().await.unwrap();
    }
    shop.check(&[number], Freshness::Kept).await;
    assert_eq!(slow.times(number), before + 1, "it was filed since");
    shop.clock.advance(REVIEW);
    outbox.pump().await.unwrap();
    assert_eq!(outbox.take_decided(), [batch.id], "it is decided");
    // What it says is still as old as before the decision.
    for times in 2..4 {
        shop.check(&[number], Freshness::Kept).await;
        assert_eq!(slow.times(number), before + times);
    }
    shop.clock.advance(MINUTE * 6);
    shop.check(&[number], Freshness::Kept).await;
    assert_eq!(slow.times(number), before + 4, "this one is from after it");
    shop.check(&[number], Freshness::Kept).await;
    assert_eq!(slow.times(number), before + 4);
}

#[tokio::test]
async fn whoever_is_no_longer_asked_does_not_count() {
    let shop = Shop::open().await;
    let clear: Imei = "490154203237518".parse().unwrap();
    shop.check(&[clear], Freshness::Kept).await;
    let numbers = [clear.imei14()];
    let known = shop.station.checks.known(&numbers).await.unwrap();
    assert!(known[&clear.imei14()].answer.verdict.is_clear());
    let decides = Arc::new(Asked::new("decides", &shop.clock));
    let checks = shop.checks_with(vec![decides.clone()]);
    assert!(checks.known(&numbers).await.unwrap().is_empty(), "that was the sandbox's word");
    decides.say(Says::NoAnswer);
    checks.check(&[clear], Freshness::Kept).await.unwrap();
    let known = checks.known(&numbers).await.unwrap();
    assert!(matches!(known[&clear.imei14()].answer.verdict, Verdict::Undetermined { .. }));
}

#[tokio::test]
async fn the_latest_word_is_not_the_last_word() {
    let (shop, asked) = shop(|clock| {
        let (decides, warns) = (Asked::new("a", clock), Asked::new("b", clock).that_warns());
        vec![Arc::new(decides), Arc::new(warns)]
    })
    .await;
    let blocked = Verdict::Blocked { reason: tekser::check::BlockReason::Stolen };
    asked[0].say(Says::This(blocked));
    shop.check(&[imei(1)], Freshness::Kept).await;
    shop.clock.advance(MINUTE);
    // One who only warns has nothing to say, later.
    let checks = shop.checks_with(vec![asked[1].clone()]);
    checks.check(&[imei(1)], Freshness::Now).await.unwrap();
    let known = shop.station.checks.known(&[imei(1).imei14()]).await.unwrap();
    assert_eq!(known[&imei(1).imei14()].answer.verdict, blocked);
    let list = shop.ask("GET", "/api/v1/checks", None).await.expect(200);
    assert_eq!(list["items"][0]["verdict"], "blocked");
    assert_eq!(list["items"][0]["said"].as_array().unwrap().len(), 2);
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_api_says_who_said_what_and_asks_again_if_told_to() {
    let (shop, asked) = shop(|clock| {
        let (decides, warns) = (Asked::new("a", clock), Asked::new("b", clock).that_warns());
        vec![Arc::new(decides), Arc::new(warns)]
    })
    .await;
    let ask = async |more: serde_json::Value| {
        let mut body = json!({ "imeis": [imei(1).to_string()] });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        shop.ask("POST", "/api/v1/checks", Some(body)).await.expect(200)["items"][0].clone()
    };
    let first = ask(json!({})).await;
    assert_eq!(first["verdict"], "clear");
    assert_eq!(first["said"][0]["source"], "a");
    assert_eq!(first["said"][1]["source"], "b");
    assert_eq!(first["said"][0].get("from_cache"), None);
    assert_eq!(ask(json!({})).await["said"][1]["from_cache"], true);
    assert_eq!(ask(json!({ "refresh": true })).await["said"][1].get("from_cache"), None);
    assert_eq!((asked[0].times(imei(1)), asked[1].times(imei(1))), (2, 2));
    asked[1].say(Says::Denied);
    ask(json!({ "refresh": true })).await;
    let sources = shop.ask("GET", "/api/v1/sources", None).await.expect(200);
    assert_eq!(sources["items"][0]["role"], "decides");
    assert_eq!(sources["items"][0]["fresh_seconds"], 3600);
    assert_eq!(sources["items"][1]["role"], "warns");
    assert_eq!(sources["items"][1]["trouble"]["why"], "denied");
    assert!(sources["items"][1]["answered"].is_string());
}

#[tokio::test]
async fn each_imei_is_told_of_once_however_many_are_asked_and_not_if_nobody_was() {
    let (shop, _) =
        shop(|clock| vec![Arc::new(Asked::new("a", clock)), Arc::new(Asked::new("b", clock))])
            .await;
    let before = shop.last_event().await;
    shop.check(&[imei(1), imei(2)], Freshness::Kept).await;
    let events = shop.station.store.events_after(before, 100).await.unwrap();
    assert_eq!(events.len(), 2);
    assert_eq!(events[0].body["said"].as_array().unwrap().len(), 2);
    assert_eq!(events[0].subject, imei(1).to_string());
    shop.check(&[imei(1), imei(2)], Freshness::Kept).await;
    assert_eq!(shop.last_event().await, before + 2);
}

#[tokio::test]
async fn a_list_tells_only_of_phones_that_are_known_here() {
    let (shop, one) = one().await;
    let _watched = shop.watch();
    let label = json!({ "text": format!("IMEI1: {}", imei(1)) });
    shop.ask("POST", "/api/v1/scans", Some(label)).await.expect(201);
    let known = until(&shop.station, "the phone", async || {
        shop.station.store.handsets(&tekser::store::Page::first(1)).await.unwrap().pop()
    });
    assert_eq!(known.await.imeis(), [imei(1)]);
    let before = shop.last_event().await;
    let rows: String = (1..400).map(|n| format!("{}\n", imei(n))).collect();
    let list = tekser_table::List::from_bytes(rows.into_bytes()).unwrap();
    let blocks = tekser::check::sweep(list, Some(shop.station.checks.clone()));
    let blocks: Vec<_> = futures_util::StreamExt::collect(blocks).await;
    assert!(blocks.into_iter().all(|block| block.is_ok()));
    assert_eq!(one.questions().len(), 399);
    let events = shop.station.store.events_after(before, 1000).await.unwrap();
    let about: Vec<_> = events.iter().map(|event| event.subject.clone()).collect();
    assert_eq!(about, [imei(1).to_string()]);
}
