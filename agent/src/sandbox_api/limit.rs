//! How long a page of a list is.

use serde::Deserialize;

/// Rows of a page: 1 to 200.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "u32")]
pub(super) struct Limit(u32);

/// A number of rows that no page has.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("a page has 1 to {} rows", Limit::MAX)]
pub(super) struct OutOfBounds;

impl Limit {
    const MAX: u32 = 200;

    /// The rows to ask for: one more than wanted tells whether there is a next page.
    pub const fn with_one_more(self) -> u32 {
        self.0 + 1
    }

    /// Cuts what was asked for to the page; whether there is more.
    pub fn cut<T>(self, items: &mut Vec<T>) -> bool {
        let more = items.len() > self.0 as usize;
        items.truncate(self.0 as usize);
        more
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(50)
    }
}

impl TryFrom<u32> for Limit {
    type Error = OutOfBounds;

    fn try_from(rows: u32) -> Result<Self, OutOfBounds> {
        if (1..=Self::MAX).contains(&rows) { Ok(Self(rows)) } else { Err(OutOfBounds) }
    }
}
