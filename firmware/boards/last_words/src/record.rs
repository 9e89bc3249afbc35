//! The record in RAM that outlives a reset.

use core::cell::UnsafeCell;
use core::mem::MaybeUninit;

use crc::{CRC_32_ISO_HDLC, Crc, NoTable};
use tekser_scanner::identity::{CRASH_FILE_MAX, CRASH_MESSAGE_MAX};

/// Bytes of a crash: both texts, and what is around them.
pub(crate) const CRASH_MAX: usize = CRASH_FILE_MAX + CRASH_MESSAGE_MAX + 32;

/// The last run left it: 'T', 'k', layout 1.
const FRESH: u32 = 0x546B_0001;

/// A run before the last one did.
const STALE: u32 = 0x546B_8001;

/// As it lies in RAM.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Record {
    mark: u32,
    crc: u32,
    crash: [u8; CRASH_MAX],
}

impl Record {
    pub(crate) fn new(crash: [u8; CRASH_MAX]) -> Self {
        Self { mark: FRESH, crc: crc(&crash), crash }
    }

    #[allow(unsafe_code)]
    pub(crate) fn leave(self) {
        cortex_m::interrupt::free(|_| {
            // SAFETY: the place is aligned and large enough for a record, and nobody else is at it
            // while interrupts are off.
            unsafe { PLACE.0.get().cast::<Self>().write_volatile(self) };
        });
    }

    /// What lies there, whatever that is.
    #[allow(unsafe_code)]
    fn look() -> Self {
        cortex_m::interrupt::free(|_| {
            // SAFETY: every bit pattern is a `Record`. The read is volatile, because the value is
            // from before this program began and nothing may be concluded about it.
            unsafe { PLACE.0.get().cast::<Self>().read_volatile() }
        })
    }
}

struct Place(UnsafeCell<MaybeUninit<Record>>);

#[allow(unsafe_code)]
// SAFETY: one core runs, and whoever touches the place has interrupts off.
unsafe impl Sync for Place {}

#[allow(unsafe_code)]
// SAFETY: the section holds this static alone and is not initialised, which `MaybeUninit` allows.
#[unsafe(link_section = ".last_words")]
static PLACE: Place = Place(UnsafeCell::new(MaybeUninit::uninit()));

fn crc(bytes: &[u8]) -> u32 {
    Crc::<u32, NoTable>::new(&CRC_32_ISO_HDLC).checksum(bytes)
}

/// Copies the crash that was left, if there is one, and says whether the last run left it; from
/// then on it is an old one.
pub(crate) fn read(into: &mut [u8; CRASH_MAX]) -> Option<bool> {
    let record = Record::look();
    if !matches!(record.mark, FRESH | STALE) || record.crc != crc(&record.crash) {
        return None;
    }
    Record { mark: STALE, ..record }.leave();
    *into = record.crash;
    Some(record.mark == FRESH)
}

pub(crate) fn clear() {
    Record { mark: 0, crc: 0, crash: [0; CRASH_MAX] }.leave();
}
