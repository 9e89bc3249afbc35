//! One phone: from the plug to its IMEI on the event stream.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tekser_e2e::World;
use tekser_virtual_bench::persona::AdbBehaviour;
use tekser_virtual_bench::usb::{Look, UsbPhone};
use tekser_virtual_bench::{Android, Behaviour, FarSide, Persona};
use tokio::runtime::Runtime;

use super::stage::peer::ModemManager;
use super::stage::{shop, sysfs, until_within};
use super::{line, median};

/// How long the phones here take for each command, as phones do.
pub(crate) const DELAY: Duration = Duration::from_millis(30);

/// The same for phones that are as many times slower as the guest is slower than a machine: what
/// the station adds then is in proportion to what it adds on a machine.
pub(crate) const SLOW: Duration = Duration::from_millis(450);

/// A Pixel that takes its time.
fn pixel(n: usize, delay: Duration) -> (Persona, Look) {
    let persona = Persona::android_nth(n * Persona::ANDROID_TYPES + 2);
    let adb = AdbBehaviour { delay, ..AdbBehaviour::default() };
    let own = persona.android.clone().unwrap();
    let persona = persona.with_android(Android { adb, ..own });
    let look = Look::pixel(&persona);
    (persona, look)
}

/// A modem that takes its time.
fn modem(n: usize, delay: Duration) -> (Persona, Look) {
    let behaviour = Behaviour { delay, ..Behaviour::default() };
    let persona = Persona { far_side: FarSide::Plain, ..Persona::nth(n * 8 + 3) }.with(behaviour);
    let look = Look::modem(&persona);
    (persona, look)
}

/// Waits until the system has made all of a phone that a program needs, and gives the moment.
pub(crate) fn enumerated(phone: &UsbPhone) -> Instant {
    let modem = phone.persona().has_modem();
    loop {
        if let Some(place) = phone.place()
            && !sysfs::interfaces(&place).is_empty()
            && node(&place).is_some_and(|node| Path::new(&node).exists())
            && (!modem || !sysfs::ttys(&place).is_empty())
        {
            return Instant::now();
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn node(place: &str) -> Option<String> {
    let number = |name| sysfs::attribute(place, name)?.parse::<u16>().ok();
    Some(format!("/dev/bus/usb/{:03}/{:03}", number("busnum")?, number("devnum")?))
}

/// A station over the buses of this machine.
pub(crate) async fn station() -> World {
    shop::open(|_| {}).await
}

/// What `times` phones took, one after the other.
struct Took {
    attached: Vec<Duration>,
    enumerated: Vec<Duration>,
    /// Commands that the last one was asked.
    asked: usize,
}

async fn plug_to_imei(times: usize, cast: impl Fn(usize) -> (Persona, Look)) -> Took {
    let world = station().await;
    let mut took = Took { attached: Vec::new(), enumerated: Vec::new(), asked: 0 };
    // The first warms everything up.
    for n in 0..=times {
        let (persona, look) = cast(n);
        let began = Instant::now();
        let phone = Arc::new(UsbPhone::plug(persona, &look).unwrap());
        let watched = Arc::clone(&phone);
        let there = tokio::task::spawn_blocking(move || enumerated(&watched)).await.unwrap();
        shop::whole(&world, &phone).await;
        if n > 0 {
            took.attached.push(began.elapsed());
            took.enumerated.push(there.elapsed());
        }
        took.asked = phone.asked().len();
        let id = shop::id(&phone);
        drop(phone);
        world
            .until("the phone to go", async |world| {
                world.station.bench.device(&id).is_none().then_some(())
            })
            .await;
    }
    took
}

/// A phone with a debug bridge alone.
pub(crate) fn by_bridge(times: usize) {
    let runtime = Runtime::new().unwrap();
    let mut ours = runtime.block_on(plug_to_imei(times, |n| pixel(n, DELAY)));
    let mut slow = runtime.block_on(plug_to_imei(times.div_ceil(2), |n| pixel(50 + n, SLOW)));
    drop(runtime);
    // The properties, then all slots side by side.
    let own = DELAY * 2;
    let asked = ours.asked;
    println!(
        "debug bridge, {asked} commands of {DELAY:.0?} in two rounds: the phone's own {own:.0?}"
    );
    let ready = median(&mut ours.enumerated);
    line("  station: enumerated to IMEI, times the phone's own", ready, own);
    line("  station: attached to IMEI, times the former", median(&mut ours.attached), ready);
    let slow = median(&mut slow.enumerated);
    line("  station, phone as slow as the guest: times the phone's own", slow, SLOW * 2);
    let theirs = Adb::measure(times.div_ceil(2));
    line("  adb, warm server that has the phone: its calls, times ours", theirs.calls, ready);
    line("  adb, warm server: enumerated to answers, times ours", theirs.warm, ready);
    line("  adb, no server yet: first call to answers, times ours", theirs.cold, ready);
}

/// What Debian's adb takes for the same questions.
struct Adb {
    calls: Duration,
    warm: Duration,
    cold: Duration,
}

impl Adb {
    fn measure(times: usize) -> Self {
        let (mut calls, mut warm, mut cold) = (Vec::new(), Vec::new(), Vec::new());
        // Has its key made.
        adb(&["start-server"]);
        for n in 0..times {
            let (persona, look) = pixel(100 + n, DELAY);
            let serial = persona.serial.clone();
            let phone = UsbPhone::plug(persona, &look).unwrap();
            let there = enumerated(&phone);
            adb(&["-s", &serial, "wait-for-device"]);
            ask(&phone);
            warm.push(there.elapsed());
            let began = Instant::now();
            ask(&phone);
            calls.push(began.elapsed());
            adb(&["kill-server"]);
            let began = Instant::now();
            adb(&["-s", &serial, "wait-for-device"]);
            ask(&phone);
            cold.push(began.elapsed());
        }
        adb(&["kill-server"]);
        Self { calls: median(&mut calls), warm: median(&mut warm), cold: median(&mut cold) }
    }
}

/// The properties, and both slots.
fn ask(phone: &UsbPhone) {
    let serial = &phone.persona().serial;
    assert!(adb(&["-s", serial, "shell", "getprop"]).contains(serial.as_str()));
    for slot in ["0", "1"] {
        let call = format!(
            "service call iphonesubinfo 4 i32 {slot} s16 com.android.shell s16 com.android.shell"
        );
        assert!(adb(&["-s", serial, "shell", &call]).contains("Parcel"));
    }
}

fn adb(arguments: &[&str]) -> String {
    let mut command = Command::new("adb");
    let output = command.args(arguments).stdin(Stdio::null()).stderr(Stdio::null()).output();
    String::from_utf8_lossy(&output.unwrap().stdout).into_owned()
}

/// A phone with a modem port alone.
pub(crate) fn by_modem(times: usize, against: bool) {
    let runtime = Runtime::new().unwrap();
    let mut ours = runtime.block_on(plug_to_imei(times, |n| modem(n, DELAY)));
    let mut slow = runtime.block_on(plug_to_imei(times.div_ceil(2), |n| modem(50 + n, SLOW)));
    drop(runtime);
    let own = DELAY * u32::try_from(ours.asked).unwrap();
    println!("modem, {} commands of {DELAY:.0?}: the phone's own {own:.0?}", ours.asked);
    let (ready, attached) = (median(&mut ours.enumerated), median(&mut ours.attached));
    line("  station: enumerated to IMEI, times the phone's own", ready, own);
    line("  station: attached to IMEI, times the former", attached, ready);
    let (slow, own) = (median(&mut slow.enumerated), SLOW * u32::try_from(slow.asked).unwrap());
    line("  station, phone as slow as the guest: times the phone's own", slow, own);
    if against {
        let manager = ModemManager::start();
        let (persona, look) = modem(100, DELAY);
        let began = Instant::now();
        let _phone = UsbPhone::plug(persona, &look).unwrap();
        until_within(Duration::from_secs(120), "ModemManager's IMEI", || manager.imei());
        line("  ModemManager: attached to IMEI, times ours", began.elapsed(), attached);
    }
}
