//! The station's end of the conversation: what it says when.
//!
//! Sans-IO: it is fed the scanner's bytes and the time, and hands out what came and frames to
//! send. Milliseconds count from any point, and never backwards.
//!
//! ```text
//! Event::Hello → StationEnd::resume(store, newest durable)
//! Event::Scan  → write to disk → StationEnd::ack(sequence)
//! ```

mod asks;

use core::fmt;

use crate::frame::{Deframer, FRAME_MAX, Speaker, decode, encode};
use crate::message::{
    ALIVE_EVERY_MS, Crash, FromScanner, FromStation, SILENT_AFTER_MS, Scan, ScannerHello, Sequence,
    Settings, SettingsError, State, StoreId, UNASKED,
};
use crate::version::{CURRENT, Mismatch, Versions};
use asks::Asks;

/// How often `Hello` is said until it is answered, in milliseconds.
pub const HELLO_EVERY_MS: u32 = 500;

/// How often `Hello` is said to a scanner of another version, in case that it was updated, in
/// milliseconds.
pub const REFUSED_EVERY_MS: u32 = 5_000;

/// How much [`StationEnd::ask`] holds until [`StationEnd::transmit`] is called.
pub const ASKS_MAX: usize = 8;

/// What came off the scanner.
#[derive(Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// A conversation began; scans come after [`StationEnd::resume`]. Another one in the middle
    /// means that the scanner began anew, or that another one is there.
    Hello(ScannerHello),
    /// The next scan. Each is handed out once, in the order of numbers, beginning behind what
    /// `resume` named.
    Scan {
        /// The store that its number belongs to.
        store: StoreId,
        /// What was read.
        scan: Scan<'a>,
    },
    /// Scans that will never come: another station took them, or the scanner lost them. To be
    /// recorded and acknowledged (`last`) as if they had come.
    Gap {
        /// The store.
        store: StoreId,
        /// The first that is missing.
        first: Sequence,
        /// The last that is missing.
        last: Sequence,
    },
    /// How the scanner is.
    State(State),
    /// Its settings.
    Settings(Settings),
    /// It keeps its old settings.
    SettingsRefused(SettingsError),
    /// Its last run ended in a panic. Comes again until `CrashSeen` was asked.
    Crash(Crash<'a>),
    /// The two do not understand each other. `Restart` can be asked all the same.
    Mismatch(Mismatch, ScannerHello),
    /// Nothing was heard for [`SILENT_AFTER_MS`]. The end goes on saying `Hello`.
    Silent,
}

/// Why something cannot be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum AskError {
    /// No scanner has said `Hello`, or it is of another version.
    NotMet,
    /// More than [`ASKS_MAX`] wait to go out.
    Full,
    /// `Hello`, `Resume`, `Ack` and `Alive` are the end's own.
    NotYours,
}

impl fmt::Display for AskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotMet => "there is no conversation with the scanner",
            Self::Full => "too much waits to be sent to the scanner",
            Self::NotYours => "that is said by the protocol itself",
        })
    }
}

impl core::error::Error for AskError {}

/// What came and was of no use, since the end was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Faults {
    /// Frames that came broken.
    pub broken: u32,
    /// Whole frames of a scanner of our version or an older one that mean nothing.
    pub unreadable: u32,
    /// Whole frames of a newer scanner that we do not know.
    pub skipped: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// `Hello` is being said.
    Greeting,
    /// The scanner answered; nobody said where to resume.
    Met,
    /// Scans come in.
    Running,
    /// The scanner is too old or too new.
    Refused,
}

/// The station's end. See the [module](self).
#[derive(Debug)]
pub struct StationEnd {
    deframer: Deframer,
    talk: Talk,
}

#[derive(Debug)]
struct Talk {
    phase: Phase,
    nonce: u32,
    /// Who answered last.
    hello: Option<ScannerHello>,
    /// When the last good frame came, or waiting for one began.
    heard_at: Option<u64>,
    was_silent: bool,
    /// When the last frame went out.
    said_at: u64,
    hello_at: u64,
    resume_due: bool,
    ack_due: bool,
    /// The next scan to be handed out.
    expected: Sequence,
    /// Up to here it is on the disk.
    durable: Sequence,
    asks: Asks,
    faults: Faults,
}

impl StationEnd {
    /// An end that greets. `nonce` is drawn by chance.
    pub const fn new(nonce: u32) -> Self {
        let talk = Talk {
            phase: Phase::Greeting,
            nonce: if nonce == UNASKED { 1 } else { nonce },
            hello: None,
            heard_at: None,
            was_silent: false,
            said_at: 0,
            hello_at: 0,
            resume_due: false,
            ack_due: false,
            expected: Sequence::NONE,
            durable: Sequence::NONE,
            asks: Asks::new(),
            faults: Faults { broken: 0, unreadable: 0, skipped: 0 },
        };
        Self { deframer: Deframer::new(Speaker::Scanner), talk }
    }

    /// Takes a byte of the scanner.
    pub fn receive(&mut self, byte: u8, now_ms: u64) -> Option<Event<'_>> {
        let talk = &mut self.talk;
        let Ok(message) = self.deframer.push(byte)? else {
            talk.faults.broken = talk.faults.broken.saturating_add(1);
            return None;
        };
        talk.heard_at = Some(now_ms);
        talk.was_silent = false;
        if let Ok(message) = decode(message) {
            return talk.take(message, now_ms);
        }
        let is_newer = talk.hello.as_ref().is_some_and(|hello| hello.versions.current > CURRENT);
        let faults = &mut talk.faults;
        let count = if is_newer { &mut faults.skipped } else { &mut faults.unreadable };
        *count = count.saturating_add(1);
        None
    }

    /// To be called at [`StationEnd::wake_at`] before [`StationEnd::transmit`].
    pub fn tick(&mut self, now_ms: u64) -> Option<Event<'static>> {
        self.talk.tick(now_ms)
    }

    /// Has the scans come that lie behind `after`, the newest one of `store` that is durable
    /// here: the answer to [`Event::Hello`]. [`Sequence::NONE`] if the store is a new one.
    ///
    /// What was handed out before and was not durable is handed out again.
    ///
    /// Returns whether the scanner's store forgot scans that are durable here: an old content of
    /// its flash came back. It skips their numbers; scans that it forgot and that never came
    /// are lost.
    pub fn resume(&mut self, store: StoreId, after: Sequence) -> bool {
        self.talk.resume(store, after)
    }

    /// Scans up to `through` are durable here. Ignored for what was never handed out.
    pub fn ack(&mut self, through: Sequence) {
        let talk = &mut self.talk;
        if talk.phase == Phase::Running && through < talk.expected {
            talk.durable = talk.durable.max(through);
            talk.ack_due = true;
        }
    }

    /// Says something that is not the end's own. It is sent once: what has an answer should be
    /// asked again if that does not come.
    ///
    /// # Errors
    ///
    /// [`AskError`].
    pub fn ask(&mut self, message: FromStation) -> Result<(), AskError> {
        let is_met = match self.talk.phase {
            Phase::Greeting => false,
            Phase::Refused => matches!(message, FromStation::Restart(_)),
            Phase::Met | Phase::Running => true,
        };
        match message {
            FromStation::Hello { .. }
            | FromStation::Resume { .. }
            | FromStation::Ack { .. }
            | FromStation::Alive => Err(AskError::NotYours),
            _ if !is_met => Err(AskError::NotMet),
            _ => self.talk.asks.push(message).ok_or(AskError::Full),
        }
    }

    /// Writes the next frame into `out` and returns its length; 0 if there is nothing to say now.
    /// `out` holds [`FRAME_MAX`] bytes at least. To be called until it returns 0 whenever bytes
    /// came, something was asked or acknowledged, or [`StationEnd::wake_at`] has come.
    pub fn transmit(&mut self, now_ms: u64, out: &mut [u8]) -> usize {
        debug_assert!(out.len() >= FRAME_MAX);
        let Some(message) = self.talk.next(now_ms) else {
            return 0;
        };
        self.talk.said_at = now_ms;
        // `out` is long enough for any message, and every message can be written.
        encode(Speaker::Station, &message, out).unwrap_or(0)
    }

    /// When [`StationEnd::tick`] and [`StationEnd::transmit`] must be called if nothing happens
    /// before. Ask after `transmit` returned 0. May lie in the past: at once.
    pub fn wake_at(&self) -> u64 {
        self.talk.wake_at()
    }

    /// Who answered the last `Hello`; `None` while there is no conversation.
    pub const fn hello(&self) -> Option<&ScannerHello> {
        match self.talk.phase {
            Phase::Greeting => None,
            Phase::Met | Phase::Running | Phase::Refused => self.talk.hello.as_ref(),
        }
    }

    /// What came and was of no use.
    pub const fn faults(&self) -> Faults {
        self.talk.faults
    }
}

impl Talk {
    fn take<'a>(&mut self, message: FromScanner<'a>, now_ms: u64) -> Option<Event<'a>> {
        match message {
            FromScanner::Hello(hello) => self.met(hello, now_ms),
            _ if !matches!(self.phase, Phase::Met | Phase::Running) => None,
            FromScanner::Scan { store, scan } => {
                let at = scan.sequence;
                self.is_next(store, at, at).then_some(Event::Scan { store, scan })
            }
            FromScanner::Gap { store, first, last } => {
                let begin = self.expected.max(first);
                self.is_next(store, first, last).then_some(Event::Gap { store, first: begin, last })
            }
            FromScanner::State(state) => Some(Event::State(state)),
            FromScanner::Settings(settings) => Some(Event::Settings(settings)),
            FromScanner::SettingsRefused(error) => Some(Event::SettingsRefused(error)),
            FromScanner::Crash(crash) => Some(Event::Crash(crash)),
        }
    }

    /// Whether these numbers are to be handed out now; if not, the scanner is told where we are.
    fn is_next(&mut self, store: StoreId, first: Sequence, last: Sequence) -> bool {
        let is_ours = self.hello.as_ref().is_some_and(|hello| hello.store == store);
        if self.phase != Phase::Running || !is_ours {
            return false;
        }
        if first <= self.expected && self.expected <= last {
            self.expected = last.next();
            return true;
        }
        self.ack_due = true;
        false
    }

    fn met(&mut self, hello: ScannerHello, now_ms: u64) -> Option<Event<'static>> {
        let is_same = self.hello.as_ref().is_some_and(|known| known.is_of_same_store(&hello));
        let is_greeting = self.phase == Phase::Greeting;
        if hello.nonce != self.nonce || !(is_greeting || is_same) {
            // A late answer to an earlier `Hello` while we wait for that to the last; else a
            // scanner that began anew.
            if !is_greeting {
                self.greet(now_ms);
            }
            return None;
        }
        if !is_greeting {
            // It has not heard where to resume.
            self.resume_due = self.phase == Phase::Running;
            return None;
        }
        let meeting = Versions::OURS.meet(hello.versions);
        let is_known = self
            .hello
            .as_ref()
            .is_some_and(|known| ScannerHello { nonce: known.nonce, ..hello.clone() } == *known);
        self.hello = Some(hello.clone());
        match meeting {
            Ok(()) => {
                self.phase = Phase::Met;
                Some(Event::Hello(hello))
            }
            Err(mismatch) => {
                self.phase = Phase::Refused;
                self.hello_at = now_ms + u64::from(REFUSED_EVERY_MS);
                (!is_known).then_some(Event::Mismatch(mismatch, hello))
            }
        }
    }

    fn greet(&mut self, now_ms: u64) {
        self.phase = Phase::Greeting;
        self.nonce = self.nonce.checked_add(1).unwrap_or(1);
        // Not at once again if `Hello`s keep crossing.
        self.hello_at = self.hello_at.max(now_ms);
        self.asks = Asks::new();
        (self.resume_due, self.ack_due) = (false, false);
    }

    fn resume(&mut self, store: StoreId, after: Sequence) -> bool {
        let Some(hello) = &self.hello else {
            return false;
        };
        if !matches!(self.phase, Phase::Met | Phase::Running) {
            return false;
        }
        // What is durable of another store says nothing of this one.
        let after = if store == hello.store { after } else { Sequence::NONE };
        let is_rewound = after >= hello.next;
        self.phase = Phase::Running;
        self.durable = after;
        self.expected = after.next();
        self.resume_due = true;
        is_rewound
    }

    fn tick(&mut self, now_ms: u64) -> Option<Event<'static>> {
        let heard_at = *self.heard_at.get_or_insert(now_ms);
        let is_silent = now_ms.saturating_sub(heard_at) >= u64::from(SILENT_AFTER_MS);
        match self.phase {
            Phase::Refused if now_ms >= self.hello_at => self.greet(now_ms),
            Phase::Greeting | Phase::Met | Phase::Running if is_silent && !self.was_silent => {
                self.was_silent = true;
                self.greet(now_ms);
                return Some(Event::Silent);
            }
            _ => {}
        }
        None
    }

    fn next(&mut self, now_ms: u64) -> Option<FromStation> {
        let store = self.hello.as_ref().map(|hello| hello.store);
        match (self.phase, store) {
            (Phase::Greeting, _) if now_ms >= self.hello_at => {
                self.hello_at = now_ms + u64::from(HELLO_EVERY_MS);
                return Some(FromStation::Hello { versions: Versions::OURS, nonce: self.nonce });
            }
            (Phase::Running, Some(store)) if core::mem::take(&mut self.resume_due) => {
                self.ack_due = false;
                return Some(FromStation::Resume { store, after: self.durable });
            }
            (Phase::Running, Some(store)) if core::mem::take(&mut self.ack_due) => {
                return Some(FromStation::Ack { store, through: self.durable });
            }
            _ => {}
        }
        let is_met = matches!(self.phase, Phase::Met | Phase::Running);
        let is_due = is_met && now_ms >= self.alive_at();
        self.asks.pop().or_else(|| is_due.then_some(FromStation::Alive))
    }

    fn alive_at(&self) -> u64 {
        self.said_at + u64::from(ALIVE_EVERY_MS)
    }

    fn wake_at(&self) -> u64 {
        if self.resume_due || self.ack_due || !self.asks.is_empty() {
            return 0;
        }
        let silent_at = self.heard_at.map_or(0, |at| at + u64::from(SILENT_AFTER_MS));
        let silent_at = if self.was_silent { u64::MAX } else { silent_at };
        match self.phase {
            Phase::Greeting => silent_at.min(self.hello_at),
            Phase::Met | Phase::Running => silent_at.min(self.alive_at()),
            Phase::Refused => self.hello_at,
        }
    }
}
