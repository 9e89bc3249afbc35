//! The scanner's logic from outside.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod device;
mod journal;
mod nor;
mod power;
mod rig;
mod shell;
