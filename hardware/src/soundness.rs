//! Whether what was said of a further slot can be believed.

use crate::reading::{ClaimValue, Reading};

/// A further slot's IMEI counts as one only if it is whole, is not blank filler, and is none of
/// the IMEIs credited to the other slots.
pub(crate) fn is_further_imei(reading: &Reading, value: &ClaimValue) -> bool {
    let Some(imei) = value.imei() else {
        return false;
    };
    let text = imei.to_string();
    let blank = text.bytes().all(|byte| text.as_bytes().first() == Some(&byte));
    let taken = reading
        .claims
        .iter()
        .any(|claim| claim.slot.is_some() && claim.value.imei14() == value.imei14());
    !blank && !taken
}
