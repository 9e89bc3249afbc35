//! Rows of the first visible sheet of an XLSX workbook, read as a stream: what is kept in memory
//! is the shared strings, and they have a limit.

mod cells;
mod date;
mod package;
mod shared;
mod workbook;
mod xml;

use std::io::{Read, Seek};

use cells::Cells;
use package::Package;

use crate::{Block, Row, TableError};

/// Where a workbook is read from.
pub(crate) trait Source: Read + Seek + Send {}

impl<T: Read + Seek + Send> Source for T {}

/// Most rows that a sheet can have in Excel.
pub(crate) const ROWS_MAX: u64 = 1_048_576;

/// Rows of a sheet.
pub(crate) struct SheetRows {
    cells: Cells,
    name: String,
    others: usize,
    rows: u64,
    /// Filled again and again.
    row: Row,
}

impl SheetRows {
    /// Opens the workbook, reads what its cells refer to, and begins its first visible sheet.
    pub(crate) fn open(source: Box<dyn Source>) -> Result<Self, TableError> {
        let mut package = Package::open(source)?;
        let book = workbook::read(&mut package)?;
        let styles = match package.has(workbook::STYLES) {
            true => workbook::dates(package.part(workbook::STYLES, workbook::PART_MAX)?)?,
            false => Vec::new(),
        };
        let strings = match package.has(shared::PART) {
            true => shared::read(package.part(shared::PART, shared::PART_MAX)?)?,
            false => shared::Strings::default(),
        };
        let part = package.into_part(&book.part, cells::PART_MAX)?;
        let cells = Cells::new(part, strings, styles, book.from_1904);
        Ok(Self { cells, name: book.name, others: book.others, rows: 0, row: Row::new() })
    }

    /// Name of the sheet.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// How many more sheets a person sees.
    pub(crate) const fn others(&self) -> usize {
        self.others
    }

    /// Fills a block with the next rows in which something stands; `false` at the end.
    pub(crate) fn fill(&mut self, block: &mut Block) -> Result<bool, TableError> {
        block.clear();
        let mut row = std::mem::take(&mut self.row);
        let filled = loop {
            match self.next_row(&mut row) {
                Ok(true) => block.push(row.lent()),
                end => break end,
            }
            if block.is_full() {
                break Ok(true);
            }
        };
        self.row = row;
        filled
    }

    /// The next row in which something stands; `false` at the end.
    fn next_row(&mut self, row: &mut Row) -> Result<bool, TableError> {
        while self.cells.next_row(row)? {
            self.rows += 1;
            if self.rows > ROWS_MAX {
                return Err(TableError::TooLarge { what: "sheet", limit: "1,048,576 rows" });
            }
            if !row.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
