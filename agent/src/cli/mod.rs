//! The command line.
//!
//! Exit codes: 0 fine; 1 a finding the caller must look at; 2 the command was not understood;
//! 3 something about this machine (a port, the data directory, an address) is in the way.

mod batch;
mod case;
mod check;
mod check_list;
mod declaration;
mod demo;
mod devices;
mod doctor;
mod machine;
mod modem;
mod output;
mod portal;
mod read;
mod remote;
mod rules;
mod sandbox;
mod scanner;
mod serve;
mod tac;

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{CommandFactory as _, Parser, Subcommand};
use clap_complete::Shell;
use jiff::SignedDuration;
use tracing_subscriber::EnvFilter;

use crate::place::Place;
use crate::station::{Config, Station};
use output::Output;

/// Reads the IMEIs of phones, asks the registry about them, and files replaced modules.
///
/// Begin with `tekser demo`: it plays the whole story on phones that are not there.
#[derive(Debug, Parser)]
#[command(name = "tekser", version, propagate_version = true, max_term_width = 100)]
struct Arguments {
    /// What to do.
    #[command(subcommand)]
    command: Command,
    /// Answer in JSON, for programs.
    #[arg(long, global = true)]
    json: bool,
    /// Where the station keeps its data [default: the user's data directory].
    #[arg(long, global = true, env = "TEKSER_DATA_DIR", value_name = "DIRECTORY")]
    data_dir: Option<PathBuf>,
    /// How long the embedded sandbox registry takes to review an application, in seconds.
    #[arg(
        long,
        global = true,
        env = "TEKSER_SANDBOX_REVIEW",
        value_name = "SECONDS",
        default_value_t = 30,
        value_parser = clap::value_parser!(u32).range(0..=2_592_000)
    )]
    sandbox_review: u32,
}

/// What every command that works on a station's data is told.
#[derive(Debug)]
struct Setting {
    data: Option<PathBuf>,
    review_takes: SignedDuration,
}

impl Setting {
    /// The data directory, made if it is not there.
    fn place(&self) -> Result<Place, Failure> {
        let path = match &self.data {
            Some(path) => path.clone(),
            None => Place::default_path()?,
        };
        Ok(Place::open(&path)?)
    }

    fn config(&self) -> Result<Config, Failure> {
        let mut config = Config::new(self.place()?);
        config.review_takes = self.review_takes;
        Ok(config)
    }

    /// Opens the station's data without running it.
    async fn station(&self) -> Result<Arc<Station>, Failure> {
        Ok(Station::open(self.config()?).await?)
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the station: bench, web API and page.
    Serve(serve::Arguments),
    /// Play the station's story on a virtual bench.
    Demo(demo::Arguments),
    /// List what is plugged in.
    Devices,
    /// Read phones and print what they are.
    Read(read::Arguments),
    /// Ask the registry about IMEIs.
    Check(check::Arguments),
    /// See and record what people saw on portals that answer people only.
    #[command(subcommand)]
    Portal(portal::Command),
    /// Import and look up what is known of the models behind IMEIs (TACs).
    #[command(subcommand)]
    Tac(tac::Command),
    /// Open and look at cases: replaced boards, devices brought in for sale or by a person.
    #[command(subcommand)]
    Case(case::Command),
    /// Look for IMEIs in a customs declaration (PDF), as the other side does.
    Declaration(declaration::Arguments),
    /// Put cases in signed batches, submit them, follow the answer.
    #[command(subcommand)]
    Batch(batch::Command),
    /// Print the rules that a preflight goes by, each with its source.
    Rules(rules::Arguments),
    /// Serve a practice registry over HTTP, to develop shop software against.
    ///
    /// Look-ups, applications and their review, fees, quotas, and every kind of trouble on demand.
    /// It is for practice. It is not the state database and no copy of kz-imei.kz, which has no
    /// public API; nothing that is filed here is filed with anyone. It is open to this machine only,
    /// and without a token, since everything in it is made up. It reviews in business days and does
    /// not go by --sandbox-review.
    Sandbox(sandbox::Arguments),
    /// List, set up and watch barcode scanners.
    #[command(subcommand)]
    Scanner(scanner::Command),
    /// Look for what keeps this machine from being a station.
    Doctor,
    /// Read a PDF from standard input behind limits that this process never gets rid of.
    #[command(name = crate::declaration::READ_PDF, hide = true)]
    ReadPdf,
    /// Print the OpenAPI description of the web API.
    Openapi,
    /// Print completions for a shell.
    Completions {
        /// The shell.
        shell: Shell,
    },
}

/// How a command ended, when it ended as it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// Nothing to look at.
    Fine,
    /// The caller must look at what was printed.
    Finding,
}

impl Outcome {
    const fn finding_if(finding: bool) -> Self {
        if finding { Self::Finding } else { Self::Fine }
    }
}

/// Why a command could not do its work.
#[derive(Debug)]
enum Failure {
    /// The command was not understood.
    Usage(anyhow::Error),
    /// Something about this machine is in the way.
    Environment(anyhow::Error),
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Environment(error.into())
    }
}

impl Failure {
    fn usage(message: impl Into<String>) -> Self {
        Self::Usage(anyhow::anyhow!(message.into()))
    }
}

type Ended = Result<Outcome, Failure>;

/// Runs the program.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if matches!(arguments.command, Command::ReadPdf) {
        return declaration::read_pdf();
    }
    let output = Output::new(arguments.json);
    start_logging(&arguments.command);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return report(&output, &Failure::Environment(error.into())),
    };
    let ended = runtime.block_on(run(arguments, &output));
    // A thread that waits for a port must not hold up the end.
    runtime.shutdown_background();
    match ended {
        Ok(Outcome::Fine) => ExitCode::SUCCESS,
        Ok(Outcome::Finding) => ExitCode::from(1),
        Err(failure) => report(&output, &failure),
    }
}

async fn run(arguments: Arguments, output: &Output) -> Ended {
    let setting = Setting {
        data: arguments.data_dir,
        review_takes: SignedDuration::from_secs(i64::from(arguments.sandbox_review)),
    };
    match arguments.command {
        Command::Serve(arguments) => serve::run(arguments, &setting, output).await,
        Command::Demo(arguments) => demo::run(arguments, &setting, output).await,
        Command::Devices => devices::run(output),
        Command::Read(arguments) => read::run(arguments, &setting, output).await,
        Command::Check(arguments) => check::run(arguments, &setting, output).await,
        Command::Portal(command) => portal::run(command, &setting, output).await,
        Command::Tac(command) => tac::run(command, &setting, output).await,
        Command::Case(command) => case::run(command, &setting, output).await,
        Command::Batch(command) => batch::run(command, &setting, output).await,
        Command::Declaration(arguments) => declaration::run(arguments, output).await,
        // It ended before there were threads, for its limits hold the whole process.
        Command::ReadPdf => Ok(Outcome::Fine),
        Command::Rules(arguments) => rules::run(&arguments, &setting, output),
        Command::Sandbox(arguments) => sandbox::run(arguments, &setting, output).await,
        Command::Scanner(command) => scanner::run(command, &setting, output).await,
        Command::Doctor => doctor::run(&setting, output).await,
        Command::Openapi => {
            output.text(&crate::api::document().to_pretty_json()?);
            Ok(Outcome::Fine)
        }
        Command::Completions { shell } => {
            let mut command = Arguments::command();
            clap_complete::generate(shell, &mut command, "tekser", &mut std::io::stdout());
            Ok(Outcome::Fine)
        }
    }
}

/// Log lines go to standard error; `TEKSER_LOG` says how much (`tekser=debug`).
fn start_logging(command: &Command) {
    let default = match command {
        Command::Serve(_) | Command::Sandbox(_) => "tekser=info,tekser_hardware=info,warn",
        _ => "error",
    };
    let filter = EnvFilter::try_from_env("TEKSER_LOG").unwrap_or_else(|_| EnvFilter::new(default));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .init();
}

fn report(output: &Output, failure: &Failure) -> ExitCode {
    let (code, error) = match failure {
        Failure::Usage(error) => (2, error),
        Failure::Environment(error) => (3, error),
    };
    output.error(error, code);
    ExitCode::from(code)
}
