//! What `service call` prints, in every known shape.

use proptest::collection::vec;
use proptest::prelude::*;
use tekser_hardware::adb::identity::identity;
use tekser_hardware::adb::parcel::{Parcel, ParcelError};

use super::{ONE, dump, parcel, words};

#[track_caller]
fn assert_text(output: &str, text: &str) {
    assert_eq!(Parcel::parse(output.as_bytes()), Ok(Parcel::Text(text.to_owned())), "{output}");
}

/// Android 5, as the handbooks have it.
const AWESOME: &str = "Result: Parcel(
  0x00000000: 00000000 0000000f 00360038 00390030 '........8.6.0.9.'
  0x00000010: 00350035 00320030 00370037 00350038 '5.5.0.2.7.7.8.5.'
  0x00000020: 00340030 00000031                   '0.4.1...        ')
";

#[test]
fn an_imei_over_three_lines_is_read() {
    assert_text(AWESOME, "860955027785041");
}

#[test]
fn a_test_number_of_an_oppo_is_read() {
    assert_text(
        "Result: Parcel(
  0x00000000: 00000000 0000000f 00390034 00300039 '........4.9.9.0.'
  0x00000010: 00310030 00300032 00300030 00300030 '0.1.2.0.0.0.0.0.'
  0x00000020: 00300030 00000034                   '0.0.4...        ')",
        "499001200000004",
    );
}

#[test]
fn an_imei_that_fails_its_check_is_read_as_it_is() {
    let output = "Result: Parcel(
  0x00000000: 00000000 0000000f 00350033 00320035 '........3.5.5.2.'
  0x00000010: 00360033 00350030 00360038 00350038 '3.6.0.5.8.6.8.5.'
  0x00000020: 00390038 00000034                   '8.9.4...        ')";
    assert_text(output, "355236058685894");
}

#[test]
fn an_imei_of_another_phone_is_read() {
    let output = "Result: Parcel(
  0x00000000: 00000000 0000000f 00350033 00360033 '........3.5.3.6.'
  0x00000010: 00360032 00370030 00300032 00300039 '2.6.0.7.2.0.9.0.'
  0x00000020: 00380033 00000039                   '3.8.9...        ')";
    assert_text(output, "353626072090389");
}

#[test]
fn null_is_no_text() {
    let output = "Result: Parcel(00000000 ffffffff   '........')";
    assert_eq!(Parcel::parse(output.as_bytes()), Ok(Parcel::Null));
    assert_eq!(Parcel::parse(b"Result: Parcel(NULL)"), Ok(Parcel::Null));
    assert_eq!(Parcel::parse(b"Result: Parcel(00000000    '....')"), Ok(Parcel::Null));
}

#[test]
fn refusals_are_exceptions() {
    for (output, code) in [
        ("Result: Parcel(ffffffec 00000000 '........')", -20),
        ("Result: Parcel(fffffffc ffffffff '........')", -4),
        ("Result: Parcel(ffffffff 00000000 '........')", -1),
        ("Result: Parcel(ffffffff   '....')", -1),
    ] {
        let message = String::new();
        assert_eq!(
            Parcel::parse(output.as_bytes()),
            Ok(Parcel::Exception { code, message }),
            "{output}"
        );
    }
}

#[test]
fn the_text_of_an_exception_is_kept_apart() {
    let said =
        "getDeviceId: The user 10240 does not meet the requirements to access device identifiers.";
    let mut words = words(u32::MAX, said);
    assert_eq!(words[..4], [0xffff_ffff, 0x58, 0x0065_0067, 0x0044_0074]);
    // Newer versions put a stack trace behind it.
    words.push(0);
    let message = said.to_owned();
    let parsed = Parcel::parse(dump(&words).as_bytes());
    assert_eq!(parsed, Ok(Parcel::Exception { code: -1, message }));
}

#[test]
fn a_short_text_comes_on_one_line() {
    let output = "Result: Parcel(00000000 00000002 00310030 00000000 '........0.1.....')";
    assert_text(output, "01");
    assert_eq!(identity("01"), None);
}

#[test]
fn other_indentation_and_line_ends_are_the_same_parcel() {
    assert_text(&AWESOME.replace('\n', "\r\n"), "860955027785041");
    assert_text(&AWESOME.replace('\n', "\r\r\n"), "860955027785041");
    assert_text(&AWESOME.replace("\n  ", "\n    "), "860955027785041");
    assert_text(&AWESOME.replace("\n  ", "\n\t"), "860955027785041");
    assert_text(&AWESOME.replace("\n  ", "\n"), "860955027785041");
    assert_text(&format!("WARNING: linker: unused DT entry\n{AWESOME}"), "860955027785041");
    assert_text(&format!("{AWESOME}\nexit\n"), "860955027785041");
}

#[test]
fn the_text_beside_the_words_is_never_read() {
    let output = AWESOME.replace("8.6.0.9.", "1.1.1.1.").replace("0.4.1...", "'00000035'");
    assert_text(&output, "860955027785041");
}

#[test]
fn every_cut_of_a_dump_is_whole_or_an_error() {
    for cut in 0..AWESOME.len() {
        match Parcel::parse(&AWESOME.as_bytes()[..cut]) {
            Ok(Parcel::Text(text)) => assert_eq!(text, "860955027785041", "cut at {cut}"),
            Ok(other) => panic!("{other:?} at {cut}"),
            Err(_) => {}
        }
    }
}

#[test]
fn a_missing_or_doubled_line_is_an_error() {
    let lines: Vec<&str> = AWESOME.lines().collect();
    for missing in 1..lines.len() {
        let mut left = lines.clone();
        left.remove(missing);
        assert!(Parcel::parse(left.join("\n").as_bytes()).is_err(), "without line {missing}");
        let mut doubled = lines.clone();
        doubled.insert(missing, lines[missing]);
        assert!(Parcel::parse(doubled.join("\n").as_bytes()).is_err(), "line {missing} twice");
    }
}

#[test]
fn lines_out_of_order_are_an_error() {
    let mut lines: Vec<&str> = AWESOME.lines().collect();
    lines.swap(1, 2);
    assert_eq!(Parcel::parse(lines.join("\n").as_bytes()), Err(ParcelError::Damaged));
    let shifted = AWESOME.replace("0x00000020", "0x00000030");
    assert_eq!(Parcel::parse(shifted.as_bytes()), Err(ParcelError::Damaged));
    // Same words, other places: they would make another number.
    let text = "490154203237518356938035643809";
    let whole = parcel(text);
    let mut lines: Vec<&str> = whole.lines().collect();
    lines.swap(2, 3);
    assert_eq!(Parcel::parse(lines.join("\n").as_bytes()), Err(ParcelError::Damaged));
}

#[test]
fn words_behind_a_text_are_an_error() {
    for more in [[0].as_slice(), &[0, 0], &[0x0031]] {
        let words = [words(0, ONE).as_slice(), more].concat();
        assert_eq!(Parcel::parse(dump(&words).as_bytes()), Err(ParcelError::Length));
    }
}

#[test]
fn a_length_that_lies_is_an_error() {
    for length in (0_u32..64).chain([0x100, 0x7fff_ffff, 0xffff_fffe]) {
        let lying = AWESOME.replace("0000000f", &format!("{length:08x}"));
        let parsed = Parcel::parse(lying.as_bytes());
        assert_eq!(parsed.is_ok(), length == 15, "{length}: {parsed:?}");
    }
}

#[test]
fn a_length_that_hides_the_last_digits_is_an_error() {
    let mut words = words(0, ONE);
    words[1] = 14;
    assert_eq!(Parcel::parse(dump(&words).as_bytes()), Err(ParcelError::Length));
}

#[test]
fn what_is_no_parcel_says_why() {
    for (output, error) in [
        ("", ParcelError::Absent),
        ("service: Service iphonesubinfo does not exist\n", ParcelError::Absent),
        ("/system/bin/sh: service: inaccessible or not found\n", ParcelError::Absent),
        ("Result: Parcel(Error: 0xffffffffffffffb6 \"Not a data message\")", ParcelError::Failed),
        ("Result: Parcel(", ParcelError::Damaged),
        ("Result: Parcel(zzzzzzzz '....')", ParcelError::Damaged),
        ("Result: Parcel(00000001 00000000 '........')", ParcelError::NoText),
    ] {
        assert_eq!(Parcel::parse(output.as_bytes()), Err(error), "{output}");
    }
}

#[test]
fn the_dumps_of_this_test_are_those_of_phones() {
    assert_eq!(parcel("860955027785041"), AWESOME);
}

proptest! {
    #[test]
    fn a_text_comes_through(text in "[ -~]{0,40}") {
        let parsed = Parcel::parse(parcel(&text).as_bytes());
        prop_assert_eq!(parsed, Ok(Parcel::Text(text)));
    }

    /// Digits that are not in the words, in their order, are never told.
    #[test]
    fn no_digit_is_told_that_is_not_in_the_words(
        raw in vec(prop_oneof![0x0030u32..0x003a, Just(0), any::<u32>(), (0x30u32..0x3a).prop_map(|d| d << 16 | d)], 0..20),
        length in 0u32..20,
        damage in vec((any::<prop::sample::Index>(), any::<u8>()), 0..3),
    ) {
        let words: Vec<u32> = [0, length].into_iter().chain(raw).collect();
        let mut bytes = dump(&words).into_bytes();
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(Parcel::Text(text)) = Parcel::parse(&bytes) {
            let shown = String::from_utf8_lossy(&bytes).replace('\u{fffd}', " ");
            let hex = shown.to_lowercase();
            let there = text.encode_utf16().all(|unit| hex.contains(&format!("{unit:04x}")));
            prop_assert!(there);
        }
    }

    #[test]
    fn any_bytes_are_a_parcel_or_an_error(bytes in vec(any::<u8>(), 0..400)) {
        let _ = Parcel::parse(&bytes);
        let mut framed = b"Result: Parcel(".to_vec();
        framed.extend(bytes);
        let _ = Parcel::parse(&framed);
    }
}
