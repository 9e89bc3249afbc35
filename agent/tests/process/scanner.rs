//! A scanner on a real pseudo-terminal, and a station that is killed while it sends.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
use tekser::counter::{KeptScan, ScannerName};
use tekser::store::{Page, Store};
use tekser_imei::Imei14;
use tekser_wire::message::Moment;
use tempfile::tempdir;
use tokio::runtime::Runtime;

use crate::peer::{Memory, Peer};
use crate::program::{Server, run, tekser};

/// A scanner that goes on whatever becomes of the station.
struct Scanner {
    port: String,
    memory: Arc<Mutex<Memory>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    _near: OwnedFd,
}

impl Scanner {
    fn plug() -> Self {
        let far = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&far).unwrap();
        unlockpt(&far).unwrap();
        let name = ptsname(&far, Vec::new()).unwrap();
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let near = rustix::fs::open(name.as_c_str(), flags, Mode::empty()).unwrap();
        let mut settings = tcgetattr(&near).unwrap();
        settings.make_raw();
        tcsetattr(&near, OptionalActions::Now, &settings).unwrap();
        let memory = Arc::new(Mutex::new(Memory::new(1)));
        let stop = Arc::new(AtomicBool::new(false));
        let (told, ended) = (Arc::clone(&memory), Arc::clone(&stop));
        let far = File::from(far);
        let thread = std::thread::spawn(move || talk(far, &told, &ended));
        let port = name.to_str().unwrap().to_owned();
        Self { port, memory, stop, thread: Some(thread), _near: near }
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap()
    }

    fn serve(&self, data: &Path) -> Server {
        let arguments = ["serve", "--address", "127.0.0.1:0", "--scanner", &self.port];
        Server::start(tekser(data).args(arguments))
    }

    /// Waits until what the scanner holds is as wanted.
    #[track_caller]
    fn until(&self, what: &str, is_so: impl Fn(&Memory) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while !is_so(&self.memory()) {
            assert!(Instant::now() < deadline, "waited for {what}");
            std::thread::park_timeout(Duration::from_millis(5));
        }
    }
}

impl Drop for Scanner {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

fn talk(far: File, memory: &Mutex<Memory>, stop: &AtomicBool) {
    let (heard, bytes) = mpsc::channel();
    let mut ear = far.try_clone().unwrap();
    // It ends with the test's process: nothing wakes a read of a terminal that stays open.
    std::thread::spawn(move || {
        let mut buffer = [0; 512];
        while let Ok(count) = ear.read(&mut buffer) {
            if heard.send(buffer[..count].to_vec()).is_err() {
                return;
            }
        }
    });
    let (mut peer, mut mouth) = (Peer::new(), far);
    while !stop.load(Ordering::Relaxed) {
        let out = peer.transmit(&mut memory.lock().unwrap());
        mouth.write_all(&out).unwrap();
        match bytes.recv_timeout(peer.patience().min(Duration::from_millis(5))) {
            Ok(bytes) => peer.receive(&mut memory.lock().unwrap(), &bytes),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// What the code with this number says.
fn code(number: u32) -> String {
    let digits = format!("35917301{:06}", 171_717 + number);
    Imei14::parse(digits.as_bytes()).unwrap().with_check_digit().to_string()
}

/// What is on disk, in the order in which it came.
fn on_disk(data: &Path, scanner: &Scanner) -> Vec<KeptScan> {
    let name = ScannerName::from(scanner.memory().name());
    Runtime::new().unwrap().block_on(async {
        let store = Store::open(&data.join("station.db")).await.unwrap();
        let mut kept = store.scans_of(&name, &Page::first(100_000)).await.unwrap();
        store.close().await;
        kept.reverse();
        kept
    })
}

#[test]
fn a_station_that_is_killed_again_and_again_keeps_every_scan_once() {
    const KILLS: u32 = 8;
    const BURST: u32 = 60;
    let (data, scanner) = (tempdir().unwrap(), Scanner::plug());
    let mut cut_short = 0;
    for kill in 0..KILLS {
        let first = kill * BURST + 1;
        for number in first..first + BURST {
            let at = Moment::Uptime { boot: 1, ms: 1 };
            scanner.memory().accept(number, at, code(number).as_bytes());
        }
        let server = scanner.serve(data.path());
        // Somewhere in the middle of taking them: at another one each time.
        let enough = first + (kill * 7) % BURST;
        scanner.until("scans to be taken", |memory| {
            memory.given_up.last().is_some_and(|newest| *newest >= enough)
        });
        // Killed.
        drop(server);
        let given_up = scanner.memory().given_up.clone();
        cut_short += u32::from(!scanner.memory().scans.is_empty());
        let kept: Vec<u32> =
            on_disk(data.path(), &scanner).iter().map(|one| one.sequence).collect();
        let lost: Vec<&u32> = given_up.iter().filter(|number| !kept.contains(number)).collect();
        assert!(lost.is_empty(), "given up and not on disk: {lost:?}");
    }
    assert!(cut_short > KILLS / 2, "it was killed with nothing left to take");
    let server = scanner.serve(data.path());
    scanner.until("the scanner to be empty", |memory| memory.scans.is_empty());
    drop(server);
    let kept = on_disk(data.path(), &scanner);
    let numbers: Vec<u32> = kept.iter().map(|scan| scan.sequence).collect();
    assert_eq!(numbers, (1..=KILLS * BURST).collect::<Vec<_>>());
    for scan in &kept {
        assert_eq!(scan.text, code(scan.sequence));
        assert!(scan.handset.is_some());
    }
}

#[test]
fn a_station_that_holds_the_port_is_named_and_asked() {
    let (data, scanner) = (tempdir().unwrap(), Scanner::plug());
    let server = scanner.serve(data.path());
    let path = format!("/api/v1/scanners/{}", scanner.memory().name());
    server.until(&path, |view| view["state"] == "connected");
    let list = run(tekser(data.path()).args(["--json", "scanner", "list"])).json();
    let name = scanner.memory().name();
    assert!(list.as_array().unwrap().iter().any(|one| one["name"] == name.as_str()), "{list}");
}
