//! Phones and scanners that are not there: they behave and misbehave, for demonstrations, tests and
//! integrators.
//!
//! This is the far side of the cable. It shares no parsing with the station, so that a mistake
//! there cannot hide here. The scanner alone is no imitation: it runs the firmware's own logic, with
//! an engine that shares nothing with the firmware's drivers.
//!
//! | part | job |
//! |---|---|
//! | [`persona`] | who a phone is, and how it behaves |
//! | [`roster`] | ready-made personas: a demonstration bench, and any number of distinct phones |
//! | [`phone`] | the phone itself: bytes in, timed bytes out, no input or output of its own |
//! | [`adbd`] | the Android debug bridge of a phone, likewise without input or output |
//! | [`pty`] (Unix) | a phone on a real pseudo-terminal, for this program or any other |
//! | [`pipe`], [`bridge`] | a phone in memory, on every system: its modem, its debug bridge |
//! | [`engine`] | scan engines, the far side of a scanner's UART |
//! | [`scanner`] | a scanner: the firmware's own logic with such an engine |
//! | [`interrupt`] | Ctrl-C, for the two programs |
//! | [`tcp`] | a debug bridge on a socket of this machine, for any program that speaks ADB |
//! | [`usb`] | a phone as a USB device, and (Linux) plugged into the kernel |
//! | [`bench`](mod@bench) | a bench of them, as a [`tekser_hardware::Bus`] |

#![warn(missing_docs)]

pub mod adbd;
pub mod bench;
pub mod bridge;
mod drive;
pub mod engine;
mod far_side;
pub mod interrupt;
pub mod persona;
pub mod phone;
pub mod pipe;
#[cfg(unix)]
pub mod pty;
pub mod roster;
pub mod scanner;
pub mod tcp;
pub mod usb;

pub use adbd::Adbd;
pub use bench::VirtualBench;
pub use engine::VirtualEngine;
pub use interrupt::Interrupt;
pub use persona::{Android, Behaviour, Echo, FarSide, LineEnd, Persona, Pull};
pub use phone::Phone;
pub use scanner::VirtualScanner;
