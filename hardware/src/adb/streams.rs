//! Several commands at a time over one connection.
//!
//! Each stream has a number on both sides. What does not name both numbers of an open stream is
//! left over from an earlier connection or made up, and is never credited to a command.

use std::time::Instant;

use super::command::{Command, Shell};
use super::packet::{Kind, Packet};
use super::shell::{Listener, Outcome};

/// The commands that are running.
#[derive(Debug)]
pub(super) struct Streams {
    next: u32,
    running: Vec<Stream>,
    ended: Vec<(Command, Outcome)>,
    /// The phone has answered to any of them.
    heard: bool,
}

#[derive(Debug)]
struct Stream {
    id: u32,
    /// The phone's number, once it has opened its end.
    remote: Option<u32>,
    command: Command,
    listener: Listener,
    until: Instant,
}

impl Streams {
    /// No commands yet. The first gets the number `first`.
    pub(super) const fn new(first: u32) -> Self {
        Self { next: first, running: Vec::new(), ended: Vec::new(), heard: false }
    }

    /// Starts a command; the packet that does it.
    pub(super) fn open(&mut self, command: Command, shell: Shell, until: Instant) -> Packet {
        // 0 is no number.
        let id = self.next.max(1);
        self.next = id.wrapping_add(1);
        let listener = Listener::new(command, shell);
        self.running.push(Stream { id, remote: None, command, listener, until });
        let mut service = command.service(shell).into_bytes();
        // Old phones want a zero byte at the end.
        service.push(0);
        Packet::new(Kind::Open, id, 0, service)
    }

    /// Takes in a packet of a stream; the packet to answer with.
    pub(super) fn take(&mut self, packet: &Packet) -> Option<Packet> {
        let at = self.running.iter().position(|stream| stream.id == packet.arg1);
        let known = at.and_then(|at| Some((at, self.running.get_mut(at)?)));
        match (packet.kind, known) {
            (Kind::Okay, Some((_, stream))) if packet.arg0 != 0 => {
                self.heard = true;
                let remote = *stream.remote.get_or_insert(packet.arg0);
                if remote == packet.arg0 { None } else { Some(refusal(packet)) }
            }
            (Kind::Write, Some((at, stream))) if stream.remote == Some(packet.arg0) => {
                let (id, full) = (stream.id, stream.listener.hear(&packet.payload));
                if full {
                    self.end(at);
                    return Some(Packet::new(Kind::Close, id, packet.arg0, Vec::new()));
                }
                Some(Packet::new(Kind::Okay, id, packet.arg0, Vec::new()))
            }
            (Kind::Close, Some((at, stream))) if stream.is_closed_by(packet.arg0) => {
                self.heard = true;
                self.end(at);
                None
            }
            // An answer to it would be answered, for ever.
            (Kind::Close, _) => None,
            _ => Some(refusal(packet)),
        }
    }

    /// Gives up on commands whose time is up; the packets that say so.
    pub(super) fn expire(&mut self, now: Instant) -> Vec<Packet> {
        let (late, running): (Vec<_>, Vec<_>) =
            self.running.drain(..).partition(|stream| stream.until <= now);
        self.running = running;
        self.ended.extend(late.iter().map(|stream| (stream.command, Outcome::Unanswered)));
        let close = |stream: &Stream| {
            Packet::new(Kind::Close, stream.id, stream.remote.unwrap_or_default(), Vec::new())
        };
        late.iter().map(close).collect()
    }

    /// Commands that came to their end, in the order in which they did.
    pub(super) fn ended(&mut self) -> Vec<(Command, Outcome)> {
        core::mem::take(&mut self.ended)
    }

    /// When the next command is given up.
    pub(super) fn until(&self) -> Option<Instant> {
        self.running.iter().map(|stream| stream.until).min()
    }

    /// Whether the phone has answered to any command.
    pub(super) const fn heard(&self) -> bool {
        self.heard
    }

    /// The number that the next command gets.
    pub(super) const fn next(&self) -> u32 {
        self.next
    }

    /// Bytes held.
    pub(super) fn held(&self) -> usize {
        self.running.iter().map(|stream| stream.listener.held()).sum()
    }

    fn end(&mut self, at: usize) {
        let stream = self.running.remove(at);
        let outcome = match stream.remote {
            Some(_) => stream.listener.end(),
            None => Outcome::Refused,
        };
        self.ended.push((stream.command, outcome));
    }
}

impl Stream {
    /// A refusal to open names no number of the phone's, or one that is not known yet.
    fn is_closed_by(&self, remote: u32) -> bool {
        self.remote.is_none_or(|known| known == remote || remote == 0)
    }
}

/// "There is no such stream."
fn refusal(packet: &Packet) -> Packet {
    Packet::new(Kind::Close, 0, packet.arg0, Vec::new())
}
