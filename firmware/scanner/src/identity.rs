//! What a board knows of itself and tells the logic once, at the start.

use heapless::String;
use tekser_wire::message::{Board, Capabilities, Crash, FirmwareVersion, SerialNumber, Start};

/// Longest name of a source file in a [`CrashRecord`], in bytes.
pub const CRASH_FILE_MAX: usize = 96;

/// Longest message in a [`CrashRecord`], in bytes.
pub const CRASH_MESSAGE_MAX: usize = 192;

/// Who this scanner is and how it came to run.
#[derive(Debug, Clone)]
pub struct Identity {
    /// The board.
    pub board: Board,
    /// The firmware that runs.
    pub firmware: FirmwareVersion,
    /// What board and firmware can do; [`Capabilities::DURABLE`] is added by the logic.
    pub capabilities: Capabilities,
    /// Its serial number.
    pub serial: SerialNumber,
    /// Why it runs.
    pub start: Start,
    /// What the last run ended with, if that was a panic that no station has seen yet.
    pub crash: Option<CrashRecord>,
    /// Drawn by chance (noise, an oscillator that drifts): makes a store's number.
    pub seed: u32,
}

/// A [`Crash`] that holds what it says; cut to fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrashRecord {
    /// The firmware that panicked.
    pub firmware: FirmwareVersion,
    /// Source file: its end, if it is too long.
    pub file: String<CRASH_FILE_MAX>,
    /// Line in it.
    pub line: u32,
    /// What it said: the beginning, if it is too long.
    pub message: String<CRASH_MESSAGE_MAX>,
    /// Milliseconds that it had been running.
    pub uptime_ms: u64,
}

impl CrashRecord {
    /// Copies a crash; a file name loses its beginning, a message its end.
    pub fn new(crash: &Crash<'_>) -> Self {
        let mut record = Self {
            firmware: crash.firmware,
            file: String::new(),
            line: crash.line,
            message: String::new(),
            uptime_ms: crash.uptime_ms,
        };
        let mut from = crash.file.len().saturating_sub(CRASH_FILE_MAX);
        while !crash.file.is_char_boundary(from) {
            from += 1;
        }
        // Both fit by now: `file` was cut above, `message` takes what there is room for.
        let _ = record.file.push_str(crash.file.get(from..).unwrap_or_default());
        for letter in crash.message.chars() {
            if record.message.push(letter).is_err() {
                break;
            }
        }
        record
    }

    /// As it goes over the wire.
    pub fn as_crash(&self) -> Crash<'_> {
        Crash {
            firmware: self.firmware,
            file: &self.file,
            line: self.line,
            message: &self.message,
            uptime_ms: self.uptime_ms,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::string::String as Text;

    use super::*;

    #[test]
    fn a_long_file_keeps_its_end_and_a_long_message_its_beginning() {
        let file: Text = "ж".repeat(60) + "/src/main.rs";
        let message: Text = "ы".repeat(CRASH_MESSAGE_MAX);
        let crash = Crash {
            firmware: FirmwareVersion([1, 2, 3]),
            file: &file,
            line: 17,
            message: &message,
            uptime_ms: 5,
        };
        let record = CrashRecord::new(&crash);
        assert!(record.file.ends_with("ж/src/main.rs"));
        assert!(file.ends_with(record.file.as_str()));
        assert_eq!(record.message.chars().count(), CRASH_MESSAGE_MAX / 2);
        assert_eq!(record.as_crash().line, 17);
    }
}
