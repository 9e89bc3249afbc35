//! Firmware images of our own scanners: read, judged and packed before anything is sent.
//!
//! ```text
//! ELF ─ elf ─▶ Program ─ Image::check ─▶ Image ─ Uf2 ─▶ UF2
//! UF2 ─ Uf2 ─▶ Program ─ Image::check ─▶ Image ─▶ a board
//! ```
//!
//! | room | job |
//! |---|---|
//! | [`board`] | what each board's memory is like |
//! | [`elf`] | what a linker made: which bytes belong at which address |
//! | [`uf2`] | the file that a boot loader takes |
//! | [`boot2`] | the second boot stage, whose checksum the RP2040 demands |
//! | [`program`] | bytes in a row at one address |
//! | [`image`] | a program that is known to be a scanner's, for which board and of which version |
//! | [`update`] | an image into a scanner, and the one before if that does not run |
//!
//! Nothing but [`update`] opens a file or a port, trusts a length, or takes more than [`FILE_MAX`] bytes.

pub mod board;
pub mod boot2;
pub mod elf;
pub mod image;
pub mod program;
pub mod uf2;
pub mod update;

pub use image::{Image, ImageError};
pub use program::Program;
pub use uf2::Uf2;

/// Largest file that is taken for firmware, in bytes. An ELF with its debug information is ten
/// times the program.
pub const FILE_MAX: u64 = 64 << 20;
