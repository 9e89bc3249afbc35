//! Device identifiers as validated types, and the label text that they come in; and the numbers of
//! the people and businesses of Kazakhstan who apply for them.
//!
//! A number is parsed once, at the edge, and from then on its type is the proof that it is
//! sound: [`Imei`], [`Imei14`], [`Imeisv`], [`Meid`], [`Eid`], [`Tac`], [`Svn`].
//! [`Identifier`] tells the IMEI forms apart when the source does not say which one it sent,
//! and [`label::findings`] picks everything of use out of a barcode, a box label or a screen.
//! [`Iin`] and [`Bin`] name who applies; [`IinBin`] is the field that takes either.
//!
//! Two numbers mean the same equipment exactly if their [`Imei14`] are equal: the check digit
//! is computed and the software version changes with every update.
//!
//! A check digit catches a slip, not a lie: [`Imei::suspicions`] names the patterns that pass
//! it and are still no honest IMEI.
//!
//! `Debug` shows at most the Type Allocation Code, and of a person's IIN nothing; `Display` shows
//! the whole number.
//!
//! No allocation, no panic on any input, no `unsafe`. Most parsers are `const fn`:
//!
//! ```
//! use tekser_imei::{Imei, ParseError};
//!
//! const EXAMPLE: Result<Imei, ParseError> = Imei::parse(b"26-053179-311383-7");
//! assert_eq!(EXAMPLE?.as_str(), "260531793113837");
//! # Ok::<(), ParseError>(())
//! ```

#![no_std]
#![deny(missing_docs)]
#![cfg_attr(not(test), warn(clippy::indexing_slicing))]

#[cfg(test)]
extern crate std;

mod bin;
mod civil_number;
mod digits;
mod eid;
mod error;
mod identifier;
mod iin;
mod imei;
mod imeisv;
pub mod label;
mod lanes;
pub mod luhn;
mod mask;
mod meid;
pub mod mod97;
mod suspicion;
mod tac;
mod text;

pub use crate::bin::{Bin, BinKind, BinUnit, IinBin};
pub use crate::eid::Eid;
pub use crate::error::ParseError;
pub use crate::identifier::Identifier;
pub use crate::iin::Iin;
pub use crate::imei::{Imei, Imei14};
pub use crate::imeisv::{Imeisv, Svn};
pub use crate::mask::Masked;
pub use crate::meid::{Meid, MeidDecimal};
pub use crate::suspicion::{Severity, Suspicion, Suspicions, SuspicionsIter};
pub use crate::tac::{ReportingBody, Standing, Tac};
