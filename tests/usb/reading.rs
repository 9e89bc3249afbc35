//! The station reads phones through the kernel's own drivers.

use tekser_hardware::serial::SerialBus;
use tekser_hardware::{Bus, DeviceId};
use tekser_virtual_bench::usb::Look;
use tekser_virtual_bench::{Behaviour, FarSide, Persona};

use super::stage::{Stage, crowd, imei, settle, sysfs};

fn persona(n: usize, far_side: FarSide) -> Persona {
    Persona { far_side, ..Persona::nth(n) }
}

#[tokio::test]
async fn every_kind_of_modem_tells_the_station_its_own_imei() {
    let Some(stage) = Stage::set() else { return };
    let kinds = [
        persona(0, FarSide::Samsung),
        persona(1, FarSide::MediaTek),
        persona(2, FarSide::QuectelEc25),
        persona(3, FarSide::Plain),
        persona(5, FarSide::Motorola),
        persona(6, FarSide::Huawei),
    ];
    let cast = kinds.map(|persona| (persona.clone(), Look::of(&persona)));
    for phone in &stage.plug_all(cast) {
        let reading = stage.read(phone).await.unwrap();
        let persona = phone.persona();
        assert_eq!(imei(&reading), Some(persona.imeis[0].to_string()), "{}", persona.name);
        assert_eq!(phone.violations(), [""; 0], "{}", persona.name);
    }
}

#[tokio::test]
async fn the_likeliest_port_of_a_module_with_several_is_listed_first() {
    let Some(stage) = Stage::set() else { return };
    let quectel = persona(2, FarSide::QuectelEc25);
    let phone = stage.plug(quectel.clone(), &Look::quectel(&quectel));
    let port = stage.at_port(&phone);
    let device = stage.device(&phone);
    assert_eq!(device.ports.len(), 4);
    assert_eq!(device.ports[0].name, port);
    assert_eq!(device.serial, None);
}

#[tokio::test]
async fn two_phones_alike_without_serial_numbers_are_told_apart_by_place() {
    let Some(stage) = Stage::set() else { return };
    let [one, other] = [1, 9].map(|n| persona(n, FarSide::MediaTek));
    let look = Look::feature_phone(&one);
    assert_eq!(look, Look::feature_phone(&other), "nothing on the bus tells them apart");
    let phones = stage.plug_all([(one, look.clone()), (other, look)]);
    let ids: Vec<DeviceId> = phones.iter().map(|phone| stage.device(phone).id).collect();
    assert_ne!(ids[0], ids[1]);
    assert_eq!(SerialBus::machine().devices().len(), 2);
    for phone in &phones {
        let reading = stage.read(phone).await.unwrap();
        assert_eq!(imei(&reading), Some(phone.persona().imeis[0].to_string()));
    }
}

/// The kernel has two drivers for this phone, and which is faster differs from plug to plug in
/// life. `option` takes its data interface first here; then `cdc_acm` is given its turn.
#[tokio::test]
async fn a_feature_phone_is_read_whichever_driver_was_faster() {
    let Some(stage) = Stage::set() else { return };
    let persona = persona(1, FarSide::MediaTek);
    let phone = stage.plug(persona.clone(), &Look::feature_phone(&persona));
    let place = stage.met(&phone).unwrap();
    for (driver, tty) in [("option", "ttyUSB"), ("cdc_acm", "ttyACM")] {
        let port = stage.at_port(&phone);
        assert!(port.as_str().contains(tty), "{port}");
        let reading = stage.read(&phone).await.unwrap();
        assert_eq!(imei(&reading), Some(persona.imeis[0].to_string()), "{driver}");
        assert_eq!(stage.device(&phone).id, DeviceId::usb(&place));
        if driver == "option" {
            sysfs::unbind("option", &format!("{place}:1.0"));
            sysfs::bind("cdc_acm", &format!("{place}:1.1"));
        }
    }
}

#[tokio::test]
async fn eight_phones_at_once_are_read_side_by_side() {
    let Some(stage) = Stage::set() else { return };
    let phones = stage.plug_all(crowd(8));
    phones.iter().for_each(|phone| drop(stage.at_port(phone)));
    settle();
    let readings = phones.iter().map(|phone| stage.read(phone));
    for (reading, phone) in futures_util::future::join_all(readings).await.into_iter().zip(&phones)
    {
        assert_eq!(imei(&reading.unwrap()), Some(phone.persona().imeis[0].to_string()));
    }
}

#[tokio::test]
async fn a_slow_and_noisy_phone_is_read_all_the_same() {
    let Some(stage) = Stage::set() else { return };
    let behaviour = Behaviour {
        delay: std::time::Duration::from_millis(120),
        unsolicited_around: true,
        boot_noise: true,
        garbage: 1000,
        ..Behaviour::default()
    };
    let noisy = persona(3, FarSide::Plain).with(behaviour);
    let phone = stage.plug(noisy.clone(), &Look::modem(&noisy));
    let reading = stage.read(&phone).await.unwrap();
    assert_eq!(imei(&reading), Some(noisy.imeis[0].to_string()));
}
