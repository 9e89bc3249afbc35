//! `tekser check --file`: lists in, the same rows with what was found out.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;
use tempfile::tempdir;

use crate::program::{Ran, run, tekser};

const LIST: &str = "brand;IMEI1;дата\r\nX;352099001761481;02.01.2026\r\nY;4,90154E+14;2026-01-02\r\n\
                    Z;352099001761481;1.1.26\r\n=cmd|'/c calc'!A1;490154203237518;\r\n";

#[track_caller]
fn check(list: &[u8], arguments: &[&str]) -> Ran {
    let data = tempdir().unwrap();
    let file = data.path().join("list");
    fs::write(&file, list).unwrap();
    run(tekser(data.path()).arg("check").arg("--file").arg(&file).args(arguments))
}

#[test]
fn csv_for_excel_has_the_same_rows_with_what_was_found() {
    let ran = check(LIST.as_bytes(), &["--offline", "--output", "csv"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines.len(), 5);
    let header =
        "\u{feff}tekser_line;tekser_result;tekser_findings;tekser_explanation;brand;IMEI1;дата";
    assert_eq!(lines[0], header);
    assert_eq!(lines[1], "2;sound;;;X;\"=\"\"352099001761481\"\"\";02.01.2026");
    assert!(lines[2].starts_with("3;stop;2: scientific;"), "{}", lines[2]);
    assert!(lines[2].ends_with(";Y;\"=\"\"4,90154E+14\"\"\";2026-01-02"), "{}", lines[2]);
    assert!(lines[3].contains("2: duplicate, 3: date_form"), "{}", lines[3]);
    assert!(lines[3].contains("the same number is on line 2"), "{}", lines[3]);
    assert!(lines[4].contains(";'=cmd|'/c calc'!A1;"), "{}", lines[4]);
    assert!(ran.stderr.contains("4 rows: 3 IMEIs, 1 cells that are none, 1 duplicates"), "{ran:?}");
}

#[test]
fn csv_for_programs_has_commas_and_no_mark() {
    let options = ["--offline", "--output", "csv", "--separator", "comma", "--no-bom"];
    let ran = check(b"352099001761481\n", &options);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(
        ran.stdout.lines().next(),
        Some("tekser_line,tekser_result,tekser_findings,tekser_explanation")
    );
}

#[test]
fn json_lines_carry_the_registry_s_word_and_no_open_verdict_looks_clear() {
    let list = "imei\n490154203237518\n354626223546262\n352099001761481\n";
    let ran = check(list.as_bytes(), &["--output", "jsonl"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let lines: Vec<Value> =
        ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["kind"], "header");
    assert_eq!(lines[1]["imeis"][0]["answer"]["verdict"], "clear");
    assert_eq!(lines[2]["imeis"][0]["answer"]["verdict"], "undetermined");
    assert_eq!(lines[2]["result"], "look");
    assert_eq!(lines[3]["imeis"][0]["answer"]["verdict"], "grace");
    assert_eq!(lines[3]["result"], "look");
}

#[test]
fn csv_carries_the_registry_s_word_too() {
    let ran = check(b"imei\n354626223546262\n490154203237518\n", &["--output", "csv"]);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert!(lines[0].contains(";tekser_verdict;tekser_source;tekser_as_of;imei"), "{}", lines[0]);
    assert!(lines[1].starts_with("2;look;"), "{}", lines[1]);
    assert!(lines[1].contains(";undetermined: "), "{}", lines[1]);
    assert!(lines[2].contains(";clear;sandbox;"), "{}", lines[2]);
}

#[test]
fn standard_input_is_read_and_a_file_is_written() {
    let data = tempdir().unwrap();
    let found = data.path().join("found.csv");
    let mut child = tekser(data.path())
        .args(["check", "--offline", "--file", "-", "--output", "csv", "--out"])
        .arg(&found)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"imei\n352099001761481\n").unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(fs::read_to_string(&found).unwrap().lines().count(), 2);
    assert_eq!(left_over(data.path()), ["found.csv"]);
}

#[test]
fn a_list_may_take_the_place_of_itself() {
    let data = tempdir().unwrap();
    let file = data.path().join("list.csv");
    fs::write(&file, LIST).unwrap();
    let (file, form) = (file.to_str().unwrap(), ["--output", "csv", "--out"]);
    let ran =
        run(tekser(data.path()).args(["check", "--offline", "--file", file]).args(form).arg(file));
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert_eq!(fs::read_to_string(file).unwrap().lines().count(), 5);
}

#[test]
fn people_are_told_that_nobody_was_asked() {
    let ran = check(b"352099001761481\n490154203237519\n", &["--offline"]);
    assert!(ran.stdout.contains("sound; no registry was asked"), "{ran:?}");
    assert!(ran.stdout.contains("line 2: `490154203237519` is no IMEI"), "{ran:?}");
    assert!(!ran.stdout.contains("clear"), "{ran:?}");
    assert_eq!(ran.code, Some(1));
}

#[test]
fn programs_get_one_array() {
    let ran = check(b"352099001761481\n490154203237519\n", &["--offline", "--json"]);
    let items = ran.json();
    assert_eq!(items[0]["imei"], "352099001761481");
    assert_eq!(items[1]["error"], "check_digit");
    assert_eq!(items[1]["line"], 2);
}

#[test]
fn a_list_that_breaks_off_gives_what_it_has_and_says_where() {
    let ran = check(b"imei;x\n352099001761481;1\n1;\"open\n", &["--offline", "--output", "jsonl"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert_eq!(ran.stdout.lines().count(), 2);
    assert!(ran.stderr.contains("a quotation mark opened on line 3 is never closed"), "{ran:?}");
}

#[test]
fn a_workbook_with_a_password_is_named() {
    let mut list = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec();
    list.resize(1024, 0);
    list.extend("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes));
    let ran = check(&list, &["--offline"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("protected by a password"), "{ran:?}");
}

#[cfg(unix)]
#[test]
fn ctrl_c_stops_with_the_rows_that_are_done() {
    use std::io::{BufRead as _, BufReader, Read as _};

    let data = tempdir().unwrap();
    let mut child = tekser(data.path())
        .args(["check", "--offline", "--file", "-", "--output", "jsonl"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // More than one block, so that rows come out while the list has no end yet.
    let rows = "352099001761481\n".repeat(400_000);
    let feeder = std::thread::spawn(move || {
        let _ = stdin.write_all(rows.as_bytes());
        stdin
    });
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut text = String::new();
    stdout.read_line(&mut text).unwrap();
    let asked = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(asked.unwrap().success());
    stdout.read_to_string(&mut text).unwrap();
    let status = crate::program::wait(&mut child, std::time::Duration::from_secs(60)).unwrap();
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    drop(feeder.join());
    assert_eq!(status.code(), Some(1), "{said}");
    assert!(said.contains("stopped after"), "{said}");
    for line in text.lines() {
        assert!(serde_json::from_str::<Value>(line).is_ok(), "{line}");
    }
}

fn left_over(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}
