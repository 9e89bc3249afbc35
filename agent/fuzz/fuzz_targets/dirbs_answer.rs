//! Any bytes are an answer to three questions or none; an IMEI is clear only if the answer says in
//! its place that it is registered.

#![no_main]

use jiff::civil::date;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use tekser::registry::dirbs::{device, model, models, verdicts};
use tekser_imei::{Imei, ParseError};

const ASKED: [Result<Imei, ParseError>; 3] = [
    Imei::parse(b"352099001761481"),
    Imei::parse(b"490154203237518"),
    Imei::parse(b"860123040000100"),
];

fuzz_target!(|bytes: &[u8]| {
    let asked = ASKED.map(|imei| imei.expect("sound"));
    if let Ok(verdicts) = verdicts(bytes, &asked, date(2026, 11, 22)) {
        assert_eq!(verdicts.len(), asked.len());
        let said: Value = serde_json::from_slice(bytes).expect("it was read");
        for (place, verdict) in verdicts.iter().enumerate() {
            if verdict.is_clear() {
                check_clear(&said["results"][place], asked[place]);
            }
        }
    }
    let tacs = asked.map(|imei| imei.tac());
    if let Ok(Some(device)) = device(bytes, asked[0]) {
        assert_eq!(device.imei, asked[0].imei14());
        assert!(device.imei_count().is_none_or(|count| count > device.others.len()));
    }
    if let Ok(Some(model)) = model(bytes, tacs[0]) {
        assert_ne!(model.imei_count(), Some(0));
    }
    if let Ok(models) = models(bytes, &tacs) {
        assert_eq!(models.len(), tacs.len());
    }
});

fn check_clear(said: &Value, imei: Imei) {
    assert_eq!(said["imei_norm"], imei.imei14().as_str());
    assert_eq!(said["registration_status"]["status"], "whitelist");
    assert_eq!(said["registration_status"]["provisional_only"], false);
    assert_eq!(said["realtime_checks"]["in_registration_list"], true);
    assert_eq!(said["realtime_checks"]["invalid_imei"], false);
    for nothing in ["/block_date", "/stolen_status/status", "/stolen_status/provisional_only"] {
        assert_eq!(said.pointer(nothing), Some(&Value::Null));
    }
}
