//! Why a probe did not do what it should, and what a person can do about it.

use std::ops::Range;

use crate::firmware::ImageError;

/// What `probe-rs` said; it has some hundred errors.
type Source = Box<dyn core::error::Error + Send + Sync>;

/// Why a probe did not do what it should.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// None is plugged in.
    #[error("no debug probe is plugged in")]
    NoProbe,
    /// Which one?
    #[error("several debug probes are plugged in: {}", .names.join(", "))]
    SeveralProbes {
        /// How each can be named.
        names: Vec<String>,
    },
    /// The name is not one of a probe.
    #[error("{name} does not name a debug probe")]
    BadName {
        /// What was given.
        name: String,
    },
    /// It can't be opened.
    #[error("the debug probe cannot be opened")]
    Unopened(#[source] Source),
    /// No chip answers behind it.
    #[error("no {chip} answers the debug probe")]
    Unattached {
        /// The chip that was expected.
        chip: String,
        /// What probe-rs said.
        source: Source,
    },
    /// The image is none.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// The image is for another kind of chip.
    #[error("the firmware is for a {expected}, and this is a {found}")]
    WrongChip {
        /// What the image is for.
        expected: &'static str,
        /// What is there.
        found: String,
    },
    /// The chip says that it is another one.
    #[error(
        "the firmware is for a {expected}, and this chip does not identify itself as one \
             ({found:#010x} at {address:#010x})"
    )]
    WrongIdentity {
        /// What the image is for.
        expected: &'static str,
        /// Where a chip says what it is.
        address: u32,
        /// What it says.
        found: u32,
    },
    /// The chip has no flash where the image belongs.
    #[error("this chip has no flash at {:#010x} to {:#010x}, where the firmware belongs",
            .range.start, .range.end)]
    NoFlash {
        /// Where the image belongs.
        range: Range<u32>,
    },
    /// A byte is not what it should be after writing, or could not be written.
    #[error("the flash could not be written")]
    Unwritten(#[source] Source),
    /// The chip's memory could not be read.
    #[error("the chip's memory could not be read")]
    Unread(#[source] Source),
    /// The firmware keeps no log where it could be found.
    #[error("the firmware on the chip keeps no log that could be found")]
    NoLog(#[source] Source),
}

impl ProbeError {
    /// What a person can do about it.
    pub const fn cure(&self) -> &'static str {
        match self {
            Self::NoProbe => {
                "Plug a debug probe in: a Raspberry Pi Debug Probe, a Pico that runs its firmware, \
                 a J-Link or an ST-LINK. A scanner alone is updated with `tekser scanner update`."
            }
            Self::SeveralProbes { .. } | Self::BadName { .. } => {
                "Name one with --probe, as VENDOR:PRODUCT or VENDOR:PRODUCT:SERIAL."
            }
            Self::Unopened(_) if cfg!(target_os = "linux") => {
                "Close other programs that use the probe, and give this user the right to open it \
                 (udev rules: https://probe.rs/docs/getting-started/probe-setup)."
            }
            Self::Unopened(_) => "Close other programs that use the probe, and plug it in again.",
            Self::Unattached { .. } => {
                "Check the wires between probe and board (SWDIO, SWCLK, GND), and that the board \
                 has power."
            }
            Self::Image(error) => error.cure(),
            Self::WrongChip { .. } | Self::WrongIdentity { .. } | Self::NoFlash { .. } => {
                "Take the firmware for this scanner's board; nothing was written."
            }
            Self::Unwritten(_) => {
                "Check wires and power and run this again: the board starts no firmware that is \
                 half written."
            }
            Self::Unread(_) => "Check wires and power and run this again.",
            Self::NoLog(_) => "Name the ELF of the firmware that runs, and start the board first.",
        }
    }
}
