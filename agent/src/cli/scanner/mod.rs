//! `tekser scanner`.

mod image;
mod list;
mod pack;

use super::output::Output;
use super::{Ended, Setting};

/// Tekser scanners, and others that are found.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// List scanners that are plugged in.
    List,
    /// Make the file that a scanner is updated with out of what the linker made.
    ///
    /// The image is checked (board, version, second boot stage, place in the flash), sealed with
    /// length and checksum, and written as UF2.
    Pack(pack::Arguments),
}

pub(super) async fn run(command: Command, _setting: &Setting, output: &Output) -> Ended {
    match command {
        Command::List => list::run(output).await,
        Command::Pack(arguments) => pack::run(&arguments, output),
    }
}
