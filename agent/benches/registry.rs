//! What the station adds to asking a registry about a long list.
//!
//! `cargo bench --package tekser --bench registry` asks a double of DIRBS-Core v2 about 100,000
//! IMEIs and prints ratios of one run: what a bare client gets out of the double that sends the same
//! batches, as many at once, and reads the answers to their end; then what the adapter gets; then
//! what comes of a list that is read, judged, asked about and remembered.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on fails")]

#[allow(dead_code, reason = "shared with the tests")]
#[path = "../tests/dirbs/double/mod.rs"]
mod double;

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use double::{Double, Pace, Registration, World};
use futures_util::stream::{self, StreamExt as _};
use reqwest::Method;
use serde_json::json;
use tekser::check::{Checks, sweep};
use tekser::clock::{Clock, SystemClock};
use tekser::place::Place;
use tekser::registry::Source;
use tekser::registry::dirbs::{Dirbs, IN_FLIGHT};
use tekser::registry::http::Speech;
use tekser::registry::settings::{Settings, SourceSettings};
use tekser::store::Store;
use tekser_imei::{Imei, Imei14};
use tekser_table::List;

/// IMEIs of one request of a list: one of each row of a block.
const BLOCK: usize = 500;

/// The pace of a live server: a batch of 1,000 took 1.25 s.
const LIVE: Duration = Duration::from_micros(1250);

fn main() {
    // `cargo test` runs benchmarks too, to see that they work; it must not wait for figures.
    let quick = !std::env::args().any(|argument| argument == "--bench");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let count = if quick { 2_000 } else { 100_000 };
    runtime.block_on(compare("a live server's pace, 4 workers", count, 4, LIVE));
    if !quick {
        runtime.block_on(compare("twelve times that pace", count, 4, LIVE / 12));
        runtime.block_on(compare("flat out, on the same processors", count, 64, Duration::ZERO));
    }
}

/// A registry of made-up IMEIs, and everything that is needed to ask it.
struct Desk {
    double: Double,
    settings: SourceSettings,
    clock: Arc<dyn Clock>,
}

impl Desk {
    /// A double that has answered nothing yet: what it keeps would be no measure.
    async fn open(imeis: &[Imei], workers: usize, per_imei: Duration) -> Self {
        let mut world = World::of_the_transcript();
        for imei in imeis {
            let number = imei.imei14().as_str().to_owned();
            world.registered.insert(number, Registration::with("whitelist"));
        }
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let double = Double::serve(world, Arc::clone(&clock), Pace { workers, per_imei }).await;
        let text = format!(
            "format = 1\n[[source]]\nname = 'dirbs'\nkind = 'dirbs'\nurl = 'http://{}'\n",
            double.address
        );
        let settings = Settings::parse(&text, Path::new("registries.toml")).unwrap();
        let settings = settings.sources()[0].clone();
        Self { double, settings, clock }
    }

    fn dirbs(&self) -> Dirbs {
        Dirbs::open(&self.settings, Path::new("."), &self.clock).unwrap()
    }
}

fn imei(n: usize) -> Imei {
    Imei14::parse(format!("35917301{n:06}").as_bytes()).unwrap().with_check_digit()
}

async fn compare(what: &str, count: usize, workers: usize, per_imei: Duration) {
    let imeis: Vec<Imei> = (0..count).map(imei).collect();
    let open = async || Desk::open(&imeis, workers, per_imei).await;
    let bare = bare(&open().await, &imeis).await;
    let adapter = adapter(&open().await, &imeis).await;
    let whole = whole(&open().await, &imeis).await;
    let rate = |took: Duration| count as f64 / took.as_secs_f64();
    println!("{count} IMEIs, {what}:");
    println!("  bare client   {:8.0} IMEIs/s", rate(bare));
    let share = |took: Duration| bare.as_secs_f64() / took.as_secs_f64() * 100.0;
    println!("  the adapter   {:8.0} IMEIs/s, {:5.1} %", rate(adapter), share(adapter));
    println!("  a whole list  {:8.0} IMEIs/s, {:5.1} %", rate(whole), share(whole));
}

/// The double's own ceiling.
async fn bare(desk: &Desk, imeis: &[Imei]) -> Duration {
    let client =
        desk.settings.client(Path::new("."), Speech::Usual, Arc::clone(&desk.clock)).unwrap();
    let bodies = imeis.chunks(BLOCK).map(|block| {
        let texts: Vec<&str> = block.iter().map(Imei::as_str).collect();
        json!({"imeis": texts, "include_registration_status": true, "include_stolen_status": true})
    });
    let bodies: Vec<_> = bodies.collect();
    let started = Instant::now();
    let asked: Vec<_> = bodies
        .iter()
        .map(|body| client.ask(client.request(Method::POST, "api/v2/imei-batch").json(body)))
        .collect();
    let mut answers = stream::iter(asked).buffer_unordered(IN_FLIGHT);
    while let Some(answer) = answers.next().await {
        assert_eq!(answer.unwrap().status, 200);
    }
    started.elapsed()
}

/// Answers, understood.
async fn adapter(desk: &Desk, imeis: &[Imei]) -> Duration {
    let dirbs = desk.dirbs();
    let started = Instant::now();
    let asked: Vec<_> = imeis.chunks(BLOCK).map(|block| dirbs.look_up(block)).collect();
    let mut answers = stream::iter(asked).buffer_unordered(IN_FLIGHT);
    while let Some(answers) = answers.next().await {
        assert!(answers.unwrap().iter().all(|answer| answer.verdict.is_clear()));
    }
    started.elapsed()
}

/// A list, read and judged, asked about, and every answer on the disk.
async fn whole(desk: &Desk, imeis: &[Imei]) -> Duration {
    let directory = tempfile::tempdir().unwrap();
    let place = Place::open(directory.path()).unwrap();
    let store = Store::open(&place.database()).await.unwrap();
    let mut text = "imei\n".to_owned();
    for imei in imeis {
        writeln!(text, "{imei}").unwrap();
    }
    let list = List::from_bytes(text.into_bytes()).unwrap();
    let source: Arc<dyn Source> = Arc::new(desk.dirbs());
    let checks = Checks::new(store.clone(), vec![source], Arc::clone(&desk.clock));
    let started = Instant::now();
    let mut blocks = std::pin::pin!(sweep(list, Some(checks)));
    let mut rows = 0;
    while let Some(block) = blocks.next().await {
        for row in block.unwrap().rows() {
            // A number with many zeros may be what a spreadsheet left of another: it is not asked about.
            assert!(row.asked().is_none_or(|asked| asked.verdicts == "clear"));
            rows += 1;
        }
    }
    let took = started.elapsed();
    // The header is a row as well.
    assert_eq!(rows, imeis.len() + 1);
    assert!(desk.double.heard().len() >= imeis.len() / BLOCK);
    store.close().await;
    took
}
