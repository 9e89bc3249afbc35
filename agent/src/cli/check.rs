//! `tekser check`.

use std::path::PathBuf;

use serde::Serialize;
use tekser_imei::{Imei, ParseError};

use super::output::{Colour, Output};
use super::{Ended, Failure, Outcome, Setting};
use crate::check::{CHECK_MAX, Checked, read_list};

/// Asks the registry about IMEIs and prints what it says.
///
/// Exits with 1 unless every one of them is clear. Test numbers of the sandbox registry:
/// 490154203237518 clear, 352099001761481 grace, 354178036859789 blocked,
/// 354626223546262 no answer.
#[derive(Debug, clap::Args)]
#[group(required = true)]
pub(super) struct Arguments {
    /// IMEIs, with or without separators.
    imeis: Vec<String>,
    /// A file with IMEIs: one per line, or a CSV with columns imei, imei1 … imei4.
    #[arg(long, value_name = "FILE", conflicts_with = "imeis")]
    file: Option<PathBuf>,
}

/// One entry of the request and what became of it.
#[derive(Serialize)]
struct Item {
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
    text: String,
    #[serde(flatten)]
    outcome: ItemOutcome,
}

#[derive(Serialize)]
#[serde(untagged)]
enum ItemOutcome {
    Checked(Checked),
    NotAnImei { error: &'static str, detail: String },
}

pub(super) async fn run(arguments: Arguments, setting: &Setting, output: &Output) -> Ended {
    let entries = entries(arguments)?;
    let station = setting.station().await?;
    let mut outcome = Outcome::Fine;
    let mut items = Vec::with_capacity(entries.len());
    let total = entries.len();
    for chunk in entries.chunks(CHECK_MAX) {
        if total > CHECK_MAX {
            output.progress(&format!("checked {} of {total} …", items.len()));
        }
        let sound: Vec<Imei> = chunk.iter().filter_map(|(_, _, imei)| imei.ok()).collect();
        let mut checked = station.checks.check(&sound).await?.into_iter();
        for (line, text, imei) in chunk {
            let item = match imei {
                Ok(_) => checked.next().map(ItemOutcome::Checked),
                Err(reason) => Some(ItemOutcome::NotAnImei {
                    error: reason.code(),
                    detail: reason.to_string(),
                }),
            };
            items.extend(item.map(|outcome| Item { line: *line, text: text.clone(), outcome }));
        }
    }
    output.progress("");
    for item in &items {
        match &item.outcome {
            ItemOutcome::Checked(checked) => {
                if checked.needs_a_look() {
                    outcome = Outcome::Finding;
                }
                output.line(&output.checked(checked));
            }
            ItemOutcome::NotAnImei { detail, .. } => {
                outcome = Outcome::Finding;
                let place = item.line.map(|line| format!("line {line}: ")).unwrap_or_default();
                let text = format!("✗ {place}`{}` is no IMEI: {detail}", item.text);
                output.line(&output.paint(Colour::Red, &text));
            }
        }
    }
    output.value(&items);
    Ok(outcome)
}

type Entry = (Option<u64>, String, Result<Imei, ParseError>);

fn entries(arguments: Arguments) -> Result<Vec<Entry>, Failure> {
    let Some(path) = arguments.file else {
        let entry = |text: String| {
            let imei = Imei::parse(text.as_bytes());
            (None, text, imei)
        };
        return Ok(arguments.imeis.into_iter().map(entry).collect());
    };
    let list = read_list(&path).map_err(|error| Failure::Usage(error.into()))?;
    Ok(list.into_iter().map(|cell| (Some(cell.line), cell.text, cell.imei)).collect())
}
