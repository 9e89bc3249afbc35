//! The phone itself: bytes in, timed bytes out. It does no input or output, so one phone serves
//! a pseudo-terminal, a pipe, a socket or a USB simulator.

mod harm;

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use self::harm::is_write;
use crate::far_side::{Reply, reply};
use crate::persona::{Echo, LineEnd, Persona};

/// What the phone does next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// It sends these bytes.
    Send(Vec<u8>),
    /// Nothing before this time, if at all, unless it is spoken to.
    Wait(Option<Instant>),
    /// The cable is out.
    Pulled,
}

/// One phone in conversation.
#[derive(Debug)]
pub struct Phone {
    persona: Persona,
    session: Session,
    line: Vec<u8>,
    queue: VecDeque<(Instant, Vec<u8>)>,
    garbage_left: usize,
    noise: u64,
    next_unsolicited: Option<Instant>,
    unsolicited: usize,
    busy_left: u8,
    answers: usize,
    pulled_at: Option<Instant>,
    asked: Vec<String>,
    counts: HashMap<String, usize>,
    violations: Vec<String>,
    greeted: bool,
}

/// Settings of one conversation, as V.250 has them.
#[derive(Debug)]
struct Session {
    echo: bool,
    numeric: bool,
    quiet: bool,
    errors: char,
}

/// Longest command line, in bytes. Longer ones are dropped, as modems do.
const LINE: usize = 512;

/// Most answers that wait to be sent. A phone that nobody reads drops the rest.
const QUEUE: usize = 64;

/// Most commands remembered by [`Phone::asked`].
const MEMORY: usize = 4096;

/// Garbage is made in pieces of this many bytes.
const PIECE: usize = 4096;

/// Lines that phones send unasked.
pub const UNSOLICITED: [&str; 12] = [
    "^RSSI:23",
    "+CIEV: 7,1",
    "RING",
    "^MODE:5,4",
    "+CMTI: \"ME\",1",
    "+QGPSURC: 1",
    "_OSIGQ: 12,0",
    "*E2NAP: 1",
    "RDY",
    "+PACSP0",
    "$GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W*6A",
    "+ZPASR: \"UMTS\"",
];

impl Phone {
    /// A phone that has just been plugged in.
    pub fn new(persona: Persona, now: Instant) -> Self {
        let behaviour = &persona.behaviour;
        Self {
            session: Session {
                echo: behaviour.echo != Echo::Off,
                numeric: false,
                quiet: false,
                errors: '0',
            },
            line: Vec::new(),
            queue: VecDeque::new(),
            garbage_left: 0,
            noise: 0x9e37_79b9_7f4a_7c15,
            next_unsolicited: behaviour.unsolicited_every.map(|every| now + every),
            unsolicited: 0,
            busy_left: behaviour.busy_first,
            answers: 0,
            pulled_at: None,
            asked: Vec::new(),
            counts: HashMap::new(),
            violations: Vec::new(),
            greeted: false,
            persona,
        }
    }

    /// Who it is.
    pub const fn persona(&self) -> &Persona {
        &self.persona
    }

    /// Commands it was given, in order, as they were spelt.
    pub fn asked(&self) -> &[String] {
        &self.asked
    }

    /// Commands among them that write, reset, dial, send or change more than the conversation.
    pub fn violations(&self) -> &[String] {
        &self.violations
    }

    /// Takes in bytes that arrived at `now`.
    pub fn receive(&mut self, bytes: &[u8], now: Instant) {
        if !self.greeted && !bytes.is_empty() {
            self.greeted = true;
            self.garbage_left = self.persona.behaviour.garbage;
            if self.persona.behaviour.boot_noise {
                self.say(
                    now,
                    b"\0\0\0\r\n[PRELOADER] boot v2.1\r\n\xff\xfe~\x01\r\nEMMC OK?\r\n".into(),
                );
            }
        }
        for &byte in bytes {
            match byte {
                b'\r' => self.run(now),
                b'\n' => {}
                8 | 127 => drop(self.line.pop()),
                _ if self.line.len() < LINE => self.line.push(byte),
                _ => {}
            }
        }
    }

    /// What it does at `now`.
    pub fn next(&mut self, now: Instant) -> Next {
        if self.garbage_left > 0 {
            return Next::Send(self.make_garbage());
        }
        if self.queue.front().is_some_and(|(due, _)| *due <= now) {
            return Next::Send(self.queue.pop_front().map(|(_, bytes)| bytes).unwrap_or_default());
        }
        if self.pulled_at.is_some_and(|at| at <= now) && self.queue.is_empty() {
            return Next::Pulled;
        }
        if let (Some(due), Some(every)) =
            (self.next_unsolicited, self.persona.behaviour.unsolicited_every)
            && due <= now
            && self.pulled_at.is_none()
        {
            self.next_unsolicited = Some(now + every.max(Duration::from_millis(1)));
            return Next::Send(self.unsolicited_line());
        }
        let answer = self.queue.front().map(|(due, _)| *due);
        Next::Wait([answer, self.pulled_at, self.next_unsolicited].into_iter().flatten().min())
    }

    fn run(&mut self, now: Instant) {
        let line = core::mem::take(&mut self.line);
        let text = String::from_utf8_lossy(&line).trim().to_owned();
        let upper = text.to_ascii_uppercase();
        let Some(body) = upper.strip_prefix("AT") else {
            return;
        };
        if self.asked.len() < MEMORY {
            self.asked.push(text.clone());
            if is_write(body) {
                self.violations.push(text);
            }
        }
        if self.persona.behaviour.silent || self.pulled_at.is_some() {
            return;
        }
        if self.session.echo {
            self.say(now, [line.as_slice(), b"\r"].concat());
        }
        let reply = self.answer(body);
        let nth = self.answers + 1;
        self.answers = nth;
        let mut bytes = self.frame(&reply);
        let due = now + self.persona.behaviour.delay;
        if let Some(pull) = self.persona.behaviour.pulled.filter(|pull| pull.answer == nth) {
            bytes.truncate(pull.bytes);
            self.pulled_at = Some(due);
        }
        self.say(due, bytes);
    }

    /// Answers come in order, so none is due before the one in front of it.
    fn say(&mut self, due: Instant, bytes: Vec<u8>) {
        if self.queue.len() < QUEUE && !bytes.is_empty() {
            let due = self.queue.back().map_or(due, |(before, _)| due.max(*before));
            self.queue.push_back((due, bytes));
        }
    }

    fn answer(&mut self, body: &str) -> Result {
        if body.is_empty() {
            return Result::Reply(Reply::done());
        }
        if self.busy_left > 0 {
            self.busy_left -= 1;
            return Result::Busy;
        }
        if body.contains(';') || is_write(body) {
            return Result::Reply(Reply::refused());
        }
        if let Some(level) = body.strip_prefix("+CMEE=") {
            let known = matches!(level, "0" | "1" | "2");
            if let (true, Some(level)) = (known, level.chars().next()) {
                self.session.errors = level;
            }
            return Result::Reply(Reply { lines: Vec::new(), ok: known });
        }
        if body.starts_with("+CSCS=\"") {
            return Result::Reply(Reply::done());
        }
        if body.starts_with(['E', 'V', 'Q']) {
            let ok = self.set(body);
            return Result::Reply(Reply { lines: Vec::new(), ok });
        }
        let nth = self.counts.entry(body.to_owned()).or_insert(0);
        let before = *nth;
        *nth += 1;
        if self.counts.len() > MEMORY {
            self.counts.clear();
        }
        Result::Reply(reply(&self.persona, body, before))
    }

    /// `E0V1Q0` and its parts.
    fn set(&mut self, body: &str) -> bool {
        let mut letters = body.chars().peekable();
        while let Some(letter) = letters.next() {
            let on = letters.next_if(char::is_ascii_digit).unwrap_or('0') == '1';
            match letter {
                'E' if self.persona.behaviour.echo == Echo::Stubborn => {}
                'E' => self.session.echo = on,
                'V' => self.session.numeric = !on,
                'Q' => self.session.quiet = on,
                _ => return false,
            }
        }
        true
    }

    /// An answer as bytes.
    fn frame(&mut self, reply: &Result) -> Vec<u8> {
        let around = self.persona.behaviour.unsolicited_around;
        let mut bytes = Vec::new();
        if around {
            bytes.extend(self.unsolicited_line());
        }
        if let Result::Reply(reply) = reply {
            for line in &reply.lines {
                bytes.extend(self.information(line));
            }
            if self.persona.behaviour.private_ok && reply.ok && !reply.lines.is_empty() {
                bytes.extend(b"#OK#\r\n");
            }
        }
        if around {
            bytes.extend(self.unsolicited_line());
        }
        if !self.session.quiet {
            bytes.extend(self.result(reply));
        }
        if around {
            bytes.extend(self.unsolicited_line());
        }
        bytes
    }

    fn information(&self, line: &str) -> Vec<u8> {
        let end = self.end();
        let lead = if self.session.numeric { "" } else { end };
        format!("{lead}{line}{end}").into_bytes()
    }

    fn result(&self, reply: &Result) -> Vec<u8> {
        let (word, digit) = match reply {
            Result::Busy => ("BUSY", '7'),
            Result::Reply(reply) if reply.ok => ("OK", '0'),
            Result::Reply(_) => match self.session.errors {
                '1' => ("+CME ERROR: 4", '4'),
                '2' => ("+CME ERROR: operation not supported", '4'),
                _ => ("ERROR", '4'),
            },
        };
        if self.session.numeric && !word.starts_with('+') {
            return format!("{digit}\r").into_bytes();
        }
        let end = self.end();
        format!("{end}{word}{end}").into_bytes()
    }

    const fn end(&self) -> &'static str {
        match self.persona.behaviour.line_end {
            LineEnd::Standard => "\r\n",
            LineEnd::LfOnly => "\n",
            LineEnd::DoubledCr => "\r\r\n",
        }
    }

    fn unsolicited_line(&mut self) -> Vec<u8> {
        let line = UNSOLICITED.get(self.unsolicited % UNSOLICITED.len()).unwrap_or(&"RING");
        self.unsolicited += 1;
        format!("\r\n{line}\r\n").into_bytes()
    }

    /// The same garbage every time, from a shift register.
    fn make_garbage(&mut self) -> Vec<u8> {
        let count = self.garbage_left.min(PIECE);
        self.garbage_left -= count;
        let mut piece = Vec::with_capacity(count);
        for _ in 0..count {
            self.noise ^= self.noise << 13;
            self.noise ^= self.noise >> 7;
            self.noise ^= self.noise << 17;
            piece.push(self.noise.to_le_bytes()[0]);
        }
        piece
    }
}

/// What a command comes to.
enum Result {
    Reply(Reply),
    Busy,
}

#[cfg(test)]
mod tests;
