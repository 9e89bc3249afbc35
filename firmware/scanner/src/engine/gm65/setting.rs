//! What is set in a GM65, and how it is made sure that the engine keeps it.
//!
//! Manuals of this family disagree on details, and some firmware acknowledges what it then does
//! not do. So a register is read twice before it is written (an answer that nobody asked for
//! cannot pass for its value), only the bits that matter are changed, and it is read back. If
//! anything was written, everything is read once more, since an engine may start anew at any
//! time; only then, and only then, are the registers saved: its memory wears.

use tekser_wire::message::TriggerMode;

use super::frame::{Command, Reply};

/// Register of the mode: bits 1:0 what makes it look, bit 6 its own beeper.
pub(super) const MODE: u16 = 0x0000;

/// How often a setting is tried.
const ATTEMPTS: u8 = 4;

/// How often all settings are gone through.
const PASSES: u8 = 3;

/// How often the registers are saved for one request of the scanner's.
pub(super) const SAVES: u8 = 3;

/// A few bits of a register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Setting {
    address: u16,
    mask: u8,
    value: u8,
    /// Whether codes would not come, or not come whole, without it.
    essential: bool,
}

const SETTINGS: usize = 4;

const fn settings(trigger: TriggerMode) -> [Setting; SETTINGS] {
    let look = match trigger {
        TriggerMode::Asked => 0x01,
        TriggerMode::Always => 0x02,
    };
    [
        // Nothing around the text but CR. First of all: without it two codes could run into one.
        Setting { address: 0x0060, mask: 0x7f, value: 0x01, essential: true },
        // Bits 1:0: codes go to the serial line. The others choose the encoding.
        Setting { address: 0x000d, mask: 0x03, value: 0x00, essential: true },
        // Its beeper is off: a person is to hear the verdict alone.
        Setting { address: MODE, mask: 0x43, value: look, essential: true },
        // Not in every model.
        Setting { address: 0x00d0, mask: 0x80, value: 0x80, essential: false },
    ]
}

/// Whether a value of [`MODE`] is what was set.
pub(super) fn is_mode(value: u8, trigger: TriggerMode) -> bool {
    settings(trigger).iter().any(|setting| setting.address == MODE && setting.is_in(value))
}

impl Setting {
    const fn is_in(self, value: u8) -> bool {
        value & self.mask == self.value
    }

    const fn put_into(self, value: u8) -> u8 {
        value & !self.mask | self.value
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Read,
    /// Read once, with this value.
    Confirm(u8),
    /// To be written.
    Write(u8),
    Verify,
    Save,
    Done,
}

/// What an answer led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// It goes on.
    On,
    /// It goes on, but this was not the answer that was expected.
    Astray,
    /// All that could be set is set.
    Done,
}

/// Setting an engine up, one command at a time.
#[derive(Debug)]
pub(super) struct SetUp {
    settings: [Setting; SETTINGS],
    index: usize,
    part: Part,
    attempts: u8,
    passes: u8,
    given_up: [bool; SETTINGS],
    /// Something was written in this pass.
    written: bool,
    /// Something was written that is not saved.
    unsaved: bool,
    saves_left: u8,
    answered: bool,
    unanswered: u8,
}

impl SetUp {
    pub(super) const fn new(trigger: TriggerMode, saves_left: u8) -> Self {
        Self {
            settings: settings(trigger),
            index: 0,
            part: Part::Read,
            attempts: 0,
            passes: 1,
            given_up: [false; SETTINGS],
            written: false,
            unsaved: false,
            saves_left,
            answered: false,
            unanswered: 0,
        }
    }

    /// What to ask now.
    pub(super) fn command(&self) -> Option<Command> {
        let address = self.setting()?.address;
        Some(match self.part {
            Part::Read | Part::Confirm(_) | Part::Verify => Command::Read(address),
            Part::Write(value) => Command::Write(address, value),
            Part::Save => Command::Save,
            Part::Done => return None,
        })
    }

    /// Whether the engine refuses something that codes depend on.
    pub(super) fn is_refused(&self) -> bool {
        let mut both = self.settings.iter().zip(self.given_up);
        both.any(|(setting, given_up)| setting.essential && given_up)
    }

    /// Whether codes will come with their symbology identifier.
    pub(super) const fn is_identifying(&self) -> bool {
        let [.., aim] = self.given_up;
        !aim
    }

    /// Saves that are still allowed.
    pub(super) const fn saves_left(&self) -> u8 {
        self.saves_left
    }

    /// Takes the answer to [`SetUp::command`].
    pub(super) fn answer(&mut self, reply: Reply) -> Step {
        self.answered = true;
        self.unanswered = 0;
        let Some(setting) = self.setting() else {
            return Step::Done;
        };
        let Reply { done, value } = reply;
        match self.part {
            _ if !done => self.again(),
            Part::Read => self.on(Part::Confirm(value)),
            Part::Confirm(first) if first != value => self.again(),
            Part::Confirm(_) if setting.is_in(value) => self.next(),
            Part::Confirm(_) => self.on(Part::Write(setting.put_into(value))),
            // An acknowledgement holds a zero: anything else answers something else.
            Part::Write(_) | Part::Save if value != 0 => self.again(),
            Part::Write(_) => self.on(Part::Verify),
            Part::Verify if setting.is_in(value) => {
                self.written = true;
                self.next()
            }
            Part::Verify => self.again(),
            Part::Save => {
                self.unsaved = false;
                self.part = Part::Done;
                Step::Done
            }
            Part::Done => Step::Done,
        }
    }

    /// The last answer may have been none.
    pub(super) fn doubt(&mut self) -> Step {
        self.again()
    }

    /// Nobody answered; `None` if nobody is there.
    pub(super) fn no_answer(&mut self) -> Option<Step> {
        self.unanswered += 1;
        if !self.answered || self.unanswered > 1 {
            return None;
        }
        // It is silent on what it does not know.
        Some(self.give_up())
    }

    fn setting(&self) -> Option<Setting> {
        self.settings.get(self.index).copied()
    }

    fn on(&mut self, part: Part) -> Step {
        self.part = part;
        Step::On
    }

    fn again(&mut self) -> Step {
        self.attempts += 1;
        if self.attempts >= ATTEMPTS {
            return match self.give_up() {
                Step::On => Step::Astray,
                step => step,
            };
        }
        self.part = if self.part == Part::Save { Part::Save } else { Part::Read };
        Step::Astray
    }

    fn give_up(&mut self) -> Step {
        if self.part == Part::Save {
            self.part = Part::Done;
            return Step::Done;
        }
        if let Some(given_up) = self.given_up.get_mut(self.index) {
            *given_up = true;
        }
        self.next()
    }

    fn next(&mut self) -> Step {
        self.attempts = 0;
        self.part = Part::Read;
        let from = self.index + 1;
        if let Some(index) = self.wanted(from) {
            self.index = index;
            return Step::On;
        }
        self.unsaved |= self.written;
        if core::mem::take(&mut self.written)
            && self.passes < PASSES
            && let Some(index) = self.wanted(0)
        {
            self.passes += 1;
            self.index = index;
            return Step::On;
        }
        self.save()
    }

    fn wanted(&self, from: usize) -> Option<usize> {
        let mut left = self.given_up.iter().enumerate().skip(from);
        left.find(|(_, given_up)| !**given_up).map(|(index, _)| index)
    }

    fn save(&mut self) -> Step {
        // The register does not matter, but `command` wants one.
        self.index = 0;
        if !self.unsaved || self.saves_left == 0 {
            self.part = Part::Done;
            return Step::Done;
        }
        self.saves_left -= 1;
        self.on(Part::Save)
    }
}
