//! Phones on a real USB: the kernel's own drivers, udev and programs of other hands against
//! virtual phones that are plugged in, pulled out and misbehave.
//!
//! These tests need root and a kernel with free USB ports, so they run in a small computer that
//! `tests/usb/guest/run` boots. Elsewhere each says that it was skipped, and passes.
//!
//! To add one: a function with `let Some(stage) = Stage::set() else { return };` at its top in a
//! module here. [`stage`] plugs phones in and waits for what the system makes of them.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod android;
mod crowd;
mod enumeration;
mod gadget;
mod hostile;
mod obstacles;
mod peers;
mod reading;
mod scanner;
mod stage;
mod unplug;
