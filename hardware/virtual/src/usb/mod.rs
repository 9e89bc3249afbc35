//! Phones and scanners on a real USB: what each shows of itself on the bus, how it answers there,
//! and a way to plug it into a Linux kernel that has `vhci_hcd` loaded.
//!
//! | part | job |
//! |---|---|
//! | [`look`] | a phone's side of the bus, declared: ids, strings, configurations, functions |
//! | [`descriptors`] | the same in bytes, and which interface and endpoint is what |
//! | [`device`] | the device: requests and packets in and out, timed, on no bus in particular |
//! | [`wire`] | the protocol in which the kernel asks for transfers |
//! | `vhci` (Linux) | a phone or a scanner plugged into this machine |
//!
//! All but the last does no input or output and builds everywhere.

pub mod descriptors;
pub mod device;
pub mod look;
#[cfg(target_os = "linux")]
pub mod vhci;
pub mod wire;

#[cfg(test)]
mod tests;

pub use device::UsbDevice;
pub use look::{Flaw, Function, Look, Speed};
#[cfg(target_os = "linux")]
pub use vhci::{UsbPhone, UsbScanner};
pub use wire::Wire;
