//! What a Tekser scanner does, on any board.
//!
//! ```text
//! engine bytes ─ engine ─▶ code ─ label ─▶ verdict ─ journal ─▶ accepted scan ─ wire ─▶ station
//!                                              └─▶ indicator (lamp, beeper)
//! ```
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
