//! `tekser scanner log`.

use std::path::PathBuf;

use crate::cli::output::Output;
use crate::cli::{Ended, Failure};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// The ELF of the very firmware that runs: it alone has the texts of the log.
    #[arg(long, value_name = "FILE")]
    elf: PathBuf,
    /// Decode the bytes in this file instead of those of a board (- for standard input).
    #[arg(long, value_name = "FILE", conflicts_with_all = ["probe", "chip", "seconds"])]
    from: Option<PathBuf>,
    /// The debug probe, if there are several: VENDOR:PRODUCT or VENDOR:PRODUCT:SERIAL.
    #[arg(long, value_name = "PROBE")]
    probe: Option<String>,
    /// The chip, if it is another one of the board's family, as probe-rs calls it.
    #[arg(long)]
    chip: Option<String>,
    /// Stop after so many seconds [default: when it is interrupted].
    #[arg(long)]
    seconds: Option<u64>,
}

#[cfg(not(feature = "defmt"))]
#[allow(clippy::unused_async, reason = "as with the feature")]
pub(super) async fn run(arguments: Arguments, _output: &Output) -> Ended {
    let _ = (arguments.elf, arguments.from, arguments.probe, arguments.chip, arguments.seconds);
    Err(Failure::usage(super::NO_PROBES))
}

#[cfg(feature = "defmt")]
pub(super) use decoding::run;

#[cfg(feature = "defmt")]
mod decoding {
    use std::fs::File;
    use std::io::{self, Read};
    use std::path::Path;

    use anyhow::Context as _;
    use tekser_hardware::probe::log::{Decoder, Entry, LogError, Texts};

    use super::{Arguments, Ended, Failure, Output};
    use crate::cli::Outcome;
    use crate::cli::output::{Colour, Cured};
    use crate::cli::scanner::image;

    pub(in crate::cli::scanner) async fn run(arguments: Arguments, output: &Output) -> Ended {
        let elf = image::bytes(&arguments.elf)?;
        let texts = Texts::from_elf(&elf).map_err(|error| no_texts(&arguments.elf, error))?;
        match &arguments.from {
            Some(from) => replay(from, &texts, output),
            None => follow(arguments, elf, texts, output).await,
        }
    }

    fn no_texts(path: &Path, error: LogError) -> Failure {
        let cure = "name the ELF that the linker made, with its symbols".to_owned();
        let inner = anyhow::Error::new(error).context(path.display().to_string());
        Cured { cure, inner }.into()
    }

    /// Decodes bytes that were collected before.
    fn replay(from: &Path, texts: &Texts, output: &Output) -> Ended {
        let mut source: Box<dyn Read> = if from == Path::new("-") {
            Box::new(io::stdin().lock())
        } else {
            let file = File::open(from);
            Box::new(file.with_context(|| format!("cannot read {}", from.display()))?)
        };
        let mut decoder = texts.decoder();
        let mut bytes = [0; 4096];
        loop {
            let count = source
                .read(&mut bytes)
                .with_context(|| format!("cannot read {}", from.display()))?;
            if count == 0 {
                return Ok(summed(&decoder, output));
            }
            decoder.push(&bytes[..count], |entry| print(&entry, output));
        }
    }

    fn summed(decoder: &Decoder<'_>, output: &Output) -> Outcome {
        let broken = decoder.broken();
        if broken > 0 {
            output.warn(&format!(
                "{broken} pieces could not be decoded: noise, or the ELF of another firmware"
            ));
        }
        Outcome::finding_if(broken > 0)
    }

    fn print(entry: &Entry, output: &Output) {
        if output.is_json() {
            if let Ok(text) = serde_json::to_string(entry) {
                output.text(&text);
            }
            return;
        }
        let text = entry.to_string();
        output.line(&match entry.level {
            Some("error") => output.paint(Colour::Red, &text),
            Some("warn") => output.paint(Colour::Yellow, &text),
            Some("trace" | "debug") => output.paint(Colour::Dim, &text),
            _ => text,
        });
    }

    #[cfg(not(feature = "probe"))]
    #[allow(clippy::unused_async, reason = "as with the feature")]
    async fn follow(arguments: Arguments, _: Vec<u8>, _: Texts, _: &Output) -> Ended {
        let _ = (arguments.probe, arguments.chip, arguments.seconds);
        Err(Failure::usage(crate::cli::scanner::NO_PROBES))
    }

    /// Decodes what a board logs, until it is interrupted or the time is over.
    #[cfg(feature = "probe")]
    async fn follow(arguments: Arguments, elf: Vec<u8>, texts: Texts, output: &Output) -> Ended {
        use std::sync::Arc;
        use std::sync::atomic::{AtomicBool, Ordering};
        use std::time::Duration;

        use tekser_hardware::firmware::Image;

        let image = Image::from_elf(&elf).map_err(|error| image::refused(&arguments.elf, error))?;
        let (sender, mut news) = tokio::sync::mpsc::channel(64);
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let time = arguments.seconds.map_or(Duration::MAX, Duration::from_secs);
        let work = tokio::task::spawn_blocking(move || {
            probed::run(&arguments, &image, &elf, &stopped, &sender)
        });
        let mut decoder = texts.decoder();
        let listening = async {
            while let Some(heard) = news.recv().await {
                match heard {
                    probed::Heard::OtherBuild => output.warn(
                        "the board runs another build than this ELF: its log may make no sense",
                    ),
                    probed::Heard::Bytes(bytes) => {
                        decoder.push(&bytes, |entry| print(&entry, output));
                    }
                }
            }
        };
        tokio::select! {
            () = listening => {}
            _ = tokio::signal::ctrl_c() => {}
            () = tokio::time::sleep(time) => {}
        }
        stop.store(true, Ordering::Relaxed);
        drop(news);
        work.await?.map_err(crate::cli::scanner::probe_failure)?;
        Ok(summed(&decoder, output))
    }

    /// The part that blocks.
    #[cfg(feature = "probe")]
    mod probed {
        use std::ops::ControlFlow;
        use std::sync::atomic::{AtomicBool, Ordering};
        use std::time::Duration;

        use tekser_hardware::firmware::{Image, elf};
        use tekser_hardware::probe::ProbeError;
        use tekser_hardware::probe::attach::{Attached, open};
        use tokio::sync::mpsc::Sender;

        use super::Arguments;

        /// Longest wait for a firmware to set its log up.
        const LIMIT: Duration = Duration::from_secs(5);

        pub(super) enum Heard {
            OtherBuild,
            Bytes(Vec<u8>),
        }

        pub(super) fn run(
            arguments: &Arguments,
            image: &Image,
            elf: &[u8],
            stop: &AtomicBool,
            sender: &Sender<Heard>,
        ) -> Result<(), ProbeError> {
            let probe = open(arguments.probe.as_deref())?;
            let chip = arguments.chip.as_deref().unwrap_or(image.facts().chip);
            let mut target = Attached::new(probe, chip)?;
            if !target.holds(image)? {
                let _ = sender.blocking_send(Heard::OtherBuild);
            }
            let block = elf::symbol(elf, "_SEGGER_RTT");
            target.follow_log(block, LIMIT, &mut |bytes| {
                let heard = Heard::Bytes(bytes.to_vec());
                let nobody = !bytes.is_empty() && sender.blocking_send(heard).is_err();
                if nobody || stop.load(Ordering::Relaxed) {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            })
        }
    }
}
