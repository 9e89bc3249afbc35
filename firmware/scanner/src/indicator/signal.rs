//! What there is to tell, and how it is told.

/// What there is to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Signal {
    /// A phone's number, and sound.
    Valid,
    /// A wrong check digit.
    Wrong,
    /// Sound, but no honest phone's.
    Suspicious,
    /// A serial or article number.
    Other,
    /// Nothing of use.
    Nothing,
    /// The same code again.
    Duplicate,
    /// Longer than a scanner takes.
    TooLong,
    /// Something came broken off the engine: scan it again.
    Broken,
    /// Not accepted: no room, or the flash is broken.
    Refused,
    /// Behind a verdict: kept, the station is away.
    Kept,
    /// Behind a verdict: there is little room left.
    NearlyFull,
    /// The registry has nothing against it.
    Clear,
    /// The registry blocks it.
    Stop,
    /// Here I am.
    Identify,
    /// A setup code, taken.
    SetupTaken,
    /// A setup code, not taken.
    SetupRefused,
}

impl Signal {
    /// All of them.
    pub const ALL: [Self; 16] = [
        Self::Valid,
        Self::Wrong,
        Self::Suspicious,
        Self::Other,
        Self::Nothing,
        Self::Duplicate,
        Self::TooLong,
        Self::Broken,
        Self::Refused,
        Self::Kept,
        Self::NearlyFull,
        Self::Clear,
        Self::Stop,
        Self::Identify,
        Self::SetupTaken,
        Self::SetupRefused,
    ];

    /// A graver one cuts a lesser one short; a lesser one waits.
    pub(super) const fn gravity(self) -> u8 {
        match self {
            Self::Kept | Self::NearlyFull => 0,
            Self::Clear | Self::Identify | Self::Broken => 1,
            Self::Stop => 3,
            Self::Refused => 4,
            _ => 2,
        }
    }

    /// How it is told.
    pub const fn steps(self) -> &'static [Step] {
        use Lamp::{Both, Green, Red};
        match self {
            Self::Valid => const { &[on(120, Green, 2_700), on(280, Green, 0)] },
            Self::Other => const { &[on(60, Green, 1_800)] },
            Self::Nothing => const { &[on(40, Both, 1_200), dark(60), on(40, Both, 1_200)] },
            Self::Wrong => {
                const { &[on(180, Red, 300), dark(80), on(180, Red, 300), dark(80), on(180, Red, 300)] }
            }
            Self::Suspicious => const { &[on(200, Both, 2_000), dark(60), on(400, Both, 800)] },
            Self::Duplicate => {
                const {
                    &[
                        on(50, Both, 1_000),
                        dark(50),
                        on(50, Both, 1_000),
                        dark(50),
                        on(200, Both, 1_000),
                    ]
                }
            }
            Self::TooLong => const { &[on(400, Red, 500), dark(80), on(60, Red, 500)] },
            Self::Broken => const { &[on(60, Red, 200), dark(60), on(300, Red, 0)] },
            Self::Refused => {
                const {
                    &[
                        on(400, Red, 250),
                        dark(100),
                        on(400, Red, 250),
                        dark(100),
                        on(400, Red, 250),
                        dark(100),
                        on(400, Red, 250),
                    ]
                }
            }
            Self::Kept => const { &[dark(150), on(40, Green, 700), dark(60), on(200, Green, 0)] },
            Self::NearlyFull => {
                const {
                    &[
                        dark(150),
                        on(40, Red, 700),
                        dark(60),
                        on(40, Red, 700),
                        dark(60),
                        on(40, Red, 700),
                    ]
                }
            }
            Self::Clear => {
                const {
                    &[
                        on(100, Green, 1_500),
                        dark(60),
                        on(100, Green, 2_500),
                        dark(60),
                        on(500, Green, 0),
                    ]
                }
            }
            Self::Stop => {
                const {
                    &[
                        on(200, Red, 900),
                        dark(50),
                        on(200, Red, 450),
                        dark(50),
                        on(200, Red, 900),
                        dark(50),
                        on(200, Red, 450),
                        dark(50),
                        on(200, Red, 900),
                        dark(50),
                        on(200, Red, 450),
                    ]
                }
            }
            Self::Identify => {
                const {
                    &[
                        on(120, Green, 2_000),
                        dark(120),
                        on(120, Red, 1_000),
                        dark(120),
                        on(120, Green, 2_000),
                        dark(120),
                        on(120, Red, 1_000),
                        dark(120),
                        on(120, Green, 2_000),
                        dark(120),
                        on(120, Red, 1_000),
                        dark(120),
                        on(120, Green, 2_000),
                        dark(120),
                        on(120, Red, 1_000),
                    ]
                }
            }
            Self::SetupTaken => {
                const {
                    &[
                        on(80, Green, 1_000),
                        dark(40),
                        on(80, Green, 1_500),
                        dark(40),
                        on(80, Green, 2_000),
                        dark(40),
                        on(400, Green, 0),
                    ]
                }
            }
            Self::SetupRefused => {
                const { &[on(80, Red, 2_000), dark(40), on(80, Red, 1_500), dark(40), on(500, Red, 300)] }
            }
        }
    }
}

/// Lamps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lamp {
    /// None.
    Dark,
    /// Green.
    Green,
    /// Red.
    Red,
    /// Both.
    Both,
}

/// A part of a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// How long, in milliseconds.
    pub ms: u16,
    /// What is lit.
    pub lamp: Lamp,
    /// What is heard; 0 for nothing.
    pub hertz: u16,
}

pub(super) const fn on(ms: u16, lamp: Lamp, hertz: u16) -> Step {
    Step { ms, lamp, hertz }
}

pub(super) const fn dark(ms: u16) -> Step {
    on(ms, Lamp::Dark, 0)
}
