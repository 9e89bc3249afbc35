//! `tekser scanner update`: what it says before and after it touches anything.

use std::fs;

use tekser_wire::message::Board;

use crate::linker::{elf_of, record, sound_elf};
use crate::program::{run, tekser};

#[test]
fn without_firmware_it_asks_for_a_file() {
    let data = tempfile::tempdir().unwrap();
    let ran = run(tekser(data.path()).args(["scanner", "update"]));
    if ran.code == Some(2) {
        assert!(ran.stderr.contains("name a file with --file"), "{ran:?}");
    } else {
        // This program was built with firmware, and no scanner is there.
        assert_eq!(ran.code, Some(3), "{ran:?}");
    }
}

#[test]
fn a_file_that_is_refused_is_refused_before_anything_is_looked_for() {
    let data = tempfile::tempdir().unwrap();
    let path = data.path().join("cut.uf2");
    fs::write(data.path().join("elf"), sound_elf()).unwrap();
    let packed = run(tekser(data.path()).current_dir(data.path()).args(["scanner", "pack", "elf"]));
    assert_eq!(packed.code, Some(0), "{packed:?}");
    let mut file = fs::read(data.path().join("elf.uf2")).unwrap();
    file.truncate(file.len() - 512);
    fs::write(&path, file).unwrap();
    let ran = run(tekser(data.path()).args(["scanner", "update", "--file"]).arg(&path));
    assert_eq!(ran.code, Some(3), "{ran:?}");
    assert!(ran.stderr.contains("a part is missing"), "{ran:?}");
    assert!(ran.stderr.contains("nothing was sent"), "{ran:?}");
}

#[test]
fn a_fallback_for_another_board_is_refused() {
    let data = tempfile::tempdir().unwrap();
    let image = data.path().join("image");
    let other = data.path().join("other");
    fs::write(&image, sound_elf()).unwrap();
    fs::write(&other, elf_of(&record(Board(9), [1, 0, 0]))).unwrap();
    let mut command = tekser(data.path());
    command.args(["scanner", "update", "--file"]).arg(&image).arg("--fallback").arg(&other);
    let ran = run(&mut command);
    assert_eq!(ran.code, Some(3), "{ran:?}");
    assert!(ran.stderr.contains("number 9"), "{ran:?}");
}

#[test]
fn a_path_that_is_no_boot_loader_is_named_with_a_cure() {
    let data = tempfile::tempdir().unwrap();
    let image = data.path().join("image");
    fs::write(&image, sound_elf()).unwrap();
    let mut command = tekser(data.path());
    command.args(["scanner", "update", "--port", "/dev/tekser-none", "--file"]).arg(&image);
    command.arg("--drive").arg(data.path());
    let ran = run(&mut command);
    assert_eq!(ran.code, Some(3), "{ran:?}");
    assert!(ran.stderr.contains("holds no INFO_UF2.TXT"), "{ran:?}");
    assert!(ran.stderr.contains("BOOTSEL"), "{ran:?}");
    assert!(!data.path().join("TEKSER.UF2").exists());
}
