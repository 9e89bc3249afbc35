//! From the text of a code to what a person is told of it.

use tekser_imei::label::{Item, findings};
use tekser_imei::{Severity, Suspicions};
use tekser_wire::message::{Aim, TEXT_MAX, Verdict};

/// What is made of a code. Text beyond [`TEXT_MAX`] is not looked at: it is [`Verdict::TooLong`].
pub fn verdict(aim: Option<Aim>, text: &[u8]) -> Verdict {
    if text.len() > TEXT_MAX {
        return Verdict::TooLong;
    }
    let mut whole = Whole::new();
    let verdicts = findings(with_identifier(aim, text, &mut whole)).map(|it| of(it.item));
    verdicts.max_by_key(|verdict| weight(*verdict)).unwrap_or(Verdict::Nothing)
}

/// The IMEIs of a code, by what identifies equipment: their first 14 digits.
pub fn equipment(aim: Option<Aim>, text: &[u8], each: &mut dyn FnMut([u8; 14])) {
    let mut whole = Whole::new();
    for finding in findings(with_identifier(aim, text, &mut whole)) {
        let imei14 = match finding.item {
            Item::Imei { imei, .. } => imei.imei14(),
            Item::Imei14 { imei14, .. } => imei14,
            Item::Imeisv { imeisv, .. } => imeisv.imei14(),
            _ => continue,
        };
        if let Ok(digits) = imei14.as_str().as_bytes().try_into() {
            each(digits);
        }
    }
}

type Whole = heapless::Vec<u8, { TEXT_MAX + 3 }>;

/// The text with its symbology identifier in front: that says whether it is GS1 elements.
fn with_identifier<'a>(aim: Option<Aim>, text: &'a [u8], whole: &'a mut Whole) -> &'a [u8] {
    let Some(Aim([code, modifier])) = aim else { return text };
    let fits = whole.extend_from_slice(&[b']', code, modifier]).is_ok()
        && whole.extend_from_slice(text).is_ok();
    if fits { whole } else { text }
}

fn of(item: Item<'_>) -> Verdict {
    match item {
        Item::Imei { imei, .. } => sound(imei.suspicions()),
        Item::Imei14 { imei14, .. } => sound(imei14.suspicions()),
        Item::Imeisv { imeisv, .. } => sound(imeisv.suspicions()),
        Item::BadImei { .. } => Verdict::Wrong,
        Item::Eid(_) | Item::Meid(_) => Verdict::Valid,
        Item::Gtin(_)
        | Item::Serial(_)
        | Item::Iccid(_)
        | Item::Part(_)
        | Item::Model(_)
        | Item::Ambiguous { .. } => Verdict::Other,
        Item::Unknown(_) => Verdict::Nothing,
    }
}

/// A mere note, such as a number from a body that allocates no more, is true of honest phones.
fn sound(suspicions: Suspicions) -> Verdict {
    match suspicions.iter().any(|suspicion| suspicion.severity() > Severity::Note) {
        true => Verdict::Suspicious,
        false => Verdict::Valid,
    }
}

/// One wrong number outweighs any sound ones; a doubtful one outweighs those without doubt.
const fn weight(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Nothing | Verdict::TooLong => 0,
        Verdict::Other => 1,
        Verdict::Valid => 2,
        Verdict::Suspicious => 3,
        Verdict::Wrong => 4,
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    #[track_caller]
    fn assert_verdict(text: &str, expected: Verdict) {
        assert_eq!(verdict(None, text.as_bytes()), expected, "{text}");
    }

    #[test]
    fn a_sound_imei_is_valid_however_it_is_written() {
        assert_verdict("356938035643809", Verdict::Valid);
        assert_verdict("IMEI1: 356938035643809 IMEI2: 352099001761481", Verdict::Valid);
        assert_verdict("IMEI 356938035643809 / 19", Verdict::Valid);
        assert_verdict("S/N: R58N12ABCDE;IMEI:356938035643809", Verdict::Valid);
    }

    #[test]
    fn one_wrong_number_makes_a_label_wrong() {
        assert_verdict("356938035643808", Verdict::Wrong);
        assert_verdict("IMEI1: 356938035643809\nIMEI2: 352099001761482", Verdict::Wrong);
        assert_verdict("IMEI: 35693803564380X", Verdict::Wrong);
    }

    #[test]
    fn a_number_that_no_honest_phone_has_is_suspicious() {
        assert_verdict("000000000000000", Verdict::Suspicious);
        assert_verdict("004999010640000", Verdict::Suspicious);
        assert_verdict("IMEI1:356938035643809 IMEI2:000000000000000", Verdict::Suspicious);
        assert_verdict("IMEI1:356938035643808 IMEI2:000000000000000", Verdict::Wrong);
    }

    #[test]
    fn what_is_no_imei_is_other_or_nothing() {
        assert_verdict("S/N: R58N12ABCDE", Verdict::Other);
        assert_verdict("4006381333931", Verdict::Other);
        assert_verdict("hello", Verdict::Nothing);
        assert_verdict("", Verdict::Nothing);
        assert_eq!(verdict(None, &[b'1'; TEXT_MAX + 1]), Verdict::TooLong);
    }

    #[test]
    fn the_symbology_identifier_decides_what_digits_are() {
        let elements = b"0104006381333931\x1d21R58N12ABCDE";
        assert_eq!(verdict(Some(Aim(*b"C1")), elements), Verdict::Other);
        assert_eq!(verdict(Some(Aim(*b"d2")), b"8002356938035643809"), Verdict::Valid);
        assert_eq!(verdict(Some(Aim(*b"d2")), b"8002356938035643808"), Verdict::Wrong);
        // An article number cannot be an IMEI, whatever its digits.
        assert_ne!(verdict(Some(Aim(*b"E0")), b"356938035643808"), Verdict::Wrong);
    }

    #[test]
    fn equipment_is_known_by_fourteen_digits() {
        let mut found = Vec::new();
        let text = b"IMEI1:356938035643809 IMEISV 3520990017614823 S/N: R58N12ABCDE";
        equipment(None, text, &mut |digits| found.push(digits));
        assert_eq!(found, [*b"35693803564380", *b"35209900176148"]);
    }
}
