//! Devices brought in: cases of importers and of persons, from the API to the registry.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tekser::batch::{Manifest, SignedBatch, StationKey};
use tekser::bench::{FindingKind, Handset};
use tekser::cases::{Case, CaseState, Filing};
use tekser::check::{Undetermined, Verdict};
use tekser::clock::Clock as _;
use tekser::registry::{Progress, Refusal, Registry as _, Source as _};
use tekser::store::{Page, Store};
use tekser_hardware::{Claim, ClaimValue, Confidence, DeviceId, Reading, Slot, Source};
use tekser_imei::Imei;

use crate::support::{REVIEW, Shop, case_of, imei, replacement};

const PERSON: &str = "850615100017";
const OTHER_PERSON: &str = "850615200013";
const BUSINESS: &str = "940140000385";

fn parcel(reference: &str, imeis: &[usize]) -> Value {
    let imeis: Vec<Imei> = imeis.iter().map(|n| imei(*n)).collect();
    json!({ "personal": {
        "reference": reference,
        "applicant": { "kind": "individual", "number": PERSON },
        "basis": "parcel",
        "devices": [{ "imeis": imeis, "maker": "Samsung", "model": "Galaxy A54" }],
        "country": "CN",
        "imported_on": "2026-10-20",
        "delivery_service": "Kazpost",
        "documents": [{
            "kind": "tracking_number", "number": format!("RB{reference}CN"), "holder": PERSON,
            "files": [{ "name": "label.pdf", "size": 3, "sha256": "0a".repeat(32) }],
        }],
    } })
}

fn import(reference: &str, devices: usize) -> Value {
    let device = |n: usize| json!({ "imeis": [imei(100 + 2 * n), imei(101 + 2 * n)], "maker": "X", "model": "Y" });
    json!({ "import": {
        "reference": reference,
        "applicant": { "kind": "legal_entity", "number": BUSINESS },
        "devices": (0..devices).map(device).collect::<Vec<_>>(),
        "country": "CN",
        "imported_on": "2026-10-20",
        "documents": [{
            "kind": "customs_declaration", "number": "55301/120326/0004567",
            "date": "2026-10-12", "holder": BUSINESS, "devices": devices,
        }],
    } })
}

fn codes(view: &Value) -> Vec<&str> {
    let findings = view["preflight"].as_array().unwrap();
    findings.iter().map(|one| one["code"].as_str().unwrap()).collect()
}

impl Shop {
    async fn opened(&self, body: Value) -> Value {
        self.ask("POST", "/api/v1/cases", Some(body)).await.expect(201)
    }
}

#[tokio::test]
async fn each_kind_of_case_is_opened_shown_and_listed_as_it_was_given() {
    let shop = Shop::open().await;
    let mut replaced = serde_json::to_value(replacement(1)).unwrap();
    replaced["applicant"] = json!({ "kind": "service_centre", "number": BUSINESS });
    replaced["documents"] =
        json!([{ "kind": "encryption_notification", "number": "RU0000012345" }]);
    replaced["part"]["encryption"] = json!(true);
    for body in [parcel("P-1", &[11, 12]), import("IM-1", 2), json!({ "replacement": replaced })] {
        let view = shop.opened(body.clone()).await;
        let kind = body.as_object().unwrap().keys().next().unwrap();
        assert_eq!((&view[kind], &view["state"]), (&body[kind], &json!("open")));
        let path = format!("/api/v1/cases/{}", view["id"].as_str().unwrap());
        assert_eq!(shop.ask("GET", &path, None).await.expect(200), view);
        let again = shop.ask("POST", "/api/v1/cases", Some(body.clone())).await.expect(200);
        assert_eq!(again["id"], view["id"]);
    }
    let list = shop.ask("GET", "/api/v1/cases", None).await.expect(200);
    assert_eq!(list["items"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_whole_case_has_no_findings_and_a_business_is_told_its_fee() {
    let shop = Shop::open().await;
    let person = shop.opened(parcel("P-1", &[11, 12])).await;
    assert_eq!((codes(&person), person.get("fee")), (vec![], None));
    let business = shop.opened(import("IM-1", 2)).await;
    assert_eq!(codes(&business), [""; 0]);
    assert_eq!(business["fee"], json!({ "tenge": 8650, "devices": 2, "mci": 4325, "year": 2026 }));
}

#[tokio::test]
async fn what_cannot_be_kept_is_refused_with_its_reason() {
    let shop = Shop::open().await;
    let with = |at: &str, value: Value| {
        let mut body = parcel("P-1", &[11]);
        *body.pointer_mut(at).unwrap() = value;
        body
    };
    let device = json!({ "imeis": [] });
    let files = json!(vec![json!({ "name": "x", "size": 1, "sha256": "0a".repeat(32) }); 17]);
    let document = json!({ "kind": "photo" });
    let table = [
        (with("/personal/reference", json!("  ")), "body"),
        (with("/personal/reference", json!("R".repeat(65))), "work_order"),
        (with("/personal/applicant/number", json!("850615100018")), "body"),
        (with("/personal/applicant/kind", json!("alien")), "body"),
        (with("/personal/country", json!("XX")), "body"),
        (with("/personal/basis", json!("smuggled")), "body"),
        (with("/personal/imported_on", json!("2026-02-30")), "body"),
        (with("/personal/devices", json!(vec![device; 17])), "too_many_devices"),
        (with("/personal/devices/0/imeis", json!(vec![imei(1); 17])), "too_many_imeis"),
        (with("/personal/devices/0/imeis/0", json!("490154203237519")), "body"),
        (with("/personal/documents", json!(vec![document; 17])), "too_many_documents"),
        (with("/personal/documents/0/files", files), "too_many_documents"),
        (with("/personal/documents/0/files/0/sha256", json!("0a")), "body"),
        (with("/personal/documents/0/number", json!("two\nlines")), "body"),
        (with("/personal/delivery_service", json!("x".repeat(129))), "body"),
        (import("IM-1", 501), "too_many_devices"),
        (json!({ "personal": {}, "import": {} }), "body"),
        (json!({ "export": {} }), "body"),
    ];
    for (body, code) in table {
        let problem = shop.ask("POST", "/api/v1/cases", Some(body)).await;
        let problem = problem.expect_problem(422, code);
        let detail = problem["detail"].as_str().unwrap();
        assert!(!detail.contains(PERSON) && !detail.contains("850615100018"), "{detail}");
    }
    let unknown = json!(tekser::id::HandsetId::new());
    let body = with("/personal/devices/0", json!({ "imeis": [imei(1)], "handset": unknown }));
    shop.ask("POST", "/api/v1/cases", Some(body)).await.expect_problem(404, "not_found");
    assert!(shop.station.store.cases(&Page::first(10)).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_case_stays_of_its_kind_and_keeps_its_reference() {
    let shop = Shop::open().await;
    let case = shop.opened(parcel("P-1", &[11])).await;
    let path = format!("/api/v1/cases/{}", case["id"].as_str().unwrap());
    for other in [parcel("P-2", &[11]), import("P-1", 1)] {
        shop.ask("PUT", &path, Some(other)).await.expect_problem(409, "work_order_fixed");
    }
    let taken = shop.ask("POST", "/api/v1/cases", Some(import("P-1", 1))).await;
    taken.expect_problem(409, "work_order_taken");
    let mut mended = parcel("P-1", &[11]);
    mended["personal"]["applicant"]["number"] = json!(OTHER_PERSON);
    let answer = shop.ask("PUT", &path, Some(mended)).await.expect(200);
    assert_eq!(codes(&answer), ["holder_differs"]);
    assert_eq!(answer["preflight"][0]["field"], "documents[0].holder");
}

#[tokio::test]
async fn other_cases_of_a_person_and_of_a_parcel_are_remembered() {
    let shop = Shop::open().await;
    shop.opened(parcel("P-1", &[11])).await;
    shop.opened(parcel("P-2", &[13])).await;
    let third = shop.opened(parcel("P-3", &[15])).await;
    assert_eq!(codes(&third), ["quota_exceeded"]);
    assert!(third["preflight"][0]["source"].as_str().unwrap().contains("tandap.kz"));
    let mut same = parcel("P-4", &[17]);
    same["personal"]["applicant"]["number"] = json!(OTHER_PERSON);
    same["personal"]["documents"][0]["holder"] = json!(OTHER_PERSON);
    same["personal"]["documents"][0]["number"] = json!("rb p-1 cn");
    let used = shop.opened(same.clone()).await;
    assert_eq!(codes(&used), ["tracking_used"]);
    // Amended to a number of its own, it is remembered under that.
    same["personal"]["documents"][0]["number"] = json!("RB-OWN");
    let path = format!("/api/v1/cases/{}", used["id"].as_str().unwrap());
    assert_eq!(codes(&shop.ask("PUT", &path, Some(same)).await.expect(200)), [""; 0]);
}

#[tokio::test]
async fn devices_are_filed_approved_and_then_verified() {
    let shop = Shop::open().await;
    let person = shop.opened(parcel("P-1", &[11, 12])).await;
    let business = shop.opened(import("IM-1", 2)).await;
    let cases = json!({ "cases": [person["id"], business["id"]] });
    let batch = shop.ask("POST", "/api/v1/batches", Some(cases)).await.expect(201);
    let signed: SignedBatch = serde_json::from_value(batch).unwrap();
    let manifest = signed.verify().unwrap();
    assert_eq!((manifest.version, manifest.cases.len()), (2, 2));
    let text: Value = serde_json::from_str(&signed.manifest).unwrap();
    assert_eq!(text["cases"][0]["personal"], person["personal"]);
    assert_eq!(text["cases"][1]["import"], business["import"]);

    let mut twin = parcel("P-2", &[11]);
    twin["personal"]["applicant"]["number"] = json!(OTHER_PERSON);
    twin["personal"]["documents"][0]["holder"] = json!(OTHER_PERSON);
    let twin = shop.opened(twin).await;
    let cases = json!({ "cases": [twin["id"]] });
    shop.ask("POST", "/api/v1/batches", Some(cases)).await.expect_problem(409, "filed_already");

    let new = json!({ "batch": signed.id });
    shop.ask("POST", "/api/v1/submissions", Some(new)).await.expect(202);
    let outbox = shop.station.outbox().await.unwrap();
    for _ in 0..3 {
        outbox.pump().await.unwrap();
        shop.clock.advance(REVIEW);
    }
    for view in [&person, &business] {
        let id = view["id"].as_str().unwrap().parse().unwrap();
        let case = shop.station.store.case(id).await.unwrap().unwrap();
        assert!(matches!(case.state, CaseState::Approved { .. }), "{:?}", case.state);
    }
    let answers = shop.station.sandbox.look_up(&[imei(11), imei(12), imei(103)]).await.unwrap();
    assert!(answers.iter().all(|answer| answer.verdict == Verdict::Clear), "{answers:?}");
}

#[tokio::test]
async fn the_registry_refuses_with_its_own_reasons() {
    let shop = Shop::open().await;
    let key = StationKey::load_or_create(&shop.station.place.key()).unwrap();
    let now = shop.clock.now();
    let filed = |body: Value| {
        let filing: Filing = serde_json::from_value(body).unwrap();
        let id = tekser::id::CaseId::new();
        Case { id, opened_at: now, state: CaseState::Open, filing }
    };
    let with = |at: &str, value: Value| {
        let mut body = parcel("P-1", &[11]);
        *body.pointer_mut(at).unwrap() = value;
        filed(body)
    };
    let cases = [
        (with("/personal/documents", json!([])), vec![Refusal::DocumentNotFound]),
        (
            with("/personal/documents/0/holder", json!(OTHER_PERSON)),
            vec![Refusal::ApplicantMismatch],
        ),
        (with("/personal/devices/0/imeis", json!([])), vec![Refusal::ImeiMissing]),
        (
            with("/personal/devices/0/imeis", json!([imei(1), imei(1)])),
            vec![Refusal::QuantityMismatch],
        ),
        (with("/personal/devices/0/imeis", json!(["004999010640000"])), vec![Refusal::ImeiUnsound]),
        // Last: an approval uses the tracking number up.
        (filed(parcel("P-1", &[21])), vec![]),
    ];
    let (cases, expected): (Vec<_>, Vec<_>) = cases.into_iter().unzip();
    let batch = SignedBatch::sign(&key, now, &cases).unwrap();
    let application = shop.station.sandbox.file(&batch).await.unwrap();
    shop.clock.advance(REVIEW);
    let Progress::Decided { decisions } =
        shop.station.sandbox.progress(&application).await.unwrap()
    else {
        panic!("not decided");
    };
    let refusals: Vec<_> = decisions.into_iter().map(|decision| decision.refusals).collect();
    assert_eq!(refusals, expected);
}

#[tokio::test]
async fn a_registry_out_of_reach_is_one_finding_of_a_whole_import() {
    let shop = Shop::open().await;
    shop.station.sandbox.faults().unreachable.store(9, std::sync::atomic::Ordering::Relaxed);
    let case = shop.opened(import("IM-1", 40)).await;
    assert_eq!(codes(&case), ["imei_undetermined"]);
    let id = case["id"].as_str().unwrap();
    let answer = shop.station.store.answer(imei(100).imei14()).await.unwrap().unwrap();
    assert_eq!(answer.verdict, Verdict::Undetermined { why: Undetermined::Unreachable }, "{id}");
}

#[test]
fn a_manifest_of_the_first_version_is_still_read() {
    let folder = tempfile::tempdir().unwrap();
    let key = StationKey::load_or_create(&folder.path().join("key")).unwrap();
    let now: Timestamp = "2026-11-01T12:00:00Z".parse().unwrap();
    let case = case_of(replacement(1), now);
    let batch = SignedBatch::sign(&key, now, std::slice::from_ref(&case)).unwrap();
    let versioned = |version: u8| {
        let text = batch.manifest.replace("\"version\":2", &format!("\"version\":{version}"));
        let manifest: Manifest = serde_json::from_str(&text).unwrap();
        let digest = tekser::batch::ManifestDigest::of(&text);
        let signature = key.sign(text.as_bytes());
        let signed = SignedBatch { manifest: text, digest, signature, ..batch.clone() };
        (manifest, signed.verify())
    };
    let (manifest, verified) = versioned(1);
    assert_eq!(verified.as_ref(), Some(&manifest));
    assert_eq!(manifest.cases[0].filing, case.filing);
    // One of a later program may say things that this one does not know.
    assert_eq!(versioned(3).1, None);
}

#[tokio::test]
async fn a_store_of_an_earlier_program_is_taken_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("station.db");
    let first = include_str!("../../migrations/station/0001_station.sql");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
    let migrations = sqlx::migrate::Migrator::new(std::path::Path::new("migrations/station"));
    let migrations = migrations.await.unwrap();
    let only_first: Vec<_> = migrations.iter().filter(|one| one.version == 1).cloned().collect();
    assert_eq!(only_first[0].sql.as_str(), first);
    let old = sqlx::migrate::Migrator {
        migrations: only_first.into(),
        ..sqlx::migrate::Migrator::DEFAULT
    };
    old.run(&pool).await.unwrap();
    let approved = CaseState::Approved { batch: tekser::id::BatchId::new() };
    let now: Timestamp = "2026-11-01T12:00:00Z".parse().unwrap();
    let cases =
        [case_of(replacement(1), now), Case { state: approved, ..case_of(replacement(2), now) }];
    for case in &cases {
        sqlx::query("INSERT INTO filed_case (id, work_order, state, body) VALUES (?, ?, ?, ?)")
            .bind(case.id.to_string())
            .bind(case.filing.reference())
            .bind(case.state.kind())
            .bind(serde_json::to_string(case).unwrap())
            .execute(&pool)
            .await
            .unwrap();
    }
    pool.close().await;

    let store = Store::open(&path).await.unwrap();
    for case in &cases {
        assert_eq!(store.case(case.id).await.unwrap().as_ref(), Some(case));
        let reference = case.filing.reference();
        assert_eq!(store.case_of_reference(reference).await.unwrap().as_ref(), Some(case));
    }
    let asked = (1..=5).map(|n| imei(n).imei14());
    let found = store.replaced_away(asked).await.unwrap();
    assert_eq!(found, [imei(4).imei14()].into(), "the old IMEI of the approved case");
}

fn says(source: Source, imei: Imei, serial: &str) -> Reading {
    let value = ClaimValue::Imei { imei, svn: None };
    let claim = Claim { slot: Some(Slot::ONE), value, confidence: Confidence::Strong, evidence: 0 };
    let serial = Some(serial.to_owned());
    Reading { claims: vec![claim], serial, ..Reading::empty(source) }
}

#[tokio::test]
async fn an_imei_that_comes_back_after_its_board_was_replaced_is_told() {
    let shop = Shop::open().await;
    let place = |n| DeviceId::usb(&format!("1-{n}"));
    let is_told = |handset: &Handset| {
        handset.findings.iter().any(|one| matches!(one.kind, FindingKind::ReplacedAway { .. }))
    };
    let keep = async |n, imei, serial| {
        shop.clock.advance(SignedDuration::from_secs(1));
        let reading = says(Source::At, imei, serial);
        shop.station.bench.keep(reading, &place(n)).await.unwrap()
    };
    // Before the repair, the phone gives the number that is filed as old later.
    let (old, new) = (imei(2), imei(3));
    assert!(!is_told(&keep(1, old, "SERIAL1").await));
    let batch = shop.batch(1).await;
    let registry = shop.station.registries().next().unwrap().clone();
    shop.station.submit(batch.id, &registry).await.unwrap();
    let outbox = shop.station.outbox().await.unwrap();
    for _ in 0..3 {
        outbox.pump().await.unwrap();
        shop.clock.advance(REVIEW);
    }
    // The repaired phone is fine, and its box may say what it always said.
    assert!(!is_told(&keep(1, new, "SERIAL1").await));
    let label = format!("IMEI: {old}");
    let source = tekser::bench::ScanSource::Label;
    let any = tekser::bench::Target::Any;
    assert!(!is_told(&shop.station.bench.scan(&label, source, any).await.unwrap()));
    // Another phone with that number is not.
    let back = keep(2, old, "SERIAL2").await;
    assert!(is_told(&back), "{:?}", back.findings);
    let mut body = parcel("P-1", &[2]);
    body["personal"]["devices"][0]["handset"] = json!(back.id);
    let case = shop.opened(body).await;
    assert!(codes(&case).contains(&"replaced_away"), "{:?}", codes(&case));
}

#[tokio::test]
async fn a_phone_on_the_bench_says_which_slots_are_missing() {
    let shop = Shop::open().await;
    let mut reading = says(Source::At, imei(11), "SERIAL1");
    reading.sim_slots = Some(2);
    let phone = shop.station.bench.keep(reading, &DeviceId::usb("1-1")).await.unwrap();
    let mut body = parcel("P-1", &[11]);
    body["personal"]["devices"][0]["handset"] = json!(phone.id);
    let case = shop.opened(body.clone()).await;
    assert_eq!(
        (codes(&case), &case["preflight"][0]["severity"]),
        (vec!["slot_missing"], &json!("stop"))
    );
    body["personal"]["devices"][0]["fewer_because"] = json!("the second slot is out of order");
    let path = format!("/api/v1/cases/{}", case["id"].as_str().unwrap());
    let case = shop.ask("PUT", &path, Some(body)).await.expect(200);
    assert_eq!(case["preflight"][0]["severity"], "info");
    let other = shop.opened({
        let mut body = parcel("P-2", &[13]);
        body["personal"]["devices"][0]["handset"] = json!(phone.id);
        body
    });
    assert!(codes(&other.await).starts_with(&["reading_differs", "slot_missing"]));
}

#[tokio::test]
async fn the_rules_are_shown_and_the_shops_own_are_taken() {
    let shop = Shop::open().await;
    let rules = shop.ask("GET", "/api/v1/rules", None).await.expect(200);
    assert_eq!(rules["mci"][2]["tenge"], 4325);
    assert!(rules["quota"][0]["source"].as_str().unwrap().contains("tandap.kz"));
    let text = "format = 1\n[fee]\nmci = 2\napplicants = [\"legal_entity\"]\nsource = \"the shop\"\n\
                since = \"2026-01-01\"\n";
    std::fs::write(shop.station.place.rules(), text).unwrap();
    let shop = shop.reopened().await;
    let case = shop.opened(import("IM-1", 1)).await;
    assert_eq!(case["fee"]["tenge"], 8650);
    std::fs::write(shop.station.place.rules(), "format = 1\n[fees]\n").unwrap();
    let config = tekser::station::Config::new(shop.station.place.clone());
    let error = tekser::station::Station::open(config).await.err().unwrap();
    let text = error.to_string();
    assert!(text.contains("rules.toml") && text.contains("line 2"), "{text}");
}
