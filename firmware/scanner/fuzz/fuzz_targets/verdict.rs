//! Any text is judged, and its IMEIs are digits of it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tekser_scanner::label::{equipment, verdict};
use tekser_wire::message::{Aim, TEXT_MAX, Verdict};

fuzz_target!(|text: &[u8]| {
    let (aim, text) = match text {
        [code, modifier, rest @ ..] if code.is_ascii_alphabetic() => {
            (Some(Aim([*code, *modifier])), rest)
        }
        _ => (None, text),
    };
    let verdict = verdict(aim, text);
    assert_eq!(verdict == Verdict::TooLong, text.len() > TEXT_MAX);
    let mut found = 0;
    equipment(aim, text, &mut |imei| {
        found += 1;
        assert!(imei.iter().all(u8::is_ascii_digit));
    });
    if text.len() <= TEXT_MAX && found > 0 {
        assert!(matches!(verdict, Verdict::Valid | Verdict::Suspicious | Verdict::Wrong));
    }
    assert!(found <= text.len() / 14);
});
