//! Any text ends; a number is given only as it stands; what is written is read again as the same
//! rows, and nothing in it is a formula. Rows that are copied in one piece are written as they are
//! cell by cell.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tekser_table::write::{CsvStyle, CsvWriter, JsonLines};
use tekser_table::{Block, Judgement, List, Row};

fuzz_target!(|bytes: &[u8]| {
    let Ok(mut list) = List::from_bytes(bytes.to_vec()) else {
        return;
    };
    let style = CsvStyle { separator: ';', mark: true };
    let mut csv = CsvWriter::new(Vec::new(), style, false, list.columns()).expect("memory");
    let mut lines = JsonLines::new(Vec::new());
    let (mut row, mut judgement) = (Row::new(), Judgement::default());
    let (mut rows, mut line) = (0, 0);
    let header = usize::from(list.columns().is_none());
    while let Ok(true) = list.next_row(&mut row, &mut judgement) {
        assert!(row.line() > line, "lines only grow");
        line = row.line();
        rows += 1;
        for number in &judgement.numbers {
            if let Ok(imei) = number.imei {
                let cell = row.cell(number.column);
                let digits: String = cell.chars().filter(char::is_ascii_digit).collect();
                assert_eq!(imei.as_str(), digits, "no digit is made up");
            }
            assert!(number.findings().all(|finding| !finding.to_string().is_empty()));
        }
        csv.row(&row, &judgement, None).expect("memory");
        lines.row::<()>(&row, &judgement, &[], false).expect("memory");
    }
    let json = String::from_utf8(lines.finish().expect("memory")).expect("text");
    assert_eq!(json.lines().count(), rows);
    let csv = csv.finish().expect("memory");
    assert!(csv == by_blocks(bytes, style), "another way, another table");
    check_written(csv, rows + header);
});

fn by_blocks(bytes: &[u8], style: CsvStyle) -> Vec<u8> {
    let mut list = List::from_bytes(bytes.to_vec()).expect("it was one before");
    let mut csv = CsvWriter::new(Vec::new(), style, false, list.columns()).expect("memory");
    let mut block = Block::new();
    while let Ok(true) = list.next_block(&mut block) {
        csv.block(&block).expect("memory");
    }
    csv.finish().expect("memory")
}

fn check_written(written: Vec<u8>, expected: usize) {
    let mut table = tekser_table::Table::from_bytes(written).expect("a table");
    let mut row = Row::new();
    let mut rows = 0;
    while table.next_row(&mut row).expect("it was written by us") {
        rows += 1;
        for cell in row.cells() {
            let kept = cell.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"'));
            let harmless = kept.is_some_and(|kept| !kept.contains(['"', '(', '|', '!']));
            assert!(harmless || !cell.starts_with(['=', '+', '@', '\t', '\r']), "a formula");
        }
    }
    assert_eq!(rows, expected);
}
