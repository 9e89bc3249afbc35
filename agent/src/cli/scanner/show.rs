//! Scanners, their settings and their codes, as lines for people.

use crate::cli::output::{Colour, Output};
use crate::counter::{
    EngineKind, EngineView, KeptScan, ScanProblem, ScanVerdict, ScannerKind, ScannerSettings,
    ScannerState, ScannerView, TriggerMode,
};
use crate::finding::Severity;

/// A scanner, and what a person should know of it.
pub(super) fn scanner(view: &ScannerView, output: &Output) {
    let known = &view.known;
    let what = match known.kind {
        ScannerKind::Tekser => {
            let board = known.board.as_deref().unwrap_or("?");
            format!("Tekser scanner on {board}, firmware {}", version(view))
        }
        ScannerKind::Plain => known.product.clone().unwrap_or_else(|| "scanner".to_owned()),
    };
    let state = match (view.state, &view.device) {
        (ScannerState::Connected, Some(device)) => format!("connected at {device}"),
        (ScannerState::Connected, None) => "connected".to_owned(),
        (ScannerState::Silent, _) => "does not answer".to_owned(),
        (ScannerState::Away, _) => "not connected".to_owned(),
    };
    output.line(&format!("{:<16}  {what}, {state}", known.name));
    if let Some(report) = &view.report {
        let used = u64::from(report.used) * 100 / u64::from(report.capacity.max(1));
        output.line(&format!("  waiting   {} scans, store {used} % full", report.waiting));
        output.line(&format!("  engine    {}", engine_word(report.engine)));
    }
    for finding in &view.findings {
        output.line(&format!("  {}", output.severity(finding.severity, &finding.message)));
        if finding.severity > Severity::Info {
            output.line(&format!("    what to do: {}", finding.cure));
        }
    }
}

fn version(view: &ScannerView) -> &str {
    view.known.firmware.as_deref().unwrap_or("?")
}

const fn engine_word(engine: EngineView) -> &'static str {
    match engine {
        EngineView::Starting => "being set up",
        EngineView::Ready => "ready",
        EngineView::Silent => "does not answer",
        EngineView::Refusing => "does not keep its settings",
        EngineView::Unknown => "cannot be asked",
    }
}

/// How a scanner is set.
pub(super) fn settings(settings: &ScannerSettings, output: &Output) {
    let engine = match settings.engine {
        EngineKind::Gm65 => "gm65",
        EngineKind::Ssi => "ssi",
        EngineKind::De2120 => "de2120",
        EngineKind::Line => "line",
    };
    let trigger = match settings.trigger {
        TriggerMode::Asked => "asked",
        TriggerMode::Always => "always",
    };
    let keeps = if settings.keep_nothing { "yes" } else { "no" };
    output.line(&format!("  --engine        {engine}"));
    output.line(&format!("  --baud          {}", settings.baud));
    output.line(&format!("  --trigger       {trigger}"));
    output.line(&format!("  --same-code     {} ms", settings.same_code_ms));
    output.line(&format!("  --box-pause     {} ms", settings.box_pause_ms));
    output.line(&format!("  --loudness      {}", settings.loudness));
    output.line(&format!("  --keep-nothing  {keeps}"));
}

/// One code.
pub(super) fn scan(scan: &KeptScan, output: &Output) {
    let time = scan.at.to_zoned(jiff::tz::TimeZone::system()).strftime("%H:%M:%S");
    let sign = match scan.verdict {
        Some(ScanVerdict::Valid) => output.paint(Colour::Green, "✓"),
        Some(ScanVerdict::Wrong) => output.paint(Colour::Red, "✗"),
        Some(ScanVerdict::Suspicious) => output.paint(Colour::Yellow, "!"),
        _ => output.paint(Colour::Dim, "·"),
    };
    let late = if scan.late { "  (kept by the scanner)" } else { "" };
    let why = scan.problem.map_or("", problem_words);
    let text: String = scan.text.chars().map(|c| if c.is_control() { '·' } else { c }).collect();
    output.line(&format!(
        "{time}  {}  #{:<5} box {:<4} {sign} {text}{late}{}",
        scan.scanner,
        scan.sequence,
        scan.box_number,
        output.paint(Colour::Yellow, why)
    ));
}

const fn problem_words(problem: ScanProblem) -> &'static str {
    match problem {
        ScanProblem::NothingFound => "  nothing of a phone in it",
        ScanProblem::Ambiguous => "  can be read two ways",
        ScanProblem::BoxFull => "  more numbers than one phone has: a box of its own",
        ScanProblem::NoDevice => "  the chosen phone was not read: a box of its own",
    }
}
