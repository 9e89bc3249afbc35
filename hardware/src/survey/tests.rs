//! A device is read whole, whatever its ports do.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};

use super::*;
use crate::bus::{Device, DeviceId, Opening, Port};
use crate::link::{Link, OpenError};
use crate::port::PortName;
use crate::reading::Confidence;

const ONE: &str = "490154203237518";
const TWO: &str = "356938035643809";

/// How a port of the tests behaves.
#[derive(Clone, Copy)]
enum Kind {
    /// Answers with this IMEI, each answer after a while.
    Tells(Option<&'static str>, Duration),
    /// Takes everything and says nothing.
    Silent,
    /// Its far end is closed.
    Dead,
    /// Somebody else has it.
    Busy,
    /// Busy the first time, then answers.
    BusyOnce(&'static str),
}

/// Ports in memory; knows how many are open.
struct Pipes {
    ports: BTreeMap<&'static str, Kind>,
    opened: Mutex<Vec<PortName>>,
    held: Arc<AtomicUsize>,
    /// What is plugged in.
    there: Mutex<Vec<Device>>,
}

impl Pipes {
    fn new(ports: &[(&'static str, Kind)]) -> Arc<Self> {
        let ports = ports.iter().copied().collect();
        Arc::new(Self {
            ports,
            opened: Mutex::default(),
            held: Arc::default(),
            there: Mutex::default(),
        })
    }

    fn times_opened(&self, name: &str) -> usize {
        self.opened.lock().unwrap().iter().filter(|port| port.as_str() == name).count()
    }

    /// Every port was let go of: its far end has seen the end.
    async fn all_let_go(&self) {
        while self.held.load(Ordering::SeqCst) > 0 {
            tokio::task::yield_now().await;
        }
    }
}

impl Bus for Pipes {
    fn devices(&self) -> Vec<Device> {
        self.there.lock().unwrap().clone()
    }

    fn open<'a>(&'a self, port: &'a PortName) -> Opening<'a> {
        let earlier = self.times_opened(port.as_str());
        self.opened.lock().unwrap().push(port.clone());
        let kind = self.ports.get(port.as_str()).copied();
        let held = Arc::clone(&self.held);
        Box::pin(async move {
            let (near, far) = tokio::io::duplex(256);
            let busy = || OpenError::Busy { port: port.clone(), holder: None };
            let (tells, pace) = match kind {
                None => return Err(OpenError::NotFound { port: port.clone() }),
                Some(Kind::Busy) => return Err(busy()),
                Some(Kind::BusyOnce(_)) if earlier == 0 => return Err(busy()),
                Some(Kind::BusyOnce(imei)) => (Some(Some(imei)), Duration::ZERO),
                Some(Kind::Tells(imei, pace)) => (Some(imei), pace),
                Some(Kind::Silent) => (None, Duration::ZERO),
                Some(Kind::Dead) => return Ok(Link::from_io(near)),
            };
            held.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move {
                play(far, tells, pace).await;
                held.fetch_sub(1, Ordering::SeqCst);
            });
            Ok(Link::from_io(near))
        })
    }
}

/// A phone that knows `AT` and `AT+CGSN`; without `tells` it says nothing.
async fn play(mut far: DuplexStream, tells: Option<Option<&str>>, pace: Duration) {
    let mut line = Vec::new();
    let mut byte = [0];
    while far.read(&mut byte).await.is_ok_and(|count| count > 0) {
        if byte != *b"\r" {
            line.extend(byte);
            continue;
        }
        let asked = String::from_utf8(std::mem::take(&mut line)).unwrap();
        let answer = match (asked.as_str(), tells) {
            (_, None) => continue,
            ("AT+CGSN", Some(Some(imei))) => format!("\r\n{imei}\r\n\r\nOK\r\n"),
            ("AT" | "ATE0", _) => "\r\nOK\r\n".to_owned(),
            _ => "\r\nERROR\r\n".to_owned(),
        };
        // A port that is let go of ends at once, however slow the phone is.
        if let Ok(Ok(0)) = tokio::time::timeout(pace, far.read(&mut byte)).await {
            return;
        }
        if far.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

fn phone(at: &[&str], adb: &[&str]) -> Device {
    let port = |speaks| move |name: &&str| Port::free(PortName::new(*name), speaks);
    let ports = at.iter().map(port(Speaks::At)).chain(adb.iter().map(port(Speaks::Adb)));
    Device::new(DeviceId::usb("1-1"), ports.collect())
}

/// Reads, and gives what was told with the time at which it was.
async fn told(
    bus: &Arc<Pipes>,
    device: &Device,
    options: &Options,
) -> (Summary, Vec<(Duration, News)>) {
    *bus.there.lock().unwrap() = vec![device.clone()];
    told_of(bus, device, options).await
}

/// The same, whatever is plugged in there.
async fn told_of(
    bus: &Arc<Pipes>,
    device: &Device,
    options: &Options,
) -> (Summary, Vec<(Duration, News)>) {
    let started = tokio::time::Instant::now();
    let mut all = Vec::new();
    let bus: Arc<dyn Bus> = bus.clone();
    let summary = read(bus, device, options, |news| all.push((started.elapsed(), news))).await;
    (summary, all)
}

fn readings(told: &[(Duration, News)]) -> Vec<&Reading> {
    fn of((_, news): &(Duration, News)) -> &Reading {
        match news {
            News::Reading(reading) => reading,
            News::Waiting { .. } | News::Allowed => panic!("nobody was asked"),
        }
    }
    told.iter().map(of).collect()
}

const AT_ONCE: Duration = Duration::ZERO;
/// Longer than any of this takes, also on a busy machine.
const LONG: Duration = Duration::from_secs(30);

#[tokio::test]
async fn the_first_port_with_a_whole_imei_wins_and_the_others_are_let_go() {
    let slow = Kind::Tells(Some(ONE), LONG);
    let bus =
        Pipes::new(&[("a", Kind::Silent), ("b", slow), ("c", Kind::Tells(Some(ONE), AT_ONCE))]);
    let (summary, told) = told(&bus, &phone(&["a", "b", "c"], &[]), &Options::default()).await;
    assert!(summary.is_read() && summary.trouble().is_none(), "{summary:?}");
    assert_eq!(readings(&told).len(), 1);
    // Neither the silent port nor the slow one was waited for, and neither is kept.
    assert_eq!(bus.opened.lock().unwrap().len(), 3, "all are asked at once");
    tokio::time::timeout(LONG, bus.all_let_go()).await.unwrap();
}

#[tokio::test]
async fn a_port_that_answers_without_an_imei_does_not_win_over_one_that_has_it() {
    let with = Kind::Tells(Some(ONE), Duration::from_millis(20));
    let bus = Pipes::new(&[("a", Kind::Tells(None, AT_ONCE)), ("b", with)]);
    let (_, told) = told(&bus, &phone(&["a", "b"], &[]), &Options::default()).await;
    let readings = readings(&told);
    assert_eq!(readings.len(), 1);
    assert_eq!(readings[0].claims[0].value.imei().unwrap().to_string(), ONE);
}

#[tokio::test]
async fn without_any_imei_the_port_that_answered_speaks_for_the_phone() {
    let bus = Pipes::new(&[("a", Kind::Dead), ("b", Kind::Tells(None, AT_ONCE))]);
    let (summary, told) = told(&bus, &phone(&["a", "b"], &[]), &Options::default()).await;
    assert!(summary.is_read());
    assert_eq!(readings(&told)[0].claims, []);
}

#[tokio::test]
async fn a_dead_or_missing_port_costs_nothing() {
    let bus = Pipes::new(&[("dead", Kind::Dead), ("b", Kind::Tells(Some(ONE), AT_ONCE))]);
    let (summary, told) =
        told(&bus, &phone(&["dead", "gone", "b"], &[]), &Options::default()).await;
    assert!(summary.is_read() && summary.trouble().is_none());
    assert!(told[0].0 < LONG);
}

#[tokio::test]
async fn a_busy_debug_bridge_does_not_hold_back_the_answer_over_at() {
    let bus = Pipes::new(&[("at", Kind::Tells(Some(ONE), AT_ONCE)), ("adb", Kind::Busy)]);
    let again = vec![Duration::from_secs(3600)];
    let options = Options { again, ..Options::default() };
    let (first, ended) = tokio::sync::oneshot::channel();
    let mut first = Some(first);
    let device = phone(&["at"], &["adb"]);
    *bus.there.lock().unwrap() = vec![device.clone()];
    let shared: Arc<dyn Bus> = bus.clone();
    let reading = read(shared, &device, &options, |news| {
        // Nothing but this answer ends the wait for the debug bridge.
        assert!(matches!(news, News::Reading(_)));
        options.stop.stop();
        let _ = first.take().map(|first| first.send(()));
    });
    let summary = tokio::time::timeout(LONG, reading).await.unwrap();
    ended.await.unwrap();
    assert!(summary.is_read());
    assert!(matches!(summary.trouble(), Some(Trouble::Stopped)), "{summary:?}");
}

#[tokio::test]
async fn only_the_side_that_was_not_read_is_tried_again() {
    let bus = Pipes::new(&[("at", Kind::Tells(Some(ONE), AT_ONCE)), ("adb", Kind::Busy)]);
    let options = Options { again: vec![Duration::from_millis(1)], ..Options::default() };
    let (summary, _) = told(&bus, &phone(&["at"], &["adb"]), &options).await;
    let trouble = summary.trouble().unwrap();
    assert!(matches!(trouble, Trouble::Open(OpenError::Busy { .. })), "{trouble:?}");
    assert_eq!(bus.times_opened("adb"), 2, "what may pass is tried again");
    assert_eq!(bus.times_opened("at"), 1, "the side that is read is not");
}

#[tokio::test]
async fn what_may_pass_is_tried_again_and_what_will_not_is_not() {
    let bus = Pipes::new(&[("a", Kind::BusyOnce(ONE)), ("b", Kind::Dead)]);
    let options = Options { again: vec![Duration::from_millis(5); 3], ..Options::default() };
    let (summary, told) = told(&bus, &phone(&["a", "b"], &[]), &options).await;
    assert!(summary.is_read());
    assert!(told[0].0 >= Duration::from_millis(5));
    assert_eq!((bus.times_opened("a"), bus.times_opened("b")), (2, 1));
}

#[tokio::test]
async fn waiting_for_the_debug_bridge_can_be_stopped() {
    let bus = Pipes::new(&[("adb", Kind::Busy)]);
    let again = vec![Duration::from_secs(3600)];
    let options = Options { again, ..Options::default() };
    let stop = options.stop.clone();
    stop.stop();
    let device = phone(&[], &["adb"]);
    let reading = told(&bus, &device, &options);
    let (summary, _) = tokio::time::timeout(LONG, reading).await.unwrap();
    assert!(matches!(summary.trouble(), Some(Trouble::Stopped)), "{summary:?}");
}

#[tokio::test]
async fn a_serial_number_of_the_descriptors_is_told_after_the_first_reading() {
    let bus = Pipes::new(&[("a", Kind::Tells(Some(ONE), AT_ONCE)), ("dead", Kind::Dead)]);
    let serial = Some("R58N12ABCDE".to_owned());
    let read = Device { serial: serial.clone(), ..phone(&["a"], &[]) };
    let (_, news) = told(&bus, &read, &Options::default()).await;
    let readings = readings(&news);
    assert_eq!(readings.iter().map(|r| r.source).collect::<Vec<_>>(), [Source::At, Source::Usb]);
    assert_eq!((&readings[1].serial, &readings[1].claims), (&serial, &Vec::new()));

    // What was not read has no reading, whatever its descriptors say.
    let unread = Device { serial, ..phone(&["dead"], &[]) };
    let (summary, news) = told(&bus, &unread, &Options::default()).await;
    assert!(news.is_empty() && !summary.is_read());
    assert!(summary.trouble().unwrap().is_gone(), "{summary:?}");
}

#[tokio::test]
async fn a_device_without_ports_says_what_to_do_by_what_it_is() {
    let bus = Pipes::new(&[("a", Kind::Tells(Some(ONE), AT_ONCE))]);
    for (role, hint) in [
        (Role::Phone, "modem"),
        (Role::Files, "seven times"),
        (Role::Bootloader, "normally"),
        (Role::Apple, "*#06#"),
    ] {
        let device = Device { role, ..phone(&[], &[]) };
        let (summary, _) = told(&bus, &device, &Options::default()).await;
        let trouble = summary.trouble().unwrap();
        assert!(matches!(trouble, Trouble::NoPort { role: its } if *its == role));
        assert!(trouble.cure().contains(hint), "{}", trouble.cure());
        assert!(!trouble.is_retryable());
    }
    // A scanner has a port, and it is not asked.
    let scanner = Device { role: Role::Scanner, ..phone(&["a"], &[]) };
    let (summary, news) = told(&bus, &scanner, &Options::default()).await;
    assert!(news.is_empty() && !summary.is_read());
    assert_eq!(bus.times_opened("a"), 0);
}

#[tokio::test]
async fn a_debug_bridge_that_is_not_wanted_is_not_opened() {
    let bus = Pipes::new(&[("adb", Kind::Silent)]);
    let options = Options { ask_adb: false, ..Options::default() };
    let (summary, _) = told(&bus, &phone(&[], &["adb"]), &options).await;
    assert!(matches!(summary.trouble(), Some(Trouble::NoPort { .. })));
    assert_eq!(bus.times_opened("adb"), 0);
}

#[tokio::test]
async fn without_an_adb_server_the_port_itself_is_asked() {
    // Nothing listens there any more.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let adb_server = Some(listener.local_addr().unwrap());
    drop(listener);
    let bus = Pipes::new(&[("adb", Kind::Dead)]);
    let options = Options { adb_server, ..Options::default() };
    let (summary, _) = told(&bus, &phone(&[], &["adb"]), &options).await;
    assert_eq!(bus.times_opened("adb"), 1);
    assert!(summary.trouble().unwrap().is_gone(), "{summary:?}");
}

#[tokio::test]
async fn the_next_phone_in_the_same_place_is_not_asked_for_the_one_before() {
    let device = Device { plug: Some(7), ..phone(&["a"], &["adb"]) };
    let next = Device { plug: Some(8), ..device.clone() };
    for there in [vec![next], vec![]] {
        let bus = Pipes::new(&[("a", Kind::Tells(Some(ONE), AT_ONCE)), ("adb", Kind::Silent)]);
        *bus.there.lock().unwrap() = there;
        let (summary, news) = told_of(&bus, &device, &Options::default()).await;
        assert!(news.is_empty() && !summary.is_read(), "{news:?}");
        assert!(summary.troubles().all(Trouble::is_gone), "{summary:?}");
        tokio::time::timeout(LONG, bus.all_let_go()).await.unwrap();
    }
}

#[tokio::test]
async fn a_phone_with_a_port_for_each_card_gives_both_and_says_that_the_slots_are_a_guess() {
    let slow = Kind::Tells(Some(ONE), Duration::from_millis(20));
    let bus = Pipes::new(&[
        ("a", slow),
        ("b", Kind::Tells(Some(TWO), AT_ONCE)),
        ("c", Kind::Tells(None, AT_ONCE)),
    ]);
    let device = Device { usb_id: Some((0x1782, 0x4d00)), ..phone(&["a", "b", "c"], &[]) };
    let (_, news) = told(&bus, &device, &Options::default()).await;
    let [reading] = readings(&news)[..] else { panic!("{news:?}") };
    let said: Vec<_> = reading
        .claims
        .iter()
        .map(|claim| (claim.value.imei().unwrap().to_string(), claim.slot, claim.confidence))
        .collect();
    let weak = |imei: &str| (imei.to_owned(), None, Confidence::Weak);
    assert_eq!(said, [weak(ONE), weak(TWO)], "in the order of the ports");
    for claim in &reading.claims {
        let proof = &reading.evidence[claim.evidence];
        assert!(proof.answer.contains(&claim.value.imei().unwrap().to_string()));
    }
}

#[tokio::test]
async fn two_ports_that_say_the_same_make_one_firm_number() {
    let tells = Kind::Tells(Some(ONE), AT_ONCE);
    let bus = Pipes::new(&[("a", tells), ("b", tells)]);
    let device = Device { usb_id: Some((0x1782, 0x4d00)), ..phone(&["a", "b"], &[]) };
    let (_, news) = told(&bus, &device, &Options::default()).await;
    let [claim] = &readings(&news)[0].claims[..] else { panic!("{news:?}") };
    assert_eq!((claim.slot, claim.confidence), (None, Confidence::Plain));
}
