//! The program as a process: exit codes, messages, signals, kill -9.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod bad_input;
#[path = "../../declaration/tests/it/by_hand.rs"]
mod by_hand;
mod declaration;
mod desk;
mod doctor;
#[allow(dead_code, reason = "shared with the tests of the station from the inside")]
#[path = "../station/double.rs"]
mod double;
mod kill;
#[allow(dead_code, reason = "shared with the tests of the firmware room")]
#[path = "../../../hardware/tests/firmware/linker.rs"]
mod linker;
mod lists;
mod never_clear;
mod pack;
mod paid;
#[cfg(unix)]
#[path = "../scanner/peer.rs"]
mod peer;
mod portal;
mod program;
mod reading;
mod sandbox;
#[cfg(unix)]
mod scanner;
mod scanner_update;
mod serving;
mod story;
mod tacs;
