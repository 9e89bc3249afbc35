//! What a person can set.

use serde::{Deserialize, Serialize};

/// Which protocol the scan engine speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum EngineKind {
    /// GM65, GM805, GM812, GM861 (Hangzhou Grow, Waveshare): `7E 00` frames.
    Gm65,
    /// GM67, GM72: Simple Serial Interface (Symbol, Zebra).
    Ssi,
    /// DE2120: ASCII commands.
    De2120,
    /// Any other: lines of text.
    Line,
}

/// What makes the engine look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum TriggerMode {
    /// The button, or the station.
    Asked,
    /// It looks all the time.
    Always,
}

/// What a person can set. Kept in the scanner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Settings {
    /// The scan engine.
    pub engine: EngineKind,
    /// Speed of its line, in baud.
    pub baud: u32,
    /// What makes it look.
    pub trigger: TriggerMode,
    /// How long the same code counts as the same scan, in milliseconds; 0 turns it off.
    pub same_code_ms: u16,
    /// A pause after which a scan begins a new box, in milliseconds; 0: only a "next" code does.
    pub box_pause_ms: u16,
    /// Loudness of the beeper, 0 (off) to 10.
    pub loudness: u8,
    /// Whether codes with [`Verdict::Nothing`](super::Verdict::Nothing) are kept and sent as well.
    pub keep_nothing: bool,
}

impl Settings {
    /// As it comes out of the box.
    pub const DEFAULT: Self = Self {
        engine: EngineKind::Gm65,
        baud: 9_600,
        trigger: TriggerMode::Always,
        same_code_ms: 2_000,
        box_pause_ms: 4_000,
        loudness: 7,
        keep_nothing: true,
    };
}

impl Default for Settings {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Why settings were not taken; the old ones stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum SettingsError {
    /// Not a speed that engine and board share.
    Baud,
    /// More than 10.
    Loudness,
    /// The flash could not be written.
    Flash,
}
