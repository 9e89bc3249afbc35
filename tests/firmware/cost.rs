//! What a scan costs: in simulated time, which is the same on every machine.

use crate::counter::Counter;
use crate::emulator::{MS, Nanos};
use crate::label::imei;

/// From the engine's last byte to the last byte of the frame on the USB.
fn delays(counter: &Counter) -> Vec<Nanos> {
    let deliveries = counter.deliveries();
    let scans = &counter.notes().scans;
    assert_eq!(deliveries.len(), scans.len(), "each code by itself");
    deliveries.iter().zip(scans).map(|(delivered, scan)| scan.at - delivered).collect()
}

#[test]
fn a_scan_is_on_the_usb_a_millisecond_after_its_last_byte() {
    let Some(mut counter) = Counter::ready() else { return };
    // Until the sectors that lie ahead are erased.
    counter.run(13_000);
    counter.seen.clear();
    let before = counter.counters();
    let count = 40;
    for number in 0..count {
        counter.show(imei(number).as_str());
        counter.until_scans(number as usize + 1);
        counter.run(137);
    }
    let mut delays = delays(&counter);
    delays.sort_unstable();
    let (median, worst) = (delays[delays.len() / 2], delays[delays.len() - 1]);
    let after = counter.counters();
    let idle = idle_cycles(&mut counter, count);
    let each = |now: u64, then: u64| (now - then) / u64::from(count);
    println!(
        "one scan: {} µs median, {} µs worst; {} cycles; {} bytes in {} pages of flash",
        median / 1_000,
        worst / 1_000,
        each(after.cycles - idle, before.cycles),
        each(after.programmed, before.programmed),
        each(after.programs, before.programs),
    );
    assert!(median <= MS, "median {median} ns");
}

/// Cycles that as much time costs without a code.
fn idle_cycles(counter: &mut Counter, count: u32) -> u64 {
    let before = counter.counters().cycles;
    counter.run(u64::from(count) * (137 + 20));
    counter.counters().cycles - before
}
