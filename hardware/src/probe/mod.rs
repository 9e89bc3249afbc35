//! Debug probes: for boards whose boot loader is out of reach, and for whoever works on the
//! firmware.
//!
//! | room | job | feature |
//! |---|---|---|
//! | [`log`] | bytes that the firmware logs, to lines, with the table of its own ELF | `defmt` |
//! | [`flash`] | an image into a chip: everything is checked before a byte is written | `probe` |
//! | [`attach`] | the one module that names `probe-rs` | `probe` |

#[cfg(feature = "probe")]
pub mod attach;
#[cfg(feature = "probe")]
mod error;
#[cfg(feature = "probe")]
pub mod flash;
#[cfg(feature = "defmt")]
pub mod log;

#[cfg(feature = "probe")]
pub use error::ProbeError;
