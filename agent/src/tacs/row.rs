//! One row of a table of TACs.

use core::fmt;

use serde::{Deserialize, Serialize};
use tekser_imei::Tac;
use tekser_table::Row;
use utoipa::ToSchema;

use super::TacFacts;
use super::mapping::Places;
use super::names::model_key;

/// Longest name, in bytes.
const NAME_MAX: usize = 160;

/// Longest list of other names; Osmocom's are longer than its names.
const AKA_MAX: usize = 1024;

/// A TAC and what a table says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TacRow {
    /// Line of the table, from 1.
    pub line: u64,
    /// The TAC.
    pub tac: Tac,
    /// What the table says.
    pub facts: TacFacts,
}

impl TacRow {
    /// The model as it is looked for; empty if there is none.
    pub(crate) fn name(&self) -> String {
        let model = self.facts.model.as_deref().unwrap_or_default();
        model_key(self.facts.maker.as_deref(), model)
    }
}

/// A row that was not taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RejectedRow {
    /// Line of the table, or row of the sheet, from 1.
    pub line: u64,
    /// Stable code.
    #[schema(value_type = String, example = "zeros_lost")]
    pub code: &'static str,
    /// Why, in English.
    pub detail: String,
}

impl RejectedRow {
    pub(super) fn new(line: u64, fault: RowFault) -> Self {
        Self { line, code: fault.code(), detail: fault.to_string() }
    }
}

/// Why a row was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum RowFault {
    /// No TAC stands there.
    NoTac,
    /// Six or seven digits: a spreadsheet may have dropped the zeros before them.
    ZerosLost {
        /// Digits that are left.
        digits: u8,
    },
    /// `3.59173E+07`: a spreadsheet took it for a quantity.
    Scientific,
    /// Something else than eight digits.
    NotATac,
    /// Neither maker nor model nor number of slots.
    NothingSaid,
    /// A number of slots that is not 1 to 4.
    Slots,
    /// A year that is none in which mobile phones came out.
    Year,
    /// A name longer than any honest one.
    TooLong,
    /// The TAC stands on an earlier line, with something else.
    Differs {
        /// That line.
        line: u64,
    },
}

impl RowFault {
    /// Stable name.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoTac => "no_tac",
            Self::ZerosLost { .. } => "zeros_lost",
            Self::Scientific => "scientific",
            Self::NotATac => "not_a_tac",
            Self::NothingSaid => "nothing_said",
            Self::Slots => "slots",
            Self::Year => "year",
            Self::TooLong => "too_long",
            Self::Differs { .. } => "differs",
        }
    }
}

impl fmt::Display for RowFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoTac => f.write_str("no TAC stands there"),
            Self::ZerosLost { digits } => write!(
                f,
                "{digits} digits: a spreadsheet may have dropped zeros before them, or a digit is \
                 missing; if you know that it is zeros, import with restored zeros"
            ),
            Self::Scientific => f.write_str(
                "a spreadsheet wrote the TAC as a quantity and left no TAC; format the column as \
                 text and export it again",
            ),
            Self::NotATac => f.write_str("a TAC has eight digits"),
            Self::NothingSaid => f.write_str("neither maker nor model nor number of slots"),
            Self::Slots => f.write_str("the number of slots is 1 to 4"),
            Self::Year => f.write_str("the year is 1983 to 2099"),
            Self::TooLong => write!(f, "a name has at most {NAME_MAX} bytes"),
            Self::Differs { line } => {
                write!(f, "the same TAC stands on line {line} with something else, which is kept")
            }
        }
    }
}

/// Reads a row.
///
/// # Errors
///
/// [`RowFault`]. Nothing is mended unless zeros are to be restored.
pub(super) fn read(row: &Row, places: &Places, restore_zeros: bool) -> Result<TacRow, RowFault> {
    let tac = tac(row.cell(places.tac), restore_zeros)?;
    let cell = |at: Option<usize>| at.map_or("", |at| bare(row.cell(at)));
    let facts = TacFacts {
        maker: text(cell(places.maker), NAME_MAX)?,
        model: text(cell(places.model), NAME_MAX)?,
        aka: text(cell(places.aka), AKA_MAX)?,
        slots: number(cell(places.slots), 1..=4).ok_or(RowFault::Slots)?,
        // The first phone that a person could carry was sold in 1983.
        year: number(cell(places.year), 1983..=2099).ok_or(RowFault::Year)?,
    };
    if facts.maker.is_none() && facts.model.is_none() && facts.slots.is_none() {
        return Err(RowFault::NothingSaid);
    }
    Ok(TacRow { line: row.line(), tac, facts })
}

/// A cell without what spreadsheets put around a number to keep it a text.
fn bare(cell: &str) -> &str {
    let cell = cell.trim();
    let inner = cell.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"'));
    let inner = inner.unwrap_or(cell);
    inner.strip_prefix('\'').unwrap_or(inner).trim()
}

fn tac(cell: &str, restore_zeros: bool) -> Result<Tac, RowFault> {
    let cell = bare(cell);
    let digits = cell.bytes().all(|byte| byte.is_ascii_digit());
    match (digits, cell.len()) {
        (_, 0) => Err(RowFault::NoTac),
        // 01 is the only body whose TACs begin with 0, and 00 is for tests: two zeros at most.
        (true, 6 | 7) if restore_zeros => {
            Tac::parse(format!("{cell:0>8}").as_bytes()).map_err(|_| RowFault::NotATac)
        }
        (true, length @ (6 | 7)) => {
            Err(RowFault::ZerosLost { digits: u8::try_from(length).unwrap_or(0) })
        }
        (true, 8) => Tac::parse(cell.as_bytes()).map_err(|_| RowFault::NotATac),
        _ if is_scientific(cell) => Err(RowFault::Scientific),
        // Written with separators, as on old labels.
        (false, _) if cell.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'-' | b' ')) => {
            Tac::parse(cell.as_bytes()).map_err(|_| RowFault::NotATac)
        }
        _ => Err(RowFault::NotATac),
    }
}

fn is_scientific(cell: &str) -> bool {
    let Some((mantissa, power)) = cell.split_once(['E', 'e', 'Е', 'е']) else { return false };
    let of = |text: &str, also: [char; 2]| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || also.contains(&c))
    };
    of(mantissa, ['.', ',']) && of(power, ['+', '-'])
}

fn text(cell: &str, max: usize) -> Result<Option<String>, RowFault> {
    if cell.len() > max {
        return Err(RowFault::TooLong);
    }
    let text: String = cell.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty()))
}

/// A number within these; `Some(None)` if there is none.
fn number<N: core::str::FromStr + PartialOrd>(
    cell: &str,
    within: core::ops::RangeInclusive<N>,
) -> Option<Option<N>> {
    if cell.is_empty() {
        return Some(None);
    }
    cell.parse().ok().filter(|number| within.contains(number)).map(Some)
}
