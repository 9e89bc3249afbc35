//! ELF files.

use tekser_hardware::firmware::elf::{ElfError, segments};
use tekser_hardware::firmware::program::{Program, ProgramError, Segment};

use super::linker::elf;

fn at(address: u32, bytes: &[u8]) -> Segment {
    Segment { address, bytes: bytes.to_vec() }
}

#[test]
fn initialised_variables_lie_where_the_flash_keeps_them() {
    let file = elf(&[
        (0x1000_0000, 0x1000_0000, b"code", 4),
        (0x2000_0000, 0x1000_0004, b"data", 4),
        (0x2000_0004, 0x2000_0004, b"", 6_000),
    ]);
    let found = segments(&file).unwrap();
    assert_eq!(found, [at(0x1000_0000, b"code"), at(0x1000_0004, b"data")]);
}

#[test]
fn what_is_no_elf_of_a_board_is_refused() {
    let sound = elf(&[(0, 0x1000_0000, b"code", 4)]);
    assert_eq!(segments(b""), Err(ElfError::Broken));
    assert_eq!(segments(b"UF2\n"), Err(ElfError::Broken));
    assert_eq!(segments(&sound[..sound.len() - 1]), Err(ElfError::Broken));
    let mut other = sound.clone();
    other[18] = 62; // x86-64
    assert_eq!(segments(&other), Err(ElfError::Processor));
    let mut other = sound.clone();
    other[4] = 2; // 64 bits
    assert_eq!(segments(&other), Err(ElfError::Processor));
    let mut large = sound;
    large.resize(52 + 32 + (2 << 20) + 1, 0);
    large[52 + 16..][..4].copy_from_slice(&((2_u32 << 20) + 1).to_le_bytes());
    assert_eq!(segments(&large), Err(ElfError::TooLarge));
}

#[test]
fn segments_are_joined_in_whole_sectors_filled_with_erased_flash() {
    let program =
        Program::from_segments(vec![at(0x1000_0010, b"two"), at(0x1000_0004, b"one")], 4096)
            .unwrap();
    assert_eq!(program.range(), 0x1000_0000..0x1000_1000);
    let bytes = program.bytes();
    assert_eq!(&bytes[4..7], b"one");
    assert_eq!(&bytes[16..19], b"two");
    let rest = bytes.iter().enumerate().filter(|(at, _)| !matches!(at, 4..7 | 16..19));
    assert!(rest.into_iter().all(|(_, byte)| *byte == 0xff));
}

#[test]
fn segments_that_do_not_fit_together_are_refused() {
    let join = |segments| Program::from_segments(segments, 4096);
    assert_eq!(join(vec![]), Err(ProgramError::Empty));
    assert_eq!(join(vec![at(8, b"")]), Err(ProgramError::Empty));
    assert_eq!(join(vec![at(8, b"ab"), at(9, b"c")]), Err(ProgramError::Overlap { address: 9 }));
    assert_eq!(join(vec![at(8, b"ab"), at(8, b"c")]), Err(ProgramError::Overlap { address: 8 }));
    assert!(join(vec![at(0, b"a"), at(2 * 4096 - 1, b"b")]).is_ok());
    let far = join(vec![at(0, b"a"), at(2 * 4096, b"b")]);
    assert_eq!(far, Err(ProgramError::Gap { address: 1, length: 2 * 4096 - 1 }));
    assert_eq!(join(vec![at(u32::MAX, b"ab")]), Err(ProgramError::TooLarge));
    assert_eq!(join(vec![at(u32::MAX, b"a")]), Err(ProgramError::TooLarge));
}
