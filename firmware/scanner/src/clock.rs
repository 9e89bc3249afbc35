//! Time, as the scanner's logic is told it.

/// A point in time: microseconds since the scanner began to run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(u64);

impl Instant {
    /// The moment it began to run.
    pub const START: Self = Self(0);

    /// So many microseconds after the start.
    pub const fn from_micros(us: u64) -> Self {
        Self(us)
    }

    /// So many milliseconds after the start.
    pub const fn from_millis(ms: u64) -> Self {
        Self(ms * 1_000)
    }

    /// Microseconds since the start.
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// Whole milliseconds since the start.
    #[inline(never)]
    pub const fn as_millis(self) -> u64 {
        self.0 / 1_000
    }

    /// So many milliseconds later.
    // Arithmetic in 64 bits is long on small processors, and there are dozens of places for it.
    #[inline(never)]
    pub const fn plus_millis(self, ms: u64) -> Self {
        Self(self.0.saturating_add(ms.saturating_mul(1_000)))
    }

    /// Milliseconds from `earlier` to this; 0 if that is not earlier.
    #[inline(never)]
    pub const fn millis_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0) / 1_000
    }
}

/// The earliest of some points in time.
pub fn earliest(all: &[Option<Instant>]) -> Option<Instant> {
    all.iter().copied().flatten().min()
}
