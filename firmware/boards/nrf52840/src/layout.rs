// Who has which part of the flash. The one truth: the image compiles this, and `build.rs` makes
// the linker's `memory.x` of it.

use core::ops::Range;

/// Bytes of the flash of an nRF52840.
pub const FLASH: u32 = 1024 * 1024;

/// Bytes for the image, at the beginning.
pub const IMAGE: u32 = 512 * 1024;

/// The journal of scans: whole pages behind the image.
pub const JOURNAL: Range<u32> = IMAGE..FLASH;
