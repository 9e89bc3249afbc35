//! What holds for every text.

use proptest::prelude::*;
use tekser_imei::label::{Item, findings};
use tekser_imei::{Eid, Identifier, Imei, Imei14, Imeisv, Meid, ParseError, Svn, Tac};

fn imei() -> impl Strategy<Value = Imei> {
    "[0-9]{14}".prop_map(|text| text.parse::<Imei14>().unwrap().with_check_digit())
}

/// Bytes that look like a label often enough to get deep into the reader.
fn label_text() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        imei().prop_map(|imei| imei.to_string().into_bytes()),
        prop::sample::select(vec![
            "IMEI",
            "IMEI1",
            "imei 2:",
            "IMEI/MEID",
            "IMEISV",
            "MEID",
            "EID:",
            "ICCID",
            "S/N",
            "SN:",
            "Serial No.",
            "Model:",
            "Color",
            "(01)",
            "(21)",
            "(8002)",
            "(S)",
            "1P",
            "43S",
            "]C1",
            "]d2",
            "]E0",
            "]Q3",
            "\x1d",
            "8002",
            "01",
            "21",
            " / 19",
            "-",
            "/",
            ".",
            " ",
            ";",
            ",",
            "\n",
            "\t",
            "35-462622-354626-2",
            "89049032123451234512345678901235",
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
        "[0-9]{1,20}".prop_map(String::into_bytes),
        "[A-Z0-9]{1,16}".prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 0..6),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn slice<'a>(item: &Item<'a>) -> Option<&'a [u8]> {
    match item {
        Item::BadImei { digits: text, .. }
        | Item::Gtin(text)
        | Item::Serial(text)
        | Item::Iccid(text)
        | Item::Part(text)
        | Item::Model(text)
        | Item::Ambiguous { text, .. }
        | Item::Unknown(text) => Some(text),
        _ => None,
    }
}

fn check_findings(text: &[u8]) -> Result<(), TestCaseError> {
    let mut end = 0;
    for finding in findings(text) {
        prop_assert!(finding.len > 0 && finding.at >= end);
        end = finding.at + finding.len;
        let part = text.get(finding.at..end);
        prop_assert!(part.is_some());
        let part = part.unwrap_or_default();
        if let Some(slice) = slice(&finding.item) {
            prop_assert_eq!(slice, part);
        }
        if let Item::Imei { imei, svn, .. } = finding.item {
            prop_assert_eq!(
                Identifier::parse(part).map(|form| (form.imei(), form.svn())),
                Ok((Some(imei), svn))
            );
            let digit = |at: Option<&u8>| at.is_some_and(u8::is_ascii_digit);
            prop_assert!(!digit(text.get(end)));
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn display_is_parsed_back(imei in imei(), version in "[0-9]{2}") {
        prop_assert_eq!(imei.to_string().parse(), Ok(imei));
        prop_assert_eq!(imei.imei14().to_string().parse(), Ok(imei.imei14()));
        prop_assert_eq!(imei.tac().to_string().parse(), Ok(imei.tac()));
        let svn: Svn = version.parse().unwrap();
        let imeisv: Imeisv = format!("{}{version}", imei.imei14()).parse().unwrap();
        prop_assert_eq!(imeisv.to_string().parse(), Ok(imeisv));
        prop_assert_eq!((imeisv.imei14(), imeisv.svn()), (imei.imei14(), svn));
        let both: Identifier = format!("{imei} / {svn}").parse().unwrap();
        prop_assert_eq!(both, Identifier::ImeiWithSvn { imei, svn });
    }

    #[test]
    fn any_wrong_digit_is_refused(imei in imei(), at in 0..15usize, step in 1..10u8) {
        let mut digits = imei.as_str().as_bytes().to_vec();
        digits[at] = b'0' + (digits[at] - b'0' + step) % 10;
        let is_check_digit = matches!(Imei::parse(&digits), Err(ParseError::CheckDigit { .. }));
        prop_assert!(is_check_digit);
    }

    #[test]
    fn separators_change_nothing(imei in imei(), at in 1..15usize, by in "[-. /]{1,3}") {
        let (left, right) = imei.as_str().split_at(at);
        prop_assert_eq!(format!(" {left}{by}{right}\n").parse(), Ok(imei));
    }

    #[test]
    fn meid_forms_agree(low in any::<u64>()) {
        let hex = format!("{:02X}{:012X}", 0xA0 | (low >> 56), low & 0xFFFF_FFFF_FFFF);
        let meid: Meid = hex.parse().unwrap();
        prop_assert_eq!(meid.decimal().to_string().parse(), Ok(meid));
        prop_assert_eq!(format!("{meid}{}", meid.check_digit()).parse(), Ok(meid));
    }

    #[test]
    fn eid_with_computed_check_digits_is_valid(digits in "[0-9]{30}", at in 0..32usize) {
        let check = tekser_imei::mod97::check_digits(digits.as_bytes()).unwrap();
        let mut text = [digits.as_bytes(), &check].concat();
        prop_assert!(Eid::parse(&text).is_ok());
        text[at] = b'0' + (text[at] - b'0' + 1) % 10;
        prop_assert!(Eid::parse(&text).is_err());
    }

    #[test]
    fn no_text_upsets_a_parser(text in prop::collection::vec(any::<u8>(), 0..64)) {
        let _ = Imei14::parse(&text);
        let _ = Imeisv::parse(&text);
        let _ = Identifier::parse(&text).map(Identifier::suspicions);
        let _ = Meid::parse(&text).map(Meid::decimal);
        let _ = Eid::parse(&text);
        let _ = Tac::parse(&text);
        if let Ok(imei) = Imei::parse(&text) {
            let digits: Vec<u8> = text.into_iter().filter(u8::is_ascii_digit).collect();
            prop_assert_eq!(imei.as_str().as_bytes(), digits);
        }
    }

    #[test]
    fn findings_lie_in_the_text(text in prop::collection::vec(any::<u8>(), 0..200)) {
        check_findings(&text)?;
    }

    #[test]
    fn findings_in_label_like_text_lie_in_it(text in label_text()) {
        check_findings(&text)?;
    }
}
