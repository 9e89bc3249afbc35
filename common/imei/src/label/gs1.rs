//! GS1 element strings as a scanner sends them (GS1 General Specifications, sections 3, 7.8).

use super::bytes::{count, digits, is_line_end, until};

/// Group separator: what a scanner sends for FNC1 after an element of variable length.
const GS: u8 = 0x1D;

/// One element string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) identifier: Identifier,
    /// Length of the application identifier.
    pub(super) head: usize,
    /// Length of the whole.
    pub(super) len: usize,
}

/// The application identifiers that matter here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Identifier {
    /// (01)
    Gtin,
    /// (21)
    Serial,
    /// (8002), "cellular mobile telephone identifier": an IMEI.
    Cmti,
    Other,
}

/// The element that `text` begins with.
pub(super) fn element(text: &[u8]) -> Option<Element> {
    if digits(until(text, 2)) < 2 {
        return None;
    }
    let (identifier, head) = match text {
        [b'0', b'1', ..] => (Identifier::Gtin, 2),
        [b'2', b'1', ..] => (Identifier::Serial, 2),
        [b'8', b'0', b'0', b'2', ..] => (Identifier::Cmti, 4),
        _ => (Identifier::Other, 2),
    };
    let rest = until(text, fixed_len(text).unwrap_or(text.len()));
    let len = count(rest, |byte| byte != GS && !is_line_end(byte));
    Some(Element { identifier, head: head.min(len), len })
}

/// Length of the elements that need no separator behind them, identifier included
/// (figure 7.8.5-2).
fn fixed_len(text: &[u8]) -> Option<usize> {
    match text {
        [b'0', b'0', ..] => Some(20),
        [b'0', b'1'..=b'3', ..] => Some(16),
        [b'0', b'4', ..] => Some(18),
        [b'1', b'1'..=b'9', ..] => Some(8),
        [b'2', b'0', ..] => Some(4),
        [b'3', b'1'..=b'6', ..] => Some(10),
        [b'4', b'1', ..] => Some(16),
        _ => None,
    }
}

/// Whether text without a symbology identifier is GS1 all the same: it begins with FNC1, or it
/// has a separator and begins with an article number that agrees.
pub(super) fn is_likely(text: &[u8]) -> bool {
    match text {
        [GS, rest @ ..] => digits(until(rest, 2)) == 2,
        [b'0', b'1', rest @ ..] => {
            let line = until(rest, count(rest, |byte| !is_line_end(byte)));
            is_gtin(until(rest, 14)) && line.contains(&GS)
        }
        _ => false,
    }
}

/// Whether `text`, separators left out, is an article number of 8, 12, 13 or 14 digits with the
/// right check digit (section 7.9). Its weights of 3 and 1 are not Luhn's.
pub(super) fn is_gtin(text: &[u8]) -> bool {
    let mut sum = 0;
    let mut len = 0;
    for byte in text.iter().rev().filter(|byte| **byte != b' ' && **byte != b'-') {
        if !byte.is_ascii_digit() || len == 14 {
            return false;
        }
        let weight = if len % 2 == 0 { 1 } else { 3 };
        sum += u16::from(byte - b'0') * weight;
        len += 1;
    }
    matches!(len, 8 | 12 | 13 | 14) && sum % 10 == 0 && sum > 0
}
