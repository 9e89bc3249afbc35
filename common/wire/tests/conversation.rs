//! Both ends joined by a line that behaves.

use tekser_wire::frame::FRAME_MAX;
use tekser_wire::message::*;
use tekser_wire::scanner::{Request, ScannerEnd, Source};
use tekser_wire::station::{Event, StationEnd};
use tekser_wire::version::Versions;

const STORE: StoreId = StoreId(0xfeed_beef);

/// A scanner with these scans.
struct Shelf {
    next: u32,
    oldest: u32,
}

impl Source for Shelf {
    fn hello(&self) -> ScannerHello {
        ScannerHello {
            versions: Versions::OURS,
            nonce: 0,
            board: Board::VIRTUAL,
            firmware: FirmwareVersion([1, 2, 3]),
            capabilities: Capabilities(Capabilities::DURABLE),
            serial: SerialNumber([1, 2, 3, 4, 5, 6, 7, 8]),
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
        None
    }

    fn scan_after<'b>(
        &mut self,
        after: Sequence,
        buffer: &'b mut [u8; TEXT_MAX],
    ) -> Option<Scan<'b>> {
        let sequence = after.0.saturating_add(1).max(self.oldest);
        if sequence >= self.next {
            return None;
        }
        let text = format!("scan {sequence}");
        buffer[..text.len()].copy_from_slice(text.as_bytes());
        Some(Scan {
            sequence: Sequence(sequence),
            box_number: BoxNumber(1),
            at: Moment::Unix { ms: 1_700_000_000_000 },
            aim: Some(Aim(*b"C0")),
            verdict: Verdict::Valid,
            text: &buffer[..text.len()],
        })
    }
}

#[test]
fn scans_arrive_once_and_in_order() {
    let mut shelf = Shelf { oldest: 1, next: 101 };
    let (mut scanner, mut station) = (ScannerEnd::new(), StationEnd::new(7));
    let mut out = [0; FRAME_MAX];
    let mut taken = Vec::new();
    for now in 0..2_000 {
        station.tick(now);
        loop {
            let length = station.transmit(now, &mut out);
            if length == 0 {
                break;
            }
            for byte in &out[..length] {
                if let Some(Request::Durable { through }) = scanner.receive(*byte, now, STORE) {
                    shelf.oldest = through.0 + 1;
                }
            }
        }
        loop {
            let length = scanner.transmit(now, &mut shelf, &mut out);
            if length == 0 {
                break;
            }
            for byte in &out[..length] {
                let (mut resume, mut ack) = (None, None);
                match station.receive(*byte, now) {
                    Some(Event::Hello(hello)) => resume = Some(hello.store),
                    Some(Event::Scan { scan, .. }) => {
                        assert_eq!(scan.text, format!("scan {}", scan.sequence.0).as_bytes());
                        taken.push(scan.sequence.0);
                        ack = Some(scan.sequence);
                    }
                    _ => {}
                }
                if let Some(store) = resume {
                    assert!(!station.resume(store, Sequence::NONE));
                }
                if let Some(sequence) = ack {
                    station.ack(sequence);
                }
            }
        }
    }
    assert_eq!(taken, (1..=100).collect::<Vec<_>>());
    assert_eq!(shelf.oldest, shelf.next);
    assert!(scanner.is_heard(2_000));
}
