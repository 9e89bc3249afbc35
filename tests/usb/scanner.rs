//! A Tekser scanner on a real USB: the kernel, udev and the station know it, and scans arrive.

use std::time::{Duration, Instant};

use tekser::counter::{ScannerName, ScannerReport};
use tekser::store::Page;
use tekser_e2e::World;
use tekser_hardware::machine::Machine;
use tekser_hardware::scanner::wire::message::{Sequence, State};
use tekser_hardware::scanner::{Event, Session};
use tekser_hardware::{Access, Bus, Device, DeviceId, Role, Speaks};
use tekser_virtual_bench::scanner::{Kit, VirtualScanner};
use tekser_virtual_bench::usb::UsbScanner;

use super::stage::peer::{ModemManager, run};
use super::stage::rules::Rules;
use super::stage::{PATIENCE, Stage, settle, shop, sysfs, until};

const IMEI: &str = "490154203237518";

impl Stage {
    /// Plugs a scanner in and waits until its port is there.
    fn plug_scanner(&self, n: u8) -> UsbScanner {
        let scanner = VirtualScanner::new(Kit::nth(n)).unwrap();
        let scanner = UsbScanner::plug(scanner).expect("a free USB port");
        self.scanner_port(&scanner);
        scanner
    }

    /// The port of a scanner, once udev is done with it.
    fn scanner_port(&self, scanner: &UsbScanner) -> String {
        let port = until("a scanner's port", || sysfs::ttys(&scanner.place()?).pop());
        settle();
        format!("/dev/{}", port.1)
    }
}

fn id(scanner: &UsbScanner) -> DeviceId {
    DeviceId::usb(&scanner.place().expect("a place"))
}

fn listed(machine: &Machine, scanner: &UsbScanner) -> Device {
    let id = id(scanner);
    until("a scanner in the list", || machine.devices().into_iter().find(|device| device.id == id))
}

/// The next event that `wanted` is looking for.
async fn next<T>(session: &mut Session, wanted: impl Fn(Event) -> Option<T>) -> T {
    let limit = Instant::now() + PATIENCE;
    loop {
        assert!(Instant::now() < limit, "waited {PATIENCE:?} for the scanner");
        let event = tokio::time::timeout(PATIENCE, session.next()).await;
        if let Some(found) = wanted(event.expect("an event in time").expect("a session")) {
            return found;
        }
    }
}

#[tokio::test]
async fn a_scanner_is_known_by_the_kernel_the_rules_and_the_station() {
    let Some(stage) = Stage::set() else { return };
    let _rules = Rules::shipped();
    let _manager = ModemManager::start();
    let scanner = stage.plug_scanner(1);
    let place = scanner.place().unwrap();
    let drivers = sysfs::interfaces(&place).into_iter().map(|one| (one.class, one.driver));
    let acm = || Some("cdc_acm".to_owned());
    let expected = [((2, 2, 0), acm()), ((0x0a, 0, 0), acm())];
    assert_eq!(drivers.collect::<Vec<_>>(), expected);
    assert_eq!(sysfs::attribute(&place, "product"), scanner.look().product);

    let port = stage.scanner_port(&scanner);
    let device = format!("/sys/bus/usb/devices/{place}");
    let told = run("udevadm", &["info", "--query=property", &device]);
    assert!(told.contains("ID_MM_DEVICE_IGNORE=1"), "{told}");
    let told = run("udevadm", &["info", "--query=property", &port]);
    assert!(told.contains("ID_MM_PORT_IGNORE=1"), "{told}");
    assert!(
        told.lines().any(|line| line.starts_with("TAGS=") && line.contains("uaccess")),
        "{told}"
    );
    let rights = run("stat", &["--format=%a %G", &port]);
    assert_eq!(rights.trim(), "660 dialout");

    let machine = Machine::new();
    let device = listed(&machine, &scanner);
    assert_eq!((device.role, device.maker.as_deref()), (Role::Scanner, Some("Tekser")));
    let spoken: Vec<_> = device.ports.iter().map(|port| (port.speaks, &port.access)).collect();
    assert_eq!(spoken, [(Speaks::Scanner, &Access::Free)]);
    assert_eq!(device.ports[0].name.as_str(), port);
}

#[tokio::test]
async fn a_session_over_the_kernels_port_takes_a_scan() {
    let Some(stage) = Stage::set() else { return };
    let scanner = stage.plug_scanner(2);
    let machine = Machine::new();
    let port = listed(&machine, &scanner).ports.remove(0).name;
    assert!(!scanner.is_terminal_ready());
    let mut session = Session::new(machine.open(&port).await.unwrap());
    let hello = next(&mut session, |event| match event {
        Event::Hello(hello) => Some(hello),
        _ => None,
    });
    let hello = hello.await;
    assert_eq!(hello.serial, scanner.scanner().serial());
    assert!(scanner.is_terminal_ready(), "DTR is raised");
    session.resume(hello.store, Sequence::NONE);
    scanner.scanner().show(IMEI);
    let scan = next(&mut session, |event| match event {
        Event::Scan(scan) => Some(scan),
        _ => None,
    });
    let scan = scan.await;
    assert_eq!(scan.text, IMEI.as_bytes());
    session.ack(scan.sequence);
    let state = next(&mut session, |event| match event {
        Event::State(state) if state.waiting == 0 => Some(state),
        _ => None,
    });
    let State { bad_frames, .. } = state.await;
    assert_eq!(bad_frames, 0);
    assert_eq!(session.faults(), Default::default());
    drop(session);
    until("DTR to fall", || (!scanner.is_terminal_ready()).then_some(()));
}

#[tokio::test]
async fn a_running_station_takes_scans_across_a_pulled_cable_and_never_says_at() {
    let Some(stage) = Stage::set() else { return };
    let _rules = Rules::shipped();
    let mut scanner = stage.plug_scanner(3);
    let name = ScannerName::from(scanner.scanner().serial());
    let world = shop::open(|_| {}).await;
    let texts = async |world: &World| {
        let page = Page::first(10);
        let kept = world.station.store.scans_of(&name, &page).await.ok()?;
        Some(kept.into_iter().map(|scan| scan.text).collect::<Vec<_>>())
    };
    scanner.scanner().show(IMEI);
    world.until("a scan", async |world| (texts(world).await? == [IMEI]).then_some(())).await;

    scanner.pull();
    let other = "356938035643809";
    scanner.scanner().show(other);
    until("the scan to be made", || (scanner.scanner().waiting() == 0).then_some(()));
    scanner.replug().unwrap();
    let both = async |world: &World| (texts(world).await? == [other, IMEI]).then_some(());
    world.until("the scan that it kept", both).await;

    // An AT command would have been a broken frame, and it has told how it is since.
    assert_eq!(report_when_all_is_taken(&world, &name).await.bad_frames, 0);
}

/// How the scanner says that it is, once it says that nothing waits.
async fn report_when_all_is_taken(world: &World, name: &ScannerName) -> ScannerReport {
    let limit = Instant::now() + PATIENCE;
    loop {
        let view = world.station.counter.scanner(name.as_str()).await.unwrap().unwrap();
        if let Some(report) = view.report.filter(|report| report.waiting == 0) {
            return report;
        }
        assert!(Instant::now() < limit, "waited {PATIENCE:?} for the scanner's word");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
