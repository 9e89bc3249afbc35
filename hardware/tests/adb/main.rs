//! The debug bridge room: bytes to packets, packets to a dialogue, printed text to a reading.
//!
//! Dumps are those of real phones, re-typed. Numbers are published test numbers, examples, or made
//! up with a valid check digit.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod far;
mod keys;
mod links;
mod packets;
mod parcels;
#[cfg(unix)]
mod peers;
mod properties;
mod readings;
mod safety;
mod servers;
mod sessions;
mod shells;

use std::sync::{Arc, OnceLock};

use tekser_hardware::adb::Key;

/// A published test number.
const ONE: &str = "490154203237518";
/// A published example.
const TWO: &str = "356938035643809";
/// Another one.
const THREE: &str = "352099001761481";

/// The station's key of this test run: making one takes long.
fn key() -> Arc<Key> {
    static KEY: OnceLock<Arc<Key>> = OnceLock::new();
    Arc::clone(KEY.get_or_init(|| Arc::new(Key::generate().unwrap())))
}

/// A second one.
fn other_key() -> Arc<Key> {
    static KEY: OnceLock<Arc<Key>> = OnceLock::new();
    Arc::clone(KEY.get_or_init(|| Arc::new(Key::generate().unwrap())))
}

/// What `service call` prints of these words.
fn dump(words: &[u32]) -> String {
    let gutter = |line: &[u32]| -> String {
        let bytes = line.iter().flat_map(|word| word.to_le_bytes());
        bytes.map(|byte| if byte.is_ascii_graphic() { char::from(byte) } else { '.' }).collect()
    };
    let hex = |line: &[u32]| -> String { line.iter().map(|word| format!("{word:08x} ")).collect() };
    if words.len() <= 4 {
        return format!("Result: Parcel({:<12}'{}')\n", hex(words), gutter(words));
    }
    let lines = words.chunks(4).enumerate().map(|(number, line)| {
        let (offset, hex) = (16 * number, hex(line));
        format!("\n  0x{offset:08x}: {hex:<36}'{:<16}'", gutter(line))
    });
    format!("Result: Parcel({})\n", lines.collect::<String>())
}

/// The words of a text behind its exception.
fn words(exception: u32, text: &str) -> Vec<u32> {
    let mut units: Vec<u16> = text.encode_utf16().collect();
    let length = u32::try_from(units.len()).unwrap();
    units.push(0);
    if units.len() % 2 == 1 {
        units.push(0);
    }
    let pairs = units.chunks(2).map(|pair| u32::from(pair[0]) | u32::from(pair[1]) << 16);
    [exception, length].into_iter().chain(pairs).collect()
}

/// What `service call` prints of a text.
fn parcel(text: &str) -> String {
    dump(&words(0, text))
}

const NULL: &str = "Result: Parcel(00000000 ffffffff   '........')\n";
