//! Codes in front of the glass, and what becomes of them.

use serde_json::json;
use tekser_virtual_bench::engine::Code;
use tekser_wire::message::Verdict;

use crate::counter::Counter;
use crate::emulator::{MS, hex};
use crate::label::imei;

/// Published examples.
const SOUND: &str = "490154203237518";
const OTHER: &str = "356938035643809";

/// The only scan but one: another code behind shows that what came before is dealt with.
fn verdict_of(code: Code) -> Option<Verdict> {
    let mut counter = Counter::ready()?;
    counter.show(code);
    counter.show(OTHER);
    counter.until_scans(2);
    assert_eq!(counter.notes().scans[1].text, OTHER);
    Some(counter.notes().scans[0].verdict)
}

#[test]
fn a_sound_imei_is_judged_stored_and_sent() {
    let Some(mut counter) = Counter::ready() else { return };
    let before = counter.counters();
    counter.show(SOUND);
    counter.until_scans(1);
    let scan = &counter.notes().scans[0];
    assert_eq!((scan.text.as_str(), scan.verdict), (SOUND, Verdict::Valid));
    assert_eq!(scan.aim, Some(*b"C0"));
    assert!(counter.counters().programmed > before.programmed, "it is in no flash");
}

#[test]
fn it_is_in_flash_before_the_person_hears_and_the_station_knows() {
    let Some(mut counter) = Counter::ready() else { return };
    counter.run(300);
    let begin = counter.now();
    counter.show(SOUND);
    counter.until_scans(1);
    counter.run(20);
    let written = counter.seen.iter().filter(|seen| seen.at > begin && seen.kind == "flash");
    let written = written.map(|seen| seen.at).next().expect("it is written");
    let heard = counter.tones().into_iter().find(|at| *at > begin).expect("it is heard");
    let sent = counter.notes().scans[0].at;
    assert!(written < heard && written < sent, "{written} {heard} {sent}");
}

#[test]
fn a_wrong_check_digit_is_a_finding() {
    let Some(verdict) = verdict_of("490154203237510".into()) else { return };
    assert_eq!(verdict, Verdict::Wrong);
}

#[test]
fn a_number_that_no_phone_has_is_suspicious() {
    let Some(verdict) = verdict_of("000000000000000".into()) else { return };
    assert_eq!(verdict, Verdict::Suspicious);
}

#[test]
fn letters_are_nothing() {
    let Some(verdict) = verdict_of("hello, world".into()) else { return };
    assert_eq!(verdict, Verdict::Nothing);
}

#[test]
fn a_gs1_label_with_gtin_and_imei_is_valid() {
    // Application identifiers 01 (article) and 8002 (mobile telephone), as on a carton.
    let code = Code::new(b"d2", format!("0106901443123454\x1d8002{SOUND}").into_bytes());
    let Some(verdict) = verdict_of(code) else { return };
    assert_eq!(verdict, Verdict::Valid);
}

#[test]
fn a_gs1_label_whose_imei_has_a_wrong_check_digit_is_wrong() {
    let code = Code::new(b"d2", b"0106901443123454\x1d8002490154203237510");
    let Some(verdict) = verdict_of(code) else { return };
    assert_eq!(verdict, Verdict::Wrong);
}

#[test]
fn a_label_with_two_imeis_in_one_code_is_valid_as_a_whole() {
    let text = format!("IMEI1:{SOUND} IMEI2:{OTHER} SN:R58M12ABCDE");
    let Some(verdict) = verdict_of(Code::qr(text)) else { return };
    assert_eq!(verdict, Verdict::Valid);
}

#[test]
fn one_wrong_imei_of_two_makes_the_label_wrong() {
    let text = format!("IMEI1:{SOUND} IMEI2:356938035643800");
    let Some(verdict) = verdict_of(Code::qr(text)) else { return };
    assert_eq!(verdict, Verdict::Wrong);
}

#[test]
fn an_oversized_code_is_refused_and_the_next_one_is_read() {
    let Some(mut counter) = Counter::ready() else { return };
    counter.show(Code::qr("7".repeat(700)));
    counter.show(SOUND);
    counter.until_scans(1);
    assert_eq!(counter.notes().scans[0].text, SOUND);
    counter.until("the count of broken codes", |counter| {
        counter.notes().state.is_some_and(|state| state.broken == 1)
    });
}

#[test]
fn a_code_that_dribbles_in_is_read_whole() {
    let Some(mut counter) = Counter::ready() else { return };
    let (head, tail) = SOUND.split_at(7);
    counter.engine_says(format!("]C0{head}").as_bytes());
    counter.run(40);
    counter.engine_says(format!("{tail}\r").as_bytes());
    counter.until_scans(1);
    assert_eq!(counter.notes().scans[0].text, SOUND);
}

#[test]
fn noise_on_the_line_spoils_a_code_and_not_the_next() {
    let Some(mut counter) = Counter::ready() else { return };
    let broken = hex(SOUND.as_bytes());
    counter.ask(&[json!({ "do": "engine", "hex": broken, "framing": true })]);
    counter.engine_says(b"\r");
    counter.run(200);
    counter.show(OTHER);
    counter.until("the other code", |counter| {
        counter.notes().scans.iter().any(|scan| scan.text == OTHER)
    });
    assert!(counter.notes().scans.iter().all(|scan| scan.text != SOUND), "noise became a code");
}

#[test]
fn a_code_that_is_still_in_front_of_the_glass_is_one_scan() {
    let Some(mut counter) = Counter::ready() else { return };
    for _ in 0..5 {
        counter.show(SOUND);
    }
    counter.show(OTHER);
    counter.until_scans(2);
    counter.run(300);
    let texts: Vec<_> = counter.notes().scans.iter().map(|scan| scan.text.as_str()).collect();
    assert_eq!(texts, [SOUND, OTHER]);
}

#[test]
fn two_hundred_codes_in_a_row_at_line_rate_all_arrive() {
    let Some(mut counter) = Counter::ready() else { return };
    let begin = counter.now();
    let codes: Vec<_> = (0..200).map(imei).collect();
    codes.iter().for_each(|code| counter.show(code.as_str()));
    counter.until_scans(200);
    let took = (counter.now() - begin) / MS;
    let texts: Vec<_> = counter.notes().scans.iter().map(|scan| scan.text.clone()).collect();
    assert_eq!(texts, codes);
    assert_eq!(counter.counters().overruns, 0);
    // 15 digits, identifier and end at 9600 baud are 19.8 ms.
    println!("200 codes in {took} ms; the line alone needs 3,960 ms");
    assert!(took < 4_300, "{took} ms");
}
