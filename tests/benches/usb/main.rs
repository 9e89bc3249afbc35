//! What reading over USB costs, as ratios of one run, against programs of other hands.
//!
//! Most of it needs free USB ports, so it runs in the guest of the USB tests:
//!
//! ```sh
//! cargo bench --package tekser-e2e --bench usb --no-run     # prints the file's name
//! TEKSER_USB_LIMIT=600 TEKSER_USB_MEMORY=2048 \
//!     tests/usb/guest/run --binary target/release/deps/usb-… --bench
//! ```
//!
//! `bridge`, `modem`, `crowd` and `weight` behind that run only this part:
//!
//! - plug to IMEI, over the debug bridge and over AT, against the phone's own time, Debian's `adb`
//!   and ModemManager;
//! - 32 phones at once, against one alone;
//! - memory and threads of a station with 0 and with 32 phones.
//!
//! Outside the guest `cargo bench --package tekser-e2e --bench usb` compares the debug bridge over
//! a socket with `adb`, and measures how fast packets are taken apart.

#![cfg_attr(not(target_os = "linux"), allow(unused, reason = "there is no guest elsewhere"))]
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on fails")]

mod alone;
#[cfg(target_os = "linux")]
mod crowd;
#[cfg(target_os = "linux")]
mod one;
#[cfg(target_os = "linux")]
#[path = "../../usb/stage/mod.rs"]
#[allow(dead_code, reason = "the tests need more of it")]
mod stage;

use std::time::Duration;

fn main() {
    let has = |wanted: &str| std::env::args().any(|argument| argument == wanted);
    // `cargo test` runs benchmarks too, to see that they work; it must not wait for figures.
    let quick = !has("--bench");
    #[cfg(target_os = "linux")]
    if has("--station") {
        return crowd::serve();
    }
    #[cfg(target_os = "linux")]
    if let Some(_stage) = stage::Stage::set() {
        let parts = ["bridge", "modem", "crowd", "weight"];
        let wanted = |part| has(part) || !parts.iter().any(|part| has(part));
        if wanted("bridge") {
            one::by_bridge(if quick { 1 } else { 10 });
        }
        if wanted("modem") {
            one::by_modem(if quick { 1 } else { 10 }, !quick);
        }
        if wanted("crowd") {
            crowd::at_once(if quick { 4 } else { 32 }, one::DELAY);
            crowd::at_once(if quick { 4 } else { 32 }, one::SLOW);
        }
        if wanted("weight") {
            crowd::weight(if quick { 4 } else { 32 });
        }
        return;
    }
    println!("USB itself is measured in the guest: tests/usb/guest/run (see the top of this file)");
    alone::against_adb(if quick { 1 } else { 20 });
    alone::packets(if quick { 1 } else { 64 });
}

/// The middle one.
fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn ratio(of: Duration, to: Duration) -> f64 {
    of.as_secs_f64() / to.as_secs_f64()
}

/// One line of the table: what, how long, and how many times another time that is.
fn line(what: &str, time: Duration, against: Duration) {
    println!("{what:<68} {:>8.1} ms {:>8.2}", time.as_secs_f64() * 1e3, ratio(time, against));
}
