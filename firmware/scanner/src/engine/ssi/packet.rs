//! Packets of the Simple Serial Interface.
//!
//! ```text
//! packet = length | opcode | source 00 engine, 04 host | status | data | checksum (2)
//! ```
//!
//! The length counts everything but the checksum, which makes the sum of all bytes before it
//! zero in 16 bits, high byte first: it sees any one wrong byte, but not two that make up for each
//! other. In the status, bit 0 marks a repetition, bit 1 that more of the
//! same message follows.

use heapless::Vec;

/// Bytes before the data.
pub(super) const HEADER: usize = 4;

/// Most data bytes in a packet.
pub(super) const DATA_MAX: usize = 251;

/// Longest packet that the driver sends.
pub(super) const COMMAND_MAX: usize = HEADER + 3 + 2;

/// What a packet is about.
pub(super) mod opcode {
    pub(in super::super) const PARAM_SEND: u8 = 0xc6;
    pub(in super::super) const PARAM_REQUEST: u8 = 0xc7;
    pub(in super::super) const ACK: u8 = 0xd0;
    pub(in super::super) const NAK: u8 = 0xd1;
    pub(in super::super) const START_DECODE: u8 = 0xe4;
    pub(in super::super) const STOP_DECODE: u8 = 0xe5;
    pub(in super::super) const DECODE_DATA: u8 = 0xf3;
    pub(in super::super) const DECODE_DATA_LONG: u8 = 0xf4;
}

/// Cause of a NAK: the packet came broken and is wanted again.
pub(super) const RESEND: u8 = 0x01;

/// Status: this packet was sent before.
const AGAIN: u8 = 0x01;

/// Status: more packets of this message follow.
const MORE: u8 = 0x02;

/// Makes a packet of the host's into `out`; its length, or 0 if it does not fit.
pub(super) fn encode(opcode: u8, again: bool, data: &[u8], out: &mut [u8]) -> usize {
    let length = HEADER + data.len();
    let (Ok(count), Some(packet)) = (u8::try_from(length), out.get_mut(..length + 2)) else {
        return 0;
    };
    let status = if again { AGAIN } else { 0 };
    let bytes = [count, opcode, 0x04, status].into_iter().chain(data.iter().copied());
    let sum = bytes.clone().fold(0_u16, |sum, byte| sum.wrapping_add(u16::from(byte)));
    let checksum = sum.wrapping_neg().to_be_bytes();
    packet.iter_mut().zip(bytes.chain(checksum)).for_each(|(slot, byte)| *slot = byte);
    length + 2
}

/// A packet that was received whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Packet<'a> {
    pub(super) opcode: u8,
    /// It was sent before.
    pub(super) again: bool,
    /// More of its message follows.
    pub(super) more: bool,
    pub(super) data: &'a [u8],
}

/// What one more byte did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grown {
    More,
    /// [`Receiver::packet`] has it until the next byte.
    Whole,
}

/// A packet being received.
#[derive(Debug)]
pub(super) struct Receiver {
    bytes: Vec<u8, { HEADER + DATA_MAX + 2 }>,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Whatever is in the buffer has been told.
    Between,
    Open,
    /// Nobody knows where the next packet begins before the line is quiet.
    Lost,
}

impl Receiver {
    pub(super) const fn new() -> Self {
        Self { bytes: Vec::new(), state: State::Between }
    }

    /// Whether something was begun that is not whole.
    pub(super) fn is_open(&self) -> bool {
        self.state != State::Between
    }

    pub(super) fn close(&mut self) {
        self.state = State::Between;
    }

    pub(super) fn push(&mut self, byte: Option<u8>) -> Grown {
        if self.state == State::Between {
            if byte == Some(0) {
                // Also what wakes a sleeping partner.
                return Grown::More;
            }
            self.bytes.clear();
            self.state = State::Open;
        }
        let Some(byte) = byte.filter(|_| self.state == State::Open) else {
            self.state = State::Lost;
            return Grown::More;
        };
        if self.bytes.push(byte).is_err() || !self.begins_well() {
            self.state = State::Lost;
            return Grown::More;
        }
        if self.bytes.len() < self.expected() {
            return Grown::More;
        }
        if !self.is_sum_right() {
            self.state = State::Lost;
            return Grown::More;
        }
        self.state = State::Between;
        Grown::Whole
    }

    /// The packet that was received last.
    pub(super) fn packet(&self) -> Option<Packet<'_>> {
        let end = self.bytes.len().checked_sub(2)?;
        match self.bytes.get(..end)? {
            [_, opcode, _, status, data @ ..] => Some(Packet {
                opcode: *opcode,
                again: status & AGAIN != 0,
                more: status & MORE != 0,
                data,
            }),
            _ => None,
        }
    }

    fn begins_well(&self) -> bool {
        match self.bytes.as_slice() {
            [length, ..] if usize::from(*length) < HEADER => false,
            [_, _, source, ..] => *source == 0,
            _ => true,
        }
    }

    fn expected(&self) -> usize {
        self.bytes.first().map_or(0, |length| usize::from(*length) + 2)
    }

    fn is_sum_right(&self) -> bool {
        let Some((covered, checksum)) = self.bytes.split_last_chunk::<2>() else {
            return false;
        };
        let sum = covered.iter().fold(0_u16, |sum, byte| sum.wrapping_add(u16::from(*byte)));
        sum.wrapping_add(u16::from_be_bytes(*checksum)) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(opcode: u8, data: &[u8]) -> std::vec::Vec<u8> {
        let mut out = [0; COMMAND_MAX];
        let length = encode(opcode, false, data, &mut out);
        out[..length].to_vec()
    }

    #[test]
    fn packets_have_the_published_checksum() {
        assert_eq!(packet(opcode::START_DECODE, &[]), [0x04, 0xe4, 0x04, 0x00, 0xff, 0x14]);
        assert_eq!(packet(opcode::ACK, &[]), [0x04, 0xd0, 0x04, 0x00, 0xff, 0x28]);
        assert_eq!(packet(opcode::NAK, &[RESEND]), [0x05, 0xd1, 0x04, 0x00, 0x01, 0xff, 0x25]);
        assert_eq!(
            packet(opcode::PARAM_SEND, &[0xff, 0x8a, 0x08]),
            [0x07, 0xc6, 0x04, 0x00, 0xff, 0x8a, 0x08, 0xfd, 0x9e]
        );
    }

    #[test]
    fn a_packet_that_does_not_fit_is_not_made() {
        assert_eq!(encode(opcode::ACK, false, &[], &mut [0; 5]), 0);
        assert_eq!(encode(opcode::ACK, false, &[0; 252], &mut [0; 300]), 0);
    }

    #[test]
    fn the_published_acknowledgement_is_received() {
        let mut receiver = Receiver::new();
        let bytes = [0x00, 0x04, 0xd0, 0x00, 0x00, 0xff, 0x2c];
        let grown = bytes.map(|byte| receiver.push(Some(byte)));
        assert_eq!(grown, [[Grown::More; 6].as_slice(), &[Grown::Whole]].concat()[..]);
        let expected = Packet { opcode: opcode::ACK, again: false, more: false, data: &[] };
        assert_eq!(receiver.packet(), Some(expected));
    }

    #[test]
    fn one_wrong_bit_loses_the_packet_until_the_line_is_quiet() {
        let good = [0x06, 0xf3, 0x00, 0x00, 0x03, 0x37, 0xfe, 0xcd];
        for bit in 0..good.len() * 8 {
            let mut bytes = good;
            bytes[bit / 8] ^= 1 << (bit % 8);
            let mut receiver = Receiver::new();
            for byte in bytes {
                assert_eq!(receiver.push(Some(byte)), Grown::More, "bit {bit}");
            }
            assert!(receiver.is_open(), "bit {bit}");
            receiver.close();
            let last = good.map(|byte| receiver.push(Some(byte)))[good.len() - 1];
            assert_eq!(last, Grown::Whole, "bit {bit}");
        }
    }
}
