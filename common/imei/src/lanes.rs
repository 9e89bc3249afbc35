//! Fifteen digits at once: one digit per byte of two machine words. The plain loop of
//! [`luhn`](crate::luhn) takes several times as long, and every scan, answer and file row with
//! an IMEI in it comes through here.

/// Fifteen ASCII digits.
#[derive(Clone, Copy)]
pub(crate) struct Lanes(u64, u64);

const fn every(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

impl Lanes {
    /// `None` if one of the bytes is no digit.
    #[inline]
    pub(crate) const fn new(digits: &[u8; 15]) -> Option<Self> {
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o] = *digits;
        // The sixteenth lane counts nothing.
        let words = Self(
            u64::from_le_bytes([a, b, c, d, e, f, g, h]),
            u64::from_le_bytes([i, j, k, l, m, n, o, b'0']),
        );
        if are_digits(words.0) && are_digits(words.1) { Some(words) } else { None }
    }

    /// The Luhn check digit, in ASCII, of all digits but the last.
    #[inline]
    pub(crate) const fn check_digit(self) -> u8 {
        const LAST: u64 = 0x00FF_0000_0000_0000;
        // At most 8 × 18, so the sum of the lanes fits the highest of them.
        let lanes = weighted(self.0) + weighted(self.1 & !LAST | every(b'0') & LAST);
        let sum = (lanes.wrapping_mul(every(1)) >> 56) as u8;
        b'0' + (10 - sum % 10) % 10
    }
}

/// `0x30..=0x39` in every lane: the high half is 3, also after adding 6 to the low half.
const fn are_digits(word: u64) -> bool {
    let high = every(0xF0);
    word & high == every(0x30) && word.wrapping_add(every(6)) & high == every(0x30)
}

/// Digit values, those in odd lanes doubled and cast to one digit.
const fn weighted(word: u64) -> u64 {
    const ODD: u64 = 0xFF00_FF00_FF00_FF00;
    let values = word ^ every(b'0');
    let doubled = (values & ODD) << 1;
    // 118 + 10 reaches the highest bit of the lane.
    let carries = ((doubled + (every(118) & ODD)) >> 7) & every(1);
    (values & !ODD) + doubled - carries * 9
}
