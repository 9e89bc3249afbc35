//! Nothing that names a phone or a person gets into the log.

use std::io::Write;
use std::sync::{Arc, Mutex};

use futures_util::StreamExt as _;
use jiff::SignedDuration;
use serde_json::json;
use tekser::check::Freshness;
use tekser::clock::SystemClock;
use tekser::demo::{Pace, Scene, Story};
use tekser::place::Place;
use tekser::station::{Config, Station};
use tekser_virtual_bench::Persona;
use tracing::Dispatch;
use tracing::level_filters::LevelFilter;
use tracing::subscriber::DefaultGuard;

use crate::support::{Shop, clock, imei};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// Everything that this thread logs from now on, down to the finest level.
    fn keep() -> (Self, (DefaultGuard, Dispatch)) {
        let log = Self::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(LevelFilter::TRACE)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        // While there is but one subscriber, threads without one decide for all what is logged.
        let second = Dispatch::new(tracing_subscriber::fmt().with_writer(std::io::sink).finish());
        (log, (tracing::subscriber::set_default(subscriber), second))
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// Lines with 14 or more digits in a row.
fn telling(log: &str) -> Vec<&str> {
    let digits = |line: &str| line.split(|c: char| !c.is_ascii_digit()).any(|run| run.len() >= 14);
    log.lines().filter(|line| digits(line)).collect()
}

#[tokio::test]
async fn a_whole_day_leaves_no_number_in_the_log() {
    let (log, _guard) = Log::keep();
    let directory = tempfile::tempdir().unwrap();
    let scene = Scene::default();
    let mut config = Config::new(Place::open(directory.path()).unwrap());
    config.buses = scene.buses();
    config.clock = Arc::new(SystemClock);
    config.review_takes = SignedDuration::ZERO;
    config.poll = SignedDuration::ZERO;
    let station = Station::open(config).await.unwrap();
    let running = station.run().await.unwrap();
    let story = Story::new(Arc::clone(&station), &scene, Pace::AT_ONCE, &|_| ());
    story.play().await.unwrap();
    drop(running);

    // What goes wrong is logged as well.
    let shop = Shop { station, clock: clock(), bench: scene.bench.clone(), directory };
    let odd = imei(1).to_string().replace('7', "8");
    for (path, body) in [
        ("/api/v1/scans", json!({ "text": odd })),
        ("/api/v1/scans", json!({ "text": imei(1).imei14() })),
        ("/api/v1/checks", json!({ "imeis": [odd, imei(1)] })),
        ("/api/v1/cases", json!({ "work_order": "W", "old": [odd], "new": [] })),
    ] {
        shop.ask("POST", path, Some(body)).await;
    }
    let person = "850615100017";
    let filed = shop.ask("POST", "/api/v1/cases", Some(parcel(person))).await.expect(201);
    for number in [person, "850615100018"] {
        let path = format!("/api/v1/cases/{}", filed["id"].as_str().unwrap());
        shop.ask("PUT", &path, Some(parcel(number))).await;
    }
    let database = shop.database().await;
    let spoil = format!("UPDATE handset SET body = '\"{}\"'", imei(1));
    sqlx::query(sqlx::AssertSqlSafe(spoil)).execute(&database).await.unwrap();
    shop.ask("GET", "/api/v1/handsets", None).await.expect_problem(500, "store_failed");

    let log = log.text();
    for line in ["plugged in", "state=\"approved\"", "a request failed"] {
        assert!(log.contains(line), "{line}: {log}");
    }
    assert_eq!(telling(&log), Vec::<&str>::new());
    for persona in Persona::demo() {
        assert!(!log.contains(&persona.serial), "{}", persona.serial);
    }
    assert!(!log.contains("85061510001") && !log.contains("RB1CN"));
    assert!(!log.contains(shop.station.token.reveal()));
    assert!(!log.contains("PRIVATE KEY"));
}

#[tokio::test]
async fn what_people_saw_on_a_portal_leaves_no_number_in_the_log() {
    let shop = Shop::open().await;
    let settings = "format = 1\n[[source]]\nname = 'p'\nkind = 'portal'\n";
    std::fs::write(shop.directory.path().join("registries.toml"), settings).unwrap();
    let shop = shop.reopened().await;
    let (log, _guard) = Log::keep();
    let path = format!("/api/v1/portal/{}", imei(1));
    let clear = json!({ "verdict": "clear", "seen_by": "AIGUL7" });
    let unsound = json!({ "verdict": "grace", "seen_by": "AIGUL7", "until": "2026-01-01" });
    let id = shop.ask("POST", &path, Some(clear)).await.expect(201)["history"][0]["id"].clone();
    shop.ask("POST", &path, Some(unsound)).await.expect_problem(422, "sighting");
    shop.ask("POST", "/api/v1/portal/490154203237519", None).await;
    shop.ask("GET", &path, None).await.expect(200);
    let back = json!({ "sighting": id, "by": "AIGUL7" });
    shop.ask("POST", &format!("{path}/withdraw"), Some(back)).await.expect(200);
    let database = shop.database().await;
    let spoil = format!("UPDATE sighting SET body = '\"{}\"'", imei(1));
    sqlx::query(sqlx::AssertSqlSafe(spoil)).execute(&database).await.unwrap();
    shop.ask("GET", &path, None).await.expect_problem(500, "store_failed");
    let log = log.text();
    assert!(log.contains("a request failed"), "{log}");
    assert_eq!(telling(&log), Vec::<&str>::new());
    assert!(!log.contains("AIGUL7"), "{log}");
}

/// A case that names a person and a parcel.
fn parcel(person: &str) -> serde_json::Value {
    json!({ "personal": {
        "reference": "P-1",
        "applicant": { "kind": "individual", "number": person },
        "basis": "parcel",
        "devices": [{ "imeis": [imei(7)], "serial": "R58N12ABCDE" }],
        "documents": [{ "kind": "tracking_number", "number": "RB1CN", "holder": person }],
    } })
}

#[test]
fn the_search_finds_what_it_is_to_find() {
    assert_eq!(telling("a 490154203237518 b\nc 4901542032375 d"), ["a 490154203237518 b"]);
}

#[tokio::test]
async fn debug_shows_neither_numbers_nor_people() {
    let shop = Shop::open().await;
    let batch = shop.batch(1).await;
    let case = shop.station.store.case(batch.cases[0]).await.unwrap().unwrap();
    let events = shop.station.store.events_after(0, 100).await.unwrap();
    let answers = shop.station.checks.check(&[imei(1)], Freshness::Kept).await.unwrap();
    let list = b"490154203237518\n490154203237519\n".to_vec();
    let list = tekser::check::sweep(tekser_table::List::from_bytes(list).unwrap(), None);
    let block = std::pin::pin!(list).next().await.unwrap().unwrap();
    let list: Vec<_> = block.rows().map(|one| (one.row, one.judgement)).collect();
    let shown =
        format!("{batch:?}\n{case:?}\n{events:?}\n{answers:?}\n{list:?}\n{:?}", batch.verify());
    // The digest of the manifest is long, and now and then has many digits in a row.
    let shown = shown.replace(batch.digest.as_str(), "");
    assert_eq!(telling(&shown), Vec::<&str>::new());
    assert!(!shown.contains("PARTSERIAL77") && !shown.contains("TECHNICIAN7"), "{shown}");
    let filing: tekser::cases::Filing = serde_json::from_value(parcel("850615100017")).unwrap();
    let shown = format!("{filing:?}");
    for told in ["850615", "RB1CN", "R58N", "P-1"] {
        assert!(!shown.contains(told), "{shown}");
    }
}
