//! `tekser check`.

use std::path::PathBuf;

use serde::Serialize;
use tekser_imei::{Imei, ParseError};

use super::output::{Colour, Output};
use super::{Ended, Outcome, Setting, check_list};
use crate::check::{Checked, Freshness};

/// Asks whoever knows about IMEIs and prints what they say.
///
/// Who is asked stands in registries.toml in the data directory; without it the built-in sandbox
/// is, which is for practice. Of several the most severe certain answer stands, and below it is who
/// said what, and when. An answer is kept as long as `fresh_minutes` there says; `--refresh` asks
/// again. A question that costs money (`paid = true`) is never paid twice while its answer is
/// fresh; if the answer was lost, it is paid again only with `--pay-again`.
///
/// Exits with 1 unless every one of them is clear. Test numbers of the sandbox registry:
/// 490154203237518 clear, 352099001761481 grace, 354178036859789 blocked,
/// 354626223546262 no answer.
///
/// A list is CSV, TSV, XLSX (its first sheet) or one number per line, in UTF-8, UTF-16 or
/// Windows-1251. Columns called imei, imei1 … imei4 or imei_number are read; without such a header
/// every cell that is meant to be an IMEI. What a spreadsheet did to a number is explained row by
/// row, and never mended. Ctrl-C stops with the rows that are done.
#[derive(Debug, clap::Args)]
#[group(id = "what", required = true, args = ["imeis", "file"])]
pub(super) struct Arguments {
    /// IMEIs, with or without separators.
    imeis: Vec<String>,
    /// A list of them; - reads it from standard input.
    #[arg(long, value_name = "FILE", conflicts_with = "imeis")]
    pub(super) file: Option<PathBuf>,
    /// Ask again about what was answered before, too. What was paid for is not paid again.
    #[arg(long, conflicts_with = "file")]
    refresh: bool,
    /// Pay once more where a paid question was asked and its answer was lost, or a filing made it
    /// old.
    #[arg(long, conflicts_with = "file")]
    pay_again: bool,
    #[command(flatten)]
    pub(super) list: check_list::Arguments,
}

impl Arguments {
    const fn freshness(&self) -> Freshness {
        match (self.pay_again, self.refresh) {
            (true, _) => Freshness::PayAgain,
            (false, true) => Freshness::Now,
            (false, false) => Freshness::Kept,
        }
    }
}

/// One entry of the request and what became of it.
#[derive(Serialize)]
struct Item {
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
    if let Some(file) = &arguments.file {
        return check_list::run(file, &arguments.list, setting, output).await;
    }
    let parse = |text: String| {
        let imei = Imei::parse(text.as_bytes());
        (text, imei)
    };
    let entries: Vec<(String, Result<Imei, ParseError>)> =
        arguments.imeis.iter().cloned().map(parse).collect();
    let station = setting.station().await?;
    let sound: Vec<Imei> = entries.iter().filter_map(|(_, imei)| imei.ok()).collect();
    let freshness = arguments.freshness();
    let mut checked = station.checks.check(&sound, freshness).await?.into_iter();
    let mut outcome = Outcome::Fine;
    let mut items = Vec::with_capacity(entries.len());
    for (text, imei) in entries {
        let found = match imei {
            Ok(_) => checked.next().map(ItemOutcome::Checked),
            Err(reason) => {
                Some(ItemOutcome::NotAnImei { error: reason.code(), detail: reason.to_string() })
            }
        };
        items.extend(found.map(|outcome| Item { text, outcome }));
    }
    for item in &items {
        match &item.outcome {
            ItemOutcome::Checked(checked) => {
                if checked.needs_a_look() {
                    outcome = Outcome::Finding;
                }
                output.line(&output.checked(checked));
                for words in checked.words() {
                    output.line(&output.said(words));
                }
                output.cure(checked);
            }
            ItemOutcome::NotAnImei { detail, .. } => {
                outcome = Outcome::Finding;
                let text = format!("✗ `{}` is no IMEI: {detail}", item.text);
                output.line(&output.paint(Colour::Red, &text));
            }
        }
    }
    output.value(&items);
    Ok(outcome)
}
