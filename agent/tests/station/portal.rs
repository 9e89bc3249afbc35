//! A portal that answers people only: what they say they saw, for how long it holds, and what
//! proves it.

use axum::body::Body;
use axum::http::{Request, header};
use jiff::SignedDuration;
use serde_json::{Value, json};
use tekser::check::{Freshness, Undetermined, Verdict};
use tekser::portal::EVIDENCE_MAX;

use crate::support::{Answer, Shop, answer, imei, until};

const PORTAL: &str = "format = 1\n[[source]]\nname = 'state-database'\nkind = 'portal'\n";

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nthe rest of a screenshot";

/// A shop whose people look at a portal.
struct Lookout(Shop);

impl core::ops::Deref for Lookout {
    type Target = Shop;

    fn deref(&self) -> &Shop {
        &self.0
    }
}

async fn shop() -> Lookout {
    shop_with(PORTAL).await
}

async fn shop_with(registries: &str) -> Lookout {
    let shop = Shop::open().await;
    std::fs::write(shop.directory.path().join("registries.toml"), registries).unwrap();
    Lookout(shop.reopened().await)
}

impl Lookout {
    fn path(n: usize) -> String {
        format!("/api/v1/portal/{}", imei(n))
    }

    async fn record(&self, n: usize, report: Value) -> Answer {
        self.ask("POST", &Self::path(n), Some(report)).await
    }

    async fn look(&self, n: usize) -> Value {
        self.ask("GET", &Self::path(n), None).await.expect(200)
    }

    /// What a check says, and the portal's own page.
    async fn verdict(&self, n: usize) -> Verdict {
        let checked =
            self.station.checks.check(&[imei(n)], Freshness::Kept).await.unwrap().remove(0);
        let shown = self.look(n).await;
        assert_eq!(shown["answer"]["verdict"], checked.answer.verdict.kind());
        checked.answer.verdict
    }

    async fn screenshot(&self, bytes: &[u8], key: Option<&str>) -> Answer {
        let mut request = self.request("POST", "/api/v1/evidence", None);
        if let Some(key) = key {
            request.headers_mut().insert("idempotency-key", key.parse().unwrap());
        }
        *request.body_mut() = Body::from(bytes.to_vec());
        self.send(request).await
    }

    fn kept(&self, sha256: &str) -> std::path::PathBuf {
        self.directory.path().join("evidence").join(sha256)
    }
}

fn clear() -> Value {
    json!({ "verdict": "clear", "seen_by": "Aigul, desk 2" })
}

const fn open(why: Undetermined) -> Verdict {
    Verdict::Undetermined { why }
}

#[tokio::test]
async fn nobody_looked_is_no_answer_and_names_the_page_to_open() {
    let shop = shop().await;
    assert_eq!(shop.verdict(1).await, open(Undetermined::NobodyLooked));
    let shown = shop.look(1).await;
    assert_eq!(shown["portal"], "state-database");
    assert_eq!(shown["link"], "https://imei.rfs.gov.kz/");
    assert_eq!(shown["history"], json!([]));
    let portals = shop.ask("GET", "/api/v1/portal", None).await.expect(200);
    assert_eq!(portals["items"][0]["fresh_minutes"], 1440);
}

#[tokio::test]
async fn what_one_person_saw_holds_for_everyone_until_it_is_stale() {
    let shop = shop().await;
    let recorded = shop.record(1, clear()).await.expect(201);
    assert_eq!(recorded["answer"]["verdict"], "clear");
    assert_eq!(recorded["answer"]["from_cache"], true);
    assert_eq!(recorded["answer"]["as_of"], "2026-11-01T07:00:00Z");
    assert_eq!(recorded["answer"]["fresh_until"], "2026-11-02T07:00:00Z");
    assert_eq!(recorded["answer"]["seen_by"], json!({ "name": "Aigul, desk 2" }));
    shop.clock.advance(SignedDuration::from_hours(24) - SignedDuration::from_millis(1));
    assert_eq!(shop.verdict(1).await, Verdict::Clear);
    assert_eq!(shop.verdict(2).await, open(Undetermined::NobodyLooked));
    shop.clock.advance(SignedDuration::from_millis(1));
    assert_eq!(shop.verdict(1).await, open(Undetermined::Stale));
    let shown = shop.look(1).await;
    assert_eq!(shown["answer"]["seen_by"]["name"], "Aigul, desk 2");
    assert_eq!(shown["answer"]["fresh_until"], Value::Null);

    // Looking again makes it fresh again.
    shop.record(1, clear()).await.expect(201);
    let shop = Lookout(shop.0.reopened().await);
    assert_eq!(shop.verdict(1).await, Verdict::Clear);
}

#[tokio::test]
async fn whoever_follows_the_events_is_told_who_saw_what() {
    let shop = shop().await;
    shop.record(1, clear()).await.expect(201);
    let kinds = until(&shop.station, "the answer", async || {
        let events = shop.station.store.events_after(0, 100).await.unwrap();
        let has_answer = events.iter().any(|event| {
            event.body["verdict"] == "clear" && event.body["source"] == "state-database"
        });
        has_answer.then_some(events)
    })
    .await;
    let told = kinds.iter().find(|event| event.kind.name() == "sighting").unwrap();
    assert_eq!(told.subject, imei(1).to_string());
    assert_eq!(told.body["seen_by"], "Aigul, desk 2");
    assert_eq!(told.body["recorded_at"], "2026-11-01T07:00:00Z");
}

#[tokio::test]
async fn could_not_check_is_kept_and_answers_nothing() {
    let shop = shop().await;
    let could_not = json!({ "verdict": "could_not_check", "reason": "The page did not open", "seen_by": "Dana" });
    shop.record(1, could_not.clone()).await.expect(201);
    assert_eq!(shop.verdict(1).await, open(Undetermined::NobodyLooked));
    shop.record(1, clear()).await.expect(201);
    let shown = shop.record(1, could_not).await.expect(201);
    assert_eq!(shop.verdict(1).await, Verdict::Clear);
    let said: Vec<_> =
        shown["history"].as_array().unwrap().iter().map(|one| &one["verdict"]).collect();
    assert_eq!(said, ["could_not_check", "clear", "could_not_check"]);
    assert_eq!(shown["history"][0]["reason"], "The page did not open");
}

#[tokio::test]
async fn grace_ends_by_the_date_that_the_portal_shows_or_by_the_rule() {
    let shop = shop().await;
    for (field, date, end) in [
        ("until", "2026-11-20", "2026-11-19T19:00:00Z"),
        ("first_connected", "2026-11-01", "2026-11-30T19:00:00Z"),
        ("until", "2026-11-02", "2026-11-01T19:00:00Z"),
    ] {
        let shown = shop
            .record(1, json!({ "verdict": "grace", field: date, "seen_by": "Dana" }))
            .await
            .expect(201);
        assert_eq!(shown["answer"]["until"], end, "{field} {date}");
    }
    // Once it is over, that it was granted says nothing; and nobody said that it is blocked.
    shop.clock.advance(SignedDuration::from_hours(12));
    assert_eq!(shop.verdict(1).await, open(Undetermined::Stale));
}

#[tokio::test]
async fn a_report_that_makes_no_sense_is_refused_and_named() {
    let shop = shop().await;
    let table = [
        (json!({ "verdict": "grace" }), "until or first_connected"),
        (
            json!({ "verdict": "grace", "until": "2026-11-20", "first_connected": "2026-11-01" }),
            "either",
        ),
        (json!({ "verdict": "grace", "until": "2026-11-01" }), "grace_expired"),
        (json!({ "verdict": "grace", "first_connected": "2026-09-30" }), "grace_expired"),
        (json!({ "verdict": "grace", "first_connected": "2026-11-02" }), "still to come"),
        (json!({ "verdict": "blocked" }), "blocked needs a reason"),
        (json!({ "verdict": "blocked", "reason": "because" }), "prohibited"),
        (json!({ "verdict": "could_not_check" }), "needs a reason"),
        (json!({ "verdict": "clear", "reason": "stolen" }), "reason does not belong to clear"),
        (json!({ "verdict": "unknown", "until": "2026-11-20" }), "until does not belong"),
        (json!({ "verdict": "clear", "seen_at": "2026-11-01T07:00:01Z" }), "seen_at"),
    ];
    for (mut report, words) in table {
        report["seen_by"] = json!("Dana");
        let problem = shop.record(1, report.clone()).await.expect_problem(422, "sighting");
        assert!(problem["detail"].as_str().unwrap().contains(words), "{report}: {problem}");
    }
    for report in [
        json!({ "verdict": "clear" }),
        json!({ "verdict": "clear", "seen_by": " " }),
        json!({ "verdict": "clear", "seen_by": "D\nana" }),
        json!({ "verdict": "undetermined", "seen_by": "Dana" }),
        json!({ "verdict": "clear", "seen_by": "Dana", "evidense": "x" }),
    ] {
        shop.record(1, report).await.expect_problem(422, "body");
    }
    let path = "/api/v1/portal/490154203237519";
    shop.ask("GET", path, None).await.expect_problem(422, "not_an_imei");
    shop.ask("POST", path, Some(clear())).await.expect_problem(422, "not_an_imei");
    assert_eq!(shop.look(1).await["history"], json!([]));
}

#[tokio::test]
async fn a_later_sighting_stands_and_a_late_note_of_an_earlier_one_does_not() {
    let shop = shop().await;
    let seen =
        |verdict: &str, at: &str| json!({ "verdict": verdict, "seen_at": at, "seen_by": "Dana" });
    shop.record(1, seen("unknown", "2026-11-01T06:00:00Z")).await.expect(201);
    shop.record(1, seen("clear", "2026-11-01T05:00:00Z")).await.expect(201);
    assert_eq!(shop.verdict(1).await, Verdict::Unknown);
    shop.record(1, seen("clear", "2026-11-01T06:00:00Z")).await.expect(201);
    assert_eq!(shop.verdict(1).await, Verdict::Clear, "the correction of the same moment");
}

#[tokio::test]
async fn a_wrong_record_is_taken_back_and_stays_in_the_history() {
    let shop = shop().await;
    let blocked = json!({ "verdict": "blocked", "reason": "grace_expired", "seen_by": "Dana" });
    shop.record(1, blocked).await.expect(201);
    let wrong = shop.record(1, clear()).await.expect(201)["history"][0]["id"].clone();
    assert_eq!(shop.verdict(1).await, Verdict::Clear);
    let back = json!({ "sighting": wrong, "by": "Dana" });
    let path = format!("{}/withdraw", Lookout::path(1));
    for _ in 0..2 {
        let shown = shop.ask("POST", &path, Some(back.clone())).await.expect(200);
        assert_eq!(shown["answer"]["verdict"], "blocked");
        assert_eq!(shown["history"][0]["withdrawn"]["by"], "Dana");
        assert_eq!(shown["history"][0]["seen_by"], "Aigul, desk 2");
    }
    // What is kept of its answers never says clear again, not even before anyone asks.
    let kept = shop.station.store.answer(imei(1).imei14()).await.unwrap().unwrap();
    assert_eq!(kept.verdict.kind(), "blocked");
    let first = shop.look(1).await["history"][1]["id"].clone();
    let back = json!({ "sighting": first, "by": "Dana" });
    shop.ask("POST", &path, Some(back.clone())).await.expect(200);
    let kept = shop.station.store.answer(imei(1).imei14()).await.unwrap().unwrap();
    assert_eq!(kept.verdict, open(Undetermined::NobodyLooked));
    let other = format!("{}/withdraw", Lookout::path(2));
    shop.ask("POST", &other, Some(back)).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn a_record_sent_again_with_its_key_is_one_record() {
    let shop = shop().await;
    for _ in 0..2 {
        let mut request = shop.request("POST", &Lookout::path(1), Some(clear()));
        request.headers_mut().insert("idempotency-key", "k-1".parse().unwrap());
        shop.send(request).await.expect(201);
    }
    assert_eq!(shop.look(1).await["history"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn without_a_portal_and_with_two_it_is_said_what_to_do() {
    let none = Lookout(Shop::open().await);
    none.ask("GET", &Lookout::path(1), None).await.expect_problem(404, "no_portal");
    none.record(1, clear()).await.expect_problem(404, "no_portal");
    let two = format!(
        "{PORTAL}[[source]]\nname = 'other'\nkind = 'portal'\nurl = 'https://kz-imei.kz/'\nfresh_minutes = 5\n"
    );
    let two = shop_with(&two).await;
    two.record(1, clear()).await.expect_problem(422, "which_portal");
    two.ask("GET", &format!("{}?portal=third", Lookout::path(1)), None)
        .await
        .expect_problem(404, "not_found");
    let mut report = clear();
    report["portal"] = json!("other");
    let shown = two.record(1, report).await.expect(201);
    assert_eq!(shown["link"], "https://kz-imei.kz/");
    assert_eq!(shown["answer"]["fresh_until"], "2026-11-01T07:05:00Z");
    // Both decide, and at one of them nobody looked.
    let checked = two.station.checks.check(&[imei(1)], Freshness::Kept).await.unwrap().remove(0);
    assert_eq!(checked.answer.verdict, open(Undetermined::NobodyLooked));
}

#[tokio::test]
async fn a_screenshot_is_kept_once_and_given_back_as_it_was() {
    let shop = shop().await;
    let images: [(&[u8], &str); 3] = [
        (PNG, "image/png"),
        (b"\xFF\xD8\xFF\xE0jpeg", "image/jpeg"),
        (b"RIFF\x04\0\0\0WEBPVP8 ", "image/webp"),
    ];
    for (bytes, kind) in images {
        let kept = shop.screenshot(bytes, None).await.expect(201);
        assert_eq!(kept["size"], bytes.len());
        assert_eq!(
            shop.screenshot(bytes, Some("k")).await.status,
            if kind == "image/png" { 200 } else { 422 }
        );
        let sha256 = kept["sha256"].as_str().unwrap();
        let path = format!("/api/v1/evidence/{sha256}");
        let shown = shop.ask("GET", &path, None).await;
        assert_eq!((shown.status.as_u16(), &shown.body[..]), (200, bytes));
        assert_eq!(shown.headers[header::CONTENT_TYPE], kind);
        assert_eq!(shown.headers["x-content-type-options"], "nosniff");
        let bare =
            Request::get(&path).header("host", "127.0.0.1:7470").body(Body::empty()).unwrap();
        answer(shop.app(), bare).await.expect_problem(401, "token_missing");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(shop.kept(sha256)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }
    assert_eq!(std::fs::read_dir(shop.directory.path().join("evidence")).unwrap().count(), 3);
}

#[tokio::test]
async fn what_is_no_screenshot_is_refused() {
    let shop = shop().await;
    for bytes in [&b""[..], b"\x89PNG", b"<svg onload=alert(1)>", b"%PDF-1.7", b"RIFF\0\0\0\0WAVE"]
    {
        shop.screenshot(bytes, None).await.expect_problem(415, "evidence_not_an_image");
    }
    let mut most = PNG.to_vec();
    most.resize(EVIDENCE_MAX, 0);
    shop.screenshot(&most, None).await.expect(201);
    shop.screenshot(&most, Some("key-1")).await.expect(200);
    most.push(0);
    shop.screenshot(&most, None).await.expect_problem(413, "evidence_too_large");
    shop.screenshot(&most, Some("key-2")).await.expect_problem(413, "evidence_too_large");
    for path in
        ["/api/v1/evidence/../station.db", "/api/v1/evidence/..%2Fstation.db", "/api/v1/evidence/x"]
    {
        assert_eq!(shop.ask("GET", path, None).await.status, 404, "{path}");
    }
    let none = format!("/api/v1/evidence/{}", "0".repeat(64));
    shop.ask("GET", &none, None).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn a_record_names_only_a_screenshot_that_is_there() {
    let shop = shop().await;
    let mut report = clear();
    report["evidence"] = json!("0".repeat(64));
    shop.record(1, report.clone()).await.expect_problem(422, "no_evidence");
    let kept = shop.screenshot(PNG, None).await.expect(201);
    report["evidence"] = kept["sha256"].clone();
    let shown = shop.record(1, report.clone()).await.expect(201);
    assert_eq!(shown["answer"]["seen_by"]["evidence"], kept["sha256"]);

    // One that was damaged on disk proves nothing, until the same bytes come again.
    let sha256 = kept["sha256"].as_str().unwrap();
    std::fs::write(shop.kept(sha256), b"\x89PNG\r\n\x1a\nforged").unwrap();
    let path = format!("/api/v1/evidence/{sha256}");
    shop.ask("GET", &path, None).await.expect_problem(500, "evidence_damaged");
    shop.record(1, report).await.expect_problem(500, "evidence_damaged");
    shop.screenshot(PNG, None).await.expect(201);
    assert_eq!(shop.ask("GET", &path, None).await.body, PNG);
}

#[tokio::test]
async fn what_a_killed_program_left_half_written_is_cleared_away_later() {
    let shop = shop().await;
    let folder = shop.directory.path().join("evidence");
    let (old, new) = (folder.join(".unfinished-old"), folder.join(".unfinished-new"));
    for path in [&old, &new] {
        std::fs::write(path, b"half").unwrap();
    }
    let long_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(7200);
    std::fs::File::options().write(true).open(&old).unwrap().set_modified(long_ago).unwrap();
    let shop = Lookout(shop.0.reopened().await);
    assert!(!old.exists() && new.exists(), "another process may be writing the new one");
    drop(shop);
}
