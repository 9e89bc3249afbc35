//! Where checked rows go: to a person, to a program, to a file.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::Serialize;
use tekser_imei::{Severity, Suspicions};
use tekser_table::write::{CsvStyle, CsvWriter, JsonLines};
use tekser_table::{Columns, Finding, Number, RowKind};
use tempfile::NamedTempFile;

use super::super::Failure;
use super::super::output::{Colour, Output};
use super::{Arguments, Form, Separator};
use crate::check::{Block, BlockRow, Checked};

pub(super) enum Sink {
    People,
    /// One JSON array; whether it has an element yet.
    Array(bool),
    Csv(Box<CsvWriter<Target>>),
    Lines(JsonLines<Target>),
}

/// Where rows are written to.
pub(super) enum Target {
    Stdout(BufWriter<io::Stdout>),
    /// Takes the place of the file when all is written.
    File(BufWriter<NamedTempFile>, PathBuf),
    /// What can't be replaced, such as a pipe.
    Device(BufWriter<File>),
}

/// One cell, for a program.
#[derive(Serialize)]
struct Item<'a> {
    line: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    #[serde(flatten)]
    outcome: Outcome<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    findings: Vec<&'static str>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Outcome<'a> {
    Checked(&'a Checked),
    /// No registry was asked.
    Sound {
        imei: tekser_imei::Imei,
        suspicions: Suspicions,
    },
    NotAnImei {
        error: &'static str,
        detail: String,
    },
}

impl Sink {
    pub(super) fn open(
        arguments: &Arguments,
        columns: Option<&Columns>,
        asked: bool,
        output: &Output,
    ) -> Result<Self, Failure> {
        let target = || Target::open(arguments.out.as_deref());
        let separator = match arguments.separator {
            Separator::Semicolon => ';',
            Separator::Comma => ',',
            Separator::Tab => '\t',
        };
        let style = CsvStyle { separator, mark: !arguments.no_bom };
        Ok(match arguments.output {
            Some(Form::Csv) => {
                Self::Csv(Box::new(CsvWriter::new(target()?, style, asked, columns)?))
            }
            Some(Form::Jsonl) => Self::Lines(JsonLines::new(target()?)),
            None if output.is_json() => Self::Array(false),
            None => Self::People,
        })
    }

    /// Writes the rows; `false` if nobody reads them any more.
    pub(super) fn write(&mut self, block: &Block, output: &Output) -> Result<bool, Failure> {
        let mut rows = block.rows();
        let written = match self {
            Self::People => {
                rows.for_each(|one| show(&one, output));
                Ok(())
            }
            Self::Array(begun) => {
                rows.for_each(|one| push_items(&one, begun, output));
                Ok(())
            }
            Self::Csv(writer) => match block.offline() {
                Some(judged) => writer.block(judged),
                None => rows
                    .try_for_each(|one| writer.row(one.row, one.judgement, one.asked().as_ref())),
            },
            Self::Lines(writer) => rows.try_for_each(|one| {
                let answers = one.answers.unwrap_or_default();
                writer.row(one.row, one.judgement, answers, one.needs_a_look())
            }),
        };
        match written {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
            Err(error) => Err(anyhow::Error::new(error).context("cannot write the rows").into()),
        }
    }

    /// Writes what is held back, and puts the file where it belongs.
    pub(super) fn finish(self, output: &Output) -> Result<(), Failure> {
        let target = match self {
            Self::People => return Ok(()),
            Self::Array(begun) => {
                output.text(if begun { "]" } else { "[]" });
                return Ok(());
            }
            Self::Csv(writer) => writer.finish(),
            Self::Lines(writer) => writer.finish(),
        };
        match target {
            Ok(target) => target.place(),
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            Err(error) => Err(anyhow::Error::new(error).context("cannot write the rows").into()),
        }
    }
}

impl Target {
    fn open(path: Option<&Path>) -> Result<Self, Failure> {
        // Whole blocks are longer than this, and go past it.
        const BUFFER: usize = 64 * 1024;
        let Some(path) = path else {
            return Ok(Self::Stdout(BufWriter::with_capacity(BUFFER, io::stdout())));
        };
        let cannot = || format!("cannot write {}", path.display());
        if std::fs::metadata(path).is_ok_and(|found| !found.is_file()) {
            let device = OpenOptions::new().write(true).open(path).with_context(cannot)?;
            return Ok(Self::Device(BufWriter::with_capacity(BUFFER, device)));
        }
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let file = NamedTempFile::new_in(folder).with_context(cannot)?;
        Ok(Self::File(BufWriter::with_capacity(BUFFER, file), path.to_owned()))
    }

    fn place(self) -> Result<(), Failure> {
        let Self::File(file, path) = self else {
            return Ok(());
        };
        let cannot = || format!("cannot write {}", path.display());
        let file =
            file.into_inner().map_err(io::IntoInnerError::into_error).with_context(cannot)?;
        file.persist(&path).with_context(cannot)?;
        Ok(())
    }
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stdout(to) => to.write(bytes),
            Self::File(to, _) => to.write(bytes),
            Self::Device(to) => to.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stdout(to) => to.flush(),
            Self::File(to, _) => to.flush(),
            Self::Device(to) => to.flush(),
        }
    }
}

/// A row for a person: a line per IMEI, and one per finding.
fn show(one: &BlockRow<'_>, output: &Output) {
    if one.judgement.kind != RowKind::Data {
        return;
    }
    let mut answers = one.answers.unwrap_or_default().iter();
    for number in one.judgement.numbers {
        let Ok(imei) = number.imei else {
            continue;
        };
        match answers.next() {
            Some(checked) => output.line(&output.checked(checked)),
            None => output.line(&format!("{imei}  {}", offline_words(number, output))),
        }
    }
    let line = one.row.line();
    for (column, finding) in one.judgement.findings_with_places(one.row) {
        let text = column.map(|column| one.row.cell(column).trim()).unwrap_or_default();
        let (colour, words) = match finding {
            Finding::NotAnImei(reason) => {
                (Colour::Red, format!("✗ line {line}: `{text}` is no IMEI: {reason}"))
            }
            // Shown beside the number.
            Finding::Suspicious(_) if one.answers.is_some() => continue,
            _ if finding.severity() == Severity::Disqualifying => {
                (Colour::Red, format!("✗ line {line}: `{text}` {finding}"))
            }
            _ => (Colour::Yellow, format!("! line {line}: `{text}` {finding}")),
        };
        output.line(&output.paint(colour, &words));
    }
}

/// Nothing that could be taken for a registry's word.
fn offline_words(number: &Number, output: &Output) -> String {
    let words = match number.findings().next() {
        None => "sound; no registry was asked",
        Some(_) => "no registry was asked",
    };
    output.paint(Colour::Dim, words)
}

fn push_items(one: &BlockRow<'_>, begun: &mut bool, output: &Output) {
    if one.judgement.kind != RowKind::Data {
        return;
    }
    let line = one.row.line();
    let mut answers = one.answers.unwrap_or_default().iter();
    let numbers = one.judgement.numbers.iter().map(|number| {
        let outcome = match number.imei {
            Ok(imei) => match answers.next() {
                Some(checked) => Outcome::Checked(checked),
                None => Outcome::Sound { imei, suspicions: number.suspicions },
            },
            Err(reason) => Outcome::NotAnImei { error: reason.code(), detail: reason.to_string() },
        };
        let (column, text) = (Some(number.column + 1), Some(one.row.cell(number.column)));
        let findings = number.findings().map(Finding::code).collect();
        Item { line, column, text, outcome, findings }
    });
    let rest = one.judgement.findings_with_places(one.row);
    let rest = rest.filter(|(_, finding)| matches!(finding, Finding::Date(_) | Finding::NoNumber));
    let rest = rest.map(|(column, finding)| {
        let outcome = Outcome::NotAnImei { error: finding.code(), detail: finding.to_string() };
        let text = column.map(|column| one.row.cell(column));
        Item { line, column: column.map(|column| column + 1), text, outcome, findings: Vec::new() }
    });
    for item in numbers.chain(rest) {
        if let Ok(text) = serde_json::to_string(&item) {
            output.text(&format!("{} {text}", if *begun { "," } else { "[" }));
            *begun = true;
        }
    }
}
