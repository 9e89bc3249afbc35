//! The dialogue with one phone, without input, output or a clock of its own.
//!
//! Whoever drives it asks for the next [`Step`], does it, and reports what came back and when.
//!
//! A phone may still have packets under way that were meant for another program. Until it answers
//! our greeting everything else is passed over, however it is cut. An old *token* among them puts
//! the proof one step behind: each signature then answers a token that the phone has forgotten.
//! So before the owner is asked, there is a short wait for a further token, which can only come if
//! that is so; the keys are then tried again, in step.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::banner::{Banner, PhoneState};
use super::command::Shell;
use super::error::ReadError;
use super::interview::Interview;
use super::key::Key;
use super::packet::{Decoder, Kind, MAX_PAYLOAD, Packet, VERSION, VERSION_WITH_SUM};
use super::streams::Streams;
use super::{Budget, Progress};
use crate::reading::Reading;

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Send this packet, header and payload apart, then ask again.
    Send(Packet),
    /// Tell whoever waits for the reading, then ask again.
    Report(Progress),
    /// Wait for bytes until this time, then ask again.
    Wait(Instant),
    /// Nothing more: call [`Session::finish`].
    Done,
}

#[derive(Debug)]
enum Phase {
    /// Nothing was said.
    Fresh,
    /// The greeting is out, to be repeated once.
    Greeting { until: Instant, again: Option<Instant> },
    /// A token signed with this key is out.
    Proving { key: usize, until: Instant },
    /// No key was taken. Waits for a further token.
    Hesitating { until: Instant },
    /// The phone asks its owner. The last token was answered with a signature, or with the key.
    Asking { until: Instant, signed: bool },
    /// The phone let us in.
    Inside { shell: Shell, end: Instant },
    /// Over.
    Over,
}

/// The first payload: what we are and what we can do.
const GREETING: &[u8] = b"host::features=shell_v2,cmd";

/// How long a further token is waited for.
const HESITATION: Duration = Duration::from_millis(200);

/// Tokens taken, in all; a phone that sends more is not proving anything.
const MOST_TOKENS: usize = 64;

/// Bytes of a token.
const TOKEN: usize = 20;

/// Steps of the proof.
const AUTH_TOKEN: u32 = 1;
const AUTH_SIGNATURE: u32 = 2;
const AUTH_PUBLIC_KEY: u32 = 3;

/// Bytes taken from a phone, in all. Its properties have some hundred thousand.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// Packets that may wait to be sent.
const MOST_QUEUED: usize = 1024;

/// The dialogue with one phone.
#[derive(Debug)]
pub struct Session {
    keys: Vec<Arc<Key>>,
    budget: Budget,
    phase: Phase,
    decoder: Decoder,
    queue: VecDeque<Packet>,
    news: VecDeque<Progress>,
    streams: Streams,
    interview: Interview,
    error: Option<ReadError>,
    taken: usize,
    tokens: usize,
    /// The last token of those that were not yet answered.
    token: Vec<u8>,
    /// The sums of payloads are to be checked.
    sums: bool,
}

impl Session {
    /// A dialogue that tries `keys` in order, and has the phone's owner asked about the first.
    /// `first_stream` numbers the first command: a number that no other program is likely to
    /// have used keeps what is left of its commands out.
    pub fn new(keys: &[Arc<Key>], budget: Budget, first_stream: u32) -> Self {
        Self {
            keys: keys.to_vec(),
            budget,
            phase: Phase::Fresh,
            decoder: Decoder::new(),
            queue: VecDeque::new(),
            news: VecDeque::new(),
            streams: Streams::new(first_stream),
            interview: Interview::new(),
            error: None,
            taken: 0,
            tokens: 0,
            token: Vec::new(),
            sums: true,
        }
    }

    /// What to do at `now`. May be asked at any time.
    pub fn step(&mut self, now: Instant) -> Step {
        loop {
            self.advance(now);
            if let Some(packet) = self.queue.pop_front() {
                return Step::Send(packet);
            }
            if let Some(news) = self.news.pop_front() {
                return Step::Report(news);
            }
            match self.waits_until() {
                None => return Step::Done,
                Some(until) if until > now => return Step::Wait(until),
                Some(_) => {}
            }
        }
    }

    /// Takes in bytes that arrived at `now`.
    pub fn receive(&mut self, mut bytes: &[u8], now: Instant) {
        self.taken = self.taken.saturating_add(bytes.len());
        if self.taken > MOST_BYTES {
            self.fail(ReadError::Protocol("it sends without end"));
        }
        while !bytes.is_empty() && !matches!(self.phase, Phase::Fresh | Phase::Over) {
            let (taken, decoded) = self.decoder.decode(bytes);
            bytes = bytes.get(taken..).unwrap_or_default();
            match decoded {
                Ok(Some(packet)) => self.take(&packet, now),
                Ok(None) => {}
                Err(_) if matches!(self.phase, Phase::Inside { .. }) => {
                    self.fail(ReadError::Protocol("these are no packets"));
                }
                // Left over from an earlier connection, and cut.
                Err(_) => self.decoder.skip(),
            }
        }
    }

    /// What was learned.
    ///
    /// # Errors
    ///
    /// See [`ReadError`].
    pub fn finish(self) -> Result<Reading, ReadError> {
        match self.error {
            Some(error) => Err(error),
            None => self.interview.finish(),
        }
    }

    /// Bytes held, for whoever wants to see that it is bounded.
    pub fn held(&self) -> usize {
        let queued: usize = self.queue.iter().map(|packet| packet.payload.capacity()).sum();
        self.decoder.held() + self.streams.held() + queued
    }

    /// Does what time demands.
    fn advance(&mut self, now: Instant) {
        match self.phase {
            Phase::Fresh => {
                let again = Some(now + self.budget.connect / 2);
                self.phase = Phase::Greeting { until: now + self.budget.connect, again };
                self.greet();
            }
            Phase::Greeting { until, .. } if until <= now => self.fail(if self.taken == 0 {
                ReadError::Silent
            } else {
                ReadError::Protocol("it does not answer our greeting")
            }),
            Phase::Greeting { until, again: Some(again) } if again <= now => {
                self.phase = Phase::Greeting { until, again: None };
                self.decoder = Decoder::new();
                self.greet();
            }
            Phase::Proving { until, .. } if until <= now => self.fail(ReadError::Unanswered),
            Phase::Hesitating { until } if until <= now => {
                let until = now + self.budget.allow;
                self.phase = Phase::Asking { until, signed: false };
                self.show_key();
                self.news.push_back(Progress::WaitingForAllow { until });
            }
            Phase::Asking { until, .. } if until <= now => self.fail(ReadError::NotAllowed),
            Phase::Inside { shell, end } => self.converse(shell, end, now),
            _ => {}
        }
    }

    /// When there is something to do, whether or not bytes come. None when all is over.
    fn waits_until(&self) -> Option<Instant> {
        match self.phase {
            Phase::Greeting { until, again } => Some(again.unwrap_or(until)),
            Phase::Proving { until, .. }
            | Phase::Hesitating { until }
            | Phase::Asking { until, .. } => Some(until),
            Phase::Inside { end, .. } => Some(self.streams.until().unwrap_or(end)),
            Phase::Fresh | Phase::Over => None,
        }
    }

    fn take(&mut self, packet: &Packet, now: Instant) {
        let inside = matches!(self.phase, Phase::Inside { .. });
        match packet.kind {
            Kind::StartTls => self.fail(ReadError::TlsWanted),
            // An answer to the greeting of another program that came before ours, or the
            // second answer to our repeated one.
            Kind::Connect if inside && !self.streams.heard() => {}
            Kind::Auth if inside && !self.streams.heard() => self.go_back(packet, now),
            Kind::Connect | Kind::Auth if inside => {
                self.fail(ReadError::Protocol("it starts all over in the middle"));
            }
            Kind::Connect => self.enter(packet, now),
            Kind::Auth => self.prove(packet, now),
            _ if inside && self.sums && !packet.is_whole() => {
                self.fail(ReadError::Protocol("bytes were changed on the way"));
            }
            _ if inside => self.queue.extend(self.streams.take(packet)),
            // Left over from an earlier connection.
            Kind::Open | Kind::Okay | Kind::Close | Kind::Write => {}
        }
        if self.queue.len() > MOST_QUEUED {
            self.fail(ReadError::Protocol("it sends without end"));
        }
    }

    fn greet(&mut self) {
        let longest = u32::try_from(MAX_PAYLOAD).unwrap_or(u32::MAX);
        self.queue.push_back(Packet::new(Kind::Connect, VERSION, longest, GREETING.to_vec()));
    }

    /// The phone let us in.
    fn enter(&mut self, packet: &Packet, now: Instant) {
        self.sums = packet.arg0 <= VERSION_WITH_SUM;
        if self.sums && !packet.is_whole() {
            self.fail(ReadError::Protocol("bytes were changed on the way"));
            return;
        }
        let banner = Banner::parse(&packet.payload);
        if banner.state != PhoneState::Device {
            self.fail(ReadError::Unready(banner.state));
            return;
        }
        let shell = if banner.shell_v2 { Shell::V2 } else { Shell::Plain };
        self.phase = Phase::Inside { shell, end: now + self.budget.total };
        self.news.push_back(Progress::Allowed);
    }

    /// What we took for the answer to our greeting was another program's: the phone asks for proof
    /// after all, and has not looked at our commands.
    fn go_back(&mut self, packet: &Packet, now: Instant) {
        self.streams = Streams::new(self.streams.next());
        self.interview = Interview::new();
        self.queue.retain(|packet| packet.kind != Kind::Open);
        self.phase = Phase::Greeting { until: now + self.budget.connect, again: None };
        self.prove(packet, now);
    }

    /// The phone wants a token signed.
    fn prove(&mut self, packet: &Packet, now: Instant) {
        self.tokens += 1;
        if packet.arg0 != AUTH_TOKEN || packet.payload.len() != TOKEN {
            return self.fail(ReadError::Protocol("it asks for no known proof"));
        }
        if self.tokens > MOST_TOKENS {
            return self.fail(ReadError::Protocol("it asks for proof without end"));
        }
        self.token.clone_from(&packet.payload);
        match self.phase {
            Phase::Proving { key, .. } if key + 1 < self.keys.len() => self.sign(key + 1, now),
            Phase::Proving { .. } => {
                self.phase = Phase::Hesitating { until: now + HESITATION };
            }
            Phase::Asking { until, signed: false } => {
                self.sign(0, now);
                self.phase = Phase::Asking { until, signed: true };
            }
            Phase::Asking { until, signed: true } => {
                self.show_key();
                self.phase = Phase::Asking { until, signed: false };
            }
            _ => self.sign(0, now),
        }
    }

    fn sign(&mut self, key: usize, now: Instant) {
        let Some(signature) = self.keys.get(key).and_then(|key| key.sign(&self.token)) else {
            return self.fail(ReadError::NoKey);
        };
        self.queue.push_back(Packet::new(Kind::Auth, AUTH_SIGNATURE, 0, signature));
        self.phase = Phase::Proving { key, until: now + self.budget.connect };
    }

    fn show_key(&mut self) {
        if let Some(key) = self.keys.first() {
            self.queue.push_back(Packet::new(Kind::Auth, AUTH_PUBLIC_KEY, 0, key.public()));
        }
    }

    /// Inside: what ended is told to the interview, and what it wants is asked.
    fn converse(&mut self, shell: Shell, end: Instant, now: Instant) {
        self.queue.extend(self.streams.expire(now));
        for (command, outcome) in self.streams.ended() {
            self.interview.learn(command, outcome);
        }
        for command in self.interview.questions() {
            let until = (now + self.budget.command).min(end);
            self.queue.push_back(self.streams.open(command, shell, until));
        }
        if self.interview.is_over() {
            self.phase = Phase::Over;
        } else if self.streams.until().is_none() {
            self.fail(ReadError::Unanswered);
        }
    }

    fn fail(&mut self, error: ReadError) {
        if self.error.is_none() {
            self.error = Some(error);
        }
        self.queue.clear();
        self.phase = Phase::Over;
    }
}
