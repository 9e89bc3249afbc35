//! Any file: no panic, and what is taken for a UF2 or an image is written again as it was.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tekser_hardware::firmware::{Image, Uf2, elf};

fuzz_target!(|file: &[u8]| {
    if let Ok(read) = Uf2::parse(file) {
        assert_eq!(read.to_bytes(), file);
    }
    let _ = elf::segments(file);
    if let Ok(image) = Image::read(file) {
        match image.to_uf2() {
            Ok(packed) => assert_eq!(Image::read(&packed), Ok(image)),
            Err(_) => assert_eq!(image.facts().uf2_family, None),
        }
    }
});
