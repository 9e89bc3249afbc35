//! What the station adds to a scan, and how fast a scanner that comes back is drained.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tekser::counter::ScannerName;
use tekser::place::Place;
use tekser::station::{Config, Running, Station};
use tekser::store::Page;
use tekser_hardware::{Bus, Speaks};
use tekser_imei::Imei14;
use tempfile::TempDir;

use crate::handheld::{Handheld, On};

/// A running station with one scanner.
struct Counter {
    scanner: Arc<Handheld>,
    station: Arc<Station>,
    _running: Running,
    _data: TempDir,
}

impl Counter {
    async fn new() -> Self {
        let data = tempfile::tempdir().unwrap();
        let scanner = Handheld::new(1);
        let mut config = Config::new(Place::open(data.path()).unwrap());
        config.buses = vec![Arc::new(On(Arc::clone(&scanner))) as Arc<dyn Bus>];
        let station = Station::open(config).await.unwrap();
        let running = station.run().await.unwrap();
        Self { scanner, station, _running: running, _data: data }
    }

    /// Waits until so many scans are on the disk.
    async fn until_kept(&self, count: usize) {
        let name = ScannerName::from(self.scanner.name());
        let mut news = self.station.store.follow();
        loop {
            news.borrow_and_update();
            let newest = self.station.store.scans_of(&name, &Page::first(1)).await.unwrap();
            if newest.first().is_some_and(|scan| scan.sequence as usize >= count) {
                return;
            }
            news.changed().await.unwrap();
        }
    }
}

fn code(n: usize) -> String {
    let digits = format!("35917301{:06}", 100_000 + n);
    Imei14::parse(digits.as_bytes()).unwrap().with_check_digit().to_string()
}

/// From the moment a code is in the scanner's store to its row on the station's disk. There is no
/// line in between, so all of it is overhead.
pub async fn scan_to_durable(scans: usize) {
    let counter = Counter::new().await;
    counter.scanner.plug(Speaks::Scanner);
    let mut times: Vec<Duration> = Vec::new();
    for n in 1..=scans {
        let started = Instant::now();
        counter.scanner.scan(u32::try_from(n).unwrap(), &code(n));
        counter.until_kept(n).await;
        times.push(started.elapsed());
        // A person is slower than that: what follows a scan is over before the next.
        tokio::time::sleep(Duration::from_millis(if scans > 10 { 50 } else { 1 })).await;
    }
    // The first one met the scanner.
    times.remove(0);
    times.sort_unstable();
    let at = |share: usize| times[(times.len() * share / 100).min(times.len() - 1)];
    println!("scan to durable    median {:?}, 95 % {:?}, of {scans} scans", at(50), at(95));
}

/// A scanner that kept scans while the station was away.
pub async fn drain(scans: usize) {
    let counter = Counter::new().await;
    for n in 1..=scans {
        counter.scanner.scan(u32::try_from(n).unwrap(), &code(n));
    }
    let started = Instant::now();
    counter.scanner.plug(Speaks::Scanner);
    counter.until_kept(scans).await;
    let took = started.elapsed();
    let each = took / u32::try_from(scans).unwrap();
    println!("drain of {scans} scans  {took:?}, {each:?} each");
}
