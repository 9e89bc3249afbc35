//! Cables that come out, and phones that come back.

use std::time::{Duration, Instant};

use tekser_hardware::serial::SerialBus;
use tekser_hardware::{Bus, DeviceId};
use tekser_virtual_bench::usb::{Look, UsbPhone};
use tekser_virtual_bench::{Behaviour, FarSide, Persona, Pull};

use super::stage::{Stage, imei, sysfs, until};

fn modem(n: usize) -> (Persona, Look) {
    let persona = Persona { far_side: FarSide::Plain, ..Persona::nth(n) };
    let look = Look::modem(&persona);
    (persona, look)
}

fn own_imei(phone: &UsbPhone) -> Option<String> {
    Some(phone.persona().imeis[0].to_string())
}

#[tokio::test]
async fn a_phone_pulled_in_the_middle_of_its_answer_is_gone_and_the_others_are_fine() {
    let Some(stage) = Stage::set() else { return };
    let (persona, look) = modem(0);
    let pulled = Some(Pull { answer: 3, bytes: 6 });
    let victim = persona.with(Behaviour { pulled, ..Behaviour::default() });
    let phones = stage.plug_all([(victim, look), modem(1), modem(2)]);
    let (victim, one, other) =
        tokio::join!(stage.read(&phones[0]), stage.read(&phones[1]), stage.read(&phones[2]));
    assert!(victim.unwrap_err().is_gone());
    assert_eq!(imei(&one.unwrap()), own_imei(&phones[1]));
    assert_eq!(imei(&other.unwrap()), own_imei(&phones[2]));
    assert!(!phones[0].is_in());
    until("the others to be all", || (sysfs::devices().len() == 2).then_some(()));
}

#[tokio::test]
async fn a_cable_that_comes_out_at_any_byte_never_gives_a_reading() {
    let Some(stage) = Stage::set() else { return };
    for bytes in [1, 2, 7, 20, 41] {
        let (persona, look) = modem(3);
        let phone = stage.plug(persona, &look);
        stage.at_port(&phone);
        phone.pull_after(bytes);
        let error = stage.read(&phone).await.unwrap_err();
        assert!(error.is_gone(), "after {bytes} bytes: {error:?}");
        drop(phone);
        until("the phone to be gone", || sysfs::devices().is_empty().then_some(()));
    }
}

#[tokio::test]
async fn a_phone_put_into_another_port_is_at_another_place_and_reads_the_same() {
    let Some(stage) = Stage::set() else { return };
    let (persona, look) = modem(0);
    let phone = stage.plug(persona.clone(), &look);
    let (before, place) = (phone.port(), stage.device(&phone).id);
    drop(phone);
    until("the phone to be gone", || sysfs::devices().is_empty().then_some(()));

    let moved = UsbPhone::plug_at(before + 1, persona.clone(), &look).unwrap();
    assert_eq!(imei(&stage.read(&moved).await.unwrap()), own_imei(&moved));
    assert_ne!(stage.device(&moved).id, place);
    drop(moved);

    let back = UsbPhone::plug_at(before, persona, &look).unwrap();
    assert_eq!(imei(&stage.read(&back).await.unwrap()), own_imei(&back));
    assert_eq!(stage.device(&back).id, place);
}

#[tokio::test]
async fn eight_phones_pulled_at_once_are_gone_from_the_list_at_once() {
    let Some(stage) = Stage::set() else { return };
    let phones = stage.plug_all((0..8).map(modem));
    phones.iter().for_each(|phone| drop(stage.at_port(phone)));
    until("eight in the list", || (SerialBus::machine().devices().len() == 8).then_some(()));
    let began = Instant::now();
    drop(phones);
    until("an empty list", || SerialBus::machine().devices().is_empty().then_some(()));
    assert!(began.elapsed() < Duration::from_secs(10), "it took {:?}", began.elapsed());
}

#[tokio::test]
async fn a_phone_that_changes_its_mode_keeps_its_place() {
    let Some(stage) = Stage::set() else { return };
    let persona = Persona { far_side: FarSide::Samsung, ..Persona::nth(0) };
    let mut phone = stage.plug(persona.clone(), &Look::pixel(&persona));
    let place = phone.place().unwrap();
    assert_eq!(sysfs::ttys(&place), []);
    phone.change(&Look::samsung(&persona)).unwrap();
    let reading = stage.read(&phone).await.unwrap();
    assert_eq!(imei(&reading), own_imei(&phone));
    assert_eq!(stage.device(&phone).id, DeviceId::usb(&place));
    phone.change(&Look::xiaomi(&persona)).unwrap();
    until("the modem to be gone", || sysfs::ttys(&place).is_empty().then_some(()));
    assert_eq!(phone.violations(), [""; 0]);
    assert!(!phone.asked().is_empty(), "what it was asked is remembered");
}
