//! What is set in an SSI engine.
//!
//! All of it until the engine loses power only, so that its memory does not wear and it can be
//! said again as often as wanted. Each value is read back; an engine that cannot be asked for
//! one is believed until its codes show how it is.

use super::packet::opcode;

/// How often a parameter is tried.
const ATTEMPTS: u8 = 3;

/// No beep, please.
const NO_BEEP: u8 = 0xff;

#[derive(Debug, Clone, Copy)]
struct Parameter {
    number: u8,
    value: u8,
    /// Whether codes would not come, or not be acknowledged, without it.
    essential: bool,
}

const PARAMETERS: [Parameter; 5] = [
    // It looks when the host says so.
    Parameter { number: 0x8a, value: 0x08, essential: true },
    // Codes come in packets.
    Parameter { number: 0xee, value: 0x01, essential: true },
    // Packets are acknowledged.
    Parameter { number: 0x9f, value: 0x01, essential: true },
    // The symbology identifier comes in front of the text.
    Parameter { number: 0x2d, value: 0x01, essential: false },
    // Its beeper is off: a person is to hear the verdict alone.
    Parameter { number: 0x38, value: 0x00, essential: false },
];

/// A packet to send: opcode and data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Request {
    Send([u8; 3]),
    Ask([u8; 1]),
}

impl Request {
    pub(super) const fn opcode(&self) -> u8 {
        match self {
            Self::Send(_) => opcode::PARAM_SEND,
            Self::Ask(_) => opcode::PARAM_REQUEST,
        }
    }

    pub(super) const fn data(&self) -> &[u8] {
        match self {
            Self::Send(data) => data,
            Self::Ask(data) => data,
        }
    }
}

/// What the engine answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer<'a> {
    Acknowledged,
    Denied,
    /// A beep code, then pairs of number and value.
    Values(&'a [u8]),
}

/// Setting an engine up, one packet at a time.
#[derive(Debug)]
pub(super) struct SetUp {
    index: usize,
    asking: bool,
    attempts: u8,
    refused: bool,
    /// It cannot be asked.
    blind: bool,
}

impl SetUp {
    /// `blind`: it is known not to answer when asked for a value.
    pub(super) const fn new(blind: bool) -> Self {
        Self { index: 0, asking: false, attempts: 0, refused: false, blind }
    }

    /// What to send now; `None` when all is done.
    pub(super) fn request(&self) -> Option<Request> {
        let Parameter { number, value, .. } = *PARAMETERS.get(self.index)?;
        Some(if self.asking {
            Request::Ask([number])
        } else {
            Request::Send([NO_BEEP, number, value])
        })
    }

    pub(super) const fn is_done(&self) -> bool {
        self.index >= PARAMETERS.len()
    }

    /// Whether the engine refuses something that codes depend on.
    pub(super) const fn is_refused(&self) -> bool {
        self.refused
    }

    /// Whether it could not be asked what it kept.
    pub(super) const fn is_blind(&self) -> bool {
        self.blind
    }

    /// Takes the answer to [`SetUp::request`]. Says whether it was one to it.
    pub(super) fn answer(&mut self, answer: Answer<'_>) -> bool {
        let Some(Parameter { number, value, .. }) = PARAMETERS.get(self.index).copied() else {
            return true;
        };
        match (self.asking, answer) {
            (false, Answer::Acknowledged) if self.blind => self.next(),
            (false, Answer::Acknowledged) => self.asking = true,
            (true, Answer::Values([_, pairs @ ..])) => {
                let mut pairs = pairs.chunks_exact(2);
                match pairs.find(|pair| pair.first() == Some(&number)) {
                    Some(pair) if pair.last() == Some(&value) => self.next(),
                    _ => self.again(),
                }
            }
            (true, _) => self.cannot_be_asked(),
            (false, Answer::Denied) => self.again(),
            // It acknowledges, or it does not; values are the answer to something else.
            (false, Answer::Values(_)) => return false,
        }
        true
    }

    /// Nobody answered. Says whether that only means that it cannot be asked.
    pub(super) fn no_answer(&mut self) -> bool {
        if self.asking {
            self.cannot_be_asked();
            return true;
        }
        false
    }

    fn cannot_be_asked(&mut self) {
        self.blind = true;
        self.next();
    }

    fn again(&mut self) {
        self.asking = false;
        self.attempts += 1;
        if self.attempts >= ATTEMPTS {
            self.refused |= PARAMETERS.get(self.index).is_some_and(|parameter| parameter.essential);
            self.next();
        }
    }

    fn next(&mut self) {
        self.asking = false;
        self.attempts = 0;
        self.index += 1;
    }
}
