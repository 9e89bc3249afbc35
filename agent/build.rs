//! Puts the firmware of the scanner into the program, where a release's builder names it.

use std::env;
use std::path::Path;

/// Names a UF2 that `tekser scanner pack` made.
const VARIABLE: &str = "TEKSER_PICO_UF2";

fn main() {
    println!("cargo:rerun-if-env-changed={VARIABLE}");
    println!("cargo:rustc-check-cfg=cfg(pico_uf2)");
    let Some(path) = env::var_os(VARIABLE).filter(|path| !path.is_empty()) else {
        return;
    };
    let path = std::path::absolute(Path::new(&path)).unwrap_or_default();
    // Shipping a program without the firmware that its builder named would go unseen for long.
    assert!(path.is_file(), "{VARIABLE} names {}, which is no file", path.display());
    println!("cargo:rerun-if-changed={}", path.display());
    println!("cargo:rustc-env={VARIABLE}={}", path.display());
    println!("cargo:rustc-cfg=pico_uf2");
}
