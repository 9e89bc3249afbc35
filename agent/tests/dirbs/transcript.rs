//! The double is held to the transcript of a live server, byte for byte.

use std::io;
use std::path::Path;
use std::sync::Arc;

use jiff::SignedDuration;
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
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../shared/registries/dirbs-core-v2-transcript.txt");
    let transcript = match std::fs::read_to_string(&path) {
        Ok(transcript) => transcript,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            eprintln!("SKIPPED: there is no transcript of a live server beside this project");
            return;
        }
        Err(error) => panic!("{error}"),
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
