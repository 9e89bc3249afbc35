//! What a Tekser scanner does, on any board.
//!
//! ```text
//! engine bytes ─ engine ─▶ code ─ label ─▶ verdict ─ journal ─▶ accepted scan ─ wire ─▶ station
//!                                              └─▶ indicator (lamp, beeper)
//! ```
//!
//! | room | job |
//! |---|---|
//! | [`scanner`] | the whole device, without input or output |
//! | [`shell`] | its loops over real streams, on any executor |
//! | [`engine`] | drivers for scan engines |
//! | [`label`] | what a code is worth |
//! | [`duplicates`], [`boxes`] | which codes are one scan, which scans are of one box |
//! | [`journal`] | accepted scans in flash until the station has them |
//! | [`indicator`] | what a person sees and hears |
//! | [`trigger`] | button, and the station's wish to look |
//! | [`settings`], [`setup_code`] | what can be set, and the printed codes that set it |
//! | [`identity`], [`clock`] | what the board tells: who it is, what time it is |
//!
//! No allocation, no panic on any input, no `unsafe`; time, flash, pins and streams are given.

#![no_std]
#![deny(missing_docs)]
#![cfg_attr(not(test), warn(clippy::indexing_slicing))]

#[cfg(test)]
extern crate std;

pub mod boxes;
pub mod clock;
pub mod duplicates;
pub mod engine;
pub mod identity;
pub mod indicator;
pub mod journal;
pub mod label;
pub mod scanner;
pub mod settings;
pub mod setup_code;
pub mod shell;
pub mod trigger;

pub use crate::clock::Instant;
pub use crate::identity::{CrashRecord, Identity};
pub use crate::indicator::{Indication, Tone};
pub use crate::scanner::{BoardRequest, Scanner};
