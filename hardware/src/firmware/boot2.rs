//! The second boot stage of an RP2040.
//!
//! The boot ROM copies the first 256 bytes of the flash and runs them only if their last four are
//! the checksum of the others (RP2040 datasheet, 2.8.1.3.1). With a wrong one the board starts no
//! program and shows up as a drive, as if its flash were empty.

use crc::{CRC_32_MPEG_2, Crc};

/// Bytes of the second stage, checksum included.
pub const SIZE: usize = 256;

/// Whether the boot ROM would run what a flash with these bytes begins with.
pub fn is_sound(flash: &[u8]) -> bool {
    flash.first_chunk::<SIZE>().is_some_and(|stage| {
        let (code, checksum) = stage.split_at(SIZE - 4);
        checksum == Crc::<u32>::new(&CRC_32_MPEG_2).checksum(code).to_le_bytes()
    })
}
