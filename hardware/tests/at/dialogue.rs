//! The dialogue over a clock that the test moves. Nothing sleeps here.

use std::time::{Duration, Instant};

use tekser_hardware::at::{Budget, Command, Dialogue, Hint, ReadError, Step};
use tekser_hardware::{Confidence, Note, Reading, Slot};

use super::{ONE, TWO};

const MEDIATEK: Hint = Hint { usb_id: Some((0x0e8d, 0x0003)) };
const SAMSUNG: Hint = Hint { usb_id: Some((0x04e8, 0x6860)) };
const NOTHING: Hint = Hint { usb_id: None };

/// What a scripted phone does with one command.
pub(super) enum Does {
    /// Answers these bytes.
    Says(String),
    /// Answers these bytes after a while.
    Later(Duration, String),
    /// Does not answer.
    Nothing,
}

pub(super) fn ok(line: &str) -> Does {
    Does::Says(format!("\r\n{line}\r\n\r\nOK\r\n"))
}

pub(super) fn says(bytes: &str) -> Does {
    Does::Says(bytes.to_owned())
}

/// Runs a whole dialogue against a phone that answers `script`, and `ERROR` to anything else.
/// Returns the outcome, what was asked, and how long it took by the clock of the test.
pub(super) fn converse(
    hint: Hint,
    mut script: impl FnMut(Command, usize) -> Option<Does>,
) -> (Result<Reading, ReadError>, Vec<Command>, Duration) {
    let begin = Instant::now();
    let mut now = begin;
    let mut dialogue = Dialogue::new(hint, Budget::default(), now);
    let mut asked = Vec::new();
    let mut coming: Vec<(Instant, String)> = Vec::new();
    for _ in 0..500 {
        match dialogue.step(now) {
            Step::Send(command) => {
                asked.push(command);
                let nth = asked.iter().filter(|earlier| **earlier == command).count();
                match script(command, nth) {
                    Some(Does::Says(bytes)) => coming.push((now, bytes)),
                    Some(Does::Later(wait, bytes)) => coming.push((now + wait, bytes)),
                    Some(Does::Nothing) => {}
                    None if command == Command::Attention => {
                        coming.push((now, "\r\nOK\r\n".into()))
                    }
                    None => coming.push((now, "\r\nERROR\r\n".into())),
                }
                coming.sort_by_key(|(due, _)| *due);
            }
            Step::Wait(until) => match coming.first() {
                Some((due, _)) if *due <= until => {
                    let (due, bytes) = coming.remove(0);
                    now = now.max(due);
                    dialogue.receive(bytes.as_bytes(), now);
                }
                _ => now = until,
            },
            Step::Done => return (dialogue.finish(), asked, now - begin),
        }
    }
    panic!("the dialogue does not end: {asked:?}");
}

pub(super) fn imeis(reading: &Reading) -> Vec<(Option<Slot>, String)> {
    let digits = |claim: &tekser_hardware::Claim| claim.value.imei().unwrap().to_string();
    reading.claims.iter().map(|claim| (claim.slot, digits(claim))).collect()
}

#[test]
fn a_standard_modem_is_read_in_few_commands() {
    let (reading, asked, took) = converse(NOTHING, |command, _| {
        Some(match command {
            Command::Identify => {
                says("\r\nManufacturer: huawei\r\nModel: E1550\r\nRevision: 11.6\r\n\r\nOK\r\n")
            }
            Command::SerialNumber => ok(ONE),
            _ => return None,
        })
    });
    let reading = reading.unwrap();
    assert_eq!(asked, [Command::Attention, Command::Identify, Command::SerialNumber]);
    assert_eq!(imeis(&reading), [(None, ONE.to_owned())]);
    assert_eq!(reading.claims[0].confidence, Confidence::Plain);
    assert_eq!(reading.evidence[reading.claims[0].evidence].command, "AT+CGSN");
    assert_eq!(took, Duration::ZERO);
}

#[test]
fn a_samsung_is_read_in_three_commands() {
    let (reading, asked, _) = converse(SAMSUNG, |command, _| {
        Some(match command {
            Command::SamsungInfo => {
                ok(&format!("+DEVCONINFO: MN(SM-X);VER(V1/V2);SN(R1);IMEI({ONE})"))
            }
            Command::SerialNumber => ok(ONE),
            _ => return None,
        })
    });
    assert_eq!(asked, [Command::Attention, Command::SamsungInfo, Command::SerialNumber]);
    assert_eq!(imeis(&reading.unwrap()).len(), 2);
}

#[test]
fn an_empty_samsung_summary_is_asked_for_again() {
    let (reading, asked, _) = converse(SAMSUNG, |command, nth| {
        (command == Command::SamsungInfo).then(|| match nth {
            1 => says("\r\nOK\r\n"),
            _ => ok(&format!("+DEVCONINFO: MN(SM-X);VER(V1);SN(R1);IMEI({ONE})")),
        })
    });
    assert_eq!(asked.iter().filter(|command| **command == Command::SamsungInfo).count(), 2);
    let reading = reading.unwrap();
    assert_eq!(imeis(&reading), [(None, ONE.to_owned())]);
    assert!(!reading.notes.contains(&Note::StandardRefused), "it was asked afterwards");
}

#[test]
fn echo_is_switched_off_when_it_is_there() {
    let (_, asked, _) = converse(NOTHING, |command, _| {
        (command == Command::Attention).then(|| says("AT\r\r\nOK\r\n"))
    });
    assert_eq!(asked[..2], [Command::Attention, Command::EchoOff]);
}

#[test]
fn a_recognised_error_also_proves_a_phone() {
    let (reading, ..) = converse(NOTHING, |command, _| {
        (command == Command::Attention).then(|| says("\r\n+CME ERROR: 100\r\n"))
    });
    assert!(reading.unwrap().claims.is_empty());
}

#[test]
fn silence_and_noise_are_told_apart() {
    let (silent, asked, took) = converse(NOTHING, |_, _| Some(Does::Nothing));
    assert!(matches!(silent, Err(ReadError::Silent)));
    assert_eq!(asked, [Command::Attention; 3]);
    assert_eq!(took, Duration::from_secs(3));
    let (noise, ..) = converse(NOTHING, |_, _| Some(says("$GPRMC,1*6A\r\n")));
    assert!(matches!(noise, Err(ReadError::Unintelligible)));
}

#[test]
fn nothing_is_said_into_a_prompt() {
    let (outcome, asked, _) = converse(NOTHING, |_, _| Some(says("AT\r\r\n> ")));
    assert!(matches!(outcome, Err(ReadError::Prompt)));
    assert_eq!(asked, [Command::Attention]);
}

#[test]
fn late_answers_to_the_first_calls_are_not_taken_for_later_ones() {
    let slow = Duration::from_millis(2500);
    let (reading, ..) = converse(MEDIATEK, |command, _| {
        Some(match command {
            Command::Attention => Does::Later(slow, "\r\nOK\r\n".into()),
            Command::Equipment(tekser_hardware::at::command::Item::Seven) => {
                Does::Later(slow, format!("\r\n+EGMR: \"{ONE}\"\r\n\r\nOK\r\n"))
            }
            Command::Equipment(tekser_hardware::at::command::Item::Ten) => {
                Does::Later(slow, format!("\r\n+EGMR: \"{TWO}\"\r\n\r\nOK\r\n"))
            }
            _ => return None,
        })
    });
    let found = imeis(&reading.unwrap());
    assert!(found.contains(&(Some(Slot::ONE), ONE.to_owned())), "{found:?}");
    assert!(!found.contains(&(Some(Slot::TWO), ONE.to_owned())), "{found:?}");
}

#[test]
fn an_answer_that_misses_its_time_is_never_credited_to_another_slot() {
    for late in [3100, 3299, 3500, 4000, 6500, 9000].map(Duration::from_millis) {
        let (reading, ..) = converse(MEDIATEK, |command, _| {
            Some(match command {
                Command::Equipment(tekser_hardware::at::command::Item::Seven) => {
                    Does::Later(late, format!("\r\n+EGMR: \"{ONE}\"\r\n\r\nOK\r\n"))
                }
                Command::Equipment(_) => ok(&format!("+EGMR: \"{TWO}\"")),
                _ => return None,
            })
        });
        for (slot, imei) in imeis(&reading.unwrap()) {
            assert!(slot != Some(Slot::TWO) || imei == TWO, "{late:?}");
            assert!(slot != Some(Slot::ONE) || imei == ONE, "{late:?}");
        }
    }
}

#[test]
fn a_call_that_ends_meanwhile_does_not_shift_the_answers() {
    use tekser_hardware::at::command::Item;
    let (reading, ..) = converse(MEDIATEK, |command, _| {
        Some(match command {
            Command::SerialNumber => says(&format!("\r\nNO CARRIER\r\n\r\n{TWO}\r\n\r\nOK\r\n")),
            Command::Equipment(Item::Seven) => ok(&format!("+EGMR: \"{ONE}\"")),
            _ => return None,
        })
    });
    assert_eq!(imeis(&reading.unwrap()), [(Some(Slot::ONE), ONE.to_owned())]);
}

#[test]
fn a_busy_phone_is_asked_again() {
    let (reading, _, took) = converse(NOTHING, |command, nth| {
        (command == Command::SerialNumber).then(|| match nth {
            1 | 2 => says("\r\nBUSY\r\n"),
            _ => ok(ONE),
        })
    });
    assert_eq!(imeis(&reading.unwrap()), [(None, ONE.to_owned())]);
    assert_eq!(took, Duration::from_millis(600));
}

#[test]
fn a_second_slot_counts_only_when_it_is_another_whole_imei() {
    use tekser_hardware::at::command::Item;
    let second = |answer: &str| {
        let answer = answer.to_owned();
        let (reading, ..) = converse(MEDIATEK, move |command, _| {
            Some(match command {
                Command::Equipment(Item::Seven) => ok(&format!("+EGMR: \"{ONE}\"")),
                Command::Equipment(Item::Ten) => ok(&format!("+EGMR: \"{answer}\"")),
                _ => return None,
            })
        });
        let reading = reading.unwrap();
        let claim = reading.claims.iter().find(|claim| claim.slot == Some(Slot::TWO));
        (claim.map(|claim| claim.confidence), reading.notes.contains(&Note::SecondSlotUnsound))
    };
    assert_eq!(second(TWO), (Some(Confidence::Strong), false));
    assert_eq!(second(ONE), (Some(Confidence::Weak), true));
    assert_eq!(second("3541780368597805"), (Some(Confidence::Weak), true));
    assert_eq!(second("354178036859781"), (Some(Confidence::Weak), true));
    assert_eq!(second("000000000000000"), (Some(Confidence::Weak), true));
    assert_eq!(second(""), (None, false));
}

#[test]
fn a_phone_that_stops_talking_leaves_what_it_said() {
    let (reading, _, took) = converse(NOTHING, |command, _| {
        Some(match command {
            Command::Attention => return None,
            Command::Identify => {
                says("\r\nManufacturer: X\r\nModel: Y\r\nRevision: Z\r\n\r\nOK\r\n")
            }
            Command::SerialNumber => ok(ONE),
            _ => Does::Nothing,
        })
    });
    assert_eq!(imeis(&reading.unwrap()), [(None, ONE.to_owned())]);
    assert!(took <= Budget::default().total);
}

#[test]
fn the_whole_reading_ends_within_its_budget() {
    let (reading, _, took) = converse(NOTHING, |command, _| {
        (command != Command::Attention)
            .then_some(Does::Later(Duration::from_millis(2900), "\r\nERROR\r\n".into()))
    });
    assert!(reading.unwrap().claims.is_empty());
    assert!(took <= Budget::default().total, "{took:?}");
}

#[test]
fn nothing_shown_for_debugging_holds_an_imei() {
    let (reading, ..) = converse(NOTHING, |command, _| {
        (command == Command::SerialNumber).then(|| ok(&format!("{ONE},SERIAL9")))
    });
    let shown = format!("{:?}", reading.unwrap());
    assert!(!shown.contains(ONE) && !shown.contains("SERIAL9"), "{shown}");
}
