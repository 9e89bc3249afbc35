// Who has which part of the flash chip. The one truth: the image compiles this, and `build.rs`
// makes the linker's `memory.x` of it.

use core::ops::Range;

/// Bytes of the flash chip of a Pico (W25Q16JV).
pub const FLASH: u32 = 2 * 1024 * 1024;

/// Where the processor sees the flash chip.
pub const BASE: u32 = 0x1000_0000;

/// Bytes for the image, at the beginning.
pub const IMAGE: u32 = 1024 * 1024;

/// The journal of scans: whole erase sectors behind the image, as places in the chip. An update
/// writes the image alone, so scans outlive it.
pub const JOURNAL: Range<u32> = IMAGE..FLASH;
