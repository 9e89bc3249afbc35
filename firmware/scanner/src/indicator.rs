//! Lamps and beeper: what a person is shown.

/// What lamps and beeper do now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Indication {
    /// The green lamp is on.
    pub green: bool,
    /// The red lamp is on.
    pub red: bool,
    /// The beeper sounds.
    pub tone: Option<Tone>,
}

/// A sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Tone {
    /// Pitch.
    pub hertz: u16,
    /// 1 to 10; a beeper that knows loud and nothing else may ignore it.
    pub loudness: u8,
}
