//! Submissions on their way out.
//!
//! # What must hold
//!
//! 1. A state is on disk before its consequence is on the wire: `Sending` is committed before the
//!    first byte goes out.
//! 2. A submission found in `Sending` by a station that has just started, or whose answer was
//!    lost, is `Uncertain`. It is asked for by name ([`Registry::find`]) before it may go out again.
//! 3. One submission that can't get on never holds up another. One whose registry is not set up,
//!    or whose row can't be understood, is laid aside until the next start.
//! 4. Only one process pumps: the lock on the data directory sees to that.
//!
//! # The way of a submission
//!
//! ```text
//! Ready ─▶ Signed ─▶ Sending ─▶ Accepted ─▶ InReview ─▶ Approved
//!             ▲         │                      │  ╰────▶ Rejected
//!             │         ▼                      ▼
//!             ╰──── Uncertain             InfoRequested
//! ```
//!
//! A batch that is not what was signed, or that the registry will never take, is `Rejected` from
//! `Ready`, `Signed` or `Sending`.
//!
//! [`Registry::find`]: crate::registry::Registry::find

mod pump;
mod retry;
mod submission;

pub use pump::{Outbox, OutboxError};
pub use retry::Retry;
pub use submission::{Step, Submission, SubmissionState, Trouble, TroubleCode};
