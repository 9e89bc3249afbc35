//! What people saw on a portal, from the command line and through kill -9.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::{TempDir, tempdir};

use crate::program::{Server, run, tekser};

const IMEI: &str = "490154203237518";

fn data() -> TempDir {
    let data = tempdir().unwrap();
    let portal = "format = 1\n[[source]]\nname = 'state-database'\nkind = 'portal'\n";
    std::fs::write(data.path().join("registries.toml"), portal).unwrap();
    data
}

fn serve(data: &Path) -> Server {
    Server::start(tekser(data).args(["serve", "--address", "127.0.0.1:0"]))
}

/// A screenshot like no other.
fn screenshot(n: usize) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    bytes.extend(n.to_be_bytes());
    bytes.resize(200_000, 7);
    bytes
}

/// Sends bytes; `None` if the other side died meanwhile.
fn send(address: &str, token: &str, path: &str, kind: &str, body: &[u8]) -> Option<(u16, Value)> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
    let length = body.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(body).ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n")?;
    Some((head.split(' ').nth(1)?.parse().ok()?, serde_json::from_str(body).ok()?))
}

fn keep(server: (&str, &str), n: usize) -> Option<String> {
    let (_, kept) = send(server.0, server.1, "/api/v1/evidence", "image/png", &screenshot(n))?;
    Some(kept["sha256"].as_str().unwrap().to_owned())
}

/// Records that `n` saw it clear; gives the name of the record.
fn record(server: (&str, &str), n: usize, evidence: &str) -> Option<String> {
    let seen =
        json!({ "verdict": "clear", "seen_by": format!("Person {n}"), "evidence": evidence });
    let path = format!("/api/v1/portal/{IMEI}");
    let body = seen.to_string();
    let (status, said) = send(server.0, server.1, &path, "application/json", body.as_bytes())?;
    assert_eq!(status, 201, "{said}");
    Some(said["history"][0]["id"].as_str().unwrap().to_owned())
}

#[test]
fn killed_between_screenshot_and_record_the_record_can_still_be_made() {
    let data = data();
    let mut server = serve(data.path());
    let evidence = keep((&server.address, &server.token), 1).unwrap();
    server.child.kill().unwrap();
    server.child.wait().unwrap();
    let server = serve(data.path());
    record((&server.address, &server.token), 1, &evidence).unwrap();
    let (status, body) = server.request("GET", "/api/v1/checks", None);
    let checks: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, &checks["items"][0]["verdict"]), (200, &json!("clear")), "{body}");
    assert_eq!(checks["items"][0]["seen_by"]["evidence"], evidence);
}

#[test]
fn killed_at_any_moment_no_record_is_lost_and_none_lacks_its_screenshot() {
    let data = data();
    let mut recorded: Vec<String> = Vec::new();
    for round in 0..6 {
        let mut server = serve(data.path());
        let (address, token) = (server.address.clone(), server.token.clone());
        let (told, news) = std::sync::mpsc::channel();
        let person = std::thread::spawn(move || {
            let mut done = Vec::new();
            for n in 0.. {
                let Some(evidence) = keep((&address, &token), round * 1000 + n) else { break };
                let _ = told.send(());
                let Some(id) = record((&address, &token), n, &evidence) else { break };
                let _ = told.send(());
                done.push(id);
            }
            done
        });
        // Killed while the next thing is under way.
        for _ in 0..=round {
            news.recv().unwrap();
        }
        server.child.kill().unwrap();
        server.child.wait().unwrap();
        recorded.extend(person.join().unwrap());
    }
    let server = serve(data.path());
    let (_, body) = server.request("GET", &format!("/api/v1/portal/{IMEI}"), None);
    let shown: Value = serde_json::from_str(&body).unwrap();
    let history = shown["history"].as_array().unwrap();
    let ids: Vec<&str> = history.iter().filter_map(|one| one["id"].as_str()).collect();
    assert!(!recorded.is_empty() && history.len() < 50, "{}", history.len());
    assert!(recorded.iter().all(|id| ids.contains(&id.as_str())), "{recorded:?} {ids:?}");
    for one in history {
        let path = format!("/api/v1/evidence/{}", one["evidence"].as_str().unwrap());
        assert_eq!(server.request("GET", &path, None).0, 200, "{path}");
    }
    assert_eq!(shown["answer"]["verdict"], "clear");
}

#[test]
fn the_command_line_shows_records_and_takes_back() {
    let data = data();
    let data = data.path();
    let json = |arguments: &[&str], code| {
        let ran = run(tekser(data).args(["--json", "portal"]).args(arguments));
        assert_eq!(ran.code, Some(code), "{arguments:?}: {ran:?}");
        ran
    };
    let nobody = json(&["show", IMEI], 1).json();
    assert_eq!(nobody["answer"]["why"], "nobody_looked");
    let file = data.join("shot.png");
    std::fs::write(&file, screenshot(1)).unwrap();
    let file = file.to_str().unwrap();
    let mut arguments = vec!["record", IMEI, "--verdict", "clear", "--by", "Aigul"];
    arguments.extend(["--evidence", file]);
    let clear = json(&arguments, 0).json();
    assert_eq!(clear["answer"]["seen_by"]["name"], "Aigul");
    assert_eq!(json(&["show", IMEI], 0).json()["history"], clear["history"]);
    let checked = run(tekser(data).args(["--json", "check", IMEI]));
    assert_eq!(checked.json()[0]["seen_by"], clear["answer"]["seen_by"]);
    let grace = ["record", IMEI, "--verdict", "grace", "--by", "Dana", "--until", "2026-01-01"];
    assert!(json(&grace, 2).stderr.contains("grace_expired"));
    json(&["record", IMEI, "--verdict", "blocked", "--by", "Dana"], 2);
    json(&["record", "490154203237519", "--verdict", "clear", "--by", "Dana"], 2);
    let registries = data.join("registries.toml");
    let text = registries.to_str().unwrap();
    json(&["record", IMEI, "--verdict", "clear", "--by", "D", "--evidence", text], 2);
    let id = clear["history"][0]["id"].as_str().unwrap();
    let back = json(&["withdraw", IMEI, id, "--by", "Dana"], 1).json();
    assert_eq!(back["answer"]["why"], "nobody_looked");
    assert_eq!(back["history"][0]["withdrawn"]["by"], "Dana");
    std::fs::remove_file(registries).unwrap();
    assert!(json(&["show", IMEI], 3).stderr.contains("registries.toml"));
}
