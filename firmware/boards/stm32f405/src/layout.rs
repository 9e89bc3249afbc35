// Who has which part of the flash. The one truth: the image compiles this, and `build.rs` makes
// the linker's `memory.x` of it.

use core::ops::Range;

/// Bytes of the flash of an STM32F405xG.
pub const FLASH: u32 = 1024 * 1024;

/// Where the processor sees the flash.
pub const BASE: u32 = 0x0800_0000;

/// Bytes for the image, at the beginning.
pub const IMAGE: u32 = 512 * 1024;

/// The journal of scans: the last four sectors, of 128 KiB each.
pub const JOURNAL: Range<u32> = IMAGE..FLASH;
