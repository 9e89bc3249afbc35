//! What the kernel makes of each phone: interfaces, drivers, serial ports.

use tekser_virtual_bench::usb::descriptors::seats;
use tekser_virtual_bench::usb::{Function, Look, UsbPhone};
use tekser_virtual_bench::{FarSide, Persona};

use super::stage::peer::run;
use super::stage::{Cast, Stage, imei, sysfs, until};

fn persona(n: usize, far_side: FarSide) -> Persona {
    Persona { far_side, ..Persona::nth(n) }
}

/// One of each look.
fn all() -> Vec<Cast> {
    let of = |n, far_side, look: fn(&Persona) -> Look| {
        let persona = persona(n, far_side);
        let look = look(&persona);
        (persona, look)
    };
    vec![
        of(0, FarSide::Samsung, Look::samsung),
        of(1, FarSide::Samsung, Look::samsung_opt_in),
        of(2, FarSide::Samsung, Look::xiaomi),
        of(3, FarSide::Samsung, Look::pixel),
        of(4, FarSide::MediaTek, Look::feature_phone),
        of(5, FarSide::QuectelEc25, Look::quectel),
        of(6, FarSide::Huawei, Look::huawei),
        of(7, FarSide::Plain, Look::modem),
    ]
}

/// Class, subclass and protocol of each interface, as declared, by number.
fn declared(look: &Look) -> Vec<(u8, u8, u8)> {
    let mut classes = Vec::new();
    for seat in seats(&look.configurations[0]) {
        let class = match seat.function {
            Function::Acm { .. } => (2, 2, 1),
            Function::Serial { subclass, protocol, .. } => (0xff, subclass, protocol),
            Function::Adb => (0xff, 0x42, 1),
            Function::Mtp => (6, 1, 1),
        };
        classes.push((seat.interface, class));
        if seat.data_interface != seat.interface {
            classes.push((seat.data_interface, (0x0a, 0, 0)));
        }
    }
    classes.sort_unstable();
    classes.into_iter().map(|(_, class)| class).collect()
}

/// The same as lsusb, which is of other hands, reads it.
fn listed(phone: &UsbPhone) -> Vec<(u8, u8, u8)> {
    let place = phone.place().unwrap();
    let number = |name| sysfs::attribute(&place, name).unwrap();
    let shown = run("lsusb", &["-v", "-s", &format!("{}:{}", number("busnum"), number("devnum"))]);
    let values = |name: &str| -> Vec<u8> {
        let lines = shown.lines().filter(|line| line.trim_start().starts_with(name));
        lines.filter_map(|line| line.split_whitespace().nth(1)?.parse().ok()).collect()
    };
    let [class, subclass, protocol] =
        ["bInterfaceClass", "bInterfaceSubClass", "bInterfaceProtocol"].map(values);
    class.into_iter().zip(subclass).zip(protocol).map(|((a, b), c)| (a, b, c)).collect()
}

#[test]
fn the_kernel_and_lsusb_see_each_phone_as_it_is_declared() {
    let Some(stage) = Stage::set() else { return };
    for phone in &stage.plug_all(all()) {
        let look = phone.look();
        let place = phone.place().unwrap();
        let seen: Vec<_> = sysfs::interfaces(&place).into_iter().map(|i| i.class).collect();
        assert_eq!(seen, declared(look), "{look:?}");
        let configurations = look.configurations.len();
        let wanted = declared(look);
        // lsusb lists all configurations, the first one first; numbers are in declared order.
        let mut shown = listed(phone);
        assert!(shown.len() >= wanted.len() * configurations.min(2) / 2, "{look:?}");
        shown.truncate(wanted.len());
        assert_eq!(shown, wanted, "{look:?}");
        assert_eq!(sysfs::attribute(&place, "serial"), look.serial, "{look:?}");
        assert_eq!(sysfs::attribute(&place, "product"), look.product, "{look:?}");
        let id = format!("{:04x}", look.vendor);
        assert_eq!(sysfs::attribute(&place, "idVendor"), Some(id));
    }
}

#[test]
fn drivers_bind_where_they_do_in_life_and_ports_appear_there() {
    let Some(stage) = Stage::set() else { return };
    let phones = stage.plug_all(all());
    let expected: [(&str, &[u8]); 8] = [
        ("cdc_acm", &[1]),         // a Galaxy: behind the files
        ("", &[]),                 // a Galaxy that was not asked for its modem
        ("", &[]),                 // a Xiaomi
        ("", &[]),                 // a Pixel
        ("cdc_acm", &[1]),         // a feature phone: its control interface comes second
        ("option", &[0, 1, 2, 3]), // a Quectel module: its fifth is for the network
        ("option", &[0, 1, 2]),    // a Huawei modem
        ("cdc_acm", &[0]),
    ];
    for (phone, (driver, on)) in phones.iter().zip(expected) {
        let place = phone.place().unwrap();
        let ttys = || sysfs::ttys(&place).into_iter().map(|(number, _)| number).collect::<Vec<_>>();
        until("serial ports", || (ttys() == on).then_some(()));
        for interface in sysfs::interfaces(&place) {
            if on.contains(&interface.number) {
                assert_eq!(interface.driver.as_deref(), Some(driver), "{:?}", phone.look());
            }
        }
        let asked = phone.look().speed == tekser_virtual_bench::usb::Speed::Full;
        let speed = sysfs::attribute(&place, "speed").unwrap();
        assert_eq!(speed, if asked { "12" } else { "480" });
    }
}

#[tokio::test]
async fn a_modem_in_the_second_configuration_can_be_asked_for() {
    let Some(stage) = Stage::set() else { return };
    let persona = persona(0, FarSide::Samsung);
    let phone = stage.plug(persona.clone(), &Look::samsung_opt_in(&persona));
    let place = phone.place().unwrap();
    assert_eq!(phone.configuration(), 1);
    assert_eq!(sysfs::ttys(&place), []);
    sysfs::set(&place, "bConfigurationValue", "2");
    let reading = stage.read(&phone).await.unwrap();
    assert_eq!(imei(&reading), Some(persona.imeis[0].to_string()));
    assert_eq!(phone.configuration(), 2);
}
