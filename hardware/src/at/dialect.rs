//! What to ask which phone. A dialect is one function from what is known to the next command.
//!
//! To add one: a variant, how it is recognised, and its list of commands. Every command costs
//! the person at the counter a round trip, so a dialect asks nothing it already knows.

use super::command::{Command, Item};
use crate::reading::{Confidence, Note, Reading, Slot};

/// How a family of phones tells its IMEIs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// 3GPP TS 27.007 alone.
    Standard,
    /// Samsung phones: one command tells nearly all.
    Samsung,
    /// MediaTek phones: the standard command may be refused, `AT+EGMR=0,n` is not.
    MediaTek,
    /// Quectel modules: items of their own, and several traps.
    Quectel,
}

/// What has been asked so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Asked(Vec<Command>);

impl Asked {
    pub(super) fn add(&mut self, command: Command) {
        self.0.push(command);
    }

    fn times(&self, command: Command) -> usize {
        self.0.iter().filter(|asked| **asked == command).count()
    }
}

/// USB vendors whose devices speak one dialect.
const VENDORS: [(u16, Dialect); 3] =
    [(0x04e8, Dialect::Samsung), (0x0e8d, Dialect::MediaTek), (0x2c7c, Dialect::Quectel)];

/// Starts of maker or model names that tell the dialect.
const NAMES: [(&str, Dialect); 5] = [
    ("samsung", Dialect::Samsung),
    ("mediatek", Dialect::MediaTek),
    ("mtk", Dialect::MediaTek),
    ("mt6", Dialect::MediaTek),
    ("quectel", Dialect::Quectel),
];

impl Dialect {
    /// The dialect by USB vendor, else by what the phone said of itself.
    pub(super) fn recognise(usb_id: Option<(u16, u16)>, reading: &Reading) -> Self {
        let vendor = usb_id.map(|(vendor, _)| vendor);
        let by_vendor = VENDORS.iter().find(|(known, _)| Some(*known) == vendor);
        if let Some((_, dialect)) = by_vendor {
            return *dialect;
        }
        let said = [&reading.maker, &reading.model];
        let said = said.into_iter().flatten().map(|text| text.to_ascii_lowercase());
        said.flat_map(|text| NAMES.iter().find(|(name, _)| text.starts_with(name)))
            .map(|(_, dialect)| *dialect)
            .next()
            .unwrap_or(Self::Standard)
    }

    /// The next command worth its round trip; none when all is known that can be.
    ///
    /// Quectel: a BC26 answers the plain command with a UUID and wants `=1`; an RG650V answers it
    /// with either of its IMEIs in turn, has its second IMEI at item 11, and at item 10 only that
    /// one's IMEISV.
    pub(super) fn next(self, asked: &Asked, reading: &Reading) -> Option<Command> {
        let known = Known { asked, reading };
        match self {
            Self::Standard => known.identity().or_else(|| known.standard()),
            Self::Samsung => known
                .again(Command::SamsungInfo, reading.model.is_none(), 2)
                .or_else(|| known.identity())
                .or_else(|| known.once(Command::SerialNumber, true))
                .or_else(|| known.once(Command::SamsungImei, !known.has_imei()))
                .or_else(|| known.standard()),
            Self::MediaTek => known
                .once(Command::Maker, reading.maker.is_none())
                .or_else(|| known.once(Command::Model, reading.model.is_none()))
                .or_else(|| known.once(Command::Revision, reading.firmware.is_none()))
                .or_else(|| known.once(Command::SerialNumber, true))
                .or_else(|| known.once(Command::Equipment(Item::Seven), true))
                .or_else(|| known.once(Command::Equipment(Item::Ten), true))
                .or_else(|| known.once(Command::Equipment(Item::Eleven), known.has_slot(Slot::TWO)))
                .or_else(|| known.standard()),
            Self::Quectel => {
                let numbered = !reading.notes.contains(&Note::UuidInsteadOfImei);
                known
                    .identity()
                    .or_else(|| known.once(Command::SerialNumber, true))
                    .or_else(|| known.once(Command::Equipment(Item::Seven), numbered))
                    .or_else(|| known.once(Command::Equipment(Item::Eleven), numbered))
                    .or_else(|| known.again(Command::SerialNumber, known.has_slot(Slot::TWO), 2))
                    .or_else(|| known.standard())
            }
        }
    }

    /// The slot that an answer to `command` speaks of, and how directly.
    pub(super) const fn credit(self, command: Command) -> (Option<Slot>, Confidence) {
        match (self, command) {
            (_, Command::Equipment(Item::Seven)) => (Some(Slot::ONE), Confidence::Strong),
            (Self::Quectel, Command::Equipment(Item::Eleven))
            | (_, Command::Equipment(Item::Ten)) => (Some(Slot::TWO), Confidence::Strong),
            (_, Command::Equipment(Item::Eleven)) => (Some(Slot::THREE), Confidence::Strong),
            _ => (None, Confidence::Plain),
        }
    }
}

struct Known<'a> {
    asked: &'a Asked,
    reading: &'a Reading,
}

impl Known<'_> {
    fn once(&self, command: Command, wanted: bool) -> Option<Command> {
        self.again(command, wanted, 1)
    }

    fn again(&self, command: Command, wanted: bool, times: usize) -> Option<Command> {
        (wanted && self.asked.times(command) < times).then_some(command)
    }

    /// Maker, model and firmware, in one command where the phone allows it.
    fn identity(&self) -> Option<Command> {
        let reading = self.reading;
        let some = reading.maker.is_some() || reading.model.is_some();
        self.once(Command::Identify, !some)
            .or_else(|| self.once(Command::Maker, reading.maker.is_none() && !self.is_summed_up()))
            .or_else(|| self.once(Command::Model, reading.model.is_none()))
            .or_else(|| self.once(Command::Revision, reading.firmware.is_none()))
    }

    /// The standard's commands for the IMEI, until one gives a whole one.
    fn standard(&self) -> Option<Command> {
        self.once(Command::SerialNumber, true)
            .or_else(|| self.once(Command::Imei, !self.has_imei()))
            .or_else(|| self.once(Command::GenericSerialNumber, !self.has_imei()))
    }

    /// Samsung's summary was answered: the maker is no question.
    fn is_summed_up(&self) -> bool {
        self.reading.model.is_some() && self.asked.times(Command::SamsungInfo) > 0
    }

    fn has_imei(&self) -> bool {
        self.reading.claims.iter().any(|claim| claim.value.imei().is_some())
    }

    fn has_slot(&self, slot: Slot) -> bool {
        self.reading
            .claims
            .iter()
            .any(|claim| claim.slot == Some(slot) && claim.confidence == Confidence::Strong)
    }
}
