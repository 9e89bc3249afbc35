//! Every family of phones is read, and every claim has its evidence.

use tekser_hardware::{ClaimValue, Confidence, Note, Slot};

use super::{patience, persona, read, said};
use tekser_hardware::Bus;
use tekser_hardware::at::{self, Hint};
use tekser_virtual_bench::{Behaviour, FarSide, Persona, VirtualBench};

#[tokio::test]
async fn every_family_tells_its_first_imei() {
    for phone in FarSide::ALL
        .into_iter()
        .filter(|far_side| *far_side != FarSide::Cdma)
        .flat_map(|far_side| [persona(far_side, 2), Persona::family(far_side, 5)])
    {
        let far_side = phone.far_side;
        let reading = read(phone.clone()).await.unwrap();
        let first = phone.imeis[0].to_string();
        assert!(said(&reading).iter().any(|(_, imei)| *imei == first), "{far_side:?} {reading:?}");
        assert_eq!(reading.model.as_deref(), Some(phone.model.as_str()), "{far_side:?}");
        for claim in &reading.claims {
            let evidence = &reading.evidence[claim.evidence];
            let imei = claim.value.imei().map(|imei| imei.to_string());
            assert!(imei.is_none_or(|imei| evidence.answer.contains(&imei)), "{far_side:?}");
        }
    }
}

#[tokio::test]
async fn a_feature_phone_that_refuses_the_standard_tells_both_slots() {
    let phone = persona(FarSide::MediaTek, 2);
    let reading = read(phone.clone()).await.unwrap();
    let expected: Vec<_> = (1..=2u8)
        .map(|slot| (Some(slot), phone.imeis[usize::from(slot) - 1].to_string()))
        .collect();
    assert_eq!(said(&reading), expected);
    assert!(reading.claims.iter().all(|claim| claim.confidence == Confidence::Strong));
    assert!(reading.notes.contains(&Note::StandardRefused));
}

#[tokio::test]
async fn a_module_whose_plain_answer_alternates_is_noticed() {
    let phone = persona(FarSide::QuectelRg650v, 2);
    let reading = read(phone.clone()).await.unwrap();
    let strong: Vec<_> = reading
        .claims
        .iter()
        .filter(|claim| claim.confidence == Confidence::Strong)
        .map(|claim| (claim.slot, claim.value.imei()))
        .collect();
    assert_eq!(
        strong,
        [(Some(Slot::ONE), Some(phone.imeis[0])), (Some(Slot::TWO), Some(phone.imeis[1]))]
    );
    assert!(reading.notes.contains(&Note::PlainAnswerAlternates));
}

#[tokio::test]
async fn a_uuid_is_no_imei() {
    let phone = persona(FarSide::QuectelBc26, 1);
    let reading = read(phone.clone()).await.unwrap();
    assert_eq!(said(&reading), [(None, phone.imeis[0].to_string())]);
    assert!(reading.notes.contains(&Note::UuidInsteadOfImei));
}

#[tokio::test]
async fn a_cdma_phone_gives_a_reading_without_imei() {
    let reading = read(persona(FarSide::Cdma, 1)).await.unwrap();
    assert!(reading.claims.is_empty());
    assert!(reading.model.is_some());
}

#[tokio::test]
async fn a_serial_number_beside_the_imei_is_kept() {
    let phone = persona(FarSide::Option, 1);
    let reading = read(phone.clone()).await.unwrap();
    assert_eq!(reading.serial, Some(phone.serial));
}

#[tokio::test]
async fn one_imei_in_both_slots_is_shown_and_doubted() {
    let mut phone = persona(FarSide::MediaTek, 1);
    phone.imeis.push(phone.imeis[0]);
    let reading = read(phone).await.unwrap();
    assert_eq!(reading.claims.len(), 2);
    assert_eq!(reading.claims[1].confidence, Confidence::Weak);
    assert!(reading.notes.contains(&Note::SecondSlotUnsound));
}

#[tokio::test]
async fn a_wrong_check_digit_is_kept_as_rejected() {
    let behaviour = tekser_virtual_bench::Behaviour {
        wrong_check_digit: true,
        ..tekser_virtual_bench::Behaviour::default()
    };
    let reading = read(persona(FarSide::Plain, 1).with(behaviour)).await.unwrap();
    assert!(!reading.claims.is_empty());
    assert!(
        reading.claims.iter().all(|claim| matches!(claim.value, ClaimValue::Rejected { .. })),
        "{reading:?}"
    );
}

/// What each family is asked after `AT`, and nothing else. A command more is a round trip more for
/// the person at the counter; a command of another maker's may do harm.
#[tokio::test]
async fn every_family_is_asked_in_its_own_words() {
    let names = ["ATI", "AT+CGMI", "AT+CGMM", "AT+CGMR"];
    let expected: [(FarSide, &[&str], &[&str]); 12] = [
        (FarSide::Unisoc, &names, &["AT+CGSN", "AT+SPIMEI?"]),
        (FarSide::Lg, &["ATI"], &["AT+CGSN", "AT%IMEI"]),
        (FarSide::Sierra, &["ATI"], &["AT+CGSN"]),
        (FarSide::UbloxSaraU, &names, &["AT+CGSN"]),
        (FarSide::UbloxSaraR4, &names, &["AT+CGSN"]),
        (FarSide::Telit, &names, &["AT+CGSN"]),
        (FarSide::Nokia, &names, &["AT+CGSN"]),
        (FarSide::SonyEricsson, &names, &["AT+CGSN"]),
        (FarSide::Fibocom, &names, &["AT+CGSN", "AT+CGSN?"]),
        (FarSide::Motorola, &names, &["AT+CGSN"]),
        (FarSide::Huawei, &["ATI"], &["AT+CGSN"]),
        (FarSide::Cdma, &names, &["AT+CGSN", "AT+CGSN=1", "AT+GSN"]),
    ];
    for (far_side, identity, number) in expected {
        let bench = VirtualBench::new();
        let id = bench.plug(Persona::family(far_side, 1)).unwrap();
        let device = bench.devices().remove(0);
        let mut link = bench.open(&device.ports[0].name).await.unwrap();
        at::read(&mut link, Hint { usb_id: device.usb_id }, patience()).await.unwrap();
        let asked = bench.asked(&id);
        assert_eq!(asked, [&["AT"], identity, number].concat(), "{far_side:?}");
        assert_eq!(bench.violations(&id), Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_unisoc_phone_that_answers_for_both_cards_tells_them_in_order() {
    let phone = Persona::family(FarSide::Unisoc, 3);
    let reading = read(phone.clone()).await.unwrap();
    let [one, two] = [phone.imeis[0].to_string(), phone.imeis[1].to_string()];
    assert_eq!(said(&reading), [(None, one.clone()), (Some(1), one), (Some(2), two)]);
    let of_slots = reading.claims.iter().filter(|claim| claim.slot.is_some());
    assert!(of_slots.clone().all(|claim| claim.confidence == Confidence::Weak));
    assert!(reading.notes.is_empty(), "{reading:?}");
}

#[tokio::test]
async fn a_unisoc_phone_that_answers_for_one_card_leaves_the_slot_open() {
    let phone = persona(FarSide::Unisoc, 1);
    let reading = read(phone.clone()).await.unwrap();
    let one = phone.imeis[0].to_string();
    assert_eq!(said(&reading), [(None, one.clone()), (None, one)]);
}

#[tokio::test]
async fn a_refused_serial_number_is_told_by_the_makers_own_command() {
    let behaviour = Behaviour { refuses_serial_number: true, ..Behaviour::default() };
    for (far_side, command) in [
        (FarSide::Unisoc, "AT+SPIMEI?"),
        (FarSide::Lg, "AT%IMEI"),
        (FarSide::Telit, "AT#CGSN"),
        (FarSide::Nokia, "AT+GSN"),
        (FarSide::Fibocom, "AT+GSN"),
        (FarSide::UbloxSaraU, "AT+GSN"),
    ] {
        let family = Persona::family(far_side, 2);
        let line_end = family.behaviour.line_end;
        let phone = family.with(Behaviour { line_end, ..behaviour.clone() });
        let reading = read(phone.clone()).await.unwrap();
        let claim = reading.claims.first().unwrap();
        assert_eq!(claim.value.imei(), Some(phone.imeis[0]), "{far_side:?}");
        assert_eq!(reading.evidence[claim.evidence].command, command);
        let own = command != "AT+GSN";
        assert_eq!(reading.notes.contains(&Note::StandardRefused), own, "{far_side:?}");
    }
}

#[tokio::test]
async fn sierras_summary_gives_the_serial_number_and_the_software_version() {
    let phone = Persona::family(FarSide::Sierra, 0);
    let reading = read(phone.clone()).await.unwrap();
    assert_eq!(reading.serial, Some(phone.serial));
    let ClaimValue::Imei { svn: Some(svn), .. } = reading.claims[0].value else {
        panic!("{reading:?}");
    };
    assert_eq!(svn.to_string(), "06");
}

#[tokio::test]
async fn an_equipment_number_in_hexadecimal_is_no_imei_on_any_family() {
    let reading = read(Persona::family(FarSide::Lg, 0)).await.unwrap();
    assert_eq!(reading.claims.len(), 1, "{reading:?}");
    assert_eq!(reading.model.as_deref(), Some("LG-LX265"));
    assert_eq!(reading.firmware.as_deref(), Some("LX265V03"));
}
