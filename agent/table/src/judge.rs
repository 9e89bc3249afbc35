//! What our own rules say of the rows of a block, each for itself.

use tekser_imei::{Imei, Imei14, Suspicions};

use crate::block::Found;
use crate::seen::Mixer;
use crate::{Block, Columns, Number, RowKind, RowRef, read_cell, read_date};

/// Judges rows, and makes keys of their numbers.
pub(crate) struct Judge {
    pub(crate) columns: Option<Columns>,
    pub(crate) mixer: Mixer,
}

impl Judge {
    /// Judges the rows of a block from this one on; those before it are the header and its titles.
    pub(crate) fn judge(&self, block: &mut Block, from: usize) {
        let mut found = std::mem::take(&mut block.found);
        for at in 0..block.count() {
            let kind = match () {
                () if at >= from => self.judge_row(block.row(at), &mut found),
                () if at + 1 == from => RowKind::Header,
                () => RowKind::Above,
            };
            block.judged(at, kind, &found);
        }
        block.found = found;
    }

    #[inline]
    fn judge_row(&self, row: RowRef<'_>, found: &mut Found) -> RowKind {
        let before = (found.numbers.len(), found.dates.len());
        match &self.columns {
            Some(columns) => {
                for &at in columns.imeis() {
                    self.judge_number(at, row.cell(at), found);
                }
                for &at in columns.dates() {
                    let cell = row.cell(at);
                    if !is_blank(cell) {
                        found.dates.push((at, read_date(cell)));
                    }
                }
            }
            None => {
                let only = row.len() == 1;
                for (at, cell) in row.cells().enumerate() {
                    if only || crate::cell::might_be(cell) {
                        self.judge_number(at, cell, found);
                    }
                }
            }
        }
        let nothing = before == (found.numbers.len(), found.dates.len());
        if nothing && row.is_blank() { RowKind::Blank } else { RowKind::Data }
    }

    #[inline]
    fn judge_number(&self, column: usize, cell: &str, found: &mut Found) {
        if is_blank(cell) {
            return;
        }
        let imei = read_cell(cell);
        let suspicions = imei.map_or(Suspicions::NONE, Imei::suspicions);
        found.numbers.push(Number { column, imei, suspicions, earlier: None });
        found.keys.push(imei.ok().and_then(|imei| Some(self.mixer.key(identity(&imei, cell)?))));
    }
}

/// The digits by which numbers are compared. Most cells are nothing but the number.
#[inline]
fn identity<'a>(imei: &'a Imei, cell: &'a str) -> Option<&'a [u8; Imei14::LEN]> {
    let text = if cell.len() == Imei::LEN { cell } else { imei.as_str() };
    text.as_bytes().first_chunk()
}

#[inline]
fn is_blank(cell: &str) -> bool {
    cell.trim_ascii().is_empty()
}
