//! Which numbers came before, and on which line: eight bytes per number, and exact.
//!
//! The 14 digits of an IMEI are 47 bits. They are mixed by a permutation whose key differs from
//! run to run, so that no list can be written that slows this down; ten bits of the result choose
//! a shard and the other 37 stand in its slot, beside the line. Nothing is lost, so two numbers
//! never pass for one. A shard grows alone and by half: there is never a second table.

use std::hash::{BuildHasher as _, RandomState};

use tekser_imei::Imei14;

/// Most different numbers that are remembered: 48 MiB at most. Later ones are compared with these only.
pub const NUMBERS_MAX: usize = 3 * 1024 * 1024;

const KEY_BITS: u32 = 47;
const SHARD_BITS: u32 = 10;
const REST_BITS: u32 = KEY_BITS - SHARD_BITS;
const LINE_BITS: u32 = 64 - REST_BITS;
const KEY_MASK: u64 = (1 << KEY_BITS) - 1;
const LINE_MAX: u64 = (1 << LINE_BITS) - 1;

pub(crate) struct Seen {
    shards: Vec<Shard>,
    factors: [u64; 2],
    most: usize,
    count: usize,
    overflowed: bool,
}

impl Seen {
    pub(crate) fn new() -> Self {
        Self::remembering(NUMBERS_MAX)
    }

    fn remembering(most: usize) -> Self {
        let random = RandomState::new();
        let shards = (0..1 << SHARD_BITS).map(|_| Shard::default()).collect();
        // Odd factors are what makes the mixing a permutation.
        let factors = [0, 1].map(|n: u32| random.hash_one(n) | 1);
        Self { shards, factors, most, count: 0, overflowed: false }
    }

    /// Whether there were more numbers than are remembered.
    pub(crate) const fn has_overflowed(&self) -> bool {
        self.overflowed
    }

    /// Remembers a number; the line on which it came first, if it did. Lines beyond 134 million
    /// are told as that.
    pub(crate) fn line_before(&mut self, imei14: Imei14, line: u64) -> Option<u64> {
        let mixed = self.mixed(imei14);
        let shard = self.shards.get_mut((mixed >> REST_BITS) as usize)?;
        let rest = mixed & ((1 << REST_BITS) - 1);
        let line = line.clamp(1, LINE_MAX);
        let full = self.count >= self.most;
        let before = shard.line_before(rest, line, full);
        if before.is_none() {
            self.overflowed |= full;
            self.count += usize::from(!full);
        }
        before
    }

    /// Looks at the places where these numbers belong, so that they are at hand: waiting for one
    /// place after the other takes longer than everything else that is done with a row.
    pub(crate) fn approach(&self, numbers: impl Iterator<Item = Imei14>) {
        let look = |imei14| {
            let mixed = self.mixed(imei14);
            let shard = self.shards.get((mixed >> REST_BITS) as usize)?;
            shard.slots.get(shard.place_of(mixed & ((1 << REST_BITS) - 1))).copied()
        };
        std::hint::black_box(numbers.filter_map(look).fold(0, |all, slot| all ^ slot));
    }

    /// A permutation of 47 bits.
    const fn mixed(&self, imei14: Imei14) -> u64 {
        let [first, second] = self.factors;
        let mut bits = number(imei14);
        bits = bits.wrapping_mul(first) & KEY_MASK;
        bits ^= bits >> 23;
        bits = bits.wrapping_mul(second) & KEY_MASK;
        bits ^ bits >> 24
    }
}

/// Fourteen digits as a number.
const fn number(imei14: Imei14) -> u64 {
    let [a, b, c, d, e, f, g, h, rest @ ..] = digits_of(&imei14);
    let [i, j, k, l, m, n] = rest;
    let (high, low) = ([a, b, c, d, e, f, g, h], [b'0', b'0', i, j, k, l, m, n]);
    eight(high) * 1_000_000 + eight(low)
}

/// The digits; the text of an [`Imei14`] has just so many.
const fn digits_of(imei14: &Imei14) -> [u8; Imei14::LEN] {
    match imei14.as_str().as_bytes().first_chunk() {
        Some(digits) => *digits,
        None => [b'0'; Imei14::LEN],
    }
}

/// Eight ASCII digits as a number: neighbours are added up in pairs, then fours, then eights.
const fn eight(digits: [u8; 8]) -> u64 {
    let ones = u64::from_le_bytes(digits) ^ 0x3030_3030_3030_3030;
    let pairs = (ones * 10 + (ones >> 8)) & 0x00FF_00FF_00FF_00FF;
    let fours = (pairs * 100 + (pairs >> 16)) & 0x0000_FFFF_0000_FFFF;
    (fours * 10_000 + (fours >> 32)) & 0xFFFF_FFFF
}

/// Slots ordered by what they hold, with open addressing; 0 is a free one.
#[derive(Default)]
struct Shard {
    slots: Vec<u64>,
    used: usize,
}

impl Shard {
    fn line_before(&mut self, rest: u64, line: u64, full: bool) -> Option<u64> {
        if !full && self.used * 5 >= self.slots.len() * 4 {
            self.grow();
        }
        let slot = self.slot_of(rest)?;
        if *slot != 0 {
            return Some(*slot & LINE_MAX);
        }
        if !full {
            *slot = (rest << LINE_BITS) | line;
            self.used += 1;
        }
        None
    }

    /// The slot that holds this, or the free one where it belongs.
    fn slot_of(&mut self, rest: u64) -> Option<&mut u64> {
        let wanted = self.place_of(rest);
        let fits = |slot: &u64| *slot == 0 || *slot >> LINE_BITS == rest;
        let (before, behind) = self.slots.split_at_mut_checked(wanted)?;
        behind
            .iter_mut()
            .find(|slot| fits(slot))
            .or_else(|| before.iter_mut().find(|slot| fits(slot)))
    }

    /// Where it belongs. The high bits choose, so growing reads and writes in order.
    const fn place_of(&self, rest: u64) -> usize {
        // 37 bits by 22 at most.
        ((rest * self.slots.len() as u64) >> REST_BITS) as usize
    }

    fn grow(&mut self) {
        let larger = (self.slots.len() + self.slots.len() / 2).max(64);
        let old = std::mem::replace(&mut self.slots, vec![0; larger]);
        for slot in old.into_iter().filter(|&slot| slot != 0) {
            if let Some(place) = self.slot_of(slot >> LINE_BITS) {
                *place = slot;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    fn imei14(number: u64) -> Imei14 {
        Imei14::parse(format!("{number:014}").as_bytes()).unwrap()
    }

    proptest! {
        #[test]
        fn it_remembers_what_a_map_remembers(numbers in prop::collection::vec(0_u64..500, 0..2000)) {
            let (mut seen, mut map) = (Seen::new(), HashMap::new());
            for (line, number) in (1..).zip(numbers) {
                // Neighbours and multiples: what a weak mixing would put in one shard.
                let number = number * 1024;
                prop_assert_eq!(seen.line_before(imei14(number), line), map.get(&number).copied());
                map.entry(number).or_insert(line);
            }
            prop_assert_eq!(seen.count, map.len());
        }
    }

    #[test]
    fn different_numbers_never_pass_for_one() {
        let mut seen = Seen::new();
        let numbers = (0..100_000).chain(99_999_999_900_000..=99_999_999_999_999);
        for (line, number) in (1..).zip(numbers) {
            assert_eq!(seen.line_before(imei14(number), line), None, "{number}");
        }
        assert_eq!(seen.count, 200_000);
        let bytes: usize = seen.shards.iter().map(|shard| shard.slots.capacity() * 8).sum();
        assert!(bytes < 200_000 * 14, "{bytes}");
    }

    #[test]
    fn beyond_the_limit_numbers_are_compared_and_not_kept() {
        let mut seen = Seen::remembering(2);
        for number in [1, 2, 3] {
            assert_eq!(seen.line_before(imei14(number), number), None);
        }
        assert!(seen.has_overflowed());
        assert_eq!(seen.line_before(imei14(3), 4), None);
        assert_eq!(seen.line_before(imei14(2), 5), Some(2));
        assert_eq!(seen.count, 2);
    }

    #[test]
    fn a_line_too_far_down_to_be_kept_is_told_as_the_last_that_is() {
        let mut seen = Seen::new();
        assert_eq!(seen.line_before(imei14(7), u64::MAX), None);
        assert_eq!(seen.line_before(imei14(7), 1), Some(LINE_MAX));
    }
}
