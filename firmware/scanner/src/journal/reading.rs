//! Finding records again.

use embedded_storage::nor_flash::NorFlash;
use tekser_wire::message::{Scan, Sequence, TEXT_MAX};

use super::area::{Area, Fault, WORD};
use super::record::{Head, Kind, SCAN_HEAD_MAX, Salt, ScanHead};
use super::sectors::Sector;
use super::{BODY, Journal};

/// Shortest record: an empty body.
const RECORD_MIN: u32 = 2 * WORD as u32;

/// Where the scan that follows `after` is looked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Cursor {
    after: u32,
    sector: usize,
    /// The sector may have been used again.
    epoch: u32,
    at: u32,
}

/// A record that was found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found {
    pub sector: usize,
    pub at: u32,
    pub head: Head,
}

impl Found {
    /// Where its body begins.
    pub fn body(&self) -> u32 {
        self.at + WORD as u32
    }

    /// Behind it.
    pub fn end(&self) -> u32 {
        self.at + self.head.size()
    }
}

impl<F: NorFlash> Journal<F> {
    /// The first scan behind `after` that is not released, its text in `buffer`. Asked for one
    /// after the other, scans take the same time each.
    ///
    /// Numbers follow each other; if the flash has spoilt a record, its number is missing.
    pub fn scan_after<'b>(
        &mut self,
        after: Sequence,
        buffer: &'b mut [u8; TEXT_MAX],
    ) -> Option<Scan<'b>> {
        let after = after.0.max(self.marks.released);
        if after.saturating_add(1) >= self.next {
            return None;
        }
        let (found, scan) = self.find_behind(after).ok()??;
        let text = found.body() + found.head.scan_head() as u32;
        let len = found.head.len().checked_sub(found.head.scan_head())?;
        let whole_words = buffer.get_mut(..len.next_multiple_of(WORD))?;
        self.area.read(found.sector, text, whole_words).ok()?;
        Some(Scan {
            sequence: Sequence(scan.sequence),
            box_number: scan.box_number,
            at: scan.at,
            aim: scan.aim,
            verdict: scan.verdict,
            text: buffer.get(..len)?,
        })
    }

    fn find_behind(&mut self, after: u32) -> Result<Option<(Found, ScanHead)>, Fault> {
        let Some(mut cursor) = self.cursor_behind(after) else { return Ok(None) };
        loop {
            let salt = Salt { store: self.salt.store, epoch: cursor.epoch };
            let Some(found) = self.record(cursor.sector, cursor.at, salt)? else {
                match self.next_sector(cursor) {
                    Some(next) => cursor = next,
                    None => return Ok(None),
                }
                continue;
            };
            cursor.at = found.end();
            let Some(scan) = self.scan_head(&found)? else { continue };
            if scan.sequence > after {
                self.cursor = Cursor { after: scan.sequence, ..cursor };
                return Ok(Some((found, scan)));
            }
        }
    }

    fn cursor_behind(&self, after: u32) -> Option<Cursor> {
        let kept = self.cursor;
        let is_live = |sector| matches!(sector, Sector::Live { epoch, .. } if epoch == kept.epoch);
        if kept.after == after && is_live(self.sectors.get(kept.sector)) {
            return Some(kept);
        }
        self.beginning_of(self.sectors.holding(after.saturating_add(1))?, after)
    }

    fn next_sector(&self, cursor: Cursor) -> Option<Cursor> {
        let Sector::Live { first, .. } = self.sectors.get(cursor.sector) else { return None };
        self.beginning_of(self.sectors.following(first)?.0, cursor.after)
    }

    fn beginning_of(&self, sector: usize, after: u32) -> Option<Cursor> {
        let Sector::Live { epoch, .. } = self.sectors.get(sector) else { return None };
        Some(Cursor { after, sector, epoch, at: BODY })
    }

    /// The first record of a sector at `at` or behind. What is no record is passed over word by
    /// word: it was being written when the power went.
    pub(super) fn record(
        &mut self,
        sector: usize,
        mut at: u32,
        salt: Salt,
    ) -> Result<Option<Found>, Fault> {
        while at + RECORD_MIN <= Area::<F>::SECTOR {
            if let Some(head) = Head::parse(self.area.read_word(sector, at)?) {
                let found = Found { sector, at, head };
                if found.end() <= Area::<F>::SECTOR && self.agrees(&found, salt)? {
                    return Ok(Some(found));
                }
            }
            at += WORD as u32;
        }
        Ok(None)
    }

    /// Whether the check agrees.
    pub(super) fn agrees(&mut self, found: &Found, salt: Salt) -> Result<bool, Fault> {
        let salt = if found.head.kind == Kind::Opening { Salt::OPENING } else { salt };
        let mut digest = salt.digest(found.at);
        let check = found.body() + found.head.padded_len();
        self.area.all(found.sector, found.at, check, |_, piece| {
            digest.update(piece);
            true
        })?;
        let kept = self.area.read_word(found.sector, check)?;
        Ok(u32::from_le_bytes(kept) == digest.finalize())
    }

    /// What a scan is, but for its text; `None` if it is another record.
    pub(super) fn scan_head(&mut self, found: &Found) -> Result<Option<ScanHead>, Fault> {
        if found.head.kind != Kind::Scan {
            return Ok(None);
        }
        let mut body = [0; SCAN_HEAD_MAX];
        self.area.read(found.sector, found.body(), &mut body)?;
        Ok(ScanHead::parse(found.head, &body))
    }
}
