//! A scanner whose store is a map, and both ends on a line without faults.

use std::collections::BTreeMap;

use tekser_wire::frame::{FRAME_MAX, Speaker, encode};
use tekser_wire::message::*;
use tekser_wire::scanner::{Request, ScannerEnd, Source};
use tekser_wire::station::{Event, StationEnd};
use tekser_wire::version::Versions;

/// What a scanner has to say.
pub struct Shelf {
    pub store: StoreId,
    /// Scans that nobody has acknowledged.
    pub scans: BTreeMap<u32, String>,
    pub next: u32,
    pub crash: Option<(String, String)>,
    pub waiting: u32,
}

impl Shelf {
    pub const fn new(store: StoreId) -> Self {
        Self { store, scans: BTreeMap::new(), next: 1, crash: None, waiting: 0 }
    }

    pub fn accept(&mut self) -> u32 {
        let number = self.next;
        self.scans.insert(number, text(self.store, number));
        self.next += 1;
        number
    }

    pub fn forget(&mut self, through: Sequence) {
        self.scans.retain(|number, _| *number > through.0);
        self.next = self.next.max(through.0.saturating_add(1));
    }
}

/// A frame of a scanner.
pub fn by_scanner(message: &impl serde::Serialize) -> Vec<u8> {
    frame(Speaker::Scanner, message)
}

/// A frame of a station.
pub fn by_station(message: &impl serde::Serialize) -> Vec<u8> {
    frame(Speaker::Station, message)
}

fn frame(speaker: Speaker, message: &impl serde::Serialize) -> Vec<u8> {
    let mut out = [0; FRAME_MAX];
    let length = encode(speaker, message, &mut out).expect("there is room for any message");
    out[..length].to_vec()
}

/// What the code of that number says.
pub fn text(store: StoreId, number: u32) -> String {
    // Long ones too, and ones that COBS has something to do with.
    format!("{:x}/{number}/", store.0) + &"\0x".repeat(number as usize % 200)
}

impl Source for Shelf {
    fn hello(&self) -> ScannerHello {
        let oldest = self.scans.keys().next().copied().unwrap_or(self.next);
        ScannerHello {
            versions: Versions { min: 99, current: 99 },
            nonce: 99,
            board: Board::VIRTUAL,
            firmware: FirmwareVersion([1, 2, 3]),
            capabilities: Capabilities(Capabilities::DURABLE),
            serial: SerialNumber([1, 2, 3, 4, 5, 6, 7, 8]),
            store: self.store,
            oldest: Sequence(oldest),
            next: Sequence(self.next),
            boots: 1,
            start: Start::Power,
        }
    }

    fn state(&self) -> State {
        State {
            waiting: self.waiting,
            used: 0,
            capacity: 0,
            refused: 0,
            broken: 0,
            bad_frames: 99,
            engine: EngineState::Ready,
        }
    }

    fn settings(&self) -> Settings {
        Settings::DEFAULT
    }

    fn crash(&self) -> Option<Crash<'_>> {
        let (file, message) = self.crash.as_ref()?;
        let firmware = FirmwareVersion([1, 2, 2]);
        Some(Crash { firmware, file, line: 7, message, uptime_ms: 1_000 })
    }

    fn scan_after<'b>(
        &mut self,
        after: Sequence,
        buffer: &'b mut [u8; TEXT_MAX],
    ) -> Option<Scan<'b>> {
        let (number, text) = self.scans.range(after.0.saturating_add(1)..).next()?;
        let text = text.as_bytes();
        buffer[..text.len()].copy_from_slice(text);
        Some(Scan {
            sequence: Sequence(*number),
            box_number: BoxNumber(1),
            at: Moment::Unix { ms: 1_700_000_000_000 },
            aim: Some(Aim(*b"C0")),
            verdict: Verdict::Valid,
            text: &buffer[..text.len()],
        })
    }
}

/// What a station heard, as owned values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    Hello(ScannerHello),
    Scan(StoreId, u32, Vec<u8>),
    Gap(StoreId, u32, u32),
    Crash(String, String),
    Other(String),
}

impl From<Event<'_>> for Heard {
    fn from(event: Event<'_>) -> Self {
        match event {
            Event::Hello(hello) => Self::Hello(hello),
            Event::Scan { store, scan } => Self::Scan(store, scan.sequence.0, scan.text.to_vec()),
            Event::Gap { store, first, last } => Self::Gap(store, first.0, last.0),
            Event::Crash(crash) => Self::Crash(crash.file.into(), crash.message.into()),
            other => Self::Other(format!("{other:?}")),
        }
    }
}

/// Everything that the station has to say now, frame by frame.
pub fn station_says(station: &mut StationEnd, now: u64) -> Vec<Vec<u8>> {
    let mut out = [0; FRAME_MAX];
    core::iter::from_fn(|| match station.transmit(now, &mut out) {
        0 => None,
        length => Some(out[..length].to_vec()),
    })
    .collect()
}

/// Everything that the scanner has to say now, frame by frame.
pub fn scanner_says(scanner: &mut ScannerEnd, shelf: &mut Shelf, now: u64) -> Vec<Vec<u8>> {
    let mut out = [0; FRAME_MAX];
    core::iter::from_fn(|| match scanner.transmit(now, shelf, &mut out) {
        0 => None,
        length => Some(out[..length].to_vec()),
    })
    .collect()
}

pub fn station_hears(station: &mut StationEnd, bytes: &[u8], now: u64) -> Vec<Heard> {
    bytes.iter().filter_map(|byte| station.receive(*byte, now).map(Heard::from)).collect()
}

pub fn scanner_hears(
    scanner: &mut ScannerEnd,
    bytes: &[u8],
    now: u64,
    store: StoreId,
) -> Vec<Request> {
    bytes.iter().filter_map(|byte| scanner.receive(*byte, now, store)).collect()
}

/// Both ends and a line that behaves.
pub struct Pair {
    pub now: u64,
    pub scanner: ScannerEnd,
    pub station: StationEnd,
    pub shelf: Shelf,
    pub heard: Vec<Heard>,
    pub requests: Vec<Request>,
    /// Frames that went each way.
    pub to_scanner: Vec<Vec<u8>>,
    pub to_station: Vec<Vec<u8>>,
}

pub const STORE: StoreId = StoreId(0xfeed_beef);

impl Pair {
    pub fn new() -> Self {
        Self {
            now: 10_000,
            scanner: ScannerEnd::new(),
            station: StationEnd::new(7),
            shelf: Shelf::new(STORE),
            heard: Vec::new(),
            requests: Vec::new(),
            to_scanner: Vec::new(),
            to_station: Vec::new(),
        }
    }

    /// A pair whose station took everything up to `after`.
    pub fn resumed(after: u32) -> Self {
        let mut pair = Self::new();
        pair.exchange();
        pair.station.resume(STORE, Sequence(after));
        pair.exchange();
        pair
    }

    /// Until both have nothing to say.
    pub fn exchange(&mut self) {
        for round in 0.. {
            assert!(round < 1_000, "they never come to an end");
            self.heard.extend(self.station.tick(self.now).map(Heard::from));
            let said = station_says(&mut self.station, self.now);
            for frame in &said {
                let store = self.shelf.store;
                self.requests.extend(scanner_hears(&mut self.scanner, frame, self.now, store));
            }
            let answered = scanner_says(&mut self.scanner, &mut self.shelf, self.now);
            for frame in &answered {
                self.heard.extend(station_hears(&mut self.station, frame, self.now));
            }
            if said.is_empty() && answered.is_empty() {
                return;
            }
            self.to_scanner.extend(said);
            self.to_station.extend(answered);
        }
    }

    /// Time passes.
    pub fn pass(&mut self, ms: u64) {
        let end = self.now + ms;
        while self.now < end {
            self.now = end.min(self.now + 50);
            self.exchange();
        }
    }

    pub fn scans(&self) -> Vec<u32> {
        let number = |heard: &Heard| match heard {
            Heard::Scan(_, number, _) => Some(*number),
            _ => None,
        };
        self.heard.iter().filter_map(number).collect()
    }

    pub fn hellos(&self) -> usize {
        self.heard.iter().filter(|heard| matches!(heard, Heard::Hello(_))).count()
    }

    pub fn forget_what_was(&mut self) {
        self.heard.clear();
        self.requests.clear();
        self.to_scanner.clear();
        self.to_station.clear();
    }
}
