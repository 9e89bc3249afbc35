//! A phone that hides its modem port: nothing but a person's word makes it show it.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::http::HeaderValue;
use tekser::bench::{DeviceState, DeviceView, FailureCode, NextStep};
use tekser_hardware::bus::{Change, Opening, Showing};
use tekser_hardware::{Bus, Device, DeviceId, OpenError, Port, PortName, Role, Speaks};
use tekser_virtual_bench::Persona;
use tekser_virtual_bench::pipe::PipePhone;
use tokio::sync::Notify;

use crate::support::{Shop, until};

const MODEM: &str = "/api/v1/devices/usb:1-1/modem";

/// A phone at `usb:1-1` that shows its files only and hides its modem, and whatever else is set.
struct Hiding {
    phone: PipePhone,
    devices: Mutex<Vec<Device>>,
    shown: AtomicUsize,
    held: AtomicBool,
    news: Notify,
}

impl Hiding {
    fn new() -> Arc<Self> {
        let files =
            Device { role: Role::Files, hidden_modem: true, ..Device::new(place(), Vec::new()) };
        Arc::new(Self {
            phone: PipePhone::plug(Persona::nth(0), 0),
            devices: Mutex::new(vec![files]),
            shown: AtomicUsize::new(0),
            held: AtomicBool::new(false),
            news: Notify::new(),
        })
    }

    fn set(&self, devices: Vec<Device>) {
        *self.devices.lock().unwrap() = devices;
        self.news.notify_one();
    }

    fn times_shown(&self) -> usize {
        self.shown.load(Ordering::Relaxed)
    }
}

impl Bus for Hiding {
    fn devices(&self) -> Vec<Device> {
        self.devices.lock().unwrap().clone()
    }

    fn changed(&self) -> Change<'_> {
        Box::pin(self.news.notified())
    }

    fn open<'a>(&'a self, port: &'a PortName) -> Opening<'a> {
        let link = if port == self.phone.port() {
            Ok(self.phone.connect())
        } else {
            Err(OpenError::Busy { port: port.clone(), holder: None })
        };
        Box::pin(core::future::ready(link))
    }

    fn show_modem<'a>(&'a self, id: &'a DeviceId) -> Showing<'a> {
        self.shown.fetch_add(1, Ordering::Relaxed);
        if self.held.load(Ordering::Relaxed) {
            let holder = Some("files (pid 7)".to_owned());
            let busy = OpenError::Busy { port: PortName::new(id.as_str()), holder };
            return Box::pin(core::future::ready(Err(busy)));
        }
        let port = Port::free(self.phone.port().clone(), Speaks::At);
        self.set(vec![Device::new(id.clone(), vec![port])]);
        Box::pin(core::future::ready(Ok(())))
    }
}

fn place() -> DeviceId {
    DeviceId::usb("1-1")
}

async fn shown(shop: &Shop, wanted: impl Fn(&DeviceView) -> bool) -> DeviceView {
    until(&shop.station, "the device to change", async || {
        shop.station.bench.device(&place()).filter(&wanted)
    })
    .await
}

async fn failed(shop: &Shop) -> DeviceView {
    shown(shop, |view| matches!(view.state, DeviceState::Failed { .. })).await
}

#[tokio::test]
async fn a_hidden_modem_is_offered_and_shown_only_when_asked_for() {
    let hiding = Hiding::new();
    let shop = Shop::over(hiding.clone(), Vec::new()).await;
    let _watch = shop.watch();
    let view = failed(&shop).await;
    assert_eq!((view.hidden_modem, view.next_step), (true, Some(NextStep::ShowModem)));
    // Reading it again asks nothing of its USB connection.
    shop.ask("POST", "/api/v1/devices/usb:1-1/read", None).await.expect(202);
    failed(&shop).await;
    assert_eq!(hiding.times_shown(), 0);

    let answer = shop.ask("POST", MODEM, None).await.expect(202);
    assert_eq!((&answer["id"], answer.get("hidden_modem")), (&"usb:1-1".into(), None), "{answer}");
    let view = shown(&shop, |view| matches!(view.state, DeviceState::Read { .. })).await;
    assert_eq!((view.hidden_modem, view.role), (false, Role::Phone));
    let DeviceState::Read { handset, .. } = view.state else { return };
    let handset = shop.station.store.handset(handset).await.unwrap().unwrap();
    assert_eq!(handset.imeis(), Persona::nth(0).imeis[..1]);
    assert_eq!(hiding.phone.violations(), Vec::<String>::new());
    shop.ask("POST", MODEM, None).await.expect_problem(409, "no_hidden_modem");
    assert_eq!(hiding.times_shown(), 1);
}

#[tokio::test]
async fn a_device_that_hides_nothing_is_left_alone() {
    let hiding = Hiding::new();
    hiding.set(vec![Device { role: Role::Files, ..Device::new(place(), Vec::new()) }]);
    let shop = Shop::over(hiding.clone(), Vec::new()).await;
    let _watch = shop.watch();
    let view = failed(&shop).await;
    assert_eq!(view.next_step, Some(NextStep::UsbDebugging));
    assert!(serde_json::to_value(&view).unwrap().get("hidden_modem").is_none());
    shop.ask("POST", MODEM, None).await.expect_problem(409, "no_hidden_modem");
    let elsewhere = "/api/v1/devices/usb:1-2/modem";
    shop.ask("POST", elsewhere, None).await.expect_problem(404, "not_found");
    assert_eq!(hiding.times_shown(), 0);
}

#[tokio::test]
async fn a_port_that_cannot_be_shown_says_why_and_may_be_tried_again() {
    let hiding = Hiding::new();
    let shop = Shop::over(hiding.clone(), Vec::new()).await;
    let _watch = shop.watch();
    let before = failed(&shop).await;
    hiding.held.store(true, Ordering::Relaxed);
    let problem = shop.ask("POST", MODEM, None).await.expect_problem(503, "modem_not_shown");
    let detail = problem["detail"].as_str().unwrap_or_default();
    assert!(detail.contains("files (pid 7)") && detail.contains("Close"), "{detail}");
    assert_eq!(shop.station.bench.device(&place()), Some(before));
    hiding.held.store(false, Ordering::Relaxed);
    shop.ask("POST", MODEM, None).await.expect(202);
}

#[tokio::test]
async fn a_request_that_is_sent_again_shows_nothing_again() {
    let hiding = Hiding::new();
    let shop = Shop::over(hiding.clone(), Vec::new()).await;
    let _watch = shop.watch();
    failed(&shop).await;
    let send = async || {
        let mut request = shop.request("POST", MODEM, None);
        request.headers_mut().insert("idempotency-key", HeaderValue::from_static("modem-1"));
        shop.send(request).await
    };
    let first = send().await.expect(202);
    let again = send().await;
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!((again.expect(202), hiding.times_shown()), (first, 1));
}

#[tokio::test]
async fn a_phone_that_is_being_read_is_not_switched() {
    let hiding = Hiding::new();
    let adb = Port::free(PortName::new("adb"), Speaks::Adb);
    let debugged = Device { hidden_modem: true, ..Device::new(place(), vec![adb]) };
    hiding.set(vec![debugged]);
    // Another program holds the debug bridge; it is tried again in an hour.
    let shop = Shop::over(hiding.clone(), vec![Duration::from_secs(3600)]).await;
    let _watch = shop.watch();
    shown(&shop, |view| view.hidden_modem).await;
    shop.ask("POST", MODEM, None).await.expect_problem(409, "being_read");
    assert_eq!(hiding.times_shown(), 0);
}

#[tokio::test]
async fn what_stands_in_the_way_of_something_better_comes_first() {
    let hiding = Hiding::new();
    let adb = Port::free(PortName::new("adb"), Speaks::Adb);
    hiding.set(vec![Device { hidden_modem: true, ..Device::new(place(), vec![adb]) }]);
    let shop = Shop::over(hiding.clone(), Vec::new()).await;
    let _watch = shop.watch();
    let view = failed(&shop).await;
    assert!(matches!(view.state, DeviceState::Failed { code: FailureCode::AdbServer, .. }));
    assert_eq!((view.hidden_modem, view.next_step), (true, None));
}
