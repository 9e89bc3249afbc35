//! `tekser rules`.

use super::output::Output;
use super::{Ended, Outcome, Setting};
use crate::rules::{Rules, SHIPPED};

/// What a preflight goes by, each rule with its source. `rules.toml` in the data directory
/// replaces tables of it.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Print the commented file that the program carries, to copy tables from.
    #[arg(long)]
    shipped: bool,
}

pub(super) fn run(arguments: &Arguments, setting: &Setting, output: &Output) -> Ended {
    if arguments.shipped {
        output.text(SHIPPED);
        return Ok(Outcome::Fine);
    }
    let rules = Rules::load(&setting.place()?.rules())?;
    output.value(&rules);
    output.line(&toml::to_string_pretty(&rules)?);
    Ok(Outcome::Fine)
}
