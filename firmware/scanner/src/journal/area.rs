//! A part of a flash, by sector.

use core::ops::Range;

use embedded_storage::nor_flash::NorFlash;

/// Everything in the journal begins and ends at multiples of this, so a flash may want to be
/// read and written in words of up to 4 bytes.
pub(super) const WORD: usize = 4;

/// Most sectors that a journal uses; what an area has beyond is left alone.
pub(super) const SECTORS_MAX: usize = 256;

/// What an erased word reads as.
pub(super) const BLANK: [u8; WORD] = [0xFF; WORD];

/// The flash did not do what it was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// It said so, or could not be read.
    Failed,
    /// It holds something else than it was to.
    Altered,
}

pub(super) struct Area<F> {
    flash: F,
    start: u32,
    sectors: usize,
}

impl<F: NorFlash> Area<F> {
    /// Bytes in a sector.
    pub const SECTOR: u32 = {
        assert!(F::WRITE_SIZE <= WORD && WORD.is_multiple_of(F::WRITE_SIZE));
        assert!(F::READ_SIZE <= WORD && WORD.is_multiple_of(F::READ_SIZE));
        // An opening and the longest scan fit in.
        assert!(F::ERASE_SIZE.is_multiple_of(WORD) && F::ERASE_SIZE >= 1 << 10);
        assert!(F::ERASE_SIZE <= 1 << 20);
        F::ERASE_SIZE as u32
    };

    /// The whole sectors of `range` that the flash has.
    pub fn new(flash: F, range: Range<u32>) -> Self {
        let start = range.start.next_multiple_of(Self::SECTOR);
        let end = range.end.min(u32::try_from(flash.capacity()).unwrap_or(u32::MAX));
        let sectors = (end.saturating_sub(start) / Self::SECTOR) as usize;
        Self { flash, start, sectors: sectors.min(SECTORS_MAX) }
    }

    pub fn sectors(&self) -> usize {
        self.sectors
    }

    fn address(&self, sector: usize, at: u32) -> u32 {
        self.start + sector as u32 * Self::SECTOR + at
    }

    pub fn read(&mut self, sector: usize, at: u32, out: &mut [u8]) -> Result<(), Fault> {
        let address = self.address(sector, at);
        self.flash.read(address, out).map_err(|_| Fault::Failed)
    }

    pub fn read_word(&mut self, sector: usize, at: u32) -> Result<[u8; WORD], Fault> {
        let mut word = BLANK;
        self.read(sector, at, &mut word).map(|()| word)
    }

    /// Calls `each` with the bytes from `at` to `end`, a piece at a time, until it says no.
    /// Whether it never did.
    pub fn all(
        &mut self,
        sector: usize,
        mut at: u32,
        end: u32,
        mut each: impl FnMut(u32, &[u8]) -> bool,
    ) -> Result<bool, Fault> {
        let mut piece = [0; 64];
        while at < end {
            let len = piece.len().min((end - at) as usize);
            let (piece, _) = piece.split_at_mut(len);
            self.read(sector, at, piece)?;
            if !each(at, piece) {
                return Ok(false);
            }
            at += len as u32;
        }
        Ok(true)
    }

    /// Writes, and reads what was written: that alone counts, whatever the flash said.
    pub fn write(&mut self, sector: usize, at: u32, bytes: &[u8]) -> Result<(), Fault> {
        let address = self.address(sector, at);
        let _ = self.flash.write(address, bytes);
        let mut rest = bytes;
        let is_kept = self.all(sector, at, at + bytes.len() as u32, |_, piece| {
            let (expected, behind) = rest.split_at(piece.len().min(rest.len()));
            rest = behind;
            piece == expected
        })?;
        if is_kept { Ok(()) } else { Err(Fault::Altered) }
    }

    /// Erases a sector, and reads whether it is.
    pub fn erase(&mut self, sector: usize) -> Result<(), Fault> {
        let from = self.address(sector, 0);
        self.flash.erase(from, from + Self::SECTOR).map_err(|_| Fault::Failed)?;
        if self.is_blank(sector, 0)? { Ok(()) } else { Err(Fault::Altered) }
    }

    /// Whether a sector is blank from `at` on.
    pub fn is_blank(&mut self, sector: usize, at: u32) -> Result<bool, Fault> {
        self.all(sector, at, Self::SECTOR, |_, piece| piece.iter().all(|byte| *byte == 0xFF))
    }

    /// Behind the last word of a sector that is not blank.
    pub fn end(&mut self, sector: usize) -> Result<u32, Fault> {
        let mut end = 0;
        self.all(sector, 0, Self::SECTOR, |at, piece| {
            if let Some(last) = piece.iter().rposition(|byte| *byte != 0xFF) {
                end = at + (last as u32 + 1).next_multiple_of(WORD as u32);
            }
            true
        })?;
        Ok(end)
    }
}
