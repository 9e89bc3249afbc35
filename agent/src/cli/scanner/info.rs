//! `tekser scanner info`.

use jiff::Timestamp;
use serde::Serialize;

use super::direct::Direct;
use super::show;
use super::which::Which;
use crate::cli::output::Output;
use crate::cli::remote::Remote;
use crate::cli::{Ended, Outcome, Setting};
use crate::counter::{KnownScanner, ScannerKind, ScannerSettings, ScannerState, ScannerView};
use crate::finding::Severity;

/// A scanner and how it is set.
#[derive(Serialize)]
struct Info {
    scanner: ScannerView,
    /// None of a scanner that cannot be asked.
    settings: Option<ScannerSettings>,
    /// Scans that wait in it; none if it was not asked itself.
    kept: Option<u32>,
}

pub(super) async fn run(which: &Which, setting: &Setting, output: &Output) -> Ended {
    let station = Remote::find(setting)?;
    let heard = match &station {
        Some(station) => which.of_station(station).await?.map(|view| (station, view)),
        None => None,
    };
    let info = match heard {
        Some((station, scanner)) => {
            let settings = if scanner.known.kind == ScannerKind::Tekser {
                Some(station.get(&path(&scanner)).await?)
            } else {
                None
            };
            Info { scanner, settings, kept: None }
        }
        None => ask(which, output).await?,
    };
    output.value(&info);
    show::scanner(&info.scanner, output);
    if let Some(kept) = info.kept {
        output.line(&format!("  waiting   {kept} scans; they stay in it until a station runs"));
    }
    if let Some(settings) = &info.settings {
        show::settings(settings, output);
    }
    let findings = &info.scanner.findings;
    let grave = findings.iter().any(|finding| finding.severity > Severity::Info);
    Ok(Outcome::finding_if(grave))
}

/// Where the settings of a scanner are asked for.
pub(super) fn path(scanner: &ScannerView) -> String {
    format!("/api/v1/scanners/{}/settings", scanner.known.name)
}

/// Asks the scanner itself.
async fn ask(which: &Which, output: &Output) -> Result<Info, crate::cli::Failure> {
    let bus = which.bus();
    let device = which.among(bus.devices())?;
    output.progress(&format!("asking the scanner at {} …", device.id));
    let mut direct = Direct::meet(bus.as_ref(), &device).await?;
    let settings = direct.settings(None).await?;
    output.progress("");
    let hello = &direct.hello;
    let now = Timestamp::now();
    let scanner = ScannerView {
        known: KnownScanner::presented(hello, None, now),
        state: ScannerState::Connected,
        device: Some(device.id),
        since: None,
        report: None,
        findings: Vec::new(),
    };
    let kept = hello.next.0.saturating_sub(hello.oldest.0);
    Ok(Info { scanner, settings: Some(settings), kept: Some(kept) })
}
