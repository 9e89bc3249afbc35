//! How a scanner is recognised on the USB, before anything is asked of it.
//!
//! The numbers alone are not enough: they come from the pid.codes block that is free for anyone
//! to test with. A scanner is one whose numbers **and** strings are these. Whoever sells scanners
//! gets a product number of their own and changes it here, for firmware and station at once.

/// Vendor number: pid.codes.
pub const VENDOR: u16 = 0x1209;

/// Product number, of the block that pid.codes keeps for tests.
pub const PRODUCT: u16 = 0x0001;

/// Manufacturer string.
pub const MAKER: &str = "Tekser";

/// Product string; the board follows after a blank.
pub const NAME: &str = "Tekser Scanner";
