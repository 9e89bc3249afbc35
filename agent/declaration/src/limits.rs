//! How much a foreign file may cost.

use std::time::Duration;

/// How much a foreign file may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most bytes of the file.
    pub bytes: u64,
    /// Most pages.
    pub pages: u32,
    /// Most bytes of one stream, decoded.
    pub stream: u64,
    /// Most things that one page may draw.
    pub drawn: u32,
    /// Most bytes of text.
    pub text: usize,
    /// Longest wait for the whole.
    pub time: Duration,
    /// Most memory of the child process, where the system can hold it to that.
    pub memory: u64,
}

impl Limits {
    /// Those of the product: an honest declaration of 500 devices is far below every one.
    pub const SHIPPED: Self = Self {
        bytes: 32 * 1024 * 1024,
        pages: 2_000,
        stream: 64 * 1024 * 1024,
        drawn: 500_000,
        text: 16 * 1024 * 1024,
        time: Duration::from_secs(30),
        memory: 512 * 1024 * 1024,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::SHIPPED
    }
}
