//! XLSX as Excel's writers make it, and as others do.

use std::io::{Cursor, Write as _};

use rust_xlsxwriter::{ExcelDateTime, Format as CellFormat, Workbook};
use tekser_table::{Format, Table, TableError};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::rows::{codes, refused, sound};

const SOUND: &str = "352099001761481";

/// A workbook of these parts, besides those that every one has.
pub fn package(method: CompressionMethod, parts: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(method);
    let common = [
        (
            "xl/workbook.xml",
            r#"<workbook xmlns:r="r"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>"#,
        ),
        (
            "xl/_rels/workbook.xml.rels",
            r#"<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/></Relationships>"#,
        ),
    ];
    for (name, text) in
        common.iter().filter(|(name, _)| !parts.iter().any(|(part, _)| part == name)).chain(parts)
    {
        zip.start_file(*name, options).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

pub fn sheet(rows: &str) -> Vec<u8> {
    let sheet = format!("<worksheet><sheetData>{rows}</sheetData></worksheet>");
    package(CompressionMethod::DEFLATE, &[("xl/worksheets/sheet1.xml", &sheet)])
}

/// A workbook by the library that many programs use.
pub fn by_a_library() -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet().set_name("Телефоны").unwrap();
    let date = CellFormat::new().set_num_format("dd.mm.yyyy");
    for (column, name) in ["Модель", "IMEI1", "IMEI2", "Дата"].iter().enumerate() {
        sheet.write(0, u16::try_from(column).unwrap(), *name).unwrap();
    }
    sheet.write(1, 0, "A54 & <Co>").unwrap();
    sheet.write(1, 1, SOUND).unwrap();
    sheet.write(1, 2, 354_178_036_859_789_f64).unwrap();
    sheet.write_with_format(1, 3, ExcelDateTime::from_ymd(2026, 1, 2).unwrap(), &date).unwrap();
    sheet.write(4, 1, 35_209_900_176_148_f64).unwrap();
    sheet.write(5, 1, "4,90154E+14").unwrap();
    sheet.write(5, 3, "1/2/26").unwrap();
    book.add_worksheet().set_name("Other").unwrap();
    book.save_to_buffer().unwrap()
}

#[test]
fn the_first_sheet_of_a_real_workbook_is_read() {
    let bytes = by_a_library();
    let rows = sound(&bytes);
    let cells: Vec<&str> = rows[1].cells.iter().map(String::as_str).collect();
    assert_eq!(cells, ["A54 & <Co>", SOUND, "354178036859789", "2026-01-02"]);
    let found = codes(&rows);
    let expected = [(2, ""), (5, "2:too_short"), (6, "2:scientific 4:date_form")]
        .map(|(line, codes)| (line, codes.to_owned()));
    assert_eq!(found, expected);
    let format = Table::from_bytes(bytes).unwrap().format();
    assert_eq!(format, Format::Workbook { sheet: "Телефоны".to_owned(), others: 1 });
}

#[test]
fn a_workbook_from_a_pipe_is_read_too() {
    let list = tekser_table::List::from_stream(Cursor::new(by_a_library())).unwrap();
    let (rows, end) = crate::rows::read_list(list);
    end.unwrap();
    assert_eq!(rows, sound(&by_a_library()));
}

#[test]
fn whole_numbers_are_exact_however_they_are_written() {
    for number in
        ["352099001761481", "3.52099001761481E14", "3.52099001761481E+14", "352099001761481.0"]
    {
        let rows = sound(&sheet(&format!("<row><c><v>{number}</v></c></row>")));
        assert_eq!(rows[0].cells, [SOUND], "{number}");
    }
    let rows = sound(&sheet("<row><c><v>35209900176148.1</v></c></row>"));
    assert_eq!(rows[0].codes, ["1:decimal_places"]);
}

#[test]
fn cells_come_in_many_forms() {
    let strings = "<sst><si><r><t>3520990</t></r><r><t>01761481</t></r><rPh><t>x</t></rPh></si>\
                   <si><t>&#50;&amp;&unknown;</t></si><si/></sst>";
    let sheet = "<x:worksheet xmlns:x='x'><x:sheetData><x:row r='7'>\
        <x:c r='B7' t='s'><x:v>0</x:v></x:c><x:c t='s'><x:v>1</x:v></x:c><x:c t='s'><x:v>2</x:v></x:c>\
        <x:c r='F7' t='inlineStr'><x:is><x:t>in</x:t><x:r><x:t>line</x:t></x:r></x:is></x:c>\
        <x:c t='b'><x:v>1</x:v></x:c><x:c t='e'><x:v>#N/A</x:v></x:c>\
        <x:c t='str'><x:f>A1</x:f><x:v><![CDATA[a<b]]></x:v></x:c><x:c r='XFD7' s='3'/>\
        </x:row></x:sheetData></x:worksheet>";
    for method in [CompressionMethod::STORE, CompressionMethod::DEFLATE] {
        let bytes = package(
            method,
            &[("xl/sharedStrings.xml", strings), ("xl/worksheets/sheet1.xml", sheet)],
        );
        let rows = sound(&bytes);
        let cells: Vec<&str> = rows[0].cells.iter().map(String::as_str).collect();
        assert_eq!(cells, ["", SOUND, "2&&unknown;", "", "", "inline", "TRUE", "#N/A", "a<b"]);
        assert_eq!(rows[0].line, 7);
    }
}

#[test]
fn hidden_sheets_are_passed_over() {
    let book = r#"<workbook xmlns:r="r"><workbookPr date1904="1"/><sheets>
        <sheet name="H" state="hidden" r:id="rId1"/><sheet name="V" r:id="rId2"/></sheets></workbook>"#;
    let relations = r#"<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/>
        <Relationship Id="rId2" Target="/xl/worksheets/Sheet2.xml"/></Relationships>"#;
    let sheet =
        "<worksheet><sheetData><row><c s='1'><v>44562</v></c></row></sheetData></worksheet>";
    let styles =
        "<styleSheet><cellXfs><xf numFmtId='0'/><xf numFmtId='14'/></cellXfs></styleSheet>";
    let bytes = package(
        CompressionMethod::DEFLATE,
        &[
            ("xl/workbook.xml", book),
            ("xl/_rels/workbook.xml.rels", relations),
            ("xl/worksheets/sheet2.xml", sheet),
            ("xl/styles.xml", styles),
        ],
    );
    assert_eq!(sound(&bytes)[0].cells, ["2026-01-02"]);
}

#[test]
fn a_workbook_cut_anywhere_is_refused() {
    let bytes = by_a_library();
    for length in (8..bytes.len()).step_by(61) {
        let error = refused(&bytes[..length]);
        assert!(matches!(error, TableError::Damaged(_)), "{length}: {error}");
    }
}

#[test]
fn a_workbook_with_a_changed_byte_gives_no_other_number() {
    let whole = sound(&by_a_library());
    let bytes = by_a_library();
    for at in (0..bytes.len()).step_by(37) {
        let mut changed = bytes.clone();
        changed[at] ^= 0x15;
        // What no checksum covers, such as the time of a part, may change without harm.
        let (rows, end) = crate::rows::read(&changed);
        if end.is_ok() {
            let numbers = |rows: &[crate::rows::Found]| -> Vec<String> {
                rows.iter()
                    .flat_map(|row| row.cells.clone())
                    .filter(|cell| cell.len() == 15)
                    .collect()
            };
            assert!(numbers(&rows).is_empty() || numbers(&rows) == numbers(&whole), "{at}");
        }
    }
}

#[test]
fn parts_that_are_not_there_are_named() {
    let no_sheet = package(CompressionMethod::DEFLATE, &[]);
    assert!(matches!(refused(&no_sheet), TableError::Damaged("a part is missing")));
    let no_text = sheet("<row><c t='s'><v>5</v></c></row>");
    assert!(matches!(refused(&no_text), TableError::Damaged("a text is missing")));
    let disorder = sheet("<row><c r='B1'><v>1</v></c><c r='A1'><v>2</v></c></row>");
    assert!(matches!(refused(&disorder), TableError::Damaged("cells out of order")));
}
