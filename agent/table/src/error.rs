//! Why a table can't be read any further.

use std::io;

/// Why a table can't be read any further. Rows that were given before stand.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The system can't read it.
    #[error("it cannot be read: {0}")]
    Unreadable(#[source] io::Error),
    /// It is something else.
    #[error("it is {0}, no table; save it as XLSX or CSV")]
    NotATable(Kind),
    /// A workbook with a password.
    #[error("it is protected by a password; save it without one (File, Info, Protect Workbook)")]
    Protected,
    /// A workbook whose archive can't be read.
    #[error("it is a workbook cut short or damaged, or no workbook ({0}); save it again")]
    Damaged(&'static str),
    /// A workbook or a part of it is larger than any honest one.
    #[error("its {what} is larger than {limit}; save the sheet as CSV, or split it")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// What would be read, in words.
        limit: &'static str,
    },
    /// A row longer than any honest one.
    #[error("the row that begins on line {line} is longer than {} KiB", crate::ROW_MAX / 1024)]
    RowTooLong {
        /// Line, from 1.
        line: u64,
    },
    /// A row of more cells than any honest one.
    #[error("line {line} has more than {} cells", crate::CELLS_MAX)]
    TooManyCells {
        /// Line, from 1.
        line: u64,
    },
    /// A quotation mark that is never closed: everything behind it would be one cell.
    #[error("a quotation mark opened on line {line} is never closed; take it away or close it")]
    QuoteOpen {
        /// Line, from 1, on which the row begins.
        line: u64,
    },
}

/// What stands there instead of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A workbook of Excel before 2007, or another old Office document.
    OldOffice,
    /// A PDF.
    Pdf,
    /// An archive that holds no XLSX workbook.
    Archive,
    /// Bytes that are no text.
    Binary,
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::OldOffice => "an old Office file (.xls or the like)",
            Self::Pdf => "a PDF",
            Self::Archive => "an archive",
            Self::Binary => "binary data",
        })
    }
}

impl From<io::Error> for TableError {
    fn from(error: io::Error) -> Self {
        Self::Unreadable(error)
    }
}
