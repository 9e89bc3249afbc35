//! Any USB string: no panic, bounded, and nothing left that steers a terminal.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tekser_hardware::wording;

fuzz_target!(|bytes: Vec<u8>| {
    // As descriptors hold them, and as the kernel passes them on.
    let units = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
    let utf16 = String::from_utf16_lossy(&units.collect::<Vec<u16>>());
    for text in [utf16, String::from_utf8_lossy(&bytes).into_owned()] {
        let Some(shown) = wording::shown(&text) else { continue };
        assert!(!shown.is_empty() && shown.len() <= 256 && !shown.chars().any(char::is_control));
        assert_eq!(wording::shown(&shown).as_deref(), Some(shown.as_str()));
    }
});
