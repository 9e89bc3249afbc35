//! From bytes to whole answers.
//!
//! The digester is pure and incremental: however the bytes are cut into pieces, the answers are
//! the same. It accepts this grammar, which is wider than V.250 because phones are:
//!
//! ```text
//! stream      = { line }
//! line        = { NUL } text ( CR | LF )          empty lines count for nothing
//! answer      = { echo | unsolicited | "#OK#" | information } final
//! final       = "OK" | "ERROR" | "+CME ERROR:" text | "+CMS ERROR:" text | "MODEM ERROR:" text
//!             | "COMMAND NOT SUPPORT" | "NA" | "BUSY" | "NO CARRIER" | "NO ANSWER" | "NO DIALTONE"
//!             | "0" | "4"                          only while no word was seen on this port
//! prompt      = "> "                               at the start of a line, without an end
//! echo        = the command, or what is left of it when its head or tail was lost
//! unsolicited = a line with somebody else's tag, or one of the words in [`super::unsolicited`]
//! ```
//!
//! A final result counts only as a line of its own: `ERROR` inside a text is text.

use super::command::Command;
use super::unsolicited;

/// What a command came back with.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// The command asked.
    pub command: Command,
    /// Lines of information, without ends and outer blanks. Bytes that are not UTF-8 show as U+FFFD.
    pub lines: Vec<String>,
    /// How it ended.
    pub outcome: Outcome,
    /// All bytes from the command to the end of the answer, cut at [`Digester::CAPACITY`].
    pub raw: Vec<u8>,
    /// The command came back as echo.
    pub echoed: bool,
    /// Something was longer than the limits and was left out.
    pub cut: bool,
    /// Bytes came that are no text.
    pub garbage: bool,
}

/// How an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// `OK`.
    Done,
    /// The phone understood that it was asked and declined: `ERROR` in any of its forms.
    Refused,
    /// `BUSY`: may work when asked again.
    Busy,
    /// `NO CARRIER`, `NO ANSWER`, `NO DIALTONE`: the end of a call. Some phones refuse a command
    /// with it, but it may as well have come unasked.
    Call,
    /// The phone waits for text. Nothing more may be sent: it would become that text.
    Prompt,
}

/// Answers hold whole IMEIs, so `Debug` says only how much there is.
impl core::fmt::Debug for Answer {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Answer")
            .field("command", &self.command)
            .field("lines", &self.lines.len())
            .field("outcome", &self.outcome)
            .field("cut", &self.cut)
            .field("garbage", &self.garbage)
            .finish_non_exhaustive()
    }
}

/// Cuts a stream of bytes into answers. See the module for the grammar.
#[derive(Clone)]
pub struct Digester {
    /// The line being received.
    line: Vec<u8>,
    line_cut: bool,
    /// The answer being received; none while nothing was asked.
    pending: Option<Answer>,
    /// A final result in words was seen: digits are then no results.
    verbose: bool,
    discarded: usize,
}

impl Digester {
    /// Longest answer kept, in bytes. What comes beyond is counted and thrown away, and the
    /// final result is still found.
    pub const CAPACITY: usize = 64 * 1024;

    /// Longest line kept, in bytes. The standard allows 2048 for a whole answer.
    pub const LINE: usize = 4096;

    /// Most lines kept of one answer.
    pub const LINES: usize = 512;

    /// A digester that nothing was asked of yet.
    pub const fn new() -> Self {
        Self { line: Vec::new(), line_cut: false, pending: None, verbose: false, discarded: 0 }
    }

    /// Begins the answer to `command`. An unfinished answer before it is dropped; an unfinished
    /// line is not, so that its rest cannot pass for a line of the new answer.
    pub fn expect(&mut self, command: Command) {
        self.discarded = 0;
        self.pending = Some(Answer {
            command,
            lines: Vec::new(),
            outcome: Outcome::Done,
            raw: Vec::new(),
            echoed: false,
            cut: false,
            garbage: false,
        });
    }

    /// Whether an answer is awaited.
    pub const fn is_waiting(&self) -> bool {
        self.pending.is_some()
    }

    /// Bytes thrown away since the last command because of the limits.
    pub const fn discarded(&self) -> usize {
        self.discarded
    }

    /// Takes in bytes up to the end of an answer. Returns how many were taken, and the answer if
    /// it is complete. Bytes behind it belong to the next call.
    pub fn digest(&mut self, bytes: &[u8]) -> (usize, Option<Answer>) {
        for (index, &byte) in bytes.iter().enumerate() {
            if let Some(answer) = self.take(byte) {
                return (index + 1, Some(answer));
            }
        }
        (bytes.len(), None)
    }

    /// Ends the wait: what came so far, if anything did. A result word or a prompt that lacks only
    /// its line end counts; an unfinished line of information does not, a digit may be missing.
    pub fn give_up(&mut self) -> Option<(Answer, bool)> {
        let line = core::mem::take(&mut self.line);
        self.line_cut = false;
        let mut answer = self.pending.take()?;
        let text = String::from_utf8_lossy(&line);
        let outcome = match text.trim_start_matches('\0').trim_end() {
            ">" => Some(Outcome::Prompt),
            text => word(text),
        };
        answer.outcome = outcome.unwrap_or(answer.outcome);
        let heard = !answer.raw.is_empty();
        heard.then_some((answer, outcome.is_some()))
    }

    fn take(&mut self, byte: u8) -> Option<Answer> {
        self.keep_raw(byte);
        if matches!(byte, b'\r' | b'\n') {
            return self.end_line();
        }
        if self.line.is_empty() && byte == 0 {
            return None;
        }
        if self.line.len() == Self::LINE {
            self.line_cut = true;
            self.discarded = self.discarded.saturating_add(1);
            return None;
        }
        self.line.push(byte);
        if self.line == b"> " && self.pending.is_some() {
            self.line.clear();
            return self.finish(Outcome::Prompt);
        }
        None
    }

    fn keep_raw(&mut self, byte: u8) {
        let Some(answer) = &mut self.pending else {
            return;
        };
        if answer.raw.len() < Self::CAPACITY {
            answer.raw.push(byte);
        } else {
            answer.cut = true;
            self.discarded = self.discarded.saturating_add(1);
        }
    }

    fn end_line(&mut self) -> Option<Answer> {
        let line = core::mem::take(&mut self.line);
        let cut = core::mem::take(&mut self.line_cut);
        let verbose = self.verbose;
        let answer = self.pending.as_mut()?;
        let text = String::from_utf8_lossy(&line);
        let text = text.trim();
        if cut {
            answer.cut = true;
            return None;
        }
        if text.is_empty() || text == "#OK#" {
            return None;
        }
        if let Some(outcome) = word(text) {
            self.verbose = true;
            return self.finish(outcome);
        }
        if let (false, Some(outcome)) = (verbose, digit(text)) {
            return self.finish(outcome);
        }
        answer.add(text);
        None
    }

    fn finish(&mut self, outcome: Outcome) -> Option<Answer> {
        let mut answer = self.pending.take()?;
        answer.outcome = outcome;
        Some(answer)
    }
}

/// The bytes hold whole IMEIs, so `Debug` says only how many there are.
impl core::fmt::Debug for Digester {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Digester")
            .field("line", &self.line.len())
            .field("pending", &self.pending)
            .field("discarded", &self.discarded)
            .finish_non_exhaustive()
    }
}

impl Default for Digester {
    fn default() -> Self {
        Self::new()
    }
}

impl Answer {
    /// Files one line that is no result.
    fn add(&mut self, text: &str) {
        if is_echo(self.command, text, self.lines.is_empty()) {
            self.echoed = true;
        } else if unsolicited::is(text, self.command) {
        } else if text.contains(|c: char| c.is_control() || c == '\u{fffd}') {
            self.garbage = true;
        } else if self.lines.len() < Digester::LINES && self.raw.len() < Digester::CAPACITY {
            self.lines.push(text.to_owned());
        } else {
            self.cut = true;
        }
    }
}

/// A final result in words, as a whole line.
fn word(line: &str) -> Option<Outcome> {
    match line {
        "OK" => Some(Outcome::Done),
        "BUSY" => Some(Outcome::Busy),
        "NO CARRIER" | "NO ANSWER" | "NO DIALTONE" => Some(Outcome::Call),
        "ERROR" | "COMMAND NOT SUPPORT" | "NA" => Some(Outcome::Refused),
        _ => ["+CME ERROR", "+CMS ERROR", "MODEM ERROR"]
            .iter()
            .filter_map(|name| line.strip_prefix(name))
            .any(|rest| rest.is_empty() || rest.starts_with(':'))
            .then_some(Outcome::Refused),
    }
}

/// A final result as a digit (`ATV0`). No command of ours is answered with a lone digit.
fn digit(line: &str) -> Option<Outcome> {
    match line {
        "0" => Some(Outcome::Done),
        "4" => Some(Outcome::Refused),
        _ => None,
    }
}

/// Whether a line is the command coming back. Only before any information can it be a part of
/// the command: the port was opened late, or an unsolicited line cut in.
fn is_echo(command: Command, line: &str, first: bool) -> bool {
    let sent = command.text();
    if Command::ALL.iter().any(|known| known.text().eq_ignore_ascii_case(line)) {
        return true;
    }
    let numeric = line.bytes().all(|byte| byte.is_ascii_digit() || byte == b',');
    let long_enough = line.len() >= 2 && line.len() < sent.len();
    first && long_enough && !numeric && (sent.ends_with(line) || sent.starts_with(line))
}
