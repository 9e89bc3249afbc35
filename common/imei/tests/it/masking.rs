//! What logs may show.

use tekser_imei::label::findings;
use tekser_imei::{Eid, Identifier, Imei, Imei14, Imeisv, Meid};

#[track_caller]
fn check(debug: String, expected: &str) {
    assert_eq!(debug, expected);
}

#[test]
fn debug_shows_no_more_than_the_tac() {
    let imei = Imei::parse(b"354626223546262").unwrap();
    check(format!("{imei:?}"), "Imei(35462622*******)");
    check(imei.masked().to_string(), "35462622*******");
    check(format!("{:?}", imei.imei14()), "Imei14(35462622******)");
    check(format!("{:?}", Imeisv::parse(b"3568680000414120").unwrap()), "Imeisv(35686800********)");
    check(format!("{:?}", Meid::parse(b"AF0123450ABCDE").unwrap()), "Meid(AF012345******)");
    let eid = Eid::parse(b"89049032123451234512345678901235").unwrap();
    check(format!("{eid:?}"), "Eid(89049032************************)");
    let form = Identifier::parse(b"354626223546262 / 19").unwrap();
    check(format!("{form:?}"), "ImeiWithSvn { imei: Imei(35462622*******), svn: Svn(19) }");
    check(format!("{:?}", imei.tac()), "Tac(35462622)");
    check(format!("{:?}", Imei14::parse(b"35462622354626").map(Imei14::tac)), "Ok(Tac(35462622))");
}

#[test]
fn debug_of_findings_shows_no_value() {
    let text = b"IMEI1: 354626223546262 / 19; IMEI2: 354178036859781; SN: R58N12ABCDE; \
        EID: 89049032123451234512345678901235; 3568680000414120; 99999999999999999";
    for finding in findings(text) {
        let debug = format!("{finding:?}");
        let run = debug.split(|c: char| !c.is_ascii_alphanumeric()).map(str::len).max();
        assert!(run <= Some(11) && !debug.contains("R58N"), "{debug}");
        assert!(!debug.contains("354626") || debug.contains("35462622*******"), "{debug}");
        assert!(!debug.contains("354178"), "{debug}");
    }
}
