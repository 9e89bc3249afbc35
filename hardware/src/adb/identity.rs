//! One text that stands where an equipment identity is expected, and what it is.

use tekser_imei::{Imei, Imei14, Imeisv, Meid};

use crate::reading::ClaimValue;

/// Shortest run of digits that is shown as a rejected identity; shorter ones are other numbers.
const SHORTEST: usize = 12;

/// Longest one.
const LONGEST: usize = 20;

/// What a text is, told apart by its length and its letters. `None` for what is no identity at
/// all. Never is a digit added, dropped or guessed.
pub fn identity(text: &str) -> Option<ClaimValue> {
    let bytes = text.as_bytes();
    if !(SHORTEST..=LONGEST).contains(&bytes.len()) {
        return None;
    }
    if bytes.iter().all(u8::is_ascii_digit) {
        let parsed = match bytes.len() {
            14 => Imei14::parse(bytes).map(|imei14| ClaimValue::WithoutCheckDigit { imei14 }),
            16 => Imeisv::parse(bytes).map(|imeisv| ClaimValue::Imeisv { imeisv }),
            _ => Imei::parse(bytes).map(|imei| ClaimValue::Imei { imei, svn: None }),
        };
        let rejected = |reason| ClaimValue::Rejected { text: text.to_owned(), reason };
        return Some(parsed.unwrap_or_else(rejected));
    }
    let hexadecimal = bytes.len() == Meid::LEN && bytes.iter().all(u8::is_ascii_hexdigit);
    let meid = if hexadecimal { Meid::parse(bytes).ok() } else { None };
    meid.map(|meid| ClaimValue::Meid { meid })
}
