//! GM67, GM72: parameters behind packets, codes in packets that must be acknowledged.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use super::manners::Manners;
use super::{Asked, Body, Code, Said};

/// It sleeps when nothing was said for so long.
const SLEEPS_AFTER: Duration = Duration::from_secs(1);

/// Time from the byte that wakes it until it hears.
const WAKING: Duration = Duration::from_millis(40);

/// Time within which a code must be acknowledged.
const ACKNOWLEDGED_WITHIN: Duration = Duration::from_millis(1_000);

/// How often a code is sent.
const TRIES: u8 = 3;

/// How long it looks when it was told to.
const LOOK_TIME: Duration = Duration::from_secs(5);

/// A packet must be whole within this time.
const PACKET_TIME: Duration = Duration::from_millis(250);

/// Data bytes of a code that go into one packet.
const PIECE: usize = 240;

/// As the factory sets it: trigger of its own, text instead of packets, handshake on.
const FACTORY: [(u16, u8); 5] = [(0x8a, 0), (0xee, 0), (0x9f, 1), (0x2d, 0), (0x38, 1)];

#[derive(Debug)]
pub(super) struct Ssi {
    now: BTreeMap<u16, u8>,
    kept: BTreeMap<u16, u8>,
    saves: usize,
    packet: Vec<u8>,
    since: Option<Instant>,
    awake_until: Option<Instant>,
    hears_from: Option<Instant>,
    looks_until: Option<Instant>,
    /// Packets of codes: the first is out and not acknowledged.
    out: VecDeque<Out>,
    sent: Option<Instant>,
    forgets: bool,
    only_acknowledges: bool,
}

#[derive(Debug)]
struct Out {
    opcode: u8,
    more: bool,
    data: Vec<u8>,
    tries: u8,
}

impl Ssi {
    pub(super) fn new() -> Self {
        let parameters: BTreeMap<u16, u8> = FACTORY.into_iter().collect();
        Self {
            now: parameters.clone(),
            kept: parameters,
            saves: 0,
            packet: Vec::new(),
            since: None,
            awake_until: None,
            hears_from: None,
            looks_until: None,
            out: VecDeque::new(),
            sent: None,
            forgets: false,
            only_acknowledges: false,
        }
    }

    fn parameter(&self, number: u16) -> u8 {
        self.now.get(&number).copied().unwrap_or(0)
    }

    /// Whether a byte of the host's is heard: the first one only wakes a sleeper.
    fn is_awake(&mut self, now: Instant) -> bool {
        let slept = self.awake_until.is_none_or(|until| now >= until);
        self.awake_until = Some(now + SLEEPS_AFTER);
        if slept {
            self.hears_from = Some(now + WAKING);
        }
        self.hears_from.is_none_or(|from| now >= from)
    }

    fn obey(&mut self, now: Instant, asked: &mut Asked) -> Vec<Said> {
        let packet = std::mem::take(&mut self.packet);
        let sum = packet.iter().take(packet.len() - 2);
        let sum = sum.fold(0_u16, |sum, byte| sum.wrapping_add(u16::from(*byte)));
        if !packet.ends_with(&sum.wrapping_neg().to_be_bytes()) {
            asked.push("wrong checksum".to_owned());
            return vec![Said::Answer(encode(0xd1, 0, &[0x01]))];
        }
        let [_, opcode, _, status, data @ .., _, _] = packet.as_slice() else {
            return Vec::new();
        };
        asked.push(format!("{opcode:#04x} {status:#04x} {data:02x?}"));
        let answer = match opcode {
            0xd0 => return self.acknowledged(now),
            0xd1 if data == [0x01] => return self.repeat(now),
            0xd1 => return Vec::new(),
            _ if self.only_acknowledges => acknowledge(),
            0xc6 => self.set_all(data, status & 0x08 != 0),
            0xc7 => {
                let values =
                    data.iter().flat_map(|number| [*number, self.parameter((*number).into())]);
                encode(0xc6, 0, &[0xff].into_iter().chain(values).collect::<Vec<u8>>())
            }
            // Starting and stopping is for hosts that it was told to listen to.
            0xe4 | 0xe5 if self.parameter(0x8a) != 0x08 => encode(0xd1, 0, &[0x06]),
            0xe4 => {
                self.looks_until = Some(now + LOOK_TIME);
                acknowledge()
            }
            0xe5 => {
                self.looks_until = None;
                acknowledge()
            }
            _ => encode(0xd1, 0, &[0x02]),
        };
        vec![Said::Answer(answer)]
    }

    fn set_all(&mut self, data: &[u8], permanent: bool) -> Vec<u8> {
        for pair in data.get(1..).unwrap_or_default().chunks_exact(2) {
            if !self.forgets {
                self.now.insert(pair[0].into(), pair[1]);
            }
            if permanent {
                self.kept.insert(pair[0].into(), pair[1]);
                self.saves += 1;
            }
        }
        acknowledge()
    }

    fn acknowledged(&mut self, now: Instant) -> Vec<Said> {
        if self.sent.take().is_some() {
            self.out.pop_front();
        }
        self.send(now)
    }

    fn repeat(&mut self, now: Instant) -> Vec<Said> {
        if self.sent.take().is_none() {
            return Vec::new();
        }
        if self.out.front().is_some_and(|out| out.tries >= TRIES) {
            // A code that nobody acknowledges is lost whole.
            while self.out.pop_front().is_some_and(|out| out.more) {}
        }
        self.send(now)
    }

    fn send(&mut self, now: Instant) -> Vec<Said> {
        let Some(out) = self.out.front_mut().filter(|_| self.sent.is_none()) else {
            return Vec::new();
        };
        let status = u8::from(out.tries > 0) | u8::from(out.more) << 1;
        out.tries += 1;
        let packet = encode(out.opcode, status, &out.data);
        self.awake_until = Some(now + SLEEPS_AFTER);
        self.hears_from = None;
        if self.parameter(0x9f) == 1 {
            self.sent = Some(now);
        } else {
            self.out.pop_front();
        }
        vec![Said::Scan(packet)]
    }
}

impl Body for Ssi {
    fn behave(&mut self, manners: &Manners) {
        self.forgets = manners.forgets;
        self.only_acknowledges = manners.only_acknowledges;
    }

    fn start(&mut self, _: Instant) {
        self.now.clone_from(&self.kept);
        self.packet.clear();
        self.out.clear();
        self.sent = None;
        self.looks_until = None;
        self.awake_until = None;
    }

    fn hear(&mut self, byte: u8, now: Instant, asked: &mut Asked) -> Vec<Said> {
        if !self.is_awake(now) {
            return Vec::new();
        }
        if self.since.is_some_and(|since| now.duration_since(since) > PACKET_TIME) {
            self.packet.clear();
        }
        if self.packet.is_empty() {
            if byte < 4 {
                return Vec::new();
            }
            self.since = Some(now);
        }
        self.packet.push(byte);
        if self.packet.len() < usize::from(self.packet[0]) + 2 {
            return Vec::new();
        }
        self.obey(now, asked)
    }

    fn tick(&mut self, now: Instant) -> Vec<Said> {
        match self.sent {
            Some(sent) if now >= sent + ACKNOWLEDGED_WITHIN => self.repeat(now),
            Some(_) => Vec::new(),
            None => self.send(now),
        }
    }

    fn wake_at(&self) -> Option<Instant> {
        self.sent.map(|sent| sent + ACKNOWLEDGED_WITHIN)
    }

    fn is_looking(&self, now: Instant) -> bool {
        // The next one waits until this one is through.
        self.out.is_empty()
            && (self.parameter(0x8a) != 0x08 || self.looks_until.is_some_and(|until| now < until))
    }

    fn see(&mut self, code: &Code, now: Instant) -> Vec<Said> {
        self.looks_until = None;
        let text = if self.parameter(0x2d) == 1 { code.identified() } else { code.text.clone() };
        if self.parameter(0xee) != 1 {
            return vec![Said::Scan([&text[..], b"\r"].concat())];
        }
        let pieces = text.chunks(PIECE).count();
        for (at, piece) in text.chunks(PIECE).enumerate() {
            self.out.push_back(Out {
                opcode: if pieces > 1 { 0xf4 } else { 0xf3 },
                more: at + 1 < pieces,
                data: [&[symbology(code.aim)], piece].concat(),
                tries: 0,
            });
        }
        self.send(now)
    }

    fn prattle(&self) -> Vec<u8> {
        acknowledge()
    }

    fn settings(&self) -> BTreeMap<u16, u8> {
        self.now.clone()
    }

    fn set(&mut self, number: u16, value: u8) {
        self.kept.insert(number, value);
    }

    fn saves(&self) -> usize {
        self.saves
    }
}

/// A packet of the engine's.
fn encode(opcode: u8, status: u8, data: &[u8]) -> Vec<u8> {
    let mut packet = [&[4 + data.len() as u8, opcode, 0x00, status][..], data].concat();
    let sum = packet.iter().fold(0_u16, |sum, byte| sum.wrapping_add(u16::from(*byte)));
    packet.extend(sum.wrapping_neg().to_be_bytes());
    packet
}

fn acknowledge() -> Vec<u8> {
    encode(0xd0, 0, &[])
}

/// The engine's number for a symbology; "not applicable" for what it has none for.
fn symbology(aim: [u8; 2]) -> u8 {
    match &aim {
        b"A0" => 0x01,
        b"C0" => 0x03,
        b"C1" => 0x0f,
        b"E0" => 0x0b,
        b"E4" => 0x0a,
        b"I0" => 0x06,
        [b'Q', _] => 0x1c,
        [b'd', _] => 0x1b,
        _ => 0x00,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_packets_are_the_published_ones() {
        assert_eq!(acknowledge(), [0x04, 0xd0, 0x00, 0x00, 0xff, 0x2c]);
        assert_eq!(encode(0xf3, 0, b"\x037"), [0x06, 0xf3, 0x00, 0x00, 0x03, 0x37, 0xfe, 0xcd]);
    }

    #[test]
    fn the_first_byte_wakes_it_and_is_lost() {
        let mut engine = Ssi::new();
        let (now, mut asked) = (Instant::now(), Vec::new());
        let command = [0x07, 0xc6, 0x04, 0x08, 0x00, 0x8a, 0x08, 0xfe, 0x95];
        let mut say = |at: Instant, bytes: &[u8]| -> Vec<Said> {
            bytes.iter().flat_map(|byte| engine.hear(*byte, at, &mut asked)).collect()
        };
        assert_eq!(say(now, &command), []);
        let later = now + Duration::from_secs(5);
        assert_eq!(say(later, &[0]), []);
        let later = later + WAKING;
        assert_eq!(say(later, &command), [Said::Answer(acknowledge())]);
        assert_eq!((engine.saves(), engine.settings()[&0x8a]), (1, 8));
    }

    #[test]
    fn a_code_that_nobody_acknowledges_is_sent_three_times_and_marked() {
        let mut engine = Ssi::new();
        engine.set(0xee, 1);
        let mut now = Instant::now();
        engine.start(now);
        let mut said = engine.see(&Code::code128("7"), now);
        for _ in 0..10 {
            now += ACKNOWLEDGED_WITHIN;
            said.extend(engine.tick(now));
        }
        let [first, again] = [0, 1].map(|status| Said::Scan(encode(0xf3, status, b"\x037")));
        assert_eq!(said, [first, again.clone(), again]);
    }
}
