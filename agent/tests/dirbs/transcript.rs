//! The double is held to the transcript of a live server, byte for byte.

use std::io;
use std::path::Path;
use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::Value;
use tekser::clock::{Clock, ManualClock};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::double::{Double, Pace, World};

const BASE: &str = "http://127.0.0.1:55000";

/// One request with what the live server answered.
struct Exchange<'a> {
    command: &'a str,
    answer: &'a str,
    /// The registration of this server's first IMEI became provisional before it.
    after_change: bool,
}

impl<'a> Exchange<'a> {
    fn all(transcript: &'a str) -> Vec<Self> {
        let mut after_change = false;
        let mut found = Vec::new();
        for part in transcript.split("### ").skip(1) {
            match part.strip_prefix("curl ") {
                Some(rest) => {
                    let (command, answer) = rest.split_once('\n').unwrap();
                    found.push(Self { command, answer, after_change });
                }
                None => after_change |= part.contains("registration status -> pending"),
            }
        }
        found
    }

    /// The request that this command sends, as HTTP.
    fn request(&self) -> String {
        let (options, url) = self.command.rsplit_once(' ').unwrap_or(("", self.command));
        let path = url.strip_prefix(BASE).unwrap();
        let method = options.split(' ').find_map(|word| word.strip_prefix("-X")).unwrap_or("GET");
        let body = options.split_once("-d ").map_or("", |(_, body)| body);
        let kind = match options.contains("content-type: application/json") {
            true => "application/json",
            false => "application/x-www-form-urlencoded",
        };
        let length = body.len();
        format!(
            "{method} {path} HTTP/1.1\r\nhost: double\r\ncontent-type: {kind}\r\n\
             content-length: {length}\r\n\r\n{body}"
        )
    }

    /// Status line, headers and body of the answer, as the transcript shows them.
    fn parts(&self) -> (u16, Vec<(String, String)>, String) {
        let (head, body) = self.answer.split_once("\n\n").unwrap();
        let (status, headers) = head.split_once('\n').unwrap();
        let status = status.strip_prefix("HTTP/1.0 ").unwrap().get(..3).unwrap();
        let headers = headers.lines().map(|line| line.split_once(": ").unwrap());
        let headers = headers.map(|(name, value)| (name.to_lowercase(), value.to_owned()));
        (status.parse().unwrap(), headers.collect(), format!("{}\n", body.trim_end()))
    }
}

/// A file of the folder with registries' descriptions, if that is there.
fn beside_the_project(name: &str) -> Option<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/registries");
    match std::fs::read_to_string(folder.join(name)) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            eprintln!("SKIPPED: there is no ../shared/registries/{name} beside this project");
            None
        }
        Err(error) => panic!("{name}: {error}"),
    }
}

async fn heard(double: &Double, request: &str) -> (String, String) {
    let mut connection = TcpStream::connect(double.address).await.unwrap();
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    // It closes the connection after its answer, as the live one does.
    connection.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_lowercase(), body.to_owned())
}

#[tokio::test]
async fn the_double_answers_as_the_live_server_did() {
    let Some(transcript) = beside_the_project("dirbs-core-v2-transcript.txt") else {
        return;
    };
    let clock = ManualClock::new("2026-11-22T12:00:00+05".parse().unwrap());
    let world = World::of_the_transcript();
    let double = Double::serve(world, clock, Pace::FLAT_OUT).await;
    let exchanges = Exchange::all(&transcript);
    assert_eq!(exchanges.len(), 22, "the transcript has other exchanges than it had");
    for exchange in exchanges {
        if exchange.after_change {
            let mut world = double.world();
            world.registered.get_mut("35209900176148").unwrap().status = Some("pending");
        }
        let (status, headers, expected) = exchange.parts();
        let (head, body) = heard(&double, &exchange.request()).await;
        let command = exchange.command;
        assert!(head.starts_with(&format!("http/1.0 {status} ")), "{command}: {head}");
        assert_eq!(body, expected, "{command}");
        for (name, value) in headers {
            let line = format!("\r\n{name}: {}", value.to_lowercase());
            assert!(head.contains(&line), "{command}: no {name}: {value} in {head}");
        }
    }
}

/// Fails if an answer has a member that its definition does not name, or lacks one that it must have.
fn check_declared(answer: &Value, definition: &Value, description: &Value, place: &str) {
    if let Some(reference) = definition["$ref"].as_str() {
        let named = description.pointer(reference.trim_start_matches('#')).unwrap();
        return check_declared(answer, named, description, place);
    }
    for name in definition["required"].as_array().into_iter().flatten() {
        assert!(answer.get(name.as_str().unwrap()).is_some(), "{place} has no {name}");
    }
    for item in answer.as_array().into_iter().flatten() {
        check_declared(item, &definition["items"], description, place);
    }
    let Some(properties) = definition["properties"].as_object() else {
        return;
    };
    for (name, value) in answer.as_object().into_iter().flatten() {
        let place = format!("{place}/{name}");
        let declared = properties.get(name);
        check_declared(value, declared.unwrap_or_else(|| panic!("{place}")), description, &place);
    }
}

#[tokio::test]
async fn the_double_says_what_the_description_names() {
    let Some(description) = beside_the_project("dirbs-core-v2-swagger.json") else {
        return;
    };
    let description: Value = serde_json::from_str(&description).unwrap();
    let clock = ManualClock::new("2026-11-22T12:00:00+05".parse().unwrap());
    let double = Double::serve(World::of_the_transcript(), clock, Pace::FLAT_OUT).await;
    let both = "include_registration_status=1&include_stolen_status=1";
    for (path, name) in [
        ("version", "Version"),
        (&format!("imei/352099001761481?{both}"), "IMEI"),
        ("imei/352099001761481/info", "IMEIInfo"),
        ("imei/352099001761481/subscribers", "IMEISubscribers"),
        ("imei/352099001761481/pairings", "IMEIPairings"),
        ("tac/35209900", "TacInfo"),
        ("tac/00000000", "TacInfo"),
    ] {
        let request = format!("GET /api/v2/{path} HTTP/1.1\r\nhost: double\r\n\r\n");
        let (_, body) = heard(&double, &request).await;
        let answer: Value = serde_json::from_str(&body).unwrap();
        check_declared(&answer, &description["definitions"][name], &description, path);
    }
}

#[tokio::test]
async fn the_double_forgets_what_it_said_after_300_seconds() {
    let clock = ManualClock::new("2026-11-22T12:00:00+05".parse().unwrap());
    let world = World::of_the_transcript();
    let told: Arc<dyn Clock> = clock.clone();
    let double = Double::serve(world, told, Pace::FLAT_OUT).await;
    let ask = async || {
        let url = "GET /api/v2/imei/352099001761481?include_registration_status=1 HTTP/1.1";
        let request = format!("{url}\r\nhost: double\r\n\r\n");
        heard(&double, &request).await.1.contains("whitelist")
    };
    assert!(ask().await);
    double.world().registered.clear();
    clock.advance(SignedDuration::from_secs(299));
    assert!(ask().await, "it says what it said");
    clock.advance(SignedDuration::from_secs(1));
    assert!(!ask().await);
}
