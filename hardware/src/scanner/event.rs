//! What comes off a Tekser scanner, as owned values.

use core::fmt;

use tekser_wire::message::{
    Aim, BoxNumber, FirmwareVersion, FromStation, Moment, ScannerHello, Sequence, Settings,
    SettingsError, State, StoreId, Verdict,
};
use tekser_wire::station;
use tekser_wire::version::Mismatch;

/// What came off a scanner. See [`station::Event`] for what each obliges to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A conversation began: answer with [`Session::resume`](super::Session::resume). Another one
    /// in the middle means that the scanner began anew.
    Hello(ScannerHello),
    /// The next scan. Once it is durable: [`Session::ack`](super::Session::ack).
    Scan(Scan),
    /// Scans that will never come: another station took them, or the scanner lost them. Once that
    /// is recorded, acknowledge `last`.
    Gap {
        /// The store.
        store: StoreId,
        /// The first that is missing.
        first: Sequence,
        /// The last that is missing.
        last: Sequence,
    },
    /// The scanner's store forgot scans that are durable here, and perhaps others that never came:
    /// an old content of its flash came back. It goes on behind what is durable here.
    Rewound {
        /// The store.
        store: StoreId,
        /// Number of the next scan that the scanner would have accepted.
        next: Sequence,
        /// Newest scan of it that is durable here.
        durable: Sequence,
    },
    /// How the scanner is.
    State(State),
    /// Its settings: in answer to `ReadSettings` or `Configure`.
    Settings(Settings),
    /// It keeps its old settings.
    SettingsRefused(SettingsError),
    /// Its last run ended in a panic. Comes again until `CrashSeen` is asked.
    Crash(Crash),
    /// The two do not understand each other: update whichever is behind. `Restart` can be asked.
    Mismatch(Mismatch, ScannerHello),
    /// It did not answer this, though asked several times.
    Unanswered(FromStation),
    /// Nothing was heard for some seconds. The session goes on asking.
    Silent,
}

/// One accepted scan.
#[derive(Clone, PartialEq, Eq)]
pub struct Scan {
    /// The store that its number belongs to.
    pub store: StoreId,
    /// Its number.
    pub sequence: Sequence,
    /// The box it belongs to.
    pub box_number: BoxNumber,
    /// When it was read, by the scanner's clock.
    pub at: Moment,
    /// What kind of code it was, if the engine tells.
    pub aim: Option<Aim>,
    /// What the person was told.
    pub verdict: Verdict,
    /// What the code says: bytes that a foreign label chose.
    pub text: Vec<u8>,
}

/// Shows the length of the text alone.
impl fmt::Debug for Scan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scan")
            .field("store", &self.store)
            .field("sequence", &self.sequence)
            .field("box_number", &self.box_number)
            .field("at", &self.at)
            .field("aim", &self.aim)
            .field("verdict", &self.verdict)
            .field("text", &format_args!("{} bytes", self.text.len()))
            .finish()
    }
}

/// What the last run of a scanner ended with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crash {
    /// The firmware that panicked.
    pub firmware: FirmwareVersion,
    /// Source file.
    pub file: String,
    /// Line in it.
    pub line: u32,
    /// What it said.
    pub message: String,
    /// Milliseconds that it had been running.
    pub uptime_ms: u64,
}

impl From<station::Event<'_>> for Event {
    fn from(event: station::Event<'_>) -> Self {
        match event {
            station::Event::Hello(hello) => Self::Hello(hello),
            station::Event::Scan { store, scan } => Self::Scan(Scan {
                store,
                sequence: scan.sequence,
                box_number: scan.box_number,
                at: scan.at,
                aim: scan.aim,
                verdict: scan.verdict,
                text: scan.text.to_vec(),
            }),
            station::Event::Gap { store, first, last } => Self::Gap { store, first, last },
            station::Event::State(state) => Self::State(state),
            station::Event::Settings(settings) => Self::Settings(settings),
            station::Event::SettingsRefused(error) => Self::SettingsRefused(error),
            station::Event::Crash(crash) => Self::Crash(Crash {
                firmware: crash.firmware,
                file: crash.file.to_owned(),
                line: crash.line,
                message: crash.message.to_owned(),
                uptime_ms: crash.uptime_ms,
            }),
            station::Event::Mismatch(mismatch, hello) => Self::Mismatch(mismatch, hello),
            station::Event::Silent => Self::Silent,
        }
    }
}
