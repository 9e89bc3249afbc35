//! Devices with several ports, or none: what is read of them and what is shown.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tekser::bench::{DeviceState, FailureCode, FindingKind, Handset, NextStep, Trust};
use tekser::cases::{PreflightCode, Replacement};
use tekser_hardware::bus::{Change, Opening};
use tekser_hardware::{
    Bus, Claim, ClaimValue, Confidence, Device, DeviceId, OpenError, Port, PortName, Reading, Role,
    Slot, Source, Speaks,
};
use tekser_imei::Imei;
use tekser_virtual_bench::Persona;
use tekser_virtual_bench::pipe::PipePhone;
use tokio::sync::Notify;

use crate::support::{Shop, imei, replacement, until};

/// Devices whose serial port is a phone in memory and whose debug bridge another program holds.
struct Stand {
    phone: PipePhone,
    devices: Mutex<Vec<Device>>,
    opened: Mutex<Vec<PortName>>,
    news: Notify,
}

impl Stand {
    fn new() -> Arc<Self> {
        let phone = PipePhone::plug(Persona::nth(3), 0);
        let (devices, opened, news) = <(Mutex<_>, Mutex<_>, Notify)>::default();
        Arc::new(Self { phone, devices, opened, news })
    }

    fn at(&self) -> Port {
        Port::free(self.phone.port().clone(), Speaks::At)
    }

    fn adb() -> Port {
        Port::free(PortName::new("adb"), Speaks::Adb)
    }

    /// Exactly these are plugged in from now on.
    fn set(&self, devices: Vec<Device>) {
        *self.devices.lock().unwrap() = devices;
        self.news.notify_one();
    }

    fn times_opened(&self, name: &str) -> usize {
        self.opened.lock().unwrap().iter().filter(|port| port.as_str() == name).count()
    }
}

impl Bus for Stand {
    fn devices(&self) -> Vec<Device> {
        self.devices.lock().unwrap().clone()
    }

    fn changed(&self) -> Change<'_> {
        Box::pin(self.news.notified())
    }

    fn open<'a>(&'a self, port: &'a PortName) -> Opening<'a> {
        self.opened.lock().unwrap().push(port.clone());
        let link = if port == self.phone.port() {
            Ok(self.phone.connect())
        } else {
            Err(OpenError::Busy { port: port.clone(), holder: Some("adb (pid 7)".to_owned()) })
        };
        Box::pin(core::future::ready(link))
    }
}

fn place() -> DeviceId {
    DeviceId::usb("1-1")
}

async fn handset_at(shop: &Shop, id: &DeviceId, readings: usize) -> Handset {
    until(&shop.station, "a phone to be read", async || {
        let DeviceState::Read { handset, .. } = shop.station.bench.device(id)?.state else {
            return None;
        };
        let handset = shop.station.store.handset(handset).await.unwrap()?;
        (handset.readings.len() >= readings).then_some(handset)
    })
    .await
}

#[tokio::test]
async fn what_is_no_phone_to_ask_says_what_it_is_and_what_to_do() {
    let stand = Stand::new();
    let shop = Shop::over(stand.clone(), Vec::new()).await;
    let _watch = shop.watch();
    for (role, code, step) in [
        (Role::Phone, "no_port", "modem_port"),
        (Role::Files, "files_only", "usb_debugging"),
        (Role::Bootloader, "bootloader", "start_normally"),
        (Role::Apple, "apple", "dial_and_scan"),
    ] {
        stand.set(vec![Device { role, ..Device::new(place(), Vec::new()) }]);
        let shown = until(&shop.station, "a device to fail", async || {
            let view = shop.station.bench.device(&place())?;
            let failed = matches!(view.state, DeviceState::Failed { .. }) && view.role == role;
            failed.then(|| serde_json::to_value(&view).unwrap())
        })
        .await;
        assert_eq!((&shown["code"], &shown["next_step"]), (&code.into(), &step.into()), "{shown}");
        assert!(shown["cure"].as_str().is_some_and(|cure| cure.len() > 20), "{shown}");
    }
}

#[tokio::test]
async fn the_screen_of_a_phone_that_cannot_be_read_is_taken() {
    let stand = Stand::new();
    let shop = Shop::over(stand.clone(), Vec::new()).await;
    let _watch = shop.watch();
    let serial = Some("USBSERIAL7".to_owned());
    let apple = Device { role: Role::Apple, serial, ..Device::new(place(), Vec::new()) };
    stand.set(vec![apple]);
    until(&shop.station, "it to fail", async || {
        let view = shop.station.bench.device(&place())?;
        matches!(view.state, DeviceState::Failed { .. }).then_some(())
    })
    .await;
    let scan = |source: &str| {
        let text = format!("IMEI: {}\nIMEI2: {}", imei(1), imei(2));
        Some(serde_json::json!({ "text": text, "source": source, "device": "usb:1-1" }))
    };
    // Its box alone does not make it a phone that was read.
    shop.ask("POST", "/api/v1/scans", scan("label")).await.expect_problem(404, "not_found");
    let taken = shop.ask("POST", "/api/v1/scans", scan("screen")).await.expect(201);
    let handset = handset_at(&shop, &place(), 2).await;
    assert_eq!(taken["id"], handset.id.to_string());
    assert_eq!(handset.imeis(), [imei(1), imei(2)]);
    assert_eq!((handset.device, handset.serial.as_deref()), (Some(place()), Some("USBSERIAL7")));
    assert_eq!(shop.station.bench.device(&place()).unwrap().next_step, None);
    // Now there is a phone that the box belongs to.
    let boxed = shop.ask("POST", "/api/v1/scans", scan("label")).await.expect(201);
    assert_eq!(boxed["slots"][0]["trust"], "agreed");
}

#[tokio::test]
async fn a_scanner_is_listed_and_never_asked() {
    let stand = Stand::new();
    let shop = Shop::over(stand.clone(), Vec::new()).await;
    let _watch = shop.watch();
    let scanner = Device::new(DeviceId::usb("1-9"), vec![stand.at()]);
    stand.set(vec![Device { role: Role::Scanner, ..scanner }]);
    let view = until(&shop.station, "a scanner", async || shop.station.bench.devices().pop()).await;
    assert_eq!((view.state, view.role), (DeviceState::Ignored, Role::Scanner));
    assert!(!shop.station.bench.read_again(&view.id));
    shop.ask("POST", "/api/v1/devices/usb:1-9/read", None).await.expect_problem(409, "being_read");
    assert_eq!(stand.times_opened("virtual:0"), 0);
}

#[tokio::test]
async fn an_answer_over_at_is_shown_while_the_debug_bridge_is_still_tried() {
    let stand = Stand::new();
    let shop = Shop::over(stand.clone(), vec![Duration::from_secs(3600)]).await;
    let _watch = shop.watch();
    stand.set(vec![Device::new(place(), vec![stand.at(), Stand::adb()])]);
    let handset = handset_at(&shop, &place(), 1).await;
    assert_eq!(handset.slots[0].trust, Some(Trust::Single));
    let view = shop.station.bench.device(&place()).unwrap();
    assert_eq!((view.waiting_until, view.missed), (None, None));
    // Nobody is asked to allow anything, so there is nothing to stop.
    shop.ask("POST", "/api/v1/devices/usb:1-1/stop", None).await.expect_problem(409, "not_waiting");
    shop.ask("POST", "/api/v1/devices/usb:1-2/stop", None).await.expect_problem(404, "not_found");

    // Asked to be read again, it does not wait for the other side's next try.
    assert!(shop.station.bench.read_again(&place()));
    let again = handset_at(&shop, &place(), 2).await;
    assert_eq!((again.id, stand.times_opened("adb")), (handset.id, 2));
    assert_eq!(stand.phone.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn what_the_debug_bridge_did_not_tell_is_said_of_a_phone_that_was_read() {
    let stand = Stand::new();
    let shop = Shop::over(stand.clone(), Vec::new()).await;
    let _watch = shop.watch();
    stand.set(vec![Device::new(place(), vec![stand.at(), Stand::adb()])]);
    let missed = until(&shop.station, "both sides to end", async || {
        shop.station.bench.device(&place())?.missed
    });
    assert_eq!(missed.await, FailureCode::AdbServer);
    let view = shop.station.bench.device(&place()).unwrap();
    assert!(matches!(view.state, DeviceState::Read { .. }), "{view:?}");

    // Without a serial port it is all that there is to say.
    stand.set(vec![Device::new(DeviceId::usb("1-2"), vec![Stand::adb()])]);
    let code = until(&shop.station, "it to fail", async || {
        match shop.station.bench.device(&DeviceId::usb("1-2"))?.state {
            DeviceState::Failed { code, message, .. } => Some((code, message)),
            _ => None,
        }
    });
    let (code, message) = code.await;
    assert_eq!(code, FailureCode::AdbServer);
    assert!(message.contains("adb (pid 7)"), "{message}");
}

#[tokio::test]
async fn another_program_that_takes_a_port_does_not_make_the_phone_another_one() {
    let stand = Stand::new();
    let shop = Shop::over(stand.clone(), Vec::new()).await;
    let _watch = shop.watch();
    let device = Device::new(place(), vec![stand.at()]);
    stand.set(vec![device.clone()]);
    handset_at(&shop, &place(), 1).await;
    let before = shop.station.bench.device(&place()).unwrap();
    let busy = tekser_hardware::Access::Busy { holder: None };
    let port = Port { access: busy, ..stand.at() };
    let marker = Device::new(DeviceId::usb("1-7"), Vec::new());
    stand.set(vec![Device { ports: vec![port], ..device }, marker.clone()]);
    until(&shop.station, "a look", async || shop.station.bench.device(&marker.id)).await;
    assert_eq!(shop.station.bench.device(&place()).unwrap(), before);
    assert_eq!(stand.times_opened("virtual:0"), 1);
}

#[tokio::test]
async fn a_port_that_appears_later_belongs_to_the_same_plug_in() {
    let stand = Stand::new();
    let shop = Shop::over(stand.clone(), vec![Duration::from_secs(3600)]).await;
    let _watch = shop.watch();
    // The debug bridge is there first, and is being tried; the modem port comes after it.
    stand.set(vec![Device::new(place(), vec![Stand::adb()])]);
    until(&shop.station, "the debug bridge to be tried", async || {
        shop.station.bench.device(&place())
    })
    .await;
    let since = shop.station.bench.device(&place()).map(|view| view.since);
    shop.clock.advance(jiff::SignedDuration::from_secs(1));
    stand.set(vec![Device::new(place(), vec![stand.at(), Stand::adb()])]);
    handset_at(&shop, &place(), 1).await;
    let view = shop.station.bench.device(&place()).unwrap();
    assert_eq!((Some(view.since), view.ports.len()), (since, 2));
    assert_eq!(stand.times_opened("adb"), 1, "what is being asked goes on");
}

#[tokio::test]
async fn another_phone_on_a_port_of_the_same_name_is_another_plug_in() {
    let stand = Stand::new();
    let shop = Shop::over(stand.clone(), Vec::new()).await;
    let _watch = shop.watch();
    let device = Device::new(place(), vec![stand.at()]);
    stand.set(vec![Device { plug: Some(7), ..device.clone() }]);
    handset_at(&shop, &place(), 1).await;
    shop.clock.advance(jiff::SignedDuration::from_secs(1));
    stand.set(vec![Device { plug: Some(8), ..device }]);
    let handset = handset_at(&shop, &place(), 2).await;
    let mut times = Vec::new();
    for id in handset.readings {
        times.push(shop.station.store.reading(id).await.unwrap().unwrap().plugged_at.unwrap());
    }
    assert!(times[0] < times[1], "{times:?}");
}

#[tokio::test]
async fn ports_that_appear_on_a_device_that_had_none_are_asked() {
    let stand = Stand::new();
    let shop = Shop::over(stand.clone(), vec![Duration::from_millis(1)]).await;
    let _watch = shop.watch();
    stand.set(vec![Device::new(place(), Vec::new())]);
    until(&shop.station, "it to fail", async || {
        let view = shop.station.bench.device(&place())?;
        matches!(view.state, DeviceState::Failed { .. }).then_some(())
    })
    .await;
    stand.set(vec![Device::new(place(), vec![stand.at()])]);
    handset_at(&shop, &place(), 1).await;
}

#[tokio::test]
async fn a_port_that_may_be_opened_only_later_is_read_then() {
    let stand = Stand::new();
    let shop = Shop::over(stand.clone(), Vec::new()).await;
    let _watch = shop.watch();
    let denied = Port { access: tekser_hardware::Access::PermissionDenied, ..stand.at() };
    stand.set(vec![Device::new(place(), vec![denied])]);
    let code = until(&shop.station, "it to be denied", async || {
        match shop.station.bench.device(&place())?.state {
            DeviceState::Failed { code, .. } => Some(code),
            _ => None,
        }
    });
    assert_eq!(code.await, FailureCode::PermissionDenied);
    stand.set(vec![Device::new(place(), vec![stand.at()])]);
    handset_at(&shop, &place(), 1).await;
}

#[tokio::test]
async fn the_serial_number_of_the_descriptors_belongs_to_the_phone_that_was_read() {
    let stand = Stand::new();
    let shop = Shop::over(stand.clone(), Vec::new()).await;
    let _watch = shop.watch();
    let serial = Some("USBSERIAL7".to_owned());
    stand.set(vec![Device { serial, ..Device::new(place(), vec![stand.at()]) }]);
    let handset = handset_at(&shop, &place(), 2).await;
    let last = shop.station.store.reading(handset.readings[1]).await.unwrap().unwrap();
    assert_eq!((last.reading.source, last.reading.claims.len()), (Source::Usb, 0));
    assert_eq!(last.plugged_at, shop.station.bench.device(&place()).map(|view| view.since));
    // What the phone says of itself over AT is believed over its descriptors, and both are kept.
    let first = shop.station.store.reading(handset.readings[0]).await.unwrap().unwrap();
    let serial = first.reading.serial.unwrap_or_else(|| "USBSERIAL7".to_owned());
    assert_eq!(handset.serial, Some(serial));
}

/// What one side says of a phone.
fn says(source: Source, imei: Imei, confidence: Confidence, serial: &str) -> Reading {
    let value = ClaimValue::Imei { imei, svn: None };
    let claim = Claim { slot: Some(Slot::ONE), value, confidence, evidence: 0 };
    Reading { claims: vec![claim], serial: Some(serial.to_owned()), ..Reading::empty(source) }
}

#[tokio::test]
async fn a_replaced_board_is_not_held_against_what_the_other_side_said_before() {
    let shop = Shop::open().await;
    let serial = "R58N12ABCDE";
    let before = says(Source::At, imei(1), Confidence::Strong, serial);
    let before = shop.station.bench.keep(before, &place()).await.unwrap();
    shop.clock.advance(jiff::SignedDuration::from_hours(2));
    let usb = Reading { serial: Some(serial.to_owned()), ..Reading::empty(Source::Usb) };
    let after = vec![says(Source::Adb, imei(2), Confidence::Strong, serial), usb];
    let after = shop.station.bench.keep_all(after, &place()).await.unwrap().unwrap();
    assert_eq!(after.id, before.id);
    assert_eq!(after.imeis(), [imei(2)]);
    assert_eq!(after.slots[0].trust, Some(Trust::Single));
    let changed = FindingKind::ChangedSince { reading: before.readings[0] };
    assert_eq!(after.findings.iter().map(|found| &found.kind).collect::<Vec<_>>(), [&changed]);
}

#[tokio::test]
async fn a_serial_number_that_many_phones_carry_makes_them_no_one_phone() {
    let shop = Shop::open().await;
    let dummy = "0123456789ABCDEF";
    let keep = async |n| {
        let reading = says(Source::Adb, imei(n), Confidence::Strong, dummy);
        shop.station.bench.keep(reading, &place()).await.unwrap()
    };
    let (one, two) = (keep(1).await, keep(2).await);
    assert_ne!(one.id, two.id);
    assert_eq!((one.serial, two.serial), (None, None));
}

#[tokio::test]
async fn a_new_imei_that_only_properties_name_is_warned_of_until_the_screen_is_scanned() {
    let shop = Shop::open().await;
    let case = replacement(1);
    let reading = says(Source::Adb, case.new[0], Confidence::Weak, "R58N12ABCDE");
    let phone = shop.station.bench.keep(reading, &place()).await.unwrap();
    assert_eq!(phone.next_step, Some(NextStep::DialAndScan));
    let case = Replacement { handset: Some(phone.id), ..case };
    let case = shop.station.open_case(case).await.unwrap().case;
    let is_warned = async || {
        let found = shop.station.preflight(case.id).await.unwrap();
        found.iter().any(|finding| finding.code == PreflightCode::ReadingWeak)
    };
    assert!(is_warned().await);
    let screen = tekser::bench::Target::Handset(phone.id);
    let text = format!("IMEI: {}", case.filing.new_imeis().next().unwrap());
    let source = tekser::bench::ScanSource::Screen;
    let phone = shop.station.bench.scan(&text, source, screen).await.unwrap();
    assert_eq!((phone.slots[0].trust, phone.next_step), (Some(Trust::Agreed), None));
    assert!(!is_warned().await);
}

#[tokio::test]
async fn a_phone_whose_modem_tells_nothing_is_the_one_it_was() {
    let shop = Shop::open().await;
    let nothing = Reading::empty(Source::At);
    let usb = Reading { serial: Some("USBSERIAL7".to_owned()), ..Reading::empty(Source::Usb) };
    let serial = "R58N12ABCDE";
    let adb = says(Source::Adb, imei(1), Confidence::Strong, serial);
    let all = vec![nothing, usb, adb];
    let first = shop.station.bench.keep_all(all.clone(), &place()).await.unwrap().unwrap();
    shop.clock.advance(jiff::SignedDuration::from_hours(1));
    for reordered in [vec![0, 2], vec![0, 1, 2]] {
        let readings = reordered.into_iter().map(|at: usize| all[at].clone()).collect();
        let again = shop.station.bench.keep_all(readings, &place()).await.unwrap().unwrap();
        assert_eq!(again.id, first.id);
        let clone = |finding: &tekser::bench::Finding| {
            matches!(finding.kind, FindingKind::OnAnotherHandset { .. })
        };
        assert!(!again.findings.iter().any(clone), "{:?}", again.findings);
    }
}
