//! `tekser serve` as a process.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::{Deserializer, Value};

/// Longest wait for it to start or to answer.
const PATIENCE: Duration = Duration::from_secs(90);

/// What the emulated flash chip answers as its number.
const SCANNER: &str = "E661A4D41735A52B";

/// A scan as the station has it.
#[derive(Debug, PartialEq, Eq)]
pub struct Kept {
    pub sequence: u32,
    pub text: String,
}

/// A station that runs. It is killed when it is dropped.
pub struct Program {
    child: Child,
    address: String,
    token: String,
}

impl Program {
    /// Starts it with a scanner at this port, and waits until it says where it listens.
    pub fn serve(data: &Path, port: &str) -> Self {
        let mut child = Command::new(built())
            .args(["--json", "serve", "--address", "127.0.0.1:0", "--scanner", port])
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("TEKSER_DATA_DIR", data)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let announced = announcement(child.stdout.take().unwrap());
        let mut program = Self { child, address: String::new(), token: String::new() };
        let announced = announced.recv_timeout(PATIENCE).expect("it says where it listens");
        let page = announced["page"].as_str().unwrap();
        let (address, token) = page.split_once("/#token=").unwrap();
        program.address = address.strip_prefix("http://").unwrap().to_owned();
        program.token = token.to_owned();
        program
    }

    /// Ends it as `kill -9` does.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// All scans that it has, in the order in which they came.
    pub fn scans(&self) -> Vec<Kept> {
        let list = self.get(&format!("/api/v1/scanners/{SCANNER}/scans?limit=200"));
        let kept = |scan: &Value| Kept {
            sequence: scan["sequence"].as_u64().unwrap().try_into().unwrap(),
            text: scan["text"].as_str().unwrap().to_owned(),
        };
        list["items"].as_array().expect("a list").iter().rev().map(kept).collect()
    }

    fn get(&self, path: &str) -> Value {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\
             Connection: close\r\n\r\n",
            self.address, self.token
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
        serde_json::from_str(body).unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The first value that it prints. What follows is read as well, so that it never waits for a
/// reader.
fn announcement(mut stdout: ChildStdout) -> mpsc::Receiver<Value> {
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        let value = Deserializer::from_reader(&mut stdout).into_iter().next();
        if let Some(Ok(value)) = value {
            let _ = tell.send(value);
        }
        let _ = std::io::copy(&mut stdout, &mut std::io::sink());
    });
    told
}

/// The program, which cargo puts beside the tests' folder.
fn built() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let program = test.ancestors().nth(2).unwrap().join("tekser");
    assert!(program.exists(), "{} is missing, cargo build -p tekser makes it", program.display());
    program
}
