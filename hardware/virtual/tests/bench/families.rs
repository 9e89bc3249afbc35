//! Every family of phones is read, and every claim has its evidence.

use tekser_hardware::{ClaimValue, Confidence, Note, Slot};

use super::{persona, read, said};
use tekser_virtual_bench::FarSide;

const ALL: [FarSide; 9] = [
    FarSide::Plain,
    FarSide::Samsung,
    FarSide::MediaTek,
    FarSide::QuectelEc25,
    FarSide::QuectelRg650v,
    FarSide::QuectelBc26,
    FarSide::Option,
    FarSide::Motorola,
    FarSide::Huawei,
];

#[tokio::test]
async fn every_family_tells_its_first_imei() {
    for far_side in ALL {
        let phone = persona(far_side, 2);
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
