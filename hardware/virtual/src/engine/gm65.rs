//! GM65: registers behind frames, codes as text.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::manners::Manners;
use super::{Asked, Body, Code, Said};

/// A command must be whole within this time.
const COMMAND_TIME: Duration = Duration::from_millis(400);

/// How long it looks when it was triggered.
const LOOK_TIME: Duration = Duration::from_secs(5);

/// As the factory sets it: manual, light and aim as usual, with beeper; codes to USB; text bare.
const FACTORY: [(u16, u8); 5] =
    [(0x0000, 0xd4), (0x0002, 0x00), (0x000d, 0x01), (0x0060, 0x00), (0x00d0, 0x00)];

#[derive(Debug)]
pub(super) struct Gm65 {
    now: BTreeMap<u16, u8>,
    kept: BTreeMap<u16, u8>,
    command: Vec<u8>,
    since: Option<Instant>,
    looks_until: Option<Instant>,
    saves: usize,
    forgets: bool,
    only_acknowledges: bool,
}

impl Gm65 {
    pub(super) fn new() -> Self {
        let registers: BTreeMap<u16, u8> = FACTORY.into_iter().collect();
        Self {
            now: registers.clone(),
            kept: registers,
            command: Vec::new(),
            since: None,
            looks_until: None,
            saves: 0,
            forgets: false,
            only_acknowledges: false,
        }
    }

    fn register(&self, address: u16) -> u8 {
        self.now.get(&address).copied().unwrap_or(0)
    }

    /// Carries out a whole command; an engine says nothing to one that is wrong.
    fn obey(&mut self, now: Instant, asked: &mut Asked) -> Option<Vec<u8>> {
        let command = std::mem::take(&mut self.command);
        let [_, _, kind, count, high, low, data @ .., crc_high, crc_low] = command.as_slice()
        else {
            return None;
        };
        let right = crc(&command[2..command.len() - 2]).to_be_bytes();
        if [*crc_high, *crc_low] != right && [*crc_high, *crc_low] != [0xab, 0xcd] {
            asked.push("wrong CRC".to_owned());
            return None;
        }
        let address = u16::from_be_bytes([*high, *low]);
        match kind {
            0x07 => {
                let wanted = usize::from(data.first().copied()?);
                asked.push(format!("read {address:#06x}, {wanted}"));
                let values = (0..wanted).map(|at| self.register(address.wrapping_add(at as u16)));
                let values: Vec<u8> = values.collect();
                Some(if self.only_acknowledges { reply(&[0]) } else { reply(&values) })
            }
            0x08 => {
                asked.push(format!("write {address:#06x} = {data:02x?}"));
                if !self.only_acknowledges {
                    self.write(address, data, now);
                }
                Some(reply(&[0]))
            }
            0x09 => {
                asked.push("save".to_owned());
                if !self.only_acknowledges {
                    self.kept.clone_from(&self.now);
                }
                self.saves += 1;
                Some(reply(&[0]))
            }
            _ => {
                asked.push(format!("unknown command {kind:#04x}, {count}"));
                None
            }
        }
    }

    fn write(&mut self, address: u16, data: &[u8], now: Instant) {
        for (at, value) in (0..).zip(data) {
            match address.wrapping_add(at) {
                0x0002 => self.looks_until = (value & 1 == 1).then(|| now + LOOK_TIME),
                0x00d9 => self.now = FACTORY.into_iter().collect(),
                _ if self.forgets => {}
                address => drop(self.now.insert(address, *value)),
            }
        }
    }

    /// How many bytes the command has that was begun, once that is known.
    fn expected(&self) -> Option<usize> {
        let [kind, count] = [self.command.get(2)?, self.command.get(3)?];
        let data = if *kind == 0x08 { usize::from(*count) } else { 1 };
        Some(6 + data + 2)
    }
}

impl Body for Gm65 {
    fn behave(&mut self, manners: &Manners) {
        self.forgets = manners.forgets;
        self.only_acknowledges = manners.only_acknowledges;
    }

    fn start(&mut self, _: Instant) {
        self.now.clone_from(&self.kept);
        self.command.clear();
        self.looks_until = None;
    }

    fn hear(&mut self, byte: u8, now: Instant, asked: &mut Asked) -> Vec<Said> {
        if self.since.is_some_and(|since| now.duration_since(since) > COMMAND_TIME) {
            self.command.clear();
        }
        let expected: &[u8] = match self.command.len() {
            0 => &[0x7e],
            1 => &[0x00],
            _ => &[],
        };
        if !expected.is_empty() && !expected.contains(&byte) {
            self.command.clear();
            return Vec::new();
        }
        if self.command.is_empty() {
            self.since = Some(now);
        }
        self.command.push(byte);
        if self.expected() != Some(self.command.len()) {
            return Vec::new();
        }
        self.obey(now, asked).map(Said::Answer).into_iter().collect()
    }

    fn tick(&mut self, _: Instant) -> Vec<Said> {
        Vec::new()
    }

    fn wake_at(&self) -> Option<Instant> {
        None
    }

    fn is_looking(&self, now: Instant) -> bool {
        match self.register(0x0000) & 0x03 {
            0x02 | 0x03 => true,
            _ => self.looks_until.is_some_and(|until| now < until),
        }
    }

    fn see(&mut self, code: &Code, _: Instant) -> Vec<Said> {
        self.looks_until = None;
        if self.register(0x000d) & 0x03 != 0 {
            // It goes to the USB, where nobody is.
            return Vec::new();
        }
        let identified = self.register(0x00d0) & 0x80 != 0;
        let mut line = if identified { code.identified() } else { code.text.clone() };
        let format = self.register(0x0060);
        if format & 0x01 != 0 {
            let tail: &[u8] = match format >> 5 & 0x03 {
                0 => b"\r",
                1 => b"\r\n",
                2 => b"\t",
                _ => b"",
            };
            line.extend(tail);
        }
        vec![Said::Scan(line)]
    }

    fn prattle(&self) -> Vec<u8> {
        reply(&[0])
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

/// A reply whose checksum is that of its own bytes, as the manual has it.
fn reply(data: &[u8]) -> Vec<u8> {
    let count = data.len() as u8;
    let covered = [&[0x00, count][..], data].concat();
    [&[0x02, 0x00][..], &covered, &crc(&covered).to_be_bytes()].concat()
}

/// The manual's own algorithm, bit by bit.
fn crc(bytes: &[u8]) -> u16 {
    let mut crc: u32 = 0;
    for byte in bytes {
        for bit in (0..8).rev() {
            crc *= 2;
            if crc & 0x1_0000 != 0 {
                crc ^= 0x1_1021;
            }
            if byte >> bit & 1 != 0 {
                crc ^= 0x1021;
            }
        }
    }
    (crc & 0xffff) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(engine: &mut Gm65, command: &[u8]) -> Vec<Said> {
        let now = Instant::now();
        let mut asked = Vec::new();
        command.iter().flat_map(|byte| engine.hear(*byte, now, &mut asked)).collect()
    }

    #[test]
    fn it_answers_as_its_manual_says() {
        let mut engine = Gm65::new();
        let write = [0x7e, 0, 8, 1, 0, 0x0a, 0x3e, 0x4c, 0xcf];
        let read = [0x7e, 0, 7, 1, 0, 0x0a, 1, 0xee, 0x8a];
        let done = vec![Said::Answer(vec![2, 0, 0, 1, 0, 0x33, 0x31])];
        assert_eq!(answer(&mut engine, &write), done);
        let value = vec![Said::Answer(vec![2, 0, 0, 1, 0x3e, 0xe4, 0xac])];
        assert_eq!(answer(&mut engine, &read), value);
        assert_eq!(answer(&mut engine, &[0x7e, 0, 8, 1, 0, 2, 1, 0xab, 0xcd]), done);
        assert_eq!(answer(&mut engine, &[0x7e, 0, 7, 1, 0, 0x0a, 1, 0x11, 0x22]), []);
    }
}
