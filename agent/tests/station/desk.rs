//! Cases, batches and checks through the web API.

use axum::body::Body;
use axum::http::header;
use serde_json::{Value, json};
use tekser::check::Freshness;
use tekser::registry::sandbox::Listing;
use tekser_imei::Imei;

use crate::support::{Shop, imei, replacement};

fn body(n: usize) -> Value {
    serde_json::to_value(replacement(n)).unwrap()
}

fn codes(findings: &Value) -> Vec<&str> {
    findings.as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect()
}

impl Shop {
    async fn open_case(&self, body: Value) -> Value {
        self.ask("POST", "/api/v1/cases", Some(body)).await.expect(201)
    }

    async fn batch_of(&self, cases: &[&Value]) -> crate::support::Answer {
        self.ask("POST", "/api/v1/batches", Some(json!({ "cases": cases }))).await
    }
}

#[tokio::test]
async fn a_case_is_opened_once() {
    let shop = Shop::open().await;
    let first = shop.open_case(body(1)).await;
    assert_eq!((&first["state"], &first["replacement"]), (&json!("open"), &body(1)));
    let again = shop.ask("POST", "/api/v1/cases", Some(body(1))).await.expect(200);
    assert_eq!(again["id"], first["id"]);
    let other = json!({ "work_order": "WO-1", "old": [], "new": [] });
    let problem = shop.ask("POST", "/api/v1/cases", Some(other)).await;
    let problem = problem.expect_problem(409, "work_order_taken");
    assert!(problem["detail"].as_str().unwrap().contains(first["id"].as_str().unwrap()));
}

#[tokio::test]
async fn blanks_around_a_work_order_make_no_other_work_order() {
    let shop = Shop::open().await;
    let first = shop.open_case(body(1)).await;
    let mut padded = body(1);
    padded["work_order"] = json!("  WO-1\t");
    let again = shop.ask("POST", "/api/v1/cases", Some(padded)).await.expect(200);
    assert_eq!((&again["id"], &again["replacement"]["work_order"]), (&first["id"], &json!("WO-1")));
}

#[tokio::test]
async fn a_case_says_what_would_get_it_refused() {
    let shop = Shop::open().await;
    let clean = shop.open_case(body(1)).await;
    assert_eq!(codes(&clean["preflight"]), ["not_read"]);
    let bare = shop.open_case(json!({ "work_order": "WO-2", "old": [], "new": [] })).await;
    assert_eq!(
        codes(&bare["preflight"]),
        ["old_missing", "new_missing", "customs_missing", "not_read"]
    );
    let mut blocked = body(3);
    blocked["new"] = json!(["354178036859789"]);
    let blocked = shop.open_case(blocked).await;
    assert_eq!(codes(&blocked["preflight"]), ["not_read", "new_blocked"]);
    let finding = &blocked["preflight"][1];
    assert_eq!((&finding["severity"], &finding["field"]), (&json!("stop"), &json!("new[0]")));
    let shown = shop.ask("GET", &format!("/api/v1/cases/{}", id(&blocked)), None).await.expect(200);
    assert_eq!(shown, blocked);
}

fn id(value: &Value) -> &str {
    value["id"].as_str().unwrap()
}

#[tokio::test]
async fn what_is_no_case_is_refused_with_its_reason() {
    let shop = Shop::open().await;
    let with = |field: &str, value: Value| {
        let mut body = body(1);
        body[field] = value;
        body
    };
    let unknown = tekser::id::HandsetId::new();
    let table = [
        (with("work_order", json!("  ")), 422, "work_order"),
        (with("work_order", json!("W".repeat(65))), 422, "work_order"),
        (with("new", json!(vec![imei(1); 17])), 422, "too_many_imeis"),
        (with("old", json!(["490154203237519"])), 422, "body"),
        (with("colour", json!("black")), 422, "body"),
        (with("handset", json!(unknown)), 404, "not_found"),
        (json!([]), 422, "body"),
        (json!(null), 422, "body"),
    ];
    for (body, status, code) in table {
        shop.ask("POST", "/api/v1/cases", Some(body)).await.expect_problem(status, code);
    }
    let list = shop.ask("GET", "/api/v1/cases", None).await.expect(200);
    assert_eq!(list, json!({ "items": [], "next": null }));
}

#[tokio::test]
async fn a_case_is_mended_until_it_is_batched() {
    let shop = Shop::open().await;
    let case = shop.open_case(body(1)).await;
    let path = format!("/api/v1/cases/{}", id(&case));
    let mut mended = body(1);
    mended["technician"] = json!("Dana");
    let answer = shop.ask("PUT", &path, Some(mended.clone())).await.expect(200);
    assert_eq!((&answer["replacement"], id(&answer)), (&mended, id(&case)));
    let renamed = shop.ask("PUT", &path, Some(body(2))).await;
    let renamed = renamed.expect_problem(409, "work_order_fixed");
    assert!(renamed["detail"].as_str().unwrap().contains("WO-1"));
    mended["handset"] = json!(tekser::id::HandsetId::new());
    shop.ask("PUT", &path, Some(mended)).await.expect_problem(404, "not_found");
    shop.batch_of(&[&case["id"]]).await.expect(201);
    shop.ask("PUT", &path, Some(body(1))).await.expect_problem(409, "case_not_open");
    let nobody = format!("/api/v1/cases/{}", tekser::id::CaseId::new());
    shop.ask("PUT", &nobody, Some(body(1))).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn a_batch_of_a_case_that_would_be_refused_is_not_made() {
    let shop = Shop::open().await;
    let good = shop.open_case(body(1)).await;
    let mut bad = body(2);
    bad["customs"] = json!(null);
    let bad = shop.open_case(bad).await;
    let problem = shop.batch_of(&[&good["id"], &bad["id"]]).await;
    let problem = problem.expect_problem(422, "would_be_refused");
    assert_eq!(codes(&problem["findings"]), ["customs_missing"]);
    assert!(problem["detail"].as_str().unwrap().contains(id(&bad)));
    let good = shop.ask("GET", &format!("/api/v1/cases/{}", id(&good)), None).await.expect(200);
    assert_eq!(good["state"], "open");
}

#[tokio::test]
async fn the_registry_is_asked_anew_before_a_batch_is_made() {
    let shop = Shop::open().await;
    let case = shop.open_case(body(1)).await;
    let reason = tekser::check::BlockReason::BlockListed;
    shop.station.sandbox.list(imei(3).imei14(), Listing::Black(reason)).await.unwrap();
    let problem = shop.batch_of(&[&case["id"]]).await.expect_problem(422, "would_be_refused");
    assert_eq!(codes(&problem["findings"]), ["new_blocked"]);
}

#[tokio::test]
async fn a_batch_has_one_to_a_hundred_different_cases() {
    let shop = Shop::open().await;
    let case = shop.open_case(body(1)).await;
    let unknown = json!(tekser::id::CaseId::new());
    shop.batch_of(&[]).await.expect_problem(422, "batch_size");
    shop.batch_of(&[&case["id"], &case["id"]]).await.expect_problem(422, "batch_size");
    let many: Vec<Value> = (0..101).map(|_| json!(tekser::id::CaseId::new())).collect();
    shop.batch_of(&many.iter().collect::<Vec<_>>()).await.expect_problem(422, "batch_size");
    shop.batch_of(&[&case["id"], &unknown]).await.expect_problem(404, "not_found");
    shop.batch_of(&[&json!("x")]).await.expect_problem(422, "body");
}

/// Another work order with the same new IMEI.
fn same_board(n: usize) -> Value {
    let mut body = body(n);
    body["new"] = json!(replacement(1).new);
    body
}

#[tokio::test]
async fn a_new_imei_is_filed_with_one_case_at_a_time() {
    let shop = Shop::open().await;
    let first = shop.open_case(body(1)).await;
    let second = shop.open_case(same_board(2)).await;
    let problem = shop.batch_of(&[&first["id"], &second["id"]]).await;
    let problem = problem.expect_problem(409, "filed_already");
    assert_eq!(problem["case"], second["id"]);
    assert!(problem["detail"].as_str().unwrap().contains(id(&first)));

    let batch = shop.batch_of(&[&first["id"]]).await.expect(201);
    let problem = shop.batch_of(&[&second["id"]]).await.expect_problem(409, "filed_already");
    assert_eq!(problem["case"], second["id"]);
    let second = shop.ask("GET", &format!("/api/v1/cases/{}", id(&second)), None).await;
    assert_eq!(second.expect(200)["state"], "open");

    // The database itself refuses, should the desk ever not.
    let station = &shop.station;
    let signed = station.store.batch(id(&batch).parse().unwrap()).await.unwrap().unwrap();
    let other = tekser::batch::SignedBatch { id: tekser::id::BatchId::new(), ..signed };
    let case: tekser::cases::Case = serde_json::from_value(second.expect(200)).unwrap();
    let mut change = station.store.begin().await.unwrap();
    assert!(change.save_batch(&other, &[case]).await.unwrap_err().is_conflict());
}

#[tokio::test]
async fn a_new_imei_may_be_filed_again_once_it_was_answered() {
    let shop = Shop::open().await;
    let first = shop.open_case(body(1)).await;
    let batch = shop.batch_of(&[&first["id"]]).await.expect(201);
    let new = json!({ "batch": batch["id"] });
    shop.ask("POST", "/api/v1/submissions", Some(new)).await.expect(202);
    let outbox = shop.station.outbox().await.unwrap();
    for _ in 0..3 {
        outbox.pump().await.unwrap();
        shop.clock.advance(crate::support::REVIEW);
    }
    // The registry has it now and says so; whether that is right, a person decides.
    let second = shop.open_case(same_board(2)).await;
    assert_eq!(codes(&second["preflight"]), ["not_read", "new_verified"]);
    shop.batch_of(&[&second["id"]]).await.expect(201);
}

#[tokio::test]
async fn a_batch_is_submitted_and_followed() {
    let shop = Shop::open().await;
    let case = shop.open_case(body(1)).await;
    let batch = shop.batch_of(&[&case["id"]]).await.expect(201);
    assert!(batch["manifest"].as_str().unwrap().contains("WO-1"));
    let new = json!({ "batch": batch["id"] });
    let first = shop.ask("POST", "/api/v1/submissions", Some(new.clone())).await.expect(202);
    assert_eq!((&first["state"], &first["registry"]), (&json!("ready"), &json!("sandbox")));
    let again = shop.ask("POST", "/api/v1/submissions", Some(new)).await.expect(202);
    assert_eq!(again, first);
    let outbox = shop.station.outbox().await.unwrap();
    for _ in 0..3 {
        outbox.pump().await.unwrap();
        shop.clock.advance(crate::support::REVIEW);
    }
    let path = format!("/api/v1/submissions/{}", id(&first));
    assert_eq!(shop.ask("GET", &path, None).await.expect(200)["state"], "approved");
    let case = shop.ask("GET", &format!("/api/v1/cases/{}", id(&case)), None).await.expect(200);
    assert_eq!((&case["state"], &case["batch"]), (&json!("approved"), &batch["id"]));
    let shown = format!("/api/v1/batches/{}", id(&batch));
    assert_eq!(shop.ask("GET", &shown, None).await.expect(200), batch);
}

#[tokio::test]
async fn a_submission_needs_a_batch_and_a_registry_that_are_there() {
    let shop = Shop::open().await;
    let nobody = json!({ "batch": tekser::id::BatchId::new() });
    shop.ask("POST", "/api/v1/submissions", Some(nobody)).await.expect_problem(404, "not_found");
    let batch = shop.batch(1).await;
    let nowhere = json!({ "batch": batch.id, "registry": "portal" });
    shop.ask("POST", "/api/v1/submissions", Some(nowhere)).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn one_bad_element_does_not_spoil_a_check() {
    let shop = Shop::open().await;
    let imeis = json!([
        "490154203237518",
        "490154203237519",
        "35-209900-176148-1",
        "hello",
        "",
        "490154203237518",
        "35417803685978",
        "354626223546262",
        "004999010640000",
    ]);
    let results =
        shop.ask("POST", "/api/v1/checks", Some(json!({ "imeis": imeis }))).await.expect(200);
    let said: Vec<_> = results["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item.get("verdict").or(item.get("error")).unwrap().as_str().unwrap())
        .collect();
    assert_eq!(
        said,
        [
            "clear",
            "check_digit",
            "grace",
            "not_a_digit",
            "empty",
            "clear",
            "too_short",
            "undetermined",
            "unknown",
        ]
    );
    let items = &results["items"];
    assert_eq!(items[1]["text"], "490154203237519");
    assert_eq!(items[2]["imei"], "352099001761481");
    assert_eq!(items[2]["until"], "2026-11-30T19:00:00Z");
    assert!(items[8]["suspicions"].as_array().unwrap().contains(&json!("test_reporting_body")));
}

#[tokio::test]
async fn a_check_has_one_to_a_thousand_elements() {
    let shop = Shop::open().await;
    let of = |count: usize| Some(json!({ "imeis": vec!["490154203237518"; count] }));
    shop.ask("POST", "/api/v1/checks", of(0)).await.expect_problem(422, "check_size");
    shop.ask("POST", "/api/v1/checks", of(1001)).await.expect_problem(422, "check_size");
    let results = shop.ask("POST", "/api/v1/checks", of(1000)).await.expect(200);
    assert_eq!(results["items"].as_array().unwrap().len(), 1000);
}

#[tokio::test]
async fn a_registry_that_cannot_be_reached_leaves_every_verdict_open() {
    let shop = Shop::open().await;
    let ask = json!({ "imeis": ["490154203237518"] });
    shop.station.sandbox.faults().unreachable.store(1, std::sync::atomic::Ordering::Relaxed);
    let results = shop.ask("POST", "/api/v1/checks", Some(ask)).await.expect(200);
    let item = &results["items"][0];
    assert_eq!((&item["verdict"], &item["why"]), (&json!("undetermined"), &json!("unreachable")));
}

#[tokio::test]
async fn a_body_must_be_json_and_of_a_sane_size() {
    let shop = Shop::open().await;
    for kind in [None, Some("text/plain"), Some("application/x-www-form-urlencoded")] {
        let mut request = shop.request("POST", "/api/v1/checks", None);
        *request.body_mut() = Body::from(r#"{"imeis":["490154203237518"]}"#);
        if let Some(kind) = kind {
            request.headers_mut().insert(header::CONTENT_TYPE, kind.parse().unwrap());
        }
        shop.send(request).await.expect_problem(415, "body");
    }
    let mut request = shop.request("POST", "/api/v1/checks", Some(json!({})));
    *request.body_mut() = Body::from("{");
    shop.send(request).await.expect_problem(400, "body");
    let long = json!({ "text": " ".repeat(1024 * 1024) });
    shop.ask("POST", "/api/v1/scans", Some(long.clone())).await.expect_problem(413, "body");
    let mut request = shop.request("POST", "/api/v1/scans", Some(long));
    request.headers_mut().insert("idempotency-key", "long".parse().unwrap());
    shop.send(request).await.expect_problem(413, "body");
}

#[tokio::test]
async fn a_scan_becomes_a_phone_or_says_why_not() {
    let shop = Shop::open().await;
    let scan = async |body: Value| shop.ask("POST", "/api/v1/scans", Some(body)).await;
    let phone = scan(json!({ "text": format!("IMEI: {}", imei(1)) })).await.expect(201);
    assert_eq!(phone["slots"][0]["imei"], imei(1).to_string());
    let more = json!({ "text": format!("IMEI: {}", imei(1)), "handset": phone["id"] });
    assert_eq!(scan(more).await.expect(201)["readings"].as_array().unwrap().len(), 2);
    let table = [
        (json!({ "text": "hello" }), 422, "nothing_found"),
        (json!({ "text": imei(2).imei14() }), 422, "ambiguous"),
        (json!({ "text": " ".repeat(9000) }), 413, "label_too_long"),
        (json!({ "text": "x", "device": "usb:1-1", "handset": phone["id"] }), 422, "two_targets"),
        (json!({ "text": format!("IMEI: {}", imei(1)), "device": "usb:1-1" }), 404, "not_found"),
        (json!({ "text": "x", "source": "dream" }), 422, "body"),
    ];
    for (body, status, code) in table {
        scan(body).await.expect_problem(status, code);
    }
    let scans = shop.ask("GET", "/api/v1/scans", None).await.expect(200);
    assert_eq!(scans["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn what_is_not_there_is_said_so() {
    let shop = Shop::open().await;
    for (verb, path) in crate::guard::operations() {
        // That nobody looked for an IMEI, or that nothing is known of a TAC, is an answer.
        let answers = ["portal", "tacs"].iter().any(|one| path.contains(one));
        if verb == "GET" && path.contains("01890000") && !answers {
            shop.ask("GET", &path, None).await.expect_problem(404, "not_found");
            // Any text may name a device, a scanner or a screenshot.
            if !["devices", "scanners", "evidence"].iter().any(|one| path.contains(one)) {
                let odd = path.replace("01890000-0000-7000-8000-000000000000", "x");
                shop.ask("GET", &odd, None).await.expect_problem(400, "path");
            }
        }
    }
    shop.ask("POST", "/api/v1/devices/usb:1-1/read", None).await.expect_problem(404, "not_found");
    shop.ask("GET", "/api/v1/nothing", None).await.expect_problem(404, "not_found");
    shop.ask("DELETE", "/api/v1/cases", None).await.expect_problem(405, "method_not_allowed");
    shop.ask("POST", "/healthz", None).await.expect_problem(405, "method_not_allowed");
}

#[tokio::test]
async fn walking_a_list_by_its_cursor_sees_everything_once() {
    let shop = Shop::open().await;
    for n in 1..=7 {
        shop.case(n).await;
    }
    // Every case asked about two IMEIs.
    let imeis: Vec<Imei> = (1..=7).flat_map(|n| [imei(2 * n), imei(2 * n + 1)]).collect();
    shop.station.checks.check(&imeis, Freshness::Now).await.unwrap();
    for (list, key, count) in [("cases", "id", 7), ("checks", "imei", 14)] {
        for limit in [1, 3, 7, 200] {
            let mut seen = Vec::new();
            let mut path = format!("/api/v1/{list}?limit={limit}");
            loop {
                let page = shop.ask("GET", &path, None).await.expect(200);
                let items = page["items"].as_array().unwrap();
                assert!(items.len() <= limit, "{path}");
                seen.extend(items.iter().map(|item| item[key].as_str().unwrap().to_owned()));
                match page["next"].as_str() {
                    Some(next) => path = format!("/api/v1/{list}?limit={limit}&cursor={next}"),
                    None => break,
                }
            }
            let mut once = seen.clone();
            once.sort_unstable();
            once.dedup();
            assert_eq!((seen.len(), once.len()), (count, count), "{list} {limit}");
        }
    }
}

#[tokio::test]
async fn a_list_refuses_what_it_does_not_know() {
    let shop = Shop::open().await;
    for query in ["cursor=x", "limit=-1", "limit=many", "page=2"] {
        let path = format!("/api/v1/cases?{query}");
        shop.ask("GET", &path, None).await.expect_problem(400, "query");
    }
    shop.case(1).await;
    for limit in [0, 1, 100_000] {
        let page = shop.ask("GET", &format!("/api/v1/cases?limit={limit}"), None).await.expect(200);
        assert_eq!(page["items"].as_array().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn the_station_says_what_it_is() {
    let shop = Shop::open().await;
    shop.case(1).await;
    let view = shop.ask("GET", "/api/v1/station", None).await.expect(200);
    assert_eq!(view["registries"], json!(["sandbox"]));
    assert_eq!(view["latest_event"], 1);
    assert_eq!(view["version"], env!("CARGO_PKG_VERSION"));
}
