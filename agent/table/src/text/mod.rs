//! Rows of text files: CSV, TSV, one number per line.

mod decode;
mod marks;
mod separator;

use std::io::Read;

use csv_core::ReadRecordResult;
use decode::Decode;
use marks::Marks;

use crate::{Block, CELLS_MAX, ROW_MAX, TableError};

/// Rows of a text.
pub(crate) struct TextRows {
    source: Decode<Box<dyn Read + Send>>,
    /// Text that was decoded, from the first row that was not given.
    rest: String,
    /// Whether the first row of `rest` may go on behind it.
    is_cut: bool,
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

/// Why no more rows were taken off a text.
enum Stop {
    /// The block is full.
    Full,
    /// The next row may go on behind what was decoded.
    Cut,
    End,
    Failed(TableError),
}

/// A row with quotation marks.
struct Taken {
    /// Bytes of the text.
    bytes: usize,
    /// Lines of the text.
    lines: usize,
}

impl TextRows {
    /// Begins to read; decodes the first piece, and finds out what separates the cells.
    pub(crate) fn new(source: Box<dyn Read + Send>) -> Result<Self, TableError> {
        let mut source = Decode::new(source);
        let mut rest = String::new();
        source.more(&mut rest)?;
        let found = separator::find(&rest);
        let reader = csv_core::ReaderBuilder::new().delimiter(found.separator).build();
        let quoted = Quoted { reader, text: Vec::new(), ends: vec![0; CELLS_MAX] };
        rest.drain(..found.skip);
        let line = 1 + u64::from(found.skip > 0);
        Ok(Self { source, rest, is_cut: false, line, separator: found.separator, quoted })
    }

    /// What separates the cells.
    pub(crate) const fn separator(&self) -> u8 {
        self.separator
    }

    /// Whether all of it was read, though not all rows were given.
    pub(crate) const fn is_read(&self) -> bool {
        self.source.has_ended()
    }

    /// Fills a block with the next rows, empty lines left out; `false` at the end.
    pub(crate) fn fill(&mut self, block: &mut Block) -> Result<bool, TableError> {
        block.clear();
        loop {
            if self.is_cut {
                if self.rest.len() > ROW_MAX {
                    return Err(TableError::RowTooLong { line: self.line });
                }
                self.source.more(&mut self.rest)?;
            }
            std::mem::swap(&mut block.text, &mut self.rest);
            let (taken, stop) = self.split(block);
            self.rest.clear();
            self.rest.push_str(block.text.get(taken..).unwrap_or_default());
            block.text.truncate(taken);
            self.is_cut = matches!(stop, Stop::Cut);
            match stop {
                Stop::Failed(error) => return Err(error),
                _ if !block.is_empty() => return Ok(true),
                Stop::End => return Ok(false),
                Stop::Cut | Stop::Full => {}
            }
        }
    }

    /// Takes rows off the text of the block, and says how many bytes they are.
    fn split(&mut self, block: &mut Block) -> (usize, Stop) {
        let text = std::mem::take(&mut block.text);
        let (mut start, mut marks) = (0, Marks::new(text.as_bytes(), self.separator));
        let stop = loop {
            if block.is_full() {
                break Stop::Full;
            }
            match self.take(&text, start, &mut marks, block) {
                Ok(next) => start = next,
                Err(stop) => break stop,
            }
        };
        block.drop_cells();
        block.text = text;
        (start, stop)
    }

    /// Takes the row that begins here, and says where the next one does.
    fn take(
        &mut self,
        text: &str,
        start: usize,
        marks: &mut Marks<'_>,
        block: &mut Block,
    ) -> Result<usize, Stop> {
        let bytes = text.as_bytes();
        let mut cell = start;
        let (end, next) = loop {
            let Some(mark) = marks.next() else {
                break match () {
                    () if !self.source.has_ended() => return Err(Stop::Cut),
                    () if start == text.len() => return Err(Stop::End),
                    () => (text.len(), text.len()),
                };
            };
            match bytes.get(mark) {
                Some(b'\n') => break (mark, mark + 1),
                Some(b'\r') => match bytes.get(mark + 1) {
                    Some(b'\n') => {
                        marks.next();
                        break (mark, mark + 2);
                    }
                    None if !self.source.has_ended() => return Err(Stop::Cut),
                    _ => break (mark, mark + 1),
                },
                Some(b'"') => {
                    block.drop_cells();
                    let rest = text.get(start..).unwrap_or_default();
                    let taken = self.take_quoted(rest, block)?;
                    self.line += taken.lines as u64;
                    marks.go_to(start + taken.bytes);
                    return Ok(start + taken.bytes);
                }
                _ => {
                    block.push_cell(cell..mark, self.line).map_err(Stop::Failed)?;
                    cell = mark + 1;
                }
            }
        };
        if end - start > ROW_MAX {
            return Err(Stop::Failed(TableError::RowTooLong { line: self.line }));
        }
        if end > start {
            block.push_cell(cell..end, self.line).map_err(Stop::Failed)?;
            block.end_row(self.line, self.separator);
        }
        self.line += 1;
        Ok(next)
    }

    /// A row with quotation marks, which may hold line ends and separators in its cells.
    fn take_quoted(&mut self, rest: &str, block: &mut Block) -> Result<Taken, Stop> {
        let rest = rest.as_bytes();
        let (line, ended) = (self.line, self.source.has_ended());
        let Quoted { reader, text, ends } = &mut self.quoted;
        reader.reset();
        // Room for the line end below too: a row without it fills all that it had in the text.
        text.resize(rest.len().min(ROW_MAX) + 1, 0);
        let (mut result, read, written, mut cells) = reader.read_record(rest, text, ends);
        let mut length = written;
        if let ReadRecordResult::InputEmpty = result {
            if !ended {
                return Err(Stop::Cut);
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
                return Err(Stop::Failed(TableError::QuoteOpen { line }));
            }
            ReadRecordResult::OutputEndsFull => {
                return Err(Stop::Failed(TableError::TooManyCells { line }));
            }
            _ => return Err(Stop::Failed(TableError::RowTooLong { line })),
        }
        let found = text.get(..length).unwrap_or_default();
        let from = block.apart.len();
        // Cells of a text are text: separators and quotation marks are single bytes of their own.
        block.apart.push_str(std::str::from_utf8(found).unwrap_or_default());
        let mut start = 0;
        for &end in ends.get(..cells).unwrap_or_default() {
            block.push_cell(from + start..from + end, line).map_err(Stop::Failed)?;
            start = end;
        }
        block.end_row_apart(line);
        Ok(Taken::of(rest, read))
    }
}

impl Taken {
    /// What a row took that the reader read so far, with its line end.
    fn of(rest: &[u8], read: usize) -> Self {
        let taken = rest.get(..read).unwrap_or_default();
        let crs = memchr::memchr_iter(b'\r', taken)
            .filter(|&at| rest.get(at + 1) != Some(&b'\n'))
            .count();
        let lines = memchr::memchr_iter(b'\n', taken).count() + crs;
        // The reader stops between CR and LF.
        match taken.ends_with(b"\r") && rest.get(read) == Some(&b'\n') {
            true => Self { bytes: read + 1, lines: lines + 1 },
            false => Self { bytes: read, lines },
        }
    }
}
