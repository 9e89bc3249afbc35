//! Identifiers with the part that names one unit left out.

use core::fmt;

/// The first eight digits of an identifier, the rest as `*`: enough to know the model, not
/// enough to know whose device it is. Of a business fewer are shown, of a person none.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Masked {
    shown: [u8; 8],
    hidden: u8,
}

impl Masked {
    pub(crate) const fn new(shown: [u8; 8], hidden: u8) -> Self {
        Self { shown, hidden }
    }

    #[cfg(feature = "defmt")]
    pub(crate) fn shown(&self) -> &str {
        crate::text::ascii(&self.shown)
    }
}

impl fmt::Display for Masked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(crate::text::ascii(&self.shown))?;
        (0..self.hidden).try_for_each(|_| f.write_str("*"))
    }
}

impl fmt::Debug for Masked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
