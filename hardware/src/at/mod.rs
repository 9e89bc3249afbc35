//! The AT dialogue: commands that can only read, replies in every known shape.
//!
//! | part | job |
//! |---|---|
//! | [`command`] | the closed list of what can be said |
//! | [`digest`] | bytes to whole answers: echo, unsolicited lines, odd line ends |
//! | [`answer`] | answers to facts: every known shape of an IMEI |
//! | [`dialect`] | which command next, for which family of phones |
//! | `credit` | facts to the reading, with remarks on what is doubtful |
//! | [`dialogue`] | the dialogue itself, over an injected clock |
//! | [`reader`] | the thin shell that drives it over a [`Link`](crate::link::Link) |
//!
//! Only the last one does input and output.

pub mod answer;
pub mod command;
mod credit;
pub mod dialect;
pub mod dialogue;
pub mod digest;
mod error;
pub mod reader;
mod unsolicited;

pub use command::Command;
pub(crate) use dialect::has_a_port_for_each_card;
pub use dialogue::{Budget, Dialogue, Hint, Step};
pub use error::ReadError;
pub use reader::read;
