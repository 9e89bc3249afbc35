//! An engine that only sends text: it always looks, puts identifiers in front and CR behind.

use std::collections::BTreeMap;
use std::time::Instant;

use super::manners::Manners;
use super::{Asked, Body, Code, Said};

/// Endings by number: none, CR, LF, CRLF, TAB.
const ENDS: [&[u8]; 5] = [b"", b"\r", b"\n", b"\r\n", b"\t"];

/// Setting: which of the endings.
const END: u16 = 0;

/// Setting: whether the identifier comes in front.
const IDENTIFIER: u16 = 1;

#[derive(Debug)]
pub(super) struct Line {
    settings: BTreeMap<u16, u8>,
}

impl Line {
    pub(super) fn new() -> Self {
        Self { settings: [(END, 1), (IDENTIFIER, 1)].into_iter().collect() }
    }
}

impl Body for Line {
    fn behave(&mut self, _: &Manners) {}

    fn start(&mut self, _: Instant) {}

    fn hear(&mut self, byte: u8, _: Instant, asked: &mut Asked) -> Vec<Said> {
        asked.push(format!("{byte:#04x}"));
        Vec::new()
    }

    fn tick(&mut self, _: Instant) -> Vec<Said> {
        Vec::new()
    }

    fn wake_at(&self) -> Option<Instant> {
        None
    }

    fn is_looking(&self, _: Instant) -> bool {
        true
    }

    fn see(&mut self, code: &Code, _: Instant) -> Vec<Said> {
        let setting = |number| self.settings.get(&number).copied().unwrap_or_default();
        let text = if setting(IDENTIFIER) == 1 { code.identified() } else { code.text.clone() };
        let end = ENDS.get(usize::from(setting(END))).copied().unwrap_or_default();
        vec![Said::Scan([&text, end].concat())]
    }

    fn prattle(&self) -> Vec<u8> {
        b"\r\n".into()
    }

    fn settings(&self) -> BTreeMap<u16, u8> {
        self.settings.clone()
    }

    fn set(&mut self, number: u16, value: u8) {
        self.settings.insert(number, value);
    }

    fn saves(&self) -> usize {
        0
    }
}
