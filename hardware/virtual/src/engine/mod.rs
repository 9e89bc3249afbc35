//! Scan engines that are not there: the far side of the scanner's UART.
//!
//! Each speaks the real protocol of its kind, with settings that last over a loss of power or do
//! not, and can be given bad [`Manners`]. It looks when the protocol says so: a code that is shown
//! before that waits in front of the glass.
//!
//! | part | job |
//! |---|---|
//! | [`VirtualEngine`] | the engine: bytes in, timed bytes out |
//! | [`ServedEngine`] | one that runs on any byte stream: a pipe, a socket, a pseudo-terminal |
//! | [`Manners`] | how it misbehaves, as data |
//! | [`Code`] | what is shown to it |

mod code;
mod de2120;
mod gm65;
mod line;
mod manners;
mod outbox;
mod served;
mod ssi;

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::time::Instant;

use tekser_wire::message::EngineKind;

pub use self::code::Code;
pub use self::manners::{Manners, Silence};
pub use self::served::ServedEngine;

use self::outbox::Outbox;
use crate::drive::Talks;
use crate::phone::Next;

/// Codes that fit in front of the glass; more push the oldest out.
const SHOWN: usize = 4096;

/// Commands that [`VirtualEngine::asked`] remembers.
const MEMORY: usize = 4096;

/// Something that an engine says.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Said {
    /// To a command.
    Answer(Vec<u8>),
    /// Of a code.
    Scan(Vec<u8>),
}

/// What the host told the engine, in words.
type Asked = Vec<String>;

/// What every kind of engine does in its own way.
trait Body: fmt::Debug + Send {
    /// Behaves like this from now on.
    fn behave(&mut self, manners: &Manners);

    /// Starts anew, with the settings that were kept.
    fn start(&mut self, now: Instant);

    /// Takes a byte from the host.
    fn hear(&mut self, byte: u8, now: Instant, asked: &mut Asked) -> Vec<Said>;

    /// What is due without being asked for.
    fn tick(&mut self, now: Instant) -> Vec<Said>;

    /// When something is due.
    fn wake_at(&self) -> Option<Instant>;

    /// Whether it would see a code now.
    fn is_looking(&self, now: Instant) -> bool;

    /// It saw a code.
    fn see(&mut self, code: &Code, now: Instant) -> Vec<Said>;

    /// Something that it may say unasked.
    fn prattle(&self) -> Vec<u8>;

    /// Every setting, by number.
    fn settings(&self) -> BTreeMap<u16, u8>;

    /// Changes a setting for good, as the printed sheet that comes with an engine does.
    fn set(&mut self, number: u16, value: u8);

    /// How often its memory was written to.
    fn saves(&self) -> usize;
}

/// A scan engine, without input or output of its own.
#[derive(Debug)]
pub struct VirtualEngine {
    body: Box<dyn Body>,
    manners: Manners,
    outbox: Outbox,
    shown: VecDeque<Code>,
    asked: Asked,
    powered: bool,
    unplugged: bool,
}

impl VirtualEngine {
    /// A well-behaved engine fresh from the factory that was just given power.
    pub fn new(kind: EngineKind, now: Instant) -> Self {
        Self::with_manners(kind, Manners::default(), now)
    }

    /// An engine that behaves like this.
    pub fn with_manners(kind: EngineKind, manners: Manners, now: Instant) -> Self {
        let mut body: Box<dyn Body> = match kind {
            EngineKind::Gm65 => Box::new(gm65::Gm65::new()),
            EngineKind::Ssi => Box::new(ssi::Ssi::new()),
            EngineKind::De2120 => Box::new(de2120::De2120::new()),
            EngineKind::Line => Box::new(line::Line::new()),
        };
        body.behave(&manners);
        let mut engine = Self {
            body,
            outbox: Outbox::new(&manners),
            manners,
            shown: VecDeque::new(),
            asked: Vec::new(),
            powered: false,
            unplugged: false,
        };
        engine.power_on(now);
        engine
    }

    /// The same engine after a person changed a setting for good.
    #[must_use]
    pub fn set(mut self, number: u16, value: u8, now: Instant) -> Self {
        self.body.set(number, value);
        self.body.start(now);
        self
    }

    /// Holds a code in front of the glass.
    pub fn show(&mut self, code: impl Into<Code>) {
        if self.shown.len() >= SHOWN {
            self.shown.pop_front();
        }
        self.shown.push_back(code.into());
    }

    /// Codes that it has not seen yet.
    pub fn waiting(&self) -> usize {
        self.shown.len()
    }

    /// Takes the power away: it says and hears nothing, and forgets what was not saved.
    pub fn power_off(&mut self) {
        self.powered = false;
        self.outbox.clear();
    }

    /// Gives it power. One that has it starts anew all the same, as after a dip of the voltage.
    pub fn power_on(&mut self, now: Instant) {
        self.powered = true;
        self.outbox.clear();
        self.body.start(now);
        if let Some(banner) = &self.manners.banner {
            self.outbox.say(banner.clone(), now);
        }
    }

    /// Behaves differently from now on.
    pub fn behave(&mut self, manners: Manners) {
        self.outbox.behave(&manners);
        self.body.behave(&manners);
        self.manners = manners;
    }

    /// Pulls its plug: the stream that it is served on ends.
    pub fn unplug(&mut self) {
        self.unplugged = true;
    }

    /// What it was told so far, in order and in words.
    pub fn asked(&self) -> &[String] {
        &self.asked
    }

    /// Its settings as they are now, by number.
    pub fn settings(&self) -> BTreeMap<u16, u8> {
        self.body.settings()
    }

    /// How often its memory was written to.
    pub fn saves(&self) -> usize {
        self.body.saves()
    }

    /// Whether it would see a code now.
    pub fn is_looking(&self, now: Instant) -> bool {
        self.powered && self.body.is_looking(now)
    }

    /// Takes in bytes that arrived at `now`.
    pub fn receive(&mut self, bytes: &[u8], now: Instant) {
        if !self.powered || self.manners.silence != Silence::None {
            return;
        }
        for byte in bytes {
            let said = self.body.hear(*byte, now, &mut self.asked);
            self.say(said, now);
        }
        self.asked.truncate(MEMORY);
    }

    /// What it does at `now`.
    pub fn next(&mut self, now: Instant) -> Next {
        if self.unplugged {
            return Next::Pulled;
        }
        if !self.powered || self.manners.silence == Silence::Dead {
            return Next::Wait(None);
        }
        let said = self.body.tick(now);
        self.say(said, now);
        if self.outbox.is_free(now)
            && self.body.is_looking(now)
            && let Some(code) = self.shown.pop_front()
        {
            if self.manners.prattles {
                self.outbox.say(self.body.prattle(), now);
            }
            for _ in 0..=self.manners.repeats {
                let said = self.body.see(&code, now);
                self.say(said, now);
            }
        }
        match self.outbox.next(now) {
            Next::Wait(outbox) => {
                let due = [outbox, self.body.wake_at()].into_iter().flatten().min();
                // Something that is overdue is dealt with by the next look at the clock.
                Next::Wait(due.map(|due| due.max(now)))
            }
            next => next,
        }
    }

    fn say(&mut self, said: Vec<Said>, now: Instant) {
        for said in said {
            match said {
                Said::Answer(bytes) => {
                    if self.manners.prattles {
                        self.outbox.say(self.body.prattle(), now + self.manners.delay);
                    }
                    self.outbox.say(bytes, now + self.manners.delay);
                }
                Said::Scan(bytes) => {
                    let bytes = self.manners.ended(bytes);
                    self.outbox.say(bytes, now);
                }
            }
        }
    }
}

impl Talks for VirtualEngine {
    fn receive(&mut self, bytes: &[u8], now: Instant) {
        self.receive(bytes, now);
    }

    fn next(&mut self, now: Instant) -> Next {
        self.next(now)
    }
}
