//! Where the bytes stand that end cells and rows.

/// Bytes that are looked at together: a bit for each in one machine word.
const WIDTH: usize = 64;

/// Places of separators, line ends and quotation marks, in order.
///
/// Rows have a mark every few bytes, so that looking for the next one again and again would take
/// longer than looking at all bytes once.
pub(super) struct Marks<'a> {
    bytes: &'a [u8],
    separator: u8,
    /// Where the bytes begin that `left` stands for.
    base: usize,
    /// Bit `n` is set if byte `base + n` is a mark that was not given.
    left: u64,
}

impl<'a> Marks<'a> {
    pub(super) fn new(bytes: &'a [u8], separator: u8) -> Self {
        let mut marks = Self { bytes, separator, base: 0, left: 0 };
        marks.left = marks.at_base();
        marks
    }

    /// The marks from here on come next.
    pub(super) fn go_to(&mut self, at: usize) {
        self.base = at - at % WIDTH;
        self.left = self.at_base() & (u64::MAX << (at % WIDTH));
    }

    fn at_base(&self) -> u64 {
        let rest = self.bytes.get(self.base..).unwrap_or_default();
        if let Some(chunk) = rest.first_chunk() {
            return marks_of(chunk, self.separator);
        }
        let mut chunk = [0; WIDTH];
        chunk.iter_mut().zip(rest).for_each(|(into, &byte)| *into = byte);
        marks_of(&chunk, self.separator)
    }
}

impl Iterator for Marks<'_> {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        while self.left == 0 {
            if self.base + WIDTH >= self.bytes.len() {
                return None;
            }
            self.base += WIDTH;
            self.left = self.at_base();
        }
        let at = self.base + self.left.trailing_zeros() as usize;
        self.left &= self.left - 1;
        Some(at)
    }
}

/// Written so that a compiler makes vector instructions of it: first a byte of 0 or 1 for each
/// byte, then a bit for each of those.
#[inline]
fn marks_of(chunk: &[u8; WIDTH], separator: u8) -> u64 {
    /// Moves the lowest bits of eight bytes side by side into the highest byte.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let hits = chunk.map(|byte| {
        u8::from(byte == separator)
            | u8::from(byte == b'\n')
            | u8::from(byte == b'\r')
            | u8::from(byte == b'"')
    });
    let (eights, _) = hits.as_chunks::<8>();
    let gathered = eights.iter().map(|&eight| u64::from_le_bytes(eight).wrapping_mul(GATHER) >> 56);
    gathered.zip(0..).fold(0, |all, (bits, n)| all | bits << (8 * n))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_mark_is_found_once_and_no_other_byte(
            text in "[;,\t\n\r\"a-c0-9é]{0,300}",
            from in 0_usize..300,
        ) {
            let bytes = text.as_bytes();
            let from = from.min(bytes.len());
            for separator in *b";,\t" {
                let plain = |from: usize| -> Vec<usize> {
                    let is_mark = |&at: &usize| {
                        bytes[at] == separator || matches!(bytes[at], b'\n' | b'\r' | b'"')
                    };
                    (from..bytes.len()).filter(is_mark).collect()
                };
                let mut marks = Marks::new(bytes, separator);
                prop_assert_eq!(marks.by_ref().collect::<Vec<_>>(), plain(0));
                marks.go_to(from);
                prop_assert_eq!(marks.collect::<Vec<_>>(), plain(from));
            }
        }
    }
}
