//! A number is either a person's or a business's, has exactly the digits of the text, and is parsed
//! back; nothing of a person shows in `Debug`.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tekser_imei::{Bin, Iin, IinBin};

fuzz_target!(|text: &[u8]| {
    let digits: Vec<u8> = text.iter().copied().filter(u8::is_ascii_digit).collect();
    let (iin, bin, either) = (Iin::parse(text), Bin::parse(text), IinBin::parse(text));
    match (iin, bin, either) {
        (Ok(iin), Err(_), Ok(either)) => {
            assert_eq!(either, IinBin::Iin(iin));
            assert!((1..=12).contains(&iin.month()) && (1..=31).contains(&iin.day()));
            assert_eq!(iin.is_unusual(), iin.birth_year().is_none());
            assert_eq!(format!("{iin:?}"), "Iin(************)");
        }
        (Err(_), Ok(bin), Ok(either)) => {
            assert_eq!(either, IinBin::Bin(bin));
            assert!((1..=12).contains(&bin.month()) && bin.year() < 100);
            assert_eq!(bin.is_unusual(), bin.unit().is_none());
            assert!(!format!("{bin:?}").contains(bin.as_str()));
        }
        (Err(_), Err(_), Err(reason)) => assert!(!reason.to_string().is_empty()),
        _ => panic!("the parsers disagree"),
    }
    if let Ok(either) = either {
        assert_eq!(either.as_str().as_bytes(), digits);
        assert_eq!(either.to_string().parse(), Ok(either));
    }
});
