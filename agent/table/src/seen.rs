//! Which numbers came before, and on which line: eight bytes per number, and exact.
//!
//! The 14 digits of an IMEI are 47 bits. They are mixed by a permutation whose key differs from
//! run to run, so that no list can be written that slows this down; ten bits of the result choose
//! a shard of the table and the other 37 stand in its slot, beside the line. Nothing is lost, so
//! two numbers never pass for one.
//!
//! Every look is a wait for memory. So keys are made beforehand, and the places of many of them
//! are touched before the first is looked at: then the waits overlap.

use std::hash::{BuildHasher as _, RandomState};

use tekser_imei::Imei14;

/// Most different numbers that are remembered, in 32 MiB. Later ones are compared with these only.
pub const NUMBERS_MAX: usize = 3 * 1024 * 1024;

const KEY_BITS: u32 = 47;
const SHARD_BITS: u32 = 10;
const REST_BITS: u32 = KEY_BITS - SHARD_BITS;
const LINE_BITS: u32 = 64 - REST_BITS;
const KEY_MASK: u64 = (1 << KEY_BITS) - 1;
const REST_MASK: u64 = (1 << REST_BITS) - 1;
const LINE_MAX: u64 = (1 << LINE_BITS) - 1;

/// Slots of a shard, as a power of two: at first, and in the end.
const PLACE_BITS: std::ops::RangeInclusive<u32> = 6..=12;

/// A table grows to four times its size, so that what is in it is moved seldom.
const GROWTH_BITS: u32 = 2;

/// How many places are touched before they are looked at: their cache lines fit the nearest cache.
pub(crate) const TOUCHED: usize = 128;

/// Makes keys of numbers.
#[derive(Clone, Copy)]
pub(crate) struct Mixer([u64; 2]);

/// Open addressing; shard after shard, each with as many slots. 0 is a free one.
pub(crate) struct Seen {
    slots: Vec<u64>,
    place_bits: u32,
    most: usize,
    count: usize,
    overflowed: bool,
}

impl Mixer {
    pub(crate) fn new() -> Self {
        let random = RandomState::new();
        // Odd factors are what makes the mixing a permutation.
        Self([0, 1].map(|n: u32| random.hash_one(n) | 1))
    }

    /// A permutation of 47 bits.
    #[inline]
    pub(crate) fn key(self, digits: &[u8; Imei14::LEN]) -> u64 {
        let Self([first, second]) = self;
        let mut bits = number(digits);
        bits = bits.wrapping_mul(first) & KEY_MASK;
        bits ^= bits >> 23;
        bits = bits.wrapping_mul(second) & KEY_MASK;
        bits ^ bits >> 24
    }
}

impl Seen {
    pub(crate) fn new() -> Self {
        Self::remembering(NUMBERS_MAX)
    }

    fn remembering(most: usize) -> Self {
        let place_bits = *PLACE_BITS.start();
        let slots = vec![0; 1 << (SHARD_BITS + place_bits)];
        Self { slots, place_bits, most, count: 0, overflowed: false }
    }

    /// Whether there were more numbers than are remembered.
    pub(crate) const fn has_overflowed(&self) -> bool {
        self.overflowed
    }

    /// Has these at hand soon.
    pub(crate) fn touch(&self, keys: &[Option<u64>]) {
        let look = |&key: &u64| self.slots.get(self.first_of(key) + self.place_of(key)).copied();
        let touched = keys.iter().flatten().filter_map(look).fold(0, |all, slot| all ^ slot);
        std::hint::black_box(touched);
    }

    /// Remembers a number; the line on which it came first, if it did. Lines beyond 134 million
    /// are told as that.
    #[inline]
    pub(crate) fn line_before(&mut self, key: u64, line: u64) -> Option<u64> {
        let full = self.count >= self.most;
        let slot = match self.slot_of(key) {
            Some(at) => self.slots.get_mut(at),
            None => self.slot_in_larger(key),
        };
        match slot {
            Some(slot) if *slot != 0 => return Some(*slot & LINE_MAX),
            Some(slot) if !full => *slot = (key & REST_MASK) << LINE_BITS | line.clamp(1, LINE_MAX),
            _ => {
                self.overflowed = true;
                return None;
            }
        }
        self.count += 1;
        if self.count * 4 >= self.slots.len() * 3 {
            self.grow();
        }
        None
    }

    /// The slot that holds this, or the free one where it belongs; `None` in a full shard.
    #[inline]
    fn slot_of(&self, key: u64) -> Option<usize> {
        let first = self.first_of(key);
        let shard = self.slots.get(first..first + (1 << self.place_bits))?;
        let (rest, wanted) = (key & REST_MASK, self.place_of(key));
        let fits = |slot: &u64| *slot == 0 || *slot >> LINE_BITS == rest;
        if shard.get(wanted).is_some_and(fits) {
            return Some(first + wanted);
        }
        let (before, behind) = shard.split_at_checked(wanted)?;
        let behind = behind.iter().position(fits).map(|at| first + wanted + at);
        behind.or_else(|| before.iter().position(fits).map(|at| first + at))
    }

    /// A shard is full before the others only by the worst of luck.
    #[cold]
    fn slot_in_larger(&mut self, key: u64) -> Option<&mut u64> {
        while self.grow() {
            if let Some(at) = self.slot_of(key) {
                return self.slots.get_mut(at);
            }
        }
        None
    }

    /// Where the shard of this begins.
    #[inline]
    const fn first_of(&self, key: u64) -> usize {
        ((key >> REST_BITS) as usize) << self.place_bits
    }

    /// Where in its shard it belongs. The high bits choose, so growing reads and writes in order.
    #[inline]
    const fn place_of(&self, key: u64) -> usize {
        ((key & REST_MASK) >> (REST_BITS - self.place_bits)) as usize
    }

    /// Makes room; `false` if there is no more to be had. The table grows where it stands: a second
    /// one beside it would be memory that is needed once. So the last shard moves first.
    #[cold]
    fn grow(&mut self) -> bool {
        if self.place_bits >= *PLACE_BITS.end() {
            return false;
        }
        let small = 1 << self.place_bits;
        self.place_bits += GROWTH_BITS;
        let large = 1 << self.place_bits;
        self.slots.resize(large << SHARD_BITS, 0);
        let mut moved = vec![0; small];
        for shard in (0..1 << SHARD_BITS).rev() {
            let old = self.slots.get(shard * small..).and_then(|slots| slots.get(..small));
            moved.iter_mut().zip(old.unwrap_or_default()).for_each(|(into, &slot)| *into = slot);
            let new = self.slots.get_mut(shard * large..).and_then(|slots| slots.get_mut(..large));
            new.unwrap_or_default().fill(0);
            for &slot in moved.iter().filter(|&&slot| slot != 0) {
                let key = (shard as u64) << REST_BITS | slot >> LINE_BITS;
                if let Some(place) = self.slot_of(key).and_then(|at| self.slots.get_mut(at)) {
                    *place = slot;
                }
            }
        }
        true
    }
}

/// Fourteen digits as a number.
#[inline]
const fn number(digits: &[u8; Imei14::LEN]) -> u64 {
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n] = *digits;
    let (high, low) = ([a, b, c, d, e, f, g, h], [b'0', b'0', i, j, k, l, m, n]);
    eight(high) * 1_000_000 + eight(low)
}

/// Eight ASCII digits as a number: neighbours are added up in pairs, then fours, then eights.
#[inline]
const fn eight(digits: [u8; 8]) -> u64 {
    let ones = u64::from_le_bytes(digits) ^ 0x3030_3030_3030_3030;
    let pairs = (ones * 10 + (ones >> 8)) & 0x00FF_00FF_00FF_00FF;
    let fours = (pairs * 100 + (pairs >> 16)) & 0x0000_FFFF_0000_FFFF;
    (fours * 10_000 + (fours >> 32)) & 0xFFFF_FFFF
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    fn digits(number: u64) -> [u8; Imei14::LEN] {
        *format!("{number:014}").as_bytes().first_chunk().unwrap()
    }

    proptest! {
        #[test]
        fn it_remembers_what_a_map_remembers(numbers in prop::collection::vec(0_u64..500, 0..2000)) {
            let (mixer, mut seen, mut map) = (Mixer::new(), Seen::new(), HashMap::new());
            for (line, number) in (1..).zip(numbers) {
                // Neighbours and multiples: what a weak mixing would put in one shard.
                let number = number * 1024;
                let before = seen.line_before(mixer.key(&digits(number)), line);
                prop_assert_eq!(before, map.get(&number).copied());
                map.entry(number).or_insert(line);
            }
            prop_assert_eq!(seen.count, map.len());
        }

        #[test]
        fn digits_are_the_number_that_they_write(written in 0_u64..100_000_000_000_000) {
            prop_assert_eq!(number(&digits(written)), written);
        }
    }

    #[test]
    fn different_numbers_never_pass_for_one() {
        let (mixer, mut seen) = (Mixer::new(), Seen::new());
        let numbers = (0..100_000).chain(99_999_999_900_000..=99_999_999_999_999);
        for (line, number) in (1..).zip(numbers.clone()) {
            assert_eq!(seen.line_before(mixer.key(&digits(number)), line), None, "{number}");
        }
        assert_eq!(seen.count, 200_000);
        for (line, number) in (1..).zip(numbers) {
            assert_eq!(seen.line_before(mixer.key(&digits(number)), 1), Some(line), "{number}");
        }
    }

    #[test]
    fn all_that_is_promised_fits_in_32_mebibytes() {
        let (mixer, mut seen) = (Mixer::new(), Seen::new());
        for number in 0..NUMBERS_MAX as u64 {
            assert_eq!(seen.line_before(mixer.key(&digits(number * 31)), 7), None);
        }
        assert!(!seen.has_overflowed());
        assert_eq!(seen.slots.capacity() * 8, 32 << 20);
        assert_eq!(seen.line_before(mixer.key(&digits(31)), 8), Some(7));
        assert_eq!(seen.line_before(mixer.key(&digits(1)), 8), None);
        assert!(seen.has_overflowed());
    }

    #[test]
    fn a_full_shard_is_no_full_table() {
        let mut seen = Seen::new();
        // Keys of one shard, as no honest mixing makes them.
        for key in 0..300 {
            assert_eq!(seen.line_before(key, key + 1), None);
        }
        assert!((0..300).all(|key| seen.line_before(key, 1) == Some(key + 1)));
        for key in 300..5000 {
            seen.line_before(key, key + 1);
        }
        assert!(seen.has_overflowed());
        assert_eq!(seen.line_before(4095, 1), Some(4096));
    }

    #[test]
    fn beyond_the_limit_numbers_are_compared_and_not_kept() {
        let (mixer, mut seen) = (Mixer::new(), Seen::remembering(2));
        for number in [1, 2, 3] {
            assert_eq!(seen.line_before(mixer.key(&digits(number)), number), None);
        }
        assert!(seen.has_overflowed());
        assert_eq!(seen.line_before(mixer.key(&digits(3)), 4), None);
        assert_eq!(seen.line_before(mixer.key(&digits(2)), 5), Some(2));
        assert_eq!(seen.count, 2);
    }

    #[test]
    fn a_line_too_far_down_to_be_kept_is_told_as_the_last_that_is() {
        let mut seen = Seen::new();
        assert_eq!(seen.line_before(7, u64::MAX), None);
        assert_eq!(seen.line_before(7, 1), Some(LINE_MAX));
    }
}
