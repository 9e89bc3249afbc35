//! A scanner as it is shown: what is remembered, how it is now, what a person should know.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tekser_hardware::DeviceId;
use tekser_wire::message;
use utoipa::ToSchema;

use super::known::{Capability, KnownScanner, ScannerKind};
use crate::finding::Severity;

/// A scanner as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ScannerView {
    /// What is remembered of it.
    #[serde(flatten)]
    pub known: KnownScanner,
    /// Whether scans come from it.
    pub state: ScannerState,
    /// The device that it is; none while it is away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "usb:1-1.2")]
    pub device: Option<DeviceId>,
    /// Since when it is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub since: Option<Timestamp>,
    /// How it says that it is; none until it said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<ScannerReport>,
    /// What a person should know.
    pub findings: Vec<ScannerFinding>,
}

/// Whether scans come from a scanner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScannerState {
    /// It is connected.
    Connected,
    /// It was connected and does not answer now.
    Silent,
    /// It is not plugged in, or another program has it.
    Away,
}

/// How a scanner says that it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ScannerReport {
    /// Scans that wait to be taken.
    pub waiting: u32,
    /// Bytes of its store in use.
    pub used: u32,
    /// Bytes that its store holds.
    pub capacity: u32,
    /// Codes since it runs that came broken off its scan engine.
    pub broken: u32,
    /// Frames since it runs that came broken off the station.
    pub bad_frames: u32,
    /// How its scan engine is.
    pub engine: EngineView,
}

impl ScannerReport {
    /// Share of the store in use from which a person should know, in percent.
    const NEARLY_FULL: u64 = 80;

    fn is_nearly_full(&self) -> bool {
        self.capacity > 0
            && u64::from(self.used) * 100 >= u64::from(self.capacity) * Self::NEARLY_FULL
    }
}

impl From<message::State> for ScannerReport {
    fn from(state: message::State) -> Self {
        let message::State { waiting, used, capacity, broken, bad_frames, engine, .. } = state;
        Self { waiting, used, capacity, broken, bad_frames, engine: engine.into() }
    }
}

/// How a scan engine is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EngineView {
    /// It is being set up.
    Starting,
    /// It is set up.
    Ready,
    /// It does not answer. Codes that it sends are taken all the same.
    Silent,
    /// It answers, but does not keep a setting.
    Refusing,
    /// Of a kind that cannot be asked.
    Unknown,
}

impl From<message::EngineState> for EngineView {
    fn from(engine: message::EngineState) -> Self {
        match engine {
            message::EngineState::Starting => Self::Starting,
            message::EngineState::Ready => Self::Ready,
            message::EngineState::Silent => Self::Silent,
            message::EngineState::Refusing => Self::Refusing,
            message::EngineState::Unknown => Self::Unknown,
        }
    }
}

/// Something a person should know about a scanner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ScannerFinding {
    /// What it is; the page words it, and its cure, by code.
    pub code: ScannerFindingCode,
    /// How much it matters.
    pub severity: Severity,
    /// How many scans, or times, it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// What happened, in English.
    pub message: String,
    /// What to do, in English.
    pub cure: String,
}

/// Kinds of findings about scanners.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScannerFindingCode {
    /// Its store was full and it refused scans.
    Refused,
    /// Scans never came: another station took them, or the scanner lost them.
    Missing,
    /// Its store counts from an earlier number again.
    Rewound,
    /// Its firmware panicked.
    Crashed,
    /// It hung, and its watchdog started it again.
    Hung,
    /// Its store is nearly full.
    NearlyFull,
    /// Its scan engine does not answer.
    EngineSilent,
    /// Its scan engine does not keep a setting.
    EngineRefusing,
    /// Its scans do not survive power loss.
    NotDurable,
    /// It is no Tekser scanner.
    Plain,
    /// What it sends cannot be kept.
    NotKept,
}

impl ScannerFindingCode {
    const fn severity(self) -> Severity {
        match self {
            Self::Refused | Self::NotKept => Severity::Stop,
            Self::NotDurable | Self::Plain => Severity::Info,
            Self::Missing
            | Self::Rewound
            | Self::Crashed
            | Self::Hung
            | Self::NearlyFull
            | Self::EngineSilent
            | Self::EngineRefusing => Severity::Warning,
        }
    }

    const fn cure(self) -> &'static str {
        match self {
            Self::Refused => {
                "Scan these boxes again: the scanner beeped each of them away. Then mark it as noted"
            }
            Self::Missing => {
                "If this scanner was used at another station, they are there; if not, scan what is \
                 missing again. Then mark it as noted"
            }
            Self::Rewound => {
                "An old content of its memory came back: compare its last scans with the boxes. Then mark it as noted"
            }
            Self::Crashed => {
                "Nothing that was accepted is lost. Update its firmware (`tekser scanner update`), and tell its \
                 makers what is said here. Then mark it as noted"
            }
            Self::Hung => {
                "Nothing that was accepted is lost. If it happens again, update its firmware \
                 (`tekser scanner update`). Then mark it as noted"
            }
            Self::NearlyFull => {
                "Leave it connected until its scans are taken; what it can't keep it refuses with a beep"
            }
            Self::EngineSilent => {
                "Check its wires (TX, RX, power), and that kind and speed of the engine are set as it is: \
                 `tekser scanner configure`"
            }
            Self::EngineRefusing => {
                "Set the kind of the engine as it is: `tekser scanner configure`"
            }
            Self::NotDurable => "Keep it connected while scanning",
            Self::Plain => {
                "Keep the station running while scanning, look at the screen after each code, and scan one box at \
                 a time"
            }
            Self::NotKept => {
                "Free disk space and check the data directory; the scanner keeps its scans meanwhile"
            }
        }
    }

    /// A finding of this kind.
    fn about(self, count: Option<u32>, message: impl Into<String>) -> ScannerFinding {
        let (severity, cure) = (self.severity(), self.cure().to_owned());
        ScannerFinding { code: self, severity, count, message: message.into(), cure }
    }
}

/// What a person should know about a scanner, the worst first.
pub(super) fn findings(
    known: &KnownScanner,
    report: Option<&ScannerReport>,
    not_kept: bool,
) -> Vec<ScannerFinding> {
    use ScannerFindingCode as Code;
    let mut findings = Vec::new();
    let mut add = |wanted: bool, code: Code, count: Option<u32>, message: String| {
        if wanted {
            findings.push(code.about(count, message));
        }
    };
    let unnoted = &known.unnoted;
    let counts = [
        (unnoted.refused, Code::Refused, "scans were refused because its store was full"),
        (unnoted.missing, Code::Missing, "scans never came here"),
        (unnoted.rewound, Code::Rewound, "times its store counted from an earlier number again"),
        (unnoted.hung, Code::Hung, "times it hung and was started again"),
    ];
    add(not_kept, Code::NotKept, None, "what it sends cannot be kept".to_owned());
    for (count, code, message) in counts {
        add(count > 0, code, Some(count), format!("{count} {message}"));
    }
    if let Some(crash) = &unnoted.crash {
        let place = format!("{}:{}", crash.file, crash.line);
        let message = format!("firmware {} panicked at {place}: {}", crash.firmware, crash.message);
        add(true, Code::Crashed, None, message);
    }
    if let Some(report) = report {
        let waiting = Some(report.waiting);
        add(report.is_nearly_full(), Code::NearlyFull, waiting, "its store is nearly full".into());
        let engine = |wanted| report.engine == wanted;
        add(
            engine(EngineView::Silent),
            Code::EngineSilent,
            None,
            "its scan engine is silent".into(),
        );
        let message = "its scan engine does not keep a setting".to_owned();
        add(engine(EngineView::Refusing), Code::EngineRefusing, None, message);
    }
    match known.kind {
        ScannerKind::Tekser => {
            let durable = known.capabilities.contains(&Capability::Durable);
            let message = "its scans do not survive power loss".to_owned();
            add(!durable, Code::NotDurable, None, message);
        }
        ScannerKind::Plain => {
            let message = "it works, but it is no Tekser scanner: it does not judge what it reads, \
                           loses what it reads while the station is away, and does not group the \
                           codes of a box";
            add(true, Code::Plain, None, message.to_owned());
        }
    }
    findings
}
