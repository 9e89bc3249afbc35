//! `tekser scanner configure`.

use tekser_wire::message::Settings;

use super::direct::Direct;
use super::info::path;
use super::show;
use super::which::Which;
use crate::cli::output::{Colour, Output};
use crate::cli::remote::Remote;
use crate::cli::{Ended, Failure, Outcome, Setting};
use crate::counter::{EngineKind, ScannerKind, ScannerSettings, TriggerMode};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    #[command(flatten)]
    which: Which,
    /// Begin with the settings that it came with, and not with those that it has.
    #[arg(long)]
    default: bool,
    /// Its scan engine: gm65 (GM65, GM805, GM812, GM861), ssi (GM67, GM72), de2120, or line for
    /// any other that sends lines of text.
    #[arg(long, value_name = "KIND")]
    engine: Option<EngineKind>,
    /// Speed of the engine's line, such as 9600 or 115200.
    #[arg(long)]
    baud: Option<u32>,
    /// When it looks for a code: asked (button or station) or always.
    #[arg(long, value_name = "WHEN")]
    trigger: Option<TriggerMode>,
    /// How long the same code counts as the same scan, in milliseconds; 0: never.
    #[arg(long, value_name = "MS")]
    same_code: Option<u16>,
    /// The pause after which a scan begins a new box, in milliseconds; 0: none does.
    #[arg(long, value_name = "MS")]
    box_pause: Option<u16>,
    /// Loudness of the beeper, 0 (off) to 10.
    #[arg(long, value_parser = clap::value_parser!(u8).range(0..=10))]
    loudness: Option<u8>,
    /// Whether codes without anything of use are kept and sent as well.
    #[arg(long, value_name = "true|false")]
    keep_nothing: Option<bool>,
}

impl Arguments {
    fn changes_anything(&self) -> bool {
        self.default
            || self.engine.is_some()
            || self.baud.is_some()
            || self.trigger.is_some()
            || self.same_code.is_some()
            || self.box_pause.is_some()
            || self.loudness.is_some()
            || self.keep_nothing.is_some()
    }

    /// The settings that are wanted, given those that it has.
    fn applied_to(&self, has: ScannerSettings) -> ScannerSettings {
        let base = if self.default { Settings::DEFAULT.into() } else { has };
        ScannerSettings {
            engine: self.engine.unwrap_or(base.engine),
            baud: self.baud.unwrap_or(base.baud),
            trigger: self.trigger.unwrap_or(base.trigger),
            same_code_ms: self.same_code.unwrap_or(base.same_code_ms),
            box_pause_ms: self.box_pause.unwrap_or(base.box_pause_ms),
            loudness: self.loudness.unwrap_or(base.loudness),
            keep_nothing: self.keep_nothing.unwrap_or(base.keep_nothing),
        }
    }
}

pub(super) async fn run(arguments: &Arguments, setting: &Setting, output: &Output) -> Ended {
    let station = Remote::find(setting)?;
    let through = match &station {
        Some(station) => through(station, arguments).await?,
        None => None,
    };
    let settings = match through {
        Some(settings) => settings,
        None => ask(arguments, output).await?,
    };
    output.value(&settings);
    if arguments.changes_anything() {
        output.line(&output.paint(Colour::Green, "✓ the scanner is set"));
    }
    show::settings(&settings, output);
    Ok(Outcome::Fine)
}

/// Through the station that runs; `None` if it does not hear this scanner.
async fn through(
    station: &Remote,
    arguments: &Arguments,
) -> Result<Option<ScannerSettings>, Failure> {
    let Some(scanner) = arguments.which.of_station(station).await? else { return Ok(None) };
    if scanner.known.kind == ScannerKind::Plain {
        return Err(Failure::usage(
            "this is no Tekser scanner: it is set up with its maker's own codes",
        ));
    }
    let has: ScannerSettings = station.get(&path(&scanner)).await?;
    if !arguments.changes_anything() {
        return Ok(Some(has));
    }
    let wanted = serde_json::to_value(arguments.applied_to(has))?;
    Ok(Some(station.ask("PUT", &path(&scanner), Some(&wanted)).await?))
}

/// The scanner itself.
async fn ask(arguments: &Arguments, output: &Output) -> Result<ScannerSettings, Failure> {
    let bus = arguments.which.bus();
    let device = arguments.which.among(bus.devices())?;
    output.progress(&format!("asking the scanner at {} …", device.id));
    let mut direct = Direct::meet(bus.as_ref(), &device).await?;
    let has = direct.settings(None).await?;
    let settings = if arguments.changes_anything() {
        direct.settings(Some(arguments.applied_to(has).into())).await?
    } else {
        has
    };
    output.progress("");
    Ok(settings)
}
