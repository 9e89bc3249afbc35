//! A scanner on a counter: the emulated Pico, the engine on its UART, the station on its USB.

use serde_json::{Value, json};
use tekser_wire::message::FromStation;

use crate::emulator::{Counters, Emulator, Happening, MS, Nanos, hex};
use crate::place::Place;
use crate::station::{Notebook, Station};

/// Longest wait for anything, in simulated milliseconds.
const PATIENCE_MS: u64 = 20_000;

/// What wakes the engine and the station.
const NEWS: [&str; 7] = ["cdc", "uart", "usb", "reset", "boot_loader", "halted", "power"];

pub struct Counter {
    emulator: Emulator,
    pub station: Station,
    /// Everything but bytes, in order.
    pub seen: Vec<Happening>,
    /// Bytes that the engine got.
    pub to_engine: Vec<u8>,
    connected: bool,
    nonce: u32,
}

impl Counter {
    /// A scanner without power.
    pub fn new() -> Option<Self> {
        Self::with(&[])
    }

    /// With options of `emulator/main.mjs`.
    pub fn with(options: &[&str]) -> Option<Self> {
        let place = Place::find()?;
        Some(Self {
            emulator: Emulator::start(&place, options),
            station: Station::new(),
            seen: Vec::new(),
            to_engine: Vec::new(),
            connected: false,
            nonce: 1,
        })
    }

    /// One that has met its station and set its engine up.
    pub fn ready() -> Option<Self> {
        let mut counter = Self::new()?;
        counter.power(true);
        counter.until("the scanner's state", |counter| counter.notes().state.is_some());
        Some(counter)
    }

    pub fn power(&mut self, on: bool) {
        self.ask(&[json!({ "do": "power", "on": on })]);
        if !on {
            self.connected = false;
        }
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

    /// The engine reads a code, and says so as a line.
    pub fn show(&mut self, code: &str) {
        self.engine_says(format!("{code}\r").as_bytes());
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
        if self.connected {
            let said = self.station.say(now_ms);
            if !said.is_empty() {
                requests.push(json!({ "do": "cdc", "hex": hex(&said) }));
            }
            wake = wake.min(self.station.wake_at_ms().max(now_ms + 1) * MS);
        }
        let time = wake.saturating_sub(self.now()).max(1);
        requests.push(json!({ "do": "run", "for": time, "until": NEWS }));
        self.ask(&requests);
    }

    fn take(&mut self, happening: Happening) {
        match happening.kind.as_str() {
            "cdc" => self.station.hear(&happening.bytes(), happening.at / MS),
            "uart" => self.to_engine.extend(happening.bytes()),
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

    /// The last of its kind.
    pub fn last(&self, kind: &str) -> Option<&Happening> {
        self.seen.iter().rev().find(|happening| happening.kind == kind)
    }
}
