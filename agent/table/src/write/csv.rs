//! CSV that Excel opens without harm.
//!
//! - A cell that Excel would run as a formula (`=`, `+`, `-`, `@`, tab, carriage return first) gets
//!   an apostrophe before it (OWASP, CSV Injection).
//! - A number that Excel would round or cut a zero from is written as `="…"`, which it shows as it
//!   stands and keeps as text.
//! - What was found stands in the first columns: rows of different lengths can't shift it.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::ops::Range;

use tekser_imei::Imei;

use crate::{Block, Columns, JudgementRef, Number, RowKind, RowRef, Standing};

/// How the CSV is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CsvStyle {
    /// `;`, `,` or tab.
    pub separator: char,
    /// Whether a byte-order mark comes first. Excel takes a file without one for Windows-1251.
    pub mark: bool,
}

impl Default for CsvStyle {
    /// What Excel opens by a double click in this part of the world: `;` and a mark.
    fn default() -> Self {
        Self { separator: ';', mark: true }
    }
}

/// What a registry said of the IMEIs of a row, in words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// The verdicts, in the order of the row's IMEIs.
    pub verdicts: String,
    /// Who said so.
    pub source: String,
    /// When it was true.
    pub as_of: String,
    /// Whether one of them is anything but clear.
    pub needs_a_look: bool,
}

/// Writes rows with what was found.
pub struct CsvWriter<W> {
    to: W,
    separator: u8,
    asked: bool,
    /// What was not yet written.
    out: Vec<u8>,
}

const FOUND: [&str; 4] = ["tekser_line", "tekser_result", "tekser_findings", "tekser_explanation"];
const ASKED: [&str; 3] = ["tekser_verdict", "tekser_source", "tekser_as_of"];

/// Bytes after which the rows of a block are written.
const PIECE: usize = 256 * 1024;

impl<W: Write> CsvWriter<W> {
    /// Begins a file; `asked` says whether a registry's verdicts will come. A table without header
    /// gets one.
    ///
    /// # Errors
    ///
    /// If it can't be written.
    pub fn new(to: W, style: CsvStyle, asked: bool, columns: Option<&Columns>) -> io::Result<Self> {
        let separator = u8::try_from(style.separator).ok().filter(u8::is_ascii).unwrap_or(b';');
        let mut writer = Self { to, separator, asked, out: Vec::new() };
        if style.mark {
            writer.to.write_all("\u{feff}".as_bytes())?;
        }
        if columns.is_none() {
            writer.push_header();
            writer.push_cells(RowRef::default(), &[]);
            writer.write()?;
        }
        Ok(writer)
    }

    /// Writes a row.
    ///
    /// # Errors
    ///
    /// If it can't be written.
    pub fn row<'a>(
        &mut self,
        row: impl Into<RowRef<'a>>,
        judgement: impl Into<JudgementRef<'a>>,
        asked: Option<&Asked>,
    ) -> io::Result<()> {
        self.push_row(row.into(), judgement.into(), asked);
        self.write()
    }

    /// Writes the rows of a block about which no registry was asked.
    ///
    /// # Errors
    ///
    /// If it can't be written.
    pub fn block(&mut self, block: &Block) -> io::Result<()> {
        for (row, judgement) in block.rows() {
            self.push_row(row, judgement, None);
            if self.out.len() >= PIECE {
                self.write()?;
            }
        }
        self.write()
    }

    /// Writes out what is still held back, and gives back what was written to.
    ///
    /// # Errors
    ///
    /// If it can't be written.
    pub fn finish(mut self) -> io::Result<W> {
        self.to.flush()?;
        Ok(self.to)
    }

    fn write(&mut self) -> io::Result<()> {
        let written = self.to.write_all(&self.out);
        self.out.clear();
        written
    }

    fn push_row(&mut self, row: RowRef<'_>, judgement: JudgementRef<'_>, asked: Option<&Asked>) {
        match judgement.kind {
            RowKind::Header => self.push_header(),
            RowKind::Above | RowKind::Blank => {
                push_number(row.line(), &mut self.out);
                let empty = FOUND.len() - 1 + if self.asked { ASKED.len() } else { 0 };
                (0..empty).for_each(|_| self.separate());
            }
            RowKind::Data => self.push_found(row, judgement, asked),
        }
        self.push_cells(row, judgement.numbers);
    }

    fn push_header(&mut self) {
        let names = FOUND.iter().chain(self.asked.then_some(&ASKED).into_iter().flatten());
        for (at, name) in names.enumerate() {
            if at > 0 {
                self.separate();
            }
            self.out.extend_from_slice(name.as_bytes());
        }
    }

    fn push_found(&mut self, row: RowRef<'_>, judgement: JudgementRef<'_>, asked: Option<&Asked>) {
        push_number(row.line(), &mut self.out);
        self.separate();
        let mut standing = judgement.standing();
        if asked.is_some_and(|asked| asked.needs_a_look) {
            standing = standing.max(Standing::Look);
        }
        self.out.extend_from_slice(standing.code().as_bytes());
        if judgement.is_spotless() {
            self.separate();
            self.separate();
        } else {
            self.push_findings(row, judgement);
        }
        if self.asked {
            let none = Asked::default();
            let asked = asked.unwrap_or(&none);
            for text in [&asked.verdicts, &asked.source, &asked.as_of] {
                self.separate();
                push_cell(text, &mut self.out);
            }
        }
    }

    fn push_findings(&mut self, row: RowRef<'_>, judgement: JudgementRef<'_>) {
        let mut codes = String::new();
        let mut explanation = String::new();
        for (column, finding) in judgement.findings_with_places(row) {
            note(&mut codes, column, ", ", finding.code());
            note(&mut explanation, column, "; ", finding);
        }
        for text in [&codes, &explanation] {
            self.separate();
            push_cell(text, &mut self.out);
        }
    }

    /// The cells as they stand in the table. Those that need no care are copied together, with what
    /// stands between them.
    fn push_cells(&mut self, row: RowRef<'_>, numbers: &[Number]) {
        let mut numbers = numbers.iter().peekable();
        let mut form = |at: usize, cell: &str| match numbers.next_if(|number| number.column == at) {
            // Nothing but digits.
            Some(Number { imei: Ok(_), .. }) if cell.len() == Imei::LEN => Form::Quantity,
            _ => Form::of(cell),
        };
        match row.side_by_side(self.separator) {
            Some(text) if !text.is_empty() => {
                self.separate();
                let (mut copied, mut at_byte) = (0, 0);
                for (at, cell) in row.cells().enumerate() {
                    let form = form(at, cell);
                    let end = at_byte + cell.len();
                    if form != Form::AsIs {
                        self.copy(text, copied..at_byte);
                        form.push(cell, &mut self.out);
                        copied = end;
                    }
                    at_byte = end + 1;
                }
                self.copy(text, copied..text.len());
            }
            _ => {
                for (at, cell) in row.cells().enumerate() {
                    self.separate();
                    form(at, cell).push(cell, &mut self.out);
                }
            }
        }
        self.out.extend_from_slice(b"\r\n");
    }

    #[inline]
    fn copy(&mut self, text: &str, part: Range<usize>) {
        self.out.extend_from_slice(text.as_bytes().get(part).unwrap_or_default());
    }

    #[inline]
    fn separate(&mut self) {
        self.out.push(self.separator);
    }
}

/// Adds a finding, with its column counted from 1 as people do.
fn note(text: &mut String, column: Option<usize>, between: &str, what: impl std::fmt::Display) {
    if !text.is_empty() {
        text.push_str(between);
    }
    // Writing to a string does not fail.
    let _ = match column {
        Some(column) => write!(text, "{}: {what}", column + 1),
        None => write!(text, "{what}"),
    };
}

/// Adds a number in digits.
fn push_number(number: u64, into: &mut Vec<u8>) {
    let mut digits = [b'0'; 20];
    let (mut left, mut used) = (number, 0);
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (left % 10) as u8;
        (left, used) = (left / 10, used + 1);
        if left == 0 {
            break;
        }
    }
    into.extend_from_slice(digits.get(digits.len() - used..).unwrap_or_default());
}

/// What a byte means for the way a cell is written.
mod class {
    pub(super) const DIGIT: u8 = 1;
    /// Anything that is no digit.
    pub(super) const OTHER: u8 = 2;
    /// Must stand in quotation marks.
    pub(super) const QUOTE: u8 = 4;
    /// A formula, if it comes first.
    pub(super) const FORMULA: u8 = 8;
    /// Comes before a power of ten.
    pub(super) const EXPONENT: u8 = 16;

    const TABLE: [u8; 256] = {
        let mut of = [OTHER; 256];
        let mut digit = b'0';
        while digit <= b'9' {
            of[digit as usize] = DIGIT;
            digit += 1;
        }
        of[b'"' as usize] |= QUOTE;
        of[b'\n' as usize] |= QUOTE;
        of[b'\r' as usize] |= QUOTE | FORMULA;
        of[b'\t' as usize] |= QUOTE | FORMULA;
        // Whichever separator it is: quotation marks never hurt.
        of[b';' as usize] |= QUOTE;
        of[b',' as usize] |= QUOTE;
        of[b'=' as usize] |= FORMULA;
        of[b'+' as usize] |= FORMULA;
        of[b'-' as usize] |= FORMULA;
        of[b'@' as usize] |= FORMULA;
        of[b'E' as usize] |= EXPONENT;
        of[b'e' as usize] |= EXPONENT;
        of
    };

    #[inline]
    pub(super) fn of(byte: u8) -> u8 {
        TABLE.get(usize::from(byte)).copied().unwrap_or(OTHER)
    }
}

/// How a cell is written so that Excel shows what stands in it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    AsIs,
    /// `="…"`, around what Excel would round.
    Quantity,
    /// The same, and it stands so already: by this or another careful hand.
    Kept,
    /// With an apostrophe before it.
    Formula,
    /// In quotation marks.
    Quoted,
    QuotedFormula,
}

impl Form {
    #[inline]
    fn of(cell: &str) -> Self {
        let bytes = cell.as_bytes();
        let (Some(&first), Some(&last)) = (bytes.first(), bytes.last()) else {
            return Self::AsIs;
        };
        let all = bytes.iter().fold(0, |all, &byte| all | class::of(byte));
        if class::of(first) == class::DIGIT {
            let is_quantity = match all {
                class::DIGIT => bytes.len() >= 12 || first == b'0' && bytes.len() > 1,
                _ => (bytes.len() >= 12 || all & class::EXPONENT != 0) && is_quantity(cell),
            };
            return match () {
                () if is_quantity => Self::Quantity,
                () if all & class::QUOTE != 0 || last == b' ' => Self::Quoted,
                () => Self::AsIs,
            };
        }
        if kept(cell).is_some() {
            return Self::Kept;
        }
        let quote = all & class::QUOTE != 0 || first == b' ' || last == b' ';
        match (quote, is_formula(cell, first)) {
            (false, false) => Self::AsIs,
            (false, true) => Self::Formula,
            (true, false) => Self::Quoted,
            (true, true) => Self::QuotedFormula,
        }
    }

    fn push(self, cell: &str, into: &mut Vec<u8>) {
        match self {
            Self::AsIs => into.extend_from_slice(cell.as_bytes()),
            Self::Quantity => push_quantity(cell, into),
            Self::Kept => push_quantity(kept(cell).unwrap_or(cell), into),
            Self::Formula => {
                into.push(b'\'');
                into.extend_from_slice(cell.as_bytes());
            }
            Self::Quoted => push_quoted(b"\"", cell, into),
            Self::QuotedFormula => push_quoted(b"\"'", cell, into),
        }
    }
}

/// Adds a cell so that Excel shows what stands in it.
fn push_cell(cell: &str, into: &mut Vec<u8>) {
    Form::of(cell).push(cell, into);
}

#[inline]
fn push_quantity(digits: &str, into: &mut Vec<u8>) {
    into.extend_from_slice(b"\"=\"\"");
    match digits.as_bytes().as_array::<{ Imei::LEN }>() {
        // Most are, and a copy of a known length is a few instructions.
        Some(imei) => into.extend_from_slice(imei),
        None => into.extend_from_slice(digits.as_bytes()),
    }
    into.extend_from_slice(b"\"\"\"");
}

fn push_quoted(begin: &[u8], cell: &str, into: &mut Vec<u8>) {
    into.extend_from_slice(begin);
    for (at, part) in cell.split('"').enumerate() {
        into.extend_from_slice(if at > 0 { b"\"\"" } else { b"" });
        into.extend_from_slice(part.as_bytes());
    }
    into.push(b'"');
}

/// What stands in `="…"`, if it is a number that is written so.
fn kept(cell: &str) -> Option<&str> {
    let kept = cell.strip_prefix("=\"")?.strip_suffix('"')?;
    (is_only_digits(kept) || is_quantity(kept)).then_some(kept)
}

fn is_formula(cell: &str, first: u8) -> bool {
    let is_wide = |first: char| {
        matches!(first, '\u{ff1d}' | '\u{ff0b}' | '\u{ff0d}' | '\u{ff20}') // their wide forms
    };
    match class::of(first) & class::FORMULA != 0 {
        true => !is_plain_negative(cell),
        false => {
            !first.is_ascii() && cell.starts_with(is_wide) || first == b' ' && starts_formula(cell)
        }
    }
}

fn is_only_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A formula behind blanks, which Excel passes over.
fn starts_formula(cell: &str) -> bool {
    cell.trim_start().starts_with(['=', '+', '-', '@'])
}

/// A number below zero that is nothing else, such as a discount.
fn is_plain_negative(cell: &str) -> bool {
    cell.strip_prefix('-').is_some_and(|rest| {
        (1..12).contains(&rest.len())
            && rest.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b','))
            && rest.bytes().any(|byte| byte.is_ascii_digit())
    })
}

/// What Excel would take for a number of twelve or more digits, or write anew: `4.90154E+14`,
/// `490 154 203 237 518`, `490154203237518,00`.
fn is_quantity(cell: &str) -> bool {
    let digits = cell.bytes().filter(u8::is_ascii_digit).count();
    let exponent = cell.contains(['E', 'e']) && cell.len() < 32;
    (digits >= 12 || exponent)
        && cell.chars().all(|character| {
            character.is_ascii_digit()
                || matches!(character, ' ' | '\u{a0}' | '\u{202f}' | '.' | ',' | 'E' | 'e' | '+')
        })
}
