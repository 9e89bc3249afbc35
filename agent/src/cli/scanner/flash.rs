//! `tekser scanner flash`.

use std::path::PathBuf;

use crate::cli::output::Output;
use crate::cli::{Ended, Failure};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// The firmware: an ELF or a UF2.
    #[arg(required_unless_present = "list")]
    file: Option<PathBuf>,
    /// The debug probe, if there are several: VENDOR:PRODUCT or VENDOR:PRODUCT:SERIAL.
    #[arg(long, value_name = "PROBE")]
    probe: Option<String>,
    /// The chip, if it is another one of the board's family, as probe-rs calls it.
    #[arg(long)]
    chip: Option<String>,
    /// Do all that changes nothing.
    #[arg(long)]
    dry_run: bool,
    /// List the debug probes that are plugged in, and do nothing.
    #[arg(long, conflicts_with_all = ["file", "dry_run", "chip", "probe"])]
    list: bool,
}

#[cfg(not(feature = "probe"))]
#[allow(clippy::unused_async, reason = "as with the feature")]
pub(super) async fn run(arguments: Arguments, _output: &Output) -> Ended {
    // A file that is refused is refused here too, so that a script learns the same.
    if let Some(file) = &arguments.file {
        super::image::read(file)?;
    }
    let _ = (arguments.probe, arguments.chip, arguments.dry_run, arguments.list);
    Err(Failure::usage(super::NO_PROBES))
}

#[cfg(feature = "probe")]
pub(super) use with_probes::run;

#[cfg(feature = "probe")]
mod with_probes {
    use serde_json::json;
    use tekser_hardware::firmware::Image;
    use tekser_hardware::probe::ProbeError;
    use tekser_hardware::probe::attach::{Attached, list, open};
    use tekser_hardware::probe::flash::{Flashing, Phase, flash};

    use super::{Arguments, Ended, Failure, Output};
    use crate::cli::Outcome;
    use crate::cli::output::Colour;
    use crate::cli::scanner::progress::Teller;
    use crate::cli::scanner::{image, probe_failure};

    pub(in crate::cli::scanner) async fn run(arguments: Arguments, output: &Output) -> Ended {
        if arguments.list {
            return tokio::task::spawn_blocking(list).await.map(|probes| show(&probes, output))?;
        }
        let file = arguments.file.as_ref().ok_or_else(|| Failure::usage("name a file"))?;
        let image = image::read(file)?;
        output.line(&image::title(&image));
        let (sender, mut news) = tokio::sync::mpsc::unbounded_channel();
        let version = image.firmware();
        let dry_run = arguments.dry_run;
        let work = tokio::task::spawn_blocking(move || {
            flashed(&arguments, &image, &mut |step| {
                // Nobody listens any more when the program ends.
                let _ = sender.send(step);
            })
        });
        let mut teller = Teller::new(output);
        while let Some(step) = news.recv().await {
            tell(&mut teller, &step);
        }
        output.progress("");
        work.await?.map_err(probe_failure)?;
        let word = if dry_run { "dry_run" } else { "flashed" };
        if output.is_json() {
            output.text(&json!({ "step": word, "firmware": version.to_string() }).to_string());
        }
        let done = if dry_run {
            "✓ it fits; nothing was written".to_owned()
        } else {
            format!("✓ firmware {version} is written, compared and started")
        };
        output.line(&output.paint(Colour::Green, &done));
        Ok(Outcome::Fine)
    }

    fn flashed(
        arguments: &Arguments,
        image: &Image,
        told: &mut dyn FnMut(Flashing),
    ) -> Result<(), ProbeError> {
        let probe = open(arguments.probe.as_deref())?;
        let chip = arguments.chip.as_deref().unwrap_or(image.facts().chip);
        let mut target = Attached::new(probe, chip)?;
        flash(&mut target, image, arguments.dry_run, told)
    }

    fn tell(teller: &mut Teller<'_>, step: &Flashing) {
        match step {
            Flashing::Checked => teller.step(step, "the chip is the firmware's"),
            Flashing::Working { phase, done, total } => {
                let what = match phase {
                    Phase::Erasing => "erasing  ",
                    Phase::Writing => "writing  ",
                    Phase::Verifying => "comparing",
                };
                teller.share(step, what, *done as usize, *total as usize);
            }
        }
    }

    fn show(probes: &[tekser_hardware::probe::attach::Listed], output: &Output) -> Ended {
        output.value(&probes);
        if probes.is_empty() {
            output.line("no debug probe is plugged in");
        }
        for probe in probes {
            output.line(&format!("{}  {}", probe.selector, probe.name));
            if !probe.may_open {
                let text = "  ✗ this user may not open it (https://probe.rs/docs/getting-started/probe-setup)";
                output.line(&output.paint(Colour::Red, text));
            }
        }
        Ok(Outcome::Fine)
    }
}
