//! A table as a list of IMEIs: header found, rows judged.

use std::collections::VecDeque;
use std::io::{Read, Seek};

use crate::ahead::{Ahead, Filled, fill};
use crate::block::Found;
use crate::columns::HEADER_WITHIN;
use crate::judge::Judge;
use crate::seen::{Mixer, Seen, TOUCHED};
use crate::{
    Block, Columns, Earlier, Format, Judgement, JudgementRef, ROW_MAX, Row, RowKind, Standing,
    Table, TableError,
};

/// A table that is read as a list of IMEIs.
///
/// With a header, the columns that it names are read. Without one, every cell that is meant to be
/// an IMEI (14 to 17 digits, or what a spreadsheet leaves of them) and, in a table of one column,
/// every cell.
///
/// What is longer than a first piece is read ahead on a thread of its own.
pub struct List {
    format: Format,
    columns: Option<Columns>,
    source: Source,
    /// Blocks that were filled before the header was known.
    first: VecDeque<Block>,
    /// The block whose rows are given one by one.
    block: Block,
    /// How the table ended, behind the blocks that are here.
    end: Option<Result<(), TableError>>,
    seen: Seen,
    totals: Totals,
}

/// Where further blocks come from.
enum Source {
    Here(Box<(Table, Judge)>),
    Ahead(Ahead),
    /// Nowhere.
    Dry,
}

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

    /// Reads the first rows, up to the header if there is one, and judges what was read with them.
    fn of(mut table: Table) -> Result<Self, TableError> {
        let (mut first, mut end, mut columns) = (VecDeque::new(), None, None);
        let (mut rows, mut bytes, mut header) = (0, 0, 0);
        while columns.is_none() && rows < HEADER_WITHIN && bytes <= ROW_MAX && end.is_none() {
            let mut block = Block::new();
            let filled = table.fill(&mut block);
            for at in 0..block.count() {
                if columns.is_some() || rows == HEADER_WITHIN || bytes > ROW_MAX {
                    break;
                }
                rows += 1;
                bytes += block.row(at).text_len();
                columns = Columns::named_by(block.row(at));
                header = rows;
            }
            first.push_back(block);
            end = match filled {
                Ok(true) => None,
                Ok(false) => Some(Ok(())),
                // What can't be read before it is known what it is, is no list.
                Err(error) if columns.is_none() && rows < HEADER_WITHIN && bytes <= ROW_MAX => {
                    return Err(error);
                }
                Err(error) => Some(Err(error)),
            };
        }
        let judge = Judge { columns: columns.clone(), mixer: Mixer::new() };
        let mut left = if columns.is_some() { header } else { 0 };
        for block in &mut first {
            judge.judge(block, left);
            left = left.saturating_sub(block.count());
        }
        let format = table.format();
        let source = Source::Here(Box::new((table, judge)));
        let (block, seen, totals) = (Block::new(), Seen::new(), Totals::default());
        Ok(Self { format, columns, source, first, block, end, seen, totals })
    }

    /// How the table was written.
    pub fn format(&self) -> Format {
        self.format.clone()
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
        while self.block.is_empty() {
            let used = std::mem::take(&mut self.block);
            match self.next(used) {
                Ok(Some(block)) => self.block = block,
                Ok(None) => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        if let Some((next, judged)) = self.block.give() {
            self.totals.count(judged);
            row.copy(next);
            judgement.copy(judged);
        }
        Ok(true)
    }

    /// Reads and judges the next rows, as many as come together; `false` at the end. The block
    /// takes the place of the one that was given before.
    ///
    /// # Errors
    ///
    /// [`TableError`]. The rows that were given stand; there is no next one.
    pub fn next_block(&mut self, block: &mut Block) -> Result<bool, TableError> {
        let rest = std::mem::take(&mut self.block);
        *block = match rest.is_empty() {
            false => rest,
            true => match self.next(std::mem::take(block))? {
                Some(next) => next,
                None => return Ok(false),
            },
        };
        block.rows().for_each(|(_, judgement)| self.totals.count(judgement));
        Ok(true)
    }

    /// The next block that has a row, compared with what came before.
    fn next(&mut self, mut used: Block) -> Result<Option<Block>, TableError> {
        loop {
            let mut block = match self.first.pop_front() {
                Some(block) => block,
                None => match self.end.take() {
                    Some(end) => {
                        self.source = Source::Dry;
                        return end.map(|()| None);
                    }
                    None => {
                        let (block, end) = self.source.next(used)?;
                        self.end = end;
                        block
                    }
                },
            };
            if !block.is_empty() {
                compare(&mut self.seen, &mut block);
                return Ok(Some(block));
            }
            used = block;
        }
    }
}

impl Source {
    fn next(&mut self, used: Block) -> Result<Filled, TableError> {
        if let Self::Here(here) = self
            && !here.0.is_read()
        {
            // Gone also if the thread can't be had: there is no next row then.
            let Self::Here(here) = std::mem::replace(self, Self::Dry) else {
                return Ok((used, Some(Ok(()))));
            };
            let (table, judge) = *here;
            *self = Self::Ahead(Ahead::begin(table, judge)?);
        }
        Ok(match self {
            Self::Here(here) => fill(&mut here.0, &here.1, used),
            Self::Ahead(ahead) => ahead.next(used),
            Self::Dry => (used, Some(Ok(()))),
        })
    }
}

/// Finds out which numbers stood before. Places that are far apart in memory are touched together.
fn compare(seen: &mut Seen, block: &mut Block) {
    let mut touched = 0;
    for at in 0..block.count() {
        let (line, own) = block.numbers_of(at);
        let Found { numbers, keys, .. } = &mut block.found;
        while touched < own.end {
            let next = (touched + TOUCHED).min(keys.len());
            seen.touch(keys.get(touched..next).unwrap_or_default());
            touched = next;
        }
        let keys = keys.get(own.clone()).unwrap_or_default();
        let numbers = numbers.get_mut(own).unwrap_or_default();
        for (at, &key) in keys.iter().enumerate() {
            let earlier = key.and_then(|key| {
                let twin = keys.iter().take(at).position(|&other| other == Some(key));
                match twin.and_then(|twin| numbers.get(twin)) {
                    Some(twin) => Some(Earlier::Column(twin.column)),
                    None => seen.line_before(key, line).map(Earlier::Line),
                }
            });
            if let Some(number) = numbers.get_mut(at) {
                number.earlier = earlier;
            }
        }
    }
}

impl Totals {
    fn count(&mut self, judgement: JudgementRef<'_>) {
        if judgement.kind != RowKind::Data {
            return;
        }
        self.rows += 1;
        for number in judgement.numbers {
            self.imeis += u64::from(number.imei.is_ok());
            self.not_imeis += u64::from(number.imei.is_err());
            self.duplicates += u64::from(number.earlier.is_some());
        }
        match judgement.standing() {
            Standing::Sound => {}
            Standing::Look => self.look += 1,
            Standing::Stop => self.stop += 1,
        }
    }
}
