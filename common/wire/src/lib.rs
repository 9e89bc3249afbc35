//! The protocol between a Tekser scanner and a station.
//!
//! Bytes go over any two-way stream: USB CDC-ACM as a rule, a UART adapter or a pseudo-terminal
//! as well. A stream may lose, double or corrupt bytes, and either end may begin in the middle.
//!
//! ```text
//! frame   = 0x00 COBS( message, CRC-32 of speaker and message, little-endian ) 0x00
//! message = postcard( FromScanner ) | postcard( FromStation )
//! ```
//!
//! | room | job |
//! |---|---|
//! | [`message`] | what is said, each way |
//! | [`version`] | who understands whom, and how the protocol may grow |
//! | [`usb`] | how a scanner is recognised on the USB |
//! | [`frame`] | from bytes to messages and back |
//! | [`scanner`] | what the scanner's end says when |
//! | [`station`] | what the station's end says when |
//! | [`image`] | what a firmware image says of itself |
//!
//! No allocation, no clock, no input or output, no panic on any input.

#![no_std]
#![deny(missing_docs)]
#![cfg_attr(not(test), warn(clippy::indexing_slicing))]

#[cfg(test)]
extern crate std;

pub mod frame;
pub mod image;
pub mod message;
pub mod scanner;
pub mod station;
pub mod usb;
pub mod version;

pub use message::{FromScanner, FromStation};
