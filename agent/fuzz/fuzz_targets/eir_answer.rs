//! Any reply of an equipment identity register ends, makes an IMEI clear only by saying
//! `WHITELISTED`, unknown only by its own 404, and no error repeats a number of it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use tekser::registry::http::Reply;
use tekser::registry::{RegistryId, eir};
use tekser::ruling::Verdict;

const KINDS: [&str; 4] = [
    "application/json",
    "application/problem+json; charset=utf-8",
    "text/html",
    "x/4901542032+json",
];

fuzz_target!(|input: &[u8]| {
    let [status, kind, body @ ..] = input else {
        return;
    };
    let status = match status {
        0..=99 => 200,
        100..=179 => 404,
        other => 100 + u16::from(*other) * 2,
    };
    let kind = KINDS[usize::from(*kind) % KINDS.len()];
    let reply = Reply::new(status, kind, body.to_vec()).expect("a status and a media type");
    // Where nobody looks an answer may hold more than this parser takes: a number too large for one.
    let text = serde_json::from_slice::<Value>(body).ok();
    let says = |name: &str, word: &str| text.as_ref().is_none_or(|text| text[name] == word);
    match eir::verdict(&RegistryId::new("eir"), &reply) {
        Ok(Verdict::Clear) => assert!(status == 200 && says("status", "WHITELISTED")),
        Ok(Verdict::Blocked { .. }) => assert!(status == 200 && says("status", "BLACKLISTED")),
        Ok(Verdict::Undetermined { .. }) => {
            assert!(status == 200 && says("status", "GREYLISTED"));
        }
        Ok(Verdict::Unknown) => {
            assert!(status == 404 && kind.starts_with("application/problem+json"));
            let silent = text.as_ref().is_some_and(|text| text["cause"].is_null());
            assert!(silent || says("cause", "ERROR_EQUIPMENT_UNKNOWN"));
        }
        Ok(Verdict::Grace { .. }) => panic!("3GPP knows no grace"),
        Err(error) => {
            // The status and a place in the answer are numbers too, with less digits than half an IMEI.
            let told = error.to_string();
            let longest = told.split(|c: char| !c.is_ascii_digit()).map(str::len).max();
            assert!(longest.is_none_or(|digits| digits < 8), "{told}");
        }
    }
});
