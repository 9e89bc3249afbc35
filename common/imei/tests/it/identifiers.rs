//! Published numbers, lengths, separators, and where errors point.

use tekser_imei::{
    Eid, Identifier, Imei, Imei14, Imeisv, Meid, ParseError, Standing, Svn, Tac, luhn, mod97,
};

#[track_caller]
fn check_imei(text: &str) -> Imei {
    let imei = Imei::parse(text.as_bytes()).unwrap();
    assert_eq!(imei.to_string(), text);
    assert_eq!(imei.imei14().with_check_digit(), imei);
    assert!(luhn::is_valid(text.as_bytes()));
    imei
}

#[track_caller]
fn check_refused(text: &str, expected: ParseError) {
    assert_eq!(Imei::parse(text.as_bytes()), Err(expected));
    assert_eq!(Imei::try_from(text), Err(expected));
    assert_eq!(Imei::try_from(text.as_bytes()), Err(expected));
    assert_eq!(text.parse::<Imei>(), Err(expected));
}

#[track_caller]
fn check_same(spelling: &str, plain: &str) {
    assert_eq!(spelling.parse::<Imei>().unwrap().as_str(), plain);
}

#[test]
fn published_imeis_are_valid() {
    for text in [
        "490154203237518",
        "352099001761481",
        "354178036859789",
        "356868000041418",
        "354626223546262",
        "260531793113837",
        "350031345841796",
        "012037007915703",
    ] {
        check_imei(text);
    }
}

#[test]
fn worked_example_of_annex_b() {
    assert_eq!(luhn::check_digit(b"26053179311383"), Some(b'7'));
    let imei14 = Imei14::parse(b"26053179311383").unwrap();
    assert_eq!(imei14.with_check_digit().as_str(), "260531793113837");
}

#[test]
fn parts_of_an_imei() {
    let imei = check_imei("354626223546262");
    assert_eq!(imei.tac().as_str(), "35462622");
    assert_eq!(imei.serial_number(), "354626");
    assert_eq!(imei.check_digit(), '2');
    assert_eq!(imei.imei14().as_str(), "35462622354626");
    assert_eq!(imei.imei14().serial_number(), "354626");
    assert_eq!(Imei14::from(imei), imei.imei14());
}

#[test]
fn parsing_is_constant() {
    const IMEI: Result<Imei, ParseError> = Imei::parse(b"35-462622-354626-2");
    const FORM: Result<Identifier, ParseError> = Identifier::parse(b"354626223546262 / 19");
    assert_eq!(FORM.unwrap().imei(), IMEI.ok());
}

#[test]
fn separators_between_digits_are_left_out() {
    check_same("35-462622-354626-2", "354626223546262");
    check_same("35 462622 354626 2", "354626223546262");
    check_same("35.462622.354626.2", "354626223546262");
    check_same("35/462622/354626/2", "354626223546262");
    check_same("35 - 462622 - 354626 - 2", "354626223546262");
    check_same("\t 354626223546262\r\n", "354626223546262");
}

#[test]
fn separators_elsewhere_are_refused() {
    check_refused("-354626223546262", ParseError::NotADigit { at: 0 });
    check_refused("354626223546262-", ParseError::NotADigit { at: 15 });
    check_refused("354626223546262 /", ParseError::NotADigit { at: 15 });
    check_refused("35,462622,354626,2", ParseError::NotADigit { at: 2 });
    check_refused("35\t462622354626 2", ParseError::NotADigit { at: 2 });
    check_refused("35_462622354626_2", ParseError::NotADigit { at: 2 });
}

#[test]
fn error_points_at_the_first_strange_byte() {
    check_refused("35462622354626O", ParseError::NotADigit { at: 14 });
    check_refused("  35462622354626O", ParseError::NotADigit { at: 16 });
    check_refused("IMEI354626223546262", ParseError::NotADigit { at: 0 });
    check_refused("３54626223546262", ParseError::NotADigit { at: 0 });
    let long = format!("{}x", "1".repeat(400));
    check_refused(&long, ParseError::NotADigit { at: 255 });
}

#[test]
fn each_other_length_is_refused() {
    check_refused("", ParseError::Empty);
    check_refused(" \r\n", ParseError::Empty);
    for digits in 1..15u8 {
        check_refused(&"1".repeat(digits.into()), ParseError::TooShort { digits });
    }
    for digits in 16..40u8 {
        check_refused(&"1".repeat(digits.into()), ParseError::TooLong { digits });
    }
    check_refused(&"1".repeat(300), ParseError::TooLong { digits: 255 });
}

#[test]
fn wrong_check_digit_is_named() {
    let error = ParseError::CheckDigit { expected: '9', found: '1' };
    check_refused("354178036859781", error);
    check_refused("35-417803-685978-1", error);
    assert_eq!(error.to_string(), "the check digit is 1, the other digits call for 9");
    assert_eq!(error.code(), "check_digit");
}

#[test]
fn both_ways_to_the_check_digit_agree() {
    // The one for 15 plain digits and the one for any spelling.
    for serial in 0..2000u32 {
        for check in 0..10 {
            let plain = format!("35209900{:06}{check}", serial * 499);
            let spaced = format!("{} {check}", &plain[..14]);
            assert_eq!(plain.parse::<Imei>(), spaced.parse::<Imei>());
        }
    }
}

#[test]
fn luhn_refuses_what_is_no_digit() {
    assert_eq!(luhn::check_digit(b"12a4"), None);
    assert!(!luhn::is_valid(b"12a4"));
    assert!(!luhn::is_valid(b""));
    assert_eq!(luhn::hex_check_digit(b"G"), None);
}

#[test]
fn imeisv_has_a_software_version() {
    let imeisv: Imeisv = "3568680000414120".parse().unwrap();
    assert_eq!(imeisv.svn().as_str(), "20");
    assert_eq!(imeisv.imei14().with_check_digit().as_str(), "356868000041418");
    assert_eq!(imeisv.tac().as_str(), "35686800");
    assert_eq!("35-686800-004141-20".parse(), Ok(imeisv));
    assert_eq!(Imeisv::parse(b"356868000041418"), Err(ParseError::TooShort { digits: 15 }));
    assert_eq!(Svn::parse(b"7"), Err(ParseError::TooShort { digits: 1 }));
}

#[track_caller]
fn check_form(text: &str, imei14: &str, imei: Option<&str>, svn: Option<&str>) {
    let form: Identifier = text.parse().unwrap();
    assert_eq!(form.imei14().as_str(), imei14);
    assert_eq!(form.imei().map(|imei| imei.to_string()).as_deref(), imei);
    assert_eq!(form.svn().map(|svn| svn.to_string()).as_deref(), svn);
}

#[test]
fn forms_are_told_apart_by_length() {
    check_form("35462622354626", "35462622354626", None, None);
    check_form("354626223546262", "35462622354626", Some("354626223546262"), None);
    check_form("3568680000414120", "35686800004141", None, Some("20"));
    // u-blox AT+CGSN=255, and what the same module answers to AT+CGSN=2.
    check_form("35752007012076701", "35752007012076", Some("357520070120767"), Some("01"));
    check_form("3575200701207601", "35752007012076", None, Some("01"));
}

#[test]
fn screen_text_with_software_version() {
    for text in [
        "354626223546262 / 19",
        "354626223546262/19",
        "354626223546262-19",
        "35-462622-354626-2 19",
        " 354626223546262 / 19\r\n",
    ] {
        check_form(text, "35462622354626", Some("354626223546262"), Some("19"));
    }
}

#[track_caller]
fn check_no_form(text: &str, expected: ParseError) {
    assert_eq!(Identifier::parse(text.as_bytes()), Err(expected));
}

#[test]
fn a_lone_digit_behind_an_imei_is_no_software_version() {
    check_no_form("354626223546262 / 1", ParseError::Grouping { at: 18 });
    check_no_form("3546262235462621-9", ParseError::Grouping { at: 17 });
}

#[test]
fn forms_of_other_lengths_are_refused() {
    check_no_form("", ParseError::Empty);
    check_no_form("3546262235462", ParseError::TooShort { digits: 13 });
    check_no_form("354626223546262 / 190", ParseError::TooLong { digits: 18 });
    check_no_form("354626223546261 / 19", ParseError::CheckDigit { expected: '2', found: '1' });
    check_no_form("35752007012076901", ParseError::CheckDigit { expected: '7', found: '9' });
}

#[track_caller]
fn check_body(tac: &str, standing: Standing) {
    let body = tac.parse::<Tac>().unwrap().reporting_body();
    assert_eq!(body.as_str().as_bytes(), body.digits());
    assert_eq!(body.standing(), standing);
}

#[test]
fn reporting_bodies_are_classified() {
    for tac in ["01203700", "35209900", "86000000", "99000000"] {
        check_body(tac, Standing::Active);
    }
    for tac in ["00499901", "02000000", "09999999"] {
        check_body(tac, Standing::Test);
    }
    for tac in ["10", "30", "33", "44", "45", "49", "50", "54", "91"] {
        check_body(&format!("{tac}000000"), Standing::Retired);
    }
    check_body("98000100", Standing::Reserved);
    check_body("13579024", Standing::Unknown);
    check_body("55000000", Standing::Unknown);
    let body = "35209900".parse::<Tac>().unwrap().reporting_body();
    assert_eq!(body.name(), Some("TÜV SÜD/BABT (United Kingdom)"));
}

#[test]
fn published_eids_are_valid() {
    for text in [
        "89049032123451234512345678901235",
        "89086030202200000022000023022943",
        "89044045116727494800000004479366",
        "89034011560010000000000000000121",
        "89001012012341234012345678901224",
        "89001567010203040506070809101152",
        "89044011112233441122334411223321",
    ] {
        let eid: Eid = text.parse().unwrap();
        assert_eq!(eid.as_str(), text);
        let check = mod97::check_digits(&text.as_bytes()[..30]).unwrap();
        assert_eq!(check, text.as_bytes()[30..]);
    }
}

#[test]
fn eid_with_a_wrong_digit_is_refused() {
    assert_eq!(Eid::parse(b"89049032123451234512345678901234"), Err(ParseError::Checksum));
    assert_eq!(Eid::parse(&[b'0'; 32]), Err(ParseError::Checksum));
    let short = Eid::parse(b"8904903212345123451234567890123");
    assert_eq!(short, Err(ParseError::TooShort { digits: 31 }));
    assert_eq!(mod97::remainder(b"9x"), None);
}

#[test]
fn eid_in_groups_of_four() {
    let eid: Eid = "8904 9032 1234 5123 4512 3456 7890 1235".parse().unwrap();
    assert_eq!(eid.as_str(), "89049032123451234512345678901235");
}

#[test]
fn meid_in_every_spelling_is_the_same() {
    for text in [
        "AF0123450ABCDE",
        "af0123450abcde",
        "AF0123450ABCDEC",
        "AF 012345 0ABCDE C",
        "293608736500703710",
        "2936087365-00703710",
        "2936087365007037100",
    ] {
        let meid: Meid = text.parse().unwrap();
        assert_eq!(meid.as_str(), "AF0123450ABCDE");
        assert_eq!(meid.decimal().to_string(), "293608736500703710");
        assert_eq!(meid.check_digit(), 'C');
    }
}

#[track_caller]
fn check_no_meid(text: &str, expected: ParseError) {
    assert_eq!(Meid::parse(text.as_bytes()), Err(expected));
}

#[test]
fn what_is_no_meid_is_refused() {
    check_no_meid("", ParseError::Empty);
    check_no_meid("AF0123450ABCD", ParseError::TooShort { digits: 13 });
    check_no_meid("AF0123450ABCDECC", ParseError::TooLong { digits: 16 });
    check_no_meid("AF0123450ABCDE0", ParseError::CheckDigit { expected: 'C', found: '0' });
    check_no_meid("2936087365007037101", ParseError::CheckDigit { expected: '0', found: '1' });
    check_no_meid("AG0123450ABCDE", ParseError::NotADigit { at: 1 });
    // The first 14 digits of an IMEI, which some modems report under this name.
    check_no_meid("35922505003997", ParseError::OutOfRange);
    // Ten decimal digits beyond 32 bits, eight beyond 24.
    check_no_meid("429496729600000000", ParseError::OutOfRange);
    check_no_meid("293608736516777216", ParseError::OutOfRange);
}

#[test]
fn meid_shared_with_an_imei_is_decimal() {
    let meid: Meid = "99000012345678".parse().unwrap();
    assert_eq!(meid.check_digit(), luhn::check_digit(b"99000012345678").unwrap() as char);
    check_no_meid("990000123456AB", ParseError::OutOfRange);
}
