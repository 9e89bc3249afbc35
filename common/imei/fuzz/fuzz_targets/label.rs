//! Findings lie in the text, in order, and hold what stands there; no IMEI comes out of a longer
//! run of digits.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tekser_imei::label::{Finding, Item, findings};
use tekser_imei::{Eid, Identifier, Imei, Imei14, Imeisv, Meid};

fn check(finding: &Finding<'_>, part: &[u8]) {
    match finding.item {
        Item::Imei { imei, svn: None, .. } => assert_eq!(Imei::parse(part), Ok(imei)),
        Item::Imei { imei, svn: Some(svn), .. } => {
            assert_eq!(Identifier::parse(part), Ok(Identifier::ImeiWithSvn { imei, svn }));
        }
        Item::Imei14 { imei14, .. } => assert_eq!(Imei14::parse(part), Ok(imei14)),
        Item::Imeisv { imeisv, .. } => assert_eq!(Imeisv::parse(part), Ok(imeisv)),
        Item::BadImei { digits, reason, .. } => {
            assert_eq!(digits, part);
            assert_eq!(Identifier::parse(part), Err(reason));
        }
        Item::Eid(eid) => assert_eq!(Eid::parse(part), Ok(eid)),
        Item::Meid(meid) => assert_eq!(Meid::parse(part), Ok(meid)),
        Item::Gtin(text)
        | Item::Serial(text)
        | Item::Iccid(text)
        | Item::Part(text)
        | Item::Model(text)
        | Item::Ambiguous { text, .. }
        | Item::Unknown(text) => assert_eq!(text, part),
    }
}

fuzz_target!(|text: &[u8]| {
    let mut end = 0;
    let mut is_gs1 = false;
    for finding in findings(text) {
        assert!(finding.at >= end && finding.len > 0);
        let start = finding.at;
        end = start + finding.len;
        check(&finding, &text[start..end]);
        is_gs1 |= text[..start].iter().any(|byte| matches!(byte, b']' | 0x1D));
        if let Item::Imei { .. } = finding.item {
            assert!(!text.get(end).is_some_and(u8::is_ascii_digit));
            // Only an application identifier in a GS1 code is glued to its value.
            let before = start.checked_sub(1).map(|at| text[at]);
            assert!(is_gs1 || !before.is_some_and(|byte| byte.is_ascii_digit()));
        }
    }
});
