//! Where the image and its emulator are.

use std::path::{Path, PathBuf};

/// What a test needs besides Rust.
#[derive(Debug, Clone)]
pub struct Place {
    /// The image.
    pub uf2: PathBuf,
    /// The boot ROM of the RP2040.
    pub rom: PathBuf,
    /// The emulator's program.
    pub emulator: PathBuf,
}

impl Place {
    /// Finds it all; `None`, and says so loudly, if no image is named.
    ///
    /// # Panics
    ///
    /// If one is named and anything is missing.
    pub fn find() -> Option<Self> {
        let Some(uf2) = std::env::var_os("TEKSER_FIRMWARE") else {
            eprintln!("SKIPPED: tests/firmware/run builds the image and runs this");
            return None;
        };
        let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target");
        let place = Self {
            uf2: uf2.into(),
            rom: target.join("rp2040/bootrom.bin"),
            emulator: Path::new(env!("CARGO_MANIFEST_DIR")).join("firmware/emulator/main.mjs"),
        };
        let modules = std::env::var_os("TEKSER_NPM").map(PathBuf::from);
        let modules = modules.unwrap_or_else(|| target.join("npm/node_modules"));
        let library = modules.join("rp2040js/package.json");
        for (path, cure) in [
            (&place.uf2, "firmware/boards/build pico"),
            (&place.rom, ".ci/run tools"),
            (&library, ".ci/run tools"),
        ] {
            assert!(path.exists(), "{} is missing, {cure} makes it", path.display());
        }
        Some(place)
    }

    /// The linker's file that the image was made of.
    pub fn elf(&self) -> PathBuf {
        self.uf2.with_extension("elf")
    }
}
