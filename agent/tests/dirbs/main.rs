//! The DIRBS-Core v2 adapter against a double of such a server, and the double against what a live
//! one answered.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod adapter;
mod double;
mod transcript;
mod trouble;
