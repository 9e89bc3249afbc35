//! What the firmware logs, decoded with the table of its own ELF.
//!
//! A scanner logs with `defmt`: numbers of texts and the values that belong in them. The texts
//! themselves are in the ELF alone, so only the very ELF whose program runs makes sense of it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use defmt_decoder::{DecodeError, Frame, Locations, StreamDecoder, Table};
use serde::Serialize;

/// Longest frame, in bytes: what defmt buffers between two zeros is far less. A stream that goes
/// on longer without one is noise.
const FRAME_MAX: usize = 4096;

/// Why a log can't be decoded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LogError {
    /// The file is no ELF with a table that this program can read.
    #[error("the file holds no table of log lines that this program can read: {reason}")]
    Table {
        /// What the library for it says.
        reason: String,
    },
    /// The firmware logs nothing.
    #[error("the file holds no table of log lines: it is no ELF of a firmware that logs")]
    NoTable,
}

/// The texts of one firmware.
pub struct Texts {
    table: Table,
    places: Option<Locations>,
}

/// One line of a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// When, by the firmware's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// `trace`, `debug`, `info`, `warn` or `error`; none for a plain line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<&'static str>,
    /// What it says.
    pub message: String,
    /// The file that says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The line in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
}

impl Texts {
    /// The texts of an ELF.
    ///
    /// # Errors
    ///
    /// [`LogError`].
    pub fn from_elf(elf: &[u8]) -> Result<Self, LogError> {
        let unreadable = |reason: String| LogError::Table { reason };
        let table = catch_unwind(|| Table::parse(elf))
            .map_err(|_| unreadable("it is broken".to_owned()))?
            .map_err(|error| unreadable(format!("{error:#}")))?
            .ok_or(LogError::NoTable)?;
        // Without debug information lines have no places, which is a pity and no more.
        let places = catch_unwind(AssertUnwindSafe(|| table.get_locations(elf)));
        let places = places.ok().and_then(Result::ok).filter(|places| !places.is_empty());
        Ok(Self { table, places })
    }

    /// Decodes one stream, from its beginning or any point in it.
    pub fn decoder(&self) -> Decoder<'_> {
        Decoder { texts: self, stream: self.table.new_stream_decoder(), open: 0, broken: 0 }
    }

    /// Whether lines come with the file and line that says them.
    pub const fn has_places(&self) -> bool {
        self.places.is_some()
    }

    fn entry(&self, frame: &Frame<'_>) -> Entry {
        let place = self.places.as_ref().and_then(|places| places.get(&frame.index()));
        Entry {
            time: frame.display_timestamp().map(|time| time.to_string()),
            level: frame.level().map(|level| level.as_str()),
            message: frame.display_message().to_string(),
            file: place.map(|place| place.file.display().to_string()),
            line: place.map(|place| place.line),
        }
    }
}

/// The state of decoding one stream. Bounded: a stream of noise uses no memory.
pub struct Decoder<'t> {
    texts: &'t Texts,
    stream: Box<dyn StreamDecoder + Send + Sync + 't>,
    /// Bytes since the last zero.
    open: usize,
    broken: u64,
}

impl Decoder<'_> {
    /// Takes bytes as they come, and hands out the lines that they complete.
    pub fn push(&mut self, bytes: &[u8], mut take: impl FnMut(Entry)) {
        for piece in bytes.split_inclusive(|byte| *byte == 0) {
            for piece in piece.chunks(FRAME_MAX) {
                self.feed(piece, &mut take);
            }
        }
    }

    /// How many frames were broken: noise, a wrong ELF, or a beginning in the middle of one.
    pub const fn broken(&self) -> u64 {
        self.broken
    }

    /// Takes a piece that holds a zero at its end or none at all.
    fn feed(&mut self, piece: &[u8], take: &mut impl FnMut(Entry)) {
        if self.open + piece.len() > FRAME_MAX {
            // An end that makes what came so far a broken frame, which is then forgotten.
            self.stream.received(&[0]);
            self.decode(take);
            self.open = 0;
        }
        self.stream.received(piece);
        self.open = if piece.ends_with(&[0]) { 0 } else { self.open + piece.len() };
        self.decode(take);
    }

    fn decode(&mut self, take: &mut impl FnMut(Entry)) {
        loop {
            // The library takes the firmware at its word, and values that make no sense make it
            // panic: what reaches us may be the noise of another firmware.
            let stream = AssertUnwindSafe(&mut self.stream);
            let texts = self.texts;
            let decoded = catch_unwind(move || {
                let stream = stream;
                stream.0.decode().map(|frame| texts.entry(&frame))
            });
            match decoded {
                Ok(Ok(entry)) => take(entry),
                Ok(Err(DecodeError::UnexpectedEof)) => return,
                Ok(Err(DecodeError::Malformed)) | Err(_) => {
                    self.broken += 1;
                    if !self.texts.table.encoding().can_recover() {
                        self.stream = self.texts.table.new_stream_decoder();
                        return;
                    }
                }
            }
        }
    }
}

/// `12.345 INFO  the message   (src/main.rs:7)`
impl core::fmt::Display for Entry {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        if let Some(time) = &self.time {
            write!(f, "{time} ")?;
        }
        let level = self.level.unwrap_or_default().to_uppercase();
        write!(f, "{level:<5} {}", self.message)?;
        if let (Some(file), Some(line)) = (&self.file, self.line) {
            write!(f, "  ({file}:{line})")?;
        }
        Ok(())
    }
}
