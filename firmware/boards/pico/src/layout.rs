// Who has which part of the flash chip. The one truth: the image compiles this, and `build.rs`
// makes the linker's `memory.x` of it.

/// Bytes of the flash chip of a Pico (W25Q16JV).
pub const FLASH: u32 = 2 * 1024 * 1024;

/// The image, at the beginning.
pub const IMAGE: u32 = 1024 * 1024;

/// The journal of scans: whole erase sectors behind the image. An update writes the image alone,
/// so the scans outlive it.
pub const JOURNAL: core::ops::Range<u32> = IMAGE..FLASH;
