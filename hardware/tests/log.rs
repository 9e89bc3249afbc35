//! The firmware's log: with a table made here, and with that of the real image where it is built.

#![cfg(feature = "defmt")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use proptest::collection::vec;
use proptest::prelude::*;
use tekser_hardware::probe::log::{Entry, LogError, Texts};

/// An ELF with these symbols in a section of this name.
fn elf(section: &str, symbols: &[(u32, &str)]) -> Vec<u8> {
    let mut names = vec![0_u8];
    let mut table = vec![0_u8; 16];
    for (value, name) in symbols {
        let word = |value: u32| value.to_le_bytes();
        table.extend([word(names.len() as u32), word(*value), word(1)].concat());
        table.extend([0x10, 0, 1, 0]); // global, in the first section
        names.extend(name.as_bytes());
        names.push(0);
    }
    let section_names = format!("\0{section}\0.symtab\0.strtab\0");
    let name_at = |name: &str| section_names.find(name).unwrap() as u32;
    let mut body = vec![0_u8; 256];
    let mut headers = vec![[0_u32; 10]];
    headers.push([name_at(section), 1, 0, 0, 52, 256, 0, 0, 1, 0]);
    let mut place = |name: &str, kind: u32, bytes: &[u8], link: u32, size: u32| {
        let at = 52 + body.len() as u32;
        headers.push([name_at(name), kind, 0, 0, at, bytes.len() as u32, link, 1, 4, size]);
        body.extend(bytes);
        body.resize(body.len().next_multiple_of(4), 0);
    };
    place(".symtab", 2, &table, 3, 16);
    place(".strtab", 3, &names, 0, 0);
    place(".strtab", 3, section_names.as_bytes(), 0, 0);
    let mut file =
        b"\x7fELF\x01\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x28\0\x01\0\0\0\0\0\0\0\0\0\0\0".to_vec();
    file.extend((52 + body.len() as u32).to_le_bytes());
    file.extend([0; 4]);
    for half in [52_u16, 0, 0, 40, headers.len() as u16, 4] {
        file.extend(half.to_le_bytes());
    }
    file.extend(body);
    file.extend(headers.concat().iter().flat_map(|word| word.to_le_bytes()));
    file
}

fn text(tag: &str, data: &str) -> String {
    format!(
        r#"{{"package":"p","tag":"{tag}","data":"{data}","disambiguator":"1","crate_name":"p"}}"#
    )
}

fn texts() -> Texts {
    let (time, info, error) = (
        text("defmt_timestamp", "{=u8:ms}"),
        text("defmt_info", "{=u8} scans"),
        text("defmt_error", "flash"),
    );
    let symbols = [
        (1, time.as_str()),
        (2, info.as_str()),
        (3, error.as_str()),
        (0, "_defmt_version_ = 4"),
        (0, "_defmt_encoding_ = rzcobs"),
    ];
    Texts::from_elf(&elf(".defmt", &symbols)).unwrap()
}

/// Reverse zero-compressing COBS, as defmt sends it, for less than seven bytes.
fn frame(bytes: &[u8]) -> Vec<u8> {
    assert!(bytes.len() < 7);
    let mut frame = vec![0];
    let mut zeros = 0_u8;
    for (at, byte) in bytes.iter().enumerate() {
        if *byte == 0 {
            zeros |= 1 << at;
        } else {
            frame.push(*byte);
        }
    }
    frame.extend([(zeros | 0xff << bytes.len()) & 0x7f, 0]);
    frame
}

fn decode(texts: &Texts, bytes: &[u8], piece: usize) -> (Vec<Entry>, u64) {
    let mut decoder = texts.decoder();
    let mut entries = vec![];
    for piece in bytes.chunks(piece) {
        decoder.push(piece, |entry| entries.push(entry));
    }
    (entries, decoder.broken())
}

#[test]
fn lines_come_with_time_and_level_in_any_pieces() {
    let stream = [frame(&[2, 0, 12, 7]), frame(&[3, 0, 200])].concat();
    for piece in [1, 2, 3, 1000] {
        let (entries, broken) = decode(&texts(), &stream, piece);
        let lines: Vec<String> = entries.iter().map(Entry::to_string).collect();
        assert_eq!(lines, ["0.012 INFO  7 scans", "0.200 ERROR flash"]);
        assert_eq!((entries[1].level, broken), (Some("error"), 0));
    }
}

#[test]
fn noise_between_lines_costs_no_line() {
    let noise: Vec<u8> = (1..=255).cycle().take(100_000).collect();
    let stream = [frame(&[3, 0, 1]), noise, frame(&[3, 0, 2])].concat();
    let (entries, broken) = decode(&texts(), &stream, 1000);
    assert_eq!(entries.len(), 2);
    assert!(broken > 0);
}

#[test]
fn a_line_of_another_firmware_is_counted() {
    let (entries, broken) = decode(&texts(), &frame(&[9, 0, 1]), 100);
    assert_eq!((entries.len(), broken), (0, 1));
}

#[test]
fn a_file_without_a_table_says_so() {
    assert!(matches!(Texts::from_elf(b"MZ"), Err(LogError::Table { .. })));
    assert_eq!(Texts::from_elf(&elf(".text", &[(0, "main")])).err(), Some(LogError::NoTable));
    let later = elf(".defmt", &[(0, "_defmt_version_ = 99")]);
    assert!(matches!(Texts::from_elf(&later), Err(LogError::Table { .. })));
}

/// With full debug information in the image; line tables alone do not name the places.
#[test]
fn the_real_image_has_texts() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/firmware/pico.elf");
    let Ok(file) = std::fs::read(path) else {
        eprintln!("SKIPPED: {path} is missing, firmware/boards/build pico makes it");
        return;
    };
    let texts = Texts::from_elf(&file).unwrap();
    if !texts.has_places() {
        eprintln!("NOTE: {path} does not tell in which file and line its log lines are");
    }
}

proptest! {
    #[test]
    fn any_bytes_in_any_pieces_decode_alike(bytes in vec(any::<u8>(), 0..2000), piece in 1..100_usize) {
        let texts = texts();
        prop_assert_eq!(decode(&texts, &bytes, piece), decode(&texts, &bytes, 5000));
    }
}
