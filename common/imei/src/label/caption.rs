//! The words before a value that say what it is.

use super::bytes::{after, count, digits, starts_tail, starts_with, starts_word, until};

/// What the text says that the next value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Caption {
    Imei {
        slot: Option<u8>,
    },
    /// `IMEI1354626223546262`: slot 1 and 15 digits, or 16 digits.
    ImeiOrSlot,
    Imeisv {
        slot: Option<u8>,
    },
    Meid,
    Eid,
    Iccid,
    Serial,
    Gtin,
    Part,
    Model,
    Color,
    /// A number that is none of the above, though it may look like one: an IMSI has 15 digits.
    Other,
}

impl Caption {
    /// Of two captions with no value between, the one that the next value has.
    pub(super) fn stacked_on(self, earlier: Option<Self>) -> Self {
        match (earlier, self) {
            // `IMEI1 / IMEI2: …`: whose the first value is, is not said.
            (Some(Self::Imei { .. }), Self::Imei { .. }) => Self::Imei { slot: None },
            _ => self,
        }
    }

    /// Whether the value must stand beside the caption: a phrase has no form to know it by.
    pub(super) fn ends_with_field(self) -> bool {
        matches!(self, Self::Model | Self::Color | Self::Part | Self::Other)
    }
}

/// Captions as printed, longer before shorter. `(01)`, `(21)` and `(8002)` are GS1 application
/// identifiers in human-readable form; `(S)`, `(1P)` and `(43S)` ANSI MH10.8.2 data identifiers.
const WORDS: [(&str, Caption); 33] = [
    ("IMEISV", Caption::Imeisv { slot: None }),
    ("IMEI SV", Caption::Imeisv { slot: None }),
    ("IMEI", Caption::Imei { slot: None }),
    ("(8002)", Caption::Imei { slot: None }),
    ("MEID", Caption::Meid),
    ("EID", Caption::Eid),
    ("ICCID", Caption::Iccid),
    ("(43S)", Caption::Iccid),
    ("SERIAL", Caption::Serial),
    ("S/N", Caption::Serial),
    ("SN", Caption::Serial),
    ("(S)", Caption::Serial),
    ("(21)", Caption::Serial),
    ("(01)", Caption::Gtin),
    ("GTIN", Caption::Gtin),
    ("EAN", Caption::Gtin),
    ("UPC", Caption::Gtin),
    ("(1P)", Caption::Part),
    ("PART", Caption::Part),
    ("P/N", Caption::Part),
    ("PN", Caption::Part),
    ("MODEL", Caption::Model),
    ("COLOUR", Caption::Color),
    ("COLOR", Caption::Color),
    ("IMSI", Caption::Other),
    ("MSISDN", Caption::Other),
    ("ESN", Caption::Other),
    ("PESN", Caption::Other),
    ("ECID", Caption::Other),
    ("UDID", Caption::Other),
    ("BT", Caption::Other),
    ("MAC", Caption::Other),
    ("TEL", Caption::Other),
];

/// Words that may follow a caption and add nothing.
const FILLERS: [&str; 9] = ["NUMBER", "NUM", "NO", "CODE", "NAME", "SIM", "SLOT", "HEX", "DEC"];

/// The caption that `text` begins with, and its length.
pub(super) fn read(text: &[u8]) -> Option<(Caption, usize)> {
    let (word, caption) = WORDS.iter().find(|(word, caption)| {
        let rest = after(text, word.len());
        starts_with(text, word) && (word.ends_with(')') || ends(rest, *caption))
    })?;
    let len = word.len();
    if word.ends_with(')') {
        return Some((*caption, len));
    }
    let rest = after(text, len);
    match caption {
        Caption::Imei { .. } if may_begin_with_slot(rest) => Some((Caption::ImeiOrSlot, len)),
        Caption::Imei { .. } => {
            let (slot, tail) = imei_tail(rest);
            Some((Caption::Imei { slot }, len + tail))
        }
        Caption::Imeisv { .. } => {
            let (slot, tail) = imei_tail(rest);
            Some((Caption::Imeisv { slot }, len + tail))
        }
        _ => Some((*caption, len + fillers(rest))),
    }
}

/// Whether a caption can end before `rest`. Only IMEI may have digits right behind it: the slot,
/// or the number itself.
fn ends(rest: &[u8], caption: Caption) -> bool {
    match caption {
        Caption::Imei { .. } => {
            let rest = rest.strip_prefix(b"_").unwrap_or(rest);
            !starts_word(after(rest, digits(rest)))
        }
        _ => !starts_word(rest),
    }
}

/// Whether the digits glued to `IMEI` may begin with a slot. No body that allocates TACs has a
/// number that begins with 1 or 2.
fn may_begin_with_slot(rest: &[u8]) -> bool {
    match digits(until(rest, 18)) {
        15 | 17 => matches!(rest, [b'1' | b'2', ..]),
        16 => matches!(rest, [b'1'..=b'4', ..]),
        _ => false,
    }
}

/// Slot and length of what may follow `IMEI`: ` 1`, `(2)`, ` (SIM 2)`, ` No. 1`, ` 1/MEID`.
fn imei_tail(text: &[u8]) -> (Option<u8>, usize) {
    let before = fillers(text);
    let (slot, mut len) = match slot(after(text, before)) {
        Some((slot, len)) => (Some(slot), before + len),
        None => (None, before),
    };
    len += fillers(after(text, len));
    len += also_meid(after(text, len));
    (slot, len)
}

/// A slot number, 1 to 4, that stands alone, and the length up to its end.
fn slot(text: &[u8]) -> Option<(u8, usize)> {
    let lead = lead(text);
    let rest = after(text, lead);
    match rest {
        [digit @ b'1'..=b'4', tail @ ..] if !starts_word(tail) && !continues(tail) => {
            Some((digit - b'0', lead + 1))
        }
        _ => None,
    }
}

/// Whether the number before `text` goes on: `3-5462…`, but not `1/MEID`.
fn continues(text: &[u8]) -> bool {
    starts_tail(text) && digits(after(text, 1)) > 0
}

/// Length of `/MEID`, which leaves the caption an IMEI's.
fn also_meid(text: &[u8]) -> usize {
    let blank = count(text, |byte| byte == b' ');
    match after(text, blank) {
        [b'/', rest @ ..] => {
            let inner = count(rest, |byte| byte == b' ');
            let word = after(rest, inner);
            let is_meid = starts_with(word, "MEID") && !starts_word(after(word, 4));
            if is_meid { blank + 1 + inner + 4 } else { 0 }
        }
        _ => 0,
    }
}

/// Length of the filler words that `text` begins with; at most two are taken.
fn fillers(text: &[u8]) -> usize {
    let first = filler(text);
    if first == 0 { 0 } else { first + filler(after(text, first)) }
}

fn filler(text: &[u8]) -> usize {
    let lead = lead(text);
    let rest = after(text, lead);
    let word = FILLERS.iter().find(|word| {
        let tail = after(rest, word.len());
        // `SIM1`: the slot may be glued to it.
        let glued = word.starts_with('S') && digits(tail) == 1;
        starts_with(rest, word) && !starts_word(after(tail, usize::from(glued)))
    });
    word.map_or(0, |word| lead + word.len())
}

/// Length of what may stand between a caption and its addition.
fn lead(text: &[u8]) -> usize {
    let is_lead = |byte| matches!(byte, b' ' | b'(' | b'[' | b'#' | b'.' | b'-' | b'_');
    // More than this is layout, not one caption.
    count(until(text, 4), is_lead)
}
