//! Reading a whole table for a test.

use tekser_table::{Judgement, List, Row, RowKind, TableError};

/// One row with what was found, by code and column from 1.
#[derive(Debug, PartialEq, Eq)]
pub struct Found {
    pub line: u64,
    pub kind: RowKind,
    pub cells: Vec<String>,
    pub codes: Vec<String>,
}

/// Every row of a table, and how it ended.
pub fn read(bytes: &[u8]) -> (Vec<Found>, Result<(), TableError>) {
    match List::from_bytes(bytes.to_vec()) {
        Ok(list) => read_list(list),
        Err(error) => (Vec::new(), Err(error)),
    }
}

pub fn read_list(mut list: List) -> (Vec<Found>, Result<(), TableError>) {
    let (mut row, mut judgement) = (Row::new(), Judgement::default());
    let mut rows = Vec::new();
    loop {
        match list.next_row(&mut row, &mut judgement) {
            Ok(true) => {}
            Ok(false) => return (rows, Ok(())),
            Err(error) => return (rows, Err(error)),
        }
        let codes = judgement.findings_with_places(&row).map(|(column, finding)| match column {
            Some(column) => format!("{}:{}", column + 1, finding.code()),
            None => finding.code().to_owned(),
        });
        rows.push(Found {
            line: row.line(),
            kind: judgement.kind,
            cells: row.cells().map(str::to_owned).collect(),
            codes: codes.collect(),
        });
    }
}

/// The rows of a sound table.
#[track_caller]
pub fn sound(bytes: &[u8]) -> Vec<Found> {
    let (rows, end) = read(bytes);
    end.unwrap();
    rows
}

/// Why a table can't be read.
#[track_caller]
pub fn refused(bytes: &[u8]) -> TableError {
    read(bytes).1.unwrap_err()
}

/// Line and what was found, of rows of the table only.
pub fn codes(rows: &[Found]) -> Vec<(u64, String)> {
    let data = rows.iter().filter(|row| row.kind == RowKind::Data);
    data.map(|row| (row.line, row.codes.join(" "))).collect()
}
