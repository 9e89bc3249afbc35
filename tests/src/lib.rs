//! The world of the end-to-end tests: a running station with a virtual bench.

#![warn(missing_docs)]

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use tekser::api::Server;
use tekser::bench::{Asking, DeviceState, Handset};
use tekser::place::Place;
use tekser::station::{Config, Running, Station};
use tekser_hardware::{Bus, DeviceId};
use tekser_virtual_bench::VirtualBench;
use tempfile::TempDir;

/// A running station on a data directory that is thrown away.
pub struct World {
    /// Where phones are plugged in.
    pub bench: Arc<VirtualBench>,
    /// The station.
    pub station: Arc<Station>,
    /// Its web side.
    pub server: Server,
    _running: Running,
    _data: TempDir,
}

/// Longest wait for anything; a debug build on a busy machine is slow.
pub const PATIENCE: Duration = Duration::from_secs(60);

impl World {
    /// Starts a station whose registry reviews at once.
    ///
    /// # Panics
    ///
    /// If it does not start: a test can't go on without.
    pub async fn new() -> Self {
        let bench = Arc::new(VirtualBench::new());
        let mut world = Self::over(Arc::clone(&bench) as Arc<dyn Bus>, |_| {}).await;
        world.bench = bench;
        world
    }

    /// Starts a station over this bus, with an empty bench. `set` has the last word on how phones
    /// are asked.
    ///
    /// # Panics
    ///
    /// If it does not start.
    pub async fn over(bus: Arc<dyn Bus>, set: impl FnOnce(&mut Asking)) -> Self {
        Self::made(|config| {
            config.buses = vec![bus];
            set(&mut config.asking);
        })
        .await
    }

    /// Starts a station. `set` has the first word on what it is made of, and may put files into
    /// its data directory.
    ///
    /// # Panics
    ///
    /// If it does not start.
    pub async fn made(set: impl FnOnce(&mut Config)) -> Self {
        let data = tempfile::tempdir().expect("a temporary directory");
        let bench = Arc::new(VirtualBench::new());
        let mut config = Config::new(Place::open(data.path()).expect("a data directory"));
        set(&mut config);
        config.review_takes = SignedDuration::ZERO;
        config.poll = SignedDuration::from_millis(50);
        let station = Station::open(config).await.expect("a station");
        let running = station.run().await.expect("a running station");
        let address = "127.0.0.1:0".parse().expect("an address");
        let server = Server::start(Arc::clone(&station), address).await.expect("a server");
        Self { bench, station, server, _running: running, _data: data }
    }

    /// Waits until `look` finds something, looking again after every event.
    ///
    /// # Panics
    ///
    /// When patience is over.
    pub async fn until<T>(&self, what: &str, look: impl AsyncFn(&Self) -> Option<T>) -> T {
        let waiting = async {
            let mut news = self.station.store.follow();
            loop {
                news.borrow_and_update();
                if let Some(found) = look(self).await {
                    return found;
                }
                news.changed().await.expect("the store outlives the test");
            }
        };
        let found = tokio::time::timeout(PATIENCE, waiting).await;
        found.unwrap_or_else(|_| panic!("waited {PATIENCE:?} for {what}"))
    }

    /// Waits until a device is read, and gives its phone.
    pub async fn read(&self, id: &DeviceId) -> Handset {
        self.until("a device to be read", async |world| {
            match world.station.bench.device(id)?.state {
                DeviceState::Read { handset, .. } => {
                    world.station.store.handset(handset).await.ok()?
                }
                _ => None,
            }
        })
        .await
    }

    /// Waits until a device is in a state.
    pub async fn until_state(&self, id: &DeviceId, wanted: impl Fn(&DeviceState) -> bool) {
        self.until("a device's state", async |world| {
            let state = world.station.bench.device(id)?.state;
            wanted(&state).then_some(())
        })
        .await;
    }
}
