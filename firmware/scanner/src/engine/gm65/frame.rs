//! Frames of the GM65 family.
//!
//! ```text
//! command = 7E 00 | type 07 read, 08 write, 09 save | count | address (2) | data | CRC (2)
//! reply   = 02 00 | status 00 | count | data | CRC (2)
//! ```
//!
//! The CRC is CRC-16/XMODEM over everything behind the first two bytes, high byte first. Some
//! firmware answers everything with the CRC of `00 01 00`, so that one is taken as well.

use crc::{CRC_16_XMODEM, Crc, Table};
use heapless::Vec;

/// One nibble at a time: frames are a dozen bytes, and the table of a full one is 512.
const CRC: Crc<u16, Table<0>> = Crc::<u16, Table<0>>::new(&CRC_16_XMODEM);

/// First byte of a reply.
pub(super) const REPLY: u8 = 0x02;

/// What some firmware puts where the CRC of a reply belongs.
const FIXED_CRC: [u8; 2] = [0x33, 0x31];

/// Bytes of a command frame.
pub(super) const COMMAND_LEN: usize = 9;

/// Most data bytes in a reply; one was asked for.
const DATA_MAX: u8 = 4;

/// Something to ask of the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Command {
    /// One register.
    Read(u16),
    /// A value for one register, until it loses power.
    Write(u16, u8),
    /// Keeps all registers over a loss of power.
    Save,
}

impl Command {
    pub(super) fn frame(self) -> [u8; COMMAND_LEN] {
        let (kind, address, data) = match self {
            Self::Read(address) => (0x07, address, 1),
            Self::Write(address, value) => (0x08, address, value),
            Self::Save => (0x09, 0, 0),
        };
        let [high, low] = address.to_be_bytes();
        let [crc_high, crc_low] = CRC.checksum(&[kind, 1, high, low, data]).to_be_bytes();
        [0x7e, 0x00, kind, 1, high, low, data, crc_high, crc_low]
    }
}

/// A reply that was received whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reply {
    /// Whether the engine did what it was asked for.
    pub(super) done: bool,
    /// The first data byte.
    pub(super) value: u8,
}

/// What one more byte did to a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grown {
    More,
    Whole(Reply),
    /// It is no reply.
    Broken,
}

/// A reply being received.
#[derive(Debug)]
pub(super) struct Receiver {
    bytes: Vec<u8, { 4 + DATA_MAX as usize + 2 }>,
}

impl Receiver {
    pub(super) const fn new() -> Self {
        Self { bytes: Vec::new() }
    }

    pub(super) fn is_open(&self) -> bool {
        !self.bytes.is_empty()
    }

    /// Begins with [`REPLY`].
    pub(super) fn open(&mut self) {
        self.bytes.clear();
        // There is room in an empty buffer.
        let _ = self.bytes.push(REPLY);
    }

    pub(super) fn close(&mut self) {
        self.bytes.clear();
    }

    pub(super) fn push(&mut self, byte: Option<u8>) -> Grown {
        let grown = match byte {
            Some(byte) if self.bytes.push(byte).is_ok() => self.judge(),
            _ => Grown::Broken,
        };
        if grown != Grown::More {
            self.close();
        }
        grown
    }

    fn judge(&self) -> Grown {
        match self.bytes.as_slice() {
            [_] | [_, 0] | [_, 0, _] => Grown::More,
            [_, 0, status, count @ 1..=DATA_MAX, rest @ ..] => {
                match rest.split_at_checked(usize::from(*count)) {
                    Some((data, [high, low])) => self
                        .close_of(*status, data, [*high, *low])
                        .map_or(Grown::Broken, Grown::Whole),
                    _ => Grown::More,
                }
            }
            _ => Grown::Broken,
        }
    }

    fn close_of(&self, status: u8, data: &[u8], crc: [u8; 2]) -> Option<Reply> {
        let covered = self.bytes.get(2..4 + data.len())?;
        let right = CRC.checksum(covered).to_be_bytes();
        (crc == right || crc == FIXED_CRC)
            .then(|| Reply { done: status == 0, value: data.first().copied().unwrap_or(0) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(bytes: &[u8]) -> Grown {
        let mut receiver = Receiver::new();
        receiver.open();
        let (last, before) = bytes[1..].split_last().unwrap();
        for byte in before {
            assert_eq!(receiver.push(Some(*byte)), Grown::More, "{bytes:02x?}");
        }
        let grown = receiver.push(Some(*last));
        assert!(!receiver.is_open());
        grown
    }

    #[test]
    fn commands_are_those_of_the_manuals() {
        let frames: [(Command, [u8; 9]); 5] = [
            (Command::Read(0x000a), [0x7e, 0, 7, 1, 0, 0x0a, 0x01, 0xee, 0x8a]),
            (Command::Write(0x000a, 0x3e), [0x7e, 0, 8, 1, 0, 0x0a, 0x3e, 0x4c, 0xcf]),
            (Command::Write(0x0002, 0x01), [0x7e, 0, 8, 1, 0, 0x02, 0x01, 0x02, 0xda]),
            (Command::Save, [0x7e, 0, 9, 1, 0, 0, 0, 0xde, 0xc8]),
            (Command::Write(0x00d9, 0x50), Command::Write(0x00d9, 0x50).frame()),
        ];
        for (command, frame) in frames {
            assert_eq!(command.frame(), frame, "{command:?}");
        }
    }

    #[test]
    fn replies_with_their_own_crc_and_with_the_fixed_one_are_taken() {
        let whole = |value| Grown::Whole(Reply { done: true, value });
        assert_eq!(reply(&[2, 0, 0, 1, 0x3e, 0xe4, 0xac]), whole(0x3e));
        assert_eq!(reply(&[2, 0, 0, 1, 0x00, 0x33, 0x31]), whole(0x00));
        assert_eq!(reply(&[2, 0, 0, 1, 0x87, 0x33, 0x31]), whole(0x87));
    }

    #[test]
    fn a_refusal_is_a_reply() {
        let refused = Grown::Whole(Reply { done: false, value: 0 });
        assert_eq!(reply(&[2, 0, 1, 1, 0, 0x33, 0x31]), refused);
    }

    #[test]
    fn longer_replies_tell_their_first_byte() {
        let crc = CRC.checksum(&[0, 2, 0x39, 0x01]).to_be_bytes();
        let whole = Grown::Whole(Reply { done: true, value: 0x39 });
        assert_eq!(reply(&[2, 0, 0, 2, 0x39, 0x01, crc[0], crc[1]]), whole);
    }

    #[test]
    fn what_is_no_reply_is_seen_as_early_as_can_be() {
        for bytes in [&[2, 1][..], &[2, b']'], &[2, 0, 0, 0], &[2, 0, 0, 5], &[2, 0, 0, 1, 7, 1, 1]]
        {
            assert_eq!(reply(bytes), Grown::Broken, "{bytes:02x?}");
        }
        let mut receiver = Receiver::new();
        receiver.open();
        assert_eq!(receiver.push(None), Grown::Broken);
    }
}
