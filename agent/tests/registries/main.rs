//! The adapters of registries that speak HTTP, each against a far side that misbehaves in every way.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod camara;
mod desk;
mod eir;
mod oauth;
mod register;
