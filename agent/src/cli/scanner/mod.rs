//! `tekser scanner`.

mod list;

use super::output::Output;
use super::{Ended, Setting};

/// Tekser scanners, and others that are found.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// List scanners that are plugged in.
    List,
}

pub(super) async fn run(command: Command, _setting: &Setting, output: &Output) -> Ended {
    match command {
        Command::List => list::run(output).await,
    }
}
