//! Codes out of packets.

use crc::{CRC_32_ISO_HDLC, Crc, Table};
use heapless::Vec;
use tekser_wire::message::{Aim, TEXT_MAX};

use super::super::aim;
use super::packet::Packet;
use super::symbology;
use crate::clock::Instant;

/// Within this time the engine repeats what was not acknowledged, in milliseconds. It tries three
/// times, two seconds apart at most.
const REPEATS_MS: u64 = 8_000;

/// A byte at a time is a table of 1 KiB; packets are short and scans are rare.
const CRC: Crc<u32, Table<0>> = Crc::<u32, Table<0>>::new(&CRC_32_ISO_HDLC);

/// What a packet of a code led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    /// More packets follow.
    Part,
    /// A code: [`Decode::text`] has it until the next packet.
    Whole,
    TooLong,
    /// Perhaps a part of something else than what was begun.
    Doubtful,
    /// Had already, or empty.
    Nothing,
}

/// After a code was given up, parts of it may still come for so long, in milliseconds.
const REMAINS_MS: u64 = 3_000;

/// Gathers a code from one packet or several. A part that is not known to belong where it would go
/// is left out, with all the rest of its code: half a number is worse than none.
#[derive(Debug)]
pub(super) struct Decode {
    text: Vec<u8, { aim::LEN + TEXT_MAX + 2 }>,
    symbology: u8,
    opcode: u8,
    too_long: bool,
    /// When the last part of an unfinished code came.
    open: Option<Instant>,
    /// Since then a packet came broken.
    doubted: bool,
    /// A code whose packets had this opcode was given up then.
    given_up: Option<(u8, Instant)>,
    last: Option<Seen>,
}

#[derive(Debug, Clone, Copy)]
struct Seen {
    crc: u32,
    at: Instant,
}

impl Decode {
    pub(super) const fn new() -> Self {
        Self {
            text: Vec::new(),
            symbology: 0,
            opcode: 0,
            too_long: false,
            open: None,
            doubted: false,
            given_up: None,
            last: None,
        }
    }

    /// Takes the next packet. The engine marks a repetition; one of a packet that was taken is
    /// acknowledged and otherwise ignored.
    pub(super) fn take(&mut self, packet: Packet<'_>, now: Instant) -> Taken {
        let seen = Seen { crc: fingerprint(packet), at: now };
        let before = self.last.replace(seen);
        let is_same = |last: Seen| last.crc == seen.crc && now.millis_since(last.at) < REPEATS_MS;
        if packet.again && before.is_some_and(is_same) {
            return Taken::Nothing;
        }
        let [symbology, text @ ..] = packet.data else {
            return Taken::Nothing;
        };
        let belongs = (self.opcode, self.symbology) == (packet.opcode, *symbology);
        let doubted = core::mem::take(&mut self.doubted) && !packet.again;
        if self.is_remains(packet.opcode, now) || (self.open.is_some() && belongs && doubted) {
            self.abandon(now);
            return Taken::Doubtful;
        }
        if self.open.is_none() || !belongs {
            self.text.clear();
            self.too_long = false;
            (self.opcode, self.symbology) = (packet.opcode, *symbology);
        }
        self.too_long |= self.text.extend_from_slice(text).is_err();
        self.open = packet.more.then_some(now);
        match () {
            () if packet.more => Taken::Part,
            () if self.too_long || self.text().1.len() > TEXT_MAX => Taken::TooLong,
            () if self.text().1.is_empty() => Taken::Nothing,
            () => Taken::Whole,
        }
    }

    /// A packet came broken: the next repetition may be of one that was never taken.
    pub(super) fn disturbed(&mut self) {
        self.last = None;
        self.doubted = self.open.is_some();
    }

    /// When the last part of an unfinished code came.
    pub(super) const fn open_since(&self) -> Option<Instant> {
        self.open
    }

    /// Gives an unfinished code up.
    pub(super) fn abandon(&mut self, now: Instant) {
        if self.open.take().is_some() {
            self.given_up = Some((self.opcode, now));
        }
    }

    /// Whether a packet may be what is left of a code that was given up.
    fn is_remains(&self, opcode: u8, now: Instant) -> bool {
        let is_near = |at: Instant| now.millis_since(at) < REMAINS_MS;
        self.given_up.is_some_and(|(given_up, at)| given_up == opcode && is_near(at))
    }

    /// The code, without what engines put around it.
    pub(super) fn text(&self) -> (Option<Aim>, &[u8]) {
        let mut whole = self.text.as_slice();
        while let [rest @ .., b'\r' | b'\n' | b'\t'] = whole {
            whole = rest;
        }
        let (identifier, text) = aim::split(whole);
        (identifier.or(symbology::aim(self.symbology)), text)
    }
}

/// The same for a packet and its repetition.
fn fingerprint(packet: Packet<'_>) -> u32 {
    let mut digest = CRC.digest();
    digest.update(&[packet.opcode, u8::from(packet.more)]);
    digest.update(packet.data);
    digest.finalize()
}
