//! `tekser tac`.

use std::fs::File;
use std::path::PathBuf;

use anyhow::{Context as _, anyhow};
use serde_json::json;
use tekser_imei::{Imei, Tac};
use tekser_table::Table;

use super::output::{Colour, Output};
use super::{Ended, Failure, Outcome, Setting};
use crate::tacs::{
    ImportError, Layout, Manner, Mapping, SourceName, THIS_STATION, TableForm, TacSource, TacView,
    import,
};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Import a table of TACs: CSV, TSV or XLSX.
    ///
    /// Its rows take the place of those that the same source gave before. A row that cannot be
    /// taken is told of with its line and spoils no other; the exit code is then 1. The table of
    /// tacdb.osmocom.org needs no word more than its file. No table is shipped: mind the licence.
    Import(ImportArguments),
    /// Show what is known of a TAC, and by whom.
    Show {
        /// The TAC, or an IMEI of it.
        tac: String,
    },
    /// List where the knowledge of TACs comes from.
    List,
    /// Forget what a source said.
    Forget {
        /// Its name as `tac list` prints it; `this station` for what phones taught.
        source: String,
    },
}

#[derive(Debug, clap::Args)]
pub(super) struct ImportArguments {
    /// The table.
    file: PathBuf,
    /// Name of the source [default: Osmocom for a table of theirs, else the name of the file].
    #[arg(long, value_name = "NAME")]
    source: Option<SourceName>,
    /// Under which licence the table came.
    #[arg(long, value_name = "TEXT")]
    licence: Option<String>,
    /// Which column says what, such as tac=TAC,maker=Brand,model=Name,slots=SIMs,year=Launched;
    /// name#2 is the second column of that name, #3 the third of all.
    #[arg(long, value_name = "FIELD=COLUMN,…")]
    map: Option<Mapping>,
    /// Form of the table: osmocom or auto.
    #[arg(long, default_value = "auto", value_name = "FORM", conflicts_with = "map")]
    format: TableForm,
    /// Give TACs of six or seven digits the zeros back that a spreadsheet dropped. Only you know
    /// whether it did.
    #[arg(long)]
    restore_zeros: bool,
}

pub(super) async fn run(command: Command, setting: &Setting, output: &Output) -> Ended {
    match command {
        Command::Import(arguments) => take(arguments, setting, output).await,
        Command::Show { tac } => show(&tac, setting, output).await,
        Command::List => list(setting, output).await,
        Command::Forget { source } => forget(&source, setting, output).await,
    }
}

async fn take(arguments: ImportArguments, setting: &Setting, output: &Output) -> Ended {
    let name = arguments.file.display().to_string();
    let file = File::open(&arguments.file).with_context(|| format!("cannot open {name}"));
    let file = file.map_err(Failure::Usage)?;
    let table =
        Table::from_file(file).map_err(|error| Failure::Usage(anyhow!("{name}: {error}")))?;
    let station = setting.station().await?;
    let layout = Layout {
        form: arguments.format,
        mapping: arguments.map,
        restore_zeros: arguments.restore_zeros,
    };
    let stem = arguments.file.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let mut manner = Manner { source: arguments.source, licence: arguments.licence, layout };
    let store = &station.store;
    let first = import(store, station.clock.now(), table, manner.clone()).await;
    let outcome = match (first, stem.and_then(|stem| stem.parse().ok())) {
        (Err(ImportError::NoSource), Some(stem)) => {
            manner.source = Some(stem);
            let file = File::open(&arguments.file).map_err(anyhow::Error::from)?;
            let table = Table::from_file(file)?;
            import(store, station.clock.now(), table, manner).await
        }
        (outcome, _) => outcome,
    };
    let report = outcome.map_err(|error| match error {
        ImportError::Store(error) => Failure::from(error),
        error => Failure::Usage(anyhow!("{name}: {error}")),
    })?;
    output.value(&report);
    let import = &report.import;
    output.line(&format!("{}: {} TACs kept of {} rows", import.source, import.tacs, import.rows));
    if import.repeated > 0 {
        output.line(&format!("  {} rows say again what an earlier one says", import.repeated));
    }
    if let Some(licence) = &import.licence {
        output.line(&format!("  licence: {licence}"));
    }
    for row in &report.rejected_rows {
        output.line(&output.paint(Colour::Yellow, &format!("! line {}: {}", row.line, row.detail)));
    }
    let listed = report.rejected_rows.len() as u64;
    if import.rejected > listed {
        output.warn(&format!("! and {} more rows were not taken", import.rejected - listed));
    }
    Ok(Outcome::finding_if(import.rejected > 0))
}

async fn show(text: &str, setting: &Setting, output: &Output) -> Ended {
    let imei = Imei::parse(text.as_bytes()).map(|imei| imei.tac());
    let tac: Tac = imei.or_else(|_| Tac::parse(text.as_bytes())).map_err(|error| {
        Failure::usage(format!("`{text}` is neither a TAC of eight digits nor an IMEI: {error}"))
    })?;
    let station = setting.station().await?;
    let mut known = station.store.tac_entries(&[tac], &[]).await?;
    let view = TacView::new(tac, known.remove(&tac).unwrap_or_default());
    output.value(&view);
    let body = view.reporting_body.unwrap_or("a body that is not known");
    output.line(&format!("{tac}, allocated by {body}"));
    if view.entries.is_empty() {
        output.line("  nothing is known of it");
    }
    for entry in &view.entries {
        let mut line = format!("  {}", entry.facts.name().unwrap_or_else(|| "?".to_owned()));
        if let Some(aka) = &entry.facts.aka {
            line.push_str(&format!(", also {aka}"));
        }
        if let Some(slots) = entry.facts.slots {
            line.push_str(&format!(", IMEIs: {slots}"));
        }
        if let Some(year) = entry.facts.year {
            line.push_str(&format!(", since {year}"));
        }
        line.push_str(&output.paint(Colour::Dim, &format!("  ({})", entry.source)));
        if !entry.counts() {
            line.push_str(&output.paint(Colour::Dim, "  too few phones to go by"));
        }
        if let TacSource::Import { licence: Some(licence), .. } = &entry.source {
            line.push_str(&output.paint(Colour::Dim, &format!("  {licence}")));
        }
        output.line(&line);
    }
    if view.disputed {
        output.warn("! the sources do not agree");
    }
    Ok(Outcome::finding_if(view.entries.is_empty() || view.disputed))
}

async fn list(setting: &Setting, output: &Output) -> Ended {
    let station = setting.station().await?;
    let imports = station.store.tac_imports().await?;
    let (taught_by, learned) = station.store.tac_lessons().await?;
    output.value(&json!({ "imports": imports, "taught_by": taught_by, "learned": learned }));
    for import in &imports {
        let licence = import.licence.as_deref().unwrap_or("no licence noted");
        let day = crate::rules::day(import.imported_at);
        output.line(&format!("{}: {} TACs, {day}, {licence}", import.source, import.tacs));
    }
    output.line(&format!("{THIS_STATION}: {learned} TACs, taught by {taught_by} phones"));
    Ok(Outcome::Fine)
}

async fn forget(source: &str, setting: &Setting, output: &Output) -> Ended {
    let station = setting.station().await?;
    let is_own = source.eq_ignore_ascii_case(THIS_STATION);
    let known = if is_own {
        station.store.forget_lessons().await?
    } else {
        station.store.forget_tacs(source).await?
    };
    if !known && !is_own {
        return Err(Failure::usage(format!(
            "there is no source `{source}`; see `tekser tac list`"
        )));
    }
    output.value(&json!({ "forgotten": source }));
    output.line(&format!("what {source} said is forgotten"));
    Ok(Outcome::Fine)
}
