//! Tables of every kind, sound and damaged, from their bytes to what was found.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod hostile;
mod paths;
mod properties;
mod rows;
mod texts;
mod workbooks;
mod written;
