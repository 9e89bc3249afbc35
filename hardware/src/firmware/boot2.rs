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

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A stage of zeros, with the checksum that the algorithm's definition gives them.
    pub(crate) fn stage() -> [u8; SIZE] {
        let mut stage = [0; SIZE];
        let mut crc = u32::MAX;
        for _ in 0..(SIZE - 4) * 8 {
            crc = if crc >> 31 == 1 { (crc << 1) ^ 0x04c1_1db7 } else { crc << 1 };
        }
        stage[SIZE - 4..].copy_from_slice(&crc.to_le_bytes());
        stage
    }

    #[test]
    fn a_stage_is_sound_by_its_checksum_alone() {
        assert!(is_sound(&stage()));
        let mut longer = stage().to_vec();
        longer.push(1);
        assert!(is_sound(&longer));
        assert!(!is_sound(&stage()[..SIZE - 1]));
        for place in 0..SIZE {
            let mut broken = stage();
            broken[place] ^= 0x10;
            assert!(!is_sound(&broken), "byte {place}");
        }
    }
}
