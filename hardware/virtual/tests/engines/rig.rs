//! A driver of the scanner's and an engine, with a wire between them and a clock of their own.

use std::time::{Duration, Instant};

use tekser_scanner::clock;
use tekser_scanner::engine::{AnyEngine, Engine, Event};
use tekser_virtual_bench::engine::{Manners, VirtualEngine};
use tekser_virtual_bench::phone::Next;
use tekser_wire::message::{EngineKind, EngineState, TriggerMode};

/// What was heard: the identifier and the text, or `None` for something broken.
pub(crate) type Heard = Option<(Option<[u8; 2]>, Vec<u8>)>;

pub(crate) struct Rig {
    pub(crate) driver: AnyEngine,
    pub(crate) far: VirtualEngine,
    pub(crate) heard: Vec<Heard>,
    begin: Instant,
    now: Duration,
}

/// The speed that engines come with.
const BAUD: u32 = 9_600;

impl Rig {
    /// An engine that gets power together with the scanner.
    pub(crate) fn new(kind: EngineKind, trigger: TriggerMode, manners: Manners) -> Self {
        let begin = Instant::now();
        let manners = Manners { baud: Some(BAUD), ..manners };
        Self::with(kind, trigger, VirtualEngine::with_manners(kind, manners, begin), begin)
    }

    pub(crate) fn with(
        kind: EngineKind,
        trigger: TriggerMode,
        far: VirtualEngine,
        begin: Instant,
    ) -> Self {
        let mut driver = AnyEngine::new(kind);
        driver.set_up(trigger, clock::Instant::START);
        Self { driver, far, heard: Vec::new(), begin, now: Duration::ZERO }
    }

    pub(crate) fn now(&self) -> Instant {
        self.begin + self.now
    }

    pub(crate) fn clock(&self) -> clock::Instant {
        clock::Instant::from_micros(self.now.as_micros() as u64)
    }

    pub(crate) fn state(&self) -> EngineState {
        self.driver.state()
    }

    pub(crate) fn show(&mut self, codes: &[&str]) {
        codes.iter().for_each(|code| self.far.show(*code));
    }

    pub(crate) fn trigger(&mut self, on: bool) {
        let now = self.clock();
        self.driver.trigger(on, now);
    }

    /// Lets so many milliseconds pass.
    pub(crate) fn pass(&mut self, ms: u64) {
        let until = self.now + Duration::from_millis(ms);
        let mut idle = 0;
        loop {
            let far = self.exchange();
            let driver = self.driver.wake_at().map(|at| Duration::from_micros(at.as_micros()));
            let far = far.map(|at| at.saturating_duration_since(self.begin));
            let next = [driver, far].into_iter().flatten().min();
            let Some(next) = next.filter(|next| *next <= until) else { break };
            idle = if next > self.now { 0 } else { idle + 1 };
            assert!(idle < 1_000, "one of them wants to be woken without end");
            self.now = self.now.max(next);
        }
        self.now = until;
    }

    /// Until the driver says this of its engine, or so many milliseconds passed.
    pub(crate) fn pass_until(&mut self, state: EngineState, ms: u64) -> bool {
        (0..ms / 10).any(|_| {
            self.pass(10);
            self.state() == state
        })
    }

    /// All that is due now; when the engine is due next.
    fn exchange(&mut self) -> Option<Instant> {
        let at = self.clock();
        let event = self.driver.tick(at).map(owned);
        self.heard.extend(event);
        self.hear_driver();
        loop {
            match self.far.next(self.now()) {
                Next::Send(bytes) => {
                    for byte in bytes {
                        let event = self.driver.receive(Some(byte), at).map(owned);
                        self.heard.extend(event);
                        self.hear_driver();
                    }
                }
                Next::Wait(until) => return until,
                Next::Pulled => return None,
            }
        }
    }

    fn hear_driver(&mut self) {
        let (at, now) = (self.clock(), self.now());
        let mut out = [0; 32];
        loop {
            match self.driver.transmit(at, &mut out) {
                0 => return,
                count => self.far.receive(&out[..count], now),
            }
        }
    }
}

fn owned(event: Event<'_>) -> Heard {
    match event {
        Event::Code { aim, text } => Some((aim.map(|aim| aim.0), text.to_vec())),
        Event::Broken(_) => None,
    }
}
