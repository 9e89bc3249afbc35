//! Systems without udev and `ModemManager`.

use std::fs::Metadata;

use super::Examined;

pub(super) fn examine() -> Vec<Examined> {
    Vec::new()
}

/// The profile directory's own rights hold.
pub(super) const fn is_open_to_others(_file: &Metadata) -> bool {
    false
}
