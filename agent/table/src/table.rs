//! What kind of table it is, told by its first bytes: names of files lie.

use std::io::{self, Cursor, Read, Seek, SeekFrom};

use crate::error::Kind;
use crate::sheet::{SheetRows, Source};
use crate::text::TextRows;
use crate::{Block, Row, TableError};

/// Largest workbook, in bytes.
const WORKBOOK_MAX: u64 = 256 * 1024 * 1024;

/// How far into an old Office file its table of contents is looked for.
const CONTENTS_MAX: u64 = 4 * 1024 * 1024;

/// How a table was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Format {
    /// Text with this separator between its cells; also one number per line.
    Text {
        /// `;`, `,` or tab.
        separator: char,
    },
    /// A sheet of an XLSX workbook.
    Workbook {
        /// Name of the sheet that is read: the first that a person sees.
        sheet: String,
        /// How many more sheets a person sees. They are not read.
        others: usize,
    },
}

/// Rows of a table, as they stand.
pub struct Table {
    rows: Rows,
    /// The block whose rows are given one by one.
    block: Block,
    /// How the table ended, behind that block.
    end: Option<Result<bool, TableError>>,
}

enum Rows {
    Text(Box<TextRows>),
    Sheet(Box<SheetRows>),
}

impl Table {
    /// Begins to read a file, or anything else that can be wound back.
    ///
    /// # Errors
    ///
    /// [`TableError`], if it is no table or its beginning can't be read.
    pub fn from_file(mut file: impl Read + Seek + Send + 'static) -> Result<Self, TableError> {
        let mut first = [0; 8];
        let length = read_up_to(&mut file, &mut first)?;
        let first = first.get(..length).unwrap_or_default();
        match Magic::of(first)? {
            Magic::Text => {
                // A pipe can't be wound back.
                let beginning = Cursor::new(first.to_vec());
                Self::of_text(Box::new(beginning.chain(file)))
            }
            magic => match file.seek(SeekFrom::Start(0)) {
                Ok(_) => Self::of_office(magic, Box::new(file)),
                Err(_) => Self::of_office(magic, kept(first, file)?),
            },
        }
    }

    /// Begins to read what can't be wound back, such as standard input. A workbook is put into a
    /// temporary file, for its directory is at its end.
    ///
    /// # Errors
    ///
    /// As [`Table::from_file`].
    pub fn from_stream(mut stream: impl Read + Send + 'static) -> Result<Self, TableError> {
        let mut first = [0; 8];
        let length = read_up_to(&mut stream, &mut first)?;
        let first = first.get(..length).unwrap_or_default();
        match Magic::of(first)? {
            Magic::Text => {
                let beginning = Cursor::new(first.to_vec());
                Self::of_text(Box::new(beginning.chain(stream)))
            }
            magic => Self::of_office(magic, kept(first, stream)?),
        }
    }

    /// Begins to read bytes that are there.
    ///
    /// # Errors
    ///
    /// As [`Table::from_file`].
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, TableError> {
        match Magic::of(&bytes)? {
            Magic::Text => Self::of_text(Box::new(Cursor::new(bytes))),
            magic => Self::of_office(magic, Box::new(Cursor::new(bytes))),
        }
    }

    fn of_text(source: Box<dyn Read + Send>) -> Result<Self, TableError> {
        TextRows::new(source).map(|rows| Self::of(Rows::Text(Box::new(rows))))
    }

    fn of_office(magic: Magic, mut source: Box<dyn Source>) -> Result<Self, TableError> {
        if let Magic::OldOffice = magic {
            return Err(old_office(source.as_mut()));
        }
        let length = source.seek(SeekFrom::End(0))?;
        source.seek(SeekFrom::Start(0))?;
        if length > WORKBOOK_MAX {
            return Err(TableError::TooLarge { what: "workbook", limit: "256 MiB" });
        }
        SheetRows::open(source).map(|rows| Self::of(Rows::Sheet(Box::new(rows))))
    }

    fn of(rows: Rows) -> Self {
        Self { rows, block: Block::new(), end: None }
    }

    /// How it was written.
    pub fn format(&self) -> Format {
        match &self.rows {
            Rows::Text(rows) => Format::Text { separator: char::from(rows.separator()) },
            Rows::Sheet(rows) => {
                Format::Workbook { sheet: rows.name().to_owned(), others: rows.others() }
            }
        }
    }

    /// Reads the next row that is no empty line; `false` at the end.
    ///
    /// # Errors
    ///
    /// [`TableError`]. After one there is no next row.
    pub fn next_row(&mut self, row: &mut Row) -> Result<bool, TableError> {
        loop {
            if let Some((next, _)) = self.block.give() {
                row.copy(next);
                return Ok(true);
            }
            if let Some(end) = self.end.take() {
                self.end = Some(Ok(false));
                return end;
            }
            let mut block = std::mem::take(&mut self.block);
            let filled = self.fill(&mut block);
            self.block = block;
            self.end = (!matches!(filled, Ok(true))).then_some(filled);
        }
    }

    /// Fills a block with the next rows that are no empty lines; `false` at the end. Rows that are
    /// in it before an error or the end stand.
    pub(crate) fn fill(&mut self, block: &mut Block) -> Result<bool, TableError> {
        match &mut self.rows {
            Rows::Text(rows) => rows.fill(block),
            Rows::Sheet(rows) => rows.fill(block),
        }
    }

    /// Whether what is left to give is here already, so that nobody has to wait for it.
    pub(crate) const fn is_read(&self) -> bool {
        match &self.rows {
            Rows::Text(rows) => rows.is_read(),
            Rows::Sheet(_) => false,
        }
    }
}

#[derive(Clone, Copy)]
enum Magic {
    Text,
    Zip,
    OldOffice,
}

impl Magic {
    fn of(first: &[u8]) -> Result<Self, TableError> {
        match first {
            [b'P', b'K', 3..=8, 4..=8, ..] => Ok(Self::Zip),
            [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1, ..] => Ok(Self::OldOffice),
            [b'%', b'P', b'D', b'F', b'-', ..] => Err(TableError::NotATable(Kind::Pdf)),
            _ => Ok(Self::Text),
        }
    }
}

/// A workbook with a password is an old Office file that holds the new one, encrypted
/// (MS-OFFCRYPTO 2.3.4.4); its table of contents says so in UTF-16.
fn old_office(source: &mut dyn Source) -> TableError {
    let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let finder = memchr::memmem::Finder::new(&name);
    let mut window = Vec::new();
    let mut piece = vec![0; 64 * 1024];
    let mut seen = 0;
    while seen < CONTENTS_MAX {
        let Ok(length @ 1..) = read_up_to(source, &mut piece) else {
            break;
        };
        seen += length as u64;
        window.extend_from_slice(piece.get(..length).unwrap_or_default());
        if finder.find(&window).is_some() {
            return TableError::Protected;
        }
        window.drain(..window.len().saturating_sub(name.len()));
    }
    TableError::NotATable(Kind::OldOffice)
}

/// Puts what can't be wound back into a file that goes when it is closed.
fn kept(first: &[u8], stream: impl Read) -> Result<Box<dyn Source>, TableError> {
    let mut file = tempfile::tempfile()?;
    let mut whole = Cursor::new(first).chain(stream).take(WORKBOOK_MAX + 1);
    io::copy(&mut whole, &mut file)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(Box::new(file))
}

fn read_up_to<R: Read + ?Sized>(source: &mut R, into: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while let Some(room) = into.get_mut(length..).filter(|room| !room.is_empty()) {
        match source.read(room) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(length)
}
