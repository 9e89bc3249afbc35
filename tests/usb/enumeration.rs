//! What the kernel makes of each phone: interfaces, drivers, serial ports.

use tekser_virtual_bench::Persona;
use tekser_virtual_bench::usb::descriptors::seats;
use tekser_virtual_bench::usb::{Function, Look, Speed, UsbPhone};

use super::stage::peer::run;
use super::stage::{Cast, Stage, imei, sysfs, until};

/// How a look is made for a persona.
type Dress = fn(&Persona) -> Look;

/// One of each look.
fn all() -> Vec<Cast> {
    let looks: [(usize, Dress); 8] = [
        (0, Look::samsung),
        (8, Look::samsung_opt_in),
        (16, Look::xiaomi),
        (24, Look::pixel),
        (1, Look::feature_phone),
        (2, Look::quectel),
        (6, Look::huawei),
        (3, Look::modem),
    ];
    looks.map(|(n, look)| (Persona::nth(n), look(&Persona::nth(n)))).into()
}

/// Class, subclass and protocol of each interface, as declared, by number.
fn declared(configuration: &[Function]) -> Vec<(u8, u8, u8)> {
    let mut classes = Vec::new();
    for seat in seats(configuration) {
        let class = match seat.function {
            Function::Acm { .. } => (2, 2, 1),
            Function::Serial { subclass, protocol, .. } => (0xff, subclass, protocol),
            Function::Adb => (0xff, 0x42, 1),
            Function::Mtp => (6, 1, 1),
            Function::Scanner => (2, 2, 0),
        };
        classes.push((seat.interface, class));
        if seat.data_interface != seat.interface {
            classes.push((seat.data_interface, (0x0a, 0, 0)));
        }
    }
    classes.sort_unstable();
    classes.into_iter().map(|(_, class)| class).collect()
}

/// The same as lsusb, which is of other hands, prints it.
fn listed(printed: &str, phone: &UsbPhone) -> Vec<(u8, u8, u8)> {
    let place = phone.place().unwrap();
    let number = |name| sysfs::attribute(&place, name).unwrap().parse::<u16>().unwrap();
    let title = format!("Bus {:03} Device {:03}:", number("busnum"), number("devnum"));
    let own = printed.split("\nBus ").map(|part| format!("Bus {part}"));
    let own = own.into_iter().find(|part| part.starts_with(&title)).unwrap_or_default();
    let values = |name: &str| -> Vec<u8> {
        let lines = own.lines().filter(|line| line.trim_start().starts_with(name));
        lines.filter_map(|line| line.split_whitespace().nth(1)?.parse().ok()).collect()
    };
    let [class, subclass, protocol] =
        ["bInterfaceClass", "bInterfaceSubClass", "bInterfaceProtocol"].map(values);
    class.into_iter().zip(subclass).zip(protocol).map(|((a, b), c)| (a, b, c)).collect()
}

#[test]
fn the_kernel_and_lsusb_see_each_phone_as_it_is_declared() {
    let Some(stage) = Stage::set() else { return };
    let phones = stage.plug_all(all());
    let printed = run("lsusb", &["-v"]);
    for phone in &phones {
        let look = phone.look();
        let place = phone.place().unwrap();
        let seen: Vec<_> = sysfs::interfaces(&place).into_iter().map(|i| i.class).collect();
        assert_eq!(seen, declared(&look.configurations[0]), "{look:?}");
        let all: Vec<_> = look.configurations.iter().flat_map(|c| declared(c)).collect();
        assert_eq!(listed(&printed, phone), all, "{look:?}");
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
        ("option", &[0]), // a feature phone: option takes its data interface before cdc_acm is asked
        ("option", &[0, 1, 2, 3]), // a Quectel module: its fifth is for the network
        ("option", &[0, 1, 2]), // a Huawei modem
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
        let speed = match phone.look().speed {
            Speed::Full => "12",
            Speed::High => "480",
        };
        assert_eq!(sysfs::attribute(&place, "speed").as_deref(), Some(speed));
    }
}

#[tokio::test]
async fn a_modem_in_the_second_configuration_can_be_asked_for() {
    let Some(stage) = Stage::set() else { return };
    let persona = Persona::nth(0);
    let phone = stage.plug(persona.clone(), &Look::samsung_opt_in(&persona));
    let place = phone.place().unwrap();
    assert_eq!(phone.configuration(), 1);
    assert_eq!(sysfs::ttys(&place), []);
    sysfs::set(&place, "bConfigurationValue", "2");
    let reading = stage.read(&phone).await.unwrap();
    assert_eq!(imei(&reading), Some(persona.imeis[0].to_string()));
    assert_eq!(phone.configuration(), 2);
}
