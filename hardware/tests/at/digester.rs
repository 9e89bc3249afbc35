//! Bytes to answers.

use tekser_hardware::at::Command;
use tekser_hardware::at::digest::{Digester, Outcome};

use super::{ONE, UNSOLICITED, assert_answer, digest, with_line_at_every_boundary};

#[test]
fn a_standard_answer() {
    let bytes = format!("\r\n{ONE}\r\n\r\nOK\r\n");
    assert_answer(Command::SerialNumber, &bytes, &[ONE], Outcome::Done);
}

#[test]
fn odd_line_ends() {
    for bytes in [
        format!("\n{ONE}\n\nOK\n"),
        format!("\r\r\n{ONE}\r\r\n\r\r\nOK\r\r\n"),
        format!("{ONE}\r\n\r\nOK\r\n"),
        format!("\n{ONE}\r\nOK\r\n"),
        format!("\r\n{ONE} \r\n\r\n OK \r\n"),
        format!("\0\0\r\n\0{ONE}\r\n\0\0\r\nOK\r\n"),
        format!("{ONE}\r\n0\r"),
        format!("\r\n{ONE}\r\n#OK#\r\n\r\nOK\r\n"),
    ] {
        assert_answer(Command::SerialNumber, &bytes, &[ONE], Outcome::Done);
    }
}

#[test]
fn results_in_words_and_digits() {
    for (word, outcome) in [
        ("OK", Outcome::Done),
        ("ERROR", Outcome::Refused),
        ("+CME ERROR: 100", Outcome::Refused),
        ("+CME ERROR: raspberry", Outcome::Refused),
        ("+CME ERROR: ", Outcome::Refused),
        ("+CME ERROR:", Outcome::Refused),
        ("+CME ERROR: PACM(AP),NOT_ALLOWED_CARRIER", Outcome::Refused),
        ("+CMS ERROR: 456", Outcome::Refused),
        ("+CMS ERROR: 515", Outcome::Refused),
        ("MODEM ERROR: 5", Outcome::Refused),
        ("COMMAND NOT SUPPORT", Outcome::Refused),
        ("NA", Outcome::Refused),
        ("BUSY", Outcome::Busy),
        ("NO CARRIER", Outcome::Call),
        ("NO ANSWER", Outcome::Call),
        ("NO DIALTONE", Outcome::Call),
    ] {
        assert_answer(Command::SerialNumber, &format!("\r\n{word}\r\n"), &[], outcome);
        assert_answer(Command::SerialNumber, &format!("\n{word}\r\n"), &[], outcome);
        assert_answer(Command::SerialNumber, &format!("AT+CGSN\r\r\n{word}\r\n"), &[], outcome);
    }
    assert_answer(Command::Attention, "0\r", &[], Outcome::Done);
    assert_answer(Command::Attention, "AT\r4\r", &[], Outcome::Refused);
}

#[test]
fn a_result_word_inside_a_text_is_text() {
    for line in ["ERROR LOG 7", "NO ERROR", "OKAY", "NAVIGATOR", "ok", "NO CARRIER BOARD", "OK?"] {
        let bytes = format!("\r\n{line}\r\n\r\nOK\r\n");
        assert_answer(Command::Model, &bytes, &[line], Outcome::Done);
    }
}

#[test]
fn digits_are_no_results_once_words_were_seen() {
    let mut digester = Digester::new();
    digester.expect(Command::Attention);
    assert!(digester.digest(b"\r\nOK\r\n").1.is_some());
    digester.expect(Command::Identify);
    let answer = digester.digest(b"\r\n0\r\n\r\nOK\r\n").1.unwrap();
    assert_eq!(answer.lines, ["0"]);
}

#[test]
fn echo_is_put_aside_in_whole_and_in_part() {
    for echo in ["AT+CGSN", "at+cgsn", "T+CGSN", "+CGSN", "SN", "AT+CG", "AT", "ATE0", "ATI"] {
        for end in ["\r", "\n", "\r\r\n", "\r\n"] {
            let bytes = format!("{echo}{end}\r\n{ONE}\r\n\r\nOK\r\n");
            let answer = digest(Command::SerialNumber, bytes.as_bytes());
            assert_eq!(answer.lines, [ONE], "{bytes:?}");
        }
    }
    let answer = digest(Command::EchoOff, b"ATE0\r\r\nOK\r\n");
    assert!(answer.lines.is_empty() && answer.echoed);
}

#[test]
fn the_tail_of_a_command_is_not_taken_from_an_answer() {
    let answer = digest(Command::Model, b"\r\nCGMM-7\r\nMM\r\n\r\nOK\r\n");
    assert_eq!(answer.lines, ["CGMM-7", "MM"]);
}

#[test]
fn unsolicited_lines_and_echo_at_every_boundary_change_nothing() {
    let answers = [
        (Command::SerialNumber, format!("\r\n{ONE}\r\n\r\nOK\r\n"), vec![ONE.to_owned()]),
        (Command::Attention, "\r\nOK\r\n".to_owned(), vec![]),
        (
            Command::Identify,
            format!("\r\nManufacturer: huawei\r\nModel: E1550\r\nIMEI: {ONE}\r\n\r\nOK\r\n"),
            vec!["Manufacturer: huawei".into(), "Model: E1550".into(), format!("IMEI: {ONE}")],
        ),
        (
            Command::SamsungInfo,
            format!("\r\n+DEVCONINFO: MN(SM-A042F);IMEI({ONE})\r\n#OK#\r\n\r\nOK\r\n"),
            vec![format!("+DEVCONINFO: MN(SM-A042F);IMEI({ONE})")],
        ),
    ];
    for (command, answer, lines) in answers {
        for intruder in UNSOLICITED.into_iter().chain([command.text()]) {
            for bytes in with_line_at_every_boundary(&answer, intruder) {
                let answer = digest(command, bytes.as_bytes());
                assert_eq!(answer.lines, lines, "{bytes:?}");
                assert_eq!(answer.outcome, Outcome::Done);
            }
        }
    }
}

#[test]
fn what_follows_an_answer_is_left_for_the_next_call() {
    let mut digester = Digester::new();
    digester.expect(Command::Attention);
    let bytes = b"\r\nOK\r\n\r\n+CMTI: \"ME\",1\r\n";
    let (taken, answer) = digester.digest(bytes);
    assert!(answer.is_some());
    assert_eq!(taken, 5);
    assert_eq!(digester.digest(&bytes[taken..]), (bytes.len() - taken, None));
}

#[test]
fn the_rest_of_a_line_cut_by_a_command_is_no_answer() {
    let mut digester = Digester::new();
    digester.digest(b"\r\n+CIMI: 40101012");
    digester.expect(Command::SerialNumber);
    let bytes = format!("3456789\r\n\r\n{ONE}\r\n\r\nOK\r\n");
    assert_eq!(digester.digest(bytes.as_bytes()).1.unwrap().lines, [ONE]);
}

#[test]
fn a_prompt_ends_the_wait_at_once() {
    let answer = digest(Command::SerialNumber, b"\r\n> ");
    assert_eq!(answer.outcome, Outcome::Prompt);
    let mut digester = Digester::new();
    digester.expect(Command::SerialNumber);
    digester.digest(b"\r\n>");
    let (answer, ended) = digester.give_up().unwrap();
    assert!(ended);
    assert_eq!(answer.outcome, Outcome::Prompt);
    assert_answer(Command::Model, "\r\nA > B\r\nOK\r\n", &["A > B"], Outcome::Done);
}

#[test]
fn giving_up_keeps_whole_lines_only() {
    let mut digester = Digester::new();
    assert!(digester.give_up().is_none());
    digester.expect(Command::SerialNumber);
    assert!(digester.give_up().is_none());
    digester.expect(Command::SerialNumber);
    digester.digest(b"\r\nwhole\r\n49015420323");
    let (answer, ended) = digester.give_up().unwrap();
    assert!(!ended);
    assert_eq!(answer.lines, ["whole"]);
    digester.expect(Command::Attention);
    digester.digest(b"\r\nOK");
    assert!(digester.give_up().unwrap().1);
}

#[test]
fn a_flood_is_cut_and_the_result_still_found() {
    let mut digester = Digester::new();
    digester.expect(Command::SerialNumber);
    let line = [b'x'; 1000];
    for _ in 0..1000 {
        assert_eq!(digester.digest(&line).1, None);
        assert_eq!(digester.digest(b"\r\n").1, None);
    }
    assert!(digester.discarded() > 900_000);
    let answer = digester.digest(b"\r\nOK\r\n").1.unwrap();
    assert!(answer.cut);
    assert!(answer.raw.len() <= Digester::CAPACITY);
    assert!(answer.lines.iter().map(String::len).sum::<usize>() <= Digester::CAPACITY);
}

#[test]
fn a_line_longer_than_any_answer_is_dropped_whole() {
    let mut digester = Digester::new();
    digester.expect(Command::SerialNumber);
    let long = "7".repeat(Digester::LINE + 15);
    let bytes = format!("\r\n{long}\r\n{ONE}\r\n\r\nOK\r\n");
    let answer = digester.digest(bytes.as_bytes()).1.unwrap();
    assert_eq!(answer.lines, [ONE]);
    assert!(answer.cut);
}

#[test]
fn bytes_that_are_no_text_are_reported() {
    let answer = digest(Command::Model, b"\xff\xfe\x01\r\n\r\nGT\r\n\r\nOK\r\n");
    assert!(answer.garbage);
    assert_eq!(answer.lines, ["GT"]);
}
