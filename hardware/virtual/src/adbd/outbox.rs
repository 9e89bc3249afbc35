//! Packets as they go out, one transfer for the header and one for the payload, and the bad
//! manners of a phone that cannot even do that.

use std::collections::VecDeque;

use super::packet::{Command, Packet, checksum};
use crate::persona::{AdbBehaviour, Damage, DamageKind};

/// Most transfers that wait to be sent. A phone that nobody reads drops the rest.
pub(super) const QUEUE: usize = 512;

/// From this version on checksums are left out.
pub(super) const WITHOUT_CHECKSUM: u32 = 0x0100_0001;

#[derive(Debug)]
pub(super) struct Outbox {
    transfers: VecDeque<Vec<u8>>,
    damage: Option<Damage>,
    swaps_ids: bool,
    /// Bytes until the cable comes out.
    left: Option<usize>,
    packets: usize,
}

impl Outbox {
    pub(super) fn new(behaviour: &AdbBehaviour) -> Self {
        Self {
            transfers: VecDeque::new(),
            damage: behaviour.damage,
            swaps_ids: behaviour.swaps_ids,
            left: behaviour.pulled_after,
            packets: 0,
        }
    }

    /// Puts a packet in. Says whether there was room.
    pub(super) fn put(&mut self, packet: &Packet, version: u32) -> bool {
        if self.transfers.len() + 2 > QUEUE {
            return false;
        }
        self.packets += 1;
        self.transfers.push_back(self.header(packet, version));
        if !packet.payload.is_empty() {
            self.transfers.push_back(packet.payload.clone());
        }
        true
    }

    fn header(&self, packet: &Packet, version: u32) -> Vec<u8> {
        let mut command = packet.command.word();
        let mut magic = !command;
        let mut length = u32::try_from(packet.payload.len()).unwrap_or(u32::MAX);
        let mut sum = if version < WITHOUT_CHECKSUM { checksum(&packet.payload) } else { 0 };
        match self.damage.filter(|damage| damage.packet == self.packets).map(|it| it.kind) {
            Some(DamageKind::Longer(by)) => length = length.saturating_add(by),
            Some(DamageKind::Shorter(by)) => length = length.saturating_sub(by),
            Some(DamageKind::Length(wrong)) => length = wrong,
            Some(DamageKind::Magic) => magic = !magic,
            Some(DamageKind::Checksum) => sum ^= 0x55,
            Some(DamageKind::Command) => {
                command = u32::from_le_bytes(*b"NOPE");
                magic = !command;
            }
            None => {}
        }
        let of_a_stream = matches!(packet.command, Command::Okay | Command::Write | Command::Close);
        let (arg0, arg1) = match self.swaps_ids && of_a_stream {
            true => (packet.arg1, packet.arg0),
            false => (packet.arg0, packet.arg1),
        };
        [command, arg0, arg1, length, sum, magic].into_iter().flat_map(u32::to_le_bytes).collect()
    }

    /// The next transfer.
    pub(super) fn take(&mut self) -> Option<Vec<u8>> {
        let mut transfer = self.transfers.pop_front()?;
        if let Some(left) = &mut self.left {
            transfer.truncate(*left);
            *left -= transfer.len();
        }
        // The last bytes may be the last of a transfer: then nothing is left of the next.
        (!transfer.is_empty()).then_some(transfer)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.transfers.is_empty()
    }

    /// Whether the cable came out.
    pub(super) fn is_pulled(&self) -> bool {
        self.left == Some(0)
    }

    /// Forgets what waits: nobody reads it any more.
    pub(super) fn clear(&mut self) {
        self.transfers.clear();
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.transfers.len()
    }
}
