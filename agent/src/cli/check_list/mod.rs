//! `tekser check --file`: a list of any length, as a stream.

mod progress;
mod sink;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::pin;

use anyhow::{Context as _, anyhow};
use futures_util::StreamExt as _;
use tekser_table::{Format, List, TableError, Totals};

use super::output::Output;
use super::serve::wait_for_the_end;
use super::{Ended, Failure, Outcome, Setting};
use crate::check::{Block, sweep};
use progress::{Counted, Progress};
use sink::Sink;

/// How a list is checked.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Apply our own rules only: form, check digit, suspicions, duplicates. No registry is asked.
    #[arg(long, requires = "file")]
    offline: bool,
    /// Give the same rows with what was found: CSV that Excel opens without harm, or JSON lines.
    #[arg(long, value_name = "FORM", requires = "file")]
    output: Option<Form>,
    /// Write there, and not to standard output. An older file is replaced when the new one is done.
    #[arg(long, value_name = "FILE", requires = "output")]
    out: Option<PathBuf>,
    /// What separates the cells of the CSV.
    #[arg(long, value_name = "NAME", default_value = "semicolon", requires = "output")]
    separator: Separator,
    /// Leave out the mark by which Excel knows UTF-8.
    #[arg(long, requires = "output")]
    no_bom: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    Csv,
    Jsonl,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Separator {
    Semicolon,
    Comma,
    Tab,
}

pub(super) async fn run(
    file: &Path,
    arguments: &Arguments,
    setting: &Setting,
    output: &Output,
) -> Ended {
    let name = || if file == "-" { "standard input".into() } else { file.display().to_string() };
    let (list, mut progress) = open(file)?;
    if let Format::Workbook { sheet, others: others @ 1.. } = list.format() {
        output.aside(&format!("only sheet `{sheet}` is read; there are {others} more"));
    }
    let station = if arguments.offline { None } else { Some(setting.station().await?) };
    let checks = station.as_ref().map(|station| station.checks.clone());
    let mut sink = Sink::open(arguments, list.columns(), checks.is_some(), output)?;
    let mut blocks = pin!(sweep(list, checks));
    let mut stop = pin!(wait_for_the_end());
    let mut needs_a_look = false;
    let end = loop {
        let block = tokio::select! {
            biased;
            () = &mut stop => break None,
            block = blocks.next() => block,
        };
        let Some(mut block): Option<Block> = block.transpose()? else {
            break None;
        };
        output.progress("");
        if !sink.write(&block, output)? {
            break None; // whoever read it went away
        }
        needs_a_look |= block.rows().any(|one| one.needs_a_look());
        progress.show(&block, output);
        if let Some(end) = block.end.take() {
            break Some(end);
        }
    };
    output.progress("");
    sink.finish(output)?;
    match end {
        None => {
            output.aside(&format!("stopped after {}; the rest was not checked", progress.said()));
            Ok(Outcome::Finding)
        }
        Some(Err(error)) => Err(Failure::Usage(anyhow!("{}: {error}", name()))),
        Some(Ok(totals)) if totals.imeis + totals.not_imeis == 0 => Err(Failure::usage(format!(
            "{} has no cell that could be an IMEI; put one on each line",
            name()
        ))),
        Some(Ok(totals)) => {
            output.aside(&summary(&totals));
            let finding = needs_a_look || totals.look + totals.stop > 0;
            Ok(Outcome::finding_if(finding || totals.duplicates_incomplete))
        }
    }
}

fn open(file: &Path) -> Result<(List, Progress), Failure> {
    let failed = |error: TableError| Failure::Usage(anyhow!("{}: {error}", file.display()));
    if file == "-" {
        let (stdin, progress) = Progress::over(io::stdin(), None);
        return Ok((List::from_stream(stdin).map_err(failed)?, progress));
    }
    if file.is_dir() {
        return Err(Failure::usage(format!(
            "{} is a directory; name the file in it",
            file.display()
        )));
    }
    let opened = File::open(file)
        .with_context(|| format!("cannot read {}", file.display()))
        .map_err(Failure::Usage)?;
    let length = opened.metadata().ok().filter(std::fs::Metadata::is_file).map(|data| data.len());
    let (counted, progress): (Counted<File>, _) = Progress::over(opened, length);
    Ok((List::from_file(counted).map_err(failed)?, progress))
}

fn summary(totals: &Totals) -> String {
    let Totals { rows, imeis, not_imeis, duplicates, look, stop, .. } = totals;
    let mut text = format!(
        "{rows} rows: {imeis} IMEIs, {not_imeis} cells that are none, {duplicates} duplicates; \
         by our own rules {stop} rows to stop, {look} to look at"
    );
    if totals.duplicates_incomplete {
        text.push_str(&format!(
            ". More than {} numbers: of those behind, duplicates among themselves were not seen; \
             split the list",
            tekser_table::NUMBERS_MAX
        ));
    }
    text
}
