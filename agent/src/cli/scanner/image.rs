//! Firmware files, as the commands about scanners take and show them.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, anyhow};
use serde_json::{Value, json};
use tekser_hardware::firmware::{FILE_MAX, Image, ImageError};

use crate::cli::Failure;
use crate::cli::output::Cured;

/// Reads an ELF or a UF2 and looks at everything that can be wrong with it.
pub(super) fn read(path: &Path) -> Result<Image, Failure> {
    let bytes = bytes(path)?;
    Image::read(&bytes).map_err(|error| refused(path, error))
}

/// A file's bytes, but not those of one that can't be firmware by its size.
pub(super) fn bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(FILE_MAX + 1).read_to_end(&mut bytes));
    read.with_context(|| format!("cannot read {}", path.display()))?;
    if bytes.len() as u64 > FILE_MAX {
        return Err(anyhow!("{} is larger than any firmware", path.display()).into());
    }
    Ok(bytes)
}

/// Why a file is not sent, and what to do about it.
pub(super) fn refused(path: &Path, error: ImageError) -> Failure {
    let cure = error.cure().to_owned();
    let inner = anyhow::Error::new(error).context(format!("{} is refused", path.display()));
    Cured { cure, inner }.into()
}

/// Board and version, for people.
pub(super) fn title(image: &Image) -> String {
    format!("firmware {} for a {}", image.firmware(), image.facts().name)
}

/// What is known of an image, for programs.
pub(super) fn facts(image: &Image, file: Option<&Path>) -> Value {
    let range = image.program().range();
    let record = image.record();
    json!({
        "board": image.facts().name,
        "chip": image.facts().chip,
        "firmware": image.firmware().to_string(),
        "protocol": { "min": record.wire.min, "current": record.wire.current },
        "start": range.start,
        "bytes": range.end - range.start,
        "checksum": record.seal.map(|seal| seal.checksum),
        "file": file.map(|file| file.display().to_string()),
    })
}
