//! The image that is flashed, run as it is: `target/firmware/pico.uf2` in an emulated Pico
//! (`tests/firmware/emulator`), with a virtual scan engine on its UART and a station on its USB.
//!
//! Time is simulated and stops whenever a test thinks, so nothing here depends on how fast the
//! machine is; only in `serve`, where the station is the real program, do both clocks go together.
//! `firmware/boards/build pico` makes the image, `.ci/run tools` fetches the emulator.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod away;
mod boot;
mod chip;
mod codes;
mod cost;
mod counter;
mod emulator;
mod label;
mod log;
mod place;
mod protocol;
mod restart;
#[cfg(unix)]
mod serve;
mod station;
mod update;
mod wiring;
