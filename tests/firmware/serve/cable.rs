//! From the emulated USB to a pseudo-terminal and back.
//!
//! The station lives by the clock on the wall, the scanner by a simulated one. So a millisecond of
//! the scanner takes at least one on the wall: it never gives a station up that had no time.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use tekser_wire::frame::{Deframer, Speaker, decode};
use tekser_wire::message::{EngineState, Sequence};
use tekser_wire::{FromScanner, FromStation};

use super::line::Line;
use crate::counter::Counter;

/// Longest wait for anything, on the wall: the other tests want the processor as well.
const PATIENCE: Duration = Duration::from_secs(120);

/// What the scanner's clock goes on by in a turn, in milliseconds.
const TURN_MS: u64 = 1;

/// A scanner that is plugged into a terminal.
pub struct Cable {
    pub counter: Counter,
    line: Line,
    /// Said by the scanner, and not on the line yet.
    held: Vec<u8>,
    scanner: Deframer,
    station: Deframer,
    ready: bool,
    /// When the last byte of a scan was first on the line.
    written: BTreeMap<Sequence, Instant>,
    /// When the station said that it is durable.
    answered: BTreeMap<Sequence, Instant>,
    durable: Sequence,
}

impl Cable {
    /// A running scanner whose station is whoever opens the port; `None` without an image.
    pub fn plug() -> Option<Self> {
        let mut counter = Counter::new()?;
        counter.hand_over();
        counter.power(true);
        counter.until("the port", |counter| counter.last("usb").is_some());
        Some(Self {
            counter,
            line: Line::new(),
            held: Vec::new(),
            scanner: Deframer::new(Speaker::Scanner),
            station: Deframer::new(Speaker::Station),
            ready: false,
            written: BTreeMap::new(),
            answered: BTreeMap::new(),
            durable: Sequence::NONE,
        })
    }

    pub fn port(&self) -> &str {
        self.line.port()
    }

    /// Newest scan that the station said is durable.
    pub fn durable(&self) -> Sequence {
        self.durable
    }

    /// From the last byte of each scan to the last byte of its answer.
    pub fn delays(&self) -> Vec<Duration> {
        let delay = |(scan, at): (_, &Instant)| at.duration_since(self.written[scan]);
        self.answered.iter().map(delay).collect()
    }

    /// Until station and engine are both met.
    pub fn until_ready(&mut self) {
        self.until("the engine to be ready", |cable| cable.ready);
    }

    /// Until the station has said that it has the first so many scans.
    pub fn until_durable(&mut self, count: u32) {
        let what = format!("{count} scans to be durable");
        self.until(&what, |cable| cable.durable >= Sequence(count));
    }

    pub fn until(&mut self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !is_so(self) {
            let durable = self.durable;
            assert!(Instant::now() < deadline, "waited for {what}; durable: {durable:?}");
            self.turn();
        }
    }

    fn turn(&mut self) {
        let end = Instant::now() + Duration::from_millis(TURN_MS);
        self.counter.run(TURN_MS);
        self.held.extend(self.counter.said());
        if !self.held.is_empty() && self.line.has_room() {
            let bytes = std::mem::take(&mut self.held);
            self.line.write(&bytes);
            self.note_written(&bytes, Instant::now());
        }
        while let Some((at, bytes)) = self.line.read(end) {
            self.note_answered(&bytes, at);
            self.counter.say_raw(&bytes);
        }
    }

    fn note_written(&mut self, bytes: &[u8], at: Instant) {
        for byte in bytes {
            let Some(message) = self.scanner.push(*byte) else { continue };
            match message.and_then(decode) {
                Ok(FromScanner::Scan { scan, .. }) => {
                    self.written.entry(scan.sequence).or_insert(at);
                }
                Ok(FromScanner::State(state)) => self.ready = state.engine == EngineState::Ready,
                Ok(_) => {}
                Err(error) => panic!("the scanner: {error}"),
            }
        }
    }

    fn note_answered(&mut self, bytes: &[u8], at: Instant) {
        for byte in bytes {
            let Some(message) = self.station.push(*byte) else { continue };
            let through = match message.and_then(decode) {
                Ok(FromStation::Ack { through, .. }) => through,
                Ok(FromStation::Resume { after, .. }) => after,
                // The frame that it was killed in.
                Ok(_) | Err(_) => continue,
            };
            assert!(through >= self.durable, "it forgot what was durable");
            while self.durable < through {
                self.durable = self.durable.next();
                self.answered.insert(self.durable, at);
            }
        }
    }
}
