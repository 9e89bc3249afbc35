//! Makes what a linker would: images of scanners that run nowhere.

use tekser_hardware::firmware::board::PICO;
use tekser_wire::image::Record;
use tekser_wire::message::{Board, FirmwareVersion};

/// Where a Pico keeps scans.
pub const JOURNAL: core::ops::Range<u32> = 0x1010_0000..0x1020_0000;

/// Where in [`flash`] the record lies.
pub const RECORD_AT: usize = 0x400;

pub fn record(board: Board, version: [u16; 3]) -> Record {
    Record::new(board, FirmwareVersion(version), JOURNAL)
}

/// What a Pico's linker makes: second boot stage with its checksum, code, record.
pub fn flash(record: &Record) -> Vec<u8> {
    let mut bytes: Vec<u8> = (0..5000_u32).map(|place| (place * 7 % 251) as u8).collect();
    seal_boot2(&mut bytes);
    bytes[RECORD_AT..][..64].copy_from_slice(&record.to_bytes());
    bytes
}

/// CRC-32/MPEG-2, bit by bit, as the boot ROM's description has it.
pub fn seal_boot2(bytes: &mut [u8]) {
    let mut crc = u32::MAX;
    for byte in &bytes[..252] {
        crc ^= u32::from(*byte) << 24;
        for _ in 0..8 {
            crc = if crc >> 31 == 1 { (crc << 1) ^ 0x04c1_1db7 } else { crc << 1 };
        }
    }
    bytes[252..256].copy_from_slice(&crc.to_le_bytes());
}

/// An ELF with these segments: virtual address, physical address, bytes, size in memory.
pub fn elf(segments: &[(u32, u32, &[u8], u32)]) -> Vec<u8> {
    let mut file = vec![0x7f, b'E', b'L', b'F', 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let half = |file: &mut Vec<u8>, value: u16| file.extend_from_slice(&value.to_le_bytes());
    let word = |file: &mut Vec<u8>, value: u32| file.extend_from_slice(&value.to_le_bytes());
    half(&mut file, 2); // an executable
    half(&mut file, 40); // for an ARM
    word(&mut file, 1);
    word(&mut file, PICO.flash.start);
    word(&mut file, 52); // program headers
    word(&mut file, 0);
    word(&mut file, 0x0500_0000);
    for value in [52, 32, segments.len() as u16, 40, 0, 0] {
        half(&mut file, value);
    }
    let mut offset = 52 + 32 * segments.len() as u32;
    for (virtual_address, physical, bytes, memory) in segments {
        let length = bytes.len() as u32;
        for value in [1, offset, *virtual_address, *physical, length, *memory, 5, 4] {
            word(&mut file, value);
        }
        offset += length;
    }
    for (_, _, bytes, _) in segments {
        file.extend_from_slice(bytes);
    }
    file
}

/// The ELF of a sound image of version 1.2.3 for a Pico.
pub fn sound_elf() -> Vec<u8> {
    elf_of(&record(Board::PICO, [1, 2, 3]))
}

/// The ELF of an image that is sound but for its record.
pub fn elf_of(record: &Record) -> Vec<u8> {
    let flash = flash(record);
    elf(&[(PICO.flash.start, PICO.flash.start, &flash, 5000)])
}
