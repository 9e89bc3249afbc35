//! Any archive ends, and so does any sheet: as the first part of the input says, the rest is a
//! whole file, the XML of a sheet in a sound archive, or its shared texts.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tekser_table::{Judgement, List, Row};

const BOOK: &[u8] = b"<workbook><sheets><sheet name='S' r:id='a'/></sheets></workbook>";
const RELATIONS: &[u8] = b"<R><Relationship Id='a' Target='worksheets/sheet1.xml'/></R>";
const SHEET: &[u8] =
    b"<worksheet><sheetData><row><c t='s'><v>0</v></c></row></sheetData></worksheet>";

fuzz_target!(|input: &[u8]| {
    let Some((kind, bytes)) = input.split_first() else {
        return;
    };
    match kind % 4 {
        0 => read(bytes.to_vec()),
        1 => read(archive(&[("xl/worksheets/sheet1.xml", bytes)])),
        2 => read(archive(&[("xl/sharedStrings.xml", bytes), ("xl/worksheets/sheet1.xml", SHEET)])),
        _ => read(archive(&[("xl/styles.xml", bytes), ("xl/worksheets/sheet1.xml", SHEET)])),
    }
});

fn read(file: Vec<u8>) {
    let Ok(mut list) = List::from_bytes(file) else {
        return;
    };
    let (mut row, mut judgement) = (Row::new(), Judgement::default());
    while let Ok(true) = list.next_row(&mut row, &mut judgement) {
        assert!(row.len() <= tekser_table::CELLS_MAX);
        for number in judgement.numbers.iter().filter_map(|number| number.imei.ok()) {
            assert_eq!(number.as_str().len(), 15);
        }
    }
}

/// A sound archive of these parts, uncompressed, so that the XML is what is tried.
fn archive(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let common = [("xl/workbook.xml", BOOK), ("xl/_rels/workbook.xml.rels", RELATIONS)];
    let (mut file, mut directory) = (Vec::new(), Vec::new());
    let mut count = 0_u16;
    for (name, bytes) in common.iter().chain(parts) {
        let start = u32::try_from(file.len()).expect("small");
        let length = u32::try_from(bytes.len()).expect("small").to_le_bytes();
        let mut header = vec![20, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        header.extend(crc(bytes).to_le_bytes());
        header.extend([length, length].concat());
        header.extend(u16::try_from(name.len()).expect("short").to_le_bytes());
        header.extend([0, 0]);
        file.extend([b"PK\x03\x04", &header[..], name.as_bytes(), bytes].concat());
        directory.extend([&b"PK\x01\x02\x14\x00"[..], &header, &[0; 10]].concat());
        directory.extend(start.to_le_bytes());
        directory.extend(name.as_bytes());
        count += 1;
    }
    let start = u32::try_from(file.len()).expect("small").to_le_bytes();
    let length = u32::try_from(directory.len()).expect("small").to_le_bytes();
    let count = count.to_le_bytes();
    file.extend(directory);
    file.extend([b"PK\x05\x06\0\0\0\0", &count[..], &count, &length, &start, &[0, 0]].concat());
    file
}

fn crc(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg());
    !bytes.iter().fold(!0, |crc, &byte| (0..8).fold(crc ^ u32::from(byte), step))
}
