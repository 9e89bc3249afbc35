//! Text of a box label, a sticker or a phone's screen becomes a [`Reading`].

use tekser_hardware::{Claim, ClaimValue, Confidence, Evidence, Reading, Slot, Source};
use tekser_imei::label::{Item, findings};

/// Longest text taken as one label, in bytes.
pub const LABEL_MAX: usize = 8 * 1024;

/// Why a text gives no reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LabelError {
    /// Nothing in it can be used.
    #[error("nothing in this text is an IMEI, an EID or a serial number")]
    NothingFound,
    /// What is in it can be two things, and nothing says which.
    #[error(
        "the number in this text can be read two ways; say what it is by writing it with \
         the word that the label prints before it, such as `IMEI: …`"
    )]
    Ambiguous,
}

/// Reads text that was scanned, pasted or typed.
///
/// # Errors
///
/// See [`LabelError`]. A doubtful number beside one that is none is left out.
pub fn read_label(text: &str, source: Source) -> Result<Reading, LabelError> {
    let mut reading = Reading::empty(source);
    let mut why_none = LabelError::NothingFound;
    reading.evidence.push(Evidence::new("", text.as_bytes()));
    for finding in findings(text.as_bytes()) {
        match finding.item {
            Item::Ambiguous { .. } => why_none = LabelError::Ambiguous,
            item => take(&mut reading, item),
        }
    }
    let found = !reading.claims.is_empty() || !reading.eids.is_empty() || reading.serial.is_some();
    found.then_some(reading).ok_or(why_none)
}

fn take(reading: &mut Reading, item: Item<'_>) {
    let claim = |value, slot: Option<u8>| {
        let slot = slot.and_then(Slot::new);
        let confidence = if slot.is_some() { Confidence::Strong } else { Confidence::Plain };
        Claim { slot, value, confidence, evidence: 0 }
    };
    match item {
        Item::Imei { imei, svn, slot } => {
            reading.claims.push(claim(ClaimValue::Imei { imei, svn }, slot));
        }
        Item::Imei14 { imei14, slot } => {
            reading.claims.push(claim(ClaimValue::WithoutCheckDigit { imei14 }, slot));
        }
        Item::Imeisv { imeisv, slot } => {
            reading.claims.push(claim(ClaimValue::Imeisv { imeisv }, slot));
        }
        Item::BadImei { digits, reason, slot } => {
            let text = String::from_utf8_lossy(digits).into_owned();
            reading.claims.push(claim(ClaimValue::Rejected { text, reason }, slot));
        }
        Item::Meid(meid) => reading.claims.push(claim(ClaimValue::Meid { meid }, None)),
        Item::Eid(eid) => reading.eids.push(eid),
        Item::Serial(serial) if reading.serial.is_none() => {
            reading.serial = Some(String::from_utf8_lossy(serial).into_owned());
        }
        _ => {}
    }
}
