//! The program as a process: exit codes, messages, signals, kill -9.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod bad_input;
mod desk;
mod doctor;
mod kill;
#[cfg(unix)]
#[path = "../scanner/peer.rs"]
mod peer;
mod program;
mod reading;
#[cfg(unix)]
mod scanner;
mod serving;
mod story;
