//! A whole scanner between a pretended engine and the real end of a station, in made-up time.

use std::collections::VecDeque;

use tekser_imei::Imei14;
use tekser_scanner::{BoardRequest, CrashRecord, Identity, Indication, Instant, Scanner};
use tekser_wire::frame::FRAME_MAX;
use tekser_wire::message::{
    Board, Capabilities, FirmwareVersion, FromStation, Moment, ScannerHello, Sequence,
    SerialNumber, Settings, SettingsError, Start, State, StoreId, Verdict,
};
use tekser_wire::station::{Event, StationEnd};

use crate::nor::Nor;

pub type Chip = Nor<1, 4096>;

/// A scan as the station wrote it to its disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub sequence: u32,
    pub box_number: u32,
    pub at: Moment,
    pub aim: Option<[u8; 2]>,
    pub verdict: Verdict,
    pub text: String,
}

/// What a station has on its disk, and what it heard besides.
#[derive(Default)]
pub struct Disk {
    pub store: Option<StoreId>,
    pub durable: Sequence,
    pub scans: Vec<Kept>,
    pub gaps: Vec<(u32, u32)>,
    pub hello: Option<ScannerHello>,
    pub state: Option<State>,
    pub settings: Vec<Result<Settings, SettingsError>>,
    pub crashes: Vec<String>,
}

pub struct Rig {
    pub chip: Chip,
    pub scanner: Scanner<Chip>,
    pub station: StationEnd,
    pub disk: Disk,
    pub requests: Vec<BoardRequest>,
    pub is_connected: bool,
    /// Whether the station acknowledges.
    pub acks: bool,
    /// What the engine was sent.
    pub said: Vec<u8>,
    /// Whether it says yes to every command, as a DE2120 does.
    pub says_yes: bool,
    us: u64,
    nonce: u32,
}

pub fn identity(crash: Option<CrashRecord>) -> Identity {
    Identity {
        board: Board::VIRTUAL,
        firmware: FirmwareVersion([0, 1, 0]),
        capabilities: Capabilities(Capabilities::BEEPER),
        serial: SerialNumber(*b"\x01\x02\x03\x04\x05\x06\x07\x08"),
        start: if crash.is_some() { Start::Panic } else { Start::Power },
        crash,
        seed: 0x1234_5678,
    }
}

/// A sound IMEI of its own for each number.
pub fn imei(number: u64) -> String {
    let digits = format!("356938{:08}", 3_564_380 + number * 7);
    let imei14 = Imei14::parse(digits.as_bytes()).unwrap();
    imei14.with_check_digit().as_str().to_string()
}

impl Rig {
    pub fn new() -> Self {
        Self::with(Chip::new(64, 1), None)
    }

    pub fn with(chip: Chip, crash: Option<CrashRecord>) -> Self {
        let scanner =
            Scanner::new(chip.clone(), 0..chip.capacity(), identity(crash), Instant::START);
        Self {
            chip,
            scanner,
            station: StationEnd::new(1_000),
            disk: Disk::default(),
            requests: Vec::new(),
            is_connected: false,
            acks: true,
            said: Vec::new(),
            says_yes: false,
            us: 0,
            nonce: 1_000,
        }
    }

    pub fn now(&self) -> Instant {
        Instant::from_micros(self.us)
    }

    pub fn connect(&mut self) {
        self.is_connected = true;
        self.scanner.host_link(true, self.now());
    }

    pub fn disconnect(&mut self) {
        self.is_connected = false;
        self.scanner.host_link(false, self.now());
    }

    /// Power goes and comes; what the flash holds stays.
    pub fn restart(&mut self) {
        self.chip.power_on();
        let chip = self.chip.clone();
        // Boot time is no part of the scanner's time, which begins anew.
        self.scanner = Scanner::new(chip.clone(), 0..chip.capacity(), identity(None), self.now());
    }

    /// Another process of the station begins, with what is on the disk.
    pub fn restart_station(&mut self) {
        self.nonce += 1_000;
        self.station = StationEnd::new(self.nonce);
    }

    /// Everything that has something to do does it, without time going by.
    pub fn settle(&mut self) {
        let mut frame = [0; FRAME_MAX];
        loop {
            let mut is_done = true;
            while self.feed_engine() {
                is_done = false;
            }
            while let Some(request) = self.scanner.take_request() {
                self.requests.push(request);
            }
            let len = self.host_frame(&mut frame);
            for byte in &frame[..len] {
                is_done = false;
                self.feed_station(*byte);
            }
            let len = self.station.transmit(self.now().as_millis(), &mut frame);
            if self.is_connected {
                for byte in &frame[..len] {
                    is_done = false;
                    self.scanner.host_byte(*byte, self.now());
                }
            }
            if is_done {
                return;
            }
        }
    }

    fn feed_engine(&mut self) -> bool {
        let mut bytes = [0; 64];
        let len = self.scanner.engine_out(self.now(), &mut bytes);
        self.said.extend(&bytes[..len]);
        if self.says_yes && bytes[..len].ends_with(b".") {
            self.scanner.engine_byte(Some(6), self.now());
        }
        len > 0
    }

    fn host_frame(&mut self, frame: &mut [u8]) -> usize {
        if self.is_connected { self.scanner.host_out(self.now(), frame) } else { 0 }
    }

    fn feed_station(&mut self, byte: u8) {
        let now_ms = self.now().as_millis();
        let mut done = None;
        match self.station.receive(byte, now_ms) {
            Some(Event::Hello(hello)) => {
                if self.disk.store != Some(hello.store) {
                    self.disk.durable = Sequence(0);
                }
                self.disk.store = Some(hello.store);
                let after = self.disk.durable;
                let store = hello.store;
                self.disk.hello = Some(hello);
                self.station.resume(store, after);
                self.station.ask(FromStation::ReadSettings).unwrap();
            }
            Some(Event::Scan { store, scan }) => {
                assert_eq!(Some(store), self.disk.store);
                assert_eq!(scan.sequence, self.disk.durable.next(), "once and in order");
                self.disk.durable = scan.sequence;
                self.disk.scans.push(Kept {
                    sequence: scan.sequence.0,
                    box_number: scan.box_number.0,
                    at: scan.at,
                    aim: scan.aim.map(|aim| aim.0),
                    verdict: scan.verdict,
                    text: String::from_utf8_lossy(scan.text).into_owned(),
                });
                done = Some(scan.sequence);
            }
            Some(Event::Gap { first, last, .. }) => {
                self.disk.gaps.push((first.0, last.0));
                self.disk.durable = last;
                done = Some(last);
            }
            Some(Event::State(state)) => self.disk.state = Some(state),
            Some(Event::Settings(settings)) => self.disk.settings.push(Ok(settings)),
            Some(Event::SettingsRefused(error)) => self.disk.settings.push(Err(error)),
            Some(Event::Crash(crash)) => self.disk.crashes.push(crash.message.to_string()),
            Some(Event::Mismatch(..) | Event::Silent) | None => {}
        }
        if let Some(through) = done
            && self.acks
        {
            self.station.ack(through);
        }
    }

    /// Lets time go by, the way a board does.
    pub fn wait(&mut self, ms: u64) {
        let end = self.us + ms * 1_000;
        while self.us < end {
            let wake = self.scanner.wake_at().map_or(u64::MAX, Instant::as_micros);
            self.us = wake.clamp(self.us + 1_000, (self.us + 10_000).min(end).max(self.us + 1_000));
            self.scanner.tick(self.now());
            let _ = self.station.tick(self.now().as_millis());
            self.settle();
        }
    }

    /// Bytes from the engine, 1 ms each, as at 9600 baud.
    pub fn engine(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.us += 1_042;
            self.scanner.engine_byte(Some(*byte), self.now());
        }
    }

    /// A code, and what the person is shown at its last byte.
    pub fn code(&mut self, text: &str) -> Indication {
        self.engine(format!("]C0{text}\r").as_bytes());
        let shown = self.scanner.indication(self.now());
        self.settle();
        shown
    }

    pub fn ask(&mut self, message: FromStation) {
        self.station.ask(message).unwrap();
        self.settle();
    }

    /// A setup code, as any engine sends it.
    pub fn setup(&mut self, code: impl ToString) -> Indication {
        let code = code.to_string();
        self.engine(format!("]Q1{code}\r").as_bytes());
        let shown = self.scanner.indication(self.now());
        self.settle();
        shown
    }

    /// Presses the button for so long.
    pub fn press(&mut self, ms: u64) {
        self.scanner.button(true, self.now());
        self.wait(ms);
        self.scanner.button(false, self.now());
        self.wait(50);
    }

    pub fn texts(&self) -> VecDeque<String> {
        self.disk.scans.iter().map(|scan| scan.text.clone()).collect()
    }

    pub fn last_settings(&self) -> Settings {
        let settings = self.disk.settings.iter().rev().find_map(|it| it.ok());
        settings.expect("settings were told")
    }
}

pub fn is_good(shown: Indication) -> bool {
    shown.green && !shown.red
}

pub fn is_bad(shown: Indication) -> bool {
    shown.red && !shown.green
}
