//! The commands of each dialect, in the order in which they are worth asking.

use super::{Asked, Dialect};
use crate::at::command::{Command, Item};
use crate::reading::{Confidence, Note, Reading, Slot};

/// One command, how often at most, and when.
pub(super) struct Ask {
    pub(super) command: Command,
    pub(super) times: usize,
    pub(super) when: fn(&Known<'_>) -> bool,
}

const fn once(command: Command, when: fn(&Known<'_>) -> bool) -> Ask {
    Ask { command, times: 1, when }
}

const fn twice(command: Command, when: fn(&Known<'_>) -> bool) -> Ask {
    Ask { command, times: 2, when }
}

fn always(_: &Known<'_>) -> bool {
    true
}

/// No whole IMEI was told yet.
fn lacks_imei(known: &Known<'_>) -> bool {
    known.reading.claims.iter().all(|claim| claim.value.imei().is_none())
}

/// Nothing that identifies the equipment was told yet, not even without its check digit.
fn lacks_number(known: &Known<'_>) -> bool {
    known.reading.claims.iter().all(|claim| claim.value.imei14().is_none())
}

/// What the dialect's list of commands is, in parts that dialects share.
pub(super) const fn of(dialect: Dialect) -> &'static [&'static [Ask]] {
    match dialect {
        Dialect::Standard => &[&IDENTITY, &STANDARD],
        Dialect::Samsung => &[&SUMMARY, &IDENTITY, &SAMSUNG, &STANDARD],
        Dialect::MediaTek => &[&NAMES, &MEDIATEK, &STANDARD],
        Dialect::Quectel => &[&IDENTITY, &QUECTEL, &STANDARD],
        Dialect::Unisoc => &[&IDENTITY, &UNISOC, &STANDARD],
        Dialect::Lg => &[&IDENTITY, &LG, &STANDARD],
        Dialect::Ublox => &[&IDENTITY, &STANDARD, &UBLOX],
        Dialect::Telit => &[&IDENTITY, &TELIT, &STANDARD],
        Dialect::Nokia => &[&IDENTITY, &STANDARD, &NOKIA],
        Dialect::Queried => &[&IDENTITY, &QUERIED, &STANDARD],
    }
}

const MODEL: Ask = once(Command::Model, |known| !known.has_model());
const REVISION: Ask = once(Command::Revision, |known| known.reading.firmware.is_none());

/// Maker, model and firmware, in one command where the phone allows it.
const IDENTITY: [Ask; 4] = [
    once(Command::Identify, |known| !known.has_maker() && !known.has_model()),
    once(Command::Maker, |known| !known.has_maker() && !known.is_summed_up()),
    MODEL,
    REVISION,
];

/// The same for phones that refuse `ATI`.
const NAMES: [Ask; 3] = [once(Command::Maker, |known| !known.has_maker()), MODEL, REVISION];

/// The standard's commands for the IMEI, until one gives a whole one.
const STANDARD: [Ask; 3] = [
    once(Command::SerialNumber, always),
    once(Command::Imei, lacks_imei),
    once(Command::GenericSerialNumber, lacks_imei),
];

/// Samsung's first answer is often empty.
const SUMMARY: [Ask; 1] = [twice(Command::SamsungInfo, |known| !known.has_model())];

const SAMSUNG: [Ask; 2] =
    [once(Command::SerialNumber, always), once(Command::SamsungImei, lacks_imei)];

/// Items 7, 10 and 11 are slots one to three.
const MEDIATEK: [Ask; 4] = [
    once(Command::SerialNumber, always),
    once(Command::Equipment(Item::Seven), always),
    once(Command::Equipment(Item::Ten), always),
    once(Command::Equipment(Item::Eleven), |known| known.has_slot(Slot::TWO)),
];

/// A BC26 answers the plain command with a UUID and wants `=1`; an RG650V answers it with either
/// of its IMEIs in turn, has its second IMEI at item 11, and at item 10 only that one's IMEISV.
const QUECTEL: [Ask; 4] = [
    once(Command::SerialNumber, always),
    once(Command::Equipment(Item::Seven), |known| !known.gave_uuid()),
    once(Command::Equipment(Item::Eleven), |known| !known.gave_uuid()),
    twice(Command::SerialNumber, |known| known.has_slot(Slot::TWO)),
];

/// The port speaks for one card at a time. Which one is a setting that is not touched, so the
/// second IMEI is told only by a phone that answers for both cards at once.
const UNISOC: [Ask; 2] = [once(Command::SerialNumber, always), once(Command::UnisocImei, always)];

/// `AT%IMEI2` and on belong to MediaTek's command server and are not asked: what they do on other
/// builds is not written down anywhere.
const LG: [Ask; 2] = [once(Command::SerialNumber, always), once(Command::LgImei, always)];

/// SARA-R4 and SARA-N4 refuse every parameter, and answer the plain command.
const UBLOX: [Ask; 2] = [once(Command::ImeiFull, lacks_imei), once(Command::Imeisv, lacks_number)];

const TELIT: [Ask; 3] = [
    once(Command::SerialNumber, always),
    once(Command::TelitImei, lacks_imei),
    once(Command::TelitImeisv, lacks_number),
];

const NOKIA: [Ask; 1] = [once(Command::IdentifyMore, lacks_imei)];

const QUERIED: [Ask; 2] =
    [once(Command::SerialNumber, always), once(Command::SerialNumberQuery, lacks_imei)];

/// What is known so far.
pub(super) struct Known<'a> {
    pub(super) asked: &'a Asked,
    pub(super) reading: &'a Reading,
}

impl Known<'_> {
    const fn has_maker(&self) -> bool {
        self.reading.maker.is_some()
    }

    const fn has_model(&self) -> bool {
        self.reading.model.is_some()
    }

    /// Samsung's summary was answered: the maker is no question.
    fn is_summed_up(&self) -> bool {
        self.has_model() && self.asked.times(Command::SamsungInfo) > 0
    }

    fn gave_uuid(&self) -> bool {
        self.reading.notes.contains(&Note::UuidInsteadOfImei)
    }

    fn has_slot(&self, slot: Slot) -> bool {
        self.reading
            .claims
            .iter()
            .any(|claim| claim.slot == Some(slot) && claim.confidence == Confidence::Strong)
    }
}
