//! The firmware room: files to images, and everything that makes a file none.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod elves;
mod images;
mod linker;
mod properties;
mod surroundings;
mod uf2s;
mod update;
