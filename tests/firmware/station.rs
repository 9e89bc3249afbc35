//! The station's side: the real protocol, and a notebook for what a disk would hold.

use tekser_wire::frame::FRAME_MAX;
use tekser_wire::message::{
    FromStation, ScannerHello, Sequence, Settings, SettingsError, State, StoreId, Verdict,
};
use tekser_wire::station::{Event, StationEnd};

use crate::emulator::{MS, Nanos};

/// A scan as it was written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    pub store: StoreId,
    pub sequence: Sequence,
    pub box_number: u32,
    pub aim: Option<[u8; 2]>,
    pub verdict: Verdict,
    pub text: String,
    /// When its last byte came over the USB.
    pub at: Nanos,
}

/// The crash of a scanner, as it was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldCrash {
    pub file: String,
    pub line: u32,
    pub message: String,
    pub uptime_ms: u64,
}

/// What a station remembers, whatever happens to cable and scanner.
#[derive(Debug, Default)]
pub struct Notebook {
    pub store: Option<StoreId>,
    pub through: Sequence,
    pub scans: Vec<Taken>,
    /// Numbers that the scanner said it lost.
    pub gaps: u32,
    pub hellos: Vec<ScannerHello>,
    pub state: Option<State>,
    pub settings: Option<Settings>,
    pub refused: Option<SettingsError>,
    pub crashes: Vec<ToldCrash>,
}

/// A station.
pub struct Station {
    end: StationEnd,
    pub notes: Notebook,
    /// Whether it acknowledges what it wrote down.
    pub acknowledges: bool,
    /// Whether it notes crashes as seen.
    pub sees_crashes: bool,
    asks: Vec<FromStation>,
}

impl Station {
    pub fn new() -> Self {
        Self {
            end: StationEnd::new(1),
            notes: Notebook::default(),
            acknowledges: true,
            sees_crashes: true,
            asks: Vec::new(),
        }
    }

    /// A port was opened: another conversation begins.
    pub fn open(&mut self, nonce: u32) {
        self.end = StationEnd::new(nonce);
    }

    /// Says this as soon as the scanner is met.
    pub fn ask(&mut self, message: FromStation) {
        self.asks.push(message);
    }

    pub fn hear(&mut self, bytes: &[u8], now: Nanos) {
        for byte in bytes {
            let Some(event) = self.end.receive(*byte, now / MS) else { continue };
            let reply = write_down(&mut self.notes, event, now);
            self.act(reply);
        }
    }

    /// All frames that are due.
    pub fn say(&mut self, now_ms: u64) -> Vec<u8> {
        if let Some(event) = self.end.tick(now_ms) {
            let reply = write_down(&mut self.notes, event, now_ms * MS);
            self.act(reply);
        }
        self.asks.retain(|message| self.end.ask(message.clone()).is_err());
        let (mut said, mut frame) = (Vec::new(), [0; FRAME_MAX]);
        loop {
            let length = self.end.transmit(now_ms, &mut frame);
            if length == 0 {
                return said;
            }
            said.extend_from_slice(&frame[..length]);
        }
    }

    pub fn wake_at_ms(&self) -> u64 {
        self.end.wake_at()
    }

    fn act(&mut self, reply: Reply) {
        match reply {
            Reply::Nothing => {}
            Reply::Resume(store, after) => {
                self.end.resume(store, after);
            }
            Reply::Ack(through) if self.acknowledges => self.end.ack(through),
            Reply::Ack(_) => {}
            Reply::Seen if self.sees_crashes => self.asks.push(FromStation::CrashSeen),
            Reply::Seen => {}
        }
    }
}

enum Reply {
    Nothing,
    Resume(StoreId, Sequence),
    Ack(Sequence),
    Seen,
}

/// Checks the order in which scans come; that is what everything here is about.
fn write_down(notes: &mut Notebook, event: Event<'_>, now: Nanos) -> Reply {
    match event {
        Event::Hello(hello) => {
            let store = hello.store;
            if notes.store != Some(store) {
                notes.store = Some(store);
                notes.through = Sequence::NONE;
            }
            notes.hellos.push(hello);
            return Reply::Resume(store, notes.through);
        }
        Event::Scan { store, scan } => {
            assert_eq!(Some(store), notes.store, "a scan of another store");
            assert_eq!(scan.sequence, notes.through.next(), "a scan out of order");
            notes.through = scan.sequence;
            notes.scans.push(Taken {
                store,
                sequence: scan.sequence,
                box_number: scan.box_number.0,
                aim: scan.aim.map(|aim| aim.0),
                verdict: scan.verdict,
                text: String::from_utf8_lossy(scan.text).into_owned(),
                at: now,
            });
            return Reply::Ack(scan.sequence);
        }
        Event::Gap { first, last, .. } => {
            assert_eq!(first, notes.through.next(), "a gap out of order");
            notes.gaps += last.0 - first.0 + 1;
            notes.through = last;
            return Reply::Ack(last);
        }
        Event::State(state) => notes.state = Some(state),
        Event::Settings(settings) => notes.settings = Some(settings),
        Event::SettingsRefused(error) => notes.refused = Some(error),
        Event::Crash(crash) => {
            notes.crashes.push(ToldCrash {
                file: crash.file.to_owned(),
                line: crash.line,
                message: crash.message.to_owned(),
                uptime_ms: crash.uptime_ms,
            });
            return Reply::Seen;
        }
        Event::Mismatch(mismatch, _) => panic!("image and station do not match: {mismatch:?}"),
        Event::Silent => {}
    }
    Reply::Nothing
}
