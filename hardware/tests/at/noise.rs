//! Ports that are not for AT, and phones that somebody else was just talking to.

use std::time::{Duration, Instant};

use tekser_hardware::at::{self, Budget, Command, Dialogue, Hint, ReadError, Step};
use tekser_hardware::{Confidence, Link, Reading, Slot};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::dialogue::{converse, imeis, ok, says};
use super::{ONE, TWO};

/// Listens to a port that sends `pieces` in turn at a rhythm, whatever is said to it.
fn listen(
    usb_id: Option<(u16, u16)>,
    pieces: &[&[u8]],
    every: Duration,
) -> (Result<Reading, ReadError>, usize, Duration) {
    let begin = Instant::now();
    let mut now = begin;
    let mut dialogue = Dialogue::new(Hint { usb_id }, Budget::default(), now);
    let mut sent = 0;
    let mut next = begin + every;
    let mut pieces = pieces.iter().cycle();
    loop {
        match dialogue.step(now) {
            Step::Send(_) => sent += 1,
            Step::Wait(until) if next <= until => {
                now = now.max(next);
                next += every;
                dialogue.receive(pieces.next().unwrap(), now);
            }
            Step::Wait(until) => now = until,
            Step::Done => return (dialogue.finish(), sent, now - begin),
        }
        assert!(sent < 100, "it does not end");
    }
}

/// The time that a port has to prove itself.
fn attempts() -> Duration {
    let budget = Budget::default();
    budget.attention * u32::from(budget.attempts)
}

#[test]
fn an_endless_stream_that_is_not_at_is_given_up_after_the_attempts() {
    let positions: [&[u8]; 3] = [
        b"$GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W*6A\r\n",
        b"$GPGSV,3,1,11,03,03,111,00,04,15,270,00,06,01,010,00,13,06,292,00*74\r\n",
        b"$GNGGA,123519.00,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47\r\n",
    ];
    let log: [&[u8]; 4] = [
        b"[   12.345678] usb 1-1: new high-speed USB device\r\n",
        b"E/RIL: request 490154203237518 failed\n",
        b"login: ",
        b"\x1b[0m# sh: AT: not found\r\n",
    ];
    let diagnostics: [&[u8]; 2] = [b"\x7e\x79\x00\x0d\x0a\x7e", b"\x00\xff\x10\x7d\x5e\x0d\x7e"];
    let digits: [&[u8]; 1] = [b"490154203237518\r\n"];
    let endless: [&[u8]; 1] = [b"U"];
    for (case, pieces) in [
        ("positions", &positions[..]),
        ("log", &log[..]),
        ("diagnostics", &diagnostics[..]),
        ("digits", &digits[..]),
        ("no line ends", &endless[..]),
    ] {
        for every in [1, 20, 200, 900].map(Duration::from_millis) {
            for usb_id in [None, Some((0x04e8, 0x6860)), Some((0x1546, 0x01a8))] {
                let (outcome, sent, took) = listen(usb_id, pieces, every);
                assert!(matches!(outcome, Err(ReadError::Unintelligible)), "{case} {outcome:?}");
                assert_eq!(took, attempts(), "{case} {every:?}");
                assert_eq!(sent, 3, "{case}");
            }
        }
    }
}

#[test]
fn a_port_that_sends_back_what_it_is_told_is_no_phone() {
    let (outcome, asked, took) =
        converse(Hint::default(), |command, _| Some(says(&format!("{}\r", command.text()))));
    assert!(matches!(outcome, Err(ReadError::Unintelligible)), "{outcome:?}");
    assert_eq!(asked, [Command::Attention; 3]);
    assert_eq!(took, attempts());
}

#[test]
fn a_log_that_says_ok_or_busy_now_and_then_is_given_up_all_the_same() {
    for word in [&b"OK\r\n"[..], b"BUSY\r\n", b"NO CARRIER\r\n", b"ERROR\r\n", b"0\r\n", b"4\r\n"] {
        let pieces: [&[u8]; 4] = [b"starting up\r\n", b"step 2 of 9\r\n", word, b"and on\r\n"];
        for every in [1, 50, 250].map(Duration::from_millis) {
            let (outcome, sent, took) = listen(None, &pieces, every);
            assert!(matches!(outcome, Err(ReadError::Unintelligible)), "{word:?} {outcome:?}");
            assert!(took <= attempts() + Budget::default().quiet, "{word:?} {every:?} {took:?}");
            assert!(sent <= 3, "{word:?} {sent}");
        }
    }
}

#[test]
fn a_stream_of_nothing_but_results_ends_in_a_reading_without_claims_or_an_error() {
    for word in [&b"OK\r\n"[..], b"BUSY\r\n", b"ERROR\r\n", b"NO CARRIER\r\n"] {
        let (outcome, _, took) = listen(None, &[word], Duration::from_millis(5));
        assert!(outcome.map_or(true, |reading| reading.claims.is_empty()), "{word:?}");
        assert!(took <= attempts() + Budget::default().quiet, "{word:?} {took:?}");
    }
}

#[test]
fn a_phone_that_falls_silent_into_a_stream_costs_one_command_more() {
    let begin = Instant::now();
    let mut now = begin;
    let mut dialogue = Dialogue::new(Hint::default(), Budget::default(), now);
    loop {
        match dialogue.step(now) {
            Step::Send(Command::Attention) if now == begin => {
                dialogue.receive(b"\r\nOK\r\n", now);
            }
            Step::Send(_) => {}
            Step::Wait(_) => {
                now += Duration::from_millis(100);
                dialogue.receive(b"$GPRMC,1*6A\r\n", now);
            }
            Step::Done => break,
        }
    }
    let budget = Budget::default();
    assert!(now - begin <= budget.command + budget.attention + Duration::from_millis(200));
    assert!(dialogue.finish().unwrap().claims.is_empty());
}

#[test]
fn a_phone_whose_first_answer_is_empty_is_asked_that_once_more() {
    let (reading, asked, _) = converse(Hint::default(), |command, _| match command {
        Command::Identify => Some(says("\r\nOK\r\n")),
        Command::SerialNumber => Some(ok(ONE)),
        _ => None,
    });
    assert_eq!(asked.iter().filter(|command| **command == Command::Identify).count(), 2);
    assert_eq!(imeis(&reading.unwrap()), [(None, ONE.to_owned())]);
}

const FEATURE_PHONE: Hint = Hint { usb_id: Some((0x0e8d, 0x0003)) };

/// What a feature phone answers.
fn answer(command: &[u8]) -> String {
    match command {
        b"AT" => "\r\nOK\r\n".to_owned(),
        b"AT+CGMM" => "\r\n+CGMM: MTK2\r\n\r\nOK\r\n".to_owned(),
        b"AT+EGMR=0,7" => format!("\r\n+EGMR: \"{ONE}\"\r\n\r\nOK\r\n"),
        b"AT+EGMR=0,10" => format!("\r\n+EGMR: \"{TWO}\"\r\n\r\nOK\r\n"),
        _ => "\r\nERROR\r\n".to_owned(),
    }
}

/// A phone over a pipe that takes its time for each command. Gives all that it was told.
async fn phone(mut far: tokio::io::DuplexStream) -> Vec<u8> {
    let mut heard = Vec::new();
    let mut line = Vec::new();
    while let Ok(byte) = far.read_u8().await {
        heard.push(byte);
        if byte != b'\r' {
            line.push(byte);
            continue;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
        let answer = answer(&line);
        line.clear();
        if far.write_all(answer.as_bytes()).await.is_err() {
            break;
        }
    }
    heard
}

/// Several ports of a phone are read at once and the slower ones dropped, wherever they are. What
/// the phone still has to say then is credited to nothing that is asked afterwards.
#[tokio::test]
async fn a_reading_can_be_dropped_at_any_time_and_begun_again() {
    let mut phones = tokio::task::JoinSet::new();
    for millis in (0..40).step_by(3) {
        phones.spawn(drop_and_read_again(Duration::from_millis(millis)));
    }
    while let Some(done) = phones.join_next().await {
        done.unwrap();
    }
}

async fn drop_and_read_again(after: Duration) {
    let (near, far) = tokio::io::duplex(256);
    let task = tokio::spawn(phone(far));
    let mut link = Link::from_io(near);
    let first = at::read(&mut link, FEATURE_PHONE, Budget::default());
    let dropped = tokio::time::timeout(after, first).await;
    assert!(dropped.is_err(), "{after:?} was enough");
    let reading = at::read(&mut link, FEATURE_PHONE, Budget::default()).await.unwrap();
    let both = [(Some(Slot::ONE), ONE.to_owned()), (Some(Slot::TWO), TWO.to_owned())];
    assert_eq!(imeis(&reading), both, "{after:?}");
    assert!(reading.claims.iter().all(|claim| claim.confidence == Confidence::Strong));
    assert_eq!(reading.model.as_deref(), Some("MTK2"), "{after:?}");
    drop(link);
    for line in task.await.unwrap().split(|byte| *byte == b'\r') {
        let known = Command::ALL.iter().any(|known| known.text().as_bytes() == line);
        assert!(known || line.is_empty(), "{:?}", line.escape_ascii().to_string());
    }
}
