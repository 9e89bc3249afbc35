//! One row, reused from row to row.

use std::fmt;
use std::ops::Range;

use crate::{CELLS_MAX, TableError};

/// One row of a table. Reading into the same row again costs no allocation.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Row {
    line: u64,
    text: String,
    cells: Vec<(u32, u32)>,
}

impl Row {
    /// An empty row.
    pub const fn new() -> Self {
        Self { line: 0, text: String::new(), cells: Vec::new() }
    }

    /// A row of these cells.
    pub fn of<T: AsRef<str>>(line: u64, cells: &[T]) -> Self {
        let mut row = Self::new();
        row.begin(line);
        for cell in cells {
            row.push_text(cell.as_ref());
            row.end_cell();
        }
        row
    }

    /// Line in the file, or row of the sheet, from 1.
    pub const fn line(&self) -> u64 {
        self.line
    }

    /// Number of cells.
    pub const fn len(&self) -> usize {
        self.cells.len()
    }

    /// Whether there is no cell.
    pub const fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// Bytes of text, for whoever keeps rows and bounds what they keep.
    pub const fn text_len(&self) -> usize {
        self.text.len()
    }

    /// The cell at this place, from 0, as written; empty where there is none.
    pub fn cell(&self, at: usize) -> &str {
        self.cells.get(at).map_or("", |&span| self.slice(span))
    }

    /// The cells from left to right, as written.
    pub fn cells(&self) -> impl ExactSizeIterator<Item = &str> {
        self.cells.iter().map(|&span| self.slice(span))
    }

    /// Whether nothing stands in it.
    pub fn is_blank(&self) -> bool {
        self.cells().all(|cell| cell.trim().is_empty())
    }

    fn slice(&self, (start, end): (u32, u32)) -> &str {
        self.text.get(start as usize..end as usize).unwrap_or_default()
    }

    pub(crate) fn begin(&mut self, line: u64) {
        self.line = line;
        self.text.clear();
        self.cells.clear();
    }

    /// Takes a line without quotation marks apart.
    pub(crate) fn split(&mut self, line: &str, separator: u8) -> Result<(), TableError> {
        self.text.push_str(line);
        let mut start = 0;
        for end in memchr::memchr_iter(separator, line.as_bytes()) {
            self.push_cell(start..end)?;
            start = end + 1;
        }
        self.push_cell(start..line.len())
    }

    pub(crate) fn push_cell(&mut self, cell: Range<usize>) -> Result<(), TableError> {
        if self.cells.len() == CELLS_MAX {
            return Err(TableError::TooManyCells { line: self.line });
        }
        self.cells.push((offset(cell.start), offset(cell.end)));
        Ok(())
    }

    /// Adds to the text of the cell that [`Self::end_cell`] will end.
    pub(crate) fn push_text(&mut self, text: &str) {
        self.text.push_str(text);
    }

    pub(crate) fn end_cell(&mut self) {
        let start = self.cells.last().map_or(0, |&(_, end)| end);
        self.cells.push((start, offset(self.text.len())));
    }
}

/// A row is at most [`crate::ROW_MAX`] bytes long, so its offsets fit.
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// What stands in it may be IMEIs: only its shape shows.
impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Row(line {}, {} cells)", self.line, self.cells.len())
    }
}
