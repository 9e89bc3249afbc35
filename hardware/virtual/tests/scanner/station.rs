//! A station that keeps what it is told.

use std::time::Duration;

use tekser_hardware::Link;
use tekser_hardware::scanner::{Event, Scan, Session};
use tekser_wire::message::{EngineState, Sequence, StoreId};
use tokio::time::timeout;

/// Long enough for a loaded machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// What a station has on its disk: all scans, and of which store it has how many.
#[derive(Debug, Default)]
pub(crate) struct Disk {
    pub(crate) scans: Vec<Scan>,
    durable: Option<(StoreId, Sequence)>,
}

impl Disk {
    pub(crate) fn texts(&self) -> Vec<String> {
        self.scans.iter().map(|scan| String::from_utf8_lossy(&scan.text).into_owned()).collect()
    }
}

/// A session that writes down what comes.
#[derive(Debug)]
pub(crate) struct Station<'d> {
    pub(crate) session: Session,
    pub(crate) disk: &'d mut Disk,
    pub(crate) events: Vec<Event>,
    /// Whether it acknowledges.
    pub(crate) acks: bool,
}

impl<'d> Station<'d> {
    pub(crate) fn new(link: Link, disk: &'d mut Disk) -> Self {
        Self { session: Session::new(link), disk, events: Vec::new(), acks: true }
    }

    /// Listens until it is as wanted.
    pub(crate) async fn until(&mut self, is_done: impl Fn(&Self) -> bool) {
        let listen = async {
            while !is_done(self) {
                let event = self.session.next().await.unwrap();
                self.take(&event);
                self.events.push(event);
            }
        };
        if timeout(PATIENCE, listen).await.is_err() {
            panic!("it did not come to pass: {:?}, {:?}", self.events, self.disk.texts());
        }
    }

    pub(crate) async fn until_scans(&mut self, count: usize) {
        self.until(|station| station.disk.scans.len() >= count).await;
    }

    /// Until the scanner says that its engine is set up.
    pub(crate) async fn until_ready(&mut self) {
        let is_ready = |event: &Event| matches!(event, Event::State(state) if state.engine == EngineState::Ready);
        self.until(|station| station.events.iter().any(is_ready)).await;
    }

    fn take(&mut self, event: &Event) {
        match event {
            Event::Hello(hello) => {
                let known = self.disk.durable.filter(|(store, _)| *store == hello.store);
                let after = known.map_or(Sequence::NONE, |(_, after)| after);
                self.session.resume(hello.store, after);
            }
            Event::Scan(scan) => {
                if self.acks {
                    self.disk.durable = Some((scan.store, scan.sequence));
                    self.session.ack(scan.sequence);
                }
                self.disk.scans.push(scan.clone());
            }
            Event::Gap { .. } | Event::Rewound { .. } => panic!("scans are missing: {event:?}"),
            _ => {}
        }
    }
}
