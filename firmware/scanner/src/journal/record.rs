//! Records: what stands in a sector, byte by byte.

use crc::Digest;
use heapless::Vec;
use tekser_wire::frame::CRC;
use tekser_wire::message::{Aim, BoxNumber, Moment, TEXT_MAX, Verdict};

use super::area::WORD;
use super::{Marks, NewScan, SETTINGS_MAX};

/// Longest body: a scan without time of day.
const BODY_MAX: usize = SCAN_HEAD + WORD + TEXT_MAX;

/// Longest record.
pub(super) const RECORD_MAX: usize = WORD + BODY_MAX.next_multiple_of(WORD) + WORD;

/// Bytes of a scan before `boot` and text.
const SCAN_HEAD: usize = 16;

/// Bytes before the text, at most.
pub(super) const SCAN_HEAD_MAX: usize = SCAN_HEAD + WORD;

/// Bytes of an opening before the settings.
pub(super) const OPENING_HEAD: usize = 3 * WORD + MARKS;

/// Bytes of an opening, at most.
pub(super) const OPENING_MAX: usize = OPENING_HEAD + SETTINGS_MAX;

const MARKS: usize = 4 * WORD;

/// Set in the flags of a scan that was made before a station told the time.
const UPTIME: u8 = 1 << 4;

/// What a record is. No blank word and no word of zeros begins one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Kind {
    Opening = 0xA1,
    Scan = 0xA2,
    Marks = 0xA3,
    Settings = 0xA4,
}

/// The first word of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub kind: Kind,
    flags: u8,
    len: u16,
}

impl Head {
    pub fn parse(word: [u8; WORD]) -> Option<Self> {
        let [kind, flags, low, high] = word;
        let kind = match kind {
            0xA1 => Kind::Opening,
            0xA2 => Kind::Scan,
            0xA3 => Kind::Marks,
            0xA4 => Kind::Settings,
            _ => return None,
        };
        let len = u16::from_le_bytes([low, high]);
        (usize::from(len) <= BODY_MAX).then_some(Self { kind, flags, len })
    }

    /// Bytes of the body.
    pub fn len(self) -> usize {
        usize::from(self.len)
    }

    /// Bytes of the body and what fills up its last word.
    pub fn padded_len(self) -> u32 {
        u32::from(self.len).next_multiple_of(WORD as u32)
    }

    /// Bytes of the record.
    pub fn size(self) -> u32 {
        WORD as u32 + self.padded_len() + WORD as u32
    }

    /// Bytes of a scan before its text.
    pub fn scan_head(self) -> usize {
        if self.flags & UPTIME == 0 { SCAN_HEAD } else { SCAN_HEAD_MAX }
    }
}

/// Goes into every check, so that a record counts in its own place only: neither what an earlier
/// lap left nor a code that is made to look like a record passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Salt {
    pub store: u32,
    pub epoch: u32,
}

impl Salt {
    /// Of an opening: the store and epoch are what it tells.
    pub const OPENING: Self = Self { store: 0, epoch: 0 };

    pub fn digest(self, at: u32) -> Digest<'static, u32> {
        let mut digest = CRC.digest();
        for word in [self.store, self.epoch, at] {
            digest.update(&word.to_le_bytes());
        }
        digest
    }
}

/// A record that is being written.
pub(super) struct Record {
    bytes: Vec<u8, RECORD_MAX>,
    unsealed: usize,
}

impl Record {
    fn new(kind: Kind, flags: u8, len: usize) -> Self {
        let mut record = Self { bytes: Vec::new(), unsealed: 0 };
        let [low, high] = u16::try_from(len).unwrap_or(u16::MAX).to_le_bytes();
        record.put(&[kind as u8, flags, low, high]);
        record
    }

    fn put(&mut self, bytes: &[u8]) {
        // Every body is bounded by `BODY_MAX`; if one were not, its check would not agree.
        let _ = self.bytes.extend_from_slice(bytes);
    }

    fn put_words(&mut self, words: &[u32]) {
        words.iter().for_each(|word| self.put(&word.to_le_bytes()));
    }

    fn padded(mut self) -> Self {
        while !self.bytes.len().is_multiple_of(WORD) {
            self.put(&[0xFF]);
        }
        self.unsealed = self.bytes.len();
        self
    }

    /// `text` holds at most [`TEXT_MAX`] bytes.
    pub fn scan(sequence: u32, scan: &NewScan<'_>) -> Self {
        let (ms, boot) = match scan.at {
            Moment::Unix { ms } => (ms, None),
            Moment::Uptime { boot, ms } => (ms, Some(boot)),
        };
        let flags = verdict_code(scan.verdict) | boot.map_or(0, |_| UPTIME);
        let len = SCAN_HEAD + boot.map_or(0, |_| WORD) + scan.text.len();
        let mut record = Self::new(Kind::Scan, flags, len);
        record.put_words(&[sequence, scan.box_number.0]);
        let [m0, m1, m2, m3, m4, m5, ..] = ms.to_le_bytes();
        let [code, modifier] = scan.aim.map_or([0, 0], |aim| aim.0);
        record.put(&[m0, m1, m2, m3, m4, m5, code, modifier]);
        if let Some(boot) = boot {
            record.put_words(&[boot]);
        }
        record.put(scan.text);
        record.padded()
    }

    pub fn marks(marks: &Marks) -> Self {
        let mut record = Self::new(Kind::Marks, 0, MARKS);
        record.put_words(&marks.words());
        record.padded()
    }

    pub fn settings(settings: &[u8]) -> Self {
        let mut record = Self::new(Kind::Settings, 0, settings.len());
        record.put(settings);
        record.padded()
    }

    pub fn opening(opening: &Opening) -> Self {
        let len = OPENING_HEAD + opening.settings.len();
        let mut record = Self::new(Kind::Opening, 0, len);
        record.put_words(&[opening.salt.store, opening.salt.epoch, opening.first]);
        record.put_words(&opening.marks.words());
        record.put(&opening.settings);
        record.padded()
    }

    pub fn size(&self) -> u32 {
        (self.unsealed + WORD) as u32
    }

    /// The record as it is written at `at`.
    pub fn seal(&mut self, salt: Salt, at: u32) -> &[u8] {
        self.bytes.truncate(self.unsealed);
        let mut digest = salt.digest(at);
        digest.update(&self.bytes);
        self.put(&digest.finalize().to_le_bytes());
        &self.bytes
    }
}

/// What a sector begins with: enough to go on from, whatever becomes of the older ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Opening {
    pub salt: Salt,
    /// Number of the first scan that can be in the sector.
    pub first: u32,
    pub marks: Marks,
    pub settings: Vec<u8, SETTINGS_MAX>,
}

impl Opening {
    pub fn parse(body: &[u8]) -> Option<Self> {
        let (head, settings) = body.split_at_checked(OPENING_HEAD)?;
        let (own, marks) = head.split_at_checked(3 * WORD)?;
        Some(Self {
            salt: Salt { store: word(own, 0)?, epoch: word(own, 1)? },
            first: word(own, 2)?,
            marks: Marks::parse(marks)?,
            settings: Vec::from_slice(settings).ok()?,
        })
    }
}

impl Marks {
    fn words(&self) -> [u32; 4] {
        [self.released, self.refused, self.boots, self.box_number]
    }

    pub(super) fn parse(body: &[u8]) -> Option<Self> {
        Some(Self {
            released: word(body, 0)?,
            refused: word(body, 1)?,
            boots: word(body, 2)?,
            box_number: word(body, 3)?,
        })
    }
}

/// A scan without its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ScanHead {
    pub sequence: u32,
    pub box_number: BoxNumber,
    pub at: Moment,
    pub aim: Option<Aim>,
    pub verdict: Verdict,
}

impl ScanHead {
    pub fn parse(head: Head, body: &[u8]) -> Option<Self> {
        let &[m0, m1, m2, m3, m4, m5, code, modifier] = body.get(8..16)?.first_chunk()?;
        let ms = u64::from_le_bytes([m0, m1, m2, m3, m4, m5, 0, 0]);
        let at = match head.flags & UPTIME {
            0 => Moment::Unix { ms },
            _ => Moment::Uptime { boot: word(body, 4)?, ms },
        };
        Some(Self {
            sequence: word(body, 0)?,
            box_number: BoxNumber(word(body, 1)?),
            at,
            aim: (code != 0).then_some(Aim([code, modifier])),
            verdict: verdict(head.flags)?,
        })
    }
}

fn word(bytes: &[u8], index: usize) -> Option<u32> {
    bytes.get(index * WORD..)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes))
}

const VERDICTS: [Verdict; 5] =
    [Verdict::Valid, Verdict::Wrong, Verdict::Suspicious, Verdict::Other, Verdict::Nothing];

fn verdict_code(verdict: Verdict) -> u8 {
    VERDICTS.iter().zip(0..).find(|(known, _)| **known == verdict).map_or(4, |(_, code)| code)
}

fn verdict(flags: u8) -> Option<Verdict> {
    VERDICTS.get(usize::from(flags & 0x0F)).copied()
}
