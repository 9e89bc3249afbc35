//! Published and made-up IINs and BINs. Those of persons are of people born in the 1800s.

use proptest::prelude::*;
use tekser_imei::{Bin, BinKind, BinUnit, Iin, IinBin, ParseError};

#[track_caller]
fn check_bin(text: &str, kind: BinKind, unit: BinUnit, year: u8, month: u8) {
    let bin = Bin::parse(text.as_bytes()).unwrap();
    assert_eq!((bin.kind(), bin.unit()), (kind, Some(unit)));
    assert_eq!((bin.year(), bin.month()), (year, month));
    assert_eq!((bin.to_string().as_str(), bin.is_unusual()), (text, false));
    assert_eq!(text.parse(), Ok(IinBin::Bin(bin)));
    assert!(Iin::parse(text.as_bytes()).is_err());
}

#[test]
fn published_bins_are_valid() {
    check_bin("940140000385", BinKind::Resident, BinUnit::Head, 94, 1);
    check_bin("950341000052", BinKind::Resident, BinUnit::Branch, 95, 3);
    check_bin("961141000023", BinKind::Resident, BinUnit::Branch, 96, 11);
    check_bin("070941024691", BinKind::Resident, BinUnit::Branch, 7, 9);
}

#[track_caller]
fn check_iin(text: &str, year: u16, month: u8, day: u8) {
    let iin = Iin::parse(text.as_bytes()).unwrap();
    assert_eq!((iin.birth_year(), iin.month(), iin.day()), (Some(year), month, day));
    assert_eq!((iin.to_string().as_str(), iin.is_unusual()), (text, false));
    assert_eq!(text.parse(), Ok(IinBin::Iin(iin)));
    assert!(Bin::parse(text.as_bytes()).is_err());
}

#[test]
fn iins_name_a_day_of_birth() {
    check_iin("800416100254", 1880, 4, 16);
    check_iin("680503250034", 1868, 5, 3);
    check_iin("850615100017", 1885, 6, 15);
    check_iin("850615200013", 1885, 6, 15);
    // Of the second pass.
    check_iin("850615100801", 1885, 6, 15);
    check_iin("850615100813", 1885, 6, 15);
    check_iin("850615100825", 1885, 6, 15);
    check_iin("830717350867", 1983, 7, 17);
}

#[track_caller]
fn check_refused(text: &str, expected: ParseError) {
    assert_eq!(IinBin::parse(text.as_bytes()), Err(expected));
    assert!(Iin::parse(text.as_bytes()).is_err() && Bin::parse(text.as_bytes()).is_err());
}

#[test]
fn wrong_check_digit_is_named() {
    check_refused("940140000380", ParseError::CheckDigit { expected: '5', found: '0' });
    check_refused("123456789011", ParseError::CheckDigit { expected: '3', found: '1' });
    check_refused("123456789012", ParseError::CheckDigit { expected: '3', found: '2' });
    assert!("123412341234".parse::<IinBin>().is_err());
}

#[test]
fn numbers_that_both_passes_leave_at_ten_are_never_issued() {
    for body in ["00081315989", "83071710098", "85061510160", "85061510241", "85061510322"] {
        for check in 0..10 {
            check_refused(&format!("{body}{check}"), ParseError::Checksum);
        }
    }
}

#[test]
fn each_other_length_is_refused() {
    check_refused("", ParseError::Empty);
    check_refused("94014000038", ParseError::TooShort { digits: 11 });
    check_refused("9401400003850", ParseError::TooLong { digits: 13 });
    check_refused("94014000038x", ParseError::NotADigit { at: 11 });
}

#[test]
fn groups_as_people_write_them() {
    assert_eq!("9401 4000 0385".parse::<Bin>().unwrap().as_str(), "940140000385");
    assert_eq!(" 850615-100017\n".parse::<Iin>().unwrap().as_str(), "850615100017");
}

/// The number that these eleven digits begin, if one is issued.
fn completed(body: &str) -> Option<String> {
    let digits: Vec<u32> = body.chars().filter_map(|c| c.to_digit(10)).collect();
    let sum = |weights: &mut dyn Iterator<Item = u32>| {
        digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum::<u32>() % 11
    };
    let first = sum(&mut (1..=11));
    let check = if first == 10 { sum(&mut (3..=11).chain(1..=2)) } else { first };
    (check < 10).then(|| format!("{body}{check}"))
}

fn first_pass(digits: &[u8]) -> u32 {
    let weighed = digits.iter().zip(1..=11).map(|(digit, weight)| u32::from(digit - b'0') * weight);
    weighed.sum::<u32>() % 11
}

/// Some number that begins like this.
fn beginning(start: &str) -> String {
    (0..100)
        .find_map(|serial| completed(&format!("{start}{serial:0w$}", w = 11 - start.len())))
        .unwrap()
}

#[test]
fn what_stands_for_no_day_century_or_kind_is_refused() {
    for start in ["8513151", "8500151", "8506001", "8506311", "8502291", "8506157", "8506159"] {
        check_refused(&beginning(start), ParseError::OutOfRange);
    }
    for start in ["940040", "941340", "940170", "940190", "940145", "940149"] {
        check_refused(&beginning(start), ParseError::OutOfRange);
    }
}

#[test]
fn the_29th_of_february_needs_its_year() {
    assert!(Iin::parse(beginning("8402291").as_bytes()).is_ok());
    // 1800 was no leap year, 2000 was.
    assert_eq!(Iin::parse(beginning("0002291").as_bytes()), Err(ParseError::OutOfRange));
    assert!(Iin::parse(beginning("0002295").as_bytes()).is_ok());
}

#[test]
fn digits_that_no_source_explains_are_unusual_and_not_refused() {
    let iin: Iin = beginning("8502290").parse().unwrap();
    assert_eq!((iin.birth_year(), iin.is_unusual()), (None, true));
    let bin: Bin = beginning("940144").parse().unwrap();
    assert_eq!((bin.unit(), bin.is_unusual()), (None, true));
    assert!(IinBin::from(iin).is_unusual() && IinBin::from(bin).is_unusual());
}

#[test]
fn kinds_of_bins() {
    for (digit, kind) in
        [('4', BinKind::Resident), ('5', BinKind::NonResident), ('6', BinKind::JointProprietors)]
    {
        let bin: Bin = beginning(&format!("9401{digit}2")).parse().unwrap();
        assert_eq!((bin.kind(), bin.unit()), (kind, Some(BinUnit::Representative)));
    }
    let farm: Bin = beginning("940143").parse().unwrap();
    assert_eq!(farm.unit(), Some(BinUnit::JointFarm));
}

#[test]
fn debug_shows_nothing_of_a_person() {
    let iin: Iin = "850615100017".parse().unwrap();
    assert_eq!(format!("{iin:?}"), "Iin(************)");
    assert_eq!(format!("{:?}", IinBin::from(iin)), "IinBin(************)");
    let bin: Bin = "940140000385".parse().unwrap();
    assert_eq!(format!("{bin:?}"), "Bin(940140******)");
}

#[test]
fn parsing_is_constant() {
    const BIN: Result<Bin, ParseError> = Bin::parse(b"940140000385");
    assert_eq!(BIN.unwrap().as_str(), "940140000385");
}

proptest! {
    #[test]
    fn display_is_parsed_back(body in "[0-9]{11}") {
        let Some(text) = completed(&body) else { return Ok(()) };
        if let Ok(number) = text.parse::<IinBin>() {
            prop_assert_eq!(number.as_str(), &text);
            prop_assert_eq!(number.iin().map(|iin| iin.to_string().parse()), number.iin().map(Ok));
            prop_assert_eq!(number.bin().map(|bin| bin.to_string().parse()), number.bin().map(Ok));
            prop_assert!(number.iin().is_some() != number.bin().is_some());
        }
    }

    /// The eleventh digit weighs nothing in the first pass, so a slip there goes unseen; the second
    /// pass may end as the first did before.
    #[test]
    fn a_wrong_digit_is_refused_where_the_first_pass_decides(
        serial in 0..100_000u32,
        at in prop::sample::select(vec![0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11]),
        step in 1..10u8,
    ) {
        let Some(text) = completed(&format!("940140{serial:05}")) else { return Ok(()) };
        let mut digits = text.clone().into_bytes();
        digits[at] = b'0' + (digits[at] - b'0' + step) % 10;
        prop_assume!(first_pass(text.as_bytes()) < 10 && first_pass(&digits) < 10);
        prop_assert!(IinBin::parse(&digits).is_err());
    }

    #[test]
    fn no_text_upsets_a_parser(text in prop::collection::vec(any::<u8>(), 0..40)) {
        let both = (Iin::parse(&text), Bin::parse(&text), IinBin::parse(&text));
        match both {
            (Ok(iin), Err(_), Ok(either)) => prop_assert_eq!(either, IinBin::Iin(iin)),
            (Err(_), Ok(bin), Ok(either)) => prop_assert_eq!(either, IinBin::Bin(bin)),
            (Err(_), Err(_), Err(_)) => {}
            _ => prop_assert!(false, "the parsers disagree"),
        }
    }
}
