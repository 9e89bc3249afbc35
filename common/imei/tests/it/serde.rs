//! Identifiers as validated strings.

use serde_json::{from_str, json, to_value};
use tekser_imei::label::Kind;
use tekser_imei::{
    Bin, Eid, Identifier, Iin, IinBin, Imei, Imei14, Imeisv, Meid, ParseError, Severity, Standing,
    Suspicion, Suspicions, Svn, Tac,
};

macro_rules! check_round_trip {
    ($type:ty, $text:literal, $bad:literal) => {
        let value: $type = $text.parse().unwrap();
        assert_eq!(to_value(value).unwrap(), json!($text));
        assert_eq!(from_str::<$type>(concat!("\"", $text, "\"")).unwrap(), value);
        let error = from_str::<$type>(concat!("\"", $bad, "\"")).unwrap_err();
        assert!(!error.to_string().contains($bad), "{error}");
        assert!(from_str::<$type>("15").is_err());
        assert!(from_str::<$type>("[1, 5]").is_err());
    };
}

#[test]
fn strings_both_ways_and_only_valid_ones() {
    check_round_trip!(Imei, "354626223546262", "354626223546263");
    check_round_trip!(Imei14, "35462622354626", "354626223546262");
    check_round_trip!(Imeisv, "3568680000414120", "356868000041412");
    check_round_trip!(Tac, "35462622", "3546262");
    check_round_trip!(Svn, "07", "7x");
    check_round_trip!(Meid, "AF0123450ABCDE", "0F0123450ABCDE");
    check_round_trip!(Iin, "850615100017", "850615100018");
    check_round_trip!(Bin, "940140000385", "940140000380");
    check_round_trip!(IinBin, "850615100017", "940140000380");
    check_round_trip!(Eid, "89049032123451234512345678901235", "89049032123451234512345678901234");
}

#[test]
fn enums_are_snake_case() {
    let error = ParseError::CheckDigit { expected: '9', found: '1' };
    let value = json!({ "check_digit": { "expected": "9", "found": "1" } });
    assert_eq!(to_value(error).unwrap(), value);
    assert_eq!(serde_json::from_value::<ParseError>(value).unwrap(), error);
    assert_eq!(to_value(Severity::Disqualifying).unwrap(), json!("disqualifying"));
    assert_eq!(to_value(Standing::Retired).unwrap(), json!("retired"));
    for kind in [Kind::Imei, Kind::Imei14, Kind::Imeisv, Kind::Meid, Kind::Gtin, Kind::Serial] {
        assert_eq!(to_value(kind).unwrap(), json!(kind.code()));
    }
}

#[test]
fn codes_are_what_serde_writes() {
    for suspicion in Suspicion::ALL {
        assert_eq!(to_value(suspicion).unwrap(), json!(suspicion.code()));
    }
    for error in [
        ParseError::Empty,
        ParseError::TooShort { digits: 1 },
        ParseError::TooLong { digits: 1 },
        ParseError::NotADigit { at: 1 },
        ParseError::Grouping { at: 1 },
        ParseError::CheckDigit { expected: '1', found: '2' },
        ParseError::Checksum,
        ParseError::OutOfRange,
    ] {
        let value = to_value(error).unwrap();
        let name = value.as_str().or_else(|| value.as_object()?.keys().next().map(|key| &**key));
        assert_eq!(name, Some(error.code()));
    }
}

#[test]
fn suspicions_are_a_list_of_codes() {
    let found = "000000000000000".parse::<Imei>().unwrap().suspicions();
    let text = serde_json::to_string(&found).unwrap();
    assert!(text.starts_with(r#"["all_zeros","#));
    assert_eq!(from_str::<Suspicions>(&text).unwrap(), found);
    assert!(from_str::<Suspicions>(r#"["no_such"]"#).is_err());
}

#[test]
fn identifier_names_its_form() {
    let form: Identifier = "354626223546262 / 19".parse().unwrap();
    let value = json!({ "imei_with_svn": { "imei": "354626223546262", "svn": "19" } });
    assert_eq!(to_value(form).unwrap(), value);
    assert_eq!(serde_json::from_value::<Identifier>(value).unwrap(), form);
}
