//! CSV, TSV, one number per line; encodings; headers; damage by row.

use tekser_table::{Format, List, RowKind, Table};

use crate::rows::{codes, sound};

const SOUND: &str = "352099001761481";
const OTHER: &str = "354178036859789";

/// What is found, row by row.
#[track_caller]
fn check(bytes: &[u8], expected: &[(u64, &str)]) {
    let found = codes(&sound(bytes));
    let found: Vec<(u64, &str)> = found.iter().map(|(line, codes)| (*line, &codes[..])).collect();
    assert_eq!(found, expected, "{}", String::from_utf8_lossy(bytes));
}

#[test]
fn one_number_per_line() {
    let list = format!("{SOUND}\n{OTHER}\r\n\r\n490154203237519\nGalaxy\n{SOUND}");
    let expected =
        [(1, ""), (2, ""), (4, "1:check_digit"), (5, "1:not_a_digit"), (6, "1:duplicate")];
    check(list.as_bytes(), &expected);
    check(format!("{SOUND}\r{OTHER}\r").as_bytes(), &[(1, ""), (2, "")]);
}

#[test]
fn every_separator_is_found() {
    for separator in [";", ",", "\t"] {
        let list = ["brand", "imei1", "imei2\nX", SOUND, OTHER].join(separator);
        check(list.as_bytes(), &[(2, "")]);
        let list = [SOUND, "X", OTHER].join(separator);
        check(list.as_bytes(), &[(1, "")]);
        let table = Table::from_bytes(list.into_bytes()).unwrap();
        assert_eq!(table.format(), Format::Text { separator: separator.parse().unwrap() });
    }
}

#[test]
fn every_encoding_is_read() {
    let list = format!("Марка;ИМЕИ;Имей2\r\nСамсунг;{SOUND};4,90154Е+14\r\nӘлем;;\r\n");
    let expected = [(2, "3:scientific"), (3, "no_imei")];
    check(list.as_bytes(), &expected);
    check(format!("\u{feff}{list}").as_bytes(), &expected);
    let wide: Vec<u16> = format!("\u{feff}{list}").encode_utf16().collect();
    let little: Vec<u8> = wide.iter().flat_map(|unit| unit.to_le_bytes()).collect();
    check(&little, &expected);
    let big: Vec<u8> = wide.iter().flat_map(|unit| unit.to_be_bytes()).collect();
    check(&big, &expected);
    let windows = encoding_rs::WINDOWS_1251.encode(&list.replace("Әлем", "Мир")).0.into_owned();
    check(&windows, &expected);
    assert_eq!(sound(&windows)[1].cells[0], "Самсунг");
}

#[test]
fn the_encoding_is_found_far_down_too() {
    let mut list = format!("imei;brand\n{SOUND};X\n").into_bytes();
    for _ in 0..20_000 {
        list.extend(b"490154203237519;X\n");
    }
    list.extend(encoding_rs::WINDOWS_1251.encode("490154203237519;Самсунг\n").0.iter());
    assert_eq!(sound(&list).last().unwrap().cells[1], "Самсунг");
}

#[test]
fn quoted_cells_may_hold_anything() {
    let list = format!(
        "brand;imei\n\"A;\"\"B\"\"\nC\";\"{SOUND}\"\r\n6.5\" phone;\"{OTHER}\"\nX;\"=\"\"{SOUND}\"\"\"\n"
    );
    check(list.as_bytes(), &[(2, ""), (4, ""), (5, "2:duplicate")]);
    assert_eq!(sound(list.as_bytes())[1].cells, ["A;\"B\"\nC", SOUND]);
    assert_eq!(sound(list.as_bytes())[2].cells[0], "6.5\" phone");
}

#[test]
fn titles_come_before_a_header() {
    let list = format!("Склад 5, 01.02.2026;;\n;;\nМодель;IMEI 1;IMEI 2\nA54;{SOUND};\n");
    let rows = sound(list.as_bytes());
    let kinds: Vec<RowKind> = rows.iter().map(|row| row.kind).collect();
    assert_eq!(kinds, [RowKind::Above, RowKind::Above, RowKind::Header, RowKind::Data]);
    assert_eq!(codes(&rows), [(4, String::new())]);
}

#[test]
fn without_a_header_cells_that_are_meant_are_found() {
    let list = format!(
        "A54;{SOUND};+7 701 123 45 67;900101300123;02.01.2026\n\
         A55;4,90154E+14;8 701 1234567;;\nA56;none;;;\n;;;;\n"
    );
    check(list.as_bytes(), &[(1, ""), (2, "2:scientific"), (3, "no_imei")]);
    assert_eq!(sound(list.as_bytes())[3].kind, RowKind::Blank);
}

#[test]
fn dates_have_two_forms() {
    let list = format!(
        "imei;Дата ввоза\n{SOUND};2026-01-02\n{OTHER};02.01.2026\n;31.02.2026\n;1/2/26\n;\n"
    );
    let expected = [(2, ""), (3, ""), (4, "2:no_such_day no_imei"), (5, "2:date_form no_imei")];
    check(list.as_bytes(), &expected);
}

#[test]
fn a_number_that_comes_again_is_told_with_its_place() {
    // Identity is the first 14 digits, so a wrong check digit is no other phone; but it is none.
    let list = format!("imei1;imei2\n{SOUND};{SOUND}\n{OTHER};\n;{SOUND}\n");
    check(list.as_bytes(), &[(2, "2:same_in_row"), (3, ""), (4, "2:duplicate")]);
}

#[test]
fn what_looks_made_up_is_told() {
    check(
        b"imei\n000000000000000\n",
        &[(
            2,
            "1:all_zeros 1:two_distinct_digits 1:test_reporting_body 1:repeated_digit 1:repeated_halves 1:zero_serial_number",
        )],
    );
}

#[test]
fn totals_say_what_the_list_came_to() {
    let list = format!("imei\n{SOUND}\n{SOUND}\n1\nx;y\n");
    let mut list = List::from_bytes(list.into_bytes()).unwrap();
    let (mut row, mut judgement) = Default::default();
    while list.next_row(&mut row, &mut judgement).unwrap() {}
    let totals = list.totals();
    assert_eq!((totals.rows, totals.imeis, totals.not_imeis), (4, 2, 2));
    assert_eq!((totals.different, totals.duplicates), (1, 1));
    assert_eq!((totals.look, totals.stop), (1, 2));
}

#[test]
fn nothing_is_a_table_of_no_rows() {
    for bytes in [&b""[..], b"\n\n", b"\xef\xbb\xbf", b"sep=;\n"] {
        assert_eq!(sound(bytes).len(), 0);
    }
}
