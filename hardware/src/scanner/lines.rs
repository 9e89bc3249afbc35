//! Scanners of other makes that send what they read as lines of text. Only listens.

use core::fmt;
use std::collections::VecDeque;
use std::time::Duration;

use tekser_wire::message::{Aim, TEXT_MAX};
use tokio::time::Instant;

use super::error::SessionError;
use crate::link::{Link, LinkError};

/// A pause that ends a code of a scanner that sends nothing behind it. A scanner sends a code in
/// one go; adapters hold bytes back for 16 ms at the most.
const IDLE: Duration = Duration::from_millis(100);

/// Longest wait in one go, so that a link that is gone without word is noticed by reading on.
const LISTEN: Duration = Duration::from_secs(10);

/// One code.
#[derive(Clone, PartialEq, Eq)]
pub enum Line {
    /// A code, whole.
    Code {
        /// What kind of code it was, if the scanner is set up to say (an AIM identifier).
        aim: Option<Aim>,
        /// What it says, without AIM identifier and terminator: 1 to [`TEXT_MAX`] bytes that a
        /// foreign label chose.
        text: Vec<u8>,
    },
    /// A code that is longer than [`TEXT_MAX`]. Not taken.
    TooLong,
}

/// Shows the length of the text alone.
impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code { aim, text } => write!(f, "Code({aim:?}, {} bytes)", text.len()),
            Self::TooLong => f.write_str("TooLong"),
        }
    }
}

/// A scanner of another make, over an open link. Nothing is ever sent to it. It keeps nothing
/// either: what it reads while the station is away is lost.
#[derive(Debug)]
pub struct LineScanner {
    link: Link,
    lines: Lines,
    found: VecDeque<Line>,
    /// When the last byte of an open line came.
    heard_at: Option<Instant>,
}

impl LineScanner {
    /// Listens on an open link.
    pub const fn new(link: Link) -> Self {
        Self { link, lines: Lines::new(), found: VecDeque::new(), heard_at: None }
    }

    /// Waits for the next code. Nothing is lost when the future is dropped.
    ///
    /// # Errors
    ///
    /// [`SessionError`]: the scanner is gone.
    pub async fn next(&mut self) -> Result<Line, SessionError> {
        let mut buffer = [0; 256];
        loop {
            if let Some(line) = self.found.pop_front() {
                return Ok(line);
            }
            let now = Instant::now();
            let deadline = self.heard_at.map_or(now + LISTEN, |at| at + IDLE);
            match self.link.receive(&mut buffer, deadline).await {
                Ok(count) => {
                    let bytes = buffer.get(..count).unwrap_or_default();
                    self.found.extend(bytes.iter().filter_map(|byte| self.lines.push(*byte)));
                    self.heard_at = self.lines.is_open().then(Instant::now);
                }
                Err(LinkError::Timeout) => {
                    self.heard_at = None;
                    self.found.extend(self.lines.end());
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// Takes lines out of a stream of bytes.
#[derive(Debug)]
struct Lines {
    line: Vec<u8>,
    is_too_long: bool,
}

/// What a line holds at the most: a text, its AIM identifier and what stands around it.
const LINE_MAX: usize = TEXT_MAX + 16;

impl Lines {
    const fn new() -> Self {
        Self { line: Vec::new(), is_too_long: false }
    }

    fn is_open(&self) -> bool {
        !self.line.is_empty() || self.is_too_long
    }

    fn push(&mut self, byte: u8) -> Option<Line> {
        if matches!(byte, b'\r' | b'\n') {
            return self.end();
        }
        if self.line.len() < LINE_MAX {
            self.line.push(byte);
        } else {
            self.is_too_long = true;
        }
        None
    }

    fn end(&mut self) -> Option<Line> {
        let line = core::mem::take(&mut self.line);
        let is_too_long = core::mem::take(&mut self.is_too_long);
        let (aim, text) = split(trimmed(&line));
        if is_too_long || text.len() > TEXT_MAX {
            return Some(Line::TooLong);
        }
        (!text.is_empty()).then(|| Line::Code { aim, text: text.to_vec() })
    }
}

/// Without what scanners can be set up to send around a code (NUL, STX, ETX, TAB, blanks). GS, RS
/// and EOT belong to labels.
fn trimmed(mut line: &[u8]) -> &[u8] {
    const fn is_around(byte: u8) -> bool {
        matches!(byte, 0 | 2 | 3 | b'\t' | b' ')
    }
    while let [first, rest @ ..] = line
        && is_around(*first)
    {
        line = rest;
    }
    while let [rest @ .., last] = line
        && is_around(*last)
    {
        line = rest;
    }
    line
}

/// The AIM identifier apart: `]`, a letter, and a letter or digit.
fn split(line: &[u8]) -> (Option<Aim>, &[u8]) {
    match line {
        [b']', code, modifier, text @ ..]
            if code.is_ascii_alphabetic() && modifier.is_ascii_alphanumeric() =>
        {
            (Some(Aim([*code, *modifier])), text)
        }
        _ => (None, line),
    }
}
