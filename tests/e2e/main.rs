//! End-to-end tests over the whole product.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod brought;
mod browser;
mod crowd;
mod modem;
mod portal;
mod scanners;
