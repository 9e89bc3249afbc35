//! What is written: the same rows, harmless in Excel.

use tekser_table::write::{Asked, CsvStyle, CsvWriter, JsonLines};
use tekser_table::{Judgement, List, Row};

const PLAIN: CsvStyle = CsvStyle { separator: ';', mark: false };

fn csv(list: &str, style: CsvStyle) -> String {
    let mut list = List::from_bytes(list.as_bytes().to_vec()).unwrap();
    let mut writer = CsvWriter::new(Vec::new(), style, false, list.columns()).unwrap();
    let (mut row, mut judgement) = (Row::new(), Judgement::default());
    while list.next_row(&mut row, &mut judgement).unwrap() {
        writer.row(&row, &judgement, None).unwrap();
    }
    String::from_utf8(writer.finish().unwrap()).unwrap()
}

/// How a cell of a row is written.
#[track_caller]
fn check(cell: &str, expected: &str) {
    let row = Row::of(7, &[cell, "x"]);
    let mut writer = CsvWriter::new(Vec::new(), PLAIN, false, None).unwrap();
    writer.row(&row, &Judgement::default(), None).unwrap();
    let written = String::from_utf8(writer.finish().unwrap()).unwrap();
    let line = written.split_once("\r\n").unwrap().1;
    let start = "7;look;no_imei;there is no IMEI in this row;";
    assert_eq!(line, format!("{start}{expected};x\r\n"), "{cell:?}");
}

#[test]
fn a_formula_becomes_text() {
    check("=1+1", "'=1+1");
    check("+7 701 123 45 67", "'+7 701 123 45 67");
    check("@SUM(A1)", "'@SUM(A1)");
    check("-2+3", "'-2+3");
    check("-12,50", "\"-12,50\"");
    check("=HYPERLINK(\"http://x\";\"y\")", "\"'=HYPERLINK(\"\"http://x\"\";\"\"y\"\")\"");
    check("\t=1", "\"'\t=1\"");
    check("  =1", "\"'  =1\"");
    check("\u{ff1d}1", "'\u{ff1d}1");
}

#[test]
fn a_number_that_excel_would_change_stays_as_it_is() {
    check("490154203237518", "\"=\"\"490154203237518\"\"\"");
    check("00123", "\"=\"\"00123\"\"\"");
    check("4,90154E+14", "\"=\"\"4,90154E+14\"\"\"");
    check("490154203237518,00", "\"=\"\"490154203237518,00\"\"\"");
    check("99000", "99000");
    check("0", "0");
    check("02.01.2026", "02.01.2026");
    check("35-209900-176148-1", "35-209900-176148-1");
}

#[test]
fn what_is_written_can_be_read_again() {
    let list = "brand;imei;note\nX;352099001761481;a;\"b\"\"c\"\nY;0352099001761;\n";
    let written = csv(list, CsvStyle::default());
    let again = csv(&written, PLAIN);
    let cells = |text: &str| -> Vec<Vec<String>> {
        let reader = csv::ReaderBuilder::new()
            .delimiter(b';')
            .flexible(true)
            .has_headers(false)
            .from_reader(text.trim_start_matches('\u{feff}').as_bytes());
        reader
            .into_records()
            .map(|row| row.unwrap().iter().skip(4).map(str::to_owned).collect())
            .collect()
    };
    let (first, second) = (cells(&written), cells(&again));
    assert_eq!(first.len(), 3);
    for (first, second) in first.iter().zip(&second) {
        // What was found the first time stands before the cells the second time.
        assert_eq!(second[second.len() - first.len()..], first[..]);
    }
}

#[test]
fn titles_and_blank_rows_keep_their_places() {
    let written = csv("Shop;;\nbrand;imei;\n;;\nX;352099001761481;\n", PLAIN);
    let lines: Vec<&str> = written.lines().collect();
    assert_eq!(lines[0], "1;;;;Shop;;");
    assert_eq!(
        lines[1],
        "tekser_line;tekser_result;tekser_findings;tekser_explanation;brand;imei;"
    );
    assert_eq!(lines[2], "3;;;;;;");
    assert_eq!(lines[3], "4;sound;;;X;\"=\"\"352099001761481\"\"\";");
}

#[test]
fn a_row_whose_verdict_is_open_is_never_sound() {
    let row = Row::of(2, &["352099001761481"]);
    let mut list = List::from_bytes(b"352099001761481\n".to_vec()).unwrap();
    let (mut read, mut judgement) = (Row::new(), Judgement::default());
    assert!(list.next_row(&mut read, &mut judgement).unwrap());
    let asked = Asked {
        verdicts: "undetermined: unreachable".to_owned(),
        source: "sandbox".to_owned(),
        as_of: String::new(),
        needs_a_look: true,
    };
    let mut writer = CsvWriter::new(Vec::new(), PLAIN, true, None).unwrap();
    writer.row(&row, &judgement, Some(&asked)).unwrap();
    let written = String::from_utf8(writer.finish().unwrap()).unwrap();
    assert!(written.contains("2;look;;;undetermined: unreachable;sandbox;;"), "{written}");
    let mut lines = JsonLines::new(Vec::new());
    lines.row::<()>(&row, &judgement, &[], true).unwrap();
    assert!(String::from_utf8(lines.finish().unwrap()).unwrap().contains("\"result\":\"look\""));
}
