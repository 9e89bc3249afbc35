//! Any output of `service call`: no panic, and no text whose characters were not in its words.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tekser_hardware::adb::identity::identity;
use tekser_hardware::adb::parcel::Parcel;

fuzz_target!(|output: Vec<u8>| {
    let Ok(Parcel::Text(text)) = Parcel::parse(&output) else {
        return;
    };
    let dump = String::from_utf8_lossy(&output).to_lowercase();
    for unit in text.encode_utf16() {
        assert!(dump.contains(&format!("{unit:04x}")));
    }
    let _ = identity(text.trim());
});
