//! Cells of a sheet, row by row.

use std::io::Read;

use quick_xml::events::{BytesStart, Event};

use super::Source;
use super::date;
use super::package::Part;
use super::shared::Strings;
use super::xml::{Xml, attribute, push_reference};
use crate::{CELLS_MAX, ROW_MAX, Row, TableError};

/// Unpacked bytes of a sheet: a full one of ten columns has a third of it.
pub(super) const PART_MAX: u64 = 1024 * 1024 * 1024;

/// Whole numbers up to here are exact in the double that a sheet keeps them as.
const EXACT: f64 = 9_007_199_254_740_992.0;

pub(super) struct Cells<R: Read = Part<Box<dyn Source>>> {
    xml: Xml<R>,
    strings: Strings,
    /// Whether a style shows a number as a date.
    dates: Vec<bool>,
    from_1904: bool,
    line: u64,
    over: bool,
}

/// The cell that is being read.
#[derive(Default)]
struct Cell {
    column: usize,
    kind: Kind,
    date: bool,
    text: String,
}

/// What the `t` of a cell says about its value.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Kind {
    #[default]
    Number,
    Shared,
    Boolean,
    /// The text itself, the text of an error, or a date in ISO 8601.
    Text,
}

impl<R: Read> Cells<R> {
    pub(super) fn new(part: R, strings: Strings, dates: Vec<bool>, from_1904: bool) -> Self {
        Self { xml: Xml::new(part), strings, dates, from_1904, line: 0, over: false }
    }

    /// The next row, also if nothing stands in it; `false` at the end.
    pub(super) fn next_row(&mut self, row: &mut Row) -> Result<bool, TableError> {
        while !self.over {
            match self.xml.next()? {
                None => self.over = true,
                Some(Event::Start(tag)) if tag.local_name().as_ref() == "row" => {
                    self.line = line(&tag)?.unwrap_or(self.line + 1);
                    row.begin(self.line);
                    return self.read_row(row).map(|()| true);
                }
                Some(Event::Empty(tag)) if tag.local_name().as_ref() == "row" => {
                    self.line = line(&tag)?.unwrap_or(self.line + 1);
                    row.begin(self.line);
                    return Ok(true);
                }
                Some(_) => {}
            }
        }
        Ok(false)
    }

    fn read_row(&mut self, row: &mut Row) -> Result<(), TableError> {
        let mut cell = Cell::default();
        let mut next = 0;
        let mut within = false;
        while let Some(event) = self.xml.next()? {
            match event {
                Event::Start(tag) => match tag.local_name().as_ref() {
                    "c" => cell.begin(&tag, next, &self.dates)?,
                    "v" | "t" => within = true,
                    _ => {}
                },
                // A cell that has a style and nothing else.
                Event::Empty(tag) if tag.local_name().as_ref() == "c" => {
                    cell.begin(&tag, next, &self.dates)?;
                    next = cell.column + 1;
                }
                Event::End(tag) => match tag.local_name().as_ref() {
                    "v" | "t" => within = false,
                    "c" => {
                        self.end_cell(&cell, row)?;
                        next = cell.column + 1;
                    }
                    "row" => return Ok(()),
                    _ => {}
                },
                Event::Text(text) if within => cell.text.push_str(&text.xml10_content()),
                Event::CData(text) if within => cell.text.push_str(&text.xml10_content()),
                Event::GeneralRef(name) if within => push_reference(&name, &mut cell.text),
                _ => {}
            }
            if cell.text.len() > ROW_MAX {
                return Err(TableError::RowTooLong { line: self.line });
            }
        }
        Err(TableError::Damaged("a row ends too early"))
    }

    fn end_cell(&self, cell: &Cell, row: &mut Row) -> Result<(), TableError> {
        if cell.text.is_empty() {
            return Ok(());
        }
        if cell.column >= CELLS_MAX {
            return Err(TableError::TooManyCells { line: self.line });
        }
        while row.len() < cell.column {
            row.end_cell();
        }
        match cell.kind {
            Kind::Text => row.push_text(&cell.text),
            Kind::Boolean => row.push_text(if cell.text == "1" { "TRUE" } else { "FALSE" }),
            Kind::Number => row.push_text(&self.number(cell)),
            Kind::Shared => {
                let text = cell.text.trim().parse().ok().and_then(|at| self.strings.get(at));
                row.push_text(text.ok_or(TableError::Damaged("a text is missing"))?);
            }
        }
        if row.text_len() > ROW_MAX {
            return Err(TableError::RowTooLong { line: self.line });
        }
        row.end_cell();
        Ok(())
    }

    /// A number as a person would write it. A whole number is exact however the writer of the
    /// file put it (`4.90154203237518E14` is Java's way); the digits of any other stay as they are,
    /// with a comma, because a point can stand between the digits of an IMEI.
    fn number(&self, cell: &Cell) -> String {
        let text = cell.text.trim();
        let Ok(number) = text.parse::<f64>() else {
            return text.to_owned();
        };
        if cell.date
            && let Some(date) = date::text(number, self.from_1904)
        {
            return date;
        }
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            text.to_owned()
        } else if number.fract() == 0.0 && number.abs() < EXACT {
            format!("{number:.0}")
        } else {
            text.replace('.', ",")
        }
    }
}

impl Cell {
    fn begin(
        &mut self,
        tag: &BytesStart<'_>,
        next: usize,
        dates: &[bool],
    ) -> Result<(), TableError> {
        self.text.clear();
        let (mut column, mut style) = (None, 0);
        self.kind = Kind::Number;
        for attribute in tag.attributes().with_checks(false) {
            let attribute = attribute.map_err(|_| TableError::Damaged("an attribute"))?;
            let value = attribute.value.as_ref();
            match attribute.key.as_ref() {
                "r" => column = column_of(value),
                "s" => style = value.parse().unwrap_or(usize::MAX),
                "t" => {
                    self.kind = match value {
                        "s" => Kind::Shared,
                        "b" => Kind::Boolean,
                        "str" | "inlineStr" | "e" | "d" => Kind::Text,
                        _ => Kind::Number,
                    }
                }
                _ => {}
            }
        }
        self.date = dates.get(style).copied().unwrap_or(false);
        self.column = column.unwrap_or(next);
        // A cell that is told twice, or out of order, would put its text in another column.
        if self.column < next {
            return Err(TableError::Damaged("cells out of order"));
        }
        Ok(())
    }
}

fn line(tag: &BytesStart<'_>) -> Result<Option<u64>, TableError> {
    Ok(attribute(tag, "r")?.and_then(|line| line.parse().ok()))
}

/// The column of `AB12`, from 0.
fn column_of(place: &str) -> Option<usize> {
    let letters = place.bytes().take_while(u8::is_ascii_alphabetic).take(4);
    let number = letters
        .fold(0, |sum, letter| sum * 26 + usize::from(letter.to_ascii_uppercase() - b'A') + 1);
    number.checked_sub(1)
}

#[cfg(test)]
mod tests {
    use super::column_of;

    #[test]
    fn columns_are_counted_in_letters() {
        let table = [("A1", Some(0)), ("Z9", Some(25)), ("AA10", Some(26)), ("XFD1", Some(16383))];
        for (place, column) in table {
            assert_eq!(column_of(place), column, "{place}");
        }
        assert_eq!(column_of("12"), None);
    }
}
