//! `tekser case open`: devices that were brought in.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use jiff::civil::Date;
use tekser_hardware::Source;
use tekser_imei::IinBin;

use super::papers::{self, DeviceText, DocumentText};
use super::{Ended, Failure, Output, read_phone};
use crate::bench::Handset;
use crate::cases::{
    Applicant, ApplicantKind, Basis, Country, FiledDevice, Filing, Import, Line, Personal,
};
use crate::station::Station;

/// Longest list of devices, or case in JSON, in bytes.
const LIST_MAX: u64 = 1024 * 1024;

#[derive(Debug, clap::Subcommand)]
pub(in crate::cli) enum Kind {
    /// Devices that an importer or seller brought in for sale.
    Import(Box<ImportArguments>),
    /// Devices that a person brought or was sent for their own use.
    Personal(Box<PersonalArguments>),
    /// Any case as JSON, as the web API takes it.
    Json {
        /// The file; `-` is standard input.
        file: PathBuf,
    },
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct ImportArguments {
    #[command(flatten)]
    common: Common,
    /// What the applicant is.
    #[arg(long = "as", value_enum, default_value = "legal_entity")]
    kind: ApplicantKind,
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct PersonalArguments {
    #[command(flatten)]
    common: Common,
    /// How the devices came in.
    #[arg(long, value_enum)]
    basis: Basis,
    /// Who delivered the parcel.
    #[arg(long)]
    delivery_service: Option<Line>,
}

#[derive(Debug, clap::Args)]
struct Common {
    /// The shop's own number for the case; one case per number.
    #[arg(long)]
    reference: Line,
    /// IIN or BIN of whoever applies.
    #[arg(long)]
    applicant: Option<IinBin>,
    /// A device; once per device.
    #[arg(long = "device", value_name = "MAKER;MODEL;IMEI;IMEI")]
    devices: Vec<DeviceText>,
    /// A file with one such device per line; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    list: Option<PathBuf>,
    /// Port of a phone: it is read and added.
    #[arg(long)]
    port: Option<String>,
    /// The country it came from, such as AE or KG.
    #[arg(long)]
    country: Option<Country>,
    /// The day on which it came in, such as 2026-03-12.
    #[arg(long)]
    imported_on: Option<Date>,
    /// A document, such as
    /// `kind=customs_declaration,number=55301/120326/0004567,date=2026-03-12,devices=2,file=dt.pdf`.
    #[arg(long = "document", value_name = "KEY=VALUE,…")]
    documents: Vec<DocumentText>,
}

pub(super) async fn run(station: &Station, kind: Kind, output: &Output) -> Ended {
    let filing = match kind {
        Kind::Import(arguments) => {
            let ImportArguments { common, kind } = *arguments;
            let devices = devices(station, &common, output).await?;
            let applicant = common.applicant.map(|number| Applicant { kind, number });
            Filing::Import(Import {
                reference: common.reference,
                applicant,
                devices,
                country: common.country,
                imported_on: common.imported_on,
                documents: papers::read(common.documents).await?,
            })
        }
        Kind::Personal(arguments) => {
            let PersonalArguments { common, basis, delivery_service } = *arguments;
            let devices = devices(station, &common, output).await?;
            let kind = ApplicantKind::Individual;
            let applicant = common.applicant.map(|number| Applicant { kind, number });
            Filing::Personal(Personal {
                reference: common.reference,
                applicant,
                basis,
                devices,
                country: common.country,
                imported_on: common.imported_on,
                delivery_service,
                documents: papers::read(common.documents).await?,
            })
        }
        Kind::Json { file } => {
            let text = read_text(&file).map_err(Failure::Usage)?;
            let case = serde_json::from_str(&text).context("this is no case; see tekser openapi");
            case.map_err(Failure::Usage)?
        }
    };
    super::open(station, filing, output).await
}

async fn devices(
    station: &Station,
    common: &Common,
    output: &Output,
) -> Result<Vec<FiledDevice>, Failure> {
    let mut all: Vec<FiledDevice> = common.devices.iter().map(|one| one.0.clone()).collect();
    if let Some(path) = &common.list {
        let text = read_text(path).map_err(Failure::Usage)?;
        for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let device: Result<DeviceText, _> = line.parse();
            let device = device.with_context(|| format!("line {} of the list", at + 1));
            all.push(device.map_err(Failure::Usage)?.0);
        }
    }
    if let Some(port) = &common.port {
        all.push(of_phone(&read_phone(station, port, output).await?));
    }
    Ok(all)
}

/// A phone that was read, as a device of a case.
fn of_phone(handset: &Handset) -> FiledDevice {
    let line = |text: &Option<String>| text.as_deref().and_then(|text| Line::parse(text).ok());
    FiledDevice {
        imeis: handset.imeis_from(|source| source != Source::Label),
        maker: line(&handset.maker),
        model: line(&handset.model),
        serial: line(&handset.serial),
        handset: Some(handset.id),
        ..FiledDevice::default()
    }
}

fn read_text(path: &Path) -> anyhow::Result<String> {
    let mut text = String::new();
    if path.as_os_str() == "-" {
        std::io::stdin().lock().take(LIST_MAX + 1).read_to_string(&mut text)?;
    } else {
        let file = std::fs::File::open(path);
        let file = file.with_context(|| format!("cannot read {}", path.display()));
        file?.take(LIST_MAX + 1).read_to_string(&mut text)?;
    }
    anyhow::ensure!(text.len() as u64 <= LIST_MAX, "the file is longer than {LIST_MAX} bytes");
    // Excel puts a byte order mark in front.
    Ok(text.trim_start_matches('\u{feff}').to_owned())
}
