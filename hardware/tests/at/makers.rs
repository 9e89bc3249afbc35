//! Answers in the words of each maker, in the shapes seen in the field: bare, quoted, tagged,
//! beside a serial number, in a summary, echoed, refused.

use tekser_hardware::at::Command;
use tekser_hardware::at::answer::Facts;
use tekser_hardware::at::digest::Outcome;

use super::shapes::{assert_identities, facts, shown};
use super::{ONE, TWO, assert_answer, digest};

#[test]
fn unisoc_answers_bare_or_tagged_for_one_card_or_two() {
    let [one, two] = [format!("imei {ONE}"), format!("imei {TWO}")];
    let bare: &[&str] = &[ONE];
    for lines in [bare, &[&format!("+SPIMEI: {ONE}")], &[&format!("+SPIMEI: \"{ONE}\"")]] {
        assert_identities(Command::UnisocImei, lines, &[&one]);
    }
    assert_identities(Command::UnisocImei, &[ONE, TWO], &[&one, &two]);
    let tagged = [format!("+SPIMEI: {ONE}"), format!("+SPIMEI: {TWO}")];
    assert_identities(Command::UnisocImei, &[&tagged[0], &tagged[1]], &[&one, &two]);
    assert_identities(Command::UnisocImei, &[ONE, ONE], &[&one, &one]);
    assert_identities(
        Command::UnisocImei,
        &["490154203237519"],
        &["rejected 490154203237519 check_digit"],
    );
    // 15 digits and nothing else: anything different belongs to another question.
    for line in [
        "49015420323751",
        "4901542032375181",
        "+SPIMEI: ",
        "+CGSN: 490154203237518",
        "490154203237518,1",
        "SN490154203237518",
        "0",
    ] {
        assert_identities(Command::UnisocImei, &[line], &[]);
    }
}

#[test]
fn lg_answers_with_its_tag_and_a_colon_or_a_blank() {
    let one = format!("imei {ONE}");
    for line in ["%IMEI: 490154203237518", "%IMEI:490154203237518", "%IMEI 490154203237518"] {
        assert_identities(Command::LgImei, &[line], &[&one]);
    }
    assert_identities(Command::LgImei, &["%IMEI: \"490154203237518\""], &[&one]);
    // A bare number is the late answer to the plain command.
    assert_identities(Command::LgImei, &[ONE], &[]);
    assert_identities(Command::LgImei, &["%IMEI2: 490154203237518"], &[]);
    assert_identities(Command::LgImei, &["%NWID: 490154203237518"], &[]);
    assert_identities(Command::LgImei, &["IMEI: 490154203237518"], &[]);
    assert_identities(Command::LgImei, &["%IMEI:"], &[]);
}

#[test]
fn lg_repeats_tags_inside_its_summary() {
    let said = [
        "Manufacturer: +GMI: LG Electronics Inc.",
        "Model: +GMI: LG Electronics Inc.+GMM: Model:LG-LX265",
        "Revision: +GMI: LG Electronics Inc.+GMM: Model:LG-LX265+GMR: LX265V03",
        "ESN: +GSN: 0x9235EB52",
        "+GCAP: +CIS707-A, +MS, +ES, +DS, +FCLASS",
    ];
    let facts = facts(Command::Identify, &said);
    assert_eq!(facts.maker.as_deref(), Some("LG Electronics Inc."));
    assert_eq!(facts.model.as_deref(), Some("LG-LX265"));
    assert_eq!(facts.firmware.as_deref(), Some("LX265V03"));
    assert!(facts.identities.is_empty());
}

#[test]
fn ublox_answers_each_parameter_in_its_own_form() {
    assert_identities(Command::SerialNumber, &["357520070120767"], &["imei 357520070120767"]);
    assert_identities(Command::Imei, &["+CGSN: \"357520070120767\""], &["imei 357520070120767"]);
    assert_identities(
        Command::Imeisv,
        &["+CGSN: \"3575200701207601\""],
        &["imeisv 3575200701207601"],
    );
    for line in ["35752007012076701", "+CGSN: \"35752007012076701\""] {
        assert_identities(Command::ImeiFull, &[line], &["imei 357520070120767 sv 01"]);
    }
    assert_identities(
        Command::ImeiFull,
        &["35752007012076801"],
        &["rejected 35752007012076801 check_digit"],
    );
    assert_answer(Command::ImeiFull, "\r\nERROR\r\n", &[], Outcome::Refused);
}

#[test]
fn telit_answers_under_its_own_sign() {
    assert_identities(Command::TelitImei, &["#CGSN: 490154203237518"], &[&format!("imei {ONE}")]);
    assert_identities(Command::TelitImei, &[ONE], &[]);
    assert_identities(Command::TelitImei, &["#CGMM: 490154203237518"], &[]);
    assert_identities(Command::TelitImeisv, &["4901542032375101"], &["imeisv 4901542032375101"]);
    assert_identities(
        Command::TelitImeisv,
        &["+IMEISV: 4901542032375101"],
        &["imeisv 4901542032375101"],
    );
    // 15 digits there are the late answer to another question.
    assert_identities(Command::TelitImeisv, &[ONE], &[]);
}

#[test]
fn nokia_answers_in_bare_lines_that_end_in_line_feeds() {
    let answer = digest(Command::SerialNumber, format!("\n{ONE}\n\nOK\n").as_bytes());
    let found: Vec<_> = Facts::of(&answer).identities.iter().map(shown).collect();
    assert_eq!(found, [format!("imei {ONE}")]);
    let answer = digest(Command::IdentifyMore, format!("\n{ONE}\n\nOK\n").as_bytes());
    let found: Vec<_> = Facts::of(&answer).identities.iter().map(shown).collect();
    assert_eq!(found, [format!("imei {ONE}")]);
    let said = ["V 08.62", "24-07-09", "RM-520", "(c) Nokia            "];
    assert_eq!(facts(Command::Revision, &said).firmware.as_deref(), Some("V 08.62"));
    assert!(facts(Command::Identify, &["Nokia"]).identities.is_empty());
}

#[test]
fn more_of_a_summary_is_an_imei_only_when_it_is_15_digits_and_nothing_else() {
    for line in
        ["R3A018", "000", "144", "V 08.62", "49015420323751", "4901542032375181", "24-07-09"]
    {
        assert_identities(Command::IdentifyMore, &[line], &[]);
    }
}

#[test]
fn sony_ericsson_answers_bare() {
    let bytes = "\n349583712939483\n\nOK\n";
    let answer = digest(Command::SerialNumber, bytes.as_bytes());
    let found: Vec<_> = Facts::of(&answer).identities.iter().map(shown).collect();
    assert_eq!(found, ["rejected 349583712939483 check_digit"]);
}

#[test]
fn motorola_and_fibocom_answer_in_quotes() {
    for command in [Command::SerialNumberQuery, Command::GenericSerialNumber] {
        for line in ["+CGSN: \"004400013805666\"", "+GSN: \"004400013805666\""] {
            assert_identities(command, &[line], &["imei 004400013805666"]);
        }
    }
    assert_identities(
        Command::SerialNumberQuery,
        &["+CGSN: \"865204020007540\""],
        &["imei 865204020007540"],
    );
    let model = facts(Command::Model, &["+CGMM: \"GSM900\",\"GSM1800\",\"MODEL=I250-000\""]);
    assert_eq!(model.model.as_deref(), Some("I250-000"));
}

#[test]
fn sierra_tells_all_in_one_summary() {
    let said = [
        "Manufacturer: Sierra Wireless, Inc.",
        "Model: C885",
        "Revision: J1_0_1_26AP C:/WS/FW/J1_0_1_26AP/MSM7200A",
        "IMEI: 490154203237518",
        "IMEI SV: 6",
        "FSN: D603478104511",
        "3GPP Release 6",
        "+GCAP: +CGSM,+DS,+ES",
    ];
    let facts = facts(Command::Identify, &said);
    assert_eq!(facts.maker.as_deref(), Some("Sierra Wireless, Inc."));
    assert_eq!(facts.model.as_deref(), Some("C885"));
    assert_eq!(facts.serial.as_deref(), Some("D603478104511"));
    let found: Vec<_> = facts.identities.iter().map(shown).collect();
    assert_eq!(found, [format!("imei {ONE} sv 06")]);
}

#[test]
fn a_dell_module_echoes_and_ends_the_echo_with_a_line_feed() {
    let bytes = format!("AT+CGSN\n{ONE}\r\n\r\nOK\r\n");
    assert_answer(Command::SerialNumber, &bytes, &[ONE], Outcome::Done);
}

#[test]
fn cmotech_doubles_its_carriage_returns() {
    let bytes = "Manufacturer: C-MOTECH Co., Ltd.\r\r\nModel: CDX-650 \r\r\nRevision: 23\r\r\n\
                 Esn: 3B0C4B98\r\r\n+GCAP: +CIS707, +MS\r\r\n\r\nOK\r\n";
    let facts = Facts::of(&digest(Command::Identify, bytes.as_bytes()));
    assert_eq!(facts.maker.as_deref(), Some("C-MOTECH Co., Ltd."));
    assert_eq!(facts.model.as_deref(), Some("CDX-650"));
    assert!(facts.identities.is_empty());
}

#[test]
fn cdma_answers_are_no_imei_whoever_is_asked() {
    for command in [
        Command::SerialNumber,
        Command::SerialNumberQuery,
        Command::ImeiFull,
        Command::Imeisv,
        Command::IdentifyMore,
        Command::UnisocImei,
        Command::LgImei,
        Command::TelitImei,
        Command::TelitImeisv,
    ] {
        for line in [
            "0x6744775",
            "6030C012",
            "45317471585658170:2161753034",
            "0x00A1000013FB653A:0x80D9BBCA",
            "+GSN: 0x9235EB52",
            "^MEID:A0C72311111111",
        ] {
            assert_identities(command, &[line], &[]);
        }
    }
}

#[test]
fn every_makers_command_can_be_refused_in_every_form() {
    for command in Command::ALL {
        for word in ["ERROR", "+CME ERROR: 100", "+CME ERROR: ", "COMMAND NOT SUPPORT", "NA"] {
            assert_answer(command, &format!("\r\n{word}\r\n"), &[], Outcome::Refused);
            let echoed = format!("{}\r\r\n{word}\r\n", command.text());
            assert_answer(command, &echoed, &[], Outcome::Refused);
        }
    }
}
