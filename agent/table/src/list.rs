//! A table as a list of IMEIs: header found, rows judged.

use std::collections::VecDeque;
use std::io::{Read, Seek};

use tekser_imei::{Imei, Suspicions};

use crate::columns::HEADER_WITHIN;
use crate::seen::Seen;
use crate::{
    Columns, Earlier, Format, Judgement, Number, ROW_MAX, Row, RowKind, Standing, Table,
    TableError, read_cell, read_date,
};

/// A table that is read as a list of IMEIs.
///
/// With a header, the columns that it names are read. Without one, every cell that is meant to be
/// an IMEI (14 to 17 digits, or what a spreadsheet leaves of them) and, in a table of one column,
/// every cell.
pub struct List {
    table: Table,
    columns: Option<Columns>,
    /// Rows that were read and judged, and not yet given.
    ahead: VecDeque<(Row, Judgement)>,
    /// Rows that were given, to be used again.
    spare: Vec<(Row, Judgement)>,
    /// Why there is no row behind those.
    failure: Option<TableError>,
    ended: bool,
    seen: Seen,
    totals: Totals,
}

/// Rows that are read ahead: enough to look for their numbers all at once.
const BLOCK: usize = 64;

/// What a list came to so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Rows of the table; no header, no title, no blank row.
    pub rows: u64,
    /// Cells that are IMEIs.
    pub imeis: u64,
    /// How many of those are different.
    pub different: u64,
    /// Cells that should be IMEIs and are none.
    pub not_imeis: u64,
    /// IMEIs that stood on a line or in a column before.
    pub duplicates: u64,
    /// Rows that a person should look at.
    pub look: u64,
    /// Rows that must not be filed or bought as they stand.
    pub stop: u64,
    /// More different IMEIs came than are remembered: a number that stands twice far down may not
    /// have been noticed.
    pub duplicates_incomplete: bool,
}

impl List {
    /// Begins to read a file, or anything else that can be wound back.
    ///
    /// # Errors
    ///
    /// [`TableError`].
    pub fn from_file(file: impl Read + Seek + Send + 'static) -> Result<Self, TableError> {
        Self::of(Table::from_file(file)?)
    }

    /// Begins to read what can't be wound back, such as standard input.
    ///
    /// # Errors
    ///
    /// [`TableError`].
    pub fn from_stream(stream: impl Read + Send + 'static) -> Result<Self, TableError> {
        Self::of(Table::from_stream(stream)?)
    }

    /// Begins to read bytes that are there.
    ///
    /// # Errors
    ///
    /// [`TableError`].
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, TableError> {
        Self::of(Table::from_bytes(bytes)?)
    }

    fn of(table: Table) -> Result<Self, TableError> {
        let mut list = Self {
            table,
            columns: None,
            ahead: VecDeque::new(),
            spare: Vec::new(),
            failure: None,
            ended: false,
            seen: Seen::new(),
            totals: Totals::default(),
        };
        list.find_header()?;
        Ok(list)
    }

    /// Reads the first rows, up to the header if there is one.
    fn find_header(&mut self) -> Result<(), TableError> {
        let mut bytes = 0;
        while self.ahead.len() < HEADER_WITHIN && bytes <= ROW_MAX {
            let (mut row, mut judgement) = (Row::new(), Judgement::default());
            if !self.table.next_row(&mut row)? {
                self.ended = true;
                break;
            }
            bytes += row.text_len();
            self.columns = Columns::named_by(&row);
            judgement.kind = RowKind::Header;
            self.ahead.push_back((row, judgement));
            if self.columns.is_some() {
                let titles = self.ahead.len() - 1;
                let titles = self.ahead.iter_mut().take(titles);
                titles.for_each(|(_, judgement)| judgement.kind = RowKind::Above);
                return Ok(());
            }
        }
        self.judge_ahead();
        Ok(())
    }

    /// How the table was written.
    pub fn format(&self) -> Format {
        self.table.format()
    }

    /// The columns that the header names, if there is one.
    pub const fn columns(&self) -> Option<&Columns> {
        self.columns.as_ref()
    }

    /// What the rows came to that were given.
    pub fn totals(&self) -> Totals {
        Totals {
            different: self.totals.imeis - self.totals.duplicates,
            duplicates_incomplete: self.seen.has_overflowed(),
            ..self.totals
        }
    }

    /// Reads and judges the next row; `false` at the end. Empty lines are passed over.
    ///
    /// # Errors
    ///
    /// [`TableError`]. The rows that were given stand; there is no next one.
    pub fn next_row(
        &mut self,
        row: &mut Row,
        judgement: &mut Judgement,
    ) -> Result<bool, TableError> {
        if self.ahead.is_empty() {
            self.read_ahead();
        }
        let Some(mut next) = self.ahead.pop_front() else {
            return self.failure.take().map_or(Ok(false), Err);
        };
        std::mem::swap(row, &mut next.0);
        std::mem::swap(judgement, &mut next.1);
        self.spare.push(next);
        self.count(judgement);
        Ok(true)
    }

    fn read_ahead(&mut self) {
        let mut bytes = 0;
        while !self.ended && self.ahead.len() < BLOCK && bytes <= ROW_MAX {
            let (mut row, judgement) = self.spare.pop().unwrap_or_default();
            match self.table.next_row(&mut row) {
                Ok(true) => {
                    bytes += row.text_len();
                    self.ahead.push_back((row, judgement));
                }
                Ok(false) => self.ended = true,
                Err(error) => (self.ended, self.failure) = (true, Some(error)),
            }
        }
        self.judge_ahead();
    }

    fn judge_ahead(&mut self) {
        for (row, judgement) in &mut self.ahead {
            judgement.begin(RowKind::Data);
            judge(self.columns.as_ref(), row, judgement);
        }
        let imeis = self.ahead.iter().flat_map(|(_, judgement)| judgement.imeis());
        self.seen.approach(imeis.map(Imei::imei14));
        for (row, judgement) in &mut self.ahead {
            for at in 0..judgement.numbers.len() {
                let earlier = earlier(&mut self.seen, row.line(), judgement.numbers.get(..=at));
                if let Some(number) = judgement.numbers.get_mut(at) {
                    number.earlier = earlier;
                }
            }
        }
    }

    fn count(&mut self, judgement: &Judgement) {
        if judgement.kind != RowKind::Data {
            return;
        }
        let totals = &mut self.totals;
        totals.rows += 1;
        for number in &judgement.numbers {
            totals.imeis += u64::from(number.imei.is_ok());
            totals.not_imeis += u64::from(number.imei.is_err());
            totals.duplicates += u64::from(number.earlier.is_some());
        }
        match judgement.standing() {
            Standing::Sound => {}
            Standing::Look => totals.look += 1,
            Standing::Stop => totals.stop += 1,
        }
    }
}

fn judge(columns: Option<&Columns>, row: &Row, judgement: &mut Judgement) {
    match columns {
        Some(columns) => {
            for &at in columns.imeis() {
                let cell = row.cell(at);
                if !is_blank(cell) {
                    judgement.numbers.push(number(at, cell));
                }
            }
            for &at in columns.dates() {
                let cell = row.cell(at);
                if !is_blank(cell) {
                    judgement.dates.push((at, read_date(cell)));
                }
            }
        }
        None => {
            let only = row.len() == 1;
            for (at, cell) in row.cells().enumerate() {
                if only && !is_blank(cell) || crate::cell::might_be(cell) {
                    judgement.numbers.push(number(at, cell));
                }
            }
        }
    }
    if judgement.numbers.is_empty() && judgement.dates.is_empty() && row.is_blank() {
        judgement.kind = RowKind::Blank;
    }
}

/// Where the last of these numbers of a row stood before.
fn earlier(seen: &mut Seen, line: u64, numbers: Option<&[Number]>) -> Option<Earlier> {
    let (last, before) = numbers?.split_last()?;
    let imei14 = last.imei.ok()?.imei14();
    let is_same = |other: &&Number| other.imei.is_ok_and(|imei| imei.imei14() == imei14);
    match before.iter().find(is_same) {
        Some(twin) => Some(Earlier::Column(twin.column)),
        None => seen.line_before(imei14, line).map(Earlier::Line),
    }
}

fn number(column: usize, cell: &str) -> Number {
    let imei = read_cell(cell);
    let suspicions = imei.map_or(Suspicions::NONE, Imei::suspicions);
    Number { column, imei, suspicions, earlier: None }
}

fn is_blank(cell: &str) -> bool {
    cell.trim_ascii().is_empty()
}
