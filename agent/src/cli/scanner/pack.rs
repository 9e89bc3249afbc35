//! `tekser scanner pack`.

use std::path::PathBuf;

use anyhow::Context as _;

use super::{bundle, image};
use crate::cli::output::Output;
use crate::cli::{Ended, Failure, Outcome};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// What the linker made.
    elf: PathBuf,
    /// The file to write [default: the ELF's name with .uf2].
    uf2: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments, output: &Output) -> Ended {
    let image = image::read(&arguments.elf)?;
    let file = image.to_uf2().map_err(|error| image::refused(&arguments.elf, error))?;
    let path = match &arguments.uf2 {
        Some(path) => path.clone(),
        None => arguments.elf.with_extension("uf2"),
    };
    if path == arguments.elf {
        return Err(Failure::usage("the file to write is the one to read; name another"));
    }
    bundle::replace(&path, &file).with_context(|| format!("cannot write {}", path.display()))?;
    output.value(&image::facts(&image, Some(&path)));
    output.line(&format!("{}, packed and sealed: {}", image::title(&image), path.display()));
    Ok(Outcome::Fine)
}
