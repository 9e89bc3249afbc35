//! Any output of `getprop`: no panic, and nothing told that did not stand there.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tekser_hardware::adb::property::Properties;

fuzz_target!(|output: Vec<u8>| {
    let properties = Properties::parse(&output);
    let text = String::from_utf8_lossy(&output);
    for mention in properties.mentions() {
        assert!(text.contains(&mention.text) && text.contains(mention.key));
    }
    if let Some(sdk) = properties.sdk() {
        assert!(text.contains(&sdk.to_string()));
    }
    assert!(properties.sim_slots().is_none_or(|(count, _)| (1..=4).contains(&count)));
});
