//! `tekser portal`.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use axum::body::Bytes;
use jiff::Timestamp;
use jiff::civil::Date;
use tekser_imei::Imei;

use super::output::{Colour, Output};
use super::{Ended, Failure, Outcome, Setting};
use crate::cases::{FileDigest, Line};
use crate::id::SightingId;
use crate::portal::{Claim, EVIDENCE_MAX, Report, Seen, Sighting};
use crate::registry::RegistryId;
use crate::station::{PortalCheck, PortalError, Station};

/// Portals have no door for programs: open the page, look, and record what you saw. Nothing is
/// sent to a portal by this program.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Print what people saw, and the page to open. Exits with 1 unless it is clear and not too
    /// old.
    Show {
        /// The IMEI.
        imei: Imei,
        /// The portal; needed only if there are several.
        #[arg(long, value_name = "NAME")]
        portal: Option<String>,
    },
    /// Record what you saw.
    Record(Box<RecordArguments>),
    /// Take a wrong record back; it stays in the history.
    Withdraw {
        /// The IMEI.
        imei: Imei,
        /// The record, as `show` names it.
        sighting: SightingId,
        /// Your name, as the shop calls you.
        #[arg(long, value_name = "NAME")]
        by: Line,
    },
}

#[derive(Debug, clap::Args)]
pub(super) struct RecordArguments {
    /// The IMEI.
    imei: Imei,
    /// What you saw.
    #[arg(long, value_enum)]
    verdict: Claim,
    /// Your name, as the shop calls you.
    #[arg(long, value_name = "NAME")]
    by: Line,
    /// Of grace: the date that the portal shows, such as 2026-12-01.
    #[arg(long, value_name = "DATE", conflicts_with = "first_connected")]
    until: Option<Date>,
    /// Of grace: the day of the first connection, if the portal shows that.
    #[arg(long, value_name = "DATE")]
    first_connected: Option<Date>,
    /// Why it is blocked: `grace_expired`, `altered`, `block_listed`, `replaced_away`, `stolen`, `lost`, `fraud`,
    /// `non_payment`, `regulatory`, or prohibited if the portal names none. Why you could not check, in
    /// your words.
    #[arg(long)]
    reason: Option<Line>,
    /// When you looked, such as 2026-11-01T12:00+05 [default: now].
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
    /// A screenshot: PNG, JPEG or WebP, at most 5 MiB.
    #[arg(long, value_name = "FILE")]
    evidence: Option<PathBuf>,
    /// The portal; needed only if there are several.
    #[arg(long, value_name = "NAME")]
    portal: Option<String>,
}

pub(super) async fn run(command: Command, setting: &Setting, output: &Output) -> Ended {
    let station = setting.station().await?;
    let check = match command {
        Command::Show { imei, portal } => {
            let portal = portal.map(|name| RegistryId::new(&name));
            station.portal_check(imei, portal.as_ref()).await.map_err(failure)?
        }
        Command::Record(arguments) => record(&station, *arguments).await?,
        Command::Withdraw { imei, sighting, by } => {
            let withdrawn = station.withdraw_sighting(imei, sighting, by).await.map_err(failure)?;
            station.check_again(imei).await;
            station.portal_check(imei, Some(&withdrawn.portal)).await.map_err(failure)?
        }
    };
    print(&check, output);
    Ok(Outcome::finding_if(!check.answer.verdict.is_clear()))
}

async fn record(station: &Station, arguments: RecordArguments) -> Result<PortalCheck, Failure> {
    let imei = arguments.imei;
    let evidence = match &arguments.evidence {
        Some(path) => Some(keep(station, path).await?),
        None => None,
    };
    let report = Report {
        portal: arguments.portal.map(|name| RegistryId::new(&name)),
        verdict: arguments.verdict,
        until: arguments.until,
        first_connected: arguments.first_connected,
        reason: arguments.reason,
        seen_by: arguments.by,
        seen_at: arguments.at,
        evidence,
    };
    let sighting = station.record_sighting(imei, report).await.map_err(failure)?;
    station.check_again(imei).await;
    station.portal_check(imei, Some(&sighting.portal)).await.map_err(failure)
}

async fn keep(station: &Station, path: &Path) -> Result<FileDigest, Failure> {
    let bytes = read(path).map_err(Failure::Usage)?;
    Ok(station.keep_evidence(bytes).await.map_err(failure)?.sha256)
}

/// One byte more than may be tells that there is too much.
fn read(path: &Path) -> anyhow::Result<Bytes> {
    let cannot = || format!("cannot read {}", path.display());
    let file = std::fs::File::open(path).with_context(cannot)?;
    let mut bytes = Vec::new();
    file.take(EVIDENCE_MAX as u64 + 1).read_to_end(&mut bytes).with_context(cannot)?;
    Ok(bytes.into())
}

fn failure(error: PortalError) -> Failure {
    match error {
        PortalError::Store(_) | PortalError::Broken(_) | PortalError::NoPortal => error.into(),
        PortalError::Evidence(ref evidence) if !evidence.is_about_the_file() => error.into(),
        _ => Failure::Usage(error.into()),
    }
}

fn print(check: &PortalCheck, output: &Output) {
    let answer = &check.answer;
    let verdict = output.verdict(&answer.verdict);
    output.line(&format!("{}  {verdict}  ({})", answer.imei, check.portal));
    for sighting in &check.history {
        let line = format!("  {}", words(sighting));
        let line = if sighting.counts() { line } else { output.paint(Colour::Dim, &line) };
        output.line(&line);
    }
    output.line(&format!("  look yourself: {}", check.link));
    output.value(check);
}

fn words(sighting: &Sighting) -> String {
    let at = |at: Timestamp| {
        let zone = jiff::tz::TimeZone::fixed(jiff::tz::Offset::constant(5));
        at.to_zoned(zone).strftime("%d.%m.%Y %H:%M").to_string()
    };
    let seen = match &sighting.seen {
        Seen::Clear => "clear".to_owned(),
        Seen::Grace { until } => format!("grace until {}", at(*until)),
        Seen::Blocked { reason } => format!("blocked: {}", code(reason)),
        Seen::Unknown => "unknown".to_owned(),
        Seen::CouldNotCheck { reason } => format!("could not check: {reason}"),
    };
    let mut line = format!("{}  {seen}, {}", at(sighting.seen_at), sighting.seen_by);
    if let Some(digest) = &sighting.evidence {
        line.push_str(&format!("  screenshot {}…", digest.as_str().get(..12).unwrap_or_default()));
    }
    if let Some(withdrawn) = &sighting.withdrawn {
        line.push_str(&format!("  withdrawn {}, {}", at(withdrawn.at), withdrawn.by));
    }
    format!("{line}  {}", sighting.id)
}

fn code(reason: &crate::check::BlockReason) -> String {
    let code = serde_json::to_value(reason).ok();
    code.and_then(|code| code.as_str().map(str::to_owned)).unwrap_or_default()
}
