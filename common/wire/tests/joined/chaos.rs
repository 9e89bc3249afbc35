//! Whatever the line does: what was accepted arrives once and in order, nothing is forgotten
//! before it is durable, and what is missing is told.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use proptest::collection::vec;
use proptest::prelude::*;
use tekser_wire::message::{Sequence, StoreId};
use tekser_wire::scanner::{Request, ScannerEnd};
use tekser_wire::station::{Event, StationEnd};

use crate::shelf::{Shelf, scanner_says, station_says, text};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    ToScanner,
    ToStation,
}

impl Way {
    const fn back(self) -> Self {
        match self {
            Self::ToScanner => Self::ToStation,
            Self::ToStation => Self::ToScanner,
        }
    }
}

/// What happens next.
#[derive(Debug, Clone)]
enum Deed {
    /// Time passes, and so many bytes of each direction arrive.
    Pass { ms: u16, bytes: u16 },
    /// The scanner accepts so many codes.
    Accept(u8),
    /// The station makes so many scans durable.
    Write(u8),
    /// Bytes under way get lost.
    Lose(Way, u16, u8),
    /// Bytes under way come twice.
    Double(Way, u16, u8),
    /// A byte under way changes.
    Change(Way, u16, u8),
    /// Bytes under way change places with the ones behind them.
    Swap(Way, u16, u8),
    /// Bytes under way come back to who sent them.
    Echo(Way, u16, u8),
    /// A frame from long ago comes once more.
    Repeat(Way, u16),
    /// All that is under way is lost.
    Cut,
    /// The scanner loses power; its store stays.
    ScannerRestarts,
    /// The cable is pulled and put back.
    Replug,
    /// The station is killed; what is durable stays.
    StationRestarts,
    /// The scanner's flash loses a scan.
    Rot(u16),
    /// The scanner gets an empty store.
    Format,
}

fn deed() -> impl Strategy<Value = Deed> {
    use Deed::*;
    let way = || prop_oneof![Just(Way::ToScanner), Just(Way::ToStation)];
    prop_oneof![
        20 => (0..400_u16, 0..600_u16).prop_map(|(ms, bytes)| Pass { ms, bytes }),
        3 => (0..5_000_u16).prop_map(|ms| Pass { ms, bytes: 2_000 }),
        8 => (1..20_u8).prop_map(Accept),
        6 => (0..20_u8).prop_map(Write),
        4 => (way(), any::<u16>(), 1..40_u8).prop_map(|(way, at, count)| Lose(way, at, count)),
        4 => (way(), any::<u16>(), 1..200_u8).prop_map(|(way, at, count)| Double(way, at, count)),
        4 => (way(), any::<u16>(), 1..=255_u8).prop_map(|(way, at, bits)| Change(way, at, bits)),
        3 => (way(), any::<u16>(), 1..60_u8).prop_map(|(way, at, count)| Swap(way, at, count)),
        4 => (way(), any::<u16>(), any::<u8>()).prop_map(|(way, at, count)| Echo(way, at, count)),
        6 => (way(), any::<u16>()).prop_map(|(way, which)| Repeat(way, which)),
        1 => Just(Cut),
        1 => Just(ScannerRestarts),
        1 => Just(Replug),
        1 => Just(StationRestarts),
        1 => any::<u16>().prop_map(Rot),
        1 => Just(Format),
    ]
}

/// One direction of the line.
#[derive(Default)]
struct Line {
    under_way: VecDeque<u8>,
    history: Vec<Vec<u8>>,
}

impl Line {
    fn send(&mut self, frames: Vec<Vec<u8>>) {
        self.under_way.extend(frames.iter().flatten());
        self.history.extend(frames);
    }

    fn range(&self, at: u16, count: u8) -> core::ops::Range<usize> {
        let from = usize::from(at) % self.under_way.len().max(1);
        from..(from + usize::from(count)).min(self.under_way.len())
    }
}

struct World {
    now: u64,
    nonce: u32,
    scanner: ScannerEnd,
    shelf: Shelf,
    station: StationEnd,
    to_scanner: Line,
    to_station: Line,
    /// Handed out, not yet durable: store, number, text; `None` for one that is missing.
    pending: Vec<(StoreId, u32, Option<Vec<u8>>)>,
    /// On the station's disk, by store.
    durable: BTreeMap<StoreId, Vec<Option<Vec<u8>>>>,
    rotten: BTreeSet<(StoreId, u32)>,
}

impl World {
    fn new() -> Self {
        Self {
            now: 0,
            nonce: 0,
            scanner: ScannerEnd::new(),
            shelf: Shelf::new(StoreId(1)),
            station: StationEnd::new(0),
            to_scanner: Line::default(),
            to_station: Line::default(),
            pending: Vec::new(),
            durable: BTreeMap::new(),
            rotten: BTreeSet::new(),
        }
    }

    fn line(&mut self, way: Way) -> &mut Line {
        match way {
            Way::ToScanner => &mut self.to_scanner,
            Way::ToStation => &mut self.to_station,
        }
    }

    fn durable(&self, store: StoreId) -> u32 {
        self.durable.get(&store).map_or(0, |scans| scans.len() as u32)
    }

    fn happen(&mut self, deed: Deed) {
        match deed {
            Deed::Pass { ms, bytes } => self.pass(u64::from(ms), usize::from(bytes)),
            Deed::Accept(count) => (0..count).for_each(|_| _ = self.shelf.accept()),
            Deed::Write(count) => self.write(usize::from(count)),
            Deed::Lose(way, at, count) => {
                let line = self.line(way);
                line.under_way.drain(line.range(at, count));
            }
            Deed::Double(way, at, count) => {
                let line = self.line(way);
                let range = line.range(at, count);
                let tail = line.under_way.split_off(range.end);
                let again: Vec<u8> = line.under_way.range(range).copied().collect();
                line.under_way.extend(again.into_iter().chain(tail));
            }
            Deed::Change(way, at, bits) => {
                let line = self.line(way);
                let range = line.range(at, 1);
                line.under_way.range_mut(range).for_each(|byte| *byte ^= bits);
            }
            Deed::Swap(way, at, count) => {
                let line = self.line(way);
                let range = line.range(at, count);
                line.under_way.make_contiguous()[range].reverse();
            }
            Deed::Echo(way, at, count) => {
                let line = self.line(way);
                let range = line.range(at, count);
                let echo: Vec<u8> = line.under_way.range(range).copied().collect();
                self.line(way.back()).under_way.extend(echo);
            }
            Deed::Repeat(way, which) => {
                let line = self.line(way);
                if !line.history.is_empty() {
                    let frame = &line.history[usize::from(which) % line.history.len()];
                    line.under_way.extend(frame);
                }
            }
            Deed::Cut => {
                self.to_scanner.under_way.clear();
                self.to_station.under_way.clear();
            }
            Deed::ScannerRestarts => self.scanner = ScannerEnd::new(),
            Deed::Replug => {
                self.happen(Deed::Cut);
                self.scanner.link_down();
                self.greet_anew();
            }
            Deed::StationRestarts => {
                self.pending.clear();
                self.greet_anew();
            }
            Deed::Rot(which) => self.rot(usize::from(which)),
            Deed::Format => self.shelf = Shelf::new(StoreId(self.shelf.store.0 + 1)),
        }
    }

    fn greet_anew(&mut self) {
        self.nonce += 1_000;
        self.station = StationEnd::new(self.nonce);
    }

    fn rot(&mut self, which: usize) {
        let numbers: Vec<u32> = self.shelf.scans.keys().copied().collect();
        if !numbers.is_empty() {
            let number = numbers[which % numbers.len()];
            self.shelf.scans.remove(&number);
            self.rotten.insert((self.shelf.store, number));
        }
    }

    fn pass(&mut self, ms: u64, bytes: usize) {
        self.now += ms;
        let _ = self.station.tick(self.now);
        self.to_scanner.send(station_says(&mut self.station, self.now));
        let count = bytes.min(self.to_scanner.under_way.len());
        for byte in self.to_scanner.under_way.drain(..count).collect::<Vec<_>>() {
            let request = self.scanner.receive(byte, self.now, self.shelf.store);
            if let Some(Request::Durable { through }) = request {
                let durable = self.durable(self.shelf.store);
                assert!(through.0 <= durable, "{through:?} may go, and {durable} is durable");
                self.shelf.forget(through);
            }
        }
        self.to_station.send(scanner_says(&mut self.scanner, &mut self.shelf, self.now));
        let count = bytes.min(self.to_station.under_way.len());
        for byte in self.to_station.under_way.drain(..count).collect::<Vec<_>>() {
            let Some(event) = self.station.receive(byte, self.now) else { continue };
            match event {
                Event::Hello(hello) => {
                    // As a station does: first what it has, then what it wants.
                    self.write(usize::MAX);
                    let after = Sequence(self.durable(hello.store));
                    self.station.resume(hello.store, after);
                }
                Event::Scan { store, scan } => {
                    self.pending.push((store, scan.sequence.0, Some(scan.text.to_vec())));
                }
                Event::Gap { store, first, last } => {
                    for number in first.0..=last.0 {
                        assert!(self.rotten.contains(&(store, number)), "{number} is not missing");
                        self.pending.push((store, number, None));
                    }
                }
                _ => {}
            }
        }
    }

    fn write(&mut self, count: usize) {
        let count = count.min(self.pending.len());
        for (store, number, scan) in self.pending.drain(..count) {
            let scans = self.durable.entry(store).or_default();
            assert_eq!(number as usize, scans.len() + 1, "not the next one of {store:?}");
            if let Some(scan) = &scan {
                assert_eq!(scan, text(store, number).as_bytes());
            }
            scans.push(scan);
            self.station.ack(Sequence(number));
        }
    }

    /// The line behaves, for long enough.
    fn calm(&mut self) {
        for _ in 0..1_500 {
            self.pass(20, usize::MAX);
            self.write(usize::MAX);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn every_accepted_scan_arrives_once_and_in_order(deeds in vec(deed(), 1..250)) {
        let mut world = World::new();
        deeds.into_iter().for_each(|deed| world.happen(deed));
        world.calm();
        let (store, next) = (world.shelf.store, world.shelf.next);
        let scans = world.durable.remove(&store).unwrap_or_default();
        // What rotted at the end is told with the next scan.
        let newest = (1..next).rfind(|number| !world.rotten.contains(&(store, *number)));
        prop_assert!(scans.len() as u32 >= newest.unwrap_or(0));
        for (number, scan) in (1..).zip(&scans) {
            prop_assert!(scan.is_some() || world.rotten.contains(&(store, number)));
        }
        prop_assert!(world.shelf.scans.is_empty(), "the last is acknowledged too");
        prop_assert!(world.scanner.is_heard(world.now));
    }
}
