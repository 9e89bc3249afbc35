//! What a board says before it restarts itself, and remembers afterwards.
//!
//! A panic is told twice: to a probe, through `defmt`, and to the station, by a record in a piece
//! of RAM that nothing clears. The run after it finds the record and hands it on.
//!
//! A board's `memory.x` puts section `.last_words` where it survives a reset, best at an address
//! that no update moves.

#![no_std]
#![deny(missing_docs)]

use core::cell::UnsafeCell;
use core::fmt::Write as _;
use core::mem::MaybeUninit;
use core::panic::PanicInfo;

use crc::{CRC_32_ISO_HDLC, Crc, NoTable};
use tekser_wire::message::{Crash, FirmwareVersion};

mod text;

use text::Text;

/// Longest source path that is kept; of a longer one, the end.
pub const FILE_MAX: usize = 64;

/// Longest message that is kept; of a longer one, the beginning.
pub const MESSAGE_MAX: usize = 160;

/// Bytes of a crash: both texts, and what is around them.
const CRASH_MAX: usize = FILE_MAX + MESSAGE_MAX + 32;

/// Says that a record is there, and how it is laid out.
const MAGIC: u32 = 0x7E45_0001;

/// In RAM, as long as there is power.
#[repr(C)]
#[derive(Clone, Copy)]
struct Record {
    magic: u32,
    length: u32,
    crc: u32,
    crash: [u8; CRASH_MAX],
}

struct Place(UnsafeCell<MaybeUninit<Record>>);

#[allow(unsafe_code)]
// SAFETY: one core runs, and whoever touches the record has interrupts off (`take`, panic).
unsafe impl Sync for Place {}

#[allow(unsafe_code)]
// SAFETY: the section holds this static alone and is not initialised, which `MaybeUninit` allows.
#[unsafe(link_section = ".last_words")]
static PLACE: Place = Place(UnsafeCell::new(MaybeUninit::uninit()));

/// The record as it lies there, whatever that is.
#[allow(unsafe_code)]
fn look() -> Record {
    // SAFETY: every bit pattern is a `Record`; the read is volatile, because the value comes from
    // before this program began and the compiler must not conclude anything about it.
    unsafe { PLACE.0.get().cast::<Record>().read_volatile() }
}

#[allow(unsafe_code)]
fn put(record: Record) {
    // SAFETY: the place is aligned and large enough for a record, and interrupts are off.
    unsafe { PLACE.0.get().cast::<Record>().write_volatile(record) };
}

fn crc(bytes: &[u8]) -> u32 {
    Crc::<u32, NoTable>::new(&CRC_32_ISO_HDLC).checksum(bytes)
}

/// What the last run ended with, if that was a panic; told once. `buffer` holds its texts.
pub fn take(buffer: &mut [u8; FILE_MAX + MESSAGE_MAX + 32]) -> Option<Crash<'_>> {
    let record = cortex_m::interrupt::free(|_| {
        let record = look();
        put(Record { magic: 0, ..record });
        record
    });
    let length = usize::try_from(record.length).ok()?;
    let bytes = record.crash.get(..length)?;
    if record.magic != MAGIC || record.crc != crc(bytes) {
        return None;
    }
    *buffer = record.crash;
    postcard::from_bytes(buffer).ok()
}

/// Tells a probe and writes the record. A board's panic handler calls this, then restarts.
pub fn say(info: &PanicInfo<'_>, firmware: FirmwareVersion) {
    cortex_m::interrupt::disable();
    let mut message = Text::<MESSAGE_MAX>::new();
    // What does not fit is cut off; there is nobody to tell.
    let _ = write!(message, "{}", info.message());
    let (file, line) = info.location().map_or(("", 0), |place| (place.file(), place.line()));
    defmt::error!("panic at {=str}:{=u32}: {=str}", file, line, message.as_str());

    let crash = Crash {
        firmware,
        file: text::end(file, FILE_MAX),
        line,
        message: message.as_str(),
        uptime_ms: embassy_time::Instant::now().as_millis(),
    };
    let mut record = Record { magic: MAGIC, length: 0, crc: 0, crash: [0; CRASH_MAX] };
    if let Ok(bytes) = postcard::to_slice(&crash, &mut record.crash) {
        record.crc = crc(bytes);
        // At most CRASH_MAX.
        record.length = bytes.len() as u32;
        put(record);
    }
}

/// A fault of the processor (a stack that ran over, for one) is told like a panic.
#[allow(unsafe_code)]
#[cortex_m_rt::exception]
// SAFETY: nothing is returned to, and the frame is only read.
unsafe fn HardFault(frame: &cortex_m_rt::ExceptionFrame) -> ! {
    panic!("hard fault at {:#010x}, called from {:#010x}", frame.pc(), frame.lr());
}
