//! A scanner on a counter: the emulated Pico, the engine on its UART, the station on its USB.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tekser_virtual_bench::engine::{Code, VirtualEngine};
use tekser_virtual_bench::phone::Next;
use tekser_wire::message::{EngineKind, EngineState, FromStation};

use crate::emulator::{Counters, Emulator, Happening, MS, Nanos, hex};
use crate::place::Place;
use crate::station::{Notebook, Station};

/// Longest wait for anything, in simulated milliseconds.
const PATIENCE_MS: u64 = 20_000;

/// What wakes the engine and the station.
const NEWS: [&str; 7] = ["cdc", "uart", "usb", "reset", "boot_loader", "halted", "power"];

pub struct Counter {
    emulator: Emulator,
    pub engine: VirtualEngine,
    /// What the virtual engine takes for the beginning of time.
    began: Instant,
    pub station: Station,
    /// Everything but bytes, in order.
    pub seen: Vec<Happening>,
    /// Bytes that the engine got.
    pub to_engine: Vec<u8>,
    connected: bool,
    nonce: u32,
    /// What was said to a station that is somewhere else, if that has the cable.
    elsewhere: Option<Vec<u8>>,
}

impl Counter {
    /// A scanner without power.
    pub fn new() -> Option<Self> {
        Self::with(&[])
    }

    /// With options of `emulator/main.mjs`.
    pub fn with(options: &[&str]) -> Option<Self> {
        let place = Place::find()?;
        let began = Instant::now();
        Some(Self {
            emulator: Emulator::start(&place, options),
            engine: VirtualEngine::new(EngineKind::Gm65, began),
            began,
            station: Station::new(),
            seen: Vec::new(),
            to_engine: Vec::new(),
            connected: false,
            nonce: 1,
            elsewhere: None,
        })
    }

    /// One that has met its station and set its engine up.
    pub fn ready() -> Option<Self> {
        let mut counter = Self::new()?;
        counter.power(true);
        counter.until_ready();
        Some(counter)
    }

    /// Gives the cable to another station than the one in here.
    #[cfg(unix)]
    pub fn hand_over(&mut self) {
        self.elsewhere = Some(Vec::new());
    }

    /// What the scanner said to the other station since this was last asked.
    #[cfg(unix)]
    pub fn said(&mut self) -> Vec<u8> {
        self.elsewhere.as_mut().map(std::mem::take).unwrap_or_default()
    }

    pub fn power(&mut self, on: bool) {
        self.ask(&[json!({ "do": "power", "on": on })]);
        self.engine.power_off();
        if on {
            self.engine.power_on(self.engine_time());
        } else {
            self.connected = false;
        }
    }

    /// Power goes at this moment, whatever is being done.
    pub fn cut_at(&mut self, at: Nanos) {
        self.ask(&[json!({ "do": "cut", "at": at })]);
    }

    /// Puts another content into the flash chip, under the same image.
    pub fn load_flash(&mut self, file: &Path) {
        let image = Place::find().expect("it was found before").uf2;
        self.ask(&[json!({ "do": "flash", "load": file }), json!({ "do": "uf2", "file": image })]);
    }

    /// Until station and engine are both met.
    pub fn until_ready(&mut self) {
        self.until("the engine to be ready", |counter| {
            counter.notes().state.is_some_and(|state| state.engine == EngineState::Ready)
        });
    }

    /// Requests of `emulator/control.mjs`.
    pub fn ask(&mut self, requests: &[Value]) {
        for happening in self.emulator.ask(requests) {
            self.take(happening);
        }
    }

    /// Bytes from the engine.
    pub fn engine_says(&mut self, bytes: &[u8]) {
        self.ask(&[json!({ "do": "engine", "hex": hex(bytes) })]);
    }

    /// Holds a code in front of the engine.
    pub fn show(&mut self, code: impl Into<Code>) {
        self.engine.show(code);
    }

    /// Lets the engine say what it has to.
    fn engine_turn(&mut self, requests: &mut Vec<Value>) -> Option<Nanos> {
        loop {
            match self.engine.next(self.engine_time()) {
                Next::Send(bytes) => {
                    requests.push(json!({ "do": "engine", "hex": hex(&bytes) }));
                }
                Next::Wait(until) => {
                    let since = |until: Instant| until.duration_since(self.began).as_nanos();
                    return until.map(|until| since(until) as Nanos);
                }
                Next::Pulled => return None,
            }
        }
    }

    fn engine_time(&self) -> Instant {
        self.began + Duration::from_nanos(self.now())
    }

    /// Bytes to the scanner that the station's own protocol would not say.
    pub fn say_raw(&mut self, bytes: &[u8]) {
        self.ask(&[json!({ "do": "cdc", "hex": hex(bytes) })]);
    }

    pub fn tell(&mut self, message: FromStation) {
        self.station.ask(message);
    }

    pub fn run(&mut self, ms: u64) {
        let end = self.now() + ms * MS;
        while self.now() < end {
            self.step(end);
        }
    }

    /// Lets time pass until something is so.
    pub fn until(&mut self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let end = self.now() + PATIENCE_MS * MS;
        while !is_so(self) {
            assert!(
                self.now() < end,
                "waited {PATIENCE_MS} ms for {what}; {:?}",
                self.notes().state
            );
            self.step(end);
        }
    }

    /// Waits for so many scans in all.
    pub fn until_scans(&mut self, count: usize) {
        self.until(&format!("{count} scans"), |counter| counter.notes().scans.len() >= count);
    }

    /// One turn: what station and engine say goes out, then time passes until there is news.
    fn step(&mut self, end: Nanos) {
        let now_ms = self.now() / MS;
        let mut requests = Vec::new();
        let mut wake = end;
        if self.connected && self.elsewhere.is_none() {
            let said = self.station.say(now_ms);
            if !said.is_empty() {
                requests.push(json!({ "do": "cdc", "hex": hex(&said) }));
            }
            wake = wake.min(self.station.wake_at_ms().max(now_ms + 1) * MS);
        }
        if let Some(due) = self.engine_turn(&mut requests) {
            wake = wake.min(due.max(self.now() + MS / 10));
        }
        let time = wake.saturating_sub(self.now()).max(1);
        requests.push(json!({ "do": "run", "for": time, "until": NEWS }));
        self.ask(&requests);
    }

    fn take(&mut self, happening: Happening) {
        match happening.kind.as_str() {
            "cdc" => match &mut self.elsewhere {
                Some(said) => said.extend(happening.bytes()),
                None => self.station.hear(&happening.bytes(), happening.at),
            },
            "uart" => {
                let bytes = happening.bytes();
                self.engine.receive(&bytes, self.began + Duration::from_nanos(happening.at));
                self.to_engine.extend(bytes);
            }
            "usb" if happening.text("state") == "configured" => {
                self.connected = true;
                self.nonce += 1;
                self.station.open(self.nonce);
            }
            "reset" | "boot_loader" | "power" => self.connected = false,
            _ => {}
        }
        if !matches!(happening.kind.as_str(), "cdc" | "uart") {
            self.seen.push(happening);
        }
    }

    pub fn now(&self) -> Nanos {
        self.emulator.now()
    }

    pub fn counters(&self) -> Counters {
        self.emulator.counters()
    }

    pub fn log(&mut self) -> Vec<u8> {
        self.emulator.log()
    }

    pub fn notes(&self) -> &Notebook {
        &self.station.notes
    }

    /// When the scanner beeped "yes, I have it" or "no": each time a tone began.
    pub fn tones(&self) -> Vec<Nanos> {
        let is_tone = |seen: &&Happening| {
            seen.kind == "pin" && seen.text("name") == "beeper" && seen.number("value") > 0
        };
        self.seen.iter().filter(is_tone).map(|seen| seen.at).collect()
    }

    /// When the last byte of what the engine said arrived, each time.
    pub fn deliveries(&self) -> Vec<Nanos> {
        let delivered = self.seen.iter().filter(|seen| seen.kind == "delivered");
        delivered.map(|seen| seen.at).collect()
    }

    /// The last of its kind.
    pub fn last(&self, kind: &str) -> Option<&Happening> {
        self.seen.iter().rev().find(|happening| happening.kind == kind)
    }
}
