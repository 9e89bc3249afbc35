//! Packets as they come in: a header of six little-endian words, then a payload.

/// What a packet is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Command {
    Connect,
    Auth,
    Open,
    Okay,
    Close,
    Write,
    /// TLS, which USB does not use.
    Tls,
    /// Long out of use.
    Sync,
}

impl Command {
    const ALL: [Self; 8] = [
        Self::Connect,
        Self::Auth,
        Self::Open,
        Self::Okay,
        Self::Close,
        Self::Write,
        Self::Tls,
        Self::Sync,
    ];

    /// Four letters, the first one lowest.
    pub(super) const fn word(self) -> u32 {
        u32::from_le_bytes(*match self {
            Self::Connect => b"CNXN",
            Self::Auth => b"AUTH",
            Self::Open => b"OPEN",
            Self::Okay => b"OKAY",
            Self::Close => b"CLSE",
            Self::Write => b"WRTE",
            Self::Tls => b"STLS",
            Self::Sync => b"SYNC",
        })
    }

    fn of(word: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|command| command.word() == word)
    }
}

/// One packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Packet {
    pub(super) command: Command,
    pub(super) arg0: u32,
    pub(super) arg1: u32,
    pub(super) payload: Vec<u8>,
}

impl Packet {
    pub(super) fn new(command: Command, arg0: u32, arg1: u32, payload: Vec<u8>) -> Self {
        Self { command, arg0, arg1, payload }
    }
}

/// What the computer did wrong on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slip {
    /// Bytes that are no header.
    NoHeader,
    /// A payload longer than it was told to send.
    TooLong,
    /// A payload that is not what the checksum says.
    Checksum,
    /// A packet that was not finished before the next conversation began.
    Unfinished,
}

/// Bytes of a header.
pub(super) const HEADER: usize = 24;

/// Sum of a payload's bytes.
pub(super) fn checksum(payload: &[u8]) -> u32 {
    payload.iter().fold(0, |sum: u32, byte| sum.wrapping_add(u32::from(*byte)))
}

#[derive(Debug, Clone, Copy)]
struct Header {
    command: Command,
    arg0: u32,
    arg1: u32,
    length: u32,
    checksum: u32,
}

impl Header {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let mut words = [0; 6];
        for (word, bytes) in words.iter_mut().zip(bytes.get(..HEADER)?.chunks_exact(4)) {
            *word = u32::from_le_bytes(bytes.try_into().ok()?);
        }
        let [command, arg0, arg1, length, checksum, magic] = words;
        if magic != !command {
            return None;
        }
        Some(Self { command: Command::of(command)?, arg0, arg1, length, checksum })
    }
}

/// Collects packets from bytes. After something that is no packet it finds the next one.
#[derive(Debug)]
pub(super) struct Reader {
    held: Vec<u8>,
    /// Longest payload taken.
    limit: u32,
    /// Whether the last bytes were no header: one slip is told once.
    lost: bool,
}

impl Reader {
    pub(super) const fn new(limit: u32) -> Self {
        Self { held: Vec::new(), limit, lost: false }
    }

    /// Drops what is unfinished.
    pub(super) fn clear(&mut self) {
        self.held.clear();
        self.lost = false;
    }

    /// Takes in bytes. They must be handed on with [`Reader::take`] before more come, so that no
    /// more is ever held than a packet and a piece.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Option<Slip> {
        // Each transfer begins a packet or goes on with one. A computer whose program died in
        // the middle of one begins anew, and what it says then is no payload.
        let anew = Header::parse(bytes).is_some_and(|header| header.command == Command::Connect);
        let slip = (anew && !self.held.is_empty()).then_some(Slip::Unfinished);
        if anew {
            self.clear();
        }
        self.held.extend_from_slice(bytes);
        slip
    }

    /// The next packet, or what was wrong where one should be.
    pub(super) fn take(&mut self, checksums: bool) -> Option<Result<Packet, Slip>> {
        let mut skipped = 0;
        let header = loop {
            let rest = self.held.get(skipped..).unwrap_or_default();
            if rest.len() < HEADER {
                return self.skip(skipped);
            }
            match Header::parse(rest) {
                Some(header) if header.length > self.limit => {
                    self.held.drain(..skipped + HEADER);
                    return Some(Err(Slip::TooLong));
                }
                Some(header) => break header,
                None => skipped += 1,
            }
        };
        if skipped > 0
            && let Some(slip) = self.skip(skipped)
        {
            return Some(slip);
        }
        let end = HEADER + usize::try_from(header.length).unwrap_or(usize::MAX);
        let payload = self.held.get(HEADER..end)?.to_vec();
        self.held.drain(..end);
        self.lost = false;
        if checksums && header.checksum != checksum(&payload) {
            return Some(Err(Slip::Checksum));
        }
        Some(Ok(Packet::new(header.command, header.arg0, header.arg1, payload)))
    }

    /// Drops so many bytes, and says so unless it just did.
    fn skip(&mut self, count: usize) -> Option<Result<Packet, Slip>> {
        self.held.drain(..count);
        let news = count > 0 && !self.lost;
        self.lost |= count > 0;
        news.then_some(Err(Slip::NoHeader))
    }

    /// Bytes that wait for the rest of their packet.
    #[cfg(test)]
    pub(super) const fn held(&self) -> usize {
        self.held.len()
    }
}
