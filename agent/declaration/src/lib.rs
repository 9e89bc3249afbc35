//! The search that the other side runs over a customs declaration, run before it does.
//!
//! The operator's tool cuts each IMEI to its first 14 digits and looks for them anywhere in the
//! text of the PDF. This crate does the same, and says what else a person should know: that a
//! number is torn by spaces, that its check digit differs, or that the text could not be read
//! wholly, so that "not found" would be a guess.
//!
//! | part | job |
//! |---|---|
//! | [`search`](mod@search) | wanted numbers against text |
//! | [`text`] | pages of text, and what could not be read |
//! | [`extract`](mod@extract) | a PDF's text, in this process |
//! | `glyphs`, `layout` | what a page draws, put together as a viewer shows it |
//! | `whole` | whether everything that a page draws could be decoded |
//! | [`wall`] | the same in a process of its own, with limits that hold |
//! | `lines` | what the two processes say to each other |
//!
//! A PDF is a foreign file: use [`wall::Wall`]. What each limit rests on:
//!
//! | bound | Linux | Windows |
//! |---|---|---|
//! | bytes of file and answer, pages, characters | counted | counted |
//! | time | the child is killed; its processor time is limited | the child is killed |
//! | memory | `RLIMIT_AS` of the child | only by time: the child is killed |
//! | a panic or overflow of the stack | ends a page or the child | the same |

pub mod error;
pub mod extract;
mod glyphs;
mod layout;
pub mod limits;
mod lines;
pub mod search;
pub mod text;
pub mod wall;
mod whole;

pub use error::DeclarationError;
pub use extract::extract;
pub use limits::Limits;
pub use search::{Report, Search, Wanted, search};
pub use text::{Gap, PageText, Text};
