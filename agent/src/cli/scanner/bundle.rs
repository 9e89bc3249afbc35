//! Firmware that is at hand: in this program, and the last that was seen to run.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use tekser_hardware::firmware::Image;
use tekser_hardware::firmware::uf2::FILE_MAX;

use crate::place::Place;

/// The firmware that a release carries (`TEKSER_PICO_UF2` at build time, see `build.rs`).
#[cfg(pico_uf2)]
const EMBEDDED: Option<&[u8]> = Some(include_bytes!(env!("TEKSER_PICO_UF2")));
#[cfg(not(pico_uf2))]
const EMBEDDED: Option<&[u8]> = None;

/// The firmware in this program, if it was built with one.
pub(super) fn embedded() -> Option<Image> {
    // That it is sound is tested where it is built in.
    Image::read(EMBEDDED?).ok()
}

/// The firmware that a scanner was last seen to run on this station; `None` if there is none that
/// is sound.
pub(super) fn last_good(place: &Place) -> Option<Image> {
    let mut bytes = Vec::new();
    let file = File::open(place.last_firmware()).ok()?;
    file.take(FILE_MAX as u64 + 1).read_to_end(&mut bytes).ok()?;
    Image::read(&bytes).ok()
}

/// Keeps firmware that was seen to run.
pub(super) fn keep(place: &Place, file: &[u8]) -> io::Result<()> {
    replace(&place.last_firmware(), file)
}

/// Writes a file whole or not at all: half a UF2 that stays behind would be tried one day.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let directory = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let file = tempfile::Builder::new();
    #[cfg(unix)]
    let file = {
        let mut file = file;
        file.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
        file
    };
    let mut file = file.tempfile_in(directory)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn firmware_that_is_built_in_is_sound() {
        if let Some(bytes) = EMBEDDED {
            Image::read(bytes).unwrap();
        }
    }

    #[test]
    fn a_kept_file_that_is_damaged_is_none() {
        let directory = tempfile::tempdir().unwrap();
        let place = Place::open(directory.path()).unwrap();
        assert!(last_good(&place).is_none());
        keep(&place, b"UF2\nnot a whole one").unwrap();
        assert!(last_good(&place).is_none());
    }
}
