//! Both ends on a line that does what the input says, and peers that say anything: no panic, no
//! talk without end, nothing forgotten that is not durable, every scan once and in order.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tekser_wire::frame::FRAME_MAX;
use tekser_wire::message::*;
use tekser_wire::scanner::{Request, ScannerEnd, Source};
use tekser_wire::station::{Event, StationEnd};
use tekser_wire::version::Versions;

const STORE: StoreId = StoreId(7);

/// What a line holds at most before it is doubled, in bytes.
const LINE_MAX: usize = 16 * FRAME_MAX;

struct Shelf {
    oldest: u32,
    next: u32,
}

impl Source for Shelf {
    fn hello(&self) -> ScannerHello {
        ScannerHello {
            versions: Versions::OURS,
            nonce: 0,
            board: Board::VIRTUAL,
            firmware: FirmwareVersion([1, 0, 0]),
            capabilities: Capabilities(0),
            serial: SerialNumber([7; 8]),
            store: STORE,
            oldest: Sequence(self.oldest),
            next: Sequence(self.next),
            boots: 1,
            start: Start::Power,
        }
    }

    fn state(&self) -> State {
        State {
            waiting: self.next - self.oldest,
            used: 0,
            capacity: 0,
            refused: 0,
            broken: 0,
            bad_frames: 0,
            engine: EngineState::Ready,
        }
    }

    fn settings(&self) -> Settings {
        Settings::DEFAULT
    }

    fn crash(&self) -> Option<Crash<'_>> {
        let firmware = FirmwareVersion([1, 0, 0]);
        Some(Crash { firmware, file: "main.rs", line: 1, message: "no", uptime_ms: 1 })
    }

    fn scan_after<'b>(
        &mut self,
        after: Sequence,
        buffer: &'b mut [u8; TEXT_MAX],
    ) -> Option<Scan<'b>> {
        let number = after.0.saturating_add(1).max(self.oldest);
        if number >= self.next {
            return None;
        }
        buffer[..4].copy_from_slice(&number.to_be_bytes());
        Some(Scan {
            sequence: Sequence(number),
            box_number: BoxNumber(number),
            at: Moment::Uptime { boot: 1, ms: 1 },
            aim: None,
            verdict: Verdict::Other,
            text: &buffer[..4],
        })
    }
}

struct World {
    now: u64,
    shelf: Shelf,
    scanner: ScannerEnd,
    station: StationEnd,
    to_scanner: Vec<u8>,
    to_station: Vec<u8>,
    /// Handed out and durable, up to here.
    heard: u32,
    durable: u32,
    /// Somebody else spoke on the line: what it asked and told is nothing that we promise.
    is_forged: bool,
}

// The input: deeds, each a byte and an argument.
fuzz_target!(|input: &[u8]| {
    let mut world = World {
        now: 0,
        shelf: Shelf { oldest: 1, next: 1 },
        scanner: ScannerEnd::new(),
        station: StationEnd::new(1),
        to_scanner: Vec::new(),
        to_station: Vec::new(),
        heard: 0,
        durable: 0,
        is_forged: false,
    };
    let mut nonce = 1;
    let (deeds, foreign) = input.split_at(input.len().min(256) & !1);
    for (at, deed) in deeds.chunks_exact(2).enumerate() {
        let (what, how) = (deed[0], usize::from(deed[1]));
        let line = if how & 1 == 0 { &mut world.to_scanner } else { &mut world.to_station };
        match what % 12 {
            0..=3 => world.pass(how as u64 * 8),
            4 | 5 => world.shelf.next += how as u32 % 16,
            6 => world.durable = world.heard,
            7 => line.truncate(line.len() * how / 256),
            // A line that holds more than this would be the test's fault, not that of the ends.
            8 if line.len() < LINE_MAX => line.extend_from_within(line.len() * how / 256..),
            8 => {}
            9 => {
                let place = line.len() * how / 256;
                if let Some(byte) = line.get_mut(place) {
                    *byte ^= 1 << (at % 8);
                }
            }
            10 if how & 1 == 0 => world.scanner = ScannerEnd::new(),
            10 => {
                nonce += 100;
                world.station = StationEnd::new(nonce);
                world.heard = world.durable;
            }
            _ if foreign.is_empty() => world.scanner.state_changed(),
            _ => {
                world.is_forged = true;
                line.extend(foreign.iter().skip(at).take(how));
            }
        }
        world.station.ack(Sequence(world.durable));
    }
    if world.is_forged {
        return;
    }
    for _ in 0..400 {
        world.pass(50);
        world.durable = world.heard;
        world.station.ack(Sequence(world.durable));
    }
    assert_eq!((world.heard + 1, world.shelf.oldest), (world.shelf.next, world.shelf.next));
});

impl World {
    fn pass(&mut self, ms: u64) {
        self.now += ms;
        let _ = self.station.tick(self.now);
        let mut out = [0; FRAME_MAX];
        for round in 0.. {
            assert!(round < 100, "talk without end");
            match self.station.transmit(self.now, &mut out) {
                0 => break,
                length => self.to_scanner.extend_from_slice(&out[..length]),
            }
        }
        for byte in core::mem::take(&mut self.to_scanner) {
            let request = self.scanner.receive(byte, self.now, STORE);
            if let Some(Request::Durable { through }) = request
                && !self.is_forged
            {
                assert!(through.0 <= self.durable);
                self.shelf.oldest = self.shelf.oldest.max(through.0 + 1);
            }
        }
        for round in 0.. {
            assert!(round < 100, "talk without end");
            match self.scanner.transmit(self.now, &mut self.shelf, &mut out) {
                0 => break,
                length => self.to_station.extend_from_slice(&out[..length]),
            }
        }
        for byte in core::mem::take(&mut self.to_station) {
            match self.station.receive(byte, self.now) {
                Some(Event::Hello(_)) => {
                    self.durable = self.heard;
                    self.station.resume(STORE, Sequence(self.durable));
                }
                Some(Event::Scan { scan, .. }) if !self.is_forged => {
                    assert_eq!(scan.sequence.0, self.heard + 1);
                    assert_eq!(scan.text, scan.sequence.0.to_be_bytes());
                    self.heard += 1;
                }
                Some(Event::Gap { .. }) => assert!(self.is_forged),
                _ => {}
            }
        }
    }
}
