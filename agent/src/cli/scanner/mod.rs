//! `tekser scanner`.

mod bundle;
mod image;
mod list;
mod pack;
mod progress;
mod update;

use super::output::Output;
use super::{Ended, Setting};

/// Tekser scanners, and others that are found.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// List scanners that are plugged in.
    List,
    /// Give a scanner another firmware.
    ///
    /// The scanner starts its boot loader, which shows up as a drive (RPI-RP2); the firmware is
    /// written there, and the scanner must come back with the new version. Nothing is sent that
    /// is broken, not a scanner's, or for another board. Scans that wait in the scanner stay. If
    /// the new firmware does not come back, the one before is written.
    ///
    /// A board that never had our firmware: hold its button BOOTSEL while you plug it in, then run
    /// this. A station that runs holds the scanner's port: stop it first.
    #[command(after_long_help = UPDATE_EXAMPLES)]
    Update(update::Arguments),
    /// Make the file that a scanner is updated with out of what the linker made.
    ///
    /// The image is checked (board, version, second boot stage, place in the flash), sealed with
    /// length and checksum, and written as UF2.
    Pack(pack::Arguments),
}

const UPDATE_EXAMPLES: &str = "\
Examples:
  tekser scanner update                        to the firmware that this program carries
  tekser scanner update --file scanner.uf2     to another
  tekser scanner update --drive /media/RPI-RP2 where drives are mounted by hand

Exit codes: 0 it runs the firmware; 1 it was given back the one before; 2 no firmware was named;
3 it could not be done, and the message says what to do.
With --json every step is a line, and the last says how it ended.";

pub(super) async fn run(command: Command, setting: &Setting, output: &Output) -> Ended {
    match command {
        Command::List => list::run(output).await,
        Command::Update(arguments) => update::run(arguments, setting, output).await,
        Command::Pack(arguments) => pack::run(&arguments, output),
    }
}
