//! Many phones at once, and phones that come and go.

use std::collections::BTreeSet;
use std::time::Duration;

use tekser::bench::Trust;
use tekser::store::Page;
use tekser_hardware::Source;
use tekser_imei::Imei;
use tekser_virtual_bench::usb::{Look, UsbPhone};
use tekser_virtual_bench::{FarSide, Persona};

use super::stage::{Stage, settle, shop};

/// A phone with a debug bridge and a modem.
fn both(n: usize) -> Persona {
    // Type 0 of the roster: Android 14, two slots, both ports.
    let persona = Persona::android_nth(n * Persona::ANDROID_TYPES);
    assert_eq!(persona.far_side, FarSide::Samsung);
    persona
}

#[tokio::test(flavor = "multi_thread")]
async fn thirty_two_phones_with_bridge_and_modem_are_all_read_right() {
    let Some(stage) = Stage::set() else { return };
    let world = shop::open(|_| {}).await;
    let cast = (0..32).map(both).map(|persona| (persona.clone(), Look::of(&persona)));
    let phones = tokio::task::block_in_place(|| stage.plug_all(cast));
    for phone in &phones {
        let handset = shop::whole(&world, phone).await;
        assert_eq!(handset.device, Some(shop::id(phone)));
        assert_eq!(handset.imeis(), phone.persona().imeis);
        assert_eq!(handset.slots[0].trust, Some(Trust::Agreed), "bridge and modem say the same");
        assert_eq!(handset.serial.as_deref(), Some(phone.persona().serial.as_str()));
        assert_eq!(phone.violations(), [""; 0]);
        assert_eq!(phone.complaints(), [""; 0]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn phones_that_come_and_go_at_any_moment_leave_nothing_behind_and_mix_nothing_up() {
    let Some(_stage) = Stage::set() else { return };
    let world = shop::open(|asking| asking.again = vec![Duration::from_millis(300)]).await;
    let plugs: usize =
        std::env::var("TEKSER_USB_PLUGS").ok().and_then(|n| n.parse().ok()).unwrap_or(100);
    churn(plugs / 5).await;
    rest(&world).await;
    let before = Weight::now();
    churn(plugs).await;
    rest(&world).await;
    let after = Weight::now();
    println!("{plugs} plugs: {before:?} before, {after:?} after");
    assert!(after.files <= before.files + 2, "{before:?} {after:?}");
    assert!(after.threads <= before.threads, "a port's thread is left: {before:?} {after:?}");
    assert!(after.kibibytes <= before.kibibytes + 16 * 1024, "{before:?} {after:?}");

    let all: Vec<Persona> = (0..WORKERS * 2).map(both).collect();
    let handsets = world.station.store.handsets(&Page::first(1000)).await.unwrap();
    assert!(!handsets.is_empty(), "some stayed long enough to be read");
    for handset in handsets {
        let said: BTreeSet<Imei> = handset.imeis().into_iter().collect();
        let owner = all.iter().find(|persona| Some(&persona.serial) == handset.serial.as_ref());
        let owner = owner.expect("a serial number that one of them has");
        assert!(said.iter().all(|imei| owner.imeis.contains(imei)), "{handset:?}");
    }
}

/// Phones that are handled at the same time.
const WORKERS: usize = 12;

/// So many plugs, at and for times that are the same in every run.
async fn churn(plugs: usize) {
    let hands: Vec<_> = (0..WORKERS)
        .map(|worker| tokio::task::spawn_blocking(move || handle(worker, plugs / WORKERS + 1)))
        .collect();
    for hand in hands {
        hand.await.unwrap();
    }
}

/// One pair of hands: two phones that take turns in one port.
fn handle(worker: usize, times: usize) {
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15 ^ (worker as u64 + 1));
    let mut phones = [worker * 2, worker * 2 + 1].map(both).map(|persona| {
        let look = Look::of(&persona);
        let mut phone = UsbPhone::plug(persona, &look).unwrap();
        phone.pull();
        phone
    });
    let port = phones[0].port();
    for time in 0..times {
        let phone = &mut phones[time % 2];
        phone.move_to(port).unwrap();
        if chance.of(3) == 0 {
            phone.pull_after(chance.of(3000));
        }
        std::thread::sleep(Duration::from_millis(chance.of(2500)));
        phone.pull();
    }
}

/// A shift register: any moment will do, but the same in every run.
struct Chance(u64);

impl Chance {
    fn of(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below
    }
}

async fn rest(world: &tekser_e2e::World) {
    world
        .until("the bench to be empty", async |world| {
            world.station.bench.devices().is_empty().then_some(())
        })
        .await;
    tokio::task::spawn_blocking(settle).await.unwrap();
    // Threads of ports that were just dropped need a tick to end.
    tokio::time::sleep(Duration::from_secs(2)).await;
}

/// Threads of this process but the runtime's own, which come and go with the work.
fn threads() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap().flatten();
    let names = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("comm")).ok());
    names.filter(|name| !name.starts_with("tokio")).count()
}

/// What the process holds.
#[derive(Debug)]
struct Weight {
    files: usize,
    threads: usize,
    kibibytes: usize,
}

impl Weight {
    fn now() -> Self {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let number = |key: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(key)).unwrap();
            line.split_whitespace().next().unwrap().parse().unwrap()
        };
        Self {
            files: std::fs::read_dir("/proc/self/fd").unwrap().count(),
            threads: threads(),
            kibibytes: number("VmRSS:"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_phone_in_the_same_port_is_another_phone_at_once() {
    let Some(stage) = Stage::set() else { return };
    let world = shop::open(|_| {}).await;
    let [one, other] = [0, 1].map(both);
    let look = Look { serial: None, ..Look::of(&one) };
    let mut first = tokio::task::block_in_place(|| stage.plug(one, &look));
    let before = shop::whole(&world, &first).await;
    let port = first.port();
    let second = tokio::task::block_in_place(|| {
        first.pull();
        let phone = UsbPhone::plug_at(port, other, &look).unwrap();
        super::stage::until("a phone to be met", || stage.met(&phone));
        phone
    });
    let after = shop::whole(&world, &second).await;
    assert_ne!(before.id, after.id);
    assert_eq!(shop::by(&after, Source::Adb), second.persona().imeis);
}
