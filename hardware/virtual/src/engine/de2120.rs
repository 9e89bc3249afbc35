//! DE2120: ASCII commands, answered by a byte each; codes as text.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::manners::Manners;
use super::{Asked, Body, Code, Said};

/// How long it looks when it was told to.
const LOOK_TIME: Duration = Duration::from_secs(5);

/// Longest command, in bytes.
const COMMAND: usize = 32;

/// What makes it look: 0 the host, 1 nothing has to, 2 motion.
pub(super) const MODE: u16 = 0;

/// Whether the identifier comes in front.
pub(super) const IDENTIFIER: u16 = 1;

#[derive(Debug)]
pub(super) struct De2120 {
    settings: BTreeMap<u16, u8>,
    command: Vec<u8>,
    looks_until: Option<Instant>,
    saves: usize,
    forgets: bool,
    only_acknowledges: bool,
}

impl De2120 {
    pub(super) fn new() -> Self {
        Self {
            settings: [(MODE, 0), (IDENTIFIER, 0)].into_iter().collect(),
            command: Vec::new(),
            looks_until: None,
            saves: 0,
            forgets: false,
            only_acknowledges: false,
        }
    }

    fn obey(&mut self, word: &str, now: Instant) -> bool {
        let (number, value) = match word {
            _ if self.only_acknowledges => return true,
            "SCAN" => {
                self.looks_until = Some(now + LOOK_TIME);
                return true;
            }
            "SLEEP" => {
                self.looks_until = None;
                return true;
            }
            "SCMMAN" => (MODE, 0),
            "SCMCNT" => (MODE, 1),
            "SCMMDH" => (MODE, 2),
            "CIDENA0" => (IDENTIFIER, 0),
            "CIDENA1" => (IDENTIFIER, 1),
            "POR232" => return true,
            _ => return false,
        };
        if !self.forgets {
            self.saves += 1;
            self.settings.insert(number, value);
        }
        true
    }
}

impl Body for De2120 {
    fn behave(&mut self, manners: &Manners) {
        self.forgets = manners.forgets;
        self.only_acknowledges = manners.only_acknowledges;
    }

    fn start(&mut self, _: Instant) {
        self.command.clear();
        self.looks_until = None;
    }

    fn hear(&mut self, byte: u8, now: Instant, asked: &mut Asked) -> Vec<Said> {
        if byte != b'.' {
            if self.command.len() >= COMMAND {
                self.command.clear();
            }
            self.command.push(byte);
            return Vec::new();
        }
        let command = std::mem::take(&mut self.command);
        let text = String::from_utf8_lossy(&command);
        let Some((_, word)) = text.rsplit_once("^_^") else {
            return Vec::new();
        };
        asked.push(word.to_owned());
        let answer = if self.obey(word, now) { 0x06 } else { 0x15 };
        vec![Said::Answer(vec![answer])]
    }

    fn tick(&mut self, _: Instant) -> Vec<Said> {
        Vec::new()
    }

    fn wake_at(&self) -> Option<Instant> {
        None
    }

    fn is_looking(&self, now: Instant) -> bool {
        self.settings.get(&MODE) != Some(&0) || self.looks_until.is_some_and(|until| now < until)
    }

    fn see(&mut self, code: &Code, _: Instant) -> Vec<Said> {
        self.looks_until = None;
        let identified = self.settings.get(&IDENTIFIER) == Some(&1);
        let mut line = if identified { code.identified() } else { code.text.clone() };
        line.push(b'\r');
        vec![Said::Scan(line)]
    }

    fn prattle(&self) -> Vec<u8> {
        vec![0x06]
    }

    fn settings(&self) -> BTreeMap<u16, u8> {
        self.settings.clone()
    }

    fn set(&mut self, number: u16, value: u8) {
        self.settings.insert(number, value);
    }

    fn saves(&self) -> usize {
        self.saves
    }
}
