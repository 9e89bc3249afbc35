//! Answers to facts: every known shape.

use tekser_hardware::ClaimValue;
use tekser_hardware::at::Command;
use tekser_hardware::at::answer::Facts;
use tekser_hardware::at::command::Item;

use super::{ONE, TWO, UNSOLICITED, digest, with_line_at_every_boundary};

const SEVEN: Command = Command::Equipment(Item::Seven);

#[track_caller]
pub(super) fn facts(command: Command, lines: &[&str]) -> Facts {
    let mut bytes = String::new();
    for line in lines {
        bytes.push_str(&format!("\r\n{line}\r\n"));
    }
    bytes.push_str("\r\nOK\r\n");
    Facts::of(&digest(command, bytes.as_bytes()))
}

/// How a value shows in these tests: form and digits.
pub(super) fn shown(value: &ClaimValue) -> String {
    match value {
        ClaimValue::Imei { imei, svn: None } => format!("imei {imei}"),
        ClaimValue::Imei { imei, svn: Some(svn) } => format!("imei {imei} sv {svn}"),
        ClaimValue::WithoutCheckDigit { imei14 } => format!("imei14 {imei14}"),
        ClaimValue::Imeisv { imeisv } => format!("imeisv {imeisv}"),
        ClaimValue::Meid { meid } => format!("meid {meid}"),
        ClaimValue::Rejected { text, reason } => format!("rejected {text} {}", reason.code()),
    }
}

#[track_caller]
pub(super) fn assert_identities(command: Command, lines: &[&str], expected: &[&str]) {
    let facts = facts(command, lines);
    let identities: Vec<String> = facts.identities.iter().map(shown).collect();
    assert_eq!(identities, expected, "{command:?} {lines:?}");
}

#[test]
fn the_plain_command_in_every_shape() {
    let cases: [(&str, &[&str]); 27] = [
        ("490154203237518", &["imei 490154203237518"]),
        ("\"626936926396996\"", &["rejected 626936926396996 check_digit"]),
        ("+CGSN: \"004400013805666\"", &["imei 004400013805666"]),
        ("+CGSN: 490154203237518", &["imei 490154203237518"]),
        ("+CGSN:490154203237518", &["imei 490154203237518"]),
        ("+GSN: \"869267016819364\"", &["imei 869267016819364"]),
        ("#CGSN: 490154203237518", &["imei 490154203237518"]),
        ("+CGSN: IMEI490154203237518", &["imei 490154203237518"]),
        ("IMEI: 490154203237518", &["imei 490154203237518"]),
        ("IMEI=490154203237518", &["imei 490154203237518"]),
        ("357516032005989,TR19A8P11R", &["imei 357516032005989"]),
        ("129512359199159,SE393939TS", &["rejected 129512359199159 check_digit"]),
        ("\"357516032005989\",\"TR19A8P11R\"", &["imei 357516032005989"]),
        ("35752007012076701", &["imei 357520070120767 sv 01"]),
        ("3575200701207601", &["imeisv 3575200701207601"]),
        ("+CGSN: \"3575200701207601\"", &["imeisv 3575200701207601"]),
        ("35752007012076", &["imei14 35752007012076"]),
        ("354626223546262 / 19", &["imei 354626223546262 sv 19"]),
        ("354626223546262-19", &["imei 354626223546262 sv 19"]),
        ("354626223546263 / 19", &["rejected 354626223546263 check_digit"]),
        ("490154203237", &["rejected 490154203237 too_short"]),
        ("4901542032375181234", &["rejected 4901542032375181234 too_long"]),
        ("A0000000002329", &["meid A0000000002329"]),
        ("0xA0000000002329", &["meid A0000000002329"]),
        ("\"\"", &[]),
        ("49015420323751A", &[]),
        ("490154 203237518 and more", &[]),
    ];
    for (line, expected) in cases {
        for command in [Command::SerialNumber, Command::Imei, Command::GenericSerialNumber] {
            assert_identities(command, &[line], expected);
        }
    }
}

#[test]
fn the_serial_number_beside_an_imei_is_the_phones() {
    let facts = facts(Command::SerialNumber, &["356936001568843,NL2A62Z0N5"]);
    assert_eq!(facts.serial.as_deref(), Some("NL2A62Z0N5"));
}

#[test]
fn cdma_identities_and_junk_are_no_imei() {
    for line in [
        "0x6744775",
        "0x2214A600",
        "6030C012",
        "adsfasdfasdfasdf",
        "0x6030Cfgh",
        "45317471585658170:2161753034",
        "0x00A1000013FB653A:0x80D9BBCA",
        "+GSN: 0x9235EB52",
        "+GSN: 3B0C4B98",
        "GSM900",
    ] {
        assert_identities(Command::SerialNumber, &[line], &[]);
    }
}

#[test]
fn a_uuid_is_noticed_and_no_identity() {
    for line in [
        "f9f3ac10-7b42-4e5e-8c0d-2a6f1b9d3e57",
        "\"F9F3AC107B424E5E8C0D2A6F1B9D3E57\"",
        "+CGSN: 12345678901234567890123456789012",
    ] {
        let facts = facts(Command::SerialNumber, &[line]);
        assert!(facts.uuid, "{line}");
        assert!(facts.identities.is_empty(), "{line}");
    }
}

#[test]
fn identities_of_the_sim_card_are_never_taken() {
    for command in [Command::SerialNumber, Command::Imei, SEVEN, Command::SamsungImei] {
        for line in
            ["+CIMI: 490154203237518", "^ICCID: 490154203237518", "+CCID: \"490154203237518\""]
        {
            assert_identities(command, &[line], &[]);
        }
    }
}

#[test]
fn digits_count_only_where_an_imei_was_asked_for() {
    for command in [Command::Attention, Command::Identify, Command::Maker, Command::Model] {
        assert_identities(command, &[ONE], &[]);
    }
    // The makers' commands answer with their tag; without it the answer belongs to another one.
    for command in [SEVEN, Command::SamsungImei, Command::SamsungInfo] {
        assert_identities(command, &[ONE], &[]);
    }
}

#[test]
fn a_refused_command_says_nothing() {
    let answer = digest(Command::SerialNumber, format!("\r\n{ONE}\r\n\r\nERROR\r\n").as_bytes());
    assert_eq!(Facts::of(&answer), Facts::default());
}

#[test]
fn mediatek_items() {
    assert_identities(SEVEN, &[&format!("+EGMR: \"{ONE}\"")], &[&format!("imei {ONE}")]);
    assert_identities(SEVEN, &[&format!("+EGMR:{ONE}")], &[&format!("imei {ONE}")]);
    assert_identities(SEVEN, &["+EGMR: \"3541780368597805\""], &["imeisv 3541780368597805"]);
    assert_identities(SEVEN, &["+EGMR: \"135790246811222\""], &["imei 135790246811222"]);
    assert_identities(SEVEN, &["+EGMR: \"\""], &[]);
    assert_identities(SEVEN, &["+EGMR: \"MT6261\""], &[]);
}

#[test]
fn samsung_summary() {
    let line = "+DEVCONINFO: MN(SM-A042F);BASE(UNKNOWN);VER(A042FXXS7DXE1/A042FOJM7DXE1/A042FXXS7DXE1);\
                MNC(00,);MCC(000,);PRD(SKZ);AID();SN(R0000000000);IMEI(490154203237518);\
                UN(00000000000000000000);PN(,);CON(AT,MTP);LOCK(NONE);LIMIT(FALSE);\
                SDP(RUNTIME);HVID(Data:196609)";
    let facts = facts(Command::SamsungInfo, &[line]);
    assert_eq!(facts.model.as_deref(), Some("SM-A042F"));
    assert_eq!(facts.firmware.as_deref(), Some("A042FXXS7DXE1"));
    assert_eq!(facts.serial.as_deref(), Some("R0000000000"));
    assert_eq!(facts.identities.iter().map(shown).collect::<Vec<_>>(), ["imei 490154203237518"]);
    let two = format!("+DEVCONINFO: MN(X);IMEI({ONE},{TWO});SN()");
    let both = [format!("imei {ONE}"), format!("imei {TWO}")];
    assert_identities(Command::SamsungInfo, &[&two], &[&both[0], &both[1]]);
    assert_identities(Command::SamsungInfo, &["+DEVCONINFO: MN(X);IMEI(,);SN("], &[]);
    assert_identities(Command::SamsungImei, &[&format!("+IMEINUM: {ONE}")], &[&both[0]]);
}

#[test]
fn summaries_with_labels() {
    let huawei = facts(
        Command::Identify,
        &[
            "Manufacturer: huawei",
            "Model: E1550",
            "Revision: 11.608.09.01.21",
            "IMEI: 490154203237518",
            "+GCAP: +CGSM,+FCLASS,+DS",
        ],
    );
    assert_eq!(huawei.maker.as_deref(), Some("huawei"));
    assert_eq!(huawei.model.as_deref(), Some("E1550"));
    assert_eq!(huawei.firmware.as_deref(), Some("11.608.09.01.21"));
    let sierra = ["Model: C885", "IMEI: 987866969112306", "IMEI SV: 6", "FSN: D603478104511"];
    assert_identities(Command::Identify, &sierra, &["rejected 987866969112306 check_digit"]);
    assert_eq!(facts(Command::Identify, &sierra).serial.as_deref(), Some("D603478104511"));
    let version = ["IMEI: 490154203237518", "IMEI SV: 6"];
    assert_identities(Command::Identify, &version, &["imei 490154203237518 sv 06"]);
    let quectel = facts(Command::Identify, &["Quectel", "EC25", "Revision: EC25EFAR06A01M4G"]);
    assert_eq!(quectel.maker.as_deref(), Some("Quectel"));
    assert_eq!(quectel.model.as_deref(), Some("EC25"));
}

#[test]
fn names_without_the_tags_and_labels_around_them() {
    for (command, line, expected) in [
        (Command::Model, "+CGMM: MTK2", "MTK2"),
        (Command::Model, "\"GSM900\",\"GSM1800\",\"MODEL=I250-000\"", "I250-000"),
        (Command::Model, "+GMM: L850 LTE Module,L850", "L850 LTE Module,L850"),
        (Command::Model, "Model: E1550", "E1550"),
        (Command::Maker, "+CGMI: Fibocom", "Fibocom"),
        (Command::Maker, "\"Motorola CE, Copyright 2000\"", "Motorola CE, Copyright 2000"),
        (
            Command::Revision,
            "+CGMR: Lava_E10_61D_INT_T005_210714, 2021/07/14 13:57",
            "Lava_E10_61D_INT_T005_210714, 2021/07/14 13:57",
        ),
        (Command::Revision, "Revision: 23.60", "23.60"),
    ] {
        let facts = facts(command, &[line]);
        let found = [facts.maker, facts.model, facts.firmware].into_iter().flatten().next();
        assert_eq!(found.as_deref(), Some(expected), "{line}");
    }
    let nested = [
        "Manufacturer: +GMI: LG Electronics Inc.",
        "Model: +GMI: LG Electronics Inc.+GMM: Model:LG-LX265",
        "ESN: +GSN: 0x9235EB52",
    ];
    let facts = facts(Command::Identify, &nested);
    assert_eq!(facts.maker.as_deref(), Some("LG Electronics Inc."));
    assert_eq!(facts.model.as_deref(), Some("LG-LX265"));
    assert!(facts.identities.is_empty());
}

#[test]
fn unsolicited_lines_never_add_or_change_an_identity() {
    let cases = [
        (Command::SerialNumber, format!("\r\n{ONE}\r\n\r\nOK\r\n")),
        (Command::SerialNumber, format!("\r\n+CGSN: \"{ONE}\"\r\n\r\nOK\r\n")),
        (Command::Identify, format!("\r\nModel: X\r\nIMEI: {ONE}\r\n\r\nOK\r\n")),
        (SEVEN, format!("\r\n+EGMR: \"{ONE}\"\r\n\r\nOK\r\n")),
        (Command::SamsungImei, format!("\r\n+IMEINUM: {ONE}\r\n\r\nOK\r\n")),
    ];
    for (command, bytes) in cases {
        let expected = Facts::of(&digest(command, bytes.as_bytes()));
        for intruder in UNSOLICITED {
            for bytes in with_line_at_every_boundary(&bytes, intruder) {
                let facts = Facts::of(&digest(command, bytes.as_bytes()));
                assert_eq!(facts, expected, "{bytes:?}");
            }
        }
    }
}
