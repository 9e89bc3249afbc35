//! Running the program, with a deadline on everything.

use std::io::Read as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// Longest run of any command here; a debug build on a busy machine is slow.
const PATIENCE: Duration = Duration::from_secs(90);

/// The program, about to be run on a data directory of its own.
pub fn tekser(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tekser"));
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("TEKSER_DATA_DIR", data)
        .env("TEKSER_SANDBOX_REVIEW", "0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// What a command did.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// Its output as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        match serde_json::from_str(&self.stdout) {
            Ok(value) => value,
            Err(error) => panic!("{error}: {self:?}"),
        }
    }
}

/// Runs a command to its end. Fails if it takes too long or panics.
#[track_caller]
pub fn run(command: &mut Command) -> Ran {
    let mut child = command.spawn().unwrap();
    let stdout = collect(child.stdout.take().unwrap());
    let stderr = collect(child.stderr.take().unwrap());
    let status = wait(&mut child, PATIENCE);
    let ran = Ran {
        code: status.and_then(|status| status.code()),
        stdout: stdout.join().unwrap(),
        stderr: stderr.join().unwrap(),
    };
    assert!(status.is_some(), "took longer than {PATIENCE:?}: {ran:?}");
    assert!(!ran.stderr.contains("panicked"), "{ran:?}");
    ran
}

fn collect(mut from: impl std::io::Read + Send + 'static) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        from.read_to_end(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// Waits for the end of a process; kills it when patience is over.
pub fn wait(child: &mut Child, patience: Duration) -> Option<ExitStatus> {
    let deadline = Instant::now() + patience;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status);
        }
        if Instant::now() >= deadline {
            child.kill().unwrap();
            child.wait().unwrap();
            return None;
        }
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

/// A program that runs until it is stopped.
pub struct Server {
    pub child: Child,
    pub address: String,
    pub token: String,
    /// What it said of itself when it was ready.
    pub announced: Value,
}

impl Server {
    /// Starts `serve` or `demo` and waits until it says where it listens.
    pub fn start(command: &mut Command) -> Self {
        let mut child = command.arg("--json").stderr(Stdio::inherit()).spawn().unwrap();
        let mut stdout = child.stdout.take().unwrap();
        let mut text = Vec::new();
        let announced: Value = loop {
            let mut byte = [0];
            assert_eq!(stdout.read(&mut byte).unwrap(), 1, "it ended before it listened");
            text.push(byte[0]);
            if byte[0] == b'\n'
                && let Ok(value) = serde_json::from_slice(&text)
            {
                break value;
            }
        };
        // Whatever else it prints is read, so that it never waits for a reader.
        std::thread::spawn(move || std::io::copy(&mut stdout, &mut std::io::sink()));
        let page = announced["page"].as_str().unwrap();
        let (address, token) = page.split_once("/#token=").unwrap();
        let address = address.strip_prefix("http://").unwrap().to_owned();
        let token = token.to_owned();
        Self { child, address, token, announced }
    }

    /// Sends a request and gives status and body.
    pub fn request(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, String) {
        use std::io::Write as _;
        let mut stream = std::net::TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let body = body.map(ToString::to_string).unwrap_or_default();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.address,
            self.token,
            body.len()
        )
        .unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let answer = String::from_utf8_lossy(&answer);
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, body.to_owned())
    }

    /// Asks again and again until the answer satisfies; fails after a while.
    pub fn until(&self, path: &str, satisfied: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let (_, body) = self.request("GET", path, None);
            let value: Value = serde_json::from_str(&body).unwrap_or_default();
            if satisfied(&value) {
                return value;
            }
            assert!(Instant::now() < deadline, "{path} never satisfied: {value}");
            std::thread::park_timeout(Duration::from_millis(20));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
