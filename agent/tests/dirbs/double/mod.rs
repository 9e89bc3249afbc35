//! A DIRBS-Core v2 that is not there, with every quirk that a running one showed: positional batch
//! answers, errors in HTML, check digits ignored, 200 for junk, one bad element that fails a
//! batch, and answers that are kept for 300 seconds. It is held to the transcript of that
//! server byte for byte; what the transcript does not show follows its description.

mod cache;
mod faults;
mod reply;
mod routes;
mod world;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use tekser::clock::Clock;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

pub use faults::Fault;
pub use world::{Registration, World};

use cache::Cache;
use faults::Faults;

/// How fast it answers.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Requests that it works on at once.
    pub workers: usize,
    /// What one IMEI takes.
    pub per_imei: Duration,
}

impl Pace {
    /// As fast as it can.
    pub const FLAT_OUT: Self = Self { workers: 64, per_imei: Duration::ZERO };
}

/// A server on loopback. It ends when it is dropped.
pub struct Double {
    /// Where it listens.
    pub address: SocketAddr,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

/// What its handlers share.
pub(crate) struct Shared {
    world: Mutex<World>,
    cache: Mutex<Cache>,
    faults: Faults,
    clock: Arc<dyn Clock>,
    workers: Semaphore,
    per_imei: Duration,
}

impl Double {
    /// Serves this world.
    pub async fn serve(world: World, clock: Arc<dyn Clock>, pace: Pace) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            world: Mutex::new(world),
            cache: Mutex::default(),
            faults: Faults::default(),
            clock,
            workers: Semaphore::new(pace.workers),
            per_imei: pace.per_imei,
        });
        let routes: Router = routes::router(Arc::clone(&shared));
        let server = tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self { address, shared, server }
    }

    /// Its lists, to be changed behind its cache.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.shared.world()
    }

    /// The next request meets this; several stand in line.
    pub fn fault(&self, fault: Fault) {
        self.shared.faults.add(fault);
    }

    /// A batch with this IMEI in it is refused from now on, as one with a malformed element is.
    pub fn refuse(&self, imei: &str) {
        self.shared.faults.refuse(imei);
    }

    /// Requests since it was last asked this: method, path and the authorization that came along.
    pub fn heard(&self) -> Vec<(String, Option<String>)> {
        self.shared.faults.heard()
    }
}

impl Drop for Double {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Shared {
    fn world(&self) -> MutexGuard<'_, World> {
        lock(&self.world)
    }

    /// Takes as long as so many IMEIs take.
    async fn work(&self, imeis: usize) {
        let permit = self.workers.acquire().await;
        let took = self.per_imei * u32::try_from(imeis).unwrap_or(u32::MAX);
        if !took.is_zero() {
            tokio::time::sleep(took).await;
        }
        drop(permit);
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
