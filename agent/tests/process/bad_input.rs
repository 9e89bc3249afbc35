//! Bad input: a clear message with a cure, the right exit code, no panic.

use std::fs;

use tempfile::tempdir;

use crate::program::{Server, run, tekser};

#[track_caller]
fn check(arguments: &[&str], code: i32, said: &[&str]) {
    let data = tempdir().unwrap();
    let ran = run(tekser(data.path()).args(arguments));
    let text = format!("{}{}", ran.stdout, ran.stderr);
    assert_eq!(ran.code, Some(code), "{arguments:?}: {text}");
    for words in said {
        assert!(text.contains(words), "{arguments:?} says nothing of {words:?}: {text}");
    }
}

#[test]
fn a_wrong_check_digit_is_named() {
    check(&["check", "490154203237519"], 1, &["check digit is 9", "call for 8"]);
}

#[test]
fn an_imei_that_is_too_short_too_long_or_empty_is_a_finding() {
    check(&["check", "49015420323751"], 1, &["too few digits: 14"]);
    check(&["check", "49015420323751888"], 1, &["too many digits: 17"]);
    check(&["check", ""], 1, &["empty"]);
    check(&["check", "49015420З237518"], 1, &["no IMEI"]);
}

#[test]
fn nothing_to_check_is_a_usage_error() {
    check(&["check"], 2, &["--file", "--help"]);
    check(&[], 2, &["serve", "demo"]);
    check(&["frobnicate"], 2, &["frobnicate"]);
}

#[test]
fn a_directory_where_a_list_should_be_is_named() {
    let data = tempdir().unwrap();
    let path = data.path().to_str().unwrap();
    check(&["check", "--file", path], 2, &["is a directory"]);
    check(&["check", "--file", "/no/such/list.csv"], 2, &["cannot read /no/such/list.csv"]);
}

#[test]
fn a_list_without_imeis_says_what_belongs_in_it() {
    let data = tempdir().unwrap();
    let list = data.path().join("list.csv");
    fs::write(&list, "brand;model\nX;Y\n").unwrap();
    check(&["check", "--file", list.to_str().unwrap()], 2, &["no cell that could be an IMEI"]);
}

#[test]
fn one_bad_line_does_not_spoil_a_list() {
    let data = tempdir().unwrap();
    let list = data.path().join("list.csv");
    fs::write(&list, "imei;imei2\n490154203237518;4901542O3237518\n352099001761481;\n").unwrap();
    let said = ["✓ clear", "line 2", "… grace until"];
    check(&["check", "--file", list.to_str().unwrap()], 1, &said);
}

#[test]
fn a_port_that_is_none_is_named_with_a_cure() {
    check(&["read", "--port", "/no/such/port"], 3, &["/no/such/port", "what to do"]);
    let data = tempdir().unwrap();
    let path = data.path().to_str().unwrap();
    check(&["read", "--port", path], 3, &["is not a serial port", "what to do"]);
}

#[test]
fn a_file_where_the_data_directory_should_be_is_named() {
    let data = tempdir().unwrap();
    let file = data.path().join("file");
    fs::write(&file, "").unwrap();
    let ran = run(tekser(&file).args(["check", "490154203237518"]));
    assert_eq!(ran.code, Some(3));
    assert!(ran.stderr.contains("is not a directory"), "{ran:?}");
    assert!(ran.stderr.contains("--data-dir"), "{ran:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_data_directory_that_cannot_be_written_is_named() {
    // Not even root can make files in /proc, so this holds whoever runs the test.
    for command in [&["check", "490154203237518"][..], &["serve"], &["demo", "--once"]] {
        let ran = run(tekser("/proc/self".as_ref()).args(command));
        assert_eq!(ran.code, Some(3), "{ran:?}");
        assert!(ran.stderr.contains("cannot write to /proc/self"), "{ran:?}");
        assert!(ran.stderr.contains("--data-dir"), "{ran:?}");
    }
}

#[test]
fn a_damaged_database_is_left_alone_and_named() {
    let data = tempdir().unwrap();
    let file = data.path().join("station.db");
    let damaged = b"this is no database at all, and it is longer than a header is. ".repeat(40);
    fs::write(&file, &damaged).unwrap();
    let ran = run(tekser(data.path()).args(["check", "490154203237518"]));
    assert_eq!(ran.code, Some(3), "{ran:?}");
    assert!(ran.stderr.contains("station.db"), "{ran:?}");
    assert_eq!(fs::read(&file).unwrap(), damaged);
}

#[test]
fn a_modem_is_shown_by_name_only() {
    check(&["read", "--show-modem"], 2, &["--device"]);
    let nowhere = ["read", "--device", "usb:99-99", "--show-modem"];
    check(&nowhere, 3, &["nothing is plugged in at usb:99-99"]);
}

#[test]
fn only_a_loopback_address_can_be_listened_on() {
    check(&["serve", "--address", "0.0.0.0:7470"], 2, &["loopback", "this machine only"]);
    check(&["serve", "--address", "localhost"], 2, &["127.0.0.1:7470"]);
}

#[test]
fn an_address_in_use_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    check(&["serve", "--address", &address], 3, &[&address, "--address"]);
}

#[test]
fn a_second_station_on_the_same_data_is_refused() {
    let data = tempdir().unwrap();
    let _first = Server::start(tekser(data.path()).args(["serve", "--address", "127.0.0.1:0"]));
    let second = run(tekser(data.path()).args(["serve", "--address", "127.0.0.1:0"]));
    assert_eq!(second.code, Some(3), "{second:?}");
    assert!(second.stderr.contains("another station is running"), "{second:?}");
}

#[test]
fn errors_are_json_for_programs() {
    let data = tempdir().unwrap();
    let ran = run(tekser(data.path()).args(["--json", "read", "--port", "/no/such/port"]));
    let error: serde_json::Value = serde_json::from_str(&ran.stderr).unwrap();
    assert_eq!(error["exit"], 3);
    assert!(error["cure"].is_string(), "{error}");
}
