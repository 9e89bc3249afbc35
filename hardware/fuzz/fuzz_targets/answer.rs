//! Any answer to any command: no panic, and no identity whose digits were not in it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tekser_hardware::ClaimValue;
use tekser_hardware::at::Command;
use tekser_hardware::at::answer::Facts;
use tekser_hardware::at::digest::Digester;

fuzz_target!(|input: (u8, Vec<u8>)| {
    let (which, mut bytes) = input;
    let command = Command::ALL[usize::from(which) % Command::ALL.len()];
    bytes.extend_from_slice(b"\r\nOK\r\n");
    let mut digester = Digester::new();
    digester.expect(command);
    let Some(answer) = digester.digest(&bytes).1 else {
        return;
    };
    let heard = String::from_utf8_lossy(&answer.raw).into_owned();
    for identity in Facts::of(&answer).identities {
        let digits = match identity {
            ClaimValue::Imei { imei, .. } => imei.to_string(),
            ClaimValue::WithoutCheckDigit { imei14 } => imei14.to_string(),
            ClaimValue::Imeisv { imeisv } => imeisv.to_string(),
            ClaimValue::Rejected { text, .. } => text,
            ClaimValue::Meid { .. } => continue,
        };
        assert!(heard.contains(&digits));
    }
});
