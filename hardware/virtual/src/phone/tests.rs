use super::*;
use crate::persona::{Behaviour, FarSide, Pull};

fn talk(persona: Persona, commands: &[&str]) -> String {
    let now = Instant::now();
    let mut phone = Phone::new(persona, now);
    let mut said = Vec::new();
    for command in commands {
        phone.receive(command.as_bytes(), now);
        phone.receive(b"\r", now);
        while let Next::Send(bytes) = phone.next(now) {
            said.extend(bytes);
        }
    }
    String::from_utf8_lossy(&said).into_owned()
}

fn plain() -> Persona {
    Persona { far_side: FarSide::Plain, ..Persona::nth(0) }
}

#[test]
fn it_keeps_to_the_standard() {
    let imei = plain().imeis[0].to_string();
    assert_eq!(talk(plain(), &["AT"]), "\r\nOK\r\n");
    assert_eq!(talk(plain(), &["at+cgsn"]), format!("\r\n{imei}\r\n\r\nOK\r\n"));
    assert_eq!(talk(plain(), &["AT+NOSUCH"]), "\r\nERROR\r\n");
    assert_eq!(talk(plain(), &["AT+CGMI;+CGMM"]), "\r\nERROR\r\n");
    assert_eq!(talk(plain(), &["hello", ""]), "");
}

#[test]
fn it_honours_the_settings_of_the_conversation() {
    assert_eq!(talk(plain(), &["ATE1", "AT"]), "\r\nOK\r\nAT\r\r\nOK\r\n");
    assert_eq!(talk(plain(), &["ATV0", "AT", "AT+NOSUCH"]), "0\r0\r4\r");
    assert_eq!(talk(plain(), &["ATQ1", "AT"]), "");
    assert!(talk(plain(), &["AT+CMEE=1", "AT+NOSUCH"]).ends_with("\r\n+CME ERROR: 4\r\n"));
    assert!(talk(plain(), &["ATE0V1Q0"]).ends_with("OK\r\n"));
}

#[test]
fn an_answer_is_not_early() {
    let now = Instant::now();
    let delay = Duration::from_millis(40);
    let slow = plain().with(Behaviour { delay, ..Behaviour::default() });
    let mut phone = Phone::new(slow, now);
    phone.receive(b"AT\r", now);
    assert_eq!(phone.next(now), Next::Wait(Some(now + delay)));
    assert_eq!(phone.next(now + delay), Next::Send(b"\r\nOK\r\n".into()));
    assert_eq!(phone.next(now + delay), Next::Wait(None));
}

#[test]
fn writes_are_refused_and_remembered() {
    let now = Instant::now();
    let mut phone = Phone::new(plain(), now);
    for command in ["AT+EGMR=1,7,\"1\"", "ATZ", "AT+CFUN=0", "ATD112;", "AT&F", "AT+SPIMEI=0,1"] {
        phone.receive(format!("{command}\r").as_bytes(), now);
        assert_eq!(phone.violations().last().map(String::as_str), Some(command));
    }
    let count = phone.violations().len();
    for command in ["AT", "ATI", "AT+CGSN=1", "AT+EGMR=0,7", "AT+CMEE=1", "AT+CSCS=?"] {
        phone.receive(format!("{command}\r").as_bytes(), now);
    }
    assert_eq!(phone.violations().len(), count);
}

#[test]
fn a_pulled_phone_sends_no_more_than_said() {
    let now = Instant::now();
    let pulled = Some(Pull { answer: 2, bytes: 5 });
    let mut phone = Phone::new(plain().with(Behaviour { pulled, ..Behaviour::default() }), now);
    phone.receive(b"AT\rAT+CGSN\rAT\r", now);
    assert_eq!(phone.next(now), Next::Send(b"\r\nOK\r\n".into()));
    assert!(matches!(phone.next(now), Next::Send(bytes) if bytes.len() == 5));
    assert_eq!(phone.next(now), Next::Pulled);
}

#[test]
fn nobody_reading_does_not_fill_the_memory() {
    let now = Instant::now();
    let mut phone = Phone::new(plain(), now);
    for _ in 0..10_000 {
        phone.receive(b"AT\r", now);
    }
    assert_eq!(phone.queue.len(), QUEUE);
    assert_eq!(phone.asked().len(), MEMORY);
}
