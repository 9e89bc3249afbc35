//! A station in a directory of its own, and small helpers.

use std::pin::pin;
use std::sync::{Arc, LazyLock};
use std::task::Poll;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};
use tekser::api::{Hosts, router};
use tekser::batch::SignedBatch;
use tekser::bench::{AdbKeys, Asking};
use tekser::cases::{Case, CustomsDocument, Part, Replacement};
use tekser::check::Checks;
use tekser::clock::{Clock as _, ManualClock};
use tekser::declaration::{READ_PDF, Reader};
use tekser::id::CaseId;
use tekser::place::Place;
use tekser::registry::Source;
use tekser::station::{Config, Station};
use tekser_declaration::Limits;
use tekser_declaration::wall::Wall;
use tekser_hardware::Bus;
use tekser_hardware::adb::Key;
use tekser_imei::{Imei, Imei14};
use tekser_virtual_bench::VirtualBench;
use tempfile::TempDir;
use tokio::task::JoinSet;
use tower::ServiceExt as _;

pub const REVIEW: SignedDuration = SignedDuration::from_mins(10);
pub const POLL: SignedDuration = SignedDuration::from_secs(5);

/// A station that stands still unless told to.
pub struct Shop {
    pub station: Arc<Station>,
    pub clock: Arc<ManualClock>,
    pub bench: Arc<VirtualBench>,
    pub directory: TempDir,
}

impl Shop {
    pub async fn open() -> Self {
        Self::open_in(tempfile::tempdir().unwrap(), clock()).await
    }

    /// A station over this bus, which tries what may pass again after these waits and has no key
    /// to show to phones: making one takes a second.
    pub async fn over(bus: Arc<dyn Bus>, again: Vec<Duration>) -> Self {
        let bench = Arc::new(VirtualBench::new());
        Self::asking(bus, bench, Asking { again, ..Asking::new(AdbKeys::given(Vec::new())) }).await
    }

    /// A station over a virtual bench, with a key that phones can be asked to allow.
    pub async fn with_key() -> Self {
        static KEY: LazyLock<Arc<Key>> = LazyLock::new(|| Arc::new(Key::generate().unwrap()));
        let key = tokio::task::spawn_blocking(|| Arc::clone(&KEY)).await.unwrap();
        let bench = Arc::new(VirtualBench::new());
        Self::asking(bench.clone(), bench, Asking::new(AdbKeys::given(vec![key]))).await
    }

    async fn asking(bus: Arc<dyn Bus>, bench: Arc<VirtualBench>, asking: Asking) -> Self {
        let (directory, clock) = (tempfile::tempdir().unwrap(), clock());
        let mut config = Config::new(Place::open(directory.path()).unwrap());
        config.clock = clock.clone();
        config.buses = vec![bus];
        config.asking = asking;
        let station = Station::open(config).await.unwrap();
        Self { station, clock, bench, directory }
    }

    /// A station that asks these, and nobody else.
    pub async fn that_asks(clock: Arc<ManualClock>, sources: Vec<Arc<dyn Source>>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let bench = Arc::new(VirtualBench::new());
        let mut config = Config::new(Place::open(directory.path()).unwrap());
        config.clock = clock.clone();
        config.buses = vec![bench.clone()];
        config.review_takes = REVIEW;
        config.poll = POLL;
        config.sources = Some(sources);
        let station = Station::open(config).await.unwrap();
        Self { station, clock, bench, directory }
    }

    /// Checks of the same station that ask these.
    pub fn checks_with(&self, sources: Vec<Arc<dyn Source>>) -> Checks {
        Checks::new(self.station.store.clone(), sources, self.clock.clone())
    }

    /// Watches the bench until what is given is dropped.
    pub fn watch(&self) -> JoinSet<()> {
        let mut tasks = JoinSet::new();
        tasks.spawn(Arc::clone(&self.station.bench).watch());
        tasks
    }

    async fn open_in(directory: TempDir, clock: Arc<ManualClock>) -> Self {
        let bench = Arc::new(VirtualBench::new());
        let mut config = Config::new(Place::open(directory.path()).unwrap());
        config.clock = clock.clone();
        config.buses = vec![bench.clone()];
        config.review_takes = REVIEW;
        config.poll = POLL;
        // This process is a test and reads nothing.
        let program = env!("CARGO_BIN_EXE_tekser");
        config.reader = Reader::new(Some(Wall::new(program, [READ_PDF], Limits::SHIPPED)));
        let station = Station::open(config).await.unwrap();
        Self { station, clock, bench, directory }
    }

    /// The same directory, opened again over this bus.
    pub async fn reopened_on(self, bus: Arc<dyn Bus>) -> Self {
        self.station.store.close().await;
        let mut config = Config::new(Place::open(self.directory.path()).unwrap());
        config.clock = self.clock.clone();
        config.buses = vec![bus];
        let station = Station::open(config).await.unwrap();
        Self { station, ..self }
    }

    /// The same directory, opened again.
    pub async fn reopened(self) -> Self {
        self.station.store.close().await;
        Self::open_in(self.directory, self.clock).await
    }

    /// A case that nothing speaks against.
    pub async fn case(&self, n: usize) -> Case {
        self.station.open_case(replacement(n)).await.unwrap().case
    }

    /// A signed batch of one such case.
    pub async fn batch(&self, n: usize) -> SignedBatch {
        let case = self.case(n).await;
        self.station.make_batch(&[case.id]).await.unwrap()
    }

    /// The database, opened by somebody else.
    pub async fn database(&self) -> SqlitePool {
        let options = SqliteConnectOptions::new().filename(self.station.place.database());
        SqlitePool::connect_with(options.busy_timeout(Duration::from_secs(10))).await.unwrap()
    }

    pub fn app(&self) -> Router {
        router(Arc::clone(&self.station), Hosts::loopback(7470))
    }

    /// A request with the token.
    pub async fn ask(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        self.send(self.request(method, path, body)).await
    }

    pub fn request(&self, method: &str, path: &str, body: Option<Value>) -> Request<Body> {
        let token = format!("Bearer {}", self.station.token.reveal());
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "127.0.0.1:7470")
            .header(header::AUTHORIZATION, token);
        match body {
            Some(body) => request
                .header(header::CONTENT_TYPE, "application/json")
                .body(Body::from(body.to_string())),
            None => request.body(Body::empty()),
        }
        .unwrap()
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        answer(self.app(), request).await
    }
}

pub async fn answer(app: Router, request: Request<Body>) -> Answer {
    let response = app.oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Answer { status: parts.status, headers: parts.headers, body }
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| {
            panic!("{error}: {} {:?}", self.status, String::from_utf8_lossy(&self.body))
        })
    }

    /// The body, if the status is this.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{:?}", String::from_utf8_lossy(&self.body));
        self.json()
    }

    /// A problem with this status and code, as RFC 9457 has it.
    #[track_caller]
    pub fn expect_problem(&self, status: u16, code: &str) -> Value {
        let problem = self.expect(status);
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/problem+json");
        assert_eq!(problem["status"], status);
        assert_eq!(problem["type"], format!("urn:tekser:problem:{code}"));
        assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()));
        problem
    }
}

pub fn clock() -> Arc<ManualClock> {
    ManualClock::new("2026-11-01T12:00:00+05".parse().unwrap())
}

/// A made-up IMEI.
pub fn imei(n: usize) -> Imei {
    let digits = format!("35917301{:06}", 171_717 + n * 13);
    Imei14::parse(digits.as_bytes()).unwrap().with_check_digit()
}

/// A replaced board that nothing speaks against.
pub fn replacement(n: usize) -> Replacement {
    Replacement {
        work_order: format!("WO-{n}"),
        handset: None,
        old: vec![imei(2 * n)],
        new: vec![imei(2 * n + 1)],
        part: Part {
            number: Some("GH82-1".to_owned()),
            serial: Some("PARTSERIAL77".to_owned()),
            encryption: None,
        },
        customs: Some(CustomsDocument {
            number: "55301/120326/0004567".to_owned(),
            date: date(2026, 3, 12),
        }),
        technician: Some("TECHNICIAN7".to_owned()),
        applicant: None,
        documents: Vec::new(),
    }
}

pub fn case_of(replacement: Replacement, now: Timestamp) -> Case {
    let state = tekser::cases::CaseState::Open;
    Case { id: CaseId::new(), opened_at: now, state, filing: replacement.into() }
}

/// Waits until `look` finds something, looking again at every event.
pub async fn until<T>(
    station: &Station,
    what: &str,
    mut look: impl AsyncFnMut() -> Option<T>,
) -> T {
    let mut news = station.store.follow();
    let wait = async {
        loop {
            news.borrow_and_update();
            if let Some(found) = look().await {
                return found;
            }
            news.changed().await.unwrap();
        }
    };
    let found = tokio::time::timeout(Duration::from_secs(60), wait).await;
    found.unwrap_or_else(|_| panic!("waited for {what}"))
}

/// Runs a future until it has been woken `polls` times, then drops it, as a crash would.
pub async fn cut<F: Future>(future: F, polls: usize) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = polls;
    core::future::poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending if left == 0 => Poll::Ready(None),
        Poll::Pending => {
            left -= 1;
            Poll::Pending
        }
    })
    .await
}

pub fn now(shop: &Shop) -> Timestamp {
    shop.clock.now()
}
