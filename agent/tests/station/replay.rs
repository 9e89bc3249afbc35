//! A write that is sent again is done once.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tekser::store::{Page, Replay};

use crate::support::{Answer, Shop, cut, imei, now, replacement};

fn keyed(shop: &Shop, key: &str, path: &str, body: &Value) -> Request<Body> {
    let mut request = shop.request("POST", path, Some(body.clone()));
    request.headers_mut().insert("idempotency-key", key.parse().unwrap());
    request
}

fn scan(n: usize) -> Value {
    json!({ "text": format!("IMEI: {}", imei(n)) })
}

impl Shop {
    async fn post(&self, key: &str, path: &str, body: &Value) -> Answer {
        self.send(keyed(self, key, path, body)).await
    }

    async fn scans(&self) -> usize {
        self.station.store.scans(&Page::first(200)).await.unwrap().len()
    }
}

#[tokio::test]
async fn the_same_write_again_is_answered_as_the_first_time() {
    let shop = Shop::open().await;
    let first = shop.post("a", "/api/v1/scans", &scan(1)).await;
    assert!(first.headers.get("idempotency-replayed").is_none());
    // Bare or as a structured string, it is the same key.
    for key in ["a", "\"a\""] {
        let again = shop.post(key, "/api/v1/scans", &scan(1)).await;
        assert_eq!(again.expect(201), first.expect(201));
        assert_eq!(again.headers["idempotency-replayed"], "true");
        assert_eq!(again.headers["content-type"], "application/json");
    }
    assert_eq!(shop.scans().await, 1);
    shop.post("b", "/api/v1/scans", &scan(1)).await.expect(201);
    assert_eq!(shop.scans().await, 2);
}

#[tokio::test]
async fn a_refusal_is_replayed_too() {
    let shop = Shop::open().await;
    let body = json!({ "text": "hello" });
    let first = shop.post("a", "/api/v1/scans", &body).await.expect_problem(422, "nothing_found");
    let again = shop.post("a", "/api/v1/scans", &body).await;
    assert_eq!(again.expect_problem(422, "nothing_found"), first);
    assert_eq!(again.headers["idempotency-replayed"], "true");
}

#[tokio::test]
async fn a_key_belongs_to_one_request() {
    let shop = Shop::open().await;
    shop.post("a", "/api/v1/scans", &scan(1)).await.expect(201);
    let other = shop.post("a", "/api/v1/scans", &scan(2)).await;
    other.expect_problem(422, "idempotency_reused");
    let elsewhere = shop.post("a", "/api/v1/checks", &scan(1)).await;
    elsewhere.expect_problem(422, "idempotency_reused");
    assert_eq!(shop.scans().await, 1);
}

#[tokio::test]
async fn a_key_whose_request_still_runs_is_refused() {
    let shop = Shop::open().await;
    let path = "/api/v1/scans";
    let body = scan(1).to_string();
    let fingerprint = Sha256::digest([path.as_bytes(), &[0], body.as_bytes()].concat());
    let taken = shop.station.store.take_key("a", &fingerprint, now(&shop)).await.unwrap();
    assert_eq!(taken, Replay::New);
    let second = shop.post("a", path, &scan(1)).await;
    second.expect_problem(409, "idempotency_running");
    assert_eq!(shop.scans().await, 0);
    shop.station.store.release_key("a").await.unwrap();
    shop.post("a", path, &scan(1)).await.expect(201);
}

#[tokio::test]
async fn a_key_is_one_to_128_visible_characters() {
    let shop = Shop::open().await;
    for key in ["", " ", "\"\"", "a\"b", "\"a", &"k".repeat(129)] {
        let answer = shop.post(key, "/api/v1/scans", &scan(1)).await;
        answer.expect_problem(400, "idempotency_key");
    }
    assert_eq!(shop.scans().await, 0);
    shop.post(&"k".repeat(128), "/api/v1/scans", &scan(1)).await.expect(201);
}

#[tokio::test]
async fn a_key_of_someone_without_the_token_is_not_taken() {
    let shop = Shop::open().await;
    let mut request = keyed(&shop, "a", "/api/v1/scans", &scan(1));
    request.headers_mut().remove("authorization");
    shop.send(request).await.expect_problem(401, "token_missing");
    shop.post("a", "/api/v1/scans", &scan(2)).await.expect(201);
}

#[tokio::test]
async fn a_failure_of_the_station_is_not_kept() {
    let shop = Shop::open().await;
    let database = shop.database().await;
    let refuse = "CREATE TRIGGER full BEFORE INSERT ON reading \
                  BEGIN SELECT RAISE(ABORT, 'disk full'); END";
    sqlx::query(refuse).execute(&database).await.unwrap();
    let failed =
        shop.post("a", "/api/v1/scans", &scan(1)).await.expect_problem(500, "store_failed");
    assert!(!failed.to_string().contains("disk full"), "{failed}");
    sqlx::query("DROP TRIGGER full").execute(&database).await.unwrap();
    shop.post("a", "/api/v1/scans", &scan(1)).await.expect(201);
}

#[tokio::test]
async fn a_client_that_hangs_up_at_any_moment_finds_its_write_done_once() {
    let shop = Shop::open().await;
    for polls in 0..30 {
        let key = format!("k{polls}");
        let body = serde_json::to_value(replacement(polls)).unwrap();
        let request = keyed(&shop, &key, "/api/v1/cases", &body);
        let _ = cut(shop.send(request), polls).await;
        let again = async {
            loop {
                let again = shop.post(&key, "/api/v1/cases", &body).await;
                if again.status != 409 {
                    return again;
                }
                tokio::task::yield_now().await;
            }
        };
        let again = tokio::time::timeout(Duration::from_secs(20), again).await;
        again.expect("the key is answered for").expect(201);
    }
    assert_eq!(shop.station.store.cases(&Page::first(200)).await.unwrap().len(), 30);
}

#[tokio::test]
async fn keys_whose_requests_died_with_the_process_are_free_at_the_next_start() {
    let shop = Shop::open().await;
    let taken = shop.station.store.take_key("a", b"x", now(&shop)).await.unwrap();
    assert_eq!(taken, Replay::New);
    let shop = shop.reopened().await;
    let _running = shop.station.run().await.unwrap();
    shop.post("a", "/api/v1/scans", &scan(1)).await.expect(201);
}
