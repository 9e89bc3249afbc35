//! What the station adds on top of the phones, and what it costs to have it running.
//!
//! `cargo bench --package tekser` prints medians and ratios of one run:
//!
//! - plug to IMEI: from the moment a phone is plugged in to its reading in the database, less the
//!   time the phone itself took to answer; against `gammu identify` on the same phone, where it
//!   is installed;
//! - 64 phones at once, against the slowest phone's own time;
//! - a scan, from the scanner's store to the station's disk, and 1,000 that a scanner has kept;
//! - start-up to the first answer over HTTP, against the bare start of the same program;
//! - resident memory, idle and with 32 phones.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on fails")]

#[allow(dead_code, reason = "shared with the tests")]
#[path = "../tests/scanner/handheld.rs"]
mod handheld;
#[path = "../tests/scanner/peer.rs"]
mod peer;
#[path = "station/scanner.rs"]
mod scanner;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tekser::bench::DeviceState;
use tekser::place::Place;
use tekser::station::{Config, Running, Station};
use tekser_hardware::{Bus, DeviceId};
use tekser_virtual_bench::{Behaviour, Persona, VirtualBench};
use tempfile::TempDir;
use tokio::runtime::Runtime;

fn main() {
    // `cargo test` runs benchmarks too, to see that they work; it must not wait for figures.
    let quick = !std::env::args().any(|argument| argument == "--bench");
    let runtime = Runtime::new().unwrap();
    runtime.block_on(plug_to_imei(if quick { 3 } else { 100 }));
    runtime.block_on(at_once(if quick { 4 } else { 64 }));
    runtime.block_on(scanner::scan_to_durable(if quick { 3 } else { 200 }));
    runtime.block_on(scanner::drain(if quick { 20 } else { 1000 }));
    against_gammu(&runtime, if quick { 0 } else { 3 });
    start_up(if quick { 1 } else { 20 });
    memory(&runtime, if quick { 2 } else { 32 });
}

/// A running station with a virtual bench.
struct World {
    bench: Arc<VirtualBench>,
    station: Arc<Station>,
    _running: Running,
    _data: TempDir,
}

impl World {
    async fn new() -> Self {
        let data = tempfile::tempdir().unwrap();
        let bench = Arc::new(VirtualBench::new());
        let mut config = Config::new(Place::open(data.path()).unwrap());
        config.buses = vec![Arc::clone(&bench) as Arc<dyn Bus>];
        let station = Station::open(config).await.unwrap();
        let running = station.run().await.unwrap();
        Self { bench, station, _running: running, _data: data }
    }

    async fn until_read(&self, ids: &[DeviceId]) {
        let mut news = self.station.store.follow();
        loop {
            news.borrow_and_update();
            let read = |id| self.station.bench.device(id).map(|view| view.state);
            if ids.iter().all(|id| matches!(read(id), Some(DeviceState::Read { .. }))) {
                return;
            }
            news.changed().await.unwrap();
        }
    }

    /// How long a phone made the station wait: its delay, once per command.
    fn own_time(&self, id: &DeviceId, delay: Duration) -> Duration {
        delay * u32::try_from(self.bench.asked(id).len()).unwrap()
    }
}

async fn plug_to_imei(phones: usize) {
    let world = World::new().await;
    let mut overheads = Vec::new();
    for n in 0..phones {
        let started = Instant::now();
        let id = world.bench.plug(Persona::nth(n)).unwrap();
        world.until_read(std::slice::from_ref(&id)).await;
        overheads.push(started.elapsed());
        world.bench.unplug(&id);
    }
    report("plug to IMEI in the database, phone answers at once", &mut overheads);
}

async fn at_once(phones: usize) {
    const DELAY: Duration = Duration::from_millis(50);
    let world = World::new().await;
    let started = Instant::now();
    let plug = |n| {
        let behaviour = Behaviour { delay: DELAY, ..Behaviour::default() };
        world.bench.plug(Persona::nth(n).with(behaviour)).unwrap()
    };
    let ids: Vec<DeviceId> = (0..phones).map(plug).collect();
    world.until_read(&ids).await;
    let took = started.elapsed();
    let slowest = ids.iter().map(|id| world.own_time(id, DELAY)).max().unwrap();
    println!(
        "{phones} phones at once: {took:.0?}, {:.2} times the slowest phone's own {slowest:.0?}",
        took.as_secs_f64() / slowest.as_secs_f64()
    );
}

fn against_gammu(runtime: &Runtime, times: usize) {
    #[cfg(unix)]
    {
        use tekser_virtual_bench::pty::PtyPhone;
        let home = tempfile::tempdir().unwrap();
        let settings = home.path().join("gammurc");
        let (mut theirs, mut ours) = (Vec::new(), Vec::new());
        for _ in 0..times {
            let phone = runtime.block_on(async { PtyPhone::plug(Persona::nth(3)).unwrap() });
            let text = format!("[gammu]\nport = {}\nconnection = at115200\n", phone.port());
            std::fs::write(&settings, text).unwrap();
            let mut gammu = Command::new("gammu");
            gammu.arg("-c").arg(&settings).arg("identify").stdout(Stdio::null());
            let started = Instant::now();
            if gammu.stderr(Stdio::null()).status().is_err() {
                println!("gammu is not installed: no comparison");
                return;
            }
            theirs.push(started.elapsed());
            let mut tekser = Command::new(env!("CARGO_BIN_EXE_tekser"));
            tekser.args(["read", "--port", phone.port().as_str()]).stdout(Stdio::null());
            let started = Instant::now();
            assert!(tekser.status().unwrap().success());
            ours.push(started.elapsed());
        }
        if times > 0 {
            let (theirs, ours) = (median(&mut theirs), median(&mut ours));
            println!(
                "one phone, whole process: tekser read {ours:.1?}, gammu identify {theirs:.1?}, ratio {:.4}",
                ours.as_secs_f64() / theirs.as_secs_f64()
            );
        }
    }
    #[cfg(not(unix))]
    let _ = (runtime, times);
}

fn start_up(times: usize) {
    let (mut bare, mut serving) = (Vec::new(), Vec::new());
    let mut resident = None;
    for _ in 0..times {
        let started = Instant::now();
        let version = Command::new(env!("CARGO_BIN_EXE_tekser")).arg("--version").output();
        assert!(version.unwrap().status.success());
        bare.push(started.elapsed());

        let data = tempfile::tempdir().unwrap();
        let started = Instant::now();
        let mut child = Command::new(env!("CARGO_BIN_EXE_tekser"))
            .args(["serve", "--json", "--address", "127.0.0.1:0", "--data-dir"])
            .arg(data.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let address = announced_address(&mut child.stdout.take().unwrap());
        answer(&address);
        serving.push(started.elapsed());
        resident = resident_kib(child.id());
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let (bare, serving) = (median(&mut bare), median(&mut serving));
    println!(
        "start-up on an empty directory to the first answer: {serving:.1?}, {:.1} times the bare start of {bare:.1?}",
        serving.as_secs_f64() / bare.as_secs_f64()
    );
    if let Some(kib) = resident {
        println!("resident memory, idle: {:.1} MiB, {:.2} of 30 MiB", mib(kib), mib(kib) / 30.0);
    }
}

fn memory(runtime: &Runtime, phones: usize) {
    let Some(before) = resident_kib(std::process::id()) else {
        return;
    };
    let world = runtime.block_on(World::new());
    let ids: Vec<DeviceId> = runtime.block_on(async {
        (0..phones).map(|n| world.bench.plug(Persona::nth(n)).unwrap()).collect()
    });
    runtime.block_on(world.until_read(&ids));
    let with = resident_kib(std::process::id()).unwrap_or(before);
    println!(
        "resident memory of station and simulator with {phones} phones: {:.1} MiB ({:.1} MiB before)",
        mib(with),
        mib(before)
    );
}

fn announced_address(stdout: &mut impl std::io::Read) -> String {
    let mut text = String::new();
    let mut byte = [0];
    while stdout.read(&mut byte).unwrap() == 1 {
        text.push(char::from(byte[0]));
        if let Ok(value) = serde_json::from_str::<serde_json::Value>(&text) {
            return value["address"].as_str().unwrap().trim_start_matches("http://").to_owned();
        }
    }
    panic!("the station ended: {text}");
}

fn answer(address: &str) {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

/// `VmRSS` of a process, where the system tells.
fn resident_kib(process: u32) -> Option<u32> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().trim_end_matches("kB").trim().parse().ok()
}

fn mib(kib: u32) -> f64 {
    f64::from(kib) / 1024.0
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn report(what: &str, times: &mut [Duration]) {
    let middle = median(times);
    let late = times[times.len() * 95 / 100];
    println!("{what}: median {middle:.2?}, 95th of 100 {late:.2?}, {} phones", times.len());
}
