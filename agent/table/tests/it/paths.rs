//! The way by which most rows go is short: marks found many at a time, cells taken as they stand,
//! rows copied in one piece. It comes to the same as the long way, cell by cell, for any table.

use std::collections::HashMap;
use std::io::{self, Read};

use proptest::prelude::*;
use tekser_imei::{Imei, Suspicions};
use tekser_table::write::{CsvStyle, CsvWriter, JsonLines};
use tekser_table::{
    Block, Columns, Earlier, Judgement, List, Number, Row, RowKind, TableError, read_cell,
    read_date,
};

/// Rows as another reader of CSV gives them.
fn rows(text: &str, separator: u8) -> Vec<Row> {
    let reader = csv::ReaderBuilder::new()
        .delimiter(separator)
        .flexible(true)
        .has_headers(false)
        .from_reader(text.as_bytes());
    let records = reader.into_records().map(Result::unwrap);
    records.map(|record| Row::of(0, &record.iter().collect::<Vec<_>>())).collect()
}

/// What the rules say, one row after the other; the header is the first.
fn judged(rows: &[Row], lines: &[u64]) -> Vec<(Row, Judgement)> {
    let columns = Columns::named_by(&rows[0]).unwrap();
    let mut seen = HashMap::new();
    let judge = |(at, row): (usize, &Row)| {
        let cells: Vec<&str> = row.cells().collect();
        let row = Row::of(lines[at], &cells);
        let mut judgement = Judgement::default();
        if at == 0 {
            judgement.kind = RowKind::Header;
            return (row, judgement);
        }
        let there = |at: &&usize| !row.cell(**at).trim_ascii().is_empty();
        for &column in columns.imeis().iter().filter(there) {
            let imei = read_cell(row.cell(column));
            let earlier = imei.ok().and_then(|imei| {
                let is_twin =
                    |other: &&Number| other.imei.is_ok_and(|other| other.imei14() == imei.imei14());
                match judgement.numbers.iter().find(is_twin) {
                    Some(twin) => Some(Earlier::Column(twin.column)),
                    None => {
                        let before = seen.get(&imei.imei14()).copied().map(Earlier::Line);
                        seen.entry(imei.imei14()).or_insert(row.line());
                        before
                    }
                }
            });
            let suspicions = imei.map_or(Suspicions::NONE, Imei::suspicions);
            judgement.numbers.push(Number { column, imei, suspicions, earlier });
        }
        let dates = columns.dates().iter().filter(there);
        judgement.dates = dates.map(|&at| (at, read_date(row.cell(at)))).collect();
        if judgement.numbers.is_empty() && judgement.dates.is_empty() && row.is_blank() {
            judgement.kind = RowKind::Blank;
        }
        (row, judgement)
    };
    rows.iter().enumerate().map(judge).collect()
}

/// What was written, and how the table ended.
struct Written {
    csv: Vec<u8>,
    json: Vec<u8>,
    lines: Vec<u64>,
    end: Result<bool, TableError>,
}

fn by_blocks(mut list: List, style: CsvStyle) -> Written {
    let mut csv = CsvWriter::new(Vec::new(), style, false, list.columns()).unwrap();
    let (mut json, mut lines) = (JsonLines::new(Vec::new()), Vec::new());
    let mut block = Block::new();
    let end = loop {
        match list.next_block(&mut block) {
            Ok(true) => {}
            end => break end,
        }
        csv.block(&block).unwrap();
        for (row, judgement) in block.rows() {
            lines.push(row.line());
            json.row::<()>(row, judgement, &[], false).unwrap();
        }
    };
    Written { csv: csv.finish().unwrap(), json: json.finish().unwrap(), lines, end }
}

fn one_by_one(rows: &[(Row, Judgement)], style: CsvStyle, columns: Option<&Columns>) -> Written {
    let mut csv = CsvWriter::new(Vec::new(), style, false, columns).unwrap();
    let mut json = JsonLines::new(Vec::new());
    for (row, judgement) in rows {
        csv.row(row, judgement, None).unwrap();
        json.row::<()>(row, judgement, &[], false).unwrap();
    }
    let lines = rows.iter().map(|(row, _)| row.line()).collect();
    Written { csv: csv.finish().unwrap(), json: json.finish().unwrap(), lines, end: Ok(false) }
}

fn same(found: &Written, expected: &Written) -> Result<(), TestCaseError> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    prop_assert_eq!(text(&found.csv), text(&expected.csv));
    prop_assert_eq!(text(&found.json), text(&expected.json));
    prop_assert_eq!(&found.lines, &expected.lines);
    Ok(())
}

/// A cell: sound, damaged, of another kind, quoted or with what looks like a quotation.
fn cell() -> impl Strategy<Value = String> {
    let imei = prop::sample::select(vec![
        "352099001761481",
        "354178036859789",
        "490154203237518",
        "000000000000000",
        "449000000000006",
    ]);
    prop_oneof![
        6 => imei.clone().prop_map(str::to_owned),
        2 => "3[0-9]{13,15}",
        1 => imei.clone().prop_map(|imei| format!("\"=\"\"{imei}\"\"\"")),
        1 => imei.prop_map(|imei| format!(" {imei}")),
        1 => "[1-9],[0-9]{5}E\\+14",
        1 => "202[0-9]-[01][0-9]-[0-3][0-9]",
        1 => "[=+@-][a-z0-9(]{0,5}",
        1 => "[0-9]{1,3} [a-z\"]{0,3}",
        1 => "\"[a-zя;,\t\n\r ]{0,9}(\"\")?\"",
        2 => "[a-zA-Zа-я0-9 ]{0,12}",
        2 => Just(String::new()),
    ]
}

const SEPARATORS: [&str; 3] = [";", ",", "\t"];

fn table() -> impl Strategy<Value = (String, u8)> {
    let row = prop::collection::vec(cell(), 1..7);
    let end = prop::sample::select(vec!["\n", "\r\n", "\r", "\n\n"]);
    let rows = prop::collection::vec((row, end), 0..60);
    (rows, prop::sample::select(SEPARATORS.to_vec())).prop_map(|(rows, separator)| {
        let header = ["imei1", "imei 2", "date", "note"].join(separator);
        let rows = rows.iter().map(|(row, end)| row.join(separator) + end);
        (format!("{header}\n{}", rows.collect::<String>()), separator.as_bytes()[0])
    })
}

/// The same text by any encoding that holds it.
fn encoded(text: &str, which: usize) -> Vec<u8> {
    let wide = |unit: fn(u16) -> [u8; 2]| {
        format!("\u{feff}{text}").encode_utf16().flat_map(unit).collect()
    };
    match which {
        0 => text.as_bytes().to_vec(),
        1 => format!("\u{feff}{text}").into_bytes(),
        2 => wide(u16::to_le_bytes),
        3 => wide(u16::to_be_bytes),
        _ => encoding_rs::WINDOWS_1251.encode(text).0.into_owned(),
    }
}

/// Gives a few bytes at a time, and is longer than what is read at first.
struct Slowly(io::Cursor<Vec<u8>>);

impl Read for Slowly {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let length = into.len().min(7919);
        self.0.read(&mut into[..length])
    }
}

proptest! {
    #[test]
    fn the_short_way_comes_to_the_same_as_the_long_one(
        (text, separator) in table(),
        encoding in 0_usize..5,
        style in 0_usize..3,
    ) {
        let bytes = encoded(&text, encoding);
        let style = CsvStyle { separator: SEPARATORS[style].parse().unwrap(), mark: false };
        let found = by_blocks(List::from_bytes(bytes).unwrap(), style);
        prop_assert!(found.end.is_ok(), "{:?}", found.end);
        let rows = rows(&text, separator);
        prop_assert_eq!(found.lines.len(), rows.len());
        prop_assert!(found.lines.is_sorted_by(|a, b| a < b));
        let rows = judged(&rows, &found.lines);
        let columns = Columns::named_by(&rows[0].0);
        same(&found, &one_by_one(&rows, style, columns.as_ref()))?;
    }

    /// With and without a header, also where the table can't be read to its end.
    #[test]
    fn rows_one_by_one_are_the_rows_of_the_blocks(bytes in prop_oneof![
        "[;,\t\n\r\" imei0-9]{0,400}".prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 0..400),
    ]) {
        let Ok(mut list) = List::from_bytes(bytes.clone()) else {
            return Ok(());
        };
        let (mut rows, mut row, mut judgement) = (Vec::new(), Row::new(), Judgement::default());
        let end = loop {
            match list.next_row(&mut row, &mut judgement) {
                Ok(true) => rows.push((row.clone(), judgement.clone())),
                end => break end,
            }
        };
        let blocks = List::from_bytes(bytes).unwrap();
        let columns = blocks.columns().cloned();
        let found = by_blocks(blocks, CsvStyle::default());
        same(&found, &one_by_one(&rows, CsvStyle::default(), columns.as_ref()))?;
        prop_assert_eq!(format!("{:?}", found.end), format!("{end:?}"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    /// Longer than a block, so that rows are cut, blocks are full and the reading thread is at work.
    #[test]
    fn where_a_block_ends_makes_no_difference(
        (text, separator) in table(),
        filler in 0_usize..300,
        times in 1_usize..4,
    ) {
        let (header, rest) = text.split_once('\n').unwrap();
        let filled = format!("{};{}\n", "x".repeat(filler), "352099001761481".repeat(2));
        let filled = filled.replace(';', str::from_utf8(&[separator]).unwrap());
        let many = filled.repeat(150_000 / filled.len());
        // A last row without an end would go on in the next one.
        let text = format!("{header}\n{}", format!("{rest}\n{many}").repeat(times));
        let list = List::from_stream(Slowly(io::Cursor::new(text.clone().into_bytes()))).unwrap();
        let found = by_blocks(list, CsvStyle::default());
        prop_assert!(found.end.is_ok(), "{:?}", found.end);
        let rows = rows(&text, separator);
        prop_assert_eq!(found.lines.len(), rows.len());
        let rows = judged(&rows, &found.lines);
        let columns = Columns::named_by(&rows[0].0);
        same(&found, &one_by_one(&rows, CsvStyle::default(), columns.as_ref()))?;
    }
}

/// Every form of a row at once, byte for byte.
#[test]
fn a_table_of_every_kind_is_written_so() {
    let table = "Shop;;\nbrand;imei1;imei2;date\n\
        A;352099001761481;354178036859789;2026-01-02\r\n\
        A;352099001761481;352099001761481;02.01.2026\n\
        B;4,90154E+14;'490154203237518;31.02.2026\n\
        =1+1;;;\n\n;;;\n\
        \"a;b\";\"=\"\"490154203237518\"\"\";49015420323751;1/2/26\n\
        C;000000000000000";
    let list = List::from_bytes(table.as_bytes().to_vec()).unwrap();
    let style = CsvStyle { separator: ';', mark: false };
    let found = String::from_utf8(by_blocks(list, style).csv).unwrap();
    let cells: Vec<Vec<&str>> = found.lines().map(|line| line.splitn(5, ';').collect()).collect();
    let first = |n: usize| cells[n][..2].join(";");
    assert_eq!(
        cells[2].join(";"),
        "3;sound;;;A;\"=\"\"352099001761481\"\"\";\"=\"\"354178036859789\"\"\";2026-01-02"
    );
    assert_eq!(cells[3][..3].join(";"), "4;look;\"2: duplicate, 3: same_in_row\"");
    assert_eq!(
        cells[4][..3].join(";"),
        "5;stop;\"2: scientific, 3: retired_reporting_body, 4: no_such_day\""
    );
    assert_eq!([first(0), first(5), first(6), first(8)], ["1;", "6;look", "8;", "10;stop"]);
}
