//! What phones of every Android version are asked, and what their answers make of a reading.

use tekser_hardware::adb::ReadError;
use tekser_hardware::{ClaimValue, Confidence, Note, Reading, Slot, Source};

use super::far::{Phone, Reply, evidence};
use super::{NULL, ONE, THREE, TWO, dump, parcel, words};

const SLOT_1: &str =
    "service call iphonesubinfo 4 i32 0 s16 com.android.shell s16 com.android.shell";
const SLOT_2: &str =
    "service call iphonesubinfo 4 i32 1 s16 com.android.shell s16 com.android.shell";
const SLOT_3: &str =
    "service call iphonesubinfo 4 i32 2 s16 com.android.shell s16 com.android.shell";

fn properties(sdk: u16, more: &str) -> String {
    format!(
        "[ro.build.display.id]: [UP1A.231005.007]\n[ro.build.version.release]: [14]\n\
         [ro.build.version.sdk]: [{sdk}]\n[ro.product.manufacturer]: [Acme]\n\
         [ro.product.model]: [A 1]\n[ro.serialno]: [SN12345]\n[persist.sys.timezone]: [Asia/Almaty]\n\
         {more}"
    )
}

fn denied() -> String {
    dump(&words(u32::MAX, "getDeviceId: not allowed."))
}

/// Slot, digits and confidence of every claim.
fn claims(reading: &Reading) -> Vec<(Option<u8>, String, Confidence)> {
    let text = |value: &ClaimValue| match value {
        ClaimValue::Imei { imei, .. } => imei.to_string(),
        ClaimValue::WithoutCheckDigit { imei14 } => format!("{imei14} without check digit"),
        ClaimValue::Imeisv { imeisv } => format!("{imeisv} with version"),
        ClaimValue::Meid { meid } => format!("MEID {meid}"),
        ClaimValue::Rejected { text, .. } => format!("rejected {text}"),
    };
    let claims = reading.claims.iter();
    claims
        .map(|claim| (claim.slot.map(Slot::number), text(&claim.value), claim.confidence))
        .collect()
}

fn strong(slot: u8, digits: &str) -> (Option<u8>, String, Confidence) {
    (Some(slot), digits.to_owned(), Confidence::Strong)
}

fn weak(slot: Option<u8>, digits: &str) -> (Option<u8>, String, Confidence) {
    (slot, digits.to_owned(), Confidence::Weak)
}

fn plain(digits: &str) -> (Option<u8>, String, Confidence) {
    (None, digits.to_owned(), Confidence::Plain)
}

fn dual(more: &str) -> Phone {
    Phone::new(&properties(34, &format!("[persist.radio.multisim.config]: [dsds]\n{more}")))
        .says(SLOT_1, parcel(ONE))
        .says(SLOT_2, parcel(TWO))
}

#[test]
fn a_phone_of_today_tells_both_imeis_by_slot() {
    let mut phone = dual("");
    let reading = phone.read().unwrap();
    assert_eq!(claims(&reading), [strong(1, ONE), strong(2, TWO)]);
    assert_eq!(reading.source, Source::Adb);
    assert_eq!(reading.maker.as_deref(), Some("Acme"));
    assert_eq!(reading.model.as_deref(), Some("A 1"));
    assert_eq!(reading.serial.as_deref(), Some("SN12345"));
    assert_eq!(reading.os.as_deref(), Some("Android 14"));
    assert_eq!(reading.firmware.as_deref(), Some("UP1A.231005.007"));
    assert_eq!(reading.sim_slots, Some(2));
    assert_eq!(reading.notes, []);
    assert_eq!(phone.commands(), ["getprop", SLOT_1, SLOT_2]);
    for claim in &reading.claims {
        let evidence = &reading.evidence[claim.evidence];
        assert!(evidence.answer.starts_with("Result: Parcel("), "{evidence:?}");
    }
}

#[test]
fn between_the_phones_greeting_and_the_reading_are_two_turns() {
    let mut phone = dual("");
    phone.read().unwrap();
    // One for the greeting. The far side sends a whole answer at a time and a close for its last
    // OKAY, which is not waited for.
    assert_eq!(phone.turns, 1 + 2);
}

#[test]
fn the_same_is_read_however_bytes_are_cut_and_with_an_old_shell() {
    let whole = dual("").read().unwrap();
    for size in [1, 7, 24, 64, 512] {
        assert_eq!(dual("").read_in_pieces(size).unwrap(), whole, "pieces of {size}");
        let mut old = dual("").plain();
        old.piece = 100;
        old.version = 0x0100_0000;
        assert_eq!(claims(&old.read_in_pieces(size).unwrap()), claims(&whole));
    }
}

#[test]
fn a_shell_on_a_terminal_doubles_the_line_ends() {
    let text = properties(34, "").replace('\n', "\r\n");
    let mut phone = Phone::new(&text)
        .plain()
        .says(SLOT_1, parcel(ONE).replace('\n', "\r\n"))
        .says(SLOT_2, NULL.replace('\n', "\r\n"));
    let reading = phone.read().unwrap();
    assert_eq!(claims(&reading), [strong(1, ONE)]);
    assert_eq!(reading.model.as_deref(), Some("A 1"));
}

#[test]
fn each_android_version_is_asked_its_own_command_and_no_other() {
    let six = |slot| format!("service call iphonesubinfo 3 i32 {slot} s16 com.android.shell");
    let (one, two) = ("service call iphonesubinfo 1", "service call iphonesubinfo 2");
    let eleven = vec![SLOT_1.to_owned(), SLOT_2.to_owned()];
    let cases: Vec<(u16, Vec<String>)> = vec![
        (16, vec!["dumpsys iphonesubinfo".to_owned()]),
        (19, vec!["dumpsys iphonesubinfo".to_owned()]),
        (20, vec!["dumpsys iphonesubinfo".to_owned()]),
        (21, vec![one.to_owned(), format!("{two} i64 1"), format!("{two} i64 2")]),
        (22, vec![one.to_owned(), format!("{two} i32 1"), format!("{two} i32 2")]),
        (23, vec![six(0), six(1)]),
        (29, vec![six(0), six(1)]),
        (30, eleven.clone()),
        (34, eleven.clone()),
        (36, eleven),
    ];
    for (sdk, commands) in cases {
        let mut phone = Phone::new(&properties(sdk, ""));
        for command in &commands {
            phone = phone.says(command, NULL);
        }
        phone.read().unwrap();
        assert_eq!(phone.commands()[0], "getprop");
        assert_eq!(phone.commands()[1..], commands, "sdk {sdk}");
    }
}

#[test]
fn without_a_sound_version_nothing_is_called() {
    for version in [
        "",
        "[ro.build.version.sdk]: []\n",
        "[ro.build.version.sdk]: [34; reboot]\n",
        "[ro.build.version.sdk]: [0]\n",
        "[ro.build.version.sdk]: [-1]\n",
        "[ro.build.version.sdk]: [9999]\n",
        "[ro.build.version.sdk]: [34]\n[ro.build.version.sdk]: [19]\n",
    ] {
        let mut phone = Phone::new(&format!(
            "[ro.product.model]: [A 1]\n{version}[ro.ril.oem.imei1]: [{ONE}]\n"
        ));
        let reading = phone.read().unwrap();
        assert_eq!(phone.commands(), ["getprop"], "{version}");
        assert_eq!(claims(&reading), [weak(Some(1), ONE)]);
        assert_eq!(reading.notes, [Note::PropertiesOnly]);
    }
}

#[test]
fn as_many_slots_are_asked_as_the_phone_has() {
    for (property, asked) in [
        ("[persist.radio.multisim.config]: [ssss]", 2),
        ("[persist.radio.multisim.config]: [dsda]", 2),
        ("[persist.vendor.radio.multisim.config]: [tsts]", 3),
        ("[ro.telephony.sim.count]: [3]", 3),
        ("[ro.telephony.sim.count]: [4]", 4),
        ("[ro.telephony.sim.count]: [400]", 2),
        ("[ro.telephony.sim.count]: [x]", 2),
    ] {
        let mut phone = Phone::new(&properties(34, property));
        for slot in 0..4 {
            let command = SLOT_1.replace("i32 0", &format!("i32 {slot}"));
            phone = phone.says(&command, NULL);
        }
        phone.read().unwrap();
        assert_eq!(phone.commands().len(), 1 + asked, "{property}");
    }
}

#[test]
fn a_phone_of_one_slot_owes_no_second_imei() {
    let mut phone = Phone::new(&properties(34, "[ro.telephony.sim.count]: [1]"))
        .says(SLOT_1, parcel(ONE))
        .says(SLOT_2, denied());
    let reading = phone.read().unwrap();
    assert_eq!((claims(&reading), reading.notes), (vec![strong(1, ONE)], vec![]));
    // Older versions answer for the first slot whatever is asked.
    let mut phone = Phone::new(&properties(34, "[ro.telephony.sim.count]: [1]"))
        .says(SLOT_1, parcel(ONE))
        .says(SLOT_2, parcel(ONE));
    let reading = phone.read().unwrap();
    assert_eq!((claims(&reading), reading.notes), (vec![strong(1, ONE)], vec![]));
}

#[test]
fn an_answer_for_slot_1_is_no_second_imei_of_a_phone_that_does_not_say_how_many_it_has() {
    let mut phone =
        Phone::new(&properties(34, "")).says(SLOT_1, parcel(ONE)).says(SLOT_2, parcel(ONE));
    let reading = phone.read().unwrap();
    assert_eq!(claims(&reading), [strong(1, ONE)]);
    assert_eq!(reading.notes, [Note::SecondSlotUnsound]);
    assert!(evidence(&reading, SLOT_2).answer.contains("Parcel"));
    let mut phone =
        Phone::new(&properties(34, "")).says(SLOT_1, parcel(ONE)).says(SLOT_2, parcel(TWO));
    assert_eq!(claims(&phone.read().unwrap()), [strong(1, ONE), strong(2, TWO)]);
}

#[test]
fn names_that_would_steer_a_terminal_are_cleaned() {
    let hostile = properties(34, "").replace("UP1A", "\x1b[2J\x07UP1A\u{202e}");
    let mut phone = Phone::new(&hostile).says(SLOT_1, parcel(ONE)).says(SLOT_2, parcel(TWO));
    let reading = phone.read().unwrap();
    assert_eq!(reading.firmware.as_deref(), Some("[2JUP1A.231005.007"));
}

#[test]
fn a_missing_second_imei_is_remarked_on_where_the_phone_has_two_slots() {
    let reading = dual("").says(SLOT_2, NULL).read().unwrap();
    assert_eq!(claims(&reading), [strong(1, ONE)]);
    assert_eq!(reading.notes, [Note::ImeiMissing]);
    let mut unknown = Phone::new(&properties(34, "")).says(SLOT_1, parcel(ONE)).says(SLOT_2, NULL);
    assert_eq!(unknown.read().unwrap().notes, []);
}

#[test]
fn a_refusal_is_a_reading_that_says_so() {
    for refusal in [
        Reply::from(denied()),
        Reply::from("Result: Parcel(ffffffec 00000000 '........')"),
        Reply::from("Result: Parcel(fffffffc 00000000 '........')"),
        Reply::from(parcel("Permission denied.")),
        Reply::from("/system/bin/sh: service: Permission denied\n"),
        Reply::Refuses,
        Reply::Hangs,
    ] {
        let mut phone = dual("").says(SLOT_1, refusal.clone()).says(SLOT_2, refusal.clone());
        let reading = phone.read().unwrap();
        assert_eq!(claims(&reading), [], "{refusal:?}");
        assert_eq!(reading.notes, [Note::ImeiRefused], "{refusal:?}");
        assert_eq!(reading.model.as_deref(), Some("A 1"));
    }
}

#[test]
fn one_slot_that_hangs_costs_only_itself() {
    let reading = dual("").says(SLOT_1, Reply::Hangs).read().unwrap();
    assert_eq!(claims(&reading), [strong(2, TWO)]);
    assert_eq!(reading.notes, [Note::ImeiRefused]);
    assert_eq!(evidence(&reading, SLOT_1).answer, "(no answer)");
}

#[test]
fn a_tablet_without_telephony_has_no_imei() {
    let none = "service: Service iphonesubinfo does not exist\n";
    let mut phone = Phone::new(&properties(34, "")).says(SLOT_1, none).says(SLOT_2, none);
    let reading = phone.read().unwrap();
    assert_eq!((claims(&reading), reading.notes), (vec![], vec![Note::ImeiMissing]));
}

#[test]
fn the_same_imei_in_both_slots_is_kept_and_doubted() {
    let reading = dual("").says(SLOT_2, parcel(ONE)).read().unwrap();
    assert_eq!(claims(&reading), [strong(1, ONE), weak(Some(2), ONE)]);
    assert_eq!(reading.notes, [Note::SecondSlotUnsound]);
}

#[test]
fn what_is_no_whole_imei_in_slot_2_is_kept_and_doubted() {
    for (said, shown) in [
        ("35693803564380", "35693803564380 without check digit"),
        ("356938035643808", "rejected 356938035643808"),
        ("3569380356438091", "3569380356438091 with version"),
        ("000000000000000", "000000000000000"),
        ("A0000012345678", "MEID A0000012345678"),
    ] {
        let reading = dual("").says(SLOT_2, parcel(said)).read().unwrap();
        assert_eq!(claims(&reading), [strong(1, ONE), weak(Some(2), shown)]);
        assert_eq!(reading.notes, [Note::SecondSlotUnsound]);
    }
}

#[test]
fn a_meid_and_a_wrong_check_digit_are_told_apart_in_slot_1() {
    for (said, shown) in [
        ("A0000012345678", "MEID A0000012345678"),
        ("490154203237519", "rejected 490154203237519"),
        ("49015420323751", "49015420323751 without check digit"),
    ] {
        let reading = dual("").says(SLOT_1, parcel(said)).read().unwrap();
        assert_eq!(claims(&reading), [strong(1, shown), strong(2, TWO)]);
    }
}

#[test]
fn text_that_is_no_identity_makes_no_claim() {
    for said in [
        "",
        "unknown",
        "0",
        "01",
        "4901542032375 18",
        "49-015420-323751-8",
        "4901542032375180000000",
    ] {
        let reading = dual("").says(SLOT_1, parcel(said)).read().unwrap();
        assert_eq!(claims(&reading), [strong(2, TWO)], "{said}");
        assert_eq!(reading.notes, [Note::ImeiMissing], "{said}");
    }
}

#[test]
fn three_slots_are_read() {
    let mut phone = Phone::new(&properties(30, "[ro.telephony.sim.count]: [3]"))
        .says(SLOT_1, parcel(ONE))
        .says(SLOT_2, parcel(TWO))
        .says(SLOT_3, parcel(THREE));
    let reading = phone.read().unwrap();
    assert_eq!(claims(&reading), [strong(1, ONE), strong(2, TWO), strong(3, THREE)]);
}

#[test]
fn android_5_names_no_slot() {
    for (sdk, kind) in [(21, "i64"), (22, "i32")] {
        let mut phone = Phone::new(&properties(sdk, "[ro.telephony.sim.count]: [2]"))
            .says("service call iphonesubinfo 1", parcel(ONE))
            .says(&format!("service call iphonesubinfo 2 {kind} 1"), parcel(ONE))
            .says(&format!("service call iphonesubinfo 2 {kind} 2"), parcel(TWO));
        let reading = phone.read().unwrap();
        assert_eq!(claims(&reading), [plain(ONE), plain(TWO)]);
        assert_eq!(reading.notes, []);
    }
}

#[test]
fn android_4_dumps_its_service() {
    let dumped =
        |id: &str| format!("Phone Subscriber Info:\n  Phone Type = GSM\n  Device ID = {id}\n");
    let read = |answer: String| {
        Phone::new(&properties(19, ""))
            .plain()
            .says("dumpsys iphonesubinfo", answer)
            .read()
            .unwrap()
    };
    let reading = read(dumped("860955027785041"));
    assert_eq!((claims(&reading), reading.notes), (vec![plain("860955027785041")], vec![]));
    let reading = read(dumped("null"));
    assert_eq!((claims(&reading), reading.notes), (vec![], vec![Note::ImeiMissing]));
    let reading = read("Permission Denial: can't dump iphonesubinfo".to_owned());
    assert_eq!((claims(&reading), reading.notes), (vec![], vec![Note::ImeiRefused]));
}

#[test]
fn properties_that_agree_add_nothing() {
    let reading = dual(&format!("[ro.ril.oem.imei1]: [{ONE}]\n[gsm.imei]: [{ONE},{TWO}]\n"));
    let mut phone = reading;
    let reading = phone.read().unwrap();
    assert_eq!(claims(&reading), [strong(1, ONE), strong(2, TWO)]);
    assert_eq!(reading.notes, []);
}

#[test]
fn properties_that_disagree_are_shown_and_remarked_on() {
    let reading = dual(&format!("[persist.radio.imei1]: [{THREE}]\n")).read().unwrap();
    assert_eq!(claims(&reading), [strong(1, ONE), strong(2, TWO), weak(Some(1), THREE)]);
    assert_eq!(reading.notes, [Note::PropertiesDisagree]);
}

#[test]
fn properties_stand_in_weakly_for_a_slot_that_is_not_told() {
    let more = format!("[ro.ril.miui.imei0]: [{ONE}]\n[ro.ril.miui.imei1]: [{TWO}]\n");
    let reading = dual(&more).says(SLOT_2, NULL).read().unwrap();
    assert_eq!(claims(&reading), [strong(1, ONE), weak(Some(2), TWO)]);
    assert_eq!(reading.notes, [Note::ImeiMissing, Note::PropertiesOnly]);
    let reading = dual(&more).says(SLOT_1, denied()).says(SLOT_2, denied()).read().unwrap();
    assert_eq!(claims(&reading), [weak(Some(1), ONE), weak(Some(2), TWO)]);
    assert_eq!(reading.notes, [Note::ImeiRefused, Note::PropertiesOnly]);
}

#[test]
fn only_the_properties_that_were_used_are_kept() {
    let more = format!("[gsm.sim.operator.alpha]: [Somebody]\n[ro.boot.imei]: [{THREE}]\n");
    let reading = dual(&more).read().unwrap();
    let kept = &evidence(&reading, "getprop").answer;
    for used in ["[ro.build.version.sdk]: [34]", "[ro.serialno]: [SN12345]", THREE, "[dsds]"] {
        assert!(kept.contains(used), "{used} in {kept}");
    }
    assert!(!kept.contains("timezone") && !kept.contains("Somebody"), "{kept}");
}

#[test]
fn a_phone_that_runs_nothing_is_an_error_with_a_cure() {
    for (reply, refused) in [
        (Reply::Refuses, true),
        (Reply::from(""), true),
        (Reply::from("sh: no"), true),
        (Reply::Hangs, false),
    ] {
        let error = Phone::new("").says("getprop", reply).read().unwrap_err();
        assert_eq!(matches!(error, ReadError::ShellRefused), refused, "{error:?}");
        assert_eq!(matches!(error, ReadError::Unanswered), !refused, "{error:?}");
        assert!(!error.cure().is_empty());
    }
}
