//! `eir`: one connection, several questions, and nothing that a register does makes an IMEI clear.

use std::sync::Arc;

use tekser::registry::RegistryError;
use tekser::ruling::{BlockReason, Undetermined, Verdict};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::Barrier;

use crate::desk::{Desk, imeis, nobody, verdicts};
use crate::register::{Reaction, Register};

const CLEAR: Verdict = Verdict::Clear;

fn open(why: Undetermined) -> Verdict {
    Verdict::Undetermined { why }
}

/// The serial number in a question, from 0.
fn number(uri: &axum::http::Uri) -> usize {
    let query = uri.query().unwrap();
    let digits = query.strip_prefix("pei=imei-35693803").unwrap();
    assert_eq!(digits.len(), 7);
    digits[..6].parse().unwrap()
}

#[tokio::test]
async fn many_questions_share_one_connection_and_their_answers_stand_in_the_order_asked() {
    let together = Arc::new(Barrier::new(16));
    let register = Register::start(move |_, request| {
        assert_eq!(request.uri().path(), "/core/n5g-eir-eic/v1/equipment-status");
        let number = number(request.uri());
        let word = ["WHITELISTED", "BLACKLISTED", "GREYLISTED"][number % 3];
        let answer = Reaction::status(word);
        // Sixteen at a time, and only then: fewer in flight would wait for ever.
        if number < 48 { Reaction::Together(Arc::clone(&together), answer.into()) } else { answer }
    })
    .await;
    let source = Desk::new().source("eir", format!("{}/core", register.address), "");
    let blocked = Verdict::Blocked { reason: BlockReason::Prohibited };
    let expected = [CLEAR, blocked, open(Undetermined::Tracked)].into_iter().cycle().take(100);
    let said = verdicts(source.as_ref(), &imeis(100)).await.unwrap();
    assert_eq!(said, expected.collect::<Vec<_>>());
    assert_eq!(register.seen.connections(), 1);
    assert_eq!(register.seen.most_open(), 16);
}

#[tokio::test]
async fn one_imei_that_fails_does_not_spoil_the_others() {
    let register = Register::start(|_, request| match number(request.uri()) {
        1 => Reaction::Answer(200, "text/html", "<html>".into(), Vec::new()),
        2 => Reaction::problem(404, "ERROR_EQUIPMENT_UNKNOWN"),
        3 => Reaction::Answer(404, "text/plain", "no such page".into(), Vec::new()),
        4 => Reaction::problem(400, "MANDATORY_IE_INCORRECT"),
        5 => Reaction::problem(503, "NF_CONGESTION"),
        6 => Reaction::Endless,
        _ => Reaction::status("WHITELISTED"),
    })
    .await;
    let source = Desk::new().source("eir", register.address, "");
    let failed = open(Undetermined::RegistryFailed);
    let unreadable = open(Undetermined::Unreadable);
    let said = verdicts(source.as_ref(), &imeis(9)).await.unwrap();
    let unknown = Verdict::Unknown;
    let expected = [CLEAR, unreadable, unknown, failed, failed, failed, unreadable, CLEAR, CLEAR];
    assert_eq!(said, expected);
}

#[tokio::test]
async fn a_register_that_says_goodbye_is_asked_on_a_new_connection() {
    let register = Register::start(|nth, _| {
        let answer = Reaction::status("WHITELISTED");
        if nth % 10 == 9 { Reaction::Farewell(answer.into()) } else { answer }
    })
    .await;
    let source = Desk::new().source("eir", register.address, "");
    assert_eq!(verdicts(source.as_ref(), &imeis(60)).await.unwrap(), vec![CLEAR; 60]);
    assert!(register.seen.connections() > 1);
}

#[tokio::test]
async fn a_connection_cut_in_the_middle_of_an_answer_is_made_again() {
    let register = Register::start(|nth, _| match nth {
        5 => Reaction::Cut,
        _ => Reaction::status("WHITELISTED"),
    })
    .await;
    let source = Desk::new().source("eir", register.address, "");
    assert_eq!(verdicts(source.as_ref(), &imeis(20)).await.unwrap(), vec![CLEAR; 20]);
    assert_eq!(register.seen.connections(), 2);
}

#[tokio::test]
async fn a_register_that_only_ever_cuts_is_one_that_does_not_answer() {
    let register = Register::saying(Reaction::Cut).await;
    let source = Desk::new().source("eir", register.address, "");
    let error = verdicts(source.as_ref(), &imeis(100)).await.unwrap_err();
    assert_eq!(error.undetermined(), Undetermined::Unreachable);
}

#[tokio::test]
async fn nobody_there_is_one_error_for_all() {
    let source = Desk::new().source("eir", nobody(), "");
    let error = verdicts(source.as_ref(), &imeis(250)).await.unwrap_err();
    assert!(matches!(error, RegistryError::Unreachable { .. }), "{error}");
}

#[tokio::test]
async fn silence_is_not_waited_for_once_per_imei() {
    let register = Register::saying(Reaction::Silence).await;
    let source = Desk::new().source("eir", register.address, "deadline_seconds = 1");
    let error = verdicts(source.as_ref(), &imeis(250)).await.unwrap_err();
    assert!(matches!(error, RegistryError::NoAnswer { .. }), "{error}");
    assert!(register.seen.asked() <= 64, "{}", register.seen.asked());
}

#[tokio::test]
async fn whoever_throttles_is_left_alone_until_then() {
    let busy = Reaction::problem(429, "NF_CONGESTION_RISK").with("retry-after", 3600);
    let register = Register::saying(busy).await;
    let source = Desk::new().source("eir", register.address, "");
    let error = verdicts(source.as_ref(), &imeis(250)).await.unwrap_err();
    let until = "2026-03-02T06:00:00Z".parse().unwrap();
    assert_eq!(error, RegistryError::Throttled { registry: source.id(), until });
    assert!(register.seen.asked() <= 32, "{}", register.seen.asked());
}

#[tokio::test]
async fn a_redirection_is_not_followed_and_says_what_to_do() {
    let elsewhere = Register::saying(Reaction::status("WHITELISTED")).await;
    let there = format!("http://{}/n5g-eir-eic/v1/equipment-status", elsewhere.address);
    for status in [307, 308] {
        let register =
            Register::saying(Reaction::problem(status, "X").with("location", &there)).await;
        let source = Desk::new().source("eir", register.address, "");
        let error = verdicts(source.as_ref(), &imeis(2)).await.unwrap_err();
        assert_eq!(error.undetermined(), Undetermined::RegistryFailed);
        assert!(error.to_string().contains("registries.toml"), "{error}");
    }
    assert_eq!(elsewhere.seen.connections(), 0);
}

#[tokio::test]
async fn a_token_from_a_file_is_sent_and_its_refusal_asks_nobody_again() {
    let desk = Desk::new();
    std::fs::write(desk.place.path().join("token"), "the-token\n").unwrap();
    let register = Register::start(|_, request| {
        let token = request.headers().get("authorization").map(|value| value.as_bytes());
        match token {
            Some(b"Bearer the-token") => Reaction::status("WHITELISTED"),
            _ => Reaction::problem(401, "UNAUTHORIZED"),
        }
    })
    .await;
    let known = desk.source("eir", register.address, "token_file = 'token'");
    assert_eq!(verdicts(known.as_ref(), &imeis(3)).await.unwrap(), [CLEAR; 3]);
    let stranger = desk.source("eir", register.address, "");
    let error = verdicts(stranger.as_ref(), &imeis(250)).await.unwrap_err();
    assert_eq!(error.undetermined(), Undetermined::Denied);
    assert!(register.seen.asked() < 3 + 40, "{}", register.seen.asked());
}

#[tokio::test]
async fn a_server_that_speaks_no_http_2_is_no_register() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 4096]).await;
            let head =
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 24\r\n\r\n";
            let answer = format!(r#"{head}{{"status":"WHITELISTED"}}"#);
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    let source = Desk::new().source("eir", address, "deadline_seconds = 2");
    let error = verdicts(source.as_ref(), &imeis(2)).await.unwrap_err();
    assert_eq!(error.undetermined(), Undetermined::Unreachable);
    server.abort();
}
