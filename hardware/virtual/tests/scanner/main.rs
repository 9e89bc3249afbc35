//! The virtual scanner: the firmware's logic from the glass of the engine to a station's session.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

#[cfg(unix)]
mod program;
mod station;

use std::time::Duration;
use tekser_hardware::bus::Role;
use tekser_hardware::scanner::Event;
use tekser_hardware::{Bus, Speaks};
use tekser_scanner::Indication;
use tekser_virtual_bench::engine::{Code, Manners};
use tekser_virtual_bench::scanner::{Kit, Shown, VirtualFlash, VirtualScanner};
use tekser_virtual_bench::{Persona, VirtualBench};
use tekser_wire::message::{
    Aim, EngineKind, EngineState, FromStation, Restart, Settings, Start, TriggerMode, Verdict,
};

use tokio::time::timeout;

use self::station::{Disk, PATIENCE, Station};

/// Sound IMEIs in a row.
fn imeis(count: u64) -> Vec<String> {
    (0..count)
        .map(|at| {
            let body = 35_693_803_000_000 + at;
            let digits = format!("{body:014}");
            let sum: u32 = digits
                .bytes()
                .rev()
                .enumerate()
                .map(|(at, digit)| {
                    let digit = u32::from(digit - b'0') * if at % 2 == 0 { 2 } else { 1 };
                    digit / 10 + digit % 10
                })
                .sum();
            format!("{digits}{}", (10 - sum % 10) % 10)
        })
        .collect()
}

fn show(scanner: &VirtualScanner, codes: &[String]) {
    codes.iter().for_each(|code| scanner.show(code.as_str()));
}

/// Waits until what is true in the end is true.
async fn eventually(is_true: impl Fn() -> bool) {
    let wait = async {
        while !is_true() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    timeout(PATIENCE, wait).await.unwrap();
}

/// Waits until this code is in the flash.
async fn durable(scanner: &VirtualScanner, code: &str) {
    let holds =
        || scanner.flash().content().windows(code.len()).any(|part| part == code.as_bytes());
    eventually(holds).await;
}

#[tokio::test]
async fn a_code_in_front_of_the_glass_is_a_scan_in_the_station() {
    let scanner = VirtualScanner::new(Kit::default()).unwrap();
    let mut disk = Disk::default();
    let mut station = Station::new(scanner.plug(), &mut disk);
    station.until_ready().await;
    let hello = station.session.hello().unwrap();
    assert_eq!((hello.serial, hello.start), (scanner.serial(), Start::Power));
    scanner.show("]C0490154203237518");
    let is_lit = |lamp: fn(&Indication) -> bool| {
        move |shown: &[Shown]| shown.iter().any(|shown| lamp(&shown.indication))
    };
    timeout(PATIENCE, scanner.shows(is_lit(|lamps| lamps.green))).await.unwrap();
    scanner.show(Code::qr("IMEI:490154203237519"));
    timeout(PATIENCE, scanner.shows(is_lit(|lamps| lamps.red))).await.unwrap();
    station.until_scans(2).await;
    let [valid, wrong] = &disk.scans[..] else { panic!() };
    assert_eq!((valid.aim, valid.verdict), (Some(Aim(*b"C0")), Verdict::Valid));
    assert_eq!(valid.text, b"490154203237518");
    assert_eq!((wrong.aim, wrong.verdict), (Some(Aim(*b"Q1")), Verdict::Wrong));
    assert_eq!(scanner.baud(), Some(9_600));
}

#[cfg(unix)]
#[tokio::test]
async fn it_is_a_serial_port_like_any_other() {
    let scanner = VirtualScanner::new(Kit::nth(1)).unwrap();
    let port = scanner.plug_into_pty().unwrap();
    let link = tekser_hardware::serial::open(&port).await.unwrap();
    let mut disk = Disk::default();
    let mut station = Station::new(link, &mut disk);
    station.until_ready().await;
    scanner.show("490154203237518");
    station.until_scans(1).await;
    assert_eq!(disk.texts(), ["490154203237518"]);
}

#[tokio::test]
async fn it_is_a_socket_as_well() {
    let scanner = VirtualScanner::new(Kit::default()).unwrap();
    let address = scanner.plug_into_socket(([127, 0, 0, 1], 0).into()).await.unwrap();
    let mut disk = Disk::default();
    for round in 1..=2 {
        let socket = tokio::net::TcpStream::connect(address).await.unwrap();
        let mut station = Station::new(tekser_hardware::Link::from_io(socket), &mut disk);
        station.until_ready().await;
        scanner.show(imeis(2)[round - 1].as_str());
        station.until_scans(round).await;
    }
    assert_eq!(disk.texts(), imeis(2));
}

#[tokio::test]
async fn scans_wait_for_a_station_that_is_away() {
    let scanner = VirtualScanner::new(Kit::default()).unwrap();
    let codes = imeis(60);
    show(&scanner, &codes[..30]);
    durable(&scanner, &codes[29]).await;
    let mut disk = Disk::default();
    let mut station = Station::new(scanner.plug(), &mut disk);
    station.until_scans(30).await;
    scanner.unplug();
    show(&scanner, &codes[30..]);
    let mut station = Station::new(scanner.plug(), &mut disk);
    station.until_scans(60).await;
    assert_eq!(disk.texts(), codes);
}

#[tokio::test]
async fn scans_outlive_the_power() {
    let scanner = VirtualScanner::new(Kit::default()).unwrap();
    let codes = imeis(10);
    show(&scanner, &codes);
    durable(&scanner, &codes[9]).await;
    scanner.power_off();
    assert!(!scanner.is_on());
    scanner.power_on().unwrap();
    let mut disk = Disk::default();
    let mut station = Station::new(scanner.plug(), &mut disk);
    station.until_scans(10).await;
    assert_eq!(station.session.hello().unwrap().boots, 2);
    assert_eq!(disk.texts(), codes);
}

#[tokio::test]
async fn scans_that_were_not_acknowledged_come_again() {
    let scanner = VirtualScanner::new(Kit::default()).unwrap();
    let codes = imeis(5);
    show(&scanner, &codes);
    for acks in [false, true] {
        let mut disk = Disk::default();
        let mut station = Station::new(scanner.plug(), &mut disk);
        station.acks = acks;
        station.until_scans(5).await;
        assert_eq!(disk.texts(), codes);
    }
}

#[tokio::test]
async fn a_power_cut_at_any_byte_loses_nothing_that_was_accepted() {
    for cut_after in [0, 1, 7, 40, 41, 55, 100, 173, 400, 777] {
        let scanner = VirtualScanner::new(Kit::default()).unwrap();
        let codes = imeis(20);
        show(&scanner, &codes[..5]);
        durable(&scanner, &codes[4]).await;
        scanner.flash().cut_power_after(cut_after);
        show(&scanner, &codes[5..]);
        eventually(|| !scanner.is_on()).await;
        scanner.power_on().unwrap();
        let mut disk = Disk::default();
        let mut station = Station::new(scanner.plug(), &mut disk);
        station.until_ready().await;
        let last = &imeis(21)[20];
        scanner.show(last.as_str());
        station.until(|station| station.disk.texts().last() == Some(last)).await;
        let mut texts = disk.texts();
        texts.pop();
        assert_eq!(texts[..5], codes[..5], "{cut_after}");
        // In order, none twice. One that was being written may be lost: nobody was told of it.
        let mut left = codes.iter();
        assert!(texts.iter().all(|text| left.any(|code| code == text)), "{cut_after}: {texts:?}");
    }
}

#[tokio::test]
async fn the_button_has_it_look() {
    let scanner = VirtualScanner::new(Kit::default()).unwrap();
    let mut disk = Disk::default();
    let mut station = Station::new(scanner.plug(), &mut disk);
    station.until_ready().await;
    let settings = Settings { trigger: TriggerMode::Asked, ..Settings::DEFAULT };
    station.session.ask(FromStation::Configure(settings)).unwrap();
    station.until(|station| station.events.contains(&Event::Settings(settings))).await;
    station.events.clear();
    station.until_ready().await;
    scanner.show("490154203237518");
    scanner.click().await;
    station.until_scans(1).await;
    let is_released =
        || scanner.engine_asked().last().is_some_and(|last| last == "write 0x0002 = [00]");
    eventually(is_released).await;
    scanner.show("356938035643809");
    station.session.ask(FromStation::Trigger { on: true }).unwrap();
    station.until_scans(2).await;
    assert_eq!(disk.texts(), ["490154203237518", "356938035643809"]);
}

#[tokio::test]
async fn it_restarts_when_it_is_told_to() {
    let scanner = VirtualScanner::new(Kit::default()).unwrap();
    let mut disk = Disk::default();
    let mut station = Station::new(scanner.plug(), &mut disk);
    station.until_ready().await;
    station.session.ask(FromStation::Restart(Restart::Firmware)).unwrap();
    let is_back =
        |event: &Event| matches!(event, Event::Hello(hello) if hello.start == Start::Asked);
    station.until(|station| station.events.iter().any(is_back)).await;
    station.session.ask(FromStation::Restart(Restart::BootLoader)).unwrap();
    let gone = async { while station.session.next().await.is_ok() {} };
    timeout(PATIENCE, gone).await.unwrap();
    assert!(scanner.is_in_boot_loader());
}

#[tokio::test]
async fn a_panic_is_told_after_the_restart() {
    let scanner = VirtualScanner::new(Kit::default()).unwrap();
    let mut disk = Disk::default();
    let mut station = Station::new(scanner.plug(), &mut disk);
    station.until_ready().await;
    station.session.ask(FromStation::Panic).unwrap();
    let told =
        |event: &Event| matches!(event, Event::Crash(crash) if crash.message.contains("asked for"));
    station.until(|station| station.events.iter().any(told)).await;
}

#[tokio::test]
async fn every_engine_is_taken_when_the_settings_say_so() {
    for engine in [EngineKind::Ssi, EngineKind::De2120, EngineKind::Line] {
        let scanner = VirtualScanner::new(Kit { engine, ..Kit::default() }).unwrap();
        let mut disk = Disk::default();
        let mut station = Station::new(scanner.plug(), &mut disk);
        let settings = Settings { engine, ..Settings::DEFAULT };
        station.until(|station| station.session.hello().is_some()).await;
        station.session.ask(FromStation::Configure(settings)).unwrap();
        station.until(|station| station.events.contains(&Event::Settings(settings))).await;
        if engine != EngineKind::Line {
            station.events.clear();
            station.until_ready().await;
        }
        scanner.show("490154203237518");
        station.until_scans(1).await;
        assert_eq!(disk.texts(), ["490154203237518"], "{engine:?}");
    }
}

#[tokio::test]
async fn a_bad_engine_is_told_of() {
    for (name, state) in [("dead", EngineState::Silent), ("forgetful", EngineState::Refusing)] {
        let manners = Manners::named(name).unwrap();
        let scanner = VirtualScanner::new(Kit { manners, ..Kit::default() }).unwrap();
        let mut disk = Disk::default();
        let mut station = Station::new(scanner.plug(), &mut disk);
        let is_told = |event: &Event| matches!(event, Event::State(told) if told.engine == state);
        station.until(|station| station.events.iter().any(is_told)).await;
    }
}

#[tokio::test]
async fn a_scanner_on_the_bench_is_found_and_read_like_any_device() {
    let bench = VirtualBench::new();
    let phone = bench.plug(Persona::nth(0)).unwrap();
    let id = bench.plug_scanner(Kit::nth(7)).unwrap();
    let scanner = bench.scanner(&id).unwrap();
    let devices = bench.devices();
    assert_eq!(devices.iter().map(|device| &device.id).collect::<Vec<_>>(), [&phone, &id]);
    let device = &devices[1];
    assert_eq!(device.role, Role::Scanner);
    assert_eq!(device.serial, Some(scanner.serial().to_string()));
    let mut disk = Disk::default();
    for (round, code) in imeis(2).iter().enumerate() {
        let devices = bench.devices();
        let port = devices[1].speaking(Speaks::Scanner).next().unwrap();
        let mut station = Station::new(bench.open(&port.name).await.unwrap(), &mut disk);
        station.until_ready().await;
        scanner.show(code.as_str());
        station.until_scans(round + 1).await;
        assert!(bench.unplug(&id) && !bench.unplug(&id));
        assert_eq!((bench.devices().len(), scanner.is_on()), (1, false));
        assert!(bench.replug(&id).unwrap());
    }
    assert_eq!(disk.texts(), imeis(2));
}

#[tokio::test]
async fn a_scanner_in_its_boot_loader_is_not_on_the_bench() {
    let bench = VirtualBench::new();
    let id = bench.plug_scanner(Kit::default()).unwrap();
    let port = bench.devices()[0].ports[0].name.clone();
    let mut disk = Disk::default();
    let mut station = Station::new(bench.open(&port).await.unwrap(), &mut disk);
    station.until_ready().await;
    station.session.ask(FromStation::Restart(Restart::BootLoader)).unwrap();
    while station.session.next().await.is_ok() {}
    let gone = async {
        while !bench.devices().is_empty() {
            bench.changed().await;
        }
    };
    timeout(PATIENCE, gone).await.unwrap();
    assert!(bench.replug(&id).unwrap());
    assert_eq!(bench.devices().len(), 1);
}

#[tokio::test]
async fn a_flash_in_a_file_outlives_the_scanner() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flash.bin");
    let kit = || Kit { flash: VirtualFlash::in_file(&path, 16).unwrap(), ..Kit::default() };
    let scanner = VirtualScanner::new(kit()).unwrap();
    scanner.show("490154203237518");
    durable(&scanner, "490154203237518").await;
    drop(scanner);
    let scanner = VirtualScanner::new(kit()).unwrap();
    let mut disk = Disk::default();
    Station::new(scanner.plug(), &mut disk).until_scans(1).await;
    assert_eq!(disk.texts(), ["490154203237518"]);
}
