//! What to ask which phone. A dialect is a list of commands, each with the time at which it is
//! worth its round trip.
//!
//! To add one: a variant, a row in `dialect/family.rs` that recognises it, and its list in
//! `dialect/plan.rs`. Every command costs the person at the counter a round trip, so a dialect
//! asks nothing it already knows. Makers' own commands go to their own phones alone: the same
//! letters may do something else on another maker's.

mod family;
mod plan;

use super::command::{Command, Item};
use crate::reading::{Confidence, Reading, Slot};

/// How a family of phones tells its IMEIs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// 3GPP TS 27.007 and `ATI` alone. Also the families whose own commands are not known to be
    /// harmless: Huawei's `AT^…`, Sierra's `AT!…`.
    Standard,
    /// Samsung phones: one command tells nearly all.
    Samsung,
    /// MediaTek phones: the standard command may be refused, `AT+EGMR=0,n` is not.
    MediaTek,
    /// Quectel modules: items of their own, and several traps.
    Quectel,
    /// Unisoc (Spreadtrum) phones: a command of their own beside the standard one.
    Unisoc,
    /// LG phones: a command of their own beside the standard one.
    Lg,
    /// u-blox modules: more parameters of the standard command, which some families lack.
    Ublox,
    /// Telit modules: the standard command under another sign.
    Telit,
    /// Nokia phones: the IMEI also in `ATI1`.
    Nokia,
    /// Motorola phones and Fibocom modules: the standard command as a question.
    Queried,
}

/// What has been asked so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Asked(Vec<Command>);

impl Asked {
    pub(super) fn add(&mut self, command: Command) {
        self.0.push(command);
    }

    /// Takes back what was asked last: its answer belonged to something else.
    pub(super) fn take_back(&mut self) {
        self.0.pop();
    }

    fn times(&self, command: Command) -> usize {
        self.0.iter().filter(|asked| **asked == command).count()
    }
}

impl Dialect {
    /// Every dialect there is.
    pub const ALL: [Self; 10] = [
        Self::Standard,
        Self::Samsung,
        Self::MediaTek,
        Self::Quectel,
        Self::Unisoc,
        Self::Lg,
        Self::Ublox,
        Self::Telit,
        Self::Nokia,
        Self::Queried,
    ];

    /// The dialect of a USB vendor's devices, if they all speak one.
    pub fn of_vendor(vendor: u16) -> Option<Self> {
        family::by_vendor(vendor)
    }

    /// Everything that this dialect ever asks, besides `AT` and `ATE0`.
    pub fn commands(self) -> impl Iterator<Item = Command> {
        plan::of(self).iter().copied().flatten().map(|ask| ask.command)
    }

    /// The dialect by USB vendor, else by what the phone said of itself.
    pub(super) fn recognise(usb_id: Option<(u16, u16)>, reading: &Reading) -> Self {
        let by_vendor = usb_id.and_then(|(vendor, _)| family::by_vendor(vendor));
        let said = [&reading.maker, &reading.model];
        by_vendor
            .or_else(|| said.into_iter().flatten().find_map(|name| family::by_name(name)))
            .unwrap_or(Self::Standard)
    }

    /// The next command worth its round trip; none when all is known that can be.
    pub(super) fn next(self, asked: &Asked, reading: &Reading) -> Option<Command> {
        let known = plan::Known { asked, reading };
        plan::of(self)
            .iter()
            .copied()
            .flatten()
            .find(|ask| asked.times(ask.command) < ask.times && (ask.when)(&known))
            .map(|ask| ask.command)
    }

    /// The slot that the `index`th of `count` identities in an answer to `command` speaks of, and
    /// how directly.
    ///
    /// A Unisoc phone that answers for both of its cards gives them in order and without their
    /// numbers; for one card it does not say which.
    pub(super) fn credit(
        self,
        command: Command,
        index: usize,
        count: usize,
    ) -> (Option<Slot>, Confidence) {
        match (self, command) {
            (_, Command::Equipment(Item::Seven)) => (Some(Slot::ONE), Confidence::Strong),
            (Self::Quectel, Command::Equipment(Item::Eleven))
            | (_, Command::Equipment(Item::Ten)) => (Some(Slot::TWO), Confidence::Strong),
            (_, Command::Equipment(Item::Eleven)) => (Some(Slot::THREE), Confidence::Strong),
            (_, Command::UnisocImei) if count > 1 => (nth_slot(index), Confidence::Weak),
            (_, Command::IdentifyMore) => (None, Confidence::Weak),
            _ => (None, Confidence::Plain),
        }
    }
}

/// Whether the phone may have a port for each of its cards, which tells that card's IMEI and does
/// not say which card it is (Unisoc).
pub(crate) fn has_a_port_for_each_card(usb_id: Option<(u16, u16)>, reading: &Reading) -> bool {
    Dialect::recognise(usb_id, reading) == Dialect::Unisoc
}

fn nth_slot(index: usize) -> Option<Slot> {
    u8::try_from(index + 1).ok().and_then(Slot::new)
}
