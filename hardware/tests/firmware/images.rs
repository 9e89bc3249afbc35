//! Whose an image is, and whether it is whole.

use tekser_hardware::firmware::board::{PICO, STM32F405};
use tekser_hardware::firmware::{Image, ImageError, Program, Uf2};
use tekser_wire::image::{CHECKSUM, Record};
use tekser_wire::message::{Board, FirmwareVersion};

use super::linker::{JOURNAL, RECORD_AT, elf, flash, record, seal_boot2, sound_elf};

fn read(flash: &[u8]) -> Result<Image, ImageError> {
    let start = PICO.flash.start;
    Image::read(&elf(&[(start, start, flash, flash.len() as u32)]))
}

fn uf2(flash: &[u8]) -> Vec<u8> {
    let mut bytes = flash.to_vec();
    bytes.resize(bytes.len().next_multiple_of(256), 0xff);
    Uf2::new(&PICO, Program::new(PICO.flash.start, bytes).unwrap()).unwrap().to_bytes()
}

#[test]
fn what_was_packed_is_read_again_and_is_the_same() {
    let packed = Image::read(&sound_elf()).unwrap();
    assert_eq!(packed.facts(), &PICO);
    assert_eq!(packed.firmware(), FirmwareVersion([1, 2, 3]));
    assert_eq!(packed.program().range(), 0x1000_0000..0x1000_2000);
    let file = packed.to_uf2().unwrap();
    assert_eq!(file.len(), 0x2000 / 256 * 512);
    assert_eq!(Image::read(&file), Ok(packed));
}

#[test]
fn the_seal_covers_everything_but_the_record() {
    let image = Image::read(&sound_elf()).unwrap();
    let mut all = flash(&record(Board::PICO, [1, 2, 3]));
    all.resize(0x2000, 0xff);
    all.drain(RECORD_AT..RECORD_AT + 64);
    let seal = image.record().seal.unwrap();
    assert_eq!((seal.length, seal.checksum), (0x2000, CHECKSUM.checksum(&all)));
}

#[test]
fn no_bit_of_a_packed_file_can_turn_over_unseen() {
    let file = Image::read(&sound_elf()).unwrap().to_uf2().unwrap();
    for place in 0..file.len() {
        let mut broken = file.clone();
        broken[place] ^= 1 << (place % 8);
        assert!(Image::read(&broken).is_err(), "byte {place}");
    }
}

#[test]
fn a_packed_file_that_misses_blocks_is_refused() {
    let file = Image::read(&sound_elf()).unwrap().to_uf2().unwrap();
    for length in 0..file.len() {
        assert!(Image::read(&file[..length]).is_err(), "{length} bytes");
    }
}

#[test]
fn what_is_not_ours_is_refused() {
    let plain = flash(&record(Board::PICO, [1, 2, 3]));
    let mut foreign = plain.clone();
    foreign[RECORD_AT] = b't';
    assert_eq!(read(&foreign), Err(ImageError::NoRecord));
    assert_eq!(Image::read(&uf2(&foreign)), Err(ImageError::NoRecord));
    assert_eq!(Image::read(b"MZ"), Err(ImageError::Foreign));
    assert_eq!(Image::read(b""), Err(ImageError::Foreign));

    let mut twice = plain.clone();
    twice.copy_within(RECORD_AT..RECORD_AT + 64, 0x800);
    assert_eq!(read(&twice), Err(ImageError::SeveralRecords));

    let mut broken = plain;
    broken[RECORD_AT + 20] ^= 1;
    assert_eq!(read(&broken), Err(ImageError::BrokenRecord));
}

#[test]
fn a_record_that_is_cut_off_is_no_record() {
    let plain = flash(&record(Board::PICO, [1, 2, 3]));
    assert_eq!(read(&plain[..RECORD_AT + 63]), Err(ImageError::BrokenRecord));
}

#[test]
fn a_record_of_later_times_asks_for_a_newer_tekser() {
    let mut bytes = flash(&record(Board::PICO, [1, 2, 3]));
    bytes[RECORD_AT + 16] = 9;
    let crc = CHECKSUM.checksum(&bytes[RECORD_AT..RECORD_AT + 60]);
    bytes[RECORD_AT + 60..][..4].copy_from_slice(&crc.to_le_bytes());
    assert_eq!(read(&bytes), Err(ImageError::Layout { layout: 9 }));
}

#[test]
fn an_image_goes_to_its_own_board_only() {
    let image = Image::read(&sound_elf()).unwrap();
    assert_eq!(image.must_be_for(Board::PICO), Ok(()));
    let error = image.must_be_for(Board::STM32F405).unwrap_err();
    assert_eq!(error.to_string(), "it is for a Raspberry Pi Pico, and this is a STM32F405");
    let error = image.must_be_for(Board(77)).unwrap_err();
    assert!(error.to_string().ends_with("this is a board of the unknown number 77"), "{error}");

    let unknown = flash(&record(Board(77), [1, 0, 0]));
    assert_eq!(read(&unknown), Err(ImageError::UnknownBoard { board: Board(77) }));
}

#[test]
fn a_uf2_for_one_chip_with_the_image_of_another_is_refused() {
    let other = uf2(&flash(&record(Board::STM32F405, [1, 2, 3])));
    let error = ImageError::BoardsDiffer { record: &STM32F405, blocks: PICO.name };
    assert_eq!(Image::read(&other), Err(error));
}

#[test]
fn an_image_that_leaves_the_flash_is_refused() {
    let bytes = flash(&record(Board::PICO, [1, 2, 3]));
    for start in [0, PICO.flash.start - 0x1000, PICO.flash.start + 0x1000, PICO.flash.end - 0x1000]
    {
        let found = Image::read(&elf(&[(start, start, &bytes, 5000)]));
        let range = start..start + 0x2000;
        assert_eq!(found, Err(ImageError::Outside { found: range, flash: PICO.flash }));
    }
}

#[test]
fn the_boot_rom_would_start_every_image_that_is_taken() {
    let mut bytes = flash(&record(Board::PICO, [1, 2, 3]));
    bytes[100] ^= 1;
    assert_eq!(read(&bytes), Err(ImageError::Boot2));
    seal_boot2(&mut bytes);
    assert!(read(&bytes).is_ok());
}

#[test]
fn no_image_reaches_into_the_scans() {
    let mut bytes = flash(&record(Board::PICO, [1, 2, 3]));
    bytes.resize(0x10_0000, 0);
    assert!(read(&bytes).is_ok());
    bytes.push(0);
    assert_eq!(read(&bytes), Err(ImageError::Journal { journal: JOURNAL }));
}

#[test]
fn no_image_looks_for_scans_elsewhere() {
    for journal in [0..0, 0x1018_0000..0x1020_0000, 0x1010_0000..0x1010_0000] {
        let record = Record::new(Board::PICO, FirmwareVersion([1, 2, 3]), journal.clone());
        assert_eq!(read(&flash(&record)), Err(ImageError::JournalMoved { journal }));
    }
}

#[test]
fn a_uf2_without_a_seal_is_refused() {
    let file = uf2(&flash(&record(Board::PICO, [1, 2, 3])));
    assert_eq!(Image::read(&file), Err(ImageError::NotSealed));
}

#[test]
fn a_uf2_that_is_not_what_was_sealed_is_refused() {
    let image = Image::read(&sound_elf()).unwrap();
    let mut bytes = image.program().bytes().to_vec();
    bytes[0x1000] ^= 1;
    assert_eq!(Image::read(&uf2(&bytes)), Err(ImageError::SealBroken));
    bytes[0x1000] ^= 1;
    bytes.extend_from_slice(&[0xff; 256]);
    assert_eq!(Image::read(&uf2(&bytes)), Err(ImageError::SealBroken));
}
