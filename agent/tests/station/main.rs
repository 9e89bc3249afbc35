//! The station from the inside: its rooms put together, with a clock that is told the time.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod android;
mod bench;
mod checks;
mod description;
mod desk;
mod events;
mod guard;
mod modem;
mod outbox;
mod outbox_model;
mod place;
mod privacy;
mod replay;
mod sandbox;
mod store;
mod support;
mod survey;
mod tables;
