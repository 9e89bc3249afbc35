//! The phone's side of the Android debug bridge: bytes in, timed transfers out. It does no input
//! or output, so one phone serves a pipe, a socket or a USB simulator.
//!
//! | part | job |
//! |---|---|
//! | `packet`, `outbox` | packets in and out, spoilt ones too |
//! | `door`, `auth` | who is let in: keys, signatures, the question on the screen |
//! | `services`, `stream` | what is asked for, and its output piece by piece |
//! | `script`, `shell`, `programs`, `filters` | the shell and what can be run in it |
//! | `telephony`, `parcel`, `properties` | what each version of Android says of itself |
//! | `harm` | what should never be asked by somebody who only reads |

mod auth;
mod door;
mod filters;
mod harm;
mod outbox;
mod packet;
mod parcel;
mod programs;
mod properties;
mod script;
mod services;
mod shell;
mod stream;
mod telephony;

use core::fmt;
use std::collections::BTreeMap;
use std::time::Instant;

pub use self::auth::{AllowedKeys, BadKey};
use self::door::{Answer, Door};
use self::outbox::Outbox;
use self::packet::{Command, Packet, Reader, Slip};
use self::shell::Machine;
use self::stream::Stream;
use crate::persona::{Banner, Persona, Silence};
use crate::phone::Next;

/// The oldest version, with checksums: what is spoken until both sides have named theirs.
const OLDEST: u32 = 0x0100_0000;

/// Most entries that are remembered of each kind.
const MEMORY: usize = 4096;

/// The debug bridge of one phone in conversation.
pub struct Adbd {
    machine: Machine,
    door: Door,
    reader: Reader,
    outbox: Outbox,
    /// Version and longest payload that both sides can.
    version: u32,
    payload: u32,
    streams: BTreeMap<u32, Stream>,
    last_id: u32,
    asked: Vec<String>,
    violations: Vec<String>,
    complaints: Vec<String>,
}

impl Adbd {
    /// A phone that has just been plugged in, and has never seen a computer. A persona without
    /// an Android side gets that of Android 14.
    pub fn new(persona: &Persona, now: Instant) -> Self {
        Self::with_allowed(persona, AllowedKeys::default(), now)
    }

    /// A phone that has just been plugged in, and knows these computers.
    pub fn with_allowed(persona: &Persona, allowed: AllowedKeys, _now: Instant) -> Self {
        let android = persona.android.clone().unwrap_or_default();
        Self {
            door: Door::new(android.allow, android.adb.second_token, allowed),
            reader: Reader::new(android.max_payload),
            outbox: Outbox::new(&android.adb),
            version: OLDEST,
            payload: android.max_payload,
            streams: BTreeMap::new(),
            last_id: 0,
            asked: Vec::new(),
            violations: Vec::new(),
            complaints: Vec::new(),
            machine: Machine::new(persona.clone(), android),
        }
    }

    /// Who it is.
    pub const fn persona(&self) -> &Persona {
        &self.machine.persona
    }

    /// The computers it knows. The store is shared: a phone made with it knows them too.
    pub fn allowed(&self) -> AllowedKeys {
        self.door.allowed().clone()
    }

    /// Services opened, in order, as they were spelt: `shell:getprop ro.serialno`. Lines typed
    /// into an open shell follow as `> line`.
    pub fn asked(&self) -> &[String] {
        &self.asked
    }

    /// Those among them that can do more than read.
    pub fn violations(&self) -> &[String] {
        &self.violations
    }

    /// What the computer did that the protocol does not allow, in words for people.
    pub fn complaints(&self) -> &[String] {
        &self.complaints
    }

    /// Whether the phone is asking its owner about a computer right now.
    pub const fn is_asking(&self) -> bool {
        self.door.is_asking()
    }

    /// Whether a computer has been let in and may ask for services.
    pub const fn is_open(&self) -> bool {
        self.door.is_open()
    }

    /// Whether the cable came out, as its behaviour has it.
    pub fn is_pulled(&self) -> bool {
        self.outbox.is_pulled()
    }

    /// The owner touches "Allow", whatever the persona has it. Says whether there was a question.
    pub fn touch_allow(&mut self, now: Instant) -> bool {
        self.door.touch(now)
    }

    /// The computer's end was closed and opened anew, with the cable in all the time: the
    /// conversation is over, a question stays on the screen.
    pub fn reopened(&mut self) {
        self.begin_anew();
        self.reader.clear();
        self.door.leave();
    }

    /// The connection is gone: the conversation is over, and so is a question on the screen.
    /// What was asked and who is known stays.
    pub fn hung_up(&mut self) {
        self.reopened();
        self.door.withdraw();
    }

    /// Takes in bytes that arrived at `now`.
    pub fn receive(&mut self, bytes: &[u8], now: Instant) {
        for piece in bytes.chunks(64 * 1024) {
            if let Some(slip) = self.reader.push(piece) {
                self.complain_of(slip);
            }
            while let Some(packet) = self.reader.take(self.version == OLDEST) {
                match packet {
                    Ok(packet) => self.take(packet, now),
                    Err(slip) => self.complain_of(slip),
                }
            }
        }
    }

    /// What it does at `now`. Every [`Next::Send`] is one transfer: a header, or a payload.
    pub fn next(&mut self, now: Instant) -> Next {
        if !self.outbox.is_pulled() {
            if let Some(answer) = self.door.tick(now) {
                self.answer(answer);
            }
            if self.outbox.is_empty() {
                self.go_on(now);
            }
            if let Some(transfer) = self.outbox.take() {
                return Next::Send(transfer);
            }
        }
        if self.outbox.is_pulled() {
            return Next::Pulled;
        }
        let output = self.streams.values().map(|stream| stream.due).filter(|due| *due > now);
        Next::Wait(output.chain(self.door.wakes()).min())
    }

    fn take(&mut self, packet: Packet, now: Instant) {
        if packet.command == Command::Connect {
            return self.greet(&packet);
        }
        if packet.command == Command::Auth {
            return match self.door.hear(packet.arg0, &packet.payload, now) {
                Ok(Some(answer)) => self.answer(answer),
                Ok(None) => {}
                Err(complaint) => self.complain(&complaint),
            };
        }
        if !self.door.is_open() {
            return self.complain(&format!("{:?} before it was let in", packet.command));
        }
        match packet.command {
            Command::Open => self.open(&packet, now),
            // The last acknowledgement often comes when the stream is over.
            Command::Okay => {
                if let Some(stream) = self.stream(&packet) {
                    stream.in_flight = false;
                }
            }
            Command::Write => self.write(&packet),
            Command::Close => {
                if self.stream(&packet).is_some() {
                    self.streams.remove(&packet.arg1);
                    self.put(Command::Close, packet.arg1, packet.arg0, Vec::new());
                }
            }
            other => self.complain(&format!("{other:?} is not for this connection")),
        }
    }

    /// A greeting begins everything anew.
    fn greet(&mut self, packet: &Packet) {
        if self.machine.android.adb.silence == Silence::Greeting {
            return;
        }
        if !packet.payload.starts_with(b"host:") {
            self.complain("the greeting does not begin with host:");
        }
        self.begin_anew();
        // A computer that names no version is as old as can be.
        self.version = packet.arg0.min(self.machine.android.version).max(OLDEST);
        self.payload = packet.arg1.clamp(1, self.machine.android.max_payload);
        let agreed = core::mem::replace(&mut self.version, OLDEST);
        for stale in 0..u32::from(self.machine.android.adb.stale.min(64)) {
            match stale % 3 {
                0 => self.put(Command::Write, 9000 + stale, 7, b"of an earlier talk".to_vec()),
                1 => self.put(Command::Okay, 9000 + stale, 7, Vec::new()),
                _ => self.put(Command::Close, 9000 + stale, 7, Vec::new()),
            }
        }
        self.version = agreed;
        let answer = self.door.knock();
        self.answer(answer);
    }

    fn begin_anew(&mut self) {
        self.streams.clear();
        self.outbox.clear();
        self.version = OLDEST;
    }

    fn answer(&mut self, answer: Answer) {
        match answer {
            // Sent before the versions are settled, so always with a checksum.
            Answer::Sign(token) => {
                let packet = Packet::new(Command::Auth, 1, 0, token.to_vec());
                let _ = self.outbox.put(&packet, OLDEST);
            }
            Answer::Welcome => {
                let android = &self.machine.android;
                let (version, payload) = (android.version, android.max_payload);
                let banner = self.banner().into_bytes();
                let packet = Packet::new(Command::Connect, version, payload, banner);
                let _ = self.outbox.put(&packet, OLDEST);
            }
        }
    }

    fn banner(&self) -> String {
        let android = &self.machine.android;
        let kind = match android.adb.banner {
            Banner::Device => "device",
            Banner::Recovery => "recovery",
            Banner::Offline => "offline",
        };
        let get = |key| self.machine.properties.get(key).unwrap_or_default();
        let (name, device) = (get("ro.product.name"), get("ro.product.device"));
        let model = get("ro.product.model");
        let product = format!(
            "{kind}::ro.product.name={name};ro.product.model={model};ro.product.device={device};"
        );
        if android.sdk < 24 {
            return format!("{product}\0");
        }
        let mut features = vec!["cmd"];
        if android.shell_v2 {
            features.push("shell_v2");
        }
        if android.sdk >= 26 {
            features.push("stat_v2");
        }
        if android.sdk >= 30 {
            features.extend(["ls_v2", "fixed_push_mkdir", "apex", "abb", "abb_exec"]);
        }
        format!("{product}features={}", features.join(","))
    }

    fn put(&mut self, command: Command, arg0: u32, arg1: u32, payload: Vec<u8>) {
        let packet = Packet::new(command, arg0, arg1, payload);
        if !self.outbox.put(&packet, self.version) {
            self.complain("the computer does not read what it is sent");
        }
    }

    fn remember(&mut self, what: String, harm: bool) {
        if harm && self.violations.len() < MEMORY {
            self.violations.push(what.clone());
        }
        if self.asked.len() < MEMORY {
            self.asked.push(what);
        }
    }

    fn complain_of(&mut self, slip: Slip) {
        self.complain(match slip {
            Slip::NoHeader => "bytes that are no packet",
            Slip::TooLong => "a payload longer than this phone takes",
            Slip::Checksum => "a payload that is not what its checksum says",
            Slip::Unfinished => "a packet that was never finished",
        });
    }

    fn complain(&mut self, what: &str) {
        if self.complaints.len() < MEMORY && self.complaints.last().is_none_or(|it| it != what) {
            self.complaints.push(what.to_owned());
        }
    }
}

/// What it was asked shows as a number: it may hold whole IMEIs.
impl fmt::Debug for Adbd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Adbd")
            .field("persona", &self.machine.persona)
            .field("open", &self.is_open())
            .field("asked", &self.asked.len())
            .field("violations", &self.violations.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
