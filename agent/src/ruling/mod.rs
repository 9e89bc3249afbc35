//! What a registry can say: verdicts about IMEIs, decisions about cases, and under which names.
//!
//! Words only. Who says them is [`crate::registry`], who asks [`crate::check`] and the outbox.

mod decision;
mod name;
mod verdict;

pub use decision::{Decision, Refusal};
pub use name::{ApplicationNo, RegistryId};
pub use verdict::{Answer, BlockReason, SeenBy, Undetermined, Verdict};
