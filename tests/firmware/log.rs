//! The log of an image, as a probe would show it.

use std::fs;
use std::path::Path;

use defmt_decoder::{DecodeError, Table};

/// Every line that the bytes hold, by the table in the image's ELF.
pub fn readable(elf: &Path, log: &[u8]) -> Vec<String> {
    let elf = fs::read(elf).expect("firmware/boards/build leaves the ELF beside the UF2");
    let table = Table::parse(&elf).expect("a table").expect("the image logs");
    let mut decoder = table.new_stream_decoder();
    decoder.received(log);
    let mut lines = Vec::new();
    loop {
        match decoder.decode() {
            Ok(frame) => lines.push(frame.display_message().to_string()),
            Err(DecodeError::UnexpectedEof) => return lines,
            Err(DecodeError::Malformed) => {}
        }
    }
}
