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
fn a_station_that_runs_is_asked_for_its_scanner() {
    let (data, scanner) = (tempdir().unwrap(), Scanner::plug());
    let name = scanner.memory().name();
    let server = scanner.serve(data.path());
    server.until(&format!("/api/v1/scanners/{name}"), |view| view["report"].is_object());
    let ask = |arguments: &[&str]| {
        let ran = run(tekser(data.path()).args(["--json", "scanner"]).args(arguments));
        assert_eq!(ran.code, Some(0), "{arguments:?} {ran:?}");
        ran.json()
    };
    let list = ask(&["list"]);
    let found = list.as_array().unwrap().iter().find(|one| one["name"] == name.as_str());
    assert_eq!(found.unwrap()["state"], "connected", "{list}");
    for which in [vec!["info"], vec!["info", &name], vec!["info", "--port", &scanner.port]] {
        let info = ask(&which);
        assert_eq!(
            (&info["scanner"]["name"], &info["settings"]["baud"]),
            (&name.as_str().into(), &9600.into())
        );
    }
    let set = ask(&["configure", "--loudness", "2", "--engine", "line"]);
    assert_eq!(
        (&set["loudness"], &set["engine"], &set["baud"]),
        (&2.into(), &"line".into(), &9600.into())
    );
    assert_eq!(scanner.memory().settings.loudness, 2);
    assert_eq!(ask(&["configure", "--default"])["loudness"], 7);
    let none = run(tekser(data.path()).args(["scanner", "info", "0000000000000000"]));
    assert_eq!(none.code, Some(2), "{none:?}");
    // Whoever opens the port all the same is told who has it.
    let elsewhere = tempdir().unwrap();
    let held = run(tekser(elsewhere.path()).args(["scanner", "info", "--port", &scanner.port]));
    assert_eq!(held.code, Some(3), "{held:?}");
    assert!(held.stderr.contains("in use") && held.stderr.contains("what to do"), "{held:?}");
}

#[test]
fn a_scanner_is_asked_without_a_station_and_keeps_its_scans() {
    let (data, scanner) = (tempdir().unwrap(), Scanner::plug());
    for number in 1..=20 {
        let at = Moment::Uptime { boot: 1, ms: 1 };
        scanner.memory().accept(number, at, code(number).as_bytes());
    }
    let ask = |what: &str| {
        let ran =
            run(tekser(data.path()).args(["--json", "scanner", what, "--port", &scanner.port]));
        assert_eq!(ran.code, Some(0), "{ran:?}");
        ran.json()
    };
    assert_eq!(ask("info")["kept"], 20);
    assert_eq!(ask("configure")["engine"], "gm65");
    assert_eq!(scanner.memory().given_up, [0; 0]);
    // Watched without a station they are kept as by one, before they are shown.
    let arguments = ["--json", "scanner", "monitor", "--count", "20", "--port", &scanner.port];
    let ran = run(tekser(data.path()).args(arguments));
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let shown = ran.stdout.lines().filter(|line| line.contains("\"kind\":\"scan\"")).count();
    assert_eq!((shown, on_disk(data.path(), &scanner).len()), (20, 20));
}

#[test]
fn a_station_that_runs_is_followed() {
    let (data, scanner) = (tempdir().unwrap(), Scanner::plug());
    let name = scanner.memory().name();
    let server = scanner.serve(data.path());
    server.until(&format!("/api/v1/scanners/{name}"), |view| view["state"] == "connected");
    let arguments = ["--json", "scanner", "monitor", "--count", "1"];
    let mut child = tekser(data.path()).args(arguments).spawn().unwrap();
    // It follows what comes after it began to, and nobody is told when that is.
    for number in 1.. {
        let at = Moment::Uptime { boot: 1, ms: 1 };
        scanner.memory().accept(number, at, b"no phone at all");
        std::thread::park_timeout(Duration::from_millis(50));
        if let Some(status) = child.try_wait().unwrap() {
            assert_eq!(status.code(), Some(1));
            break;
        }
        if number == 600 {
            child.kill().unwrap();
            panic!("it never saw a code");
        }
    }
}
