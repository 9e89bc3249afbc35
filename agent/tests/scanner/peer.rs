//! A Tekser scanner as the station hears it: the wire's own end over a store in memory.

use std::collections::BTreeMap;
use std::time::Instant;

use tekser_wire::frame::FRAME_MAX;
use tekser_wire::message::{
    Aim, Board, BoxNumber, Capabilities, Crash, EngineState, FirmwareVersion, Moment, Notice,
    Restart, Scan, ScannerHello, Sequence, SerialNumber, Settings, SettingsError, Start, State,
    StoreId, TEXT_MAX, Verdict,
};
use tekser_wire::scanner::{Request, ScannerEnd, Source};
use tekser_wire::version::Versions;

/// A code in the scanner's store.
#[derive(Clone)]
pub struct Stored {
    pub box_number: u32,
    pub at: Moment,
    pub text: Vec<u8>,
}

/// What survives a cut of power, and how the scanner is.
pub struct Memory {
    pub serial: [u8; 8],
    pub store: StoreId,
    pub next: u32,
    pub boots: u32,
    pub start: Start,
    pub scans: BTreeMap<u32, Stored>,
    pub settings: Settings,
    pub state: State,
    pub crash: Option<(&'static str, u32, &'static str)>,
    /// What the station asked for.
    pub notices: Vec<Notice>,
    pub triggers: Vec<bool>,
    pub next_boxes: usize,
    pub restarts: Vec<Restart>,
    pub times: usize,
    /// Every number whose scan was given up because the station said that it is durable.
    pub given_up: Vec<u32>,
    /// It takes settings and does not answer.
    pub is_mute: bool,
    /// Its state is another one, and the station should know.
    pub has_changed: bool,
}

impl Memory {
    pub fn new(serial: u8) -> Self {
        Self {
            serial: [0xE6, 0x60, 0x58, 0x38, 0x83, 0x26, 0x5A, serial],
            store: StoreId(0x5EED_0001),
            next: 1,
            boots: 1,
            start: Start::Power,
            scans: BTreeMap::new(),
            settings: Settings::DEFAULT,
            state: State {
                waiting: 0,
                used: 0,
                capacity: 100_000,
                refused: 0,
                broken: 0,
                bad_frames: 0,
                engine: EngineState::Ready,
            },
            crash: None,
            notices: Vec::new(),
            triggers: Vec::new(),
            next_boxes: 0,
            restarts: Vec::new(),
            times: 0,
            given_up: Vec::new(),
            is_mute: false,
            has_changed: false,
        }
    }

    pub fn name(&self) -> String {
        SerialNumber(self.serial).to_string()
    }

    /// Accepts a code: it is in the store from now on.
    pub fn accept(&mut self, box_number: u32, at: Moment, text: &[u8]) -> u32 {
        let sequence = self.next;
        self.next += 1;
        self.scans.insert(sequence, Stored { box_number, at, text: text.to_vec() });
        self.state.waiting = u32::try_from(self.scans.len()).unwrap();
        sequence
    }
}

impl Source for Memory {
    fn hello(&self) -> ScannerHello {
        ScannerHello {
            versions: Versions::OURS,
            nonce: 0,
            board: Board::VIRTUAL,
            firmware: FirmwareVersion([0, 1, 0]),
            capabilities: Capabilities(Capabilities::DURABLE | Capabilities::BEEPER),
            serial: SerialNumber(self.serial),
            store: self.store,
            oldest: Sequence(self.scans.keys().next().copied().unwrap_or(self.next)),
            next: Sequence(self.next),
            boots: self.boots,
            start: self.start,
        }
    }

    fn state(&self) -> State {
        self.state
    }

    fn settings(&self) -> Settings {
        self.settings
    }

    fn crash(&self) -> Option<Crash<'_>> {
        let (file, line, message) = self.crash?;
        let firmware = FirmwareVersion([0, 1, 0]);
        Some(Crash { firmware, file, line, message, uptime_ms: 61_000 })
    }

    fn scan_after<'b>(
        &mut self,
        after: Sequence,
        buffer: &'b mut [u8; TEXT_MAX],
    ) -> Option<Scan<'b>> {
        let (&sequence, stored) = self.scans.range(after.0 + 1..).next()?;
        let text = buffer.get_mut(..stored.text.len()).unwrap();
        text.copy_from_slice(&stored.text);
        Some(Scan {
            sequence: Sequence(sequence),
            box_number: BoxNumber(stored.box_number),
            at: stored.at,
            aim: Some(Aim(*b"C0")),
            verdict: Verdict::Valid,
            text,
        })
    }
}

/// The scanner's end over such a memory. Sans-IO.
pub struct Peer {
    end: ScannerEnd,
    began: Instant,
}

impl Peer {
    pub fn new() -> Self {
        Self { end: ScannerEnd::new(), began: Instant::now() }
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap()
    }

    pub fn receive(&mut self, memory: &mut Memory, bytes: &[u8]) {
        for &byte in bytes {
            let now_ms = self.now_ms();
            if let Some(request) = self.end.receive(byte, now_ms, memory.store) {
                self.take(memory, request);
            }
        }
    }

    fn take(&mut self, memory: &mut Memory, request: Request) {
        match request {
            Request::Durable { through } => {
                memory.given_up.extend(memory.scans.range(..=through.0).map(|(number, _)| number));
                memory.scans = memory.scans.split_off(&(through.0 + 1));
                memory.next = memory.next.max(through.0 + 1);
                memory.state.waiting = u32::try_from(memory.scans.len()).unwrap();
                self.end.state_changed();
            }
            Request::Configure(_) if memory.is_mute => {}
            Request::Configure(wanted) if wanted.loudness > 10 => {
                self.end.settings_answer(Err(SettingsError::Loudness));
            }
            Request::Configure(wanted) => {
                memory.settings = wanted;
                self.end.settings_answer(Ok(()));
            }
            Request::Time { .. } => memory.times += 1,
            Request::Trigger { on } => memory.triggers.push(on),
            Request::NextBox => memory.next_boxes += 1,
            Request::Notice(notice) => memory.notices.push(notice),
            Request::Restart(how) => memory.restarts.push(how),
            Request::CrashSeen => memory.crash = None,
            Request::Panic => {}
        }
    }

    /// Everything there is to send now.
    pub fn transmit(&mut self, memory: &mut Memory) -> Vec<u8> {
        if std::mem::take(&mut memory.has_changed) {
            self.end.state_changed();
        }
        let (mut all, mut frame) = (Vec::new(), [0; FRAME_MAX]);
        loop {
            let now_ms = self.now_ms();
            let length = self.end.transmit(now_ms, memory, &mut frame);
            if length == 0 {
                return all;
            }
            all.extend_from_slice(&frame[..length]);
        }
    }

    /// How long it can wait for bytes of the station.
    pub fn patience(&self) -> std::time::Duration {
        let now_ms = self.now_ms();
        let wait = self.end.wake_at().map_or(50, |at| at.saturating_sub(now_ms));
        std::time::Duration::from_millis(wait.clamp(1, 50))
    }
}
