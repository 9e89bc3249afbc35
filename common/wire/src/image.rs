//! What a firmware image says of itself, so that a tool knows whose it is before it sends a byte.
//!
//! Every image holds one record, found by its [`MAGIC`]; nothing else in an image may look like
//! one. Numbers are little-endian:
//!
//! ```text
//!  0  magic      16 bytes
//! 16  layout     u16        LAYOUT
//! 18  board      u16
//! 20  firmware   3 × u16    major, minor, patch
//! 26  wire       2 × u16    oldest and newest version of this protocol that it speaks
//! 30  -          2 bytes    0
//! 32  journal    2 × u32    first address of the flash that keeps scans, and the one behind it
//! 40  length     u32        bytes of the whole image; 0: not sealed
//! 44  checksum   u32        CRC-32 of the whole image without this record; 0: not sealed
//! 48  -          12 bytes   0
//! 60  CRC        u32        CRC-32 of the 60 bytes before
//! ```
//!
//! A compiler can't know length and checksum of what it is still making: it leaves them 0, and
//! `tekser scanner pack` seals the image. A board's program holds its record like this, and its
//! linker script keeps the section (`KEEP(*(.tekser_image))`) at a multiple of 4:
//!
//! ```ignore
//! #[used]
//! #[unsafe(link_section = ".tekser_image")]
//! static RECORD: [u8; image::SIZE] = Record::new(board, firmware, journal).to_bytes();
//! ```
//!
//! The checksums find broken files. They prove nothing about who made an image.

use core::ops::Range;

use crc::{CRC_32_ISO_HDLC, Crc};

use crate::message::{Board, FirmwareVersion};
use crate::version::Versions;

/// What a record begins with.
pub const MAGIC: [u8; 16] = *b"Tekser firmware\0";

/// Bytes of a record.
pub const SIZE: usize = 64;

/// A record lies at a multiple of this, in bytes.
pub const ALIGNMENT: usize = 4;

/// The layout that this code writes and reads. Bytes that it leaves 0 may get a meaning without a
/// new number; anything else needs one.
pub const LAYOUT: u16 = 1;

/// The CRC-32 of records and seals: that of Ethernet, zip and PNG.
pub const CHECKSUM: Crc<u32> = Crc::<u32>::new(&CRC_32_ISO_HDLC);

const CRC_AT: usize = SIZE - 4;

/// What an image says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The board it runs on.
    pub board: Board,
    /// Its version.
    pub firmware: FirmwareVersion,
    /// What it speaks.
    pub wire: Versions,
    /// The flash where it keeps scans, as addresses of the processor. No image may reach in there.
    pub journal: Range<u32>,
    /// Length and checksum, once it is sealed.
    pub seal: Option<Seal>,
}

/// By which an image is known to be whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seal {
    /// Bytes from the image's first address to its last, both included.
    pub length: u32,
    /// CRC-32 of them, the record left out.
    pub checksum: u32,
}

/// Why bytes are not a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordError {
    /// They do not begin with [`MAGIC`].
    Magic,
    /// Their CRC is wrong.
    Checksum,
    /// A layout that this code does not know.
    Layout(u16),
}

impl Record {
    /// Of an image that speaks what this code speaks, not sealed.
    pub const fn new(board: Board, firmware: FirmwareVersion, journal: Range<u32>) -> Self {
        Self { board, firmware, wire: Versions::OURS, journal, seal: None }
    }

    /// As it lies in the image. Works in a `const`.
    #[allow(clippy::indexing_slicing, reason = "every place is a constant below SIZE")]
    pub const fn to_bytes(&self) -> [u8; SIZE] {
        let mut bytes = [0; SIZE];
        put(&mut bytes, 0, &MAGIC);
        put(&mut bytes, 16, &LAYOUT.to_le_bytes());
        put(&mut bytes, 18, &self.board.0.to_le_bytes());
        put(&mut bytes, 20, &self.firmware.0[0].to_le_bytes());
        put(&mut bytes, 22, &self.firmware.0[1].to_le_bytes());
        put(&mut bytes, 24, &self.firmware.0[2].to_le_bytes());
        put(&mut bytes, 26, &self.wire.min.to_le_bytes());
        put(&mut bytes, 28, &self.wire.current.to_le_bytes());
        put(&mut bytes, 32, &self.journal.start.to_le_bytes());
        put(&mut bytes, 36, &self.journal.end.to_le_bytes());
        if let Some(seal) = self.seal {
            put(&mut bytes, 40, &seal.length.to_le_bytes());
            put(&mut bytes, 44, &seal.checksum.to_le_bytes());
        }
        let (checked, _) = bytes.split_at(CRC_AT);
        let crc = CHECKSUM.checksum(checked);
        put(&mut bytes, CRC_AT, &crc.to_le_bytes());
        bytes
    }

    /// Reads a record.
    ///
    /// # Errors
    ///
    /// [`RecordError`]. The layout is judged last: a record with a sound CRC is one.
    pub fn parse(bytes: &[u8; SIZE]) -> Result<Self, RecordError> {
        if !bytes.starts_with(&MAGIC) {
            return Err(RecordError::Magic);
        }
        let (checked, crc) = bytes.split_at(CRC_AT);
        if crc != CHECKSUM.checksum(checked).to_le_bytes() {
            return Err(RecordError::Checksum);
        }
        let layout = half(bytes, 16);
        if layout != LAYOUT {
            return Err(RecordError::Layout(layout));
        }
        let length = word(bytes, 40);
        Ok(Self {
            board: Board(half(bytes, 18)),
            firmware: FirmwareVersion([half(bytes, 20), half(bytes, 22), half(bytes, 24)]),
            wire: Versions { min: half(bytes, 26), current: half(bytes, 28) },
            journal: word(bytes, 32)..word(bytes, 36),
            seal: (length != 0).then(|| Seal { length, checksum: word(bytes, 44) }),
        })
    }
}

#[allow(clippy::indexing_slicing, reason = "every place is a constant below SIZE")]
const fn put(bytes: &mut [u8; SIZE], at: usize, part: &[u8]) {
    let mut index = 0;
    while index < part.len() {
        bytes[at + index] = part[index];
        index += 1;
    }
}

fn half(bytes: &[u8; SIZE], at: usize) -> u16 {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |part| u16::from_le_bytes(*part))
}

fn word(bytes: &[u8; SIZE], at: usize) -> u32 {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |part| u32::from_le_bytes(*part))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORD: Record =
        Record::new(Board::PICO, FirmwareVersion([1, 2, 3]), 0x1010_0000..0x1020_0000);
    const BYTES: [u8; SIZE] = RECORD.to_bytes();

    #[test]
    fn the_bytes_of_layout_1_never_change() {
        assert_eq!(&BYTES[..16], b"Tekser firmware\0");
        assert_eq!(BYTES[16..32], [1, 0, 1, 0, 1, 0, 2, 0, 3, 0, 1, 0, 1, 0, 0, 0]);
        assert_eq!(BYTES[32..48], [0, 0, 0x10, 0x10, 0, 0, 0x20, 0x10, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(BYTES[48..60], [0; 12]);
        assert_eq!(BYTES[60..], CHECKSUM.checksum(&BYTES[..60]).to_le_bytes());
    }

    #[test]
    fn what_was_written_is_read() {
        assert_eq!(Record::parse(&BYTES), Ok(RECORD));
        let sealed = Record { seal: Some(Seal { length: 4096, checksum: 0xdead_beef }), ..RECORD };
        assert_eq!(Record::parse(&sealed.to_bytes()), Ok(sealed));
    }

    #[test]
    fn no_bit_of_it_can_turn_over_unseen() {
        for bit in 0..SIZE * 8 {
            let mut bytes = BYTES;
            bytes[bit / 8] ^= 1 << (bit % 8);
            let expected = if bit < 128 { RecordError::Magic } else { RecordError::Checksum };
            assert_eq!(Record::parse(&bytes), Err(expected), "bit {bit}");
        }
    }

    #[test]
    fn a_layout_of_later_times_is_told_from_a_broken_record() {
        let mut bytes = BYTES;
        bytes[16] = 2;
        let crc = CHECKSUM.checksum(&bytes[..60]);
        bytes[60..].copy_from_slice(&crc.to_le_bytes());
        assert_eq!(Record::parse(&bytes), Err(RecordError::Layout(2)));
    }
}
