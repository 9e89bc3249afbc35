//! Rows that are read, judged and written together.

use std::fmt;
use std::ops::Range;

use crate::judgement::Dated;
use crate::row::offset;
use crate::{CELLS_MAX, JudgementRef, Number, RowKind, RowRef, TableError};

/// Bytes of text after which a block is full; a row is never divided.
pub(crate) const BYTES: usize = 128 * 1024;

/// Most rows of a block.
const ROWS: usize = 4096;

/// Cells after which a block is full.
const CELLS: usize = 8 * 1024;

/// Rows of a table with what our own rules say of them, in order. One text and one list of cells
/// serve all of them, so that a block takes no more memory for rows of many lengths, and nothing
/// is allocated when it is filled again.
#[derive(Default)]
pub struct Block {
    /// The rows as they stand in the table.
    pub(crate) text: String,
    /// Cells that stand otherwise than in the table: rows with quotation marks, rows of sheets.
    pub(crate) apart: String,
    pub(crate) cells: Vec<(u32, u32)>,
    pub(crate) found: Found,
    rows: Vec<Entry>,
    /// Rows that were given one by one.
    given: usize,
}

/// What was found in the rows of a block, row after row.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) numbers: Vec<Number>,
    /// What each of the numbers is remembered by.
    pub(crate) keys: Vec<Option<u64>>,
    pub(crate) dates: Vec<Dated>,
}

/// One row of a block. What is its own lies between the ends of the row before and its own.
#[derive(Clone, Copy)]
struct Entry {
    line: u64,
    kind: RowKind,
    /// What stands between its cells, in `text`; `None` if they stand in `apart`.
    between: Option<u8>,
    cells: usize,
    numbers: usize,
    dates: usize,
}

impl Block {
    /// An empty block.
    pub fn new() -> Self {
        Self::default()
    }

    /// The rows, from the first that was not given one by one, with what is said of each.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = (RowRef<'_>, JudgementRef<'_>)> {
        (self.given..self.rows.len()).map(|at| (self.row(at), self.judgement(at)))
    }

    /// How many rows that is.
    pub const fn len(&self) -> usize {
        self.rows.len() - self.given
    }

    /// Whether that is none.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The row at this place among [`Self::rows`], with what is said of it.
    pub fn get(&self, at: usize) -> Option<(RowRef<'_>, JudgementRef<'_>)> {
        let at = self.given + at;
        (at < self.rows.len()).then(|| (self.row(at), self.judgement(at)))
    }

    /// The next row, given one by one.
    pub(crate) fn give(&mut self) -> Option<(RowRef<'_>, JudgementRef<'_>)> {
        let at = self.given;
        (at < self.rows.len()).then(|| {
            self.given += 1;
            (self.row(at), self.judgement(at))
        })
    }

    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.apart.clear();
        self.cells.clear();
        self.found.numbers.clear();
        self.found.keys.clear();
        self.found.dates.clear();
        self.rows.clear();
        self.given = 0;
    }

    /// Whether no further row should be added.
    pub(crate) const fn is_full(&self) -> bool {
        self.rows.len() >= ROWS || self.cells.len() >= CELLS || self.apart.len() >= BYTES
    }

    /// Adds a cell of `text` to the row that [`Self::end_row`] will end.
    #[inline]
    pub(crate) fn push_cell(&mut self, cell: Range<usize>, line: u64) -> Result<(), TableError> {
        if self.cells.len() - self.last().cells == CELLS_MAX {
            return Err(TableError::TooManyCells { line });
        }
        self.cells.push((offset(cell.start), offset(cell.end)));
        Ok(())
    }

    /// Ends a row whose cells stand in `text` with this between them.
    #[inline]
    pub(crate) fn end_row(&mut self, line: u64, between: u8) {
        self.push_row(line, Some(between));
    }

    /// Ends a row whose cells stand in `apart`.
    pub(crate) fn end_row_apart(&mut self, line: u64) {
        self.push_row(line, None);
    }

    /// Forgets the cells of a row that has no end yet.
    pub(crate) fn drop_cells(&mut self) {
        self.cells.truncate(self.last().cells);
    }

    /// Adds a row that was read elsewhere.
    pub(crate) fn push(&mut self, row: RowRef<'_>) {
        let from = self.apart.len();
        self.apart.push_str(row.text);
        let moved = |&(start, end): &(u32, u32)| {
            (offset(from + start as usize), offset(from + end as usize))
        };
        self.cells.extend(row.cells.iter().map(moved));
        self.push_row(row.line(), None);
    }

    fn push_row(&mut self, line: u64, between: Option<u8>) {
        let (kind, cells) = (RowKind::Data, self.cells.len());
        self.rows.push(Entry { line, kind, between, cells, numbers: 0, dates: 0 });
    }

    /// Rows in all, also those that were given.
    pub(crate) const fn count(&self) -> usize {
        self.rows.len()
    }

    /// The row at this place of all.
    #[inline]
    pub(crate) fn row(&self, at: usize) -> RowRef<'_> {
        let Some(entry) = self.rows.get(at) else {
            return RowRef::default();
        };
        let text = if entry.between.is_some() { &self.text } else { &self.apart };
        let cells = self.cells.get(self.before(at).cells..entry.cells).unwrap_or_default();
        RowRef { line: entry.line, text, cells, between: entry.between }
    }

    #[inline]
    fn judgement(&self, at: usize) -> JudgementRef<'_> {
        let (Some(entry), before) = (self.rows.get(at), self.before(at)) else {
            return JudgementRef::default();
        };
        JudgementRef {
            kind: entry.kind,
            numbers: self.found.numbers.get(before.numbers..entry.numbers).unwrap_or_default(),
            dates: self.found.dates.get(before.dates..entry.dates).unwrap_or_default(),
        }
    }

    /// Says what kind of row it is, and that what was found behind the row before is its own. Rows
    /// are judged in order.
    #[inline]
    pub(crate) fn judged(&mut self, at: usize, kind: RowKind, found: &Found) {
        let (numbers, dates) = (found.numbers.len(), found.dates.len());
        if let Some(entry) = self.rows.get_mut(at) {
            (entry.kind, entry.numbers, entry.dates) = (kind, numbers, dates);
        }
    }

    /// Line of a row, and which numbers are its own.
    #[inline]
    pub(crate) fn numbers_of(&self, at: usize) -> (u64, Range<usize>) {
        let (line, end) = self.rows.get(at).map_or((0, 0), |row| (row.line, row.numbers));
        (line, self.before(at).numbers..end)
    }

    #[inline]
    fn before(&self, at: usize) -> Entry {
        let before = at.checked_sub(1).and_then(|before| self.rows.get(before));
        before.copied().unwrap_or(Entry::NONE)
    }

    #[inline]
    fn last(&self) -> Entry {
        self.rows.last().copied().unwrap_or(Entry::NONE)
    }
}

impl Entry {
    /// What stands before the first row.
    const NONE: Self =
        Self { line: 0, kind: RowKind::Data, between: None, cells: 0, numbers: 0, dates: 0 };
}

/// What stands in it may be IMEIs: only its size shows.
impl fmt::Debug for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Block({} rows)", self.len())
    }
}
