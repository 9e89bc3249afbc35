//! `tekser`: the station and its command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    tekser::cli::main()
}
