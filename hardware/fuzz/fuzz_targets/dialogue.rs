//! A whole dialogue with any phone: nothing but the known commands is sent, every identity in the
//! reading arrived in one piece, the evidence is bounded, and it ends in its time.
//!
//! The first byte chooses the vendor. The rest is what arrives, in pieces that 0xff separates; an
//! empty piece lets the time for the command pass.
#![no_main]

use std::time::Instant;

use libfuzzer_sys::fuzz_target;
use tekser_hardware::at::{Budget, Command, Dialogue, Hint, Step};
use tekser_hardware::{ClaimValue, Evidence, Reading};

const VENDORS: [u16; 12] = [
    0x10c4, 0x04e8, 0x0e8d, 0x2c7c, 0x1782, 0x1004, 0x1546, 0x1bc7, 0x0421, 0x22b8, 0x12d1, 0x0c2e,
];

fuzz_target!(|input: &[u8]| {
    let Some((vendor, rest)) = input.split_first() else {
        return;
    };
    let vendor = VENDORS[usize::from(*vendor) % VENDORS.len()];
    let hint = Hint { usb_id: Some((vendor, 1)) };
    let mut pieces = rest.split(|byte| *byte == 0xff);
    let budget = Budget::default();
    let begin = Instant::now();
    let mut now = begin;
    let mut dialogue = Dialogue::new(hint, budget, now);
    let mut heard = Vec::new();
    loop {
        match dialogue.step(now) {
            Step::Send(command) => assert!(Command::ALL.contains(&command)),
            Step::Wait(until) => match pieces.next() {
                Some(piece) if !piece.is_empty() => {
                    heard.extend(piece);
                    dialogue.receive(piece, now);
                }
                _ => now = until,
            },
            Step::Done => break,
        }
    }
    assert!(now - begin <= budget.total);
    if let Ok(reading) = dialogue.finish() {
        assert_sound(&reading, &heard);
    }
});

fn assert_sound(reading: &Reading, heard: &[u8]) {
    assert!(reading.evidence.len() <= 32);
    for evidence in &reading.evidence {
        assert!(evidence.answer.len() <= Evidence::MAX_LEN);
        assert!(Command::ALL.iter().any(|known| known.text() == evidence.command));
    }
    for claim in &reading.claims {
        assert!(claim.evidence < reading.evidence.len());
        let digits = match &claim.value {
            ClaimValue::Imei { imei, svn } => {
                let full = svn.map(|svn| format!("{imei}{svn}"));
                let full = full.filter(|full| stands(heard, full));
                full.unwrap_or_else(|| imei.to_string())
            }
            ClaimValue::WithoutCheckDigit { imei14 } => imei14.to_string(),
            ClaimValue::Imeisv { imeisv } => imeisv.to_string(),
            ClaimValue::Rejected { text, .. } => text.clone(),
            ClaimValue::Meid { .. } => continue,
        };
        assert!(stands(heard, &digits), "{:?}", claim.value);
    }
}

/// Whether these digits arrived in one piece, with no further digit on either side.
fn stands(heard: &[u8], digits: &str) -> bool {
    heard.split(|byte| !byte.is_ascii_digit()).any(|run| run == digits.as_bytes())
}
