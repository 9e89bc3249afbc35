//! One row: lent by a block of them, or kept.

use std::fmt;

/// One row of a table, as it stands.
#[derive(Clone, Copy, Default)]
pub struct RowRef<'a> {
    pub(crate) line: u64,
    pub(crate) text: &'a str,
    pub(crate) cells: &'a [(u32, u32)],
    /// What stands between the cells in the text, if they stand side by side.
    pub(crate) between: Option<u8>,
}

impl<'a> RowRef<'a> {
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

    /// The cell at this place, from 0, as written; empty where there is none.
    #[inline]
    pub fn cell(&self, at: usize) -> &'a str {
        self.cells.get(at).map_or("", |&span| self.slice(span))
    }

    /// The cells from left to right, as written.
    pub fn cells(&self) -> impl ExactSizeIterator<Item = &'a str> + use<'a> {
        let row = *self;
        self.cells.iter().map(move |&span| row.slice(span))
    }

    /// Whether nothing stands in it.
    pub fn is_blank(&self) -> bool {
        self.cells().all(|cell| cell.trim().is_empty())
    }

    /// Bytes of text from the first cell to the last.
    pub(crate) fn text_len(&self) -> usize {
        let start = self.cells.first().map_or(0, |&(start, _)| start);
        let end = self.cells.last().map_or(0, |&(_, end)| end);
        end.saturating_sub(start) as usize
    }

    /// The cells with what stands between them, if that is this.
    pub(crate) fn side_by_side(&self, separator: u8) -> Option<&'a str> {
        let (&(start, _), &(_, end)) = (self.cells.first()?, self.cells.last()?);
        (self.between == Some(separator)).then(|| self.slice((start, end)))
    }

    #[inline]
    fn slice(&self, (start, end): (u32, u32)) -> &'a str {
        self.text.get(start as usize..end as usize).unwrap_or_default()
    }
}

/// One row of a table, kept. Reading into the same row again costs no allocation.
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

    /// The row, lent.
    pub fn lent(&self) -> RowRef<'_> {
        RowRef { line: self.line, text: &self.text, cells: &self.cells, between: None }
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
        self.lent().cell(at)
    }

    /// The cells from left to right, as written.
    pub fn cells(&self) -> impl ExactSizeIterator<Item = &str> {
        self.lent().cells()
    }

    /// Whether nothing stands in it.
    pub fn is_blank(&self) -> bool {
        self.lent().is_blank()
    }

    pub(crate) fn begin(&mut self, line: u64) {
        self.line = line;
        self.text.clear();
        self.cells.clear();
    }

    /// Adds to the text of the cell that [`Self::end_cell`] will end.
    pub(crate) fn push_text(&mut self, text: &str) {
        self.text.push_str(text);
    }

    pub(crate) fn end_cell(&mut self) {
        let start = self.cells.last().map_or(0, |&(_, end)| end);
        self.cells.push((start, offset(self.text.len())));
    }

    /// Becomes what is lent.
    pub(crate) fn copy(&mut self, row: RowRef<'_>) {
        self.begin(row.line);
        for cell in row.cells() {
            self.push_text(cell);
            self.end_cell();
        }
    }
}

impl<'a> From<&'a Row> for RowRef<'a> {
    fn from(row: &'a Row) -> Self {
        row.lent()
    }
}

/// A block is a few megabytes long, so its offsets fit.
pub(crate) fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// What stands in it may be IMEIs: only its shape shows.
impl fmt::Debug for RowRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Row(line {}, {} cells)", self.line, self.cells.len())
    }
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lent().fmt(f)
    }
}
