//! Programs by others: a phone's side of the debug bridge, and an adb server.
//!
//! Where one is not installed the test says so; on the build server (`CI` set) it fails.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use tekser_hardware::adb::{Budget, Key, Progress, ReadError, Server, ServerError, Which, read};
use tekser_hardware::{Link, Note, Reading};
use tokio::net::TcpStream;

use super::{ONE, TWO, key, other_key, parcel};

const PATIENCE: Duration = Duration::from_secs(60);

/// Says loudly that a program is missing.
fn skip(program: &str) {
    assert!(std::env::var_os("CI").is_none(), "{program} is not installed");
    eprintln!("SKIPPED: {program} is not installed, so it proves nothing here");
}

/// Where npm has put adbkit.
fn modules() -> Option<PathBuf> {
    let folder = std::env::var_os("TEKSER_NPM").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/npm/node_modules"),
        PathBuf::from,
    );
    let found = folder.join("@devicefarmer/adbkit/package.json").is_file();
    if !found {
        skip("npm's @devicefarmer/adbkit");
    }
    found.then_some(folder)
}

/// A program that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A phone by others.
struct Peer {
    _running: Running,
    input: ChildStdin,
    lines: Receiver<String>,
    address: SocketAddr,
}

const SLOTS: [&str; 2] = [
    "service call iphonesubinfo 4 i32 0 s16 com.android.shell s16 com.android.shell",
    "service call iphonesubinfo 4 i32 1 s16 com.android.shell s16 com.android.shell",
];

impl Peer {
    fn start(v2: bool, asks: bool) -> Option<Self> {
        let modules = modules()?;
        // The banner is made of these, and a phone of today adds what it can do.
        let features = if v2 { "x;features=shell_v2,cmd" } else { "x" };
        let script = serde_json::json!({
            "properties": {
                "ro.product.name": "peer", "ro.product.model": "Peer 1", "ro.product.device": features,
            },
            "replies": {
                "getprop": "[ro.build.version.sdk]: [34]\n[ro.product.model]: [Peer 1]\n\
                    [ro.telephony.sim.count]: [2]\n",
                SLOTS[0]: parcel(ONE),
                SLOTS[1]: parcel(TWO),
            },
            "asks": asks,
        });
        let mut child = Command::new("node")
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/adb/peer/device.mjs"))
            .arg(modules)
            .arg(script.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = channel();
        let output = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            output.lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        let input = child.stdin.take().unwrap();
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let mut peer = Self { _running: Running(child), input, lines, address: any };
        let port = peer.hear("port ").parse().unwrap();
        peer.address.set_port(port);
        Some(peer)
    }

    /// The rest of the next line that begins like this.
    fn hear(&self, prefix: &str) -> String {
        loop {
            let line = self.lines.recv_timeout(PATIENCE).unwrap();
            if let Some(rest) = line.strip_prefix(prefix) {
                return rest.to_owned();
            }
        }
    }

    async fn read(
        &self,
        keys: &[Arc<Key>],
        progress: impl FnMut(Progress) + Send,
    ) -> Result<Reading, ReadError> {
        let socket = TcpStream::connect(self.address).await.unwrap();
        socket.set_nodelay(true).unwrap();
        read(Link::from_io(socket), keys, Budget::default(), progress).await
    }
}

#[track_caller]
fn assert_both(reading: &Reading) {
    let told: Vec<_> = reading
        .claims
        .iter()
        .map(|claim| (claim.slot.unwrap().number(), claim.value.imei().unwrap().to_string()))
        .collect();
    assert_eq!(told, [(1, ONE.to_owned()), (2, TWO.to_owned())]);
    assert_eq!(reading.model.as_deref(), Some("Peer 1"));
    assert_eq!(reading.notes, Vec::<Note>::new());
}

#[tokio::test]
async fn a_phone_by_others_takes_our_key_and_our_signature() {
    for v2 in [false, true] {
        let Some(peer) = Peer::start(v2, false) else { return };
        assert_both(&peer.read(&[key()], |_| {}).await.unwrap());
        // MD5 of the 524 bytes: sixteen pairs of digits.
        assert_eq!(peer.hear("met ").len(), 47);
        // Now it knows the key, by another signature.
        let mut news = Vec::new();
        let start = Instant::now();
        assert_both(&peer.read(&[key()], |item| news.push(item)).await.unwrap());
        eprintln!("known key, shell_v2 {v2}: read in {:?}", start.elapsed());
        assert_eq!(news, [Progress::Allowed]);
        for command in ["getprop", SLOTS[0], SLOTS[1], "getprop", SLOTS[0], SLOTS[1]] {
            assert_eq!(peer.hear("runs "), command);
        }
        assert!(peer.lines.try_recv().is_err(), "it says no more");
    }
}

#[tokio::test]
async fn a_phone_by_others_waits_for_its_owner() {
    for (answer, fine) in [("allow", true), ("deny", false)] {
        let Some(peer) = Peer::start(true, true) else { return };
        let mut news = Vec::new();
        let reading = peer
            .read(&[key(), other_key()], |item| {
                news.push(item);
                if let Progress::WaitingForAllow { .. } = item {
                    writeln!(&peer.input, "{answer}").unwrap();
                }
            })
            .await;
        assert_eq!(peer.hear("asks ").len(), 47);
        assert!(matches!(news[0], Progress::WaitingForAllow { .. }), "{news:?}");
        if fine {
            assert_both(&reading.unwrap());
            assert_eq!(news[1..], [Progress::Allowed]);
            // From now on it knows us, whichever key comes first.
            let reading = peer.read(&[key()], |item| assert_eq!(item, Progress::Allowed)).await;
            assert_both(&reading.unwrap());
        } else {
            assert!(reading.unwrap_err().is_gone());
        }
    }
}

/// An adb server of this computer, on a port and in a home of its own.
struct AdbServer {
    port: u16,
    home: tempfile::TempDir,
    _running: Running,
}

impl AdbServer {
    async fn start() -> Option<Self> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        if !std::env::split_paths(&path).any(|folder| folder.join("adb").is_file()) {
            skip("adb");
            return None;
        }
        let port =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let home = tempfile::tempdir().unwrap();
        let child = Self::command(port, home.path()).args(["nodaemon", "server"]).spawn().unwrap();
        let running = Running(child);
        let server = Self { port, home, _running: running };
        let deadline = Instant::now() + PATIENCE;
        while server.server().version(deadline).await.is_err() {
            assert!(Instant::now() < deadline, "the adb server does not start");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Some(server)
    }

    fn command(port: u16, home: &Path) -> Command {
        let mut command = Command::new("adb");
        command.arg("-P").arg(port.to_string()).env("HOME", home).env("TMPDIR", home);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    fn server(&self) -> Server {
        Server::new((Ipv4Addr::LOCALHOST, self.port).into())
    }

    /// Has the server connect to a phone, which its own tool does: ours cannot.
    fn connect(&self, peer: &Peer) -> Which {
        let phone = peer.address.to_string();
        Self::command(self.port, self.home.path()).args(["connect", &phone]).status().unwrap();
        Which::Serial(phone)
    }
}

#[tokio::test]
async fn phones_of_an_adb_server_are_read_through_it() {
    for v2 in [false, true] {
        let Some(peer) = Peer::start(v2, false) else { return };
        let Some(adb) = AdbServer::start().await else { return };
        let server = adb.server();
        assert_eq!(server.version(Instant::now() + PATIENCE).await.unwrap(), 41);
        assert_eq!(server.devices().await.unwrap(), []);
        let which = adb.connect(&peer);
        let deadline = Instant::now() + PATIENCE;
        let reading = loop {
            match server.read(&which, Budget::default()).await {
                // On its way in the phone is offline and unauthorized for a moment.
                Err(ReadError::Server(error)) => {
                    assert!(Instant::now() < deadline, "{error:?}");
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
                reading => break reading.unwrap(),
            }
        };
        assert_both(&reading);
        let start = Instant::now();
        assert_both(&server.read(&which, Budget::default()).await.unwrap());
        eprintln!("adb server, shell_v2 {v2}: read in {:?}", start.elapsed());
        for command in ["getprop", SLOTS[0], SLOTS[1]] {
            assert!(peer.lines.iter().any(|line| line == format!("runs {command}")));
        }
    }
}

#[tokio::test]
async fn a_phone_that_has_not_allowed_the_adb_server_is_said_to_be_so() {
    let Some(peer) = Peer::start(true, true) else { return };
    let Some(adb) = AdbServer::start().await else { return };
    let which = adb.connect(&peer);
    peer.hear("asks ");
    let deadline = Instant::now() + PATIENCE;
    loop {
        match adb.server().read(&which, Budget::default()).await.unwrap_err() {
            ReadError::Server(ServerError::Unauthorized) => break,
            error => assert!(Instant::now() < deadline, "{error:?}"),
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
