//! What is done at the start: finding out where the last run ended.
//!
//! Only the openings of all sectors and the newest sector are read, so it takes the time of some
//! 40 KiB in an area of 1 MiB.

use embedded_storage::nor_flash::NorFlash;
use heapless::Vec;

use super::area::{Area, BLANK, Fault, WORD};
use super::reading::Found;
use super::record::{Head, Kind, OPENING_MAX, Opening, Salt};
use super::sectors::Sector;
use super::{BODY, Journal, Marks, READY, SECTORS_MIN, SETTINGS_MAX};

impl<F: NorFlash> Journal<F> {
    /// Goes on where the last run ended, or formats.
    pub(super) fn recover(&mut self) -> Result<(), Fault> {
        if self.area.sectors() < SECTORS_MIN {
            return Err(Fault::Failed);
        }
        match self.newest()? {
            Some((sector, opening)) => {
                self.adopt(sector, opening)?;
                self.is_read = true;
            }
            None => {
                self.is_read = true;
                self.advance()?;
            }
        }
        self.marks.boots = self.marks.boots.saturating_add(1);
        self.put_marks().map_err(|_| Fault::Failed)
    }

    fn newest(&mut self) -> Result<Option<(usize, Opening)>, Fault> {
        let mut newest: Option<(usize, Opening)> = None;
        for sector in 0..self.area.sectors() {
            let Some(opening) = self.opening(sector)? else { continue };
            if newest.as_ref().is_none_or(|(_, known)| known.salt.epoch < opening.salt.epoch) {
                newest = Some((sector, opening));
            }
        }
        Ok(newest)
    }

    fn adopt(&mut self, head: usize, opening: Opening) -> Result<(), Fault> {
        self.head = head;
        self.salt = opening.salt;
        self.epoch = opening.salt.epoch;
        self.next = opening.first;
        self.marks = opening.marks;
        self.settings = opening.settings;
        for sector in 0..self.area.sectors() {
            let found = self.inspect(sector)?;
            self.enter(sector, found);
        }
        self.replay()?;
        self.next = self.next.max(self.marks.released.saturating_add(1));
        self.durable = self.marks;
        self.settle();
        Ok(())
    }

    fn inspect(&mut self, sector: usize) -> Result<Sector, Fault> {
        if let Some(opening) = self.opening(sector)? {
            return Ok(match opening.salt {
                Salt { store, epoch } if store == self.salt.store => {
                    Sector::Live { first: opening.first, epoch }
                }
                _ => Sector::Dirty,
            });
        }
        let mut ready = [0; READY.len()];
        self.area.read(sector, 0, &mut ready)?;
        let is_ready = ready == READY && self.area.read_word(sector, BODY)? == BLANK;
        Ok(if is_ready { Sector::Ready } else { Sector::Dirty })
    }

    /// Of two sectors that begin with the same scan, the older one holds none.
    fn enter(&mut self, sector: usize, found: Sector) {
        if let Sector::Live { first, epoch } = found
            && let Some((other, other_epoch)) = self.sectors.beginning(first)
        {
            if other_epoch > epoch {
                return self.sectors.set(sector, Sector::Dirty);
            }
            self.sectors.set(other, Sector::Dirty);
        }
        self.sectors.set(sector, found);
    }

    fn opening(&mut self, sector: usize) -> Result<Option<Opening>, Fault> {
        let Some(head) = Head::parse(self.area.read_word(sector, BODY)?) else { return Ok(None) };
        let found = Found { sector, at: BODY, head };
        if head.kind != Kind::Opening
            || head.len() > OPENING_MAX
            || !self.agrees(&found, Salt::OPENING)?
        {
            return Ok(None);
        }
        let mut body = [0; OPENING_MAX.next_multiple_of(WORD)];
        let body = body.get_mut(..head.padded_len() as usize).unwrap_or_default();
        self.area.read(sector, found.body(), body)?;
        Ok(body.get(..head.len()).and_then(Opening::parse))
    }

    /// Goes through the sector in use.
    fn replay(&mut self) -> Result<(), Fault> {
        let mut at = BODY;
        while let Some(found) = self.record(self.head, at, self.salt)? {
            at = found.end();
            match found.head.kind {
                Kind::Opening => {}
                Kind::Scan => {
                    if let Some(scan) = self.scan_head(&found)? {
                        self.next = self.next.max(scan.sequence.saturating_add(1));
                        self.marks.box_number = self.marks.box_number.max(scan.box_number.0);
                    }
                }
                Kind::Marks => self.replay_marks(&found)?,
                Kind::Settings => self.replay_settings(&found)?,
            }
        }
        // Behind what was being written when the power went, as well.
        self.at = at.max(self.area.end(self.head)?).min(Area::<F>::SECTOR);
        Ok(())
    }

    fn replay_marks(&mut self, found: &Found) -> Result<(), Fault> {
        let mut body = [0; size_of::<Marks>()];
        self.area.read(found.sector, found.body(), &mut body)?;
        if let Some(marks) = Marks::parse(&body) {
            self.marks = marks;
        }
        Ok(())
    }

    fn replay_settings(&mut self, found: &Found) -> Result<(), Fault> {
        let mut body = [0; SETTINGS_MAX];
        let len = found.head.len();
        let Some(padded) = body.get_mut(..len.next_multiple_of(WORD)) else { return Ok(()) };
        self.area.read(found.sector, found.body(), padded)?;
        self.settings =
            body.get(..len).and_then(|body| Vec::from_slice(body).ok()).unwrap_or_default();
        Ok(())
    }
}
