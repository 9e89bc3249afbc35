//! A list of IMEIs in a file: one per line, or columns of a CSV.
//!
//! Spreadsheets spoil such files in known ways, so the reader takes a byte-order mark, `;` or
//! `,` or tab, any number of columns, quotes, and headers. Every cell of a column named `imei`,
//! `imei1` … `imei4` or `imei_number` is read; without such a header, every cell that has digits.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use tekser_imei::{Imei, ParseError};

/// Longest list read, in bytes: about half a million lines.
const MAX_LEN: u64 = 16 * 1024 * 1024;

/// One cell of a list.
#[derive(Clone, PartialEq, Eq)]
pub struct ListedImei {
    /// Line in the file, from 1.
    pub line: u64,
    /// Column, from 1.
    pub column: usize,
    /// What stands there.
    pub text: String,
    /// The number, or why it is none.
    pub imei: Result<Imei, ParseError>,
}

/// What stands there may be an IMEI: only the place and the masked number show.
impl core::fmt::Debug for ListedImei {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "ListedImei({}:{} {:?})", self.line, self.column, self.imei)
    }
}

/// Why a list can't be read.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// The file can't be read.
    #[error("cannot read {path}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is a directory.
    #[error("{path} is a directory; name the file in it")]
    Directory {
        /// The path.
        path: PathBuf,
    },
    /// It is longer than a list can be.
    #[error("{path} is longer than {} MiB; split it", MAX_LEN / 1024 / 1024)]
    TooLong {
        /// The file.
        path: PathBuf,
    },
    /// There is nothing in it to check.
    #[error("{path} has no cell that could be an IMEI; put one on each line")]
    Empty {
        /// The file.
        path: PathBuf,
    },
}

/// Reads a list.
///
/// # Errors
///
/// See [`ListError`]. Cells that are no IMEIs are in the list, with the reason.
pub fn read_list(path: &Path) -> Result<Vec<ListedImei>, ListError> {
    if path.is_dir() {
        return Err(ListError::Directory { path: path.to_owned() });
    }
    let unreadable = |source| ListError::Unreadable { path: path.to_owned(), source };
    // A pipe or a device has no length to look at beforehand.
    let file = File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    let length = file.take(MAX_LEN + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if length as u64 > MAX_LEN {
        return Err(ListError::TooLong { path: path.to_owned() });
    }
    let list = parse_list(&bytes);
    if list.is_empty() {
        return Err(ListError::Empty { path: path.to_owned() });
    }
    Ok(list)
}

/// Reads a list from its bytes.
pub fn parse_list(bytes: &[u8]) -> Vec<ListedImei> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter(bytes))
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(bytes);
    let mut columns: Option<Vec<usize>> = None;
    let mut list = Vec::new();
    let mut record = csv::ByteRecord::new();
    let mut lines = Lines { bytes, at: 0, line: 1 };
    let mut first = true;
    while reader.read_byte_record(&mut record).unwrap_or(false) {
        let line = lines.line_of(record.position().map_or(0, csv::Position::byte));
        if core::mem::take(&mut first) {
            columns = header(&record);
            if columns.is_some() {
                continue;
            }
        }
        for (index, cell) in record.iter().enumerate() {
            let wanted = match &columns {
                Some(columns) => columns.contains(&index) && !cell.is_empty(),
                None => cell.iter().any(u8::is_ascii_digit),
            };
            if wanted {
                list.push(ListedImei {
                    line,
                    column: index + 1,
                    text: String::from_utf8_lossy(cell).into_owned(),
                    imei: Imei::parse(cell),
                });
            }
        }
    }
    list
}

/// Numbers of lines. The reader's own count is one short after a CR LF, because it takes the
/// record to begin at the LF.
struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line of the first byte at or after `start` that ends no line; starts only grow.
    fn line_of(&mut self, start: u64) -> u64 {
        let start = usize::try_from(start).unwrap_or(usize::MAX);
        while let Some(byte) = self.bytes.get(self.at) {
            if self.at >= start && !matches!(byte, b'\r' | b'\n') {
                break;
            }
            self.line += u64::from(*byte == b'\n');
            self.at += 1;
        }
        self.line
    }
}

fn delimiter(bytes: &[u8]) -> u8 {
    let first_line = bytes.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let has = |byte| first_line.contains(&byte);
    match () {
        () if has(b';') => b';',
        () if has(b'\t') => b'\t',
        () => b',',
    }
}

/// The IMEI columns that a first line names; `None` if it names none.
fn header(record: &csv::ByteRecord) -> Option<Vec<usize>> {
    const NAMES: [&str; 6] = ["imei", "imei1", "imei2", "imei3", "imei4", "imei_number"];
    let is_name = |cell: &[u8]| NAMES.iter().any(|name| cell.eq_ignore_ascii_case(name.as_bytes()));
    let columns: Vec<usize> =
        record.iter().enumerate().filter(|(_, cell)| is_name(cell)).map(|(at, _)| at).collect();
    (!columns.is_empty()).then_some(columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn sound(text: &str) -> Vec<(u64, usize)> {
        let list = parse_list(text.as_bytes());
        list.iter().filter(|cell| cell.imei.is_ok()).map(|cell| (cell.line, cell.column)).collect()
    }

    #[test]
    fn one_per_line() {
        assert_eq!(sound("490154203237518\n352099001761481\n"), [(1, 1), (2, 1)]);
    }

    #[test]
    fn a_spreadsheet_with_mark_semicolons_and_header() {
        let text = "\u{feff}brand;IMEI1;imei2\r\nX;490154203237518;352099001761481\r\nY;;\r\n";
        assert_eq!(sound(text), [(2, 2), (2, 3)]);
    }

    #[test]
    fn empty_lines_count() {
        assert_eq!(sound("\r\n490154203237518\r\n\r\n352099001761481"), [(2, 1), (4, 1)]);
    }

    #[test]
    fn what_is_no_imei_stays_in_the_list_with_its_reason() {
        let list = parse_list(b"490154203237519\n4.90154E+14\n");
        assert_eq!(list.len(), 2);
        assert!(list.iter().all(|cell| cell.imei.is_err()));
    }

    #[test]
    fn columns_that_are_not_imeis_are_left_alone() {
        assert_eq!(parse_list(b"name,imei,price\nA5,490154203237518,99000\n").len(), 1);
    }

    #[test]
    fn an_unclosed_quote_or_bytes_that_are_no_text_do_no_harm() {
        assert!(parse_list(b"\"490154203237518\n\xff\xfe\x00").len() <= 1);
    }
}
