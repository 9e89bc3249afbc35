//! Whatever a parser accepts has exactly the digits of the text, and is parsed back.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tekser_imei::{Eid, Identifier, Imei, Imei14, Imeisv, Meid, luhn, mod97};

/// The text without what may stand between and around digits.
fn digits(text: &[u8]) -> Vec<u8> {
    text.iter().filter(|byte| byte.is_ascii_hexdigit()).map(u8::to_ascii_uppercase).collect()
}

fuzz_target!(|text: &[u8]| {
    let digits = digits(text);
    if let Ok(imei) = Imei::parse(text) {
        assert_eq!(imei.as_str().as_bytes(), digits);
        assert!(luhn::is_valid(&digits));
        assert_eq!(imei.imei14().with_check_digit(), imei);
        assert_eq!(Identifier::parse(text), Ok(Identifier::Imei(imei)));
        assert!(!format!("{imei:?}").contains(imei.as_str()));
    }
    match Identifier::parse(text) {
        Ok(Identifier::Imei(imei)) => assert_eq!(Imei::parse(text), Ok(imei)),
        Ok(Identifier::Imei14(imei14)) => assert_eq!(Imei14::parse(text), Ok(imei14)),
        Ok(Identifier::Imeisv(imeisv)) => assert_eq!(Imeisv::parse(text), Ok(imeisv)),
        Ok(Identifier::ImeiWithSvn { imei, svn }) => {
            assert_eq!(format!("{imei}{svn}").as_bytes(), digits);
        }
        Err(reason) => assert!(!reason.to_string().is_empty()),
    }
    if let Ok(form) = Identifier::parse(text) {
        let suspicions = form.suspicions();
        assert_eq!(suspicions.iter().count(), suspicions.len());
        assert_eq!(suspicions.iter().collect::<tekser_imei::Suspicions>(), suspicions);
    }
    if let Ok(meid) = Meid::parse(text) {
        assert_eq!(meid.to_string().parse(), Ok(meid));
        assert_eq!(meid.decimal().to_string().parse(), Ok(meid));
    }
    if let Ok(eid) = Eid::parse(text) {
        assert_eq!(eid.as_str().as_bytes(), digits);
        assert_eq!(mod97::remainder(&digits), Some(1));
    }
});
