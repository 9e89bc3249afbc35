//! Scanners: codes as they are read.
//!
//! | part | job |
//! |---|---|
//! | [`Session`] | a conversation with a Tekser scanner, over any [`Link`](crate::Link) |
//! | [`LineScanner`] | a scanner of another make that sends lines of text; only listens |
//! | [`Kind`] | what is a scanner, as far as can be told without asking |
//! | [`NamedScanners`] | ports that a person says have a scanner, though nothing tells |
//!
//! What a scanner sends is a person's text until it is judged: `Debug` shows its length alone.

mod error;
mod event;
mod kind;
mod lines;
mod named;
mod session;

pub use tekser_wire as wire;

pub use error::SessionError;
pub use event::{Crash, Event, Scan};
pub use kind::Kind;
pub use lines::{Line, LineScanner};
pub use named::NamedScanners;
pub use session::Session;
