//! What the commands print: lines for people, JSON for programs, errors on standard error.

use std::io::{IsTerminal as _, Write as _};

use serde::Serialize;
use serde_json::json;

use tekser_hardware::Note;

use crate::bench::{Finding, FindingKind, Handset, NextStep, Trust};
use crate::check::{Answer, BlockReason, Checked, Undetermined, Verdict};
use crate::finding::Severity;

/// Where a command prints to.
pub(super) struct Output {
    json: bool,
    colour: bool,
}

/// A failure that a person can mend, and how.
#[derive(Debug, thiserror::Error)]
#[error("{inner:#}")]
pub(super) struct Cured {
    /// What to do.
    pub cure: String,
    /// What went wrong.
    pub inner: anyhow::Error,
}

/// A colour that carries no meaning of its own: the word beside it does.
#[derive(Clone, Copy)]
pub(super) enum Colour {
    Green,
    Yellow,
    Red,
    Dim,
}

impl Output {
    pub(super) fn new(json: bool) -> Self {
        let colour = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        Self { json, colour }
    }

    /// Whether a program reads.
    pub(super) const fn is_json(&self) -> bool {
        self.json
    }

    /// Prints a line. A reader that went away (`| head`) is not an error.
    pub(super) fn text(&self, line: &str) {
        let _ = writeln!(std::io::stdout().lock(), "{line}");
    }

    /// Prints a line unless a program reads.
    pub(super) fn line(&self, line: &str) {
        if !self.json {
            self.text(line);
        }
    }

    /// Prints a value if a program reads.
    pub(super) fn value<T: Serialize>(&self, value: &T) {
        if self.json
            && let Ok(text) = serde_json::to_string_pretty(value)
        {
            self.text(&text);
        }
    }

    /// Tells a waiting person what is going on; gone from the screen when it is over.
    pub(super) fn progress(&self, message: &str) {
        let mut stderr = std::io::stderr().lock();
        if stderr.is_terminal() && !self.json {
            let _ = write!(stderr, "\r\x1b[2K{message}");
            let _ = stderr.flush();
        }
    }

    /// Tells a person something that is no part of what was asked for.
    pub(super) fn aside(&self, message: &str) {
        self.progress("");
        if !self.json {
            let _ = writeln!(std::io::stderr().lock(), "{message}");
        }
    }

    /// Asks a person to do something, where no line of progress can.
    pub(super) fn ask(&self, message: &str) {
        let mut stderr = std::io::stderr().lock();
        if !stderr.is_terminal() && !self.json {
            let _ = writeln!(stderr, "{message}");
        }
    }

    /// Prints an error with its causes, once each.
    pub(super) fn error(&self, error: &anyhow::Error, code: u8) {
        self.progress("");
        let cured = error.downcast_ref::<Cured>();
        let error = cured.map_or(error, |cured| &cured.inner);
        let mut causes: Vec<String> = error.chain().map(ToString::to_string).collect();
        causes.dedup();
        let cure = cured.map(|cured| &cured.cure);
        let mut stderr = std::io::stderr().lock();
        if self.json {
            let _ = writeln!(stderr, "{}", json!({ "error": causes, "cure": cure, "exit": code }));
            return;
        }
        let (first, rest) = causes.split_first().map_or(("", &[][..]), |(f, r)| (f.as_str(), r));
        let _ = writeln!(stderr, "tekser: {first}");
        for cause in rest {
            let _ = writeln!(stderr, "  because: {cause}");
        }
        if let Some(cure) = cure {
            let _ = writeln!(stderr, "  what to do: {cure}");
        }
    }

    /// Warns of something that a program learns otherwise.
    pub(super) fn warn(&self, text: &str) {
        self.line(&self.paint(Colour::Yellow, text));
    }

    /// Text in a colour, where colours can be shown.
    pub(super) fn paint(&self, colour: Colour, text: &str) -> String {
        if !self.colour {
            return text.to_owned();
        }
        let code = match colour {
            Colour::Green => 32,
            Colour::Yellow => 33,
            Colour::Red => 31,
            Colour::Dim => 2,
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }

    /// One line about a checked IMEI.
    pub(super) fn checked(&self, checked: &Checked) -> String {
        let verdict = self.verdict(&checked.answer.verdict);
        let mut line = format!("{}  {verdict}", checked.answer.imei);
        if let Some(hint) = &checked.hint {
            line.push_str(&self.paint(Colour::Dim, &format!("  by its TAC: {hint}")));
        }
        for suspicion in &checked.suspicions {
            line.push_str(&self.paint(Colour::Dim, &format!("  ({})", suspicion.code())));
        }
        line
    }

    /// Who said what, when, and how it is known: one line.
    pub(super) fn said(&self, said: &Answer) -> String {
        let zone = jiff::tz::TimeZone::fixed(jiff::tz::Offset::constant(5));
        let when = said.as_of.to_zoned(zone).strftime("%d.%m.%Y %H:%M");
        let (source, verdict) = (said.source.as_str(), self.verdict(&said.verdict));
        let mut line = format!("    {source:<12} {when}  {verdict}");
        if said.from_cache {
            line.push_str(&self.paint(Colour::Dim, "  (kept)"));
        }
        if let Some(person) = &said.seen_by {
            line.push_str(&self.paint(Colour::Dim, &format!("  (seen by {})", person.name)));
        }
        line
    }

    /// What to do where a question that costs money has no answer.
    pub(super) fn cure(&self, checked: &Checked) {
        let is = |answer: &Answer, wanted| answer.verdict == Verdict::Undetermined { why: wanted };
        if checked.words().iter().any(|said| is(said, Undetermined::PaidAlready)) {
            self.line("    → --pay-again asks once more, and pays once more");
        } else if checked.words().iter().any(|said| is(said, Undetermined::Stale)) {
            self.line("    → --refresh asks again; --pay-again where that costs money");
        }
    }

    /// A verdict in words, with a sign that shows without colour.
    pub(super) fn verdict(&self, verdict: &Verdict) -> String {
        match verdict {
            Verdict::Clear => self.paint(Colour::Green, "✓ clear"),
            Verdict::Grace { until } => {
                let zone = jiff::tz::TimeZone::fixed(jiff::tz::Offset::constant(5));
                let day = until.to_zoned(zone).strftime("%d.%m.%Y").to_string();
                self.paint(Colour::Yellow, &format!("… grace until {day}"))
            }
            Verdict::Blocked { reason } => {
                let why = match reason {
                    BlockReason::GraceExpired => "thirty days passed without verification",
                    BlockReason::Altered => "wrong or altered IMEI",
                    BlockReason::BlockListed => "on a block list",
                    BlockReason::ReplacedAway => "replaced away with its board",
                    BlockReason::Stolen => "reported stolen",
                    BlockReason::Lost => "reported lost",
                    BlockReason::Fraud => "got by fraud",
                    BlockReason::NonPayment => "not paid for",
                    BlockReason::Regulatory => "blocked by the authorities",
                    BlockReason::Prohibited => "prohibited, no reason said",
                };
                self.paint(Colour::Red, &format!("✗ blocked: {why}"))
            }
            Verdict::Unknown => self.paint(Colour::Yellow, "? unknown to the registry"),
            Verdict::Undetermined { why } => {
                let why = match why {
                    Undetermined::Unreachable => "the registry cannot be reached",
                    Undetermined::RegistryFailed => "the registry failed",
                    Undetermined::Throttled => "the registry asks to wait",
                    Undetermined::Unreadable => "the registry said what cannot be understood",
                    Undetermined::Denied => "the registry does not let this station ask",
                    Undetermined::Pending => "the registry has not decided yet",
                    Undetermined::Tracked => "service is allowed and watched; nothing else is said",
                    Undetermined::NobodyLooked => "only a person can ask, and nobody has",
                    Undetermined::Stale => "what is known is too old",
                    Undetermined::PaidAlready => "paid for before, the answer was lost",
                };
                self.paint(Colour::Yellow, &format!("! undetermined: {why}"))
            }
        }
    }

    /// A phone on several lines.
    pub(super) fn handset(&self, handset: &Handset) {
        let name = [&handset.maker, &handset.model].map(|part| part.as_deref().unwrap_or("?"));
        self.text(&name.join(" "));
        if let Some(hint) = &handset.hint {
            self.text(&format!("  by TAC    {hint}, not read from it"));
        }
        if let Some(os) = &handset.os {
            self.text(&format!("  system    {os}"));
        }
        if let Some(firmware) = &handset.firmware {
            self.text(&format!("  firmware  {firmware}"));
        }
        if let Some(serial) = &handset.serial {
            self.text(&format!("  serial    {serial}"));
        }
        for slot in &handset.slots {
            match slot.imei {
                Some(imei) => {
                    let trust = slot.trust.map_or("", trust_word);
                    self.text(&format!("  IMEI {}    {imei}{trust}", slot.slot));
                }
                None => self.text(&format!("  IMEI {}    none that is sound", slot.slot)),
            }
        }
        if let Some(slots) = handset.sim_slots {
            self.text(&format!("  SIM slots {slots}"));
        }
        for eid in &handset.eids {
            self.text(&format!("  EID       {eid}"));
        }
        for finding in &handset.findings {
            self.text(&format!("  {}", self.finding(finding)));
        }
        if let Some(step) = handset.next_step {
            self.text(&format!("  → {}", step_words(step)));
        }
    }

    fn finding(&self, finding: &Finding) -> String {
        let place = finding.slot.map(|slot| format!("IMEI {slot}: ")).unwrap_or_default();
        let text = match &finding.kind {
            FindingKind::Disagreement => "sources name different IMEIs".to_owned(),
            FindingKind::CheckDigit => "a check digit is wrong: read it again".to_owned(),
            FindingKind::Unreadable => "something stands there that is no IMEI".to_owned(),
            FindingKind::SameImeiTwice => "two slots carry one IMEI".to_owned(),
            FindingKind::Suspicious { suspicion } => format!("looks wrong ({})", suspicion.code()),
            FindingKind::OnlyOnLabel => "on the label only".to_owned(),
            FindingKind::NotOnLabel => "not on the label".to_owned(),
            FindingKind::OnAnotherHandset { .. } => "another phone gave the same IMEI".to_owned(),
            FindingKind::ReplacedAway { .. } => {
                "this IMEI left with a replaced board before: the board is back, or it was copied"
                    .to_owned()
            }
            FindingKind::ChangedSince { .. } => "it gave another IMEI before".to_owned(),
            FindingKind::NoImei => {
                "it gave no IMEI: dial *#06# and scan or type what it shows".to_owned()
            }
            FindingKind::OnlyWeak => {
                "stands in the phone's properties only, which other software can set".to_owned()
            }
            FindingKind::SerialDiffers => "sources name different serial numbers".to_owned(),
            FindingKind::UsbSerialDiffers { .. } => {
                "it showed another serial number on USB before: another mode, or a clone".to_owned()
            }
            FindingKind::ModelDiffersFromTac { tac, known, .. } => {
                let name = known.facts.name().unwrap_or_default();
                format!("TAC {tac} is another phone: {name} ({})", known.source)
            }
            FindingKind::TacTooOld { tac, allocated, said } => format!(
                "TAC {tac} is of {} at the latest ({}), the phone of {} at the earliest ({})",
                allocated.year, allocated.by, said.year, said.by
            ),
            FindingKind::Exchange { note } => note_words(*note).to_owned(),
        };
        self.severity(finding.severity, &format!("{place}{text}"))
    }

    /// A finding with the sign of its severity.
    pub(super) fn severity(&self, severity: Severity, text: &str) -> String {
        match severity {
            Severity::Info => self.paint(Colour::Dim, &format!("· {text}")),
            Severity::Warning => self.paint(Colour::Yellow, &format!("! {text}")),
            Severity::Stop => self.paint(Colour::Red, &format!("✗ {text}")),
        }
    }
}

/// How far a number can be relied on; nothing where there is nothing to add.
const fn trust_word(trust: Trust) -> &'static str {
    match trust {
        Trust::Agreed => "  ✓ two sources agree",
        Trust::Single => "",
        Trust::Weak => "  ! not sure",
        Trust::Disputed => "  ✗ disputed",
    }
}

const fn note_words(note: Note) -> &'static str {
    match note {
        Note::StandardRefused => "the standard command was refused, the maker's own one answered",
        Note::UuidInsteadOfImei => "a UUID came instead of an IMEI",
        Note::PlainAnswerAlternates => "one command gives different IMEIs",
        Note::AnswerCut => "the answer was too long and was cut",
        Note::Garbage => "bytes came that are no answer",
        Note::SecondSlotUnsound => "the answer about the second slot is no IMEI",
        Note::ImeiRefused => "it does not tell its IMEI over USB debugging",
        Note::ImeiMissing => "it says that one of its slots has no IMEI",
        Note::PropertiesOnly => "the IMEI stands in its properties only",
        Note::PropertiesDisagree => "its properties name another IMEI than its telephone service",
    }
}

const fn step_words(step: NextStep) -> &'static str {
    match step {
        NextStep::DialAndScan => "dial *#06# on the phone and scan or type what it shows",
        NextStep::AllowOnPhone => "touch Allow on the phone and read it again",
        NextStep::UnlockAndRetry => "unlock the phone and read it again",
        NextStep::ModemPort => "choose a USB mode with a modem port, or turn on USB debugging",
        NextStep::UsbDebugging => "turn on USB debugging",
        NextStep::StartNormally => "start the phone normally and plug it in again",
        NextStep::ShowModem => "have the phone show its modem port (--show-modem)",
    }
}
