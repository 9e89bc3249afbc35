//! Rows in are rows out, in order, however the bytes are cut.

use std::io::{self, Read};

use proptest::prelude::*;
use tekser_table::{Judgement, List, Row, RowKind};

use crate::rows::{Found, read, read_list};

/// Gives its bytes in pieces of these lengths, again and again.
struct Pieces {
    bytes: io::Cursor<Vec<u8>>,
    lengths: std::iter::Cycle<std::vec::IntoIter<usize>>,
}

impl Read for Pieces {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let length = self.lengths.next().unwrap().min(into.len());
        self.bytes.read(&mut into[..length])
    }
}

fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[0-9]{13,17}",
        1 => "3520990017614[0-9]{2}",
        1 => "[0-9],[0-9]{5}E\\+14",
        2 => "[a-zа-я \"';,\t\n\r0-9=]{0,12}",
        1 => Just(String::new()),
    ]
}

fn table() -> impl Strategy<Value = Vec<Vec<String>>> {
    prop::collection::vec(prop::collection::vec(cell(), 2..6), 0..40)
}

fn as_csv(rows: &[Vec<String>], separator: u8) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new()
        .delimiter(separator)
        .flexible(true)
        .quote_style(csv::QuoteStyle::Always)
        .from_writer(Vec::new());
    rows.iter().for_each(|row| writer.write_record(row).unwrap());
    writer.into_inner().unwrap()
}

proptest! {
    #[test]
    fn rows_in_are_rows_out_in_order(rows in table(), separator in prop::sample::select(vec![b';', b',', b'\t'])) {
        // A first row that shows what separates the cells.
        let mut rows = rows;
        rows.insert(0, vec!["brand".to_owned(), "imei".to_owned()]);
        let (found, end) = read(&as_csv(&rows, separator));
        prop_assert!(end.is_ok());
        let cells: Vec<Vec<String>> = found.into_iter().map(|row| row.cells).collect();
        prop_assert_eq!(cells, rows);
    }

    #[test]
    fn it_does_not_matter_where_the_bytes_are_cut(
        rows in table(),
        lengths in prop::collection::vec(1_usize..50, 1..10),
    ) {
        let bytes = as_csv(&rows, b';');
        let (whole, _) = read(&bytes);
        let bytes = io::Cursor::new(bytes);
        let pieces = Pieces { bytes, lengths: lengths.into_iter().cycle() };
        let (cut, end) = read_list(List::from_stream(pieces).unwrap());
        prop_assert!(end.is_ok());
        prop_assert_eq!(cut, whole);
    }

    #[test]
    fn a_row_that_spans_pieces_is_whole(fill in 100_000_usize..140_000, width in 1_usize..2000) {
        let line = format!("{};352099001761481", "x".repeat(width));
        let lines = fill / line.len() * 2 + 2;
        let list = format!("a;imei\n{}", format!("{line}\r\n").repeat(lines));
        let (rows, end) = read(list.as_bytes());
        prop_assert!(end.is_ok());
        prop_assert_eq!(rows.len(), lines + 1);
        for (row, line) in rows.iter().zip(1..) {
            prop_assert_eq!(row.line, line);
            prop_assert_eq!(row.cells.len(), 2);
        }
    }

    #[test]
    fn any_bytes_end(bytes in prop::collection::vec(any::<u8>(), 0..3000)) {
        let _ = read(&bytes);
        let _ = read(&[b"imei;x\n\"", &bytes[..]].concat());
    }

    #[test]
    fn a_number_is_sound_only_as_it_stands(digits in "[0-9]{15}") {
        let (rows, _) = read(digits.as_bytes());
        let plain = tekser_imei::Imei::parse(digits.as_bytes());
        let unread = rows.iter().any(|row: &Found| row.codes.iter().any(|code| matches!(&code[2..], "check_digit" | "rounded")));
        prop_assert!(plain.is_ok() || unread);
    }
}

#[test]
fn rows_can_be_read_into_one_row_again_and_again() {
    let mut list = List::from_bytes(b"imei\n1\n2;3\n4\n".to_vec()).unwrap();
    let (mut row, mut judgement) = (Row::new(), Judgement::default());
    let mut kinds = Vec::new();
    while list.next_row(&mut row, &mut judgement).unwrap() {
        kinds.push((judgement.kind, row.len(), judgement.numbers.len()));
    }
    assert_eq!(
        kinds,
        [
            (RowKind::Header, 1, 0),
            (RowKind::Data, 1, 1),
            (RowKind::Data, 2, 1),
            (RowKind::Data, 1, 1)
        ]
    );
    assert!(!list.next_row(&mut row, &mut judgement).unwrap());
}
