//! What scanner and station say to each other.
//!
//! A conversation:
//!
//! ```text
//! station                              scanner
//! Hello { versions, nonce }      →
//!                                ←     Hello { nonce, store, oldest, next, … }
//! Resume { store, after }        →            (after: newest scan that is durable here)
//! Time { unix_ms }               →
//!                                ←     State { … }
//!                                ←     Scan { store, after + 1, … }
//!                                ←     Scan { store, after + 2, … }        up to WINDOW ahead
//! Ack { store, through }         →            (once they are on the station's disk)
//! Alive                          →            every ALIVE_EVERY while there is nothing else
//!                                ←     State { … }              every STATE_EVERY, at the least
//! ```
//!
//! A scan stays in the scanner's store until an `Ack` covers it. The station takes scans in the
//! order of their numbers and only the next one; anything else makes it repeat its last `Ack`,
//! and a scanner that waits too long for one begins again behind the last (go-back-N). Numbers
//! that the scanner cannot deliver any more are told in their place, as a `Gap`.
//!
//! Whatever is lost is said again: the station repeats `Hello` until it is answered; a scanner
//! that has greeted repeats its `Hello` until there is a `Resume`; one that began to run anew
//! answers anything with a `Hello` that nobody asked for ([`UNASKED`]).
//!
//! See [`crate::version`] before changing anything here.

mod identity;
mod open_enum;
mod settings;

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::version::Versions;
use open_enum::open_enum;

pub use identity::{Board, Capabilities, FirmwareVersion, ScannerHello, SerialNumber, Start};
pub use settings::{EngineKind, Settings, SettingsError, TriggerMode};

/// Longest text of a code, in bytes. A longer one is refused with [`Verdict::TooLong`] to the
/// person and never accepted.
pub const TEXT_MAX: usize = 512;

/// Longest message, in bytes, before the CRC and framing.
pub const MESSAGE_MAX: usize = TEXT_MAX + 64;

/// Scans that may be on their way unacknowledged.
pub const WINDOW: u32 = 8;

/// How often a station that has nothing to say sends [`FromStation::Alive`], in milliseconds.
pub const ALIVE_EVERY_MS: u32 = 1_000;

/// After how long without a frame a scanner holds its station to be away, in milliseconds.
pub const AWAY_AFTER_MS: u32 = 3_500;

/// How often a scanner whose state does not change sends it all the same, in milliseconds: its
/// sign of life, and what heals a lost one.
pub const STATE_EVERY_MS: u32 = 2_000;

/// After how long without a frame a station holds its scanner to be silent, in milliseconds.
pub const SILENT_AFTER_MS: u32 = 7_000;

/// Nonce of a scanner's `Hello` that no `Hello` of a station asked for. Stations draw others.
pub const UNASKED: u32 = 0;

/// Longest file name and longest text of a [`Crash`], in bytes; longer ones are cut.
pub const CRASH_TEXT_MAX: usize = 256;

/// Number of an accepted scan: one more than the one before, for the life of a store. The first
/// is 1; 0 stands for "none yet".
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Sequence(pub u32);

impl Sequence {
    /// No scan yet.
    pub const NONE: Self = Self(0);

    /// The one after this; the last possible one is its own successor.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The one before this; none comes before [`Sequence::NONE`].
    #[must_use]
    pub const fn previous(self) -> Self {
        Self(self.0.saturating_sub(1))
    }
}

/// Number of a scanner's store, drawn by chance when it is formatted: sequence numbers mean
/// something within one store only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct StoreId(pub u32);

/// Scans of one box belong together and carry one number; it grows within a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct BoxNumber(pub u32);

/// A symbology identifier without its `]`: code and modifier, such as `C0` (ISO/IEC 15424).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Aim(pub [u8; 2]);

/// What the scanner made of a code; the station judges again, with what it knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(from = "u8", into = "u8")]
pub enum Verdict {
    /// At least one sound identifier of a phone, and none that is wrong.
    Valid,
    /// An IMEI whose check digit is wrong, or that cannot be one.
    Wrong,
    /// Sound, but a number no honest phone has (see `tekser_imei::Suspicion`).
    Suspicious,
    /// Something of use, but no IMEI, MEID or EID: a serial or article number. Or what only a
    /// newer firmware knows.
    Other,
    /// Nothing of use.
    Nothing,
    /// Longer than [`TEXT_MAX`]; never in a [`Scan`].
    TooLong,
}

open_enum!(Verdict { Valid, Wrong, Suspicious, Other, Nothing, TooLong }, else Other);

/// When something was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Moment {
    /// Milliseconds since 1970-01-01T00:00Z: a station had told the time since the scanner began.
    Unix {
        /// Milliseconds.
        ms: u64,
    },
    /// Nobody had: how long the scanner was running, and which run it was.
    Uptime {
        /// Number of the run, as [`ScannerHello::boots`].
        boot: u32,
        /// Milliseconds since it began.
        ms: u64,
    },
}

/// One accepted scan.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scan<'a> {
    /// Its number.
    pub sequence: Sequence,
    /// The box it belongs to.
    pub box_number: BoxNumber,
    /// When it was read.
    pub at: Moment,
    /// What kind of code it was, if the engine tells.
    pub aim: Option<Aim>,
    /// What the person was told.
    pub verdict: Verdict,
    /// What the code says, without symbology identifier and terminator: 1 to [`TEXT_MAX`] bytes.
    pub text: &'a [u8],
}

/// Shows the length of the text alone.
impl fmt::Debug for Scan<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scan")
            .field("sequence", &self.sequence)
            .field("box_number", &self.box_number)
            .field("at", &self.at)
            .field("aim", &self.aim)
            .field("verdict", &self.verdict)
            .field("text", &format_args!("{} bytes", self.text.len()))
            .finish()
    }
}

/// How the scan engine is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(from = "u8", into = "u8")]
pub enum EngineState {
    /// It is being set up.
    Starting,
    /// It answered, and its settings were read back.
    Ready,
    /// It does not answer: wiring, speed, or another make than configured. Codes that it sends
    /// are taken all the same.
    Silent,
    /// It answers, but does not keep a setting.
    Refusing,
    /// Of a kind that cannot be asked, or in a state that only a newer firmware knows.
    Unknown,
}

open_enum!(EngineState { Starting, Ready, Silent, Refusing, Unknown }, else Unknown);

/// How a scanner is: sent after `Resume`, when something changed, every [`STATE_EVERY_MS`], and
/// at most ten times a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct State {
    /// Scans that wait for their `Ack`.
    pub waiting: u32,
    /// Bytes of the store in use, and in all.
    pub used: u32,
    /// Bytes that the store holds.
    pub capacity: u32,
    /// Scans that were refused since the store was formatted because it was full. The person heard
    /// it each time.
    pub refused: u32,
    /// Codes since it runs that came broken off the engine: noise, overrun, too long.
    pub broken: u32,
    /// Frames since it runs that came broken off the station. The scanner's end fills this in.
    pub bad_frames: u32,
    /// The engine.
    pub engine: EngineState,
}

/// What the last run ended with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Crash<'a> {
    /// The firmware that panicked.
    pub firmware: FirmwareVersion,
    /// Source file, UTF-8, cut at the front to [`CRASH_TEXT_MAX`].
    pub file: &'a str,
    /// Line in it.
    pub line: u32,
    /// What it said, UTF-8, cut at the end to [`CRASH_TEXT_MAX`].
    pub message: &'a str,
    /// Milliseconds that it had been running.
    pub uptime_ms: u64,
}

/// What a person is shown by lamp and beeper at the station's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Notice {
    /// The registry has nothing against it.
    Clear,
    /// The registry blocks it, or another phone has the same number.
    Stop,
    /// Here I am: to tell one scanner from another.
    Identify,
}

/// How to begin anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Restart {
    /// The same firmware.
    Firmware,
    /// The boot loader, to be given another firmware.
    BootLoader,
}

/// What a scanner says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum FromScanner<'a> {
    /// Who it is.
    Hello(ScannerHello),
    /// How it is.
    State(State),
    /// An accepted scan.
    Scan {
        /// The store that its number belongs to.
        store: StoreId,
        /// What was read.
        #[serde(borrow)]
        scan: Scan<'a>,
    },
    /// The settings: in answer to `ReadSettings` and to a `Configure` that was taken.
    Settings(Settings),
    /// A `Configure` that was not taken.
    SettingsRefused(SettingsError),
    /// The last run ended in a panic: again and again until `CrashSeen`.
    #[serde(borrow)]
    Crash(Crash<'a>),
    /// Scans that the scanner does not have any more: another station took them, or the store
    /// lost them. Stands in their place in the order of scans.
    Gap {
        /// The store.
        store: StoreId,
        /// The first that is missing.
        first: Sequence,
        /// The last that is missing.
        last: Sequence,
    },
}

/// What a station says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum FromStation {
    /// Begins a conversation, also in the middle of another. Never changes.
    Hello {
        /// What the station speaks.
        versions: Versions,
        /// Drawn by chance, so that an answer is known to be one; not [`UNASKED`].
        nonce: u32,
    },
    /// Scans are wanted, beginning behind `after`; what is up to there is durable and may go.
    Resume {
        /// The store that the station means. A scanner that has another one says `Hello` again.
        store: StoreId,
        /// Newest scan of it that is durable. If that is one that the scanner has not accepted
        /// yet, its store forgot some: it gives the numbers up to here to no other scan.
        after: Sequence,
    },
    /// Scans up to this one are durable.
    Ack {
        /// The store that its number belongs to.
        store: StoreId,
        /// The newest of them.
        through: Sequence,
    },
    /// The station is there.
    Alive,
    /// What time it is.
    Time {
        /// Milliseconds since 1970-01-01T00:00Z.
        unix_ms: u64,
    },
    /// Asks for the settings.
    ReadSettings,
    /// Changes all settings.
    Configure(Settings),
    /// Looks for a code now, or stops looking.
    Trigger {
        /// Look, or stop.
        on: bool,
    },
    /// What is scanned next is another box.
    NextBox,
    /// Lamp and beeper.
    Notice(Notice),
    /// Begins anew. Never changes, and is obeyed whatever version the station speaks: an update
    /// is what cures two ends that do not understand each other.
    Restart(Restart),
    /// The crash was recorded and need not be told again.
    CrashSeen,
    /// Panics on purpose: whoever looks after scanners can see that a panic is reported.
    Panic,
}
