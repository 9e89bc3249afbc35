//! The AT room: bytes to answers, answers to facts, facts to a reading.
//!
//! Shapes are those of real phones and modules, re-typed. Numbers are published test numbers,
//! examples of manuals, or made up with a valid check digit.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod dialects;
mod dialogue;
mod digester;
mod hostile;
mod makers;
mod noise;
mod properties;
mod shapes;

use tekser_hardware::at::Command;
use tekser_hardware::at::digest::{Answer, Digester, Outcome};

/// A published test number.
const ONE: &str = "490154203237518";
/// Made up.
const TWO: &str = "354178036859789";

/// Lines that phones send unasked, in every known spelling.
const UNSOLICITED: [&str; 37] = [
    "^RSSI:23",
    "^RSSILVL: 60",
    "^MODE:5,4",
    "^DSFLOWRPT:00000037,00000000,00000000",
    "^BOOT:1,0",
    "^SIMST:1",
    "^SRVST:2",
    "^STIN: 0,0,0",
    "^HCSQ:\"LTE\",44,49,101,18",
    "^NDISSTAT:1,,,\"IPV4\"",
    "RDY",
    "POWERED DOWN",
    "NORMAL POWER DOWN",
    "+QGPSURC: 1",
    "+ZDONR: \"PLAY\",260,6,\"CS_PS\"",
    "+ZPASR: \"UMTS\"",
    "+ZUSIMR:2",
    "+ZPSTM:0",
    "_OSIGQ: 12,0",
    "_OUWCTI: 1",
    "*E2NAP: 1",
    "*EMRDY: 1",
    "+PACSP0",
    "^SYSSTART",
    "+PBREADY",
    "SMS DONE",
    "PB DONE",
    "RING",
    "$GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W*6A",
    "+AT: READY",
    "+CMTI: \"ME\",1",
    "+CIEV: 7,1",
    "+CRING: VOICE",
    "+CLIP: \"+0123456789\",145,,,,0",
    // Identities of a SIM card, which are never the phone's.
    "+CIMI: 401010123456789",
    "^ICCID: 89770123456789012345",
    "+CCID: \"8977012345678901234\"",
];

/// The answer that `bytes` make, whole. More than one or none is a mistake of the test.
#[track_caller]
fn digest(command: Command, bytes: &[u8]) -> Answer {
    let mut digester = Digester::new();
    digester.expect(command);
    let (taken, answer) = digester.digest(bytes);
    assert_eq!(digester.digest(&bytes[taken..]).1, None, "a second answer");
    let answer = answer.unwrap_or_else(|| panic!("no answer in {:?}", text(bytes)));
    assert_eq!(byte_by_byte(command, bytes).lines, answer.lines);
    assert_eq!(byte_by_byte(command, bytes), answer, "cut into bytes it is another answer");
    answer
}

#[track_caller]
fn byte_by_byte(command: Command, bytes: &[u8]) -> Answer {
    let mut digester = Digester::new();
    digester.expect(command);
    let answers: Vec<Answer> =
        bytes.iter().filter_map(|byte| digester.digest(&[*byte]).1).collect();
    assert_eq!(answers.len(), 1, "{:?}", text(bytes));
    answers.into_iter().next().unwrap()
}

/// `answer` once as it is, and once for every line boundary with `line` put in there.
fn with_line_at_every_boundary(answer: &str, line: &str) -> Vec<String> {
    let inserted = format!("\r\n{line}\r\n");
    let ends = answer.match_indices("\r\n").map(|(at, end)| at + end.len());
    let boundaries = core::iter::once(0).chain(ends);
    boundaries.map(|at| format!("{}{inserted}{}", &answer[..at], &answer[at..])).collect()
}

fn text(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}

#[track_caller]
fn assert_answer(command: Command, bytes: &str, lines: &[&str], outcome: Outcome) {
    let answer = digest(command, bytes.as_bytes());
    assert_eq!(answer.lines, lines, "{bytes:?}");
    assert_eq!(answer.outcome, outcome, "{bytes:?}");
}
