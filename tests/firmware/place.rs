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
    /// Finds it all; says loudly what is missing, and fails where everything must be there.
    pub fn find() -> Option<Self> {
        let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target");
        let uf2 = std::env::var_os("TEKSER_FIRMWARE").map(PathBuf::from);
        let place = Self {
            uf2: uf2.unwrap_or_else(|| target.join("firmware/pico.uf2")),
            rom: target.join("rp2040/bootrom.bin"),
            emulator: Path::new(env!("CARGO_MANIFEST_DIR")).join("firmware/emulator/main.mjs"),
        };
        let modules = std::env::var_os("TEKSER_NPM").map(PathBuf::from);
        let modules = modules.unwrap_or_else(|| target.join("npm/node_modules"));
        let library = modules.join("rp2040js/package.json");
        let missing = [
            (&place.uf2, "firmware/boards/build pico"),
            (&place.rom, ".ci/run tools"),
            (&library, ".ci/run tools"),
        ]
        .into_iter()
        .find(|(path, _)| !path.exists());
        let Some((path, cure)) = missing else {
            return Some(place);
        };
        let what = format!("{} is missing, {cure} makes it", path.display());
        assert!(std::env::var_os("CI").is_none(), "{what}");
        eprintln!("SKIPPED: {what}, so this proves nothing here");
        None
    }

    /// The linker's file that the image was made of.
    pub fn elf(&self) -> PathBuf {
        self.uf2.with_extension("elf")
    }
}
