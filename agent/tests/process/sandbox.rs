//! `tekser sandbox` as a running practice registry.

use std::io::Read as _;
use std::path::Path;
use std::process::{Child, Stdio};

use serde_json::{Value, json};
use tempfile::tempdir;

use crate::program::{run, tekser};

/// A practice registry that runs.
struct Practice {
    child: Child,
    address: String,
}

impl Practice {
    fn start(data: &Path, arguments: &[&str]) -> Self {
        let mut command = tekser(data);
        command.args(["--json", "sandbox", "--address", "127.0.0.1:0"]).args(arguments);
        let mut child = command.stderr(Stdio::inherit()).spawn().unwrap();
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
        std::thread::spawn(move || std::io::copy(&mut stdout, &mut std::io::sink()));
        assert_eq!(announced["practice"], true);
        let address = announced["address"].as_str().unwrap().strip_prefix("http://").unwrap();
        Self { child, address: address.to_owned() }
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        use std::io::Write as _;
        let mut stream = std::net::TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(std::time::Duration::from_secs(20))).unwrap();
        let body = if body.is_null() { String::new() } else { body.to_string() };
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.address,
            body.len()
        )
        .unwrap();
        let mut said = Vec::new();
        stream.read_to_end(&mut said).unwrap();
        let said = String::from_utf8(said).unwrap();
        let (head, body) = said.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        assert!(head.contains("x-practice-registry"), "{head}");
        (status, serde_json::from_str(body).unwrap_or_default())
    }

    fn list(&self, imei: &str) -> Value {
        let (status, standing) = self.ask("GET", &format!("/api/v1/imeis/{imei}"), &Value::Null);
        assert_eq!(status, 200, "{standing}");
        standing["list"].clone()
    }
}

impl Drop for Practice {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn what_was_accepted_survives_a_kill() {
    let data = tempdir().unwrap();
    let form = json!({
        "reference": "shop-1", "kind": "personal", "basis": "accompanied", "country": "CN",
        "applicant": { "kind": "individual", "number": "850615100017" },
        "devices": [{ "imeis": ["260531793113837"] }],
        "documents": [{ "kind": "border_crossing", "number": "1", "holder": "850615100017" }],
    });
    {
        let server = Practice::start(data.path(), &[]);
        let clock = server.ask("POST", "/control/v1/clock", &json!({ "days": 1 }));
        assert_eq!((clock.0, &clock.1["code"]), (409, &json!("clock_runs")));
        assert_eq!(server.list("352099001761481"), "grey");
        assert_eq!(server.ask("POST", "/api/v1/applications", &form).0, 201);
    }
    // Killed; what was accepted is there.
    let server = Practice::start(data.path(), &[]);
    let found = server.ask("GET", "/api/v1/applications?reference=shop-1", &Value::Null).1;
    assert_eq!(found["items"][0]["state"], "in_review");
}

#[test]
fn the_clock_is_moved_by_hand_when_it_was_started_so() {
    let data = tempdir().unwrap();
    let server = Practice::start(data.path(), &["--clock", "manual"]);
    assert_eq!(server.list("352099001761481"), "grey");
    assert_eq!(server.ask("POST", "/control/v1/clock", &json!({ "days": 31 })).0, 200);
    assert_eq!(server.list("352099001761481"), "black");
    let (status, description) = server.ask("GET", "/api/openapi.json", &Value::Null);
    assert_eq!((status, &description["info"]["title"]), (200, &json!("Tekser practice registry")));
}

#[test]
fn it_has_its_directory_to_itself() {
    let data = tempdir().unwrap();
    let _server = Practice::start(data.path(), &[]);
    let second = run(tekser(data.path()).args(["sandbox", "--address", "127.0.0.1:0"]));
    assert_eq!(second.code, Some(3), "{second:?}");
}

#[test]
fn its_help_teaches_and_never_claims_to_be_the_real_one() {
    let data = tempdir().unwrap();
    let help = run(tekser(data.path()).args(["sandbox", "--help"]));
    assert_eq!(help.code, Some(0));
    let words: String = help.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for text in ["not the state database", "no public API", "--clock", "--days-per-second", "curl"]
    {
        assert!(words.contains(text), "{text}: {words}");
    }
    for arguments in [
        &["sandbox", "--address", "0.0.0.0:7480"][..],
        &["sandbox", "--days-per-second", "0"],
        &["sandbox", "--days-per-second", "2", "--clock", "manual"],
        &["sandbox", "--review-days", "31"],
    ] {
        assert_eq!(run(tekser(data.path()).args(arguments)).code, Some(2), "{arguments:?}");
    }
    let description = run(tekser(data.path()).args(["sandbox", "--openapi"])).json();
    assert!(description["paths"]["/api/v1/look-ups"].is_object());
}

/// Schemathesis writes requests from the description and compares what comes back with it.
#[test]
fn it_is_as_it_is_described() {
    let named = std::env::var_os("TEKSER_SCHEMATHESIS").map(std::path::PathBuf::from);
    let folder = named
        .unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/schemathesis"));
    if !folder.join("schemathesis").is_dir() {
        assert!(std::env::var_os("CI").is_none(), "schemathesis is not in {}", folder.display());
        eprintln!("SKIPPED: schemathesis is not in {}", folder.display());
        return;
    }
    let data = tempdir().unwrap();
    let server = Practice::start(data.path(), &["--clock", "manual"]);
    let mut command = std::process::Command::new("python3");
    command
        .env("PYTHONPATH", &folder)
        .current_dir(data.path())
        .args(["-m", "schemathesis.cli", "run", "--max-examples", "15", "--seed", "7"])
        .args(["--checks", "all", "--suppress-health-check", "all", "--no-color"])
        // A description cannot say that a check digit must fit.
        .args(["--exclude-checks", "positive_data_acceptance"])
        // Trouble that is turned on would be met by whatever is asked next.
        .args(["--exclude-path", "/control/v1/faults"])
        .arg(format!("http://{}/api/openapi.json", server.address))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let ran = run(&mut command);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
}
