//! Tells the linker where everything goes.
//!
//! Linker arguments are given here and not in `RUSTFLAGS`, so that no other source of those can
//! lose them.

use std::path::PathBuf;
use std::{env, fs};

#[allow(dead_code)]
mod layout {
    include!("src/layout.rs");
}

fn main() {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    fs::write(out.join("memory.x"), memory()).expect("memory.x can be written");
    println!("cargo:rustc-link-search={}", out.display());
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=src/layout.rs");
    for argument in ["--nmagic", "-Tlink.x", "-Tdefmt.x"] {
        println!("cargo:rustc-link-arg-bins={argument}");
    }
}

/// The 256 KiB of RAM that are striped over four banks hold everything; the fifth bank, 4 KiB,
/// keeps what a run leaves to the next one, where neither the boot ROM nor an update reaches it.
fn memory() -> String {
    format!(
        "MEMORY {{
    BOOT2      : ORIGIN = {base:#x}, LENGTH = 0x100
    FLASH      : ORIGIN = {base:#x} + 0x100, LENGTH = {image:#x} - 0x100
    RAM        : ORIGIN = 0x20000000, LENGTH = 256K
    LAST_WORDS : ORIGIN = 0x20040000, LENGTH = 4K
}}

SECTIONS {{
    .boot2 ORIGIN(BOOT2) : {{ KEEP(*(.boot2)); }} > BOOT2
}} INSERT BEFORE .text;

SECTIONS {{
    .tekser_image : ALIGN(4) {{ KEEP(*(.tekser_image)); . = ALIGN(4); }} > FLASH
}} INSERT AFTER .rodata;

SECTIONS {{
    .last_words (NOLOAD) : {{ KEEP(*(.last_words)); }} > LAST_WORDS
}} INSERT BEFORE .got;
",
        base = layout::BASE,
        image = layout::IMAGE,
    )
}
