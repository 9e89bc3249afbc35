//! Files that are made, or have become, something to choke on: a clear error, and no more memory
//! than the limits that stand in the code. Each test runs on readers that make their bytes as they
//! are asked, so that nothing here holds them either.

use std::fmt::Write as _;
use std::io::{self, Read};

use tekser_table::{CELLS_MAX, Judgement, Kind, List, ROW_MAX, Row, TableError};
use zip::CompressionMethod;

use crate::rows::{read, refused};
use crate::workbooks::{package, sheet};

/// So many bytes of one kind, behind a beginning; counts what was asked for.
struct Endless {
    beginning: io::Cursor<Vec<u8>>,
    byte: u8,
    left: u64,
}

impl Read for Endless {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.beginning.read(into)?;
        if read > 0 || into.is_empty() {
            return Ok(read);
        }
        let length = usize::try_from(self.left).unwrap_or(usize::MAX).min(into.len());
        into[..length].fill(self.byte);
        self.left -= length as u64;
        // What is read is bounded by far less than what is there.
        assert!(self.left > (2 << 30) - 8 * ROW_MAX as u64, "it reads on and on");
        Ok(length)
    }
}

fn endless(beginning: &str, byte: u8) -> Result<(), TableError> {
    let beginning = io::Cursor::new(beginning.as_bytes().to_vec());
    let mut list = List::from_stream(Endless { beginning, byte, left: 2 << 30 })?;
    let (mut row, mut judgement) = (Row::new(), Judgement::default());
    while list.next_row(&mut row, &mut judgement)? {}
    Ok(())
}

#[test]
fn a_line_of_two_gigabytes_is_refused_after_one_mebibyte() {
    let error = endless("imei\n352099001761481\n", b'4').unwrap_err();
    assert!(matches!(error, TableError::RowTooLong { line: 3 }), "{error}");
    let error = endless("imei\n\"", b'\n').unwrap_err();
    assert!(matches!(error, TableError::RowTooLong { line: 2 }), "{error}");
    let error = endless("", b';').unwrap_err();
    assert!(matches!(error, TableError::TooManyCells { .. } | TableError::RowTooLong { .. }));
}

#[test]
fn rows_before_it_stand() {
    let list = format!("imei\n352099001761481\n{}\n", "4".repeat(ROW_MAX + 1));
    let (rows, end) = read(list.as_bytes());
    assert_eq!(rows.len(), 2);
    assert!(matches!(end, Err(TableError::RowTooLong { line: 3 })));
}

#[test]
fn a_row_has_a_thousand_cells_at_most() {
    for row in [";".repeat(CELLS_MAX - 1), format!("\"\"{}", ";".repeat(CELLS_MAX - 1))] {
        assert_eq!(read(row.as_bytes()).0[0].cells.len(), CELLS_MAX);
        let error = refused(format!("{row};").as_bytes());
        assert!(matches!(error, TableError::TooManyCells { line: 1 }), "{error}");
    }
}

#[test]
fn an_open_quotation_mark_does_not_swallow_the_rest() {
    for list in ["imei\n\"352099001761481\n1\n", "imei\n1;\"\n", "\""] {
        assert!(matches!(refused(list.as_bytes()), TableError::QuoteOpen { .. }), "{list}");
    }
}

#[test]
fn a_quotation_mark_within_a_last_cell_is_text() {
    for list in ["imei;size\n352099001761481;6.5\"", "{\"imeis\":[\"352099001761481\"]}", "a\""] {
        let (rows, end) = read(list.as_bytes());
        assert!(end.is_ok(), "{list}: {end:?}");
        let text: Vec<String> = rows.iter().map(|row| row.cells.join(";")).collect();
        assert_eq!(text.join("\n"), list);
    }
}

#[test]
fn what_is_no_table_is_named() {
    let table = [
        (&b"%PDF-1.7\n"[..], Kind::Pdf),
        (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 and more", Kind::OldOffice),
        (b"\x7fELF\x02\x01\x00\x00", Kind::Binary),
    ];
    for (bytes, expected) in table {
        let error = refused(bytes);
        assert!(matches!(error, TableError::NotATable(kind) if kind == expected), "{error}");
    }
    let archive = package(CompressionMethod::STORE, &[]);
    let archive: Vec<u8> = String::from_utf8(archive).map_or_else(
        |error| replaced(error.as_bytes(), b"xl/", b"no/"),
        |text| text.replace("xl/", "no/").into_bytes(),
    );
    assert!(matches!(refused(&archive), TableError::NotATable(Kind::Archive)));
}

fn replaced(bytes: &[u8], from: &[u8; 3], to: &[u8; 3]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for at in 0..bytes.len().saturating_sub(2) {
        if bytes[at..].starts_with(from) {
            bytes[at..at + 3].copy_from_slice(to);
        }
    }
    bytes
}

#[test]
fn a_password_is_named() {
    let mut bytes = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec();
    // Across the edge of a piece.
    bytes.resize(64 * 1024 - 7, 0);
    bytes.extend("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes));
    assert!(matches!(refused(&bytes), TableError::Protected));
}

#[test]
fn one_text_that_unpacks_to_megabytes_is_refused() {
    let bomb = sheet(&format!("<row><c t='str'><v>{}</v></c></row>", "4".repeat(8 << 20)));
    assert!(bomb.len() < 64 * 1024);
    assert!(matches!(refused(&bomb), TableError::TooLarge { what: "longest text", .. }));
    let many = format!("<t>{}</t>", "4".repeat(64 * 1024)).repeat(20);
    let bomb = sheet(&format!("<row><c t='inlineStr'><is>{many}</is></c></row>"));
    assert!(matches!(refused(&bomb), TableError::RowTooLong { line: 1 }));
}

#[test]
fn shared_texts_that_unpack_to_more_than_is_kept_are_refused() {
    let text = format!("<si><t>{}</t></si>", "4".repeat(512 * 1024));
    let strings = format!("<sst>{}</sst>", text.repeat(100));
    let bomb = package(
        CompressionMethod::DEFLATE,
        &[("xl/sharedStrings.xml", &strings), ("xl/worksheets/sheet1.xml", "<worksheet/>")],
    );
    assert!(bomb.len() < 256 * 1024);
    assert!(matches!(refused(&bomb), TableError::TooLarge { what: "list of texts", .. }));
}

#[test]
fn a_sheet_of_more_rows_than_excel_has_is_refused() {
    let bomb = sheet(&"<row/>".repeat(1_048_577));
    assert!(matches!(refused(&bomb), TableError::TooLarge { what: "sheet", .. }));
}

#[test]
fn elements_within_elements_have_an_end() {
    let bomb = sheet(&"<a>".repeat(100_000));
    assert!(matches!(refused(&bomb), TableError::Damaged("elements nested too deep")));
}

#[test]
fn a_directory_of_a_hundred_thousand_parts_is_refused() {
    let names: Vec<String> = (0..20_000).map(|n| format!("xl/{n:040}")).collect();
    let parts: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
    let bytes = package(CompressionMethod::STORE, &parts);
    let error = refused(&bytes);
    assert!(matches!(error, TableError::TooLarge { what: "archive's directory", .. }), "{error}");
}

#[test]
fn entities_of_a_document_s_own_are_not_resolved() {
    let mut sheet = String::from("<!DOCTYPE w [<!ENTITY a \"4444444444\">");
    for n in 0..30 {
        let _ = write!(sheet, "<!ENTITY b{n} \"&a;&a;&a;\">");
    }
    sheet.push_str(
        "]><worksheet><sheetData><row><c t='str'><v>&b29;</v></c></row></sheetData></worksheet>",
    );
    let bytes = package(CompressionMethod::DEFLATE, &[("xl/worksheets/sheet1.xml", &sheet)]);
    if let (rows, Ok(())) = read(&bytes) {
        assert_eq!(rows[0].cells, ["&b29;"]);
    }
}

#[test]
fn a_cell_far_to_the_right_is_refused() {
    let error = refused(&sheet("<row><c r='XFD1'><v>1</v></c></row>"));
    assert!(matches!(error, TableError::TooManyCells { line: 1 }), "{error}");
    let error = refused(&sheet("<row><c r='ZZZZZZZZZZ1'><v>1</v></c></row>"));
    assert!(matches!(error, TableError::TooManyCells { line: 1 }), "{error}");
}
