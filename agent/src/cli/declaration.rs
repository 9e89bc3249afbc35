//! `tekser declaration`, `tekser case declaration`, and the process that reads for them.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, anyhow};
use serde_json::json;
use tekser_declaration::search::Hit;
use tekser_declaration::{DeclarationError, Limits, Report, Search, Wanted, wall};
use tekser_imei::Imei;
use tekser_table::{Judgement, List, Row, TableError};

use super::case;
use super::output::{Colour, Cured, Output};
use super::{Ended, Failure, Outcome};
use crate::cases::Line;
use crate::declaration::{Reader, digest};
use crate::finding::Severity;
use crate::id::CaseId;
use crate::station::{DeskError, Station};

/// Most numbers that are looked for in one go.
const WANTED_MAX: usize = 100_000;

/// Looks for IMEIs in the text of a customs declaration (PDF), as the operator does: by their
/// first 14 digits, anywhere in the text.
///
/// Exits with 1 unless every one of them is found as it should stand. What could not be read
/// makes "not there" a "cannot say". Nothing is kept; `tekser case declaration` does that.
#[derive(Debug, clap::Args)]
#[group(id = "wanted", required = true, multiple = true, args = ["imeis", "list"])]
pub(super) struct Arguments {
    /// The declaration.
    file: PathBuf,
    /// An IMEI to look for; once per IMEI.
    #[arg(long = "imei", value_name = "IMEI")]
    imeis: Vec<String>,
    /// A list of them: CSV, XLSX or one per line, as `tekser check` takes it.
    #[arg(long = "file", value_name = "LIST")]
    list: Option<PathBuf>,
}

pub(super) async fn run(arguments: Arguments, output: &Output) -> Ended {
    let mut wanted: Vec<Wanted> = arguments.imeis.iter().map(|text| Wanted::new(text)).collect();
    if let Some(list) = &arguments.list {
        let failed = |error: TableError| Failure::Usage(anyhow!("{}: {error}", list.display()));
        let opened = std::fs::File::open(list);
        let opened = opened.with_context(|| format!("cannot read {}", list.display()));
        let opened = List::from_file(opened.map_err(Failure::Usage)?).map_err(failed)?;
        from_list(opened, &mut wanted).map_err(failed)?;
    }
    if wanted.is_empty() || wanted.len() > WANTED_MAX {
        let found = wanted.len();
        return Err(Failure::usage(format!("give 1 to {WANTED_MAX} IMEIs, not {found}")));
    }
    let reader = Reader::this_program();
    let file = read(&arguments.file, reader.file_max()).map_err(unsearchable)?;
    let sha256 = digest(&file)?;
    output.progress(&format!("reading {} …", arguments.file.display()));
    let turn = reader.turn().await.map_err(|error| unsearchable(error.into()))?;
    let report = turn.search(file, wanted).await.map_err(|error| unsearchable(error.into()))?;
    output.progress("");
    output.value(&json!({ "sha256": sha256, "report": report }));
    print(&report, output);
    Ok(Outcome::finding_if(needs_a_look(&report)))
}

/// The cells of a list that are or should be IMEIs.
fn from_list(mut list: List, wanted: &mut Vec<Wanted>) -> Result<(), TableError> {
    let (mut row, mut judgement) = (Row::new(), Judgement::default());
    while wanted.len() <= WANTED_MAX && list.next_row(&mut row, &mut judgement)? {
        for number in &judgement.numbers {
            wanted.push(match number.imei {
                Ok(imei) => imei.into(),
                // The other side cuts whatever stands there.
                Err(_) => Wanted::new(row.cell(number.column)),
            });
        }
    }
    Ok(())
}

/// `tekser case declaration`.
pub(super) async fn of_case(station: &Station, id: CaseId, path: &Path, output: &Output) -> Ended {
    let file = read(path, station.reader.file_max()).map_err(unsearchable)?;
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let name = Line::parse(&name).map_err(|error| Failure::Usage(error.into()))?;
    output.progress(&format!("reading {} …", path.display()));
    let turn = station.reader.turn().await.map_err(|error| unsearchable(error.into()))?;
    let found = station.search_case(turn, id, &name, file).await;
    output.progress("");
    let found = found.map_err(|error| match error {
        DeskError::Declaration(error) => unsearchable(error.into()),
        other => case::refused(other),
    })?;
    let preflight = station.preflight(id).await.map_err(case::refused)?;
    output.value(&json!({
        "case": found.case, "sha256": found.file, "attached": found.attached,
        "report": found.report, "preflight": preflight,
    }));
    print(&found.report, output);
    if found.attached {
        output.line(&format!("{} is attached to the case now", path.display()));
    }
    let ours = preflight.iter().any(|finding| finding.severity >= Severity::Warning);
    case::print_preflight(&preflight, output);
    Ok(Outcome::finding_if(ours || needs_a_look(&found.report)))
}

fn read(path: &Path, max: u64) -> anyhow::Result<Vec<u8>> {
    let cannot = || format!("cannot read {}", path.display());
    let mut file = Vec::new();
    let opened = std::fs::File::open(path).with_context(cannot)?;
    opened.take(max + 1).read_to_end(&mut file).with_context(cannot)?;
    if file.len() as u64 > max {
        return Err(DeclarationError::TooLarge { max }.into());
    }
    Ok(file)
}

/// A file that can't be searched is the caller's to mend, with the cure of its error.
fn unsearchable(error: anyhow::Error) -> Failure {
    match error.downcast_ref::<DeclarationError>().copied() {
        None => Failure::Usage(error),
        Some(reason) => {
            let cured = Cured { cure: reason.cure().to_owned(), inner: error };
            match reason {
                DeclarationError::NoReader => Failure::Environment(cured.into()),
                _ => Failure::Usage(cured.into()),
            }
        }
    }
}

fn needs_a_look(report: &Report) -> bool {
    !report.complete
        || report.hits.iter().any(|hit| !matches!(hit.result, Search::Whole | Search::Prefix))
}

fn print(report: &Report, output: &Output) {
    for hit in &report.hits {
        output.line(&line(hit, output));
    }
    for unread in &report.unread {
        let place =
            unread.page.map_or_else(|| "the file".to_owned(), |page| format!("page {page}"));
        let text = format!("! {place} was not read wholly: {}", unread.why.words());
        output.line(&output.paint(Colour::Yellow, &text));
    }
    for other in &report.others {
        let text = format!("· {} stands on page {} and was not asked for", other.imei, other.page);
        output.line(&output.paint(Colour::Dim, &text));
    }
    let found = report.hits.iter().filter(|hit| hit.result.is_found()).count();
    let (all, pages) = (report.hits.len(), report.pages);
    output.line(&format!("{found} of {all} found on {pages} pages"));
}

fn line(hit: &Hit, output: &Output) -> String {
    let page = hit.page.map(|page| format!(" on page {page}")).unwrap_or_default();
    let stands = hit.stands.as_deref().unwrap_or_default();
    let (colour, sign, text) = match hit.result {
        Search::Whole => (Colour::Green, '✓', format!("found{page}")),
        Search::Prefix => (Colour::Green, '✓', format!("found{page}, only the 14 digits")),
        Search::CheckDigit => {
            (Colour::Yellow, '!', format!("found{page} with another check digit: {stands}"))
        }
        Search::Inside => {
            let in_what = if stands.is_empty() { "letters" } else { stands };
            (Colour::Yellow, '!', format!("found{page} inside something longer: {in_what}"))
        }
        Search::OnlyJoined => {
            let text = format!("torn{page}: the other side's search does not find it");
            (Colour::Yellow, '!', text)
        }
        Search::Missing => (Colour::Red, '✗', "not in the text".to_owned()),
        Search::Undetermined => {
            let text = "cannot say: not in what could be read, and not all could";
            (Colour::Yellow, '?', text.to_owned())
        }
        Search::TooShort => {
            let text = format!("fewer than {} digits: nobody looks for it", Imei::LEN - 1);
            (Colour::Yellow, '!', text)
        }
    };
    format!("{}  {}", hit.imei, output.paint(colour, &format!("{sign} {text}")))
}

/// The process that reads a PDF for the station: from standard input to standard output.
pub(super) fn read_pdf() -> ExitCode {
    match wall::serve(std::io::stdin(), std::io::stdout(), &Limits::SHIPPED) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(3),
    }
}
