//! Labels with captions and symbology identifiers.

use tekser_imei::label::{Finding, Item, Kind, findings};
use tekser_imei::{Eid, Imei, Imei14, Imeisv, Meid, ParseError, Svn};

pub(crate) const ONE: &str = "354626223546262";
pub(crate) const TWO: &str = "490154203237518";
const EID: &str = "89049032123451234512345678901235";

pub(crate) fn imei(text: &str, svn: Option<&str>, slot: Option<u8>) -> Item<'static> {
    let imei = Imei::parse(text.as_bytes()).unwrap();
    Item::Imei { imei, svn: svn.map(|svn| Svn::parse(svn.as_bytes()).unwrap()), slot }
}

/// Compares with what is found, words of no meaning left out.
#[track_caller]
pub(crate) fn check(text: &str, expected: &[Item<'_>]) {
    let known = |finding: &Finding<'_>| !matches!(finding.item, Item::Unknown(_));
    let found: Vec<_> = findings(text.as_bytes()).filter(known).map(|found| found.item).collect();
    assert_eq!(found, expected, "{text:?}");
}

/// One IMEI in the slot, and the offset of its value.
#[track_caller]
fn check_slot(text: &str, slot: Option<u8>) {
    check(text, &[imei(ONE, None, slot)]);
    let found = findings(text.as_bytes()).find(|found| found.item.code() == "imei").unwrap();
    assert_eq!(Some(found.at), text.find("35"));
}

#[test]
fn captions_name_the_slot() {
    for text in [
        "IMEI: 354626223546262",
        "IMEI 354626223546262",
        "imei=354626223546262",
        "IMEI354626223546262",
        "IMEI No. 354626223546262",
        "IMEI Number: 354626223546262",
        "IMEI(354626223546262)",
        "IMEI:[354626223546262]",
        "IMEI/MEID: 354626223546262",
        "IMEI / MEID 354626223546262",
        "\"imei\":\"354626223546262\"",
        "Device IMEI: 354626223546262",
    ] {
        check_slot(text, None);
    }
    for text in [
        "IMEI2: 354626223546262",
        "IMEI 2: 354626223546262",
        "IMEI 2 354626223546262",
        "IMEI(2): 354626223546262",
        "IMEI (2) 354626223546262",
        "IMEI (SIM 2): 354626223546262",
        "IMEI SIM2 354626223546262",
        "IMEI (slot 2) 354626223546262",
        "IMEI#2 354626223546262",
        "IMEI No. 2: 354626223546262",
        "IMEI_2=354626223546262",
        "IMEI2/MEID: 354626223546262",
        "IMEI 2\n354626223546262",
        "IMEI2\t354626223546262",
        "IMEI2: 35-462622-354626-2",
        "IMEI 2 35 462622 354626 2",
    ] {
        check_slot(text, Some(2));
    }
}

#[test]
fn form_of_a_tool() {
    check(
        "IMEI1:354626223546262;IMEI2:490154203237518;BT:001122334455;",
        &[imei(ONE, None, Some(1)), imei(TWO, None, Some(2))],
    );
}

#[test]
fn screen_with_software_version() {
    let expected = [imei(ONE, Some("19"), Some(1)), imei(TWO, Some("20"), Some(2))];
    check("IMEI1\n354626223546262 / 19\nIMEI2\n490154203237518 / 20", &expected);
    check("IMEI1: 354626223546262/19 IMEI2: 490154203237518-20", &expected);
    let mut found = findings(b"IMEI1\n354626223546262 / 19");
    assert_eq!(found.next().map(|found| (found.at, found.len)), Some((6, 20)));
}

#[test]
fn answer_of_a_phone() {
    check(
        "+DEVCONINFO: MN(SM-A042F);PRD(XFA);SN(R8YX40LFPLF);IMEI(350031345841796);UN(H1)",
        &[Item::Serial(b"R8YX40LFPLF"), imei("350031345841796", None, None)],
    );
}

#[test]
fn whole_box_label() {
    let label = "Model: SM-S921B/DS  Color: Onyx Black\r\nIMEI 1: 354626223546262\r\n\
        IMEI 2: 490154203237518\r\nS/N: R58N12ABCDE\r\nEAN 4006381333931\r\n\
        EID: 8904 9032 1234 5123 4512 3456 7890 1235";
    check(
        label,
        &[
            Item::Model(b"SM-S921B/DS"),
            imei(ONE, None, Some(1)),
            imei(TWO, None, Some(2)),
            Item::Serial(b"R58N12ABCDE"),
            Item::Gtin(b"4006381333931"),
            Item::Eid(Eid::parse(EID.as_bytes()).unwrap()),
        ],
    );
}

#[test]
fn other_captions() {
    let meid = Item::Meid(Meid::parse(b"AF0123450ABCDE").unwrap());
    check("MEID: AF0123450ABCDE", &[meid]);
    check("MEID HEX: af0123450abcde", &[meid]);
    check("MEID (DEC) 293608736500703710", &[meid]);
    check("IMEI/MEID: AF0123450ABCDE", &[meid]);
    check("ICCID 8931440400000000008", &[Item::Iccid(b"8931440400000000008")]);
    check("ICCID: 8931440400000000008F", &[Item::Iccid(b"8931440400000000008F")]);
    check("Serial No. F2LX12345678", &[Item::Serial(b"F2LX12345678")]);
    check("Serial Number\nF2LX12345678", &[Item::Serial(b"F2LX12345678")]);
    check("(S) Serial No. F2LX12345678", &[Item::Serial(b"F2LX12345678")]);
    check("(1P) Part No. MTQ63RM/A", &[Item::Part(b"MTQ63RM/A")]);
    check("P/N: MTQ63RM/A", &[Item::Part(b"MTQ63RM/A")]);
    let imeisv = Imeisv::parse(b"3568680000414120").unwrap();
    check("IMEI SV: 3568680000414120", &[Item::Imeisv { imeisv, slot: None }]);
    check("IMEI SV: 6", &[]);
}

#[test]
fn fourteen_and_sixteen_digits_count_as_imei_only_by_caption() {
    let imei14 = Imei14::parse(b"35462622354626").unwrap();
    check("IMEI1: 35462622354626", &[Item::Imei14 { imei14, slot: Some(1) }]);
    let imeisv = Imeisv::parse(b"3568680000414120").unwrap();
    check("IMEI: 3568680000414120", &[Item::Imeisv { imeisv, slot: None }]);
}

#[test]
fn bad_imei_is_kept_with_its_reason() {
    let bad = |digits, reason, slot| Item::BadImei { digits, reason, slot };
    let digit = ParseError::CheckDigit { expected: '9', found: '1' };
    check("IMEI 2: 354178036859781", &[bad(b"354178036859781", digit, Some(2))]);
    check("IMEI: 35462622", &[bad(b"35462622", ParseError::TooShort { digits: 8 }, None)]);
    let letter = ParseError::NotADigit { at: 14 };
    check("IMEI: 35462622354626O", &[bad(b"35462622354626O", letter, None)]);
    check(
        "IMEI: 354626223546262-AB",
        &[bad(b"354626223546262-AB", ParseError::NotADigit { at: 16 }, None)],
    );
    let long = b"354626223546262354";
    check("IMEI: 354626223546262354", &[bad(long, ParseError::TooLong { digits: 18 }, None)]);
}

#[test]
fn slot_glued_to_the_number_is_not_guessed() {
    let ambiguous = |text, readings| Item::Ambiguous { text, readings };
    let readings = [Kind::Imei, Kind::Imeisv];
    check("IMEI1354626223546262", &[ambiguous(b"1354626223546262", readings)]);
    let readings = [Kind::Imei14, Kind::Imei];
    check("IMEI135462622354626", &[ambiguous(b"135462622354626", readings)]);
}

#[test]
fn stacked_captions_give_no_slot() {
    let expected = [imei(ONE, None, None), imei(TWO, None, None)];
    check("IMEI1/IMEI2: 354626223546262 / 490154203237518", &expected);
    check("IMEI1\nIMEI2\n354626223546262\n490154203237518", &expected);
    check("IMEI1\tIMEI2\n354626223546262\t490154203237518", &expected);
    let row = [imei(ONE, None, None), Item::Serial(b"R58N12ABCDE")];
    check("IMEI\tSN\n354626223546262\tR58N12ABCDE", &row);
    check("IMEI,SN\n354626223546262,R58N12ABCDE", &row);
    check("SN,IMEI\nR58N12ABCDE,354626223546262", &[row[1], row[0]]);
}

#[test]
fn numbers_of_other_kinds_are_no_imeis() {
    check("IMSI: 354626223546262", &[]);
    check("BT:001122334455;TEL: 4006381333931", &[]);
    check("IMSI 401011234567890 IMEI 354626223546262", &[imei(ONE, None, None)]);
}

#[test]
fn empty_value_leaves_the_next_caption_alone() {
    check("IMEI1:;IMEI2:354626223546262;", &[imei(ONE, None, Some(2))]);
    check("Model:\n354626223546262", &[imei(ONE, None, None)]);
}

#[test]
fn imei_under_the_name_of_a_serial_number_is_asked_about() {
    let readings = [Kind::Serial, Kind::Imei];
    let text = b"354626223546262";
    check("SN: 354626223546262", &[Item::Ambiguous { text, readings }]);
}

#[test]
fn symbology_identifier_is_left_out() {
    check("]C0354626223546262", &[imei(ONE, None, None)]);
    check("]Q1IMEI1:354626223546262", &[imei(ONE, None, Some(1))]);
    check("]E04006381333931", &[Item::Gtin(b"4006381333931")]);
    check(
        "]E04006381333931\n]C0354626223546262",
        &[Item::Gtin(b"4006381333931"), imei(ONE, None, None)],
    );
    check("]E0354626223546262", &[]);
    assert_eq!(findings(b"]C0354626223546262").next().map(|found| found.at), Some(3));
}

#[test]
fn gs1_in_readable_form() {
    check(
        "(01)04006381333931(21)R58N12ABCDE(8002)354626223546262",
        &[Item::Gtin(b"04006381333931"), Item::Serial(b"R58N12ABCDE"), imei(ONE, None, None)],
    );
}

#[test]
fn gs1_as_scanned() {
    let expected =
        [Item::Gtin(b"04006381333931"), Item::Serial(b"R58N12ABCDE"), imei(ONE, None, None)];
    check("]d2010400638133393121R58N12ABCDE\x1d8002354626223546262", &expected);
    check("]C1010400638133393121R58N12ABCDE\x1d8002354626223546262", &expected);
    check("]Q3010400638133393121R58N12ABCDE\x1d8002354626223546262\r\n", &expected);
    check("\x1d010400638133393121R58N12ABCDE\x1d8002354626223546262", &expected);
    check("010400638133393121R58N12ABCDE\x1d8002354626223546262", &expected);
    check("]d211261231010400638133393110LOT7\x1d21R58N12ABCDE", &expected[..2]);
}

#[test]
fn gs1_with_a_bad_imei() {
    let reason = ParseError::CheckDigit { expected: '9', found: '1' };
    let bad = Item::BadImei { digits: b"354178036859781", reason, slot: None };
    check("]C18002354178036859781", &[bad]);
}
