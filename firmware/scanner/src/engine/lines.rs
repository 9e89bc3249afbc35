//! Text lines in a stream of bytes.

use heapless::Vec;
use tekser_wire::message::TEXT_MAX;

use super::{Broken, Event, aim};
use crate::clock::Instant;

/// A line that has been quiet for so long is over. A byte takes 1 ms at 9600 baud, and an erase of
/// flash memory may hold the processor up for 45 ms in which bytes seem not to come.
pub(super) const IDLE_MS: u64 = 80;

/// How a line ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// Whole: [`Lines::told`] has it until the next byte.
    Whole,
    /// It is no code.
    Broken(Broken),
}

/// What a line without an end means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pause {
    /// The engine sends no terminator, or nobody knows: a pause ends a line.
    Ends,
    /// The engine is known to end every line, so one that stops in the middle lost its end.
    Breaks,
}

/// Gathers lines, one byte at a time.
#[derive(Debug)]
pub(super) struct Lines {
    text: Vec<u8, { TEXT_MAX + aim::LEN }>,
    fate: Fate,
    last: Instant,
    /// A byte behind a pause that nobody had noticed: it begins the next line.
    held: Option<Option<u8>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// Between lines; whatever the buffer holds has been told.
    Between,
    Sound,
    Spoiled,
    /// Told already: skipped to its end.
    TooLong,
}

impl Lines {
    pub(super) const fn new() -> Self {
        Self { text: Vec::new(), fate: Fate::Between, last: Instant::START, held: None }
    }

    /// Whether a line has begun.
    pub(super) fn is_open(&self) -> bool {
        self.fate != Fate::Between || self.held.is_some()
    }

    /// Takes one byte, `None` if it arrived broken.
    pub(super) fn push(&mut self, byte: Option<u8>, now: Instant, pause: Pause) -> Option<Ended> {
        if let Some(ended) = self.tick(now, pause) {
            self.held = Some(byte);
            self.last = now;
            return Some(ended);
        }
        self.last = now;
        self.take(byte)
    }

    /// Ends a line that has been quiet for too long.
    pub(super) fn tick(&mut self, now: Instant, pause: Pause) -> Option<Ended> {
        self.unhold();
        if self.fate == Fate::Between || now.millis_since(self.last) < IDLE_MS {
            return None;
        }
        self.interrupt(pause)
    }

    /// When [`Lines::tick`] has something to do.
    pub(super) fn wake_at(&self) -> Option<Instant> {
        self.is_open().then(|| self.last.plus_millis(IDLE_MS))
    }

    /// Forgets an open line: what it is made of was something else.
    pub(super) fn clear(&mut self) {
        self.held = None;
        self.fate = Fate::Between;
    }

    /// Ends an open line because the engine began to say something else.
    pub(super) fn interrupt(&mut self, pause: Pause) -> Option<Ended> {
        self.unhold();
        if pause == Pause::Breaks {
            self.spoil();
        }
        self.end()
    }

    /// Something that is no text came before this byte, or in its place.
    pub(super) fn spoil_with(&mut self, byte: Option<u8>, now: Instant) -> Option<Ended> {
        self.unhold();
        self.last = now;
        let _ = self.take(None);
        self.take(byte)
    }

    /// Whether the line that ended last bore a symbology identifier.
    pub(super) fn is_identified(&self) -> bool {
        aim::split(&self.text).0.is_some()
    }

    /// Whether it is in the middle of a line that may still become a code, or between lines.
    pub(super) fn is_sound(&self) -> bool {
        matches!(self.fate, Fate::Between | Fate::Sound)
    }

    /// What to tell of a line that ended; to be called before the next byte.
    pub(super) fn told(&self, ended: Ended) -> Event<'_> {
        match ended {
            Ended::Whole => {
                let (aim, text) = aim::split(&self.text);
                Event::Code { aim, text }
            }
            Ended::Broken(broken) => Event::Broken(broken),
        }
    }

    fn unhold(&mut self) {
        if let Some(held) = self.held.take() {
            // The first byte of a line never ends one.
            let _ = self.take(held);
        }
    }

    fn take(&mut self, byte: Option<u8>) -> Option<Ended> {
        match byte {
            Some(b'\r' | b'\n' | b'\t') => self.end(),
            Some(byte) if is_text(byte) => self.append(byte),
            _ => {
                self.begin();
                self.spoil();
                None
            }
        }
    }

    fn append(&mut self, byte: u8) -> Option<Ended> {
        self.begin();
        if self.fate != Fate::Sound || self.text.push(byte).is_ok() {
            return None;
        }
        self.fate = Fate::TooLong;
        Some(Ended::Broken(Broken::TooLong))
    }

    fn begin(&mut self) {
        if self.fate == Fate::Between {
            self.text.clear();
            self.fate = Fate::Sound;
        }
    }

    fn spoil(&mut self) {
        if self.fate == Fate::Sound {
            self.fate = Fate::Spoiled;
        }
    }

    fn end(&mut self) -> Option<Ended> {
        match core::mem::replace(&mut self.fate, Fate::Between) {
            Fate::Between | Fate::TooLong => None,
            Fate::Spoiled => Some(Ended::Broken(Broken::Noise)),
            Fate::Sound => match aim::split(&self.text).1.len() {
                0 => None,
                1..=TEXT_MAX => Some(Ended::Whole),
                _ => Some(Ended::Broken(Broken::TooLong)),
            },
        }
    }
}

/// Whether a label can hold this byte. Of the control characters only the separators of GS1 and
/// ISO/IEC 15434 are ever printed; any other tells of a disturbed line.
const fn is_text(byte: u8) -> bool {
    matches!(byte, 0x04 | 0x1c..=0x7e | 0x80..)
}
