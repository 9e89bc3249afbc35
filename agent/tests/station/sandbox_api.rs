//! The practice registry over HTTP.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, header};
use jiff::Timestamp;
use serde_json::{Value, json};
use tekser::api::Hosts;
use tekser::registry::sandbox::ReviewTime;
use tekser::sandbox_api::{Pace, Practice, PracticeServer, document, router};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::{Answer, answer, imei};

const BUSINESS: &str = "940140000385";

struct Door {
    practice: Arc<Practice>,
    directory: TempDir,
}

impl Door {
    async fn open(pace: Pace) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let practice = open(&directory, pace).await;
        Self { practice, directory }
    }

    async fn manual() -> Self {
        Self::open(Pace::Manual).await
    }

    fn request(method: &str, path: &str, body: Option<Value>) -> Request<Body> {
        let request =
            Request::builder().method(method).uri(path).header(header::HOST, "127.0.0.1:7480");
        let body = match body {
            Some(body) => Body::from(body.to_string()),
            None => Body::empty(),
        };
        request.header(header::CONTENT_TYPE, "application/json").body(body).unwrap()
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let said = answer(router(Arc::clone(&self.practice), Hosts::loopback(7480)), request).await;
        let label = said.headers["x-practice-registry"].to_str().unwrap();
        assert!(label.contains("not kz-imei.kz"), "{label}");
        said
    }

    async fn ask(&self, method: &str, path: &str, body: Value) -> Answer {
        let body = (!body.is_null()).then_some(body);
        self.send(Self::request(method, path, body)).await
    }

    async fn get(&self, path: &str) -> Value {
        self.ask("GET", path, Value::Null).await.expect(200)
    }

    async fn troubles(&self, troubles: Value) {
        self.ask("PUT", "/control/v1/faults", troubles).await.expect(200);
    }

    async fn days(&self, days: u16) {
        self.ask("POST", "/control/v1/clock", json!({ "days": days })).await.expect(200);
    }
}

async fn open(directory: &TempDir, pace: Pace) -> Arc<Practice> {
    let path = directory.path().join("practice.db");
    Practice::open(&path, pace, ReviewTime::BusinessDays(1)).await.unwrap()
}

fn form(n: usize) -> Value {
    json!({
        "reference": format!("shop-{n}"), "kind": "import", "country": "CN",
        "applicant": { "kind": "legal_entity", "number": BUSINESS },
        "devices": [{ "imeis": [imei(2 * n), imei(2 * n + 1)], "maker": "X", "model": "Y" }],
        "documents": [{ "kind": "customs_declaration", "number": "1", "holder": BUSINESS }],
    })
}

#[tokio::test]
async fn shop_software_can_follow_a_device_from_the_first_connection_to_the_white_list() {
    let door = Door::manual().await;
    let (one, two) = (imei(2).to_string(), imei(3).to_string());
    let place = format!("/api/v1/imeis/{one}");
    assert_eq!(door.get(&place).await["list"], "not_listed");
    let seen = json!({ "imeis": [one, two] });
    let seen = door.ask("POST", "/control/v1/connections", seen).await.expect(200);
    assert_eq!(seen["items"][1]["list"], "grey");
    assert!(door.get(&place).await["until"].is_string());
    door.days(31).await;
    let black = door.get(&place).await;
    assert_eq!((&black["list"], &black["reason"]), (&json!("black"), &json!("grace_expired")));

    let filed = door.ask("POST", "/api/v1/applications", form(1)).await;
    let location = filed.headers[header::LOCATION].to_str().unwrap().to_owned();
    let filed = filed.expect(201);
    assert_eq!(
        (&filed["state"], &filed["practice"], filed.get("reasons")),
        (&json!("in_review"), &json!(true), None)
    );
    door.days(5).await;
    let decided = door.get(&location).await;
    assert_eq!((&decided["state"], &decided["reasons"]), (&json!("approved"), &json!([])));
    assert_eq!(door.get(&place).await["list"], "white");
    let ledger = door.get(&format!("/api/v1/ledger?applicant={BUSINESS}")).await;
    assert_eq!(ledger["items"].as_array().unwrap().len(), 1);
    assert_eq!(ledger["items"][0]["application"], decided["number"]);
    assert_eq!(ledger["total"], ledger["items"][0]["tenge"]);
}

#[tokio::test]
async fn a_refusal_says_the_operators_words() {
    let door = Door::manual().await;
    let mut form = form(1);
    form["documents"][0]["holder"] = "850615100017".into();
    form["devices"][0]["imeis"][1] = "49015420323751".into();
    let filed = door.ask("POST", "/api/v1/applications", form).await.expect(201);
    door.days(5).await;
    let path = format!("/api/v1/applications/{}", filed["number"].as_str().unwrap());
    let decided = door.get(&path).await;
    assert_eq!(decided["state"], "refused");
    let literal = json!({ "code": "applicant_mismatch", "text": "ИИН/БИН не соответствует", "literal": true });
    assert_eq!(decided["reasons"][0], literal);
    assert_eq!(decided["reasons"][1]["code"], "imei_unsound");
    assert_eq!(decided["reasons"][1]["literal"], false);
    assert!(decided["reasons"][1]["text"].as_str().is_some_and(|text| text.len() > 10));
}

#[tokio::test]
async fn a_look_up_of_many_answers_each_in_its_place() {
    let door = Door::manual().await;
    let asked = json!({ "imeis": [
        "490154203237518", "hello", "354626223546262", "35-209900-176148-1",
    ] });
    let rows = door.ask("POST", "/api/v1/look-ups", asked).await.expect(200);
    let rows = rows["items"].as_array().unwrap();
    assert_eq!(rows[0]["list"], "white");
    assert_eq!((&rows[1]["text"], &rows[1]["error"]), (&json!("hello"), &json!("not_a_digit")));
    assert_eq!(rows[2]["list"], "no_answer");
    assert_eq!((&rows[3]["imei"], &rows[3]["list"]), (&json!("352099001761481"), &json!("grey")));
    for count in [0, 1_001] {
        let many = json!({ "imeis": vec!["490154203237518"; count] });
        door.ask("POST", "/api/v1/look-ups", many).await.expect_problem(422, "size");
    }
    let most = json!({ "imeis": vec!["490154203237518"; 1_000] });
    let rows = door.ask("POST", "/api/v1/look-ups", most).await.expect(200);
    assert_eq!(rows["items"].as_array().unwrap().len(), 1_000);
}

#[tokio::test]
async fn what_cannot_be_taken_in_is_a_problem_that_says_why() {
    let door = Door::manual().await;
    let changed = |at: &str, value: Value| {
        let mut form = form(1);
        form[at] = value;
        form
    };
    let table = [
        (changed("devices", json!([])), "devices"),
        (changed("devices", json!(vec![json!({ "imeis": [] }); 501])), "devices"),
        (changed("devices", json!([{ "imeis": vec!["1"; 17] }])), "too_many_imeis"),
        (changed("devices", json!([{ "imeis": ["1".repeat(65)] }])), "too_many_imeis"),
        (changed("documents", json!(vec![json!({ "kind": "photo" }); 17])), "too_many_documents"),
        (changed("kind", json!("personal")), "fields"),
        (changed("kind", json!("replacement")), "fields"),
        (changed("kind", json!("simplified")), "fields"),
        (changed("verified", json!("1")), "fields"),
        (changed("replaced", json!(["1"])), "fields"),
        (changed("applicant", json!({ "kind": "individual", "number": "1" })), "body"),
        (changed("surprise", json!(1)), "body"),
    ];
    for (form, code) in table {
        door.ask("POST", "/api/v1/applications", form).await.expect_problem(422, code);
    }
    for (path, code) in [("/api/v1/imeis/hello", "imei"), ("/api/v1/imeis/490154203237519", "imei")]
    {
        door.ask("GET", path, Value::Null).await.expect_problem(422, code);
    }
    for path in ["/api/v1/applications/SB-9", "/api/v1/applications/x", "/api/v1/nothing"] {
        door.ask("GET", path, Value::Null).await.expect_problem(404, "not_found");
    }
    door.ask("GET", "/api/v1/ledger?applicant=1", Value::Null).await.expect_problem(400, "query");
    let taken = json!({ "imeis": [imei(1), imei(2)] });
    door.ask("POST", "/control/v1/devices", taken).await.expect(200);
    let other = json!({ "imeis": [imei(2), imei(3)] });
    door.ask("POST", "/control/v1/devices", other).await.expect_problem(409, "imei_taken");
    assert_eq!(door.get("/api/v1/applications").await["items"], json!([]));
}

#[tokio::test]
async fn lists_are_paged_and_searched() {
    let door = Door::manual().await;
    for n in 1..=5 {
        door.ask("POST", "/api/v1/applications", form(n)).await.expect(201);
    }
    let mut numbers = Vec::new();
    let mut path = "/api/v1/applications?limit=2".to_owned();
    loop {
        let page = door.get(&path).await;
        let items = page["items"].as_array().unwrap();
        numbers.extend(items.iter().map(|one| one["number"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/api/v1/applications?limit=2&after={next}");
    }
    assert_eq!(numbers.len(), 5);
    for limit in ["0", "201", "-1", "x"] {
        let path = format!("/api/v1/applications?limit={limit}");
        door.ask("GET", &path, Value::Null).await.expect_problem(400, "query");
    }
    let found = door.get("/api/v1/applications?reference=shop-3").await;
    assert_eq!(found["items"].as_array().unwrap().len(), 1);
    assert_eq!(found["items"][0]["number"], numbers[2].as_str());
    let page = door.get("/api/v1/ledger?limit=3").await;
    let rest = door.get(&format!("/api/v1/ledger?after={}", page["next"])).await;
    assert_eq!((rest["items"].as_array().unwrap().len(), &rest["total"]), (2, &page["total"]));
}

#[tokio::test]
async fn troubles_strike_the_registry_and_never_the_hand_that_turns_them_off() {
    let door = Door::manual().await;
    let place = "/api/v1/imeis/490154203237518";
    let ask = async || door.ask("GET", place, Value::Null).await;

    door.troubles(json!({ "throttled": 2, "retry_after_seconds": 7 })).await;
    for _ in 0..2 {
        let said = ask().await;
        said.expect_problem(429, "throttled");
        assert_eq!(said.headers[header::RETRY_AFTER], "7");
    }
    ask().await.expect(200);

    door.troubles(json!({ "failing": 1 })).await;
    door.ask("POST", "/api/v1/applications", form(1)).await.expect_problem(503, "failing");
    assert_eq!(door.get("/api/v1/applications").await["items"], json!([]));

    door.troubles(json!({ "duplicate_answers": 1, "bad_rows": 1 })).await;
    let asked = json!({ "imeis": ["490154203237518", "x", "352099001761481"] });
    let rows = door.ask("POST", "/api/v1/look-ups", asked).await.expect(200);
    let lists: Vec<_> =
        rows["items"].as_array().unwrap().iter().map(|row| row["list"].clone()).collect();
    assert_eq!(
        lists,
        [json!("white"), json!("white"), Value::Null, json!("no_answer"), json!("no_answer")]
    );

    door.troubles(json!({ "stale_seconds": 86_400 })).await;
    let stolen = json!({ "list": "block_listed" });
    let put = door.ask("PUT", "/control/v1/imeis/490154203237518", stolen).await.expect(200);
    assert_eq!(put["list"], "black");
    assert_eq!(ask().await.expect(200)["list"], "white");
    door.days(1).await;
    assert_eq!(ask().await.expect(200)["list"], "black");

    door.troubles(json!({ "latency_ms": 30, "failing": 9 })).await;
    let before = std::time::Instant::now();
    ask().await.expect_problem(503, "failing");
    assert!(before.elapsed() >= std::time::Duration::from_millis(30));
    assert_eq!(door.get("/control/v1/faults").await["failing"], 8);
    door.ask("POST", "/control/v1/reset", Value::Null).await;
    assert_eq!(ask().await.expect(200)["list"], "white");
    let long = json!({ "latency_ms": 60_001 });
    door.ask("PUT", "/control/v1/faults", long).await.expect_problem(422, "too_much");
}

/// What a real client sees of an exchange; nothing if the connection was cut.
async fn exchange(address: std::net::SocketAddr, method: &str, path: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut said = Vec::new();
    // A connection that is cut may end in an error as well as in nothing.
    let _ = stream.read_to_end(&mut said).await;
    String::from_utf8(said).unwrap()
}

#[tokio::test]
async fn an_answer_that_is_lost_is_no_answer_and_the_application_is_there() {
    let door = Door::manual().await;
    let address = "127.0.0.1:0".parse().unwrap();
    let server = PracticeServer::start(Arc::clone(&door.practice), address).await.unwrap();
    let file = form(1).to_string();
    let to = server.address();
    door.troubles(json!({ "lose_answers": 1 })).await;
    assert_eq!(exchange(to, "POST", "/api/v1/applications", &file).await, "");
    let found = exchange(to, "GET", "/api/v1/applications?reference=shop-1", "").await;
    assert!(found.contains("SB-000001") && !found.contains("SB-000002"), "{found}");
    door.troubles(json!({ "unreachable": 1 })).await;
    assert_eq!(exchange(to, "POST", "/api/v1/applications", &file).await, "");
    // Sent again it is kept again, and not paid again.
    let again = exchange(to, "POST", "/api/v1/applications", &file).await;
    assert!(again.starts_with("HTTP/1.1 201") && again.contains("SB-000002"), "{again}");
    assert_eq!(door.get("/api/v1/ledger").await["items"].as_array().unwrap().len(), 1);
    server.stop().await;
}

#[tokio::test]
async fn only_this_machine_by_its_own_name_may_talk_to_it() {
    let door = Door::manual().await;
    for path in ["/", "/api/openapi.json", "/api/v1/ledger", "/control/v1/clock", "/healthz"] {
        let mut rebound = Door::request("GET", path, None);
        rebound.headers_mut().insert(header::HOST, "evil.example:7480".parse().unwrap());
        door.send(rebound).await.expect_problem(421, "host_unknown");
        let mut foreign = Door::request("GET", path, None);
        foreign.headers_mut().insert(header::ORIGIN, "http://evil.example".parse().unwrap());
        door.send(foreign).await.expect_problem(403, "origin_foreign");
        assert_eq!(door.ask("GET", path, Value::Null).await.status, 200, "{path}");
    }
}

fn time(clock: &Value) -> Timestamp {
    clock["now"].as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_clock_that_was_moved_goes_on_there_after_a_restart() {
    let door = Door::manual().await;
    door.days(400).await;
    let now = time(&door.get("/control/v1/clock").await);
    let Door { practice, directory } = door;
    practice.sandbox().close().await;
    let practice = open(&directory, Pace::Machine).await;
    let door = Door { practice, directory };
    let later = door.get("/control/v1/clock").await;
    assert!(time(&later) >= now, "{later} {now}");
    let by = json!({ "days": 1 });
    door.ask("POST", "/control/v1/clock", by).await.expect_problem(409, "clock_runs");
}

#[tokio::test]
async fn days_can_go_by_in_a_second() {
    let door = Door::open(Pace::Days(366)).await;
    let grey = json!({ "list": "grey" });
    let place = format!("/control/v1/imeis/{}", imei(1));
    door.ask("PUT", &place, grey).await.expect(200);
    let place = format!("/api/v1/imeis/{}", imei(1));
    let expired = async {
        while door.get(&place).await["list"] != "black" {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), expired).await.unwrap();
}

fn described() -> Value {
    serde_json::to_value(document()).unwrap()
}

#[test]
fn every_route_is_described_with_its_problems() {
    let document = described();
    let mut found = BTreeSet::new();
    let mut names = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (verb, operation) in item.as_object().unwrap() {
            found.insert(format!("{verb} {path}"));
            assert!(names.insert(operation["operationId"].as_str().unwrap().to_owned()));
            assert!(operation["summary"].as_str().is_some_and(|text| text.len() > 5), "{path}");
            let responses = operation["responses"].as_object().unwrap();
            assert!(["400", "403", "421", "500"].iter().all(|one| responses.contains_key(*one)));
            for (status, response) in responses {
                if !status.starts_with(['4', '5']) {
                    continue;
                }
                let schema = &response["content"]["application/problem+json"]["schema"]["$ref"];
                assert_eq!(schema, "#/components/schemas/Problem", "{path} {status}");
            }
            assert_eq!(responses.contains_key("429"), path.starts_with("/api/"), "{path}");
        }
    }
    let expected = [
        "get /api/v1/applications",
        "get /api/v1/applications/{number}",
        "get /api/v1/imeis/{imei}",
        "get /api/v1/ledger",
        "get /control/v1/clock",
        "get /control/v1/faults",
        "post /api/v1/applications",
        "post /api/v1/look-ups",
        "post /control/v1/clock",
        "post /control/v1/connections",
        "post /control/v1/devices",
        "post /control/v1/reset",
        "put /control/v1/documents",
        "put /control/v1/faults",
        "put /control/v1/imeis/{imei}",
    ];
    assert_eq!(found, expected.map(str::to_owned).into());
    let about = document["info"]["description"].as_str().unwrap();
    assert!(about.contains("not the state database") && about.contains("no public API"));
}

#[test]
fn every_reference_of_the_description_leads_somewhere() {
    fn walk<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(map) => {
                found.extend(map.get("$ref").and_then(Value::as_str));
                map.values().for_each(|inner| walk(inner, found));
            }
            Value::Array(all) => all.iter().for_each(|inner| walk(inner, found)),
            _ => {}
        }
    }
    let document = described();
    let mut found = Vec::new();
    walk(&document, &mut found);
    assert!(found.len() > 50);
    for reference in found {
        assert!(document.pointer(reference.strip_prefix('#').unwrap()).is_some(), "{reference}");
    }
}

/// `TEKSER_OVERWRITE=1` writes the file anew.
#[test]
fn the_description_in_the_repository_is_that_of_the_practice_registry() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi-sandbox.json");
    let mut text = serde_json::to_string_pretty(&document()).unwrap();
    text.push('\n');
    if std::env::var_os("TEKSER_OVERWRITE").is_some_and(|value| value == "1") {
        std::fs::write(&path, &text).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    assert!(
        kept == text,
        "agent/openapi-sandbox.json is out of date: run this test with TEKSER_OVERWRITE=1 and commit it"
    );
}
