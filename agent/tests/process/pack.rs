//! `tekser scanner pack`: a linker's file becomes one that a scanner can be updated with.

use std::fs;
use std::path::Path;

use tekser_hardware::firmware::Image;
use tekser_wire::message::Board;

use crate::linker::{elf_of, record, sound_elf};
use crate::program::{Ran, run, tekser};

fn pack(data: &Path, arguments: &[&str]) -> Ran {
    run(tekser(data).current_dir(data).args(["scanner", "pack"]).args(arguments))
}

#[test]
fn a_packed_image_is_sound_and_sealed() {
    let data = tempfile::tempdir().unwrap();
    fs::write(data.path().join("scanner"), sound_elf()).unwrap();
    let ran = pack(data.path(), &["scanner"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stdout.contains("firmware 1.2.3 for a Raspberry Pi Pico"), "{ran:?}");
    let image = Image::read(&fs::read(data.path().join("scanner.uf2")).unwrap()).unwrap();
    assert_eq!(image.facts().board, Board::PICO);

    let ran = pack(data.path(), &["scanner", "other.uf2", "--json"]);
    let told = ran.json();
    assert_eq!(told["firmware"], "1.2.3");
    assert_eq!(told["bytes"], 0x2000);
    assert_eq!(told["checksum"], image.record().seal.unwrap().checksum);
    assert!(data.path().join("other.uf2").exists());
}

#[test]
fn what_is_no_image_is_refused_and_nothing_is_written() {
    let data = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| fs::write(data.path().join(name), bytes).unwrap();
    file("text", b"not a program");
    let mut foreign = sound_elf();
    let at = foreign.windows(6).position(|part| part == b"Tekser").unwrap();
    foreign[at] = b't';
    file("foreign", &foreign);
    file("unknown", &elf_of(&record(Board(99), [1, 0, 0])));
    file("nrf", &elf_of(&record(Board::NRF52840, [1, 0, 0])));
    for (name, why) in [
        ("text", "neither an ELF nor a UF2"),
        ("foreign", "not the firmware of a Tekser scanner"),
        ("unknown", "a board that this tekser does not know (number 99)"),
        ("nrf", "the board's flash begins at 0x00000000"),
        ("missing", "cannot read missing"),
    ] {
        let ran = pack(data.path(), &[name]);
        assert_eq!(ran.code, Some(3), "{ran:?}");
        assert!(ran.stderr.contains(why), "{name}: {ran:?}");
        assert!(!data.path().join(name).with_extension("uf2").exists(), "{name}");
    }
}

#[test]
fn the_file_to_read_is_never_written_over() {
    let data = tempfile::tempdir().unwrap();
    fs::write(data.path().join("image.uf2"), sound_elf()).unwrap();
    let ran = pack(data.path(), &["image.uf2"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert_eq!(fs::read(data.path().join("image.uf2")).unwrap(), sound_elf());
}
