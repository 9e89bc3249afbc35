//! Many phones at once, and what they weigh.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tekser::bench::DeviceState;
use tekser_hardware::Bus as _;
use tekser_hardware::machine::Machine;
use tekser_hardware::serial::SerialBus;
use tekser_virtual_bench::persona::AdbBehaviour;
use tekser_virtual_bench::usb::{Look, UsbPhone};
use tekser_virtual_bench::{Android, Behaviour, Persona};
use tokio::runtime::Runtime;

use super::one::{DELAY, enumerated, station};
use super::stage::{shop, sysfs, until};
use super::{line, median};

/// A phone with a debug bridge and a modem that takes its time.
fn galaxy(n: usize, delay: Duration) -> (Persona, Look) {
    let persona = Persona::android_nth(n * Persona::ANDROID_TYPES);
    let adb = AdbBehaviour { delay, ..AdbBehaviour::default() };
    let own = persona.android.clone().unwrap();
    let persona = persona
        .with_android(Android { adb, ..own })
        .with(Behaviour { delay, ..Behaviour::default() });
    let look = Look::of(&persona);
    (persona, look)
}

/// How long it takes from the last of these phones being there to all being read.
fn together(runtime: &Runtime, from: usize, phones: usize, delay: Duration) -> Together {
    let world = runtime.block_on(station());
    let (began, worked) = (Instant::now(), processor_time());
    let phones: Vec<UsbPhone> = (from..from + phones)
        .map(|n| {
            let (persona, look) = galaxy(n, delay);
            UsbPhone::plug(persona, &look).unwrap()
        })
        .collect();
    let last = phones.iter().map(enumerated).max().unwrap();
    runtime.block_on(async {
        for phone in &phones {
            shop::whole(&world, phone).await;
        }
    });
    let (read, attached) = (last.elapsed(), began.elapsed());
    let took = Together { read, attached, worked: processor_time() - worked };
    drop(phones);
    until("a bare bus", || sysfs::devices().is_empty().then_some(()));
    took
}

/// What phones that were plugged in at once took.
struct Together {
    /// From the last one enumerated.
    read: Duration,
    /// From the first one attached.
    attached: Duration,
    /// Of the processors, for station and phones.
    worked: Duration,
}

/// What this process has used of the processors.
fn processor_time() -> Duration {
    processor_time_of("self")
}

fn processor_time_of(process: &str) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let fields = stat.rsplit(')').next().unwrap().split_whitespace();
    let ticks: u64 = fields.skip(11).take(2).map(|ticks| ticks.parse::<u64>().unwrap()).sum();
    Duration::from_millis(ticks * 10)
}

/// So many phones with two ports each, against one of them.
pub(crate) fn at_once(phones: usize, delay: Duration) {
    let runtime = Runtime::new().unwrap();
    let mut alone: Vec<Duration> =
        (200..203).map(|n| together(&runtime, n, 1, delay).read).collect();
    let alone = median(&mut alone);
    let crowd = together(&runtime, 0, phones, delay);
    println!("{phones} phones with debug bridge and modem, {delay:.0?} per command");
    line("  one alone, enumerated to read over both, times itself", alone, alone);
    line("  last enumerated to all read, times one alone", crowd.read, alone);
    line("  first attached to all read, times one alone", crowd.attached, alone);
    line("  of that the processors worked, for station and phones", crowd.worked, crowd.attached);
}

/// A station in a process of its own, which says how many phones it has read.
pub(crate) fn serve() {
    Runtime::new().unwrap().block_on(async {
        let world = station().await;
        println!("0");
        let mut news = world.station.store.follow();
        while news.changed().await.is_ok() {
            let devices = world.station.bench.devices();
            let read = devices.iter().filter(|view| matches!(view.state, DeviceState::Read { .. }));
            println!("{}", read.count());
        }
    });
}

/// Ends with the benchmark.
struct Station(Child);

impl Drop for Station {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Station {
    fn worked(&self) -> Duration {
        processor_time_of(&self.0.id().to_string())
    }

    fn weight(&self) -> (f64, u32) {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap();
        let number = |key: &str| -> u32 {
            let line = status.lines().find_map(|line| line.strip_prefix(key)).unwrap();
            line.split_whitespace().next().unwrap().parse().unwrap()
        };
        (f64::from(number("VmRSS:")) / 1024.0, number("Threads:"))
    }
}

/// Memory and threads of a station without and with so many phones.
pub(crate) fn weight(phones: usize) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let mut child = command.arg("--station").stdout(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
    let station = Station(child);
    let mut until_read = |wanted: usize| {
        while said.next().unwrap().unwrap().parse() != Ok(wanted) {}
    };
    until_read(0);
    let (idle, idle_threads) = station.weight();
    let before = station.worked();
    let cast = (300..300 + phones).map(|n| galaxy(n, DELAY));
    let _phones: Vec<UsbPhone> =
        cast.map(|(persona, look)| UsbPhone::plug(persona, &look).unwrap()).collect();
    until_read(phones);
    let worked = station.worked() - before;
    // Read over the faster of two ports, and looked after closely for a while.
    std::thread::sleep(Duration::from_secs(8));
    let (full, threads) = station.weight();
    let before = station.worked();
    std::thread::sleep(QUIET);
    let quiet = station.worked() - before;
    println!("station: {idle:.1} MiB and {idle_threads} threads with no phone,");
    println!("         {full:.1} MiB and {threads} threads with {phones} phones that were read");
    line("  processor time to read them, times one of 100 ms each", worked, a_tenth(phones));
    line("  processor time when all are read, of the time that passes", quiet, QUIET);
    let machine = Machine::new();
    let mut looks: Vec<Duration> = (0..20)
        .map(|_| {
            let began = Instant::now();
            assert_eq!(machine.devices().len(), phones);
            began.elapsed()
        })
        .collect();
    let look = median(&mut looks);
    line("  one look at all of them, times the pause between close looks", look, CLOSELY);
    let ports = SerialBus::machine();
    let began = Instant::now();
    assert_eq!(ports.devices().len(), phones);
    line("  of that their serial ports", began.elapsed(), look);
}

/// How long an idle station is watched.
const QUIET: Duration = Duration::from_secs(5);

/// The pause between looks after news.
const CLOSELY: Duration = Duration::from_millis(15);

fn a_tenth(phones: usize) -> Duration {
    Duration::from_millis(100) * u32::try_from(phones).unwrap()
}
