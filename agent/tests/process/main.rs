//! The program as a process: exit codes, messages, signals, kill -9.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod bad_input;
#[path = "../../declaration/tests/it/by_hand.rs"]
mod by_hand;
mod declaration;
mod desk;
mod doctor;
mod kill;
#[allow(dead_code, reason = "shared with the tests of the firmware room")]
#[path = "../../../hardware/tests/firmware/linker.rs"]
mod linker;
mod lists;
mod pack;
#[cfg(unix)]
#[path = "../scanner/peer.rs"]
mod peer;
mod program;
mod reading;
#[cfg(unix)]
mod scanner;
mod scanner_update;
mod serving;
mod story;
