//! Whatever is read as a setup code can be printed and is the same then; what is found in a
//! stream is one.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tekser_scanner::setup_code::{CODE_MAX, SetupCode, SetupError, Watcher};

fuzz_target!(|text: &[u8]| {
    check(SetupCode::parse(text));
    // A fuzzer hardly ever guesses a checksum: with the right one, too.
    let mut sealed = b"TEKSER1:".to_vec();
    sealed.extend(text.iter().take(CODE_MAX));
    sealed.push(b':');
    let sum = !sealed.iter().fold(!0_u32, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| (sum >> 1) ^ (0xEDB8_8320 * (sum & 1)))
    });
    sealed.extend(format!("{sum:08X}.").bytes());
    let parsed = SetupCode::parse(&sealed);
    assert!(sealed.len() > CODE_MAX || parsed != Err(SetupError::Check));
    check(parsed);
    let mut watcher = Watcher::default();
    let found = text.iter().chain(&sealed).filter_map(|byte| watcher.push(*byte)).last();
    if let Ok(code) = parsed
        && !sealed[..sealed.len() - 1].contains(&b'.')
    {
        assert_eq!(found, Some(Ok(code)));
    }
});

fn check(parsed: Result<SetupCode, SetupError>) {
    if let Ok(code) = parsed {
        assert_eq!(SetupCode::parse(code.to_string().as_bytes()), Ok(code));
    }
}
