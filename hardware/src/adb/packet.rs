//! The protocol's packets: a header of 24 bytes, and a payload.
//!
//! Numbers are little-endian: command, two arguments, length of the payload, sum of its bytes,
//! and the command once more with every bit turned. Source: AOSP `adb/protocol.txt`.

/// What a packet is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Kind {
    /// Introduces one side to the other: version, longest payload, banner.
    Connect = 0x4e58_4e43,
    /// Part of the proof that the phone's owner allows this computer.
    Auth = 0x4854_5541,
    /// Asks for a stream to a service.
    Open = 0x4e45_504f,
    /// The stream is open, or the last bytes were taken.
    Okay = 0x5941_4b4f,
    /// The stream is over, or was never open.
    Close = 0x4553_4c43,
    /// Bytes of a stream.
    Write = 0x4554_5257,
    /// Asks for TLS.
    StartTls = 0x534c_5453,
}

impl Kind {
    /// Every kind that there is, but the obsolete `SYNC`.
    pub const ALL: [Self; 7] = [
        Self::Connect,
        Self::Auth,
        Self::Open,
        Self::Okay,
        Self::Close,
        Self::Write,
        Self::StartTls,
    ];

    /// The kind with this number.
    pub fn of(number: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u32 == number)
    }

    /// Longest payload that a packet of this kind may have, in bytes.
    pub const fn longest(self) -> usize {
        match self {
            Self::Connect | Self::Auth => 4096,
            Self::Open | Self::Write => MAX_PAYLOAD,
            // One window size of four bytes, in a mode that this host never asks for.
            Self::Okay | Self::Close | Self::StartTls => 4,
        }
    }
}

/// Longest payload that this host takes, in bytes.
pub const MAX_PAYLOAD: usize = 256 * 1024;

/// First version of the protocol: the sum of the bytes is checked.
pub const VERSION_WITH_SUM: u32 = 0x0100_0000;

/// Version of the protocol that this host speaks: the sum need not be checked.
pub const VERSION: u32 = 0x0100_0001;

/// One packet.
#[derive(Clone, PartialEq, Eq)]
pub struct Packet {
    /// What it is for.
    pub kind: Kind,
    /// Version, authentication step, or the sender's stream.
    pub arg0: u32,
    /// Longest payload, or the receiver's stream.
    pub arg1: u32,
    /// What the sender said the sum of the payload's bytes is.
    pub sum: u32,
    /// At most [`MAX_PAYLOAD`] bytes.
    pub payload: Vec<u8>,
}

impl Packet {
    /// Bytes of a header.
    pub const HEADER: usize = 24;

    /// A packet with the right sum.
    pub fn new(kind: Kind, arg0: u32, arg1: u32, payload: Vec<u8>) -> Self {
        Self { kind, arg0, arg1, sum: sum(&payload), payload }
    }

    /// The header, which goes out as a USB transfer of its own.
    pub fn header(&self) -> [u8; Self::HEADER] {
        let number = self.kind as u32;
        // Payloads of this host are short.
        let length = u32::try_from(self.payload.len()).unwrap_or(u32::MAX);
        let words = [number, self.arg0, self.arg1, length, self.sum, !number];
        let mut header = [0; Self::HEADER];
        for (place, word) in header.chunks_exact_mut(4).zip(words) {
            place.copy_from_slice(&word.to_le_bytes());
        }
        header
    }

    /// Whether the payload is what the sender summed up.
    pub fn is_whole(&self) -> bool {
        self.sum == sum(&self.payload)
    }
}

/// Payloads hold whole IMEIs and signatures, so `Debug` says only how much there is.
impl core::fmt::Debug for Packet {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { kind, arg0, arg1, payload, .. } = self;
        write!(f, "{kind:?}({arg0:#x}, {arg1:#x}, {} bytes)", payload.len())
    }
}

fn sum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |sum: u32, byte| sum.wrapping_add(u32::from(*byte)))
}

/// Bytes that are no packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// The last word is not the turned command.
    #[error("the header's magic does not agree with its command")]
    Magic,
    /// The command is unknown.
    #[error("the header has an unknown command")]
    Kind,
    /// The payload would be longer than agreed.
    #[error("the packet is longer than agreed")]
    Length,
}

/// Turns bytes into packets, however they are cut.
///
/// Holds one header or one payload, which grows only as bytes arrive.
#[derive(Debug, Default)]
pub struct Decoder {
    header: Vec<u8>,
    /// A packet whose payload is still to come, and how long that is.
    open: Option<(Packet, usize)>,
}

impl Decoder {
    /// A decoder at the start of a packet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes bytes up to the end of a packet. Returns how many, and the packet if it is whole.
    ///
    /// [`Malformed`] says that the bytes so far are no header; [`Decoder::skip`] must be called
    /// before more are taken.
    pub fn decode(&mut self, bytes: &[u8]) -> (usize, Result<Option<Packet>, Malformed>) {
        let mut taken = 0;
        if self.open.is_none() {
            let missing = Packet::HEADER.saturating_sub(self.header.len());
            taken = missing.min(bytes.len());
            self.header.extend_from_slice(bytes.get(..taken).unwrap_or_default());
            if self.header.len() < Packet::HEADER {
                return (taken, Ok(None));
            }
            match parse(&self.header) {
                Ok(open) => self.open = Some(open),
                Err(error) => return (taken, Err(error)),
            }
            self.header.clear();
        }
        let Some((packet, length)) = &mut self.open else {
            return (taken, Ok(None));
        };
        let rest = bytes.get(taken..).unwrap_or_default();
        let more = length.saturating_sub(packet.payload.len()).min(rest.len());
        packet.payload.extend_from_slice(rest.get(..more).unwrap_or_default());
        let whole = packet.payload.len() == *length;
        let packet = if whole { self.open.take().map(|(packet, _)| packet) } else { None };
        (taken + more, Ok(packet))
    }

    /// Drops the first byte of something that is no header, and every further one that cannot
    /// begin a header either.
    pub fn skip(&mut self) {
        let begins = |at: &usize| {
            let tail = self.header.get(*at..).unwrap_or_default();
            let command = tail.get(..4.min(tail.len())).unwrap_or_default();
            Kind::ALL.iter().any(|kind| (*kind as u32).to_le_bytes().starts_with(command))
        };
        let next = (1..self.header.len()).find(begins).unwrap_or(self.header.len());
        self.header.drain(..next);
    }

    /// Bytes held, for whoever wants to see that it is bounded.
    pub fn held(&self) -> usize {
        self.header.capacity() + self.open.as_ref().map_or(0, |(open, _)| open.payload.capacity())
    }
}

/// The packet that a whole header announces, and the length of its payload.
fn parse(header: &[u8]) -> Result<(Packet, usize), Malformed> {
    let mut words = header.chunks_exact(4).map(|word| {
        let word = word.try_into().unwrap_or_default();
        u32::from_le_bytes(word)
    });
    let mut word = || words.next().unwrap_or_default();
    let (number, arg0, arg1, length, sum, magic) = (word(), word(), word(), word(), word(), word());
    if magic != !number {
        return Err(Malformed::Magic);
    }
    let kind = Kind::of(number).ok_or(Malformed::Kind)?;
    let length = usize::try_from(length).map_err(|_| Malformed::Length)?;
    if length > kind.longest() {
        return Err(Malformed::Length);
    }
    Ok((Packet { kind, arg0, arg1, sum, payload: Vec::new() }, length))
}
