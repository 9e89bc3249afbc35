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

/// The last KiB of RAM keeps what a run leaves to the next one, where no update moves it.
fn memory() -> String {
    format!(
        "MEMORY {{
    FLASH      : ORIGIN = {base:#x}, LENGTH = {image:#x}
    RAM        : ORIGIN = 0x20000000, LENGTH = 127K
    LAST_WORDS : ORIGIN = 0x2001FC00, LENGTH = 1K
}}

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
