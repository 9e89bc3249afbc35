//! `tekser case`.
//!
//! | part | job |
//! |---|---|
//! | this | replaced boards, lists, what is printed |
//! | `open` | devices brought in: for sale, or by a person |
//! | `papers` | documents and devices as arguments |

mod open;
mod papers;

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::anyhow;
use jiff::civil::Date;
use serde_json::json;
use tekser_hardware::Source;
use tekser_hardware::survey::Options;
use tekser_imei::{IinBin, Imei};

use self::papers::DocumentText;
use super::machine::single_bus;
use super::output::Output;
use super::{Ended, Failure, Outcome, Setting, declaration, read};
use crate::bench::{Handset, ScanSource, Target};
use crate::cases::{
    Applicant, ApplicantKind, Case, CustomsDocument, Filing, Part, Preflight, Replacement,
};
use crate::check::Freshness;
use crate::finding::Severity;
use crate::id::CaseId;
use crate::station::{DeskError, Station};
use crate::store::Page;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Open a case for a phone whose board or module was replaced.
    New(Box<New>),
    /// Open a case for devices that were brought in: for sale, or by a person.
    #[command(subcommand)]
    Open(open::Kind),
    /// List cases, newest first.
    List {
        /// At most so many.
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Look for the IMEIs of a case in its customs declaration (PDF), as the other side does, and
    /// attach the file if it is not attached yet.
    Declaration {
        /// Its id, as `case list` prints it.
        case: CaseId,
        /// The file.
        file: PathBuf,
    },
    /// Show a case and what would get it refused.
    Show {
        /// Its id, as `case list` prints it.
        case: CaseId,
    },
}

/// IMEIs can be given, or read: `--port` reads the new ones from the repaired phone, `--label`
/// takes the old ones from the text of its box.
#[derive(Debug, clap::Args)]
pub(super) struct New {
    /// Number of the work order or act; one case per work order.
    #[arg(long)]
    work_order: String,
    /// An IMEI from before the repair; once per slot.
    #[arg(long = "old", value_name = "IMEI")]
    old: Vec<Imei>,
    /// Text of the box label or sticker with the old IMEIs.
    #[arg(long, conflicts_with = "old")]
    label: Option<String>,
    /// An IMEI from after the repair; once per slot.
    #[arg(long = "new", value_name = "IMEI")]
    new: Vec<Imei>,
    /// Port of the repaired phone: its IMEIs are read.
    #[arg(long, conflicts_with = "new")]
    port: Option<String>,
    /// Number of the customs declaration under which the part was imported.
    #[arg(long, requires = "customs_date")]
    customs_number: Option<String>,
    /// Its date, such as 2026-03-12.
    #[arg(long, requires = "customs_number")]
    customs_date: Option<Date>,
    /// Part number of the board or module.
    #[arg(long)]
    part_number: Option<String>,
    /// Its serial number.
    #[arg(long)]
    part_serial: Option<String>,
    /// Whether the part has encryption functions: importing it then takes a notification or a
    /// licence.
    #[arg(long)]
    part_encryption: Option<bool>,
    /// Who did the work.
    #[arg(long)]
    technician: Option<String>,
    /// IIN or BIN of the service centre.
    #[arg(long)]
    applicant: Option<IinBin>,
    /// A document of the part, such as
    /// `kind=encryption_notification,number=RU0000012345,date=2026-01-02,file=notice.pdf`.
    #[arg(long = "document", value_name = "KEY=VALUE,…")]
    documents: Vec<DocumentText>,
}

pub(super) async fn run(command: Command, setting: &Setting, output: &Output) -> Ended {
    let station = setting.station().await?;
    match command {
        Command::New(new) => replaced(&station, *new, output).await,
        Command::Open(kind) => open::run(&station, kind, output).await,
        Command::List { limit } => {
            let cases = station.store.cases(&Page::first(limit)).await?;
            output.value(&cases);
            for case in &cases {
                output.line(&line(case));
            }
            if cases.is_empty() {
                output.line("no cases; `tekser case new --help` shows how to open one");
            }
            Ok(Outcome::Fine)
        }
        Command::Declaration { case, file } => {
            declaration::of_case(&station, case, &file, output).await
        }
        Command::Show { case } => {
            let found = station.store.case(case).await?;
            let found = found.ok_or_else(|| Failure::usage(format!("there is no case {case}")))?;
            show(&station, &found, output).await
        }
    }
}

/// Reads the phone on a port and keeps what it says.
async fn read_phone(station: &Station, port: &str, output: &Output) -> Result<Handset, Failure> {
    output.progress(&format!("reading {port} …"));
    let bus = single_bus(port);
    let device = bus.devices().into_iter().next();
    let device = device.ok_or_else(|| anyhow!("there is no port {port}"))?;
    let id = device.id.clone();
    let mut found = read::read(&bus, device, &Options::default(), output).await?;
    output.progress("");
    let readings = std::mem::take(&mut found.readings);
    let kept = station.bench.keep_all(readings, &id).await?;
    Ok(kept.ok_or_else(|| found.into_error())?)
}

async fn replaced(station: &Arc<Station>, new: New, output: &Output) -> Ended {
    let (handset, read) = match &new.port {
        Some(port) => {
            let handset = read_phone(station, port, output).await?;
            let read = handset.imeis_from(|source| source != Source::Label);
            (Some(handset.id), read)
        }
        None => (None, new.new),
    };
    let old = match &new.label {
        Some(text) => {
            let target = handset.map_or(Target::Any, Target::Handset);
            let scanned = station.bench.scan(text, ScanSource::Label, target).await;
            let scanned = scanned.map_err(|error| Failure::Usage(error.into()))?;
            scanned.imeis_from(|source| source == Source::Label)
        }
        None => new.old,
    };
    let replacement = Replacement {
        work_order: new.work_order,
        handset,
        old,
        new: read,
        part: Part {
            number: new.part_number,
            serial: new.part_serial,
            encryption: new.part_encryption,
        },
        customs: new
            .customs_number
            .zip(new.customs_date)
            .map(|(number, date)| CustomsDocument { number, date }),
        technician: new.technician,
        applicant: new
            .applicant
            .map(|number| Applicant { kind: ApplicantKind::ServiceCentre, number }),
        documents: papers::read(new.documents).await?,
    };
    open(station, replacement.into(), output).await
}

/// Opens a case, asks the registry about it and shows it.
async fn open(station: &Station, filing: Filing, output: &Output) -> Ended {
    let opened = station.open_case(filing).await.map_err(refused)?;
    station.check_case(opened.case.id, Freshness::Kept).await.map_err(refused)?;
    show(station, &opened.case, output).await
}

async fn show(station: &Station, case: &Case, output: &Output) -> Ended {
    let preflight = station.preflight(case.id).await.map_err(refused)?;
    let fee = station.fee(case);
    output.value(&json!({ "case": case, "preflight": preflight, "fee": fee }));
    output.line(&line(case));
    print_filing(&case.filing, output);
    if let Some(fee) = fee {
        let (tenge, devices, mci) = (fee.tenge, fee.devices, fee.mci);
        output.line(&format!("  fee  {tenge} tenge: {devices} devices at the MCI of {mci}"));
    }
    print_preflight(&preflight, output);
    let stop = preflight.iter().any(|finding| finding.severity == Severity::Stop);
    Ok(Outcome::finding_if(stop && case.state.may_be_batched()))
}

/// Prints findings with their cures.
pub(super) fn print_preflight(preflight: &[Preflight], output: &Output) {
    for finding in preflight {
        let text = format!("{}: {}", finding.field, finding.cure);
        output.line(&format!("  {}", output.severity(finding.severity, &text)));
    }
}

fn print_filing(filing: &Filing, output: &Output) {
    if let Some(case) = filing.replacement() {
        for (name, imeis) in [("old", &case.old), ("new", &case.new)] {
            for imei in imeis {
                output.line(&format!("  {name}  {imei}"));
            }
        }
    }
    for (at, device) in filing.devices().iter().enumerate() {
        let name: Vec<&str> = [&device.maker, &device.model]
            .into_iter()
            .flatten()
            .map(|text| text.as_str())
            .collect();
        let imeis: Vec<&str> = device.imeis.iter().map(Imei::as_str).collect();
        output.line(&format!("  {:>3}  {}  {}", at + 1, imeis.join(" "), name.join(" ")));
    }
    for document in filing.documents() {
        let number = document.number.as_ref().map_or("no number", |number| number.as_str());
        output.line(&format!("  doc  {}: {number}", papers::name_of(document.kind)));
    }
}

fn line(case: &Case) -> String {
    let (kind, reference) = (case.filing.kind(), case.filing.reference());
    format!("{}  {:<8}  {kind:<11}  {reference}", case.id, case.state.kind())
}

/// A refusal of the desk: the caller's to mend, unless the store failed.
pub(super) fn refused(error: DeskError) -> Failure {
    match error {
        DeskError::Store(_) | DeskError::Manifest(_) => Failure::Environment(error.into()),
        _ => Failure::Usage(error.into()),
    }
}
