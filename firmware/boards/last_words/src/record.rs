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

/// Mark, CRC and crash, in words.
const WORDS: usize = 2 + CRASH_MAX / 4;

/// As it lies in RAM.
pub(crate) struct Record {
    mark: u32,
    crc: u32,
    crash: [u8; CRASH_MAX],
}

impl Record {
    pub(crate) fn new(crash: [u8; CRASH_MAX]) -> Self {
        Self { mark: FRESH, crc: crc(&crash), crash }
    }

    pub(crate) fn leave(&self) {
        let (words, _) = self.crash.as_chunks::<4>();
        let words = words.iter().map(|word| u32::from_le_bytes(*word));
        [self.mark, self.crc]
            .into_iter()
            .chain(words)
            .enumerate()
            .for_each(|(at, word)| put(at, word));
    }

    /// What lies there, whatever that is.
    fn look() -> Self {
        let mut crash = [0; CRASH_MAX];
        let (words, _) = crash.as_chunks_mut::<4>();
        for (at, word) in words.iter_mut().enumerate() {
            *word = get(2 + at).to_le_bytes();
        }
        Self { mark: get(0), crc: get(1), crash }
    }
}

struct Place(UnsafeCell<MaybeUninit<[u32; WORDS]>>);

#[allow(unsafe_code)]
// SAFETY: one core runs, and nobody is at the place but the start of a run, before it has tasks,
// the one task of the logic, and a panic, which nothing comes after.
unsafe impl Sync for Place {}

#[allow(unsafe_code)]
// SAFETY: the section holds this static alone and is not initialised, which `MaybeUninit` allows.
#[unsafe(link_section = ".last_words")]
static PLACE: Place = Place(UnsafeCell::new(MaybeUninit::uninit()));

/// Word by word, because the compiler unrolls a volatile access to anything larger.
#[allow(unsafe_code)]
fn get(at: usize) -> u32 {
    assert!(at < WORDS);
    // SAFETY: in bounds and aligned; every bit pattern is a word. The read is volatile, because
    // the value is from before this program began and nothing may be concluded about it.
    unsafe { PLACE.0.get().cast::<u32>().add(at).read_volatile() }
}

#[allow(unsafe_code)]
fn put(at: usize, word: u32) {
    assert!(at < WORDS);
    // SAFETY: in bounds and aligned. Volatile, because nobody in this program reads it again.
    unsafe { PLACE.0.get().cast::<u32>().add(at).write_volatile(word) };
}

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
    put(0, STALE);
    *into = record.crash;
    Some(record.mark == FRESH)
}

pub(crate) fn clear() {
    put(0, 0);
}
