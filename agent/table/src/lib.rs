//! Tables of IMEIs as shops send them, and what is wrong with each row.
//!
//! ```text
//! bytes ─ table ─▶ Block of rows ─ columns, judge, cell, seen ─▶ a Judgement of each ─ write ─▶ CSV, JSON lines
//! ```
//!
//! CSV, TSV, XLSX or one number per line; UTF-8, UTF-16 or Windows-1251; with or without a header,
//! in Latin or Cyrillic letters. Tables of any length are read as a stream: [`ROW_MAX`],
//! [`CELLS_MAX`] and [`NUMBERS_MAX`] bound what is kept. What a spreadsheet did to a number is
//! recognised and explained, never mended: a wrong IMEI is worse than none.
//!
//! Rows come one by one ([`List::next_row`]) or, faster, as many as were read together
//! ([`List::next_block`]).
//!
//! ```
//! use tekser_table::{Judgement, List, Row};
//!
//! let mut list = List::from_bytes("imei\n352099001761481\n4,90154E+14\n".as_bytes().to_vec())?;
//! let (mut row, mut judgement) = (Row::new(), Judgement::default());
//! let mut findings = Vec::new();
//! while list.next_row(&mut row, &mut judgement)? {
//!     findings.push(judgement.findings(&row).map(|finding| finding.code()).collect::<Vec<_>>());
//! }
//! assert_eq!(findings, [vec![], vec![], vec!["scientific"]]);
//! # Ok::<(), tekser_table::TableError>(())
//! ```

mod ahead;
mod block;
mod cell;
mod columns;
mod date;
mod error;
mod finding;
mod judge;
mod judgement;
mod list;
mod row;
mod seen;
mod sheet;
mod table;
mod text;
pub mod write;

pub use block::Block;
pub use cell::{Damage, NotAnImei, read_cell};
pub use columns::Columns;
pub use date::{DateError, read_date};
pub use error::{Kind, TableError};
pub use finding::{Earlier, Finding};
pub use judgement::{Judgement, JudgementRef, Number, RowKind, Standing};
pub use list::{List, Totals};
pub use row::{Row, RowRef};
pub use seen::NUMBERS_MAX;
pub use table::{Format, Table};

/// Longest row, in bytes. Excel's longest cell is a thirtieth of it.
pub const ROW_MAX: usize = 1024 * 1024;

/// Most cells of a row.
pub const CELLS_MAX: usize = 1024;
