//! Phones that misbehave cost themselves, never the reading of a wrong number.

use std::time::{Duration, Instant};

use tekser_hardware::at::{Budget, ReadError};
use tekser_hardware::{Bus, Note};
use tekser_virtual_bench::{Behaviour, Echo, FarSide, LineEnd, Persona, Pull, VirtualBench};

use super::{patience, persona, read, read_within, said, with};

/// What a loaded machine may add.
const SLACK: Duration = Duration::from_secs(2);

async fn assert_read(phone: Persona, case: &str) {
    let reading = read(phone.clone()).await.unwrap_or_else(|error| panic!("{case}: {error}"));
    let first = phone.imeis[0].to_string();
    let said = said(&reading);
    assert!(!said.is_empty(), "{case}: nothing read");
    assert!(said.iter().all(|(_, imei)| *imei == first), "{case}: {reading:?}");
    assert_eq!(reading.model.as_deref(), Some(phone.model.as_str()), "{case}");
}

#[tokio::test]
async fn odd_framing_changes_nothing() {
    let plain = Behaviour::default;
    let cases = [
        ("echo", Behaviour { echo: Echo::On, ..plain() }),
        ("stubborn echo", Behaviour { echo: Echo::Stubborn, ..plain() }),
        ("LF only", Behaviour { line_end: LineEnd::LfOnly, ..plain() }),
        ("doubled CR", Behaviour { line_end: LineEnd::DoubledCr, ..plain() }),
        ("unsolicited around", Behaviour { unsolicited_around: true, ..plain() }),
        ("private OK", Behaviour { private_ok: true, ..plain() }),
        ("boot noise", Behaviour { boot_noise: true, ..plain() }),
        ("busy", Behaviour { busy_first: 2, ..plain() }),
        (
            "unsolicited at a rhythm",
            Behaviour { unsolicited_every: Some(Duration::from_millis(2)), ..plain() },
        ),
        (
            "echo, unsolicited and doubled CR",
            Behaviour {
                echo: Echo::Stubborn,
                unsolicited_around: true,
                line_end: LineEnd::DoubledCr,
                ..plain()
            },
        ),
    ];
    for (case, behaviour) in cases {
        for far_side in [FarSide::Plain, FarSide::Samsung, FarSide::MediaTek, FarSide::Huawei] {
            assert_read(with(far_side, behaviour.clone()), &format!("{case}, {far_side:?}")).await;
        }
    }
}

#[tokio::test]
async fn a_refused_serial_number_is_got_another_way() {
    let behaviour = Behaviour { refuses_serial_number: true, ..Behaviour::default() };
    assert_read(with(FarSide::Plain, behaviour.clone()), "plain").await;
    assert_read(with(FarSide::QuectelEc25, behaviour), "Quectel").await;
}

#[tokio::test]
async fn a_phone_that_disagrees_with_itself_is_quoted_in_full() {
    let other = Persona::nth(16).imeis[0];
    let behaviour = Behaviour { other_imei_in_ati: Some(other), ..Behaviour::default() };
    let phone = with(FarSide::Huawei, behaviour);
    let reading = read(phone.clone()).await.unwrap();
    assert_eq!(said(&reading), [(None, other.to_string()), (None, phone.imeis[0].to_string())],);
}

#[tokio::test]
async fn silence_is_an_error_within_the_budget() {
    let begin = Instant::now();
    let silent = Behaviour { silent: true, ..Behaviour::default() };
    let error = read(with(FarSide::Plain, silent)).await.unwrap_err();
    assert!(matches!(error, ReadError::Silent), "{error:?}");
    assert!(begin.elapsed() < Duration::from_secs(8));
}

/// A port for positions or a log, which never stops and never answers.
#[tokio::test]
async fn an_endless_stream_is_given_up_after_the_attempts() {
    let endless = Behaviour {
        silent: true,
        unsolicited_every: Some(Duration::from_millis(2)),
        ..Behaviour::default()
    };
    let budget = Budget { attention: Duration::from_millis(200), ..patience() };
    let begin = Instant::now();
    let error = read_within(with(FarSide::Plain, endless), budget).await.unwrap_err();
    assert!(matches!(error, ReadError::Unintelligible), "{error:?}");
    let took = begin.elapsed();
    assert!(took >= budget.attention * 3 && took < budget.attention * 3 + SLACK, "{took:?}");
}

#[tokio::test]
async fn further_families_stand_odd_framing_too() {
    let plain = Behaviour::default;
    for behaviour in [
        Behaviour { echo: Echo::Stubborn, ..plain() },
        Behaviour { line_end: LineEnd::LfOnly, ..plain() },
        Behaviour { line_end: LineEnd::DoubledCr, unsolicited_around: true, ..plain() },
        Behaviour { boot_noise: true, busy_first: 1, ..plain() },
    ] {
        for far_side in FarSide::ALL.into_iter().filter(|far_side| *far_side != FarSide::Cdma) {
            let case = format!("{behaviour:?}, {far_side:?}");
            let phone = Persona::family(far_side, 7).with(behaviour.clone());
            let reading = read(phone.clone()).await.unwrap_or_else(|e| panic!("{case}: {e}"));
            let said = said(&reading);
            assert!(!said.is_empty(), "{case}: nothing read");
            for (slot, number) in said {
                let own = |imei: &tekser_imei::Imei| imei.to_string();
                let place = phone.imeis.iter().map(own).position(|imei| imei == number);
                let whole = number.len() == 15;
                assert!(place.is_some() || !whole, "{case}: {reading:?}");
                assert!(slot.is_none_or(|slot| place == Some(usize::from(slot) - 1)), "{case}");
            }
            assert_eq!(reading.model.as_deref(), Some(phone.model.as_str()), "{case}");
        }
    }
}

#[tokio::test]
async fn a_cable_pulled_at_any_point_is_an_error_and_not_a_hang() {
    for answer in 1..=5 {
        for bytes in [0, 1, 7, 12] {
            let pulled = Some(Pull { answer, bytes });
            let phone = with(FarSide::MediaTek, Behaviour { pulled, ..Behaviour::default() });
            let error = read(phone).await.unwrap_err();
            assert!(error.is_gone(), "{answer} {bytes}: {error:?}");
        }
    }
}

#[tokio::test]
async fn a_phone_can_be_pulled_and_plugged_in_again() {
    let bench = VirtualBench::new();
    let id = bench.plug(persona(FarSide::Plain, 1)).unwrap();
    let port = bench.devices()[0].ports[0].name.clone();
    let link = bench.open(&port).await.unwrap();
    assert!(bench.unplug(&id));
    assert!(!bench.unplug(&id));
    assert!(bench.devices().is_empty());
    drop(link);
    assert!(bench.replug(&id).unwrap());
    let device = bench.devices().remove(0);
    assert_eq!(device.id, id);
    bench.open(&device.ports[0].name).await.unwrap();
}

#[tokio::test]
async fn ten_megabytes_of_garbage_end_in_a_reading_or_a_clean_error() {
    let begin = Instant::now();
    let garbage = Behaviour { garbage: 10_000_000, ..Behaviour::default() };
    let phone = with(FarSide::Plain, garbage);
    match read(phone.clone()).await {
        Ok(reading) => {
            assert!(reading.notes.contains(&Note::Garbage), "{reading:?}");
            let first = phone.imeis[0].to_string();
            assert!(said(&reading).iter().all(|(_, imei)| *imei == first), "{reading:?}");
        }
        Err(error) => {
            assert!(matches!(error, ReadError::Unintelligible | ReadError::Prompt), "{error:?}")
        }
    }
    assert!(begin.elapsed() < Duration::from_secs(20));
}
