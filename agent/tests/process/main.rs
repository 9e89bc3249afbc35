//! The program as a process: exit codes, messages, signals, kill -9.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod bad_input;
mod desk;
mod doctor;
mod kill;
mod lists;
mod program;
mod reading;
mod serving;
mod story;
