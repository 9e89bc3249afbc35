//! Any reply of CAMARA's check-status ends, makes an IMEI clear only by saying `allowed` about this
//! very IMEI, and no error repeats a number of it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use tekser::registry::http::Reply;
use tekser::registry::{RegistryId, camara};
use tekser::ruling::Verdict;
use tekser_imei::Imei;

const ASKED: &str = "490154203237518";

const KINDS: [&str; 3] = ["application/json", "text/html", "x/4901542032+json"];

fuzz_target!(|input: &[u8]| {
    let [status, kind, body @ ..] = input else {
        return;
    };
    let status = match status {
        0..=99 => 200,
        100..=139 => 404,
        140..=179 => 422,
        other => 100 + u16::from(*other) * 2,
    };
    let kind = KINDS[usize::from(*kind) % KINDS.len()];
    let reply = Reply::new(status, kind, body.to_vec()).expect("a status and a media type");
    // Where nobody looks an answer may hold more than this parser takes: a number too large for one.
    let text = serde_json::from_slice::<Value>(body).ok();
    let says = |name: &str, word: &str| text.as_ref().is_none_or(|text| text[name] == word);
    let asked: Imei = ASKED.parse().expect("a sound IMEI");
    match camara::said(&RegistryId::new("camara"), asked, &reply) {
        Ok(said) => match (status, said.verdict) {
            (404, verdict) => assert_eq!(verdict, Verdict::Unknown),
            (422, verdict) => assert!(matches!(verdict, Verdict::Undetermined { .. })),
            (200, verdict) => {
                assert!(says("imei", ASKED));
                assert!(!verdict.is_clear() || says("operationalStatus", "allowed"));
                assert!(!matches!(verdict, Verdict::Grace { .. } | Verdict::Undetermined { .. }));
            }
            (status, verdict) => panic!("{verdict:?} by status {status}"),
        },
        Err(error) => {
            let told = error.to_string();
            let longest = told.split(|c: char| !c.is_ascii_digit()).map(str::len).max();
            assert!(longest.is_none_or(|digits| digits < 8), "{told}");
        }
    }
});
