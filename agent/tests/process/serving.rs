//! `tekser serve` and `tekser demo` as running stations.

use serde_json::json;
use tempfile::tempdir;

use crate::program::{Server, run, tekser};

#[test]
fn a_station_without_phones_or_registry_network_starts_and_answers() {
    let data = tempdir().unwrap();
    let server = Server::start(tekser(data.path()).args(["serve", "--address", "127.0.0.1:0"]));
    assert_eq!(server.announced["asked"], json!(["sandbox"]));
    assert_eq!(server.announced["files_with"], json!(["sandbox"]));
    assert_eq!(server.request("GET", "/healthz", None).0, 200);
    assert_eq!(server.request("GET", "/api/v1/devices", None).0, 200);
    let (status, body) =
        server.request("POST", "/api/v1/checks", Some(&json!({"imeis": ["490154203237518"]})));
    assert_eq!((status, body.contains("clear")), (200, true), "{body}");
    let (status, body) = server.request(
        "POST",
        "/api/v1/scans",
        Some(&json!({"text": "IMEI1: 490154203237518; IMEI2: 352099001761481"})),
    );
    assert_eq!(status, 201, "{body}");
}

#[test]
fn the_live_demo_plays_to_the_answer() {
    let data = tempdir().unwrap();
    let server = Server::start(tekser(data.path()).args(["demo", "--address", "127.0.0.1:0"]));
    let submissions = server
        .until("/api/v1/submissions", |submissions| submissions["items"][0]["state"] == "approved");
    assert_eq!(submissions["items"].as_array().unwrap().len(), 1);
}

#[test]
fn what_the_command_line_enters_a_running_station_sends() {
    let data = tempdir().unwrap();
    let server = Server::start(tekser(data.path()).args(["serve", "--address", "127.0.0.1:0"]));
    let arguments = [
        "--json",
        "case",
        "new",
        "--work-order",
        "WO-1",
        "--old",
        "490154203237518",
        "--new",
        "260531793113837",
        "--customs-number",
        "1",
        "--customs-date",
        "2026-03-12",
    ];
    assert_eq!(run(tekser(data.path()).args(arguments)).code, Some(0));
    let batch = run(tekser(data.path()).args(["--json", "batch", "new", "--all"])).json();
    let id = batch["id"].as_str().unwrap();
    let submitted = run(tekser(data.path()).args(["--json", "batch", "submit", id]));
    assert_eq!(submitted.json()["state"], "approved", "{submitted:?}");
    server.until("/api/v1/cases", |cases| cases["items"][0]["state"] == "approved");
}

#[cfg(unix)]
#[test]
fn a_service_manager_can_stop_it() {
    let data = tempdir().unwrap();
    let mut server = Server::start(tekser(data.path()).args(["serve", "--address", "127.0.0.1:0"]));
    let status = std::process::Command::new("kill").arg(server.child.id().to_string()).status();
    assert!(status.unwrap().success());
    let ended = crate::program::wait(&mut server.child, std::time::Duration::from_secs(20));
    assert_eq!(ended.and_then(|status| status.code()), Some(0));
}
