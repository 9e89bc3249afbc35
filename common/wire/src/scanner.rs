//! The scanner's end of the conversation: what it says when.
//!
//! Sans-IO: it is fed the station's bytes and the time, asks a [`Source`] for what it has to say,
//! and hands out frames to send. Milliseconds count from any point, and never backwards.

use crate::frame::{Deframer, FRAME_MAX, Speaker, decode, encode};
use crate::message::{
    AWAY_AFTER_MS, CRASH_TEXT_MAX, Crash, FromScanner, FromStation, Notice, Restart,
    STATE_EVERY_MS, Scan, ScannerHello, Sequence, Settings, SettingsError, State, StoreId,
    TEXT_MAX, UNASKED, WINDOW,
};
use crate::version::{CURRENT, Versions};

/// After how long without an `Ack` that brings it on the scanner begins again behind the last, in
/// milliseconds. A station writes to its disk in a tenth of it.
pub const RESEND_AFTER_MS: u32 = 500;

/// How often a `Hello` is said again while there is no `Resume`, in milliseconds.
pub const GREET_EVERY_MS: u32 = 1_000;

/// Shortest time from one [`State`] to the next, in milliseconds.
pub const STATE_REST_MS: u32 = 100;

/// How often a crash is told until the station has seen it, in milliseconds.
pub const CRASH_EVERY_MS: u32 = 5_000;

/// What the scanner's end has to say, and where it gets it from.
pub trait Source {
    /// Who the scanner is. Versions and nonce are filled in by the end.
    fn hello(&self) -> ScannerHello;

    /// How it is. `bad_frames` is filled in by the end.
    fn state(&self) -> State;

    /// Its settings.
    fn settings(&self) -> Settings;

    /// What the last run ended with, until the station has seen it.
    fn crash(&self) -> Option<Crash<'_>>;

    /// The next scan behind `after` that is stored and can be read; its text goes to `buffer`.
    fn scan_after<'b>(
        &mut self,
        after: Sequence,
        buffer: &'b mut [u8; TEXT_MAX],
    ) -> Option<Scan<'b>>;
}

/// What the station asks of the scanner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Request {
    /// Scans up to this one may go. May name one that was not accepted yet: the store forgot
    /// some that the station has, and must give these numbers to no other scan.
    Durable {
        /// The newest that may go.
        through: Sequence,
    },
    /// What time it is.
    Time {
        /// Milliseconds since 1970-01-01T00:00Z.
        unix_ms: u64,
    },
    /// Change all settings, and say what came of it ([`ScannerEnd::settings_answer`]).
    Configure(Settings),
    /// Look for a code, or stop looking.
    Trigger {
        /// Look, or stop.
        on: bool,
    },
    /// What is scanned next is another box.
    NextBox,
    /// Lamp and beeper.
    Notice(Notice),
    /// Begin anew.
    Restart(Restart),
    /// The crash is recorded.
    CrashSeen,
    /// Panic on purpose.
    Panic,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Nobody said `Hello` since the scanner runs or the link came up.
    Strange,
    /// The station has our `Hello` or will have it; no `Resume` yet.
    Greeted,
    /// The station is too old or too new.
    Refused,
    /// Scans go out.
    Running,
}

/// The scanner's end. See the [module](self).
#[derive(Debug)]
pub struct ScannerEnd {
    deframer: Deframer,
    talk: Talk,
}

#[derive(Debug)]
struct Talk {
    phase: Phase,
    nonce: u32,
    /// It may say what we do not know.
    is_newer: bool,
    /// When the last good frame came; `None` once that is too long ago.
    heard_at: Option<u64>,
    /// When `Hello` is to be said.
    hello_at: Option<u64>,
    store: StoreId,
    /// Up to here it is durable.
    acked: Sequence,
    /// Up to here it is on its way.
    sent: Sequence,
    /// When scans began to be on their way, or the last `Ack` brought us on.
    progress_at: u64,
    /// When the last state went out.
    state_at: Option<u64>,
    state_changed: bool,
    crash_at: u64,
    answer: Option<Result<(), SettingsError>>,
    bad_frames: u32,
}

impl ScannerEnd {
    /// An end that has heard nobody.
    pub const fn new() -> Self {
        let talk = Talk {
            phase: Phase::Strange,
            nonce: UNASKED,
            is_newer: false,
            heard_at: None,
            hello_at: None,
            store: StoreId(0),
            acked: Sequence::NONE,
            sent: Sequence::NONE,
            progress_at: 0,
            state_at: None,
            state_changed: false,
            crash_at: 0,
            answer: None,
            bad_frames: 0,
        };
        Self { deframer: Deframer::new(Speaker::Station), talk }
    }

    /// Takes a byte of the station. `store` is the store that the scanner has now.
    pub fn receive(&mut self, byte: u8, now_ms: u64, store: StoreId) -> Option<Request> {
        let talk = &mut self.talk;
        let Ok(message) = self.deframer.push(byte)? else {
            talk.bad_frames = talk.bad_frames.saturating_add(1);
            return None;
        };
        talk.heard_at = Some(now_ms);
        match decode(message) {
            Ok(message) => talk.take(message, now_ms, store),
            Err(_) => {
                if !talk.is_newer {
                    talk.bad_frames = talk.bad_frames.saturating_add(1);
                }
                None
            }
        }
    }

    /// The link is down: whoever comes next begins anew.
    pub fn link_down(&mut self) {
        let bad_frames = self.talk.bad_frames;
        *self = Self::new();
        self.talk.bad_frames = bad_frames;
    }

    /// Whether there is a station that takes scans.
    pub fn is_heard(&self, now_ms: u64) -> bool {
        self.talk.phase == Phase::Running && self.talk.is_there(now_ms)
    }

    /// The state is another one and the station should know.
    pub const fn state_changed(&mut self) {
        self.talk.state_changed = true;
    }

    /// What came of [`Request::Configure`].
    pub const fn settings_answer(&mut self, answer: Result<(), SettingsError>) {
        self.talk.answer = Some(answer);
    }

    /// When [`ScannerEnd::transmit`] has something to do at the latest, or
    /// [`ScannerEnd::is_heard`] changes, if nothing happens before. Ask after `transmit` returned
    /// 0. May lie in the past: at once.
    pub fn wake_at(&self) -> Option<u64> {
        self.talk.wake_at()
    }

    /// Writes the next frame into `out` and returns its length; 0 if there is nothing to say now.
    /// `out` holds [`FRAME_MAX`] bytes at least. To be called until it returns 0 whenever bytes
    /// came, a scan was accepted, the state changed, or [`ScannerEnd::wake_at`] has come.
    pub fn transmit(&mut self, now_ms: u64, source: &mut impl Source, out: &mut [u8]) -> usize {
        debug_assert!(out.len() >= FRAME_MAX);
        let talk = &mut self.talk;
        if !talk.is_there(now_ms) {
            talk.heard_at = None;
            return 0;
        }
        if talk.hello_at.is_some_and(|at| at <= now_ms) {
            return talk.hello(now_ms, source, out);
        }
        if !matches!(talk.phase, Phase::Greeted | Phase::Running) {
            return 0;
        }
        if let Some(answer) = talk.answer.take() {
            return match answer {
                Ok(()) => write(&FromScanner::Settings(source.settings()), out),
                Err(error) => write(&FromScanner::SettingsRefused(error), out),
            };
        }
        if talk.phase != Phase::Running {
            return 0;
        }
        if talk.state_due_at() <= now_ms {
            return talk.state(now_ms, source, out);
        }
        if talk.crash_at <= now_ms {
            talk.crash_at = now_ms + u64::from(CRASH_EVERY_MS);
            if let Some(crash) = source.crash() {
                return write(&FromScanner::Crash(shortened(crash)), out);
            }
        }
        talk.scan(now_ms, source, out)
    }
}

impl Default for ScannerEnd {
    fn default() -> Self {
        Self::new()
    }
}

impl Talk {
    fn is_there(&self, now_ms: u64) -> bool {
        self.heard_at.is_some_and(|at| now_ms.saturating_sub(at) < u64::from(AWAY_AFTER_MS))
    }

    fn take(&mut self, message: FromStation, now_ms: u64, store: StoreId) -> Option<Request> {
        self.check_store(store);
        match message {
            FromStation::Hello { versions, nonce } => {
                self.greet(versions, nonce, now_ms, store);
                None
            }
            FromStation::Restart(how) => Some(Request::Restart(how)),
            _ if self.phase == Phase::Strange => {
                // It talks to whom we were before we began anew.
                self.introduce(Phase::Strange, now_ms);
                None
            }
            _ if self.phase == Phase::Refused => None,
            FromStation::Resume { store: meant, .. } if meant != store => {
                // It has heard of a store that we had before.
                self.introduce(Phase::Greeted, now_ms);
                None
            }
            FromStation::Resume { after, .. } => self.resume(after, now_ms),
            FromStation::Ack { store: meant, through } if meant == store => {
                self.acknowledge(through, now_ms)
            }
            FromStation::Ack { .. } | FromStation::Alive => None,
            FromStation::ReadSettings => {
                self.answer = Some(Ok(()));
                None
            }
            FromStation::Time { unix_ms } => Some(Request::Time { unix_ms }),
            FromStation::Configure(settings) => Some(Request::Configure(settings)),
            FromStation::Trigger { on } => Some(Request::Trigger { on }),
            FromStation::NextBox => Some(Request::NextBox),
            FromStation::Notice(notice) => Some(Request::Notice(notice)),
            FromStation::CrashSeen => Some(Request::CrashSeen),
            FromStation::Panic => Some(Request::Panic),
        }
    }

    /// A store that was formatted in the middle: numbers mean something else from now on.
    fn check_store(&mut self, store: StoreId) -> bool {
        if store != self.store && matches!(self.phase, Phase::Greeted | Phase::Running) {
            self.phase = Phase::Strange;
        }
        self.phase != Phase::Strange
    }

    /// Says who we are without being asked, so that the station begins anew.
    const fn introduce(&mut self, phase: Phase, now_ms: u64) {
        self.phase = phase;
        self.nonce = UNASKED;
        self.hello_at = Some(now_ms);
    }

    fn greet(&mut self, versions: Versions, nonce: u32, now_ms: u64, store: StoreId) {
        self.phase = match Versions::OURS.meet(versions) {
            Ok(()) => Phase::Greeted,
            Err(_) => Phase::Refused,
        };
        self.is_newer = versions.current > CURRENT;
        self.nonce = nonce;
        self.hello_at = Some(now_ms);
        self.store = store;
        self.answer = None;
    }

    fn resume(&mut self, after: Sequence, now_ms: u64) -> Option<Request> {
        let is_repeated = self.phase == Phase::Running;
        // One that was late does not take back what was acknowledged since.
        let after = if is_repeated { after.max(self.acked) } else { after };
        self.phase = Phase::Running;
        self.hello_at = None;
        (self.acked, self.sent) = (after, after);
        self.progress_at = now_ms;
        self.state_at = None;
        self.crash_at = now_ms;
        (after > Sequence::NONE).then_some(Request::Durable { through: after })
    }

    fn acknowledge(&mut self, through: Sequence, now_ms: u64) -> Option<Request> {
        // One that was not sent yet since a late `Resume` is no mistake.
        if self.phase != Phase::Running || through <= self.acked {
            return None;
        }
        self.acked = through;
        self.sent = self.sent.max(through);
        self.progress_at = now_ms;
        Some(Request::Durable { through })
    }

    fn hello(&mut self, now_ms: u64, source: &impl Source, out: &mut [u8]) -> usize {
        let again = self.phase == Phase::Greeted;
        self.hello_at = again.then(|| now_ms + u64::from(GREET_EVERY_MS));
        let hello = ScannerHello { versions: Versions::OURS, nonce: self.nonce, ..source.hello() };
        write(&FromScanner::Hello(hello), out)
    }

    fn state_due_at(&self) -> u64 {
        let rest = if self.state_changed { STATE_REST_MS } else { STATE_EVERY_MS };
        self.state_at.map_or(0, |at| at + u64::from(rest))
    }

    fn state(&mut self, now_ms: u64, source: &impl Source, out: &mut [u8]) -> usize {
        self.state_at = Some(now_ms);
        self.state_changed = false;
        let state = State { bad_frames: self.bad_frames, ..source.state() };
        write(&FromScanner::State(state), out)
    }

    /// The next scan, or the gap in front of it.
    fn scan(&mut self, now_ms: u64, source: &mut impl Source, out: &mut [u8]) -> usize {
        if self.resend_at().is_some_and(|at| at <= now_ms) {
            self.sent = self.acked;
        }
        if self.sent.0 - self.acked.0 >= WINDOW {
            return 0;
        }
        let mut buffer = [0; TEXT_MAX];
        let Some(scan) = source.scan_after(self.sent, &mut buffer) else {
            return 0;
        };
        let expected = self.sent.next();
        if scan.sequence < expected || scan.sequence == self.sent {
            return 0;
        }
        let store = source.hello().store;
        if !self.check_store(store) {
            self.introduce(Phase::Strange, now_ms);
            return self.hello(now_ms, source, out);
        }
        if self.sent == self.acked {
            self.progress_at = now_ms;
        }
        let message = if scan.sequence == expected {
            self.sent = expected;
            FromScanner::Scan { store, scan }
        } else {
            self.sent = scan.sequence.previous();
            FromScanner::Gap { store, first: expected, last: self.sent }
        };
        write(&message, out)
    }

    fn resend_at(&self) -> Option<u64> {
        (self.sent > self.acked).then(|| self.progress_at + u64::from(RESEND_AFTER_MS))
    }

    fn wake_at(&self) -> Option<u64> {
        let away_at = self.heard_at? + u64::from(AWAY_AFTER_MS);
        let mut wake = self.hello_at.unwrap_or(away_at).min(away_at);
        if self.answer.is_some() && matches!(self.phase, Phase::Greeted | Phase::Running) {
            wake = 0;
        }
        if self.phase == Phase::Running {
            wake = wake.min(self.state_due_at()).min(self.crash_at);
            wake = self.resend_at().map_or(wake, |at| wake.min(at));
        }
        Some(wake)
    }
}

/// `out` is long enough for any message, and every message can be written.
fn write(message: &FromScanner<'_>, out: &mut [u8]) -> usize {
    encode(Speaker::Scanner, message, out).unwrap_or(0)
}

fn shortened(crash: Crash<'_>) -> Crash<'_> {
    let front = crash.file.ceil_char_boundary(crash.file.len().saturating_sub(CRASH_TEXT_MAX));
    let back = crash.message.floor_char_boundary(CRASH_TEXT_MAX);
    Crash {
        file: crash.file.get(front..).unwrap_or_default(),
        message: crash.message.get(..back).unwrap_or_default(),
        ..crash
    }
}
