//! Why this run began.

use embassy_rp::pac;
use embassy_rp::watchdog::{ResetReason, Watchdog};
use tekser_last_words::Found;
use tekser_wire::message::Start;

/// What scratch register [`ASKED_AT`] holds after a restart that the station asked for.
const ASKED: u32 = 0x5465_6B41;

/// A scratch register that the boot ROM does not use.
const ASKED_AT: usize = 0;

/// Reads and clears what the last run and the chip left about that.
pub fn reason(watchdog: &mut Watchdog, last: Option<&Found>) -> Start {
    let asked = watchdog.get_scratch(ASKED_AT) == ASKED;
    watchdog.set_scratch(ASKED_AT, 0);
    if last.is_some_and(|found| found.is_fresh) {
        return Start::Panic;
    }
    match watchdog.reset_reason() {
        Some(ResetReason::TimedOut) => Start::Watchdog,
        Some(ResetReason::Forced) if asked => Start::Asked,
        Some(ResetReason::Forced) => Start::Other,
        None if pac::VREG_AND_CHIP_RESET.chip_reset().read().had_por() => Start::Power,
        None => Start::Other,
    }
}

/// Leaves word that the station asked for the restart that comes now.
pub fn note_asked(watchdog: &mut Watchdog) {
    watchdog.set_scratch(ASKED_AT, ASKED);
}
