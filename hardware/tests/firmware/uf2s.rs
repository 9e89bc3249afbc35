//! UF2 files, block by block.

use tekser_hardware::firmware::board::{NRF52840, PICO};
use tekser_hardware::firmware::uf2::{BLOCK, FILE_MAX, Uf2Error};
use tekser_hardware::firmware::{Program, Uf2};

const START: u32 = 0x1000_0000;

/// Three blocks.
fn file() -> Vec<u8> {
    let bytes = (0..768_u32).map(|place| place as u8).collect();
    Uf2::new(&PICO, Program::new(START, bytes).unwrap()).unwrap().to_bytes()
}

/// What becomes of the file when a word of block 1 is another.
fn with(at: usize, value: u32) -> Result<Uf2, Uf2Error> {
    let mut file = file();
    file[BLOCK + at..][..4].copy_from_slice(&value.to_le_bytes());
    Uf2::parse(&file)
}

#[test]
fn the_bytes_of_a_block_are_those_of_the_format() {
    let file = file();
    let block: Vec<u8> = [
        &b"UF2\n"[..],
        &[0x57, 0x51, 0x5d, 0x9e, 0x00, 0x20, 0, 0],
        &[0x00, 0x01, 0x00, 0x10, 0x00, 0x01, 0, 0],
        &[1, 0, 0, 0, 3, 0, 0, 0],
        &[0x56, 0xff, 0x8b, 0xe4],
        &(0..=255).collect::<Vec<u8>>(),
        &[0; 220],
        &[0x30, 0x6f, 0xb1, 0x0a],
    ]
    .concat();
    assert_eq!(file.len(), 3 * BLOCK);
    assert_eq!(file[BLOCK..2 * BLOCK], block);
}

#[test]
fn what_was_written_is_read() {
    let read = Uf2::parse(&file()).unwrap();
    assert_eq!(read.facts(), &PICO);
    assert_eq!(read.program().range(), START..START + 768);
    assert_eq!(read.to_bytes(), file());
}

#[test]
fn every_word_of_a_block_is_judged() {
    use Uf2Error as Error;
    let block = 1;
    assert_eq!(with(0, 0), Err(Error::Magic { block }));
    assert_eq!(with(4, 0), Err(Error::Magic { block }));
    assert_eq!(with(508, 0), Err(Error::Magic { block }));
    for flags in [0, 1, 0x2001, 0x3000, 0x6000, 0xa000] {
        assert_eq!(with(8, flags), Err(Error::Flags { block, flags }));
    }
    for size in [0, 255, 257, 476, u32::MAX] {
        assert_eq!(with(16, size), Err(Error::Payload { block }));
    }
    assert_eq!(with(288, 1), Err(Error::Payload { block }));
    for said in [0, 2, 3, u32::MAX] {
        assert_eq!(with(20, said), Err(Error::Order { block, said }));
    }
    for said in [0, 2, 4, u32::MAX] {
        assert_eq!(with(24, said), Err(Error::Count { block, said, found: 3 }));
    }
    assert_eq!(with(28, 0), Err(Error::Mixed { block, family: 0 }));
    for address in [0, START - 256, START + 257, 0x1020_0000, 0xffff_ff00, 0x2000_0000] {
        assert_eq!(with(12, address), Err(Error::Outside { block, address }));
    }
    assert_eq!(with(12, START), Err(Error::Back { block, address: START }));
    let address = START + 512;
    assert_eq!(with(12, address), Err(Error::Gap { block, address }));
}

#[test]
fn a_file_for_another_chip_says_so() {
    let mut file = file();
    for block in file.as_chunks_mut::<BLOCK>().0 {
        block[28..32].copy_from_slice(&0xe48b_ff59_u32.to_le_bytes()); // RP2350
    }
    assert_eq!(Uf2::parse(&file), Err(Uf2Error::Family { family: 0xe48b_ff59 }));
}

#[test]
fn what_is_no_number_of_blocks_is_refused() {
    assert_eq!(Uf2::parse(b""), Err(Uf2Error::Length { length: 0 }));
    let file = file();
    assert_eq!(Uf2::parse(&file[..511]), Err(Uf2Error::Length { length: 511 }));
    assert_eq!(
        Uf2::parse(&file[..1024]),
        Err(Uf2Error::Count { block: 0, said: 3, found: 2 }),
        "two whole blocks of three"
    );
    assert_eq!(Uf2::parse(&vec![0; FILE_MAX + BLOCK]), Err(Uf2Error::TooLarge));
}

#[test]
fn the_whole_flash_fits_into_a_file_and_not_a_page_more() {
    let program = |start, length| Program::new(start, vec![0; length]).unwrap();
    let whole = Uf2::new(&PICO, program(START, 2 << 20)).unwrap().to_bytes();
    assert_eq!(whole.len(), FILE_MAX);
    assert!(Uf2::parse(&whole).is_ok());
    let outside = |start, length| {
        matches!(Uf2::new(&PICO, program(start, length)), Err(Uf2Error::Outside { .. }))
    };
    assert!(outside(START + 256, 2 << 20));
    assert!(outside(START - 256, 512));
    assert!(outside(START + 1, 255));
    assert!(outside(START, 257));
}

#[test]
fn a_board_without_such_a_boot_loader_gets_no_file() {
    let program = Program::new(0, vec![0; 256]).unwrap();
    assert_eq!(Uf2::new(&NRF52840, program), Err(Uf2Error::Family { family: 0 }));
}
