//! Rows of text files: CSV, TSV, one number per line.

mod decode;
mod separator;

use std::io::Read;

use csv_core::ReadRecordResult;
use decode::Decode;

use crate::{CELLS_MAX, ROW_MAX, Row, TableError};

/// Rows of a text.
pub(crate) struct TextRows {
    source: Decode<Box<dyn Read + Send>>,
    /// Text that was decoded; what lies before `at` is done.
    text: String,
    at: usize,
    line: u64,
    separator: u8,
    quoted: Quoted,
}

/// What takes rows with quotation marks apart.
struct Quoted {
    reader: csv_core::Reader,
    text: Vec<u8>,
    ends: Vec<usize>,
}

/// What became of the attempt to take a row off the text.
enum Taken {
    Row,
    Blank,
    /// The row may go on behind what was decoded.
    Cut,
    End,
}

impl TextRows {
    /// Begins to read; decodes the first piece, and finds out what separates the cells.
    pub(crate) fn new(source: Box<dyn Read + Send>) -> Result<Self, TableError> {
        let mut source = Decode::new(source);
        let mut text = String::new();
        source.more(&mut text)?;
        let found = separator::find(&text);
        let reader = csv_core::ReaderBuilder::new().delimiter(found.separator).build();
        let quoted = Quoted { reader, text: Vec::new(), ends: vec![0; CELLS_MAX] };
        let (at, line) = (found.skip, 1 + u64::from(found.skip > 0));
        Ok(Self { source, text, at, line, separator: found.separator, quoted })
    }

    /// What separates the cells.
    pub(crate) const fn separator(&self) -> u8 {
        self.separator
    }

    /// The next row that is not an empty line; `false` at the end.
    pub(crate) fn next_row(&mut self, row: &mut Row) -> Result<bool, TableError> {
        loop {
            match self.take(row)? {
                Taken::Row => return Ok(true),
                Taken::Blank => {}
                Taken::End => return Ok(false),
                Taken::Cut if self.text.len() - self.at > ROW_MAX => {
                    return Err(TableError::RowTooLong { line: self.line });
                }
                Taken::Cut => self.more()?,
            }
        }
    }

    fn more(&mut self) -> Result<(), TableError> {
        self.text.drain(..self.at);
        self.at = 0;
        self.source.more(&mut self.text)
    }

    fn take(&mut self, row: &mut Row) -> Result<Taken, TableError> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let bytes = rest.as_bytes();
        let end = memchr::memchr3(b'\n', b'\r', b'"', bytes);
        let (end, taken) = match end.map(|end| (end, bytes.get(end))) {
            Some((_, Some(b'"'))) => return self.take_quoted(row),
            Some((end, Some(b'\r'))) => match bytes.get(end + 1) {
                Some(b'\n') => (end, end + 2),
                None if !self.source.has_ended() => return Ok(Taken::Cut),
                _ => (end, end + 1),
            },
            Some((end, _)) => (end, end + 1),
            None if !self.source.has_ended() => return Ok(Taken::Cut),
            None if rest.is_empty() => return Ok(Taken::End),
            None => (rest.len(), rest.len()),
        };
        if end > ROW_MAX {
            return Err(TableError::RowTooLong { line: self.line });
        }
        row.begin(self.line);
        self.at += taken;
        self.line += 1;
        if end == 0 {
            return Ok(Taken::Blank);
        }
        row.split(rest.get(..end).unwrap_or_default(), self.separator)?;
        Ok(Taken::Row)
    }

    /// A row with quotation marks, which may hold line ends and separators in its cells.
    fn take_quoted(&mut self, row: &mut Row) -> Result<Taken, TableError> {
        let rest = self.text.get(self.at..).unwrap_or_default().as_bytes();
        let Quoted { reader, text, ends } = &mut self.quoted;
        reader.reset();
        // Room for the line end below too: a row without it fills all that it had in the text.
        text.resize(rest.len().min(ROW_MAX) + 1, 0);
        let (mut result, read, written, mut cells) = reader.read_record(rest, text, ends);
        let mut length = written;
        if let ReadRecordResult::InputEmpty = result {
            if !self.source.has_ended() {
                return Ok(Taken::Cut);
            }
            // A line end tells an open quotation mark from a last line without one.
            let (room, places) =
                (text.get_mut(written..).unwrap_or_default(), ends.get_mut(cells..));
            let (last, _, more, added) =
                reader.read_record(b"\n", room, places.unwrap_or_default());
            (result, length, cells) = (last, written + more, cells + added);
        }
        match result {
            ReadRecordResult::Record => {}
            ReadRecordResult::InputEmpty => {
                return Err(TableError::QuoteOpen { line: self.line });
            }
            ReadRecordResult::OutputEndsFull => {
                return Err(TableError::TooManyCells { line: self.line });
            }
            _ => return Err(TableError::RowTooLong { line: self.line }),
        }
        row.begin(self.line);
        let found = text.get(..length).unwrap_or_default();
        // Cells of a text are text: separators and quotation marks are single bytes of their own.
        row.push_text(std::str::from_utf8(found).unwrap_or_default());
        let mut start = 0;
        for &end in ends.get(..cells).unwrap_or_default() {
            row.push_cell(start..end)?;
            start = end;
        }
        self.pass(read);
        Ok(Taken::Row)
    }

    /// Goes over what a row with quotation marks took, and its line end.
    fn pass(&mut self, read: usize) {
        let rest = self.text.get(self.at..).unwrap_or_default().as_bytes();
        let taken = rest.get(..read).unwrap_or_default();
        let crs = memchr::memchr_iter(b'\r', taken)
            .filter(|&at| rest.get(at + 1) != Some(&b'\n'))
            .count();
        let mut lines = memchr::memchr_iter(b'\n', taken).count() + crs;
        let mut read = read;
        // The reader stops between CR and LF.
        if taken.ends_with(b"\r") && rest.get(read) == Some(&b'\n') {
            read += 1;
            lines += 1;
        }
        self.at += read;
        self.line += lines as u64;
    }
}
