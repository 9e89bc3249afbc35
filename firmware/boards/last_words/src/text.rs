//! Text of bounded length.

use core::fmt;

/// A text that takes what fits and drops the rest.
pub(crate) struct Text<const MAX: usize> {
    bytes: [u8; MAX],
    length: usize,
}

impl<const MAX: usize> Text<MAX> {
    pub(crate) const fn new() -> Self {
        Self { bytes: [0; MAX], length: 0 }
    }

    pub(crate) fn as_str(&self) -> &str {
        // Only whole characters were written.
        self.bytes.get(..self.length).and_then(|bytes| str::from_utf8(bytes).ok()).unwrap_or("")
    }
}

impl<const MAX: usize> fmt::Write for Text<MAX> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = MAX - self.length;
        let fits = text.floor_char_boundary(room);
        for (to, from) in self.bytes.iter_mut().skip(self.length).zip(text.bytes().take(fits)) {
            *to = from;
        }
        self.length += fits;
        if fits == text.len() { Ok(()) } else { Err(fmt::Error) }
    }
}

/// The last `max` bytes of a text, or a little less, in whole characters.
pub(crate) fn end(text: &str, max: usize) -> &str {
    let begin = text.ceil_char_boundary(text.len().saturating_sub(max));
    text.get(begin..).unwrap_or("")
}
