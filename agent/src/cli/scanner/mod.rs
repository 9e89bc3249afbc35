//! `tekser scanner`.

mod bundle;
mod codes;
mod configure;
mod direct;
mod flash;
mod image;
mod info;
mod list;
mod log;
mod monitor;
mod pack;
mod progress;
mod show;
mod update;
mod which;

pub(super) use direct::Direct;
pub(super) use which::Page;

use super::output::Output;
use super::{Ended, Setting};

/// Tekser scanners, and others that are found.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// List scanners: those that are plugged in, and those that the station knows.
    List,
    /// Show what a scanner is, how it is, and how it is set.
    ///
    /// If a station runs on the data directory, it is asked; else the scanner itself is. Scans
    /// that wait in it stay there.
    Info(which::Which),
    /// Show codes as they are read, until Ctrl-C.
    ///
    /// If a station runs on the data directory, its events are followed. If none does, this
    /// command takes the scans as the station would: they are kept in the data directory and are
    /// there when the station starts. Nothing is ever shown and then lost.
    #[command(after_long_help = MONITOR_EXAMPLES)]
    Monitor(monitor::Arguments),
    /// Change how a scanner is set. It keeps its settings without power.
    ///
    /// What is not named stays as it is; without anything named the settings are shown. If a
    /// station runs on the data directory, it passes them on.
    #[command(after_long_help = CONFIGURE_EXAMPLES)]
    Configure(configure::Arguments),
    /// Print a sheet of codes that set a scanner up without a station.
    Codes(codes::Arguments),
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
    /// Write firmware to a board through a debug probe.
    ///
    /// For boards whose boot loader is out of reach, and for work on the firmware; a scanner in
    /// its housing is updated with `tekser scanner update`. The chip must be the one that the
    /// firmware is for, by its name, its memory and what it says of itself; then the firmware's
    /// own part of the flash is erased, written, compared and started. Scans stay.
    Flash(flash::Arguments),
    /// Show what a board's firmware logs, through a debug probe or out of a file.
    ///
    /// Lines come with their level, and with file and line where the ELF knows them.
    Log(log::Arguments),
    /// Make the file that a scanner is updated with out of what the linker made.
    ///
    /// The image is checked (board, version, second boot stage, place in the flash), sealed with
    /// length and checksum, and written as UF2.
    Pack(pack::Arguments),
}

const MONITOR_EXAMPLES: &str = "\
Examples:
  tekser scanner monitor                       every code of every scanner
  tekser scanner monitor --count 1 --json      the next code, as one line of JSON
  tekser scanner monitor --port /dev/ttyUSB0   with no station running, of the scanner behind an adapter

Exit codes: 0 ended by Ctrl-C or --count; 1 a code that says nothing of a phone was among them;
3 it could not be done, and the message says what to do.";

const CONFIGURE_EXAMPLES: &str = "\
Examples:
  tekser scanner configure --engine ssi --baud 9600     a GM67 instead of a GM65
  tekser scanner configure --trigger asked              look for a code when the button is pressed
  tekser scanner configure --box-pause 0                only a `next box` code ends a box
  tekser scanner configure --default                    as it came out of the box

Exit codes: 0 set; 2 there is no such scanner, or it does not take this; 3 it could not be asked,
and the message says what to do.";

const UPDATE_EXAMPLES: &str = "\
Examples:
  tekser scanner update                        to the firmware that this program carries
  tekser scanner update --file scanner.uf2     to another
  tekser scanner update --drive /media/RPI-RP2 where drives are mounted by hand

Exit codes: 0 it runs the firmware; 1 it was given back the one before; 2 no firmware was named;
3 it could not be done, and the message says what to do.
With --json every step is a line, and the last says how it ended.";

/// What a program without the parts for debug probes says.
#[cfg(not(feature = "probe"))]
const NO_PROBES: &str = "this program was built without debug probes; build it with \
                         `cargo build --release -p tekser --features probe`";

/// Why a probe did not do what it should, and what to do about it.
#[cfg(feature = "probe")]
fn probe_failure(error: tekser_hardware::probe::ProbeError) -> super::Failure {
    let cure = error.cure().to_owned();
    super::output::Cured { cure, inner: error.into() }.into()
}

pub(super) async fn run(command: Command, setting: &Setting, output: &Output) -> Ended {
    match command {
        Command::List => list::run(setting, output).await,
        Command::Info(which) => info::run(&which, setting, output).await,
        Command::Monitor(arguments) => monitor::run(arguments, setting, output).await,
        Command::Configure(arguments) => configure::run(&arguments, setting, output).await,
        Command::Codes(arguments) => codes::run(&arguments, output),
        Command::Update(arguments) => update::run(arguments, setting, output).await,
        Command::Flash(arguments) => flash::run(arguments, output).await,
        Command::Log(arguments) => log::run(arguments, output).await,
        Command::Pack(arguments) => pack::run(&arguments, output),
    }
}
