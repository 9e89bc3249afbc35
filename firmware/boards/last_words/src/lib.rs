//! What a board says before it restarts itself, and remembers afterwards.
//!
//! A panic is told twice: to a probe, through `defmt`, and to the station, by a record in a piece
//! of RAM that nothing clears. The run after it finds the record; it stays until a station has
//! written it down, or power goes.
//!
//! A board's `memory.x` puts section `.last_words` where it survives a reset, best at an address
//! that no update moves.

#![no_std]
#![deny(missing_docs)]

use core::fmt::Write as _;
use core::panic::PanicInfo;

use tekser_scanner::CrashRecord;
use tekser_scanner::identity::{CRASH_FILE_MAX, CRASH_MESSAGE_MAX};
use tekser_wire::message::{Crash, FirmwareVersion};

mod record;
mod text;

use record::Record;
use text::Text;

/// What the last run left.
pub struct Found {
    /// What it ended with.
    pub crash: CrashRecord,
    /// Whether that was the run just before this one.
    pub is_fresh: bool,
}

/// What a run that panicked left, if no station has seen it yet. To be asked once, at the start.
pub fn find() -> Option<Found> {
    let mut bytes = [0; record::CRASH_MAX];
    let is_fresh = record::read(&mut bytes)?;
    let crash: Crash<'_> = postcard::from_bytes(&bytes).ok()?;
    Some(Found { crash: CrashRecord::new(&crash), is_fresh })
}

/// A station has written it down.
pub fn forget() {
    record::clear();
}

/// Tells a probe and leaves the record. A board's panic handler calls this, then restarts.
pub fn say(info: &PanicInfo<'_>, firmware: FirmwareVersion) {
    cortex_m::interrupt::disable();
    let mut message = Text::<CRASH_MESSAGE_MAX>::new();
    // What does not fit is cut off; there is nobody to tell.
    let _ = write!(message, "{}", info.message());
    let (file, line) = info.location().map_or(("", 0), |place| (place.file(), place.line()));
    defmt::error!("panic at {=str}:{=u32}: {=str}", file, line, message.as_str());

    let crash = Crash {
        firmware,
        file: text::end(file, CRASH_FILE_MAX),
        line,
        message: message.as_str(),
        uptime_ms: embassy_time::Instant::now().as_millis(),
    };
    let mut bytes = [0; record::CRASH_MAX];
    if postcard::to_slice(&crash, &mut bytes).is_ok() {
        Record::new(bytes).leave();
    }
}

/// The version of a board's package, "1.2.3", as numbers. Works in a `const`.
pub const fn version(text: &str) -> FirmwareVersion {
    let bytes = text.as_bytes();
    let mut parts = [0_u16; 3];
    let (mut at, mut part) = (0, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'.' => part += 1,
            digit => parts[part] = parts[part] * 10 + (digit - b'0') as u16,
        }
        at += 1;
    }
    FirmwareVersion(parts)
}

/// A fault of the processor (a stack that ran over, for one) is told like a panic.
#[allow(unsafe_code)]
#[cortex_m_rt::exception]
// SAFETY: nothing is returned to, and the frame is only read.
unsafe fn HardFault(frame: &cortex_m_rt::ExceptionFrame) -> ! {
    panic!("hard fault at {:#010x}, called from {:#010x}", frame.pc(), frame.lr());
}
