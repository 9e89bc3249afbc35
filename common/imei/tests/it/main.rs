//! Behaviour of the crate from outside, one module per theme.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod identifiers;
mod iin_bin;
mod label;
mod label_plain;
mod masking;
mod properties;
#[cfg(feature = "serde")]
mod serde;
mod suspicions;
