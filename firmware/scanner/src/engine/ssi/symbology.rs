//! The engine's numbers for symbologies.

use tekser_wire::message::Aim;

/// The identifier for the byte in front of a code; `None` where the byte does not tell enough.
pub(super) const fn aim(symbology: u8) -> Option<Aim> {
    Some(Aim(*match symbology {
        0x01 => b"A0",
        0x02 => b"F0",
        0x03 | 0x19 | 0x21 => b"C0",
        0x04 => b"S0",
        0x06 => b"I0",
        0x07 => b"G0",
        0x08 | 0x09 | 0x0b | 0x10 | 0x16 => b"E0",
        0x0a => b"E4",
        0x0c => b"H0",
        0x0e => b"M0",
        0x0f => b"C1",
        0x11 => b"L0",
        0x13 => b"A4",
        0x1b => b"d1",
        0x1c => b"Q1",
        0x25 => b"U0",
        0x2d => b"z0",
        0x30..=0x32 => b"e0",
        _ => return None,
    }))
}
