//! What one value is, with and without a caption.

use super::bytes::{
    after, count, digits, is_field_end, is_word, starts_tail, starts_word, until, word,
};
use super::caption::{self, Caption};
use super::gs1::is_gtin;
use super::{Item, Kind};
use crate::digits::is_separator;
use crate::eid::Eid;
use crate::error::ParseError;
use crate::identifier::Identifier;
use crate::imei::{Imei, Imei14};
use crate::luhn;
use crate::meid::Meid;
use crate::tac::Standing;

/// The value that `text` begins with, under a caption, and its length.
pub(super) fn captioned(text: &[u8], caption: Caption) -> (Item<'_>, usize) {
    let len = match caption {
        Caption::Imei { .. } | Caption::ImeiOrSlot => imei_len(text),
        Caption::Imeisv { .. } => number_len(text, 14, 16),
        Caption::Meid => number_len(text, 14, 18),
        Caption::Eid => number_len(text, 32, 32),
        Caption::Iccid => number_len(text, 18, 19),
        Caption::Gtin => number_len(text, 8, 14),
        Caption::Serial | Caption::Part | Caption::Other => word(text),
        Caption::Model | Caption::Color => phrase_len(text),
    };
    let value = until(text, len);
    let item = match caption {
        Caption::Imei { slot } => imei(value, slot),
        Caption::ImeiOrSlot => imei_or_slot(value),
        Caption::Imeisv { slot } => imeisv(value, slot),
        Caption::Meid => Meid::parse(value).map_or_else(|_| plain(text, len), Item::Meid),
        Caption::Eid => Eid::parse(value).map_or(Item::Unknown(value), Item::Eid),
        Caption::Iccid if is_iccid(value) => Item::Iccid(value),
        Caption::Gtin if is_gtin(value) => Item::Gtin(value),
        Caption::Serial => serial(value),
        Caption::Part => Item::Part(value),
        Caption::Model => Item::Model(value),
        _ => Item::Unknown(value),
    };
    (item, len)
}

/// The value that `text` begins with, without a caption, and its length.
pub(super) fn bare(text: &[u8]) -> (Item<'_>, usize) {
    let n = digits(text);
    let rest = after(text, n);
    let len = if n == 0 || starts_word(rest) {
        word(text)
    } else if let Some(len) = grouped_len(text) {
        len
    } else if n == Imei::LEN && version_len(rest) > 0 {
        n + version_len(rest)
    } else if starts_tail(rest) && !(n >= Imei14::LEN && starts_second(rest)) {
        word(text)
    } else {
        n
    };
    (plain(text, len), len)
}

/// A value under the symbology identifier of EAN and UPC.
pub(super) fn retail(text: &[u8]) -> (Item<'_>, usize) {
    let value = until(text, word(text));
    let item = if is_gtin(value) { Item::Gtin(value) } else { Item::Unknown(value) };
    (item, value.len())
}

/// What is called an IMEI.
pub(super) fn imei(value: &[u8], slot: Option<u8>) -> Item<'_> {
    let reason = match Identifier::parse(value) {
        Ok(found) => return identified(found, slot),
        Err(reason) => reason,
    };
    if let (ParseError::NotADigit { .. }, Ok(meid)) = (reason, Meid::parse(value)) {
        return Item::Meid(meid);
    }
    let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
    if digits >= 6 || value.first().is_some_and(u8::is_ascii_digit) {
        Item::BadImei { digits: value, reason, slot }
    } else {
        Item::Unknown(value)
    }
}

/// What is called a serial number.
pub(super) fn serial(value: &[u8]) -> Item<'_> {
    if Imei::parse(value).is_ok() {
        ambiguous(value, Kind::Serial, Kind::Imei)
    } else if value.len() >= 8 || value.iter().any(u8::is_ascii_digit) {
        Item::Serial(value)
    } else {
        Item::Unknown(value)
    }
}

/// 15 to 17 digits, the first of which may be the number of a slot.
fn imei_or_slot(value: &[u8]) -> Item<'_> {
    match digits(value) {
        15 => ambiguous(value, Kind::Imei14, Kind::Imei),
        16 => ambiguous(value, Kind::Imei, Kind::Imeisv),
        _ => ambiguous(value, Kind::Imeisv, Kind::Imei),
    }
}

fn identified<'a>(found: Identifier, slot: Option<u8>) -> Item<'a> {
    match found {
        Identifier::Imei(imei) => Item::Imei { imei, svn: None, slot },
        Identifier::ImeiWithSvn { imei, svn } => Item::Imei { imei, svn: Some(svn), slot },
        Identifier::Imei14(imei14) => Item::Imei14 { imei14, slot },
        Identifier::Imeisv(imeisv) => Item::Imeisv { imeisv, slot },
    }
}

/// What is called an IMEISV; many print only the software version under that name.
fn imeisv(value: &[u8], slot: Option<u8>) -> Item<'_> {
    match Identifier::parse(value) {
        Ok(found @ (Identifier::Imeisv(_) | Identifier::ImeiWithSvn { .. })) => {
            identified(found, slot)
        }
        _ => Item::Unknown(value),
    }
}

/// What nothing is said of: `len` bytes of `text`.
fn plain(text: &[u8], len: usize) -> Item<'_> {
    let value = until(text, len);
    if digits(value) < len {
        return match value.iter().any(u8::is_ascii_alphabetic) {
            true => alphanumeric(value),
            false => divided(value),
        };
    }
    match len {
        8 | 12 | 13 if is_gtin(value) => Item::Gtin(value),
        14 => fourteen(value),
        15 => imei(value, None),
        16 => sixteen(value),
        19 | 20 if is_iccid(value) && luhn::is_valid(value) => Item::Iccid(value),
        32 => Eid::parse(value).map_or(Item::Unknown(value), Item::Eid),
        _ => Item::Unknown(value),
    }
}

/// Digits with separators: an IMEI only in a layout that IMEIs have.
fn divided(value: &[u8]) -> Item<'_> {
    let first = digits(value);
    let is_versioned =
        first == Imei::LEN && first + version_len(after(value, first)) == value.len();
    if !is_versioned && grouped_len(value) != Some(value.len()) {
        return Item::Unknown(value);
    }
    match Identifier::parse(value) {
        Ok(Identifier::Imeisv(_)) => ambiguous(value, Kind::Imeisv, Kind::Serial),
        _ => imei(value, None),
    }
}

/// GTIN-14, IMEI without its check digit, or a serial number.
fn fourteen(value: &[u8]) -> Item<'_> {
    match (is_gtin(value), is_plausible(value)) {
        (true, true) => ambiguous(value, Kind::Gtin, Kind::Imei14),
        (true, false) => Item::Gtin(value),
        (false, true) => ambiguous(value, Kind::Imei14, Kind::Serial),
        (false, false) => Item::Unknown(value),
    }
}

/// IMEISV, a serial number, or `01` and a GTIN-14, which is also what a scanner makes of an IMEI
/// in Code 128 that it takes for DataBar.
fn sixteen(value: &[u8]) -> Item<'_> {
    match value {
        [b'0', b'1', gtin @ ..] if is_gtin(gtin) => ambiguous(value, Kind::Gtin, Kind::Imeisv),
        _ if is_plausible(value) => ambiguous(value, Kind::Imeisv, Kind::Serial),
        _ => Item::Unknown(value),
    }
}

/// Whether a body that allocates or allocated TACs would have given out this number.
fn is_plausible(digits: &[u8]) -> bool {
    Imei14::parse(until(digits, Imei14::LEN)).is_ok_and(|imei14| {
        matches!(imei14.tac().reporting_body().standing(), Standing::Active | Standing::Retired)
    })
}

/// Letters and digits: ANSI MH10.8.2 data identifiers, an MEID, a serial number.
fn alphanumeric(value: &[u8]) -> Item<'_> {
    match value {
        [b'4', b'3', b'S', iccid @ ..] if is_iccid(iccid) => return Item::Iccid(iccid),
        [b'1', b'P', part @ ..] if part.len() >= 3 => return Item::Part(part),
        // Apple prints serial numbers of 10 to 12 characters, barcoded with an S in front.
        [b'S', serial @ ..] if matches!(serial.len(), 10..=12) && is_serial(serial) => {
            return Item::Serial(serial);
        }
        _ => {}
    }
    let is_one_word = value.iter().all(u8::is_ascii_alphanumeric);
    match Meid::parse(value) {
        Ok(_) if is_one_word && value.len() == Meid::LEN => {
            ambiguous(value, Kind::Meid, Kind::Serial)
        }
        Ok(meid) if is_one_word => Item::Meid(meid),
        _ if is_serial(value) => Item::Serial(value),
        _ => Item::Unknown(value),
    }
}

/// Whether this can be a serial number though nothing says so.
fn is_serial(value: &[u8]) -> bool {
    matches!(value.len(), 8..=14)
        && value.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        && value.iter().any(u8::is_ascii_digit)
        && value.iter().any(u8::is_ascii_uppercase)
}

/// 18 to 20 digits that begin with 89 (ITU-T E.118), the last of which may be padded with `F`.
fn is_iccid(value: &[u8]) -> bool {
    let number = value.strip_suffix(b"F").unwrap_or(value);
    let digits = number.iter().filter(|byte| byte.is_ascii_digit()).count();
    let is_number = number.iter().all(|byte| byte.is_ascii_digit() || is_separator(*byte));
    number.starts_with(b"89") && is_number && matches!(digits, 18..=20)
}

fn ambiguous(text: &[u8], first: Kind, second: Kind) -> Item<'_> {
    Item::Ambiguous { text, readings: [first, second] }
}

/// Length of an IMEI and the software version behind it.
fn imei_len(text: &[u8]) -> usize {
    let len = number_len(text, Imei14::LEN, Imei::LEN);
    let has_all = until(text, len).iter().filter(|byte| byte.is_ascii_digit()).count() == Imei::LEN;
    if has_all { len + version_len(after(text, len)) } else { len }
}

/// Length of a number whose kind is known: a group of `alone` digits is never joined with
/// another; shorter groups are, until there are `whole` digits. Where it hangs on to something
/// that is no number, it is a word.
fn number_len(text: &[u8], alone: usize, whole: usize) -> usize {
    let first = digits(text);
    if first == 0 || starts_word(after(text, first)) {
        return word(text);
    }
    let (mut len, mut total) = (first, first);
    while first < alone && total < whole {
        let rest = after(text, len);
        // More than three separators are layout.
        let gap = count(until(rest, 3), is_separator);
        let group = digits(after(rest, gap));
        if gap == 0 || group == 0 || group >= alone || starts_word(after(rest, gap + group)) {
            break;
        }
        len += gap + group;
        total += group;
    }
    let rest = after(text, len);
    if starts_tail(rest) && version_len(rest) == 0 && !starts_second(rest) {
        return len + word_tail(rest);
    }
    len
}

/// Length of what hangs on to a number, its joint included.
fn word_tail(text: &[u8]) -> usize {
    1 + word(after(text, 1))
}

/// Length of a software version behind an IMEI: ` / 19`, `-19`, `/19`.
fn version_len(text: &[u8]) -> usize {
    let blank = |text| count(until(text, 2), |byte| byte == b' ');
    let before = blank(text);
    let [b'/' | b'-', rest @ ..] = after(text, before) else {
        return 0;
    };
    let between = blank(rest);
    let version = after(rest, between);
    let end = after(version, 2);
    if digits(until(version, 3)) == 2 && !starts_word(end) && !starts_tail(end) {
        before + 1 + between + 2
    } else {
        0
    }
}

/// Whether `/` and another whole number follow: `IMEI1/IMEI2`.
fn starts_second(text: &[u8]) -> bool {
    matches!(text, [b'/', rest @ ..] if digits(until(rest, Imei14::LEN)) == Imei14::LEN)
}

/// Length of an IMEI or IMEISV in a layout that makers print, software version included. Before
/// 2004 the TAC was six digits and two of final assembly.
fn grouped_len(text: &[u8]) -> Option<usize> {
    const LAYOUTS: [&[usize]; 6] =
        [&[2, 6, 6, 1], &[2, 6, 6, 2], &[6, 2, 6, 1], &[6, 2, 6, 2], &[8, 6, 1], &[8, 6, 2]];
    LAYOUTS.iter().find_map(|layout| {
        let len = layout_len(text, layout)?;
        let rest = after(text, len);
        let version = if layout.last() == Some(&1) { version_len(rest) } else { 0 };
        let goes_on = starts_tail(rest) || matches!(rest, [b' ', b'0'..=b'9', ..]);
        (version > 0 || !goes_on).then_some(len + version)
    })
}

/// Length of groups of these sizes with the same separator between them.
fn layout_len(text: &[u8], layout: &[usize]) -> Option<usize> {
    let mut len = 0;
    let mut separator = None;
    for group in layout {
        if len > 0 {
            let byte = *text.get(len)?;
            if !is_separator(byte) || separator.is_some_and(|first| first != byte) {
                return None;
            }
            separator = Some(byte);
            len += 1;
        }
        if digits(until(after(text, len), group + 1)) != *group {
            return None;
        }
        len += group;
    }
    (!starts_word(after(text, len))).then_some(len)
}

/// Length of a phrase: up to the end of the field or the next caption.
fn phrase_len(text: &[u8]) -> usize {
    let field = until(text, count(text, |byte| !is_field_end(byte)));
    let mut end = word(field);
    let mut at = end;
    while let [byte, ..] = after(field, at) {
        let rest = after(field, at);
        if caption::read(rest).is_some() {
            break;
        }
        if is_word(*byte) {
            at += word(rest);
            end = at;
        } else {
            at += 1;
        }
    }
    end
}
