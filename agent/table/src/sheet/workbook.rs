//! Which part is the first visible sheet, how days are counted, and which cells show dates.

use std::collections::BTreeMap;

use quick_xml::events::{BytesStart, Event};

use super::package::Package;
use super::xml::{Xml, attribute};
use crate::TableError;

const BOOK: &str = "xl/workbook.xml";
const RELATIONS: &str = "xl/_rels/workbook.xml.rels";
pub(super) const STYLES: &str = "xl/styles.xml";

/// Unpacked bytes of each of these parts.
pub(super) const PART_MAX: u64 = 8 * 1024 * 1024;

/// The sheet that is read.
pub(super) struct Book {
    pub(super) part: String,
    pub(super) name: String,
    pub(super) others: usize,
    /// Days are counted from 1904, as old Excel for Mac did.
    pub(super) from_1904: bool,
}

pub(super) fn read(package: &mut Package) -> Result<Book, TableError> {
    let mut from_1904 = false;
    let mut first = None;
    let mut others = 0;
    let mut xml = Xml::new(package.part(BOOK, PART_MAX)?);
    while let Some(event) = xml.next()? {
        let (Event::Start(tag) | Event::Empty(tag)) = event else {
            continue;
        };
        match tag.local_name().as_ref() {
            "workbookPr" => {
                let value = attribute(&tag, "date1904")?;
                from_1904 = value.is_some_and(|value| value == "1" || value == "true");
            }
            "sheet" if attribute(&tag, "state")?.is_some_and(|state| state != "visible") => {}
            "sheet" if first.is_some() => others += 1,
            "sheet" => {
                let id = attribute(&tag, ":id")?.unwrap_or_default();
                first = Some((attribute(&tag, "name")?.unwrap_or_default(), id));
            }
            _ => {}
        }
    }
    drop(xml);
    let (name, id) = first.ok_or(TableError::Damaged("there is no sheet"))?;
    let part = target(package, &id)?;
    Ok(Book { part, name, others, from_1904 })
}

/// The part behind a name that the workbook uses.
fn target(package: &mut Package, id: &str) -> Result<String, TableError> {
    let mut xml = Xml::new(package.part(RELATIONS, PART_MAX)?);
    while let Some(event) = xml.next()? {
        let (Event::Start(tag) | Event::Empty(tag)) = event else {
            continue;
        };
        if tag.local_name().as_ref() != "Relationship"
            || attribute(&tag, "Id")?.as_deref() != Some(id)
        {
            continue;
        }
        let target = attribute(&tag, "Target")?.unwrap_or_default().to_ascii_lowercase();
        return Ok(match target.strip_prefix('/') {
            Some(absolute) => absolute.to_owned(),
            None => format!("xl/{}", target.trim_start_matches("./")),
        });
    }
    Err(TableError::Damaged("the sheet is missing"))
}

/// For each style of a cell, whether it shows a number as a date.
pub(super) fn dates<R: std::io::Read>(part: R) -> Result<Vec<bool>, TableError> {
    let mut formats: BTreeMap<u32, bool> = BTreeMap::new();
    let mut styles = Vec::new();
    let mut of_cells = false;
    let mut xml = Xml::new(part);
    while let Some(event) = xml.next()? {
        match event {
            Event::Start(tag) | Event::Empty(tag) => match tag.local_name().as_ref() {
                "cellXfs" => of_cells = true,
                "cellStyleXfs" => of_cells = false,
                "numFmt" => {
                    let code = attribute(&tag, "formatCode")?.unwrap_or_default();
                    formats.insert(number(&tag)?, shows_date(&code));
                }
                "xf" if of_cells => {
                    let id = number(&tag)?;
                    let built_in = matches!(id, 14..=17 | 22 | 27..=31 | 36 | 50..=58);
                    styles.push(formats.get(&id).copied().unwrap_or(built_in));
                }
                _ => {}
            },
            Event::End(tag) if tag.local_name().as_ref() == "cellXfs" => of_cells = false,
            _ => {}
        }
    }
    Ok(styles)
}

fn number(tag: &BytesStart<'_>) -> Result<u32, TableError> {
    let id = attribute(tag, "numFmtId")?;
    Ok(id.and_then(|id| id.parse().ok()).unwrap_or_default())
}

/// Whether a format has a day or a year in it, outside of quoted text and `[brackets]`.
fn shows_date(code: &str) -> bool {
    let mut characters = code.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => {
                characters.find(|&character| character == '"');
            }
            '[' => {
                characters.find(|&character| character == ']');
            }
            '\\' | '_' | '*' => {
                characters.next();
            }
            'y' | 'Y' | 'd' | 'D' => return true,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::shows_date;

    #[test]
    fn a_format_with_a_day_or_a_year_shows_a_date() {
        for code in ["dd.mm.yyyy", "yyyy\\-mm\\-dd", "[$-419]d mmmm yyyy", "m/d/yy h:mm"] {
            assert!(shows_date(code), "{code}");
        }
        for code in ["0", "General", "#,##0.00", "0\" d\"", "[Red]0", "h:mm", "@", "0\\d"] {
            assert!(!shows_date(code), "{code}");
        }
    }
}
