//! `virtual-scanner`: a Tekser scanner that is not there, for whoever writes programs that talk to
//! scanners.

mod words;

use std::io::{BufRead, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::{Parser, ValueEnum};
use serde_json::json;
use tekser_hardware::scanner::{Event, Session};
use tekser_virtual_bench::Interrupt;
use tekser_virtual_bench::engine::Manners;
use tekser_virtual_bench::scanner::{Kit, Shown, VirtualFlash, VirtualScanner};
use tekser_wire::message::{EngineKind, FromStation, SerialNumber, Settings};
use tokio::sync::mpsc;

use self::words::{Word, lamps};

/// A Tekser scanner that is not there: the firmware's own logic with an engine, a flash, lamps and
/// a button of its own, on a pseudo-terminal or a socket.
///
/// Each line on standard input is a code in front of the glass; one that begins with `/` is
/// something that happens to the scanner.
#[derive(Debug, Parser)]
#[command(name = "virtual-scanner", version, after_help = EXAMPLES)]
struct Cli {
    /// Where it is plugged in.
    #[arg(long, value_enum, default_value_t = Way::DEFAULT)]
    on: Way,
    /// Address to listen at; port 0 is any free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    address: SocketAddr,
    /// The scan engine in it.
    #[arg(long, value_enum, default_value_t = Engine::Gm65)]
    engine: Engine,
    /// How the engine behaves; `list` shows what there is.
    #[arg(long, default_value = "good", value_name = "MANNER")]
    manners: String,
    /// File that is its flash, so that it keeps its scans.
    #[arg(long, value_name = "FILE")]
    flash: Option<PathBuf>,
    /// Size of its flash in KiB.
    #[arg(long, value_name = "KIB", default_value_t = 1024, value_parser = clap::value_parser!(u32).range(16..=16_384))]
    size: u32,
    /// Its serial number, 16 hexadecimal digits.
    #[arg(long, value_name = "HEX", default_value = "E66058388326AB00", value_parser = serial)]
    serial: SerialNumber,
    /// Tell everything as JSON, one object a line.
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  virtual-scanner
      A scanner on a pseudo-terminal; it prints the name. Type an IMEI to scan it.
  tekser serve --scanner /dev/pts/7
      A station that takes what it reads, if that was the name.
  virtual-scanner --flash store.bin
      One that still has its unacknowledged scans when it is started again.
  virtual-scanner --engine ssi --manners noisy
      One whose engine is on a bad line.
  printf '490154203237518\\n]Q1IMEI:490154203237519\\n' | virtual-scanner --on tcp --json
      Two codes, the second a QR Code; `]` and two characters in front name the symbology.

On standard input:
  /click /press /release     the button
  /unplug /plug              the cable
  /off /on                   the power
  /manners NAME              the engine behaves differently
  \\x1d in a code             a byte by its number

Lamps and beeper are printed as they change. Ctrl-C ends it.";

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Way {
    /// A pseudo-terminal.
    #[cfg(unix)]
    Pty,
    /// A TCP socket.
    Tcp,
}

impl Way {
    #[cfg(unix)]
    const DEFAULT: Self = Self::Pty;
    #[cfg(not(unix))]
    const DEFAULT: Self = Self::Tcp;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Engine {
    Gm65,
    Ssi,
    De2120,
    Line,
}

impl From<Engine> for EngineKind {
    fn from(engine: Engine) -> Self {
        match engine {
            Engine::Gm65 => Self::Gm65,
            Engine::Ssi => Self::Ssi,
            Engine::De2120 => Self::De2120,
            Engine::Line => Self::Line,
        }
    }
}

fn serial(text: &str) -> Result<SerialNumber, String> {
    let number = (text.len() == 16).then(|| u64::from_str_radix(text, 16).ok()).flatten();
    let number = number.ok_or_else(|| "is not 16 hexadecimal digits".to_owned())?;
    Ok(SerialNumber(number.to_be_bytes()))
}

fn manners(name: &str) -> anyhow::Result<Manners> {
    let known = || Manners::all().into_iter().map(|(name, _)| name).collect::<Vec<_>>().join(", ");
    Manners::named(name).with_context(|| format!("no manners {name}; there is {}", known()))
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = if cli.manners == "list" { list() } else { run(&cli).await };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("virtual-scanner: {error:#}");
            ExitCode::from(3)
        }
    }
}

fn list() -> anyhow::Result<()> {
    Manners::all().iter().try_for_each(|(name, _)| say(name))
}

async fn run(cli: &Cli) -> anyhow::Result<()> {
    let mut interrupt = Interrupt::listen()?;
    let sectors = cli.size as usize / 4;
    let flash = match &cli.flash {
        Some(path) => VirtualFlash::in_file(path, sectors)
            .with_context(|| format!("cannot use {} as flash", path.display()))?,
        None => VirtualFlash::new(sectors),
    };
    let (engine, manners) = (cli.engine.into(), manners(&cli.manners)?);
    let scanner = VirtualScanner::new(Kit { engine, manners, flash, serial: cli.serial })?;
    agree(&scanner, engine).await?;
    announce(cli, &plug(cli, &scanner).await?)?;
    let mut told = 0;
    let mut words = lines();
    loop {
        tokio::select! {
            () = interrupt.pressed() => return Ok(()),
            () = scanner.shows(|shown| shown.len() > told) => {
                let shown = scanner.shown();
                shown.iter().skip(told).try_for_each(|shown| tell(cli, shown))?;
                told = shown.len();
            }
            Some(line) = words.recv() => match Word::parse(&line) {
                Ok(word) => happen(cli, &scanner, word).await?,
                Err(error) => eprintln!("virtual-scanner: {error}"),
            },
        }
    }
}

/// Tells the scanner which engine it has, as its owner would.
async fn agree(scanner: &VirtualScanner, engine: EngineKind) -> anyhow::Result<()> {
    let mut session = Session::new(scanner.plug());
    let talk = async {
        let mut asked = false;
        loop {
            match session.next().await? {
                Event::Hello(_) if !asked => {
                    session.ask(FromStation::ReadSettings)?;
                    asked = true;
                }
                Event::Settings(settings) if settings.engine == engine => return Ok(()),
                Event::Settings(settings) => {
                    session.ask(FromStation::Configure(Settings { engine, ..settings }))?;
                }
                Event::SettingsRefused(error) => bail!("it refuses its settings: {error:?}"),
                _ => {}
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(10), talk).await.context("it does not answer")?
}

async fn plug(cli: &Cli, scanner: &VirtualScanner) -> anyhow::Result<String> {
    Ok(match cli.on {
        #[cfg(unix)]
        Way::Pty => scanner.plug_into_pty().context("no pseudo-terminal")?.to_string(),
        Way::Tcp => {
            let address = scanner.plug_into_socket(cli.address).await;
            address.with_context(|| format!("cannot listen at {}", cli.address))?.to_string()
        }
    })
}

fn announce(cli: &Cli, place: &str) -> anyhow::Result<()> {
    if cli.json {
        return say(&json!({ "event": "plugged", "at": place, "serial": cli.serial.to_string() }));
    }
    say(&format!("scanner {} at {place}", cli.serial))?;
    if place.starts_with('/') {
        say(&format!("try: tekser serve --scanner {place}, then type an IMEI here"))?;
    }
    Ok(())
}

fn tell(cli: &Cli, shown: &Shown) -> anyhow::Result<()> {
    let indication = shown.indication;
    if cli.json {
        let tone = indication.tone.map(|tone| tone.hertz);
        let (green, red) = (indication.green, indication.red);
        return say(&json!({ "event": "shown", "green": green, "red": red, "hertz": tone }));
    }
    say(&format!("* {}", lamps(indication)))
}

async fn happen(cli: &Cli, scanner: &VirtualScanner, word: Word) -> anyhow::Result<()> {
    match word {
        Word::Code(code) => scanner.show(code),
        Word::Click => scanner.click().await,
        Word::Press => scanner.press(),
        Word::Release => scanner.release(),
        Word::Off => scanner.power_off(),
        Word::On => scanner.power_on()?,
        Word::Unplug => scanner.unplug(),
        Word::Plug => announce(cli, &plug(cli, scanner).await?)?,
        Word::Manners(manners) => scanner.behave(manners),
        Word::Nothing => {}
    }
    Ok(())
}

/// A line on standard output at once, also where that is a pipe.
fn say(line: &impl ToString) -> anyhow::Result<()> {
    let mut output = std::io::stdout().lock();
    writeln!(output, "{}", line.to_string()).and_then(|()| output.flush())?;
    Ok(())
}

/// Lines of standard input.
fn lines() -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel(64);
    // A thread of its own: reading standard input cannot be called off.
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            let Ok(line) = line else { return };
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    receiver
}
