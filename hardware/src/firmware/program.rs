//! Bytes in a row at one address.

use std::collections::BTreeMap;
use std::ops::Range;

/// What erased flash reads as.
const ERASED: u8 = 0xff;

/// Largest program, in bytes: the largest flash of [`super::board`].
pub const MAX: usize = 2 << 20;

/// Bytes that belong at an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Where the first one belongs.
    pub address: u32,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// A program as it lies in the flash, without holes. Never empty, at most [`MAX`] bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Program {
    start: u32,
    bytes: Vec<u8>,
}

/// Why bytes are not a program.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProgramError {
    /// There are none.
    #[error("there is no byte in it that belongs into the flash")]
    Empty,
    /// Two of them belong at one place.
    #[error("two parts of it belong at the address {address:#010x}")]
    Overlap {
        /// The place.
        address: u32,
    },
    /// They lie too far apart.
    #[error("nothing fills the {length} bytes from {address:#010x} on")]
    Gap {
        /// First address of the gap.
        address: u32,
        /// Its length.
        length: u32,
    },
    /// There are more than [`MAX`], or they reach past the last address.
    #[error("it is larger than any board's flash")]
    TooLarge,
}

impl Program {
    /// Lays segments side by side in whole sectors, and fills up what lies between and behind them
    /// with what erased flash reads as: boot loaders erase a sector when they meet it first, and
    /// that of the RP2040 does it once too often if pages of a sector are missing (erratum E14).
    ///
    /// # Errors
    ///
    /// [`ProgramError`]; a gap is one that leaves a whole sector free.
    pub fn from_segments(segments: Vec<Segment>, sector: u32) -> Result<Self, ProgramError> {
        let sector = sector.max(1);
        let mut sorted = BTreeMap::new();
        for segment in segments.into_iter().filter(|segment| !segment.bytes.is_empty()) {
            if sorted.insert(segment.address, segment.bytes).is_some() {
                return Err(ProgramError::Overlap { address: segment.address });
            }
        }
        let first = *sorted.keys().next().ok_or(ProgramError::Empty)?;
        let start = first - first % sector;
        let mut bytes = Vec::new();
        for (address, part) in sorted {
            let end = start.checked_add(length(&bytes)?).ok_or(ProgramError::TooLarge)?;
            let gap = address.checked_sub(end).ok_or(ProgramError::Overlap { address })?;
            let whole = end.checked_next_multiple_of(sector).ok_or(ProgramError::TooLarge)?;
            if address.saturating_sub(whole) >= sector {
                return Err(ProgramError::Gap { address: end, length: gap });
            }
            bytes.resize(bytes.len() + gap as usize, ERASED);
            bytes.extend_from_slice(&part);
        }
        bytes.resize(bytes.len().next_multiple_of(sector as usize), ERASED);
        Self::new(start, bytes)
    }

    /// Bytes that lie in a row already.
    ///
    /// # Errors
    ///
    /// [`ProgramError::Empty`] or [`ProgramError::TooLarge`].
    pub fn new(start: u32, bytes: Vec<u8>) -> Result<Self, ProgramError> {
        if bytes.is_empty() {
            return Err(ProgramError::Empty);
        }
        start.checked_add(length(&bytes)?).ok_or(ProgramError::TooLarge)?;
        Ok(Self { start, bytes })
    }

    /// Where it lies.
    pub fn range(&self) -> Range<u32> {
        // Neither cast nor sum can overflow: `new` has seen to it.
        self.start..self.start + self.bytes.len() as u32
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }
}

/// Shows where it lies alone.
impl core::fmt::Debug for Program {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Range { start, end } = self.range();
        write!(f, "Program({start:#010x}..{end:#010x})")
    }
}

fn length(bytes: &[u8]) -> Result<u32, ProgramError> {
    if bytes.len() > MAX {
        return Err(ProgramError::TooLarge);
    }
    u32::try_from(bytes.len()).map_err(|_| ProgramError::TooLarge)
}
