//! Values that nothing announces.

use tekser_imei::label::{Item, Kind, findings};
use tekser_imei::{Eid, Meid, ParseError};

use crate::label::{ONE, TWO, check, imei};

#[track_caller]
fn check_ambiguous(text: &str, readings: [Kind; 2]) {
    check(text, &[Item::Ambiguous { text: text.as_bytes(), readings }]);
}

/// Nothing but a value of which nothing is known.
#[track_caller]
fn check_unknown(text: &str) {
    let mut found = findings(text.as_bytes());
    assert_eq!(found.next().map(|found| found.item), Some(Item::Unknown(text.as_bytes())));
    assert_eq!(found.next(), None);
}

#[test]
fn lone_imeis() {
    let both = [imei(ONE, None, None), imei(TWO, None, None)];
    for text in [
        "354626223546262 490154203237518",
        "354626223546262\n490154203237518",
        "354626223546262,490154203237518",
        "354626223546262;490154203237518",
        "354626223546262|490154203237518",
        "354626223546262/490154203237518",
        "354626223546262 / 490154203237518",
        "(354626223546262) \"490154203237518\".",
        "35-462622-354626-2, 49-015420-323751-8",
        "490154203237518",
    ] {
        let from = if text.len() == 15 { 1 } else { 0 };
        check(text, &both[from..]);
    }
}

#[test]
fn duplicates_are_kept() {
    check("354626223546262 354626223546262", &[imei(ONE, None, None), imei(ONE, None, None)]);
}

#[test]
fn version_behind_a_lone_imei() {
    check("354626223546262 / 19", &[imei(ONE, Some("19"), None)]);
    check("354626223546262/19\r\n", &[imei(ONE, Some("19"), None)]);
    check("35-462622-354626-2 / 19", &[imei(ONE, Some("19"), None)]);
    check("354626223546262 19", &[imei(ONE, None, None)]);
}

#[test]
fn lone_fifteen_digits_that_fail() {
    let reason = ParseError::CheckDigit { expected: '9', found: '1' };
    check("354178036859781", &[Item::BadImei { digits: b"354178036859781", reason, slot: None }]);
}

#[test]
fn no_imei_inside_a_longer_run() {
    for text in [
        "1354626223546262354",
        "35462622354626200",
        "354626223546262A",
        "A354626223546262",
        "X-354626223546262",
        "354626223546262-XYZ",
        "354626223546262.5",
        "354626223546262-19-2024",
        "354626223546262_1",
        "8002354626223546262",
        "0354626223546262",
    ] {
        check_unknown(text);
    }
}

#[test]
fn imei_taken_for_databar_is_no_imei() {
    // `01` and an article number whose check digit agrees.
    check_ambiguous("0101234567890128", [Kind::Gtin, Kind::Imeisv]);
    check("]e00101234567890128", &[Item::Gtin(b"01234567890128")]);
}

#[test]
fn article_numbers() {
    check("4006381333931", &[Item::Gtin(b"4006381333931")]);
    check("036000291452", &[Item::Gtin(b"036000291452")]);
    check("96385074", &[Item::Gtin(b"96385074")]);
    check("04006381333931", &[Item::Gtin(b"04006381333931")]);
    check_unknown("4006381333932");
    check_unknown("00000000");
}

#[test]
fn fourteen_digits_have_two_readings() {
    check_ambiguous("35462622354626", [Kind::Imei14, Kind::Serial]);
    check_ambiguous("10012345678902", [Kind::Gtin, Kind::Imei14]);
    check_unknown("77777777777770");
}

#[test]
fn sixteen_digits_may_be_a_misread() {
    check_ambiguous("3568680000414120", [Kind::Imeisv, Kind::Serial]);
    check_unknown("7777777777777777");
}

#[test]
fn other_numbers() {
    let eid = Eid::parse(b"89049032123451234512345678901235").unwrap();
    check("89049032123451234512345678901235", &[Item::Eid(eid)]);
    check_unknown("89049032123451234512345678901234");
    check("8931440400000000008", &[Item::Iccid(b"8931440400000000008")]);
    check_unknown("8931440400000000007");
    check_unknown("293608736500703710");
}

#[test]
fn words_of_letters_and_digits() {
    check("R58N12ABCDE", &[Item::Serial(b"R58N12ABCDE")]);
    check_ambiguous("AF0123450ABCDE", [Kind::Meid, Kind::Serial]);
    check("AF0123450ABCDEC", &[Item::Meid(Meid::parse(b"AF0123450ABCDE").unwrap())]);
    check_unknown("SM-S921B/DS");
    check_unknown("Galaxy");
}

#[test]
fn data_identifiers_are_left_out() {
    check("SF2LX12345678", &[Item::Serial(b"F2LX12345678")]);
    check("1PMTQ63RM/A", &[Item::Part(b"MTQ63RM/A")]);
    check("43S8931440400000000008", &[Item::Iccid(b"8931440400000000008")]);
    let found = findings(b"SF2LX12345678").next().unwrap();
    assert_eq!((found.at, found.len), (1, 12));
}

#[test]
fn format_06_envelope() {
    check(
        "[)>\x1e06\x1d1PMTQ63RM/A\x1dSF2LX12345678\x1e\x04",
        &[Item::Part(b"MTQ63RM/A"), Item::Serial(b"F2LX12345678")],
    );
}

#[test]
fn text_without_anything() {
    check("", &[]);
    check(" ;,|\r\n\t\x1d", &[]);
    check("]", &[]);
    check("Designed in California. Assembled in China.", &[]);
    check("IMEI", &[]);
}

#[test]
fn long_text_is_read_in_proportion_to_its_length() {
    for piece in ["1 ", "12 ", "IMEI ", "SN ", "12-123456-", "Model ", "1/", "(01)", "9", "S"] {
        let text = piece.repeat(400_000 / piece.len());
        // Quadratic work would take minutes.
        assert!(findings(text.as_bytes()).count() <= text.len());
    }
}
