//! The station from the inside: its rooms put together, with a clock that is told the time.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod android;
mod asked;
mod bench;
#[path = "../../declaration/tests/it/by_hand.rs"]
mod by_hand;
mod checks;
mod counter;
mod declarations;
mod description;
mod desk;
mod double;
mod events;
mod filings;
mod filings_model;
mod guard;
#[path = "../scanner/handheld.rs"]
mod handheld;
mod kept;
mod modem;
mod never_clear;
mod outbox;
mod outbox_model;
mod paid;
mod paid_model;
#[path = "../scanner/peer.rs"]
mod peer;
mod place;
mod portal;
mod privacy;
mod replay;
mod sandbox;
mod sandbox_api;
mod sandbox_model;
mod sandbox_rules;
mod store;
mod support;
mod survey;
mod tables;
mod tacs;
