//! `tekser scanner update`.

use std::path::PathBuf;

use serde_json::json;
use tekser_hardware::PortName;
use tekser_hardware::firmware::Image;
use tekser_hardware::firmware::update::machine::Surroundings;
use tekser_hardware::firmware::update::{Plan, Progress, UpdateError, Updated, run as update};

use super::progress::Teller;
use super::{bundle, image};
use crate::cli::machine::{machine_bus, single_bus};
use crate::cli::output::{Colour, Cured, Output};
use crate::cli::{Ended, Failure, Outcome, Setting};
use crate::place::Place;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// The firmware: a UF2, or an ELF that is sealed on the way [default: that of this program].
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// The scanner's port, if there are several or it is not found.
    #[arg(long)]
    port: Option<String>,
    /// Where the boot loader's drive is mounted, if it is not found.
    #[arg(long, value_name = "PATH")]
    drive: Option<PathBuf>,
    /// What to write if the scanner does not come back [default: the last that was seen to run on
    /// this station, else that of this program].
    #[arg(long, value_name = "FILE")]
    fallback: Option<PathBuf>,
    /// Write the version that the scanner runs already.
    #[arg(long)]
    again: bool,
}

pub(super) async fn run(arguments: Arguments, setting: &Setting, output: &Output) -> Ended {
    let place = setting.place()?;
    let plan = plan(&arguments, &place)?;
    let port = arguments.port.as_deref();
    let bus = port.map_or_else(machine_bus, single_bus);
    let mut world = Surroundings::new(bus, port.map(PortName::new));
    let mut teller = Teller::new(output);
    let updated = update(&plan, &mut world, &mut |step| tell(&mut teller, &step)).await;
    output.progress("");
    let updated = updated.map_err(failure)?;
    if updated != Updated::RolledBack {
        remember(&plan.image, &place, output);
    }
    Ok(ended(updated, &plan, output))
}

fn plan(arguments: &Arguments, place: &Place) -> Result<Plan, Failure> {
    let image = match &arguments.file {
        Some(file) => image::read(file)?,
        None => bundle::embedded().ok_or_else(|| {
            Failure::usage("no firmware is embedded in this program; name a file with --file")
        })?,
    };
    let fallback = match &arguments.fallback {
        Some(file) => {
            let fallback = image::read(file)?;
            let suits = fallback.must_be_for(image.facts().board);
            suits.map_err(|error| image::refused(file, error))?;
            Some(fallback)
        }
        None => at_hand(&image, place),
    };
    let drive = arguments.drive.clone();
    Ok(Plan { image, fallback, drive, again: arguments.again })
}

/// Other firmware for the same board.
fn at_hand(image: &Image, place: &Place) -> Option<Image> {
    let suits = |other: &Image| other.facts() == image.facts() && other.record() != image.record();
    bundle::last_good(place).filter(suits).or_else(|| bundle::embedded().filter(suits))
}

fn tell(teller: &mut Teller<'_>, step: &Progress) {
    let text = match step {
        Progress::Writing { written, total } => {
            return teller.share(step, "writing", *written, *total);
        }
        Progress::Chosen { port, from, to, waiting: 0 } => {
            format!("the scanner at {port} runs firmware {from} and gets {to}")
        }
        Progress::Chosen { port, from, to, waiting } => format!(
            "the scanner at {port} runs firmware {from} and gets {to}; {waiting} scans wait in \
             it and stay there"
        ),
        Progress::Restarting => "starting its boot loader …".to_owned(),
        Progress::NeedsHand => "unplug the scanner, hold the button BOOTSEL of its board and plug \
                                it in again …"
            .to_owned(),
        Progress::Found { drive } => format!("writing to {} …", drive.display()),
        Progress::Returning => "waiting for the scanner …".to_owned(),
        Progress::FallingBack { to } => {
            format!("the scanner did not come back; it gets firmware {to}, which worked")
        }
    };
    teller.step(step, &text);
}

fn failure(error: UpdateError) -> Failure {
    Cured { cure: error.cure(), inner: error.into() }.into()
}

/// Keeps a copy of what runs, to fall back to. Without one the next update is less safe, no more.
fn remember(image: &Image, place: &Place, output: &Output) {
    let kept = image.to_uf2().map(|file| bundle::keep(place, &file));
    if !matches!(kept, Ok(Ok(()))) {
        output.warn("this firmware could not be kept as what to fall back to");
    }
}

fn ended(updated: Updated, plan: &Plan, output: &Output) -> Outcome {
    let version = plan.image.firmware();
    let (word, line) = match updated {
        Updated::New => {
            ("updated", output.paint(Colour::Green, &format!("✓ it runs firmware {version}")))
        }
        Updated::Already => ("already", format!("it runs firmware {version} already")),
        Updated::RolledBack => {
            let text = format!(
                "! it did not come back with firmware {version} and runs {} again",
                plan.fallback
                    .as_ref()
                    .map_or_else(String::new, |image| image.firmware().to_string())
            );
            ("rolled_back", output.paint(Colour::Yellow, &text))
        }
    };
    if output.is_json() {
        output.text(&json!({ "step": word, "firmware": version.to_string() }).to_string());
    }
    output.line(&line);
    Outcome::finding_if(updated == Updated::RolledBack)
}
