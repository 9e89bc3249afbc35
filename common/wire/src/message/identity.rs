//! Who a scanner is.

use core::fmt;

use serde::{Deserialize, Serialize};

use super::open_enum::open_enum;
use super::{Sequence, StoreId};
use crate::version::Versions;

/// Serial number of a scanner: what its flash chip or processor is born with.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SerialNumber(pub [u8; 8]);

/// In hex, as on the USB.
impl fmt::Display for SerialNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02X}"))
    }
}

impl fmt::Debug for SerialNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for SerialNumber {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{=[u8]:02X}", &self.0[..]);
    }
}

/// Boards that firmware exists for. Raw on the wire, so that an unknown board is still a scanner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Board(pub u16);

impl Board {
    /// No board: the virtual bench.
    pub const VIRTUAL: Self = Self(0);
    /// Raspberry Pi Pico (RP2040).
    pub const PICO: Self = Self(1);
    /// nRF52840 development kit.
    pub const NRF52840: Self = Self(2);
    /// STM32F405.
    pub const STM32F405: Self = Self(3);
}

/// Version of a firmware: major, minor, patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct FirmwareVersion(pub [u16; 3]);

impl fmt::Display for FirmwareVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.0;
        write!(f, "{major}.{minor}.{patch}")
    }
}

/// Things that a scanner can do beyond the least, as a set of bits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Capabilities(pub u32);

impl Capabilities {
    /// Scans survive power loss.
    pub const DURABLE: u32 = 1;
    /// It has a beeper.
    pub const BEEPER: u32 = 1 << 1;
    /// It has a trigger button.
    pub const BUTTON: u32 = 1 << 2;
    /// The station can send it to its boot loader
    /// ([`Restart::BootLoader`](super::Restart::BootLoader)).
    pub const BOOT_LOADER: u32 = 1 << 3;

    /// Whether all of these bits are set.
    pub const fn has(self, bits: u32) -> bool {
        self.0 & bits == bits
    }
}

/// Why a scanner began to run. One byte on the wire, and any is understood: it stands in a
/// [`ScannerHello`], which every version must be able to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(from = "u8", into = "u8")]
pub enum Start {
    /// Power came.
    Power,
    /// The station asked for it ([`FromStation::Restart`](super::FromStation::Restart)).
    Asked,
    /// It hung, and its watchdog started it again.
    Watchdog,
    /// It panicked: a [`FromScanner::Crash`](super::FromScanner::Crash) tells where.
    Panic,
    /// Something else: a debugger, a reset pin, or what only a newer firmware knows.
    Other,
}

open_enum!(Start { Power, Asked, Watchdog, Panic, Other }, else Other);

/// A scanner presents itself, in answer to [`FromStation::Hello`](super::FromStation::Hello). It never
/// changes: every version reads that of every other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ScannerHello {
    /// What it speaks.
    pub versions: Versions,
    /// The number in the station's `Hello` that this answers, or [`UNASKED`](super::UNASKED).
    pub nonce: u32,
    /// The board.
    pub board: Board,
    /// The firmware.
    pub firmware: FirmwareVersion,
    /// What it can do.
    pub capabilities: Capabilities,
    /// Its serial number.
    pub serial: SerialNumber,
    /// Its store.
    pub store: StoreId,
    /// Oldest scan that it still has; equal to `next` if it has none.
    pub oldest: Sequence,
    /// Number of the next scan that it accepts.
    pub next: Sequence,
    /// How often this firmware's store was started.
    pub boots: u32,
    /// Why it runs.
    pub start: Start,
}

impl ScannerHello {
    /// Whether numbers of scans mean the same in both.
    pub fn is_of_same_store(&self, other: &Self) -> bool {
        (self.serial, self.store) == (other.serial, other.store)
    }
}
