//! The engine's line: what it says, when it comes out, and what becomes of it on the way.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::manners::Manners;
use crate::phone::Next;

/// Pause between garbage and what it surrounds: anything shorter is part of it.
const APART: Duration = Duration::from_millis(150);

/// Bytes that wait to be sent. An engine that nobody reads drops the rest.
const WAITING: usize = 1 << 20;

/// Bytes on their way to the host.
#[derive(Debug)]
pub(super) struct Outbox {
    queue: VecDeque<(Instant, Vec<u8>)>,
    waiting: usize,
    /// The line is busy until then.
    free_at: Option<Instant>,
    per_byte: Duration,
    wrong_bits: u32,
    garbage: usize,
    chance: u64,
}

impl Outbox {
    pub(super) fn new(manners: &Manners) -> Self {
        let mut outbox = Self {
            queue: VecDeque::new(),
            waiting: 0,
            free_at: None,
            per_byte: Duration::ZERO,
            wrong_bits: 0,
            garbage: 0,
            chance: manners.seed ^ 0x9e37_79b9_7f4a_7c15,
        };
        outbox.behave(manners);
        outbox
    }

    pub(super) fn behave(&mut self, manners: &Manners) {
        let bits = |baud: u32| Duration::from_secs(10) / baud.max(1);
        self.per_byte = manners.baud.map(bits).unwrap_or_default() + manners.gap;
        self.wrong_bits = manners.wrong_bits;
        self.garbage = manners.garbage;
    }

    pub(super) fn clear(&mut self) {
        self.queue.clear();
        self.waiting = 0;
        self.free_at = None;
    }

    /// Whether all was said.
    pub(super) fn is_free(&self, now: Instant) -> bool {
        self.queue.is_empty() && self.free_at.is_none_or(|at| at <= now)
    }

    /// Says this at `at`, or when the line is free.
    pub(super) fn say(&mut self, bytes: Vec<u8>, at: Instant) {
        if bytes.is_empty() || self.waiting + bytes.len() > WAITING {
            return;
        }
        if self.garbage == 0 {
            return self.put(bytes, at);
        }
        let before = self.make_garbage();
        self.put(before, at);
        self.hush(APART);
        self.put(bytes, at);
        self.hush(APART);
        let after = self.make_garbage();
        self.put(after, at);
        self.hush(APART);
    }

    fn put(&mut self, mut bytes: Vec<u8>, at: Instant) {
        for byte in &mut bytes {
            for bit in 0..8 {
                let is_wrong = self.draw() % 1_000_000 < u64::from(self.wrong_bits);
                *byte ^= u8::from(is_wrong) << bit;
            }
        }
        let from = self.free_at.map_or(at, |free| free.max(at));
        self.waiting += bytes.len();
        if self.per_byte.is_zero() {
            self.queue.push_back((from, bytes));
            self.free_at = Some(from);
            return;
        }
        let mut due = from;
        for byte in bytes {
            due += self.per_byte;
            self.queue.push_back((due, vec![byte]));
        }
        self.free_at = Some(due);
    }

    fn hush(&mut self, pause: Duration) {
        self.free_at = self.free_at.map(|at| at + pause);
    }

    fn make_garbage(&mut self) -> Vec<u8> {
        (0..self.garbage).map(|_| self.draw().to_le_bytes()[3]).collect()
    }

    /// Xorshift: the same bytes every time.
    fn draw(&mut self) -> u64 {
        self.chance ^= self.chance << 13;
        self.chance ^= self.chance >> 7;
        self.chance ^= self.chance << 17;
        self.chance
    }

    pub(super) fn next(&mut self, now: Instant) -> Next {
        match self.queue.front() {
            Some((due, _)) if *due <= now => {
                let bytes = self.queue.pop_front().map(|(_, bytes)| bytes).unwrap_or_default();
                self.waiting = self.waiting.saturating_sub(bytes.len());
                Next::Send(bytes)
            }
            Some((due, _)) => Next::Wait(Some(*due)),
            None => Next::Wait(self.free_at.filter(|at| *at > now)),
        }
    }
}
