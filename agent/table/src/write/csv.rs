//! CSV that Excel opens without harm.
//!
//! - A cell that Excel would run as a formula (`=`, `+`, `-`, `@`, tab, carriage return first) gets
//!   an apostrophe before it (OWASP, CSV Injection).
//! - A number that Excel would round or cut a zero from is written as `="…"`, which it shows as it
//!   stands and keeps as text.
//! - What was found stands in the first columns: rows of different lengths can't shift it.

use std::fmt::Write as _;
use std::io::{self, Write};

use crate::{Columns, Judgement, Row, RowKind, Standing};

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
    style: CsvStyle,
    asked: bool,
    line: String,
}

const FOUND: [&str; 4] = ["tekser_line", "tekser_result", "tekser_findings", "tekser_explanation"];
const ASKED: [&str; 3] = ["tekser_verdict", "tekser_source", "tekser_as_of"];

impl<W: Write> CsvWriter<W> {
    /// Begins a file; `asked` says whether a registry's verdicts will come. A table without header
    /// gets one.
    ///
    /// # Errors
    ///
    /// If it can't be written.
    pub fn new(to: W, style: CsvStyle, asked: bool, columns: Option<&Columns>) -> io::Result<Self> {
        let mut writer = Self { to, style, asked, line: String::new() };
        if style.mark {
            writer.to.write_all("\u{feff}".as_bytes())?;
        }
        if columns.is_none() {
            writer.begin_header();
            writer.end(&Row::new())?;
        }
        Ok(writer)
    }

    /// Writes a row.
    ///
    /// # Errors
    ///
    /// If it can't be written.
    pub fn row(
        &mut self,
        row: &Row,
        judgement: &Judgement,
        asked: Option<&Asked>,
    ) -> io::Result<()> {
        match judgement.kind {
            RowKind::Header => self.begin_header(),
            RowKind::Above | RowKind::Blank => {
                self.begin(row);
                let empty = FOUND.len() - 1 + if self.asked { ASKED.len() } else { 0 };
                (0..empty).for_each(|_| self.separate());
            }
            RowKind::Data => self.begin_data(row, judgement, asked),
        }
        self.end(row)
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

    fn begin(&mut self, row: &Row) {
        self.line.clear();
        push_number(row.line(), &mut self.line);
    }

    fn begin_header(&mut self) {
        self.line.clear();
        let names = FOUND.iter().chain(self.asked.then_some(&ASKED).into_iter().flatten());
        for (at, name) in names.enumerate() {
            if at > 0 {
                self.line.push(self.style.separator);
            }
            self.line.push_str(name);
        }
    }

    fn begin_data(&mut self, row: &Row, judgement: &Judgement, asked: Option<&Asked>) {
        self.begin(row);
        self.separate();
        let mut standing = judgement.standing();
        if asked.is_some_and(|asked| asked.needs_a_look) {
            standing = standing.max(Standing::Look);
        }
        self.line.push_str(standing.code());
        let mut codes = String::new();
        let mut explanation = String::new();
        for (column, finding) in judgement.findings_with_places(row) {
            note(&mut codes, column, ", ", finding.code());
            note(&mut explanation, column, "; ", finding);
        }
        for text in [&codes, &explanation] {
            self.separate();
            push_cell(text, &mut self.line);
        }
        if self.asked {
            let none = Asked::default();
            let asked = asked.unwrap_or(&none);
            for text in [&asked.verdicts, &asked.source, &asked.as_of] {
                self.separate();
                push_cell(text, &mut self.line);
            }
        }
    }

    fn separate(&mut self) {
        self.line.push(self.style.separator);
    }

    fn end(&mut self, row: &Row) -> io::Result<()> {
        for cell in row.cells() {
            self.line.push(self.style.separator);
            push_cell(cell, &mut self.line);
        }
        self.line.push_str("\r\n");
        self.to.write_all(self.line.as_bytes())
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

fn push_number(number: u64, into: &mut String) {
    let _ = write!(into, "{number}");
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

    pub(super) const OF: [u8; 256] = {
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
        of
    };
}

/// Adds a cell so that Excel shows what stands in it.
fn push_cell(cell: &str, into: &mut String) {
    let of = |byte: u8| class::OF.get(usize::from(byte)).copied().unwrap_or(class::OTHER);
    let bytes = cell.as_bytes();
    let (Some(&first), Some(&last)) = (bytes.first(), bytes.last()) else {
        return;
    };
    let all = bytes.iter().fold(0, |all, &byte| all | of(byte));
    // Was written by this or another careful hand.
    let kept = cell.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"'));
    let cell = kept.filter(|kept| is_only_digits(kept) || is_quantity(kept)).unwrap_or(cell);
    if cell.len() < bytes.len()
        || all == class::DIGIT && (bytes.len() >= 12 || first == b'0' && bytes.len() > 1)
        || of(first) == class::DIGIT && all != class::DIGIT && is_quantity(cell)
    {
        into.extend(["\"=\"\"", cell, "\"\"\""]);
        return;
    }
    let is_formula = |first: char| {
        matches!(first, '\u{ff1d}' | '\u{ff0b}' | '\u{ff0d}' | '\u{ff20}') // their wide forms
    };
    let formula = match of(first) & class::FORMULA != 0 {
        true => !is_plain_negative(cell),
        false => {
            !first.is_ascii() && cell.starts_with(is_formula)
                || first == b' ' && starts_formula(cell)
        }
    };
    let quote = all & class::QUOTE != 0 || first == b' ' || last == b' ';
    if !quote {
        into.extend([if formula { "'" } else { "" }, cell]);
        return;
    }
    into.push_str(if formula { "\"'" } else { "\"" });
    for (at, part) in cell.split('"').enumerate() {
        into.push_str(if at > 0 { "\"\"" } else { "" });
        into.push_str(part);
    }
    into.push('"');
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
