//! The journal: accepted scans in flash until the station has them.
//!
//! A log over NOR flash. What was appended is durable when the call returns; a power cut at any
//! byte written or bit erased loses nothing that was, and nothing that was is ever overwritten.
//! When there is no room a scan is refused and counted.
//!
//! # On the flash
//!
//! ```text
//! sector  = READY opening { record } blank…
//! READY   = 8 bytes: this sector was erased to the end
//! record  = kind:u8 flags:u8 len:u16 body[len] padding check:u32      in whole words
//! opening = store epoch first marks settings        epoch: one more for each sector begun
//! scan    = sequence box ms:48 aim:16 [boot] text
//! marks   = released refused boots box
//! check   = CRC-32( store epoch offset record )
//! ```
//!
//! The newest opening and the records behind it say all there is to know; an older sector is
//! needed for its scans only. Sectors are used in turn, so they wear evenly.
//!
//! # Power cuts
//!
//! | cut while | found at the next start | done |
//! |---|---|---|
//! | writing a record | a check that does not agree | passed over; what follows is found again |
//! | writing an opening | the same | erased again; the sector before is still the newest |
//! | erasing | no READY, whatever else is there | erased again: also what only looks blank |
//! | writing READY | the same | the same |
//!
//! A sector is erased only when flash itself says that its scans are released, so a half-erased
//! one is never mistaken for one that lost scans. Two sectors are kept for marks when scans
//! fill the rest: while one of them is written the other can be erased, so the count of refused
//! scans is exact for ever.
//!
//! # Room and wear
//!
//! A scan of 15 digits takes 40 bytes, with the mark that releases it 68 at most; a sector of
//! 4 KiB holds 100 scans. In 1 MiB: 25,400 scans that wait. At 2,000 scans a day, each released
//! by itself, a sector is erased every 7.6 days: 100,000 erasures last 2,000 years. In the least
//! area, 4 sectors of 4 KiB: 200 scans that wait, and 32 years.
//!
//! Records may lie across the pages of a flash chip: the second program command costs 30 µs, and
//! keeping them apart would cost a sixth of the room.

mod area;
mod reading;
mod record;
mod recovery;
mod sectors;

use heapless::Vec;
use tekser_wire::message::{Aim, BoxNumber, Moment, Sequence, StoreId, TEXT_MAX, Verdict};

use core::ops::Range;

use embedded_storage::nor_flash::NorFlash;

use self::area::{Area, Fault};
use self::reading::Cursor;
use self::record::{Opening, Record, Salt};
use self::sectors::{Sector, Sectors};

/// Longest settings, in bytes: the journal does not look into them.
pub const SETTINGS_MAX: usize = 32;

/// Fewest sectors that make a journal: one in use, one more for scans, two for marks.
pub const SECTORS_MIN: usize = RESERVE + 2;

/// Sectors that scans may not take.
const RESERVE: usize = 2;

/// Begins every sector that was erased to its end.
const READY: [u8; 8] = *b"TKJ1\xAB\xB4\xB5\xCE";

/// Where records begin.
const BODY: u32 = READY.len() as u32;

/// Sectors that are erased ahead: 3,200 scans without a pause long enough to erase another.
const AHEAD: usize = 32;

/// How far a station may be ahead of the journal and still be believed.
const FORGOTTEN_MAX: u32 = 1 << 16;

/// How often something that fails is tried in other places before it is given up.
const ATTEMPTS: usize = 4;

/// A scan that is to be accepted.
#[derive(Clone, Copy)]
pub struct NewScan<'a> {
    /// The box it belongs to.
    pub box_number: BoxNumber,
    /// When it was read.
    pub at: Moment,
    /// What kind of code it was.
    pub aim: Option<Aim>,
    /// What the person will be told.
    pub verdict: Verdict,
    /// What it says: 1 to [`TEXT_MAX`] bytes.
    pub text: &'a [u8],
}

/// Why a scan was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum AppendError {
    /// No room: scans must be released first.
    Full,
    /// The flash does not keep what is written.
    Flash,
    /// Empty, or longer than [`TEXT_MAX`].
    Text,
}

/// How much room there is, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Usage {
    /// In use.
    pub used: u32,
    /// In all; 0 if there is no journal.
    pub capacity: u32,
}

impl Usage {
    /// Whether four fifths are in use.
    pub fn is_nearly_full(self) -> bool {
        self.used / 4 >= self.capacity / 5
    }
}

/// Numbers that outlive the sector they were written in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Marks {
    /// Newest scan that the station has.
    released: u32,
    refused: u32,
    boots: u32,
    box_number: u32,
}

/// See the [module](self).
pub struct Journal<F> {
    area: Area<F>,
    sectors: Sectors,
    /// The sector in use, and what goes into its checks.
    head: usize,
    salt: Salt,
    /// Where the next record goes.
    at: u32,
    /// Number of the next scan.
    next: u32,
    marks: Marks,
    /// What the flash knows of them.
    durable: Marks,
    settings: Vec<u8, SETTINGS_MAX>,
    cursor: Cursor,
    is_sound: bool,
}

impl<F: NorFlash> Journal<F> {
    /// Reads what the whole sectors of `range` hold and goes on from there; formats them if they
    /// hold nothing of ours. `seed` becomes the number of a new store.
    ///
    /// Never fails: a journal over a flash that does not work accepts nothing and says so.
    pub fn open(flash: F, range: Range<u32>, seed: u32) -> Self {
        let area = Area::new(flash, range);
        let sectors = Sectors::new(area.sectors());
        let mut journal = Self {
            head: area.sectors().saturating_sub(1),
            area,
            sectors,
            salt: Salt { store: seed.max(1), epoch: 0 },
            at: Area::<F>::SECTOR,
            next: 1,
            marks: Marks::default(),
            durable: Marks::default(),
            settings: Vec::new(),
            cursor: Cursor::default(),
            is_sound: false,
        };
        journal.is_sound = journal.recover().is_ok();
        journal
    }

    /// Whether the flash did what it was told, the last time.
    pub fn is_sound(&self) -> bool {
        self.is_sound
    }

    /// Number of this store.
    pub fn store(&self) -> StoreId {
        StoreId(self.salt.store)
    }

    /// Oldest scan that is not released; the same as [`Journal::next`] if there is none.
    pub fn oldest(&self) -> Sequence {
        Sequence(self.marks.released.saturating_add(1))
    }

    /// Number of the next scan.
    pub fn next(&self) -> Sequence {
        Sequence(self.next)
    }

    /// Scans that are not released.
    pub fn waiting(&self) -> u32 {
        self.next.saturating_sub(self.oldest().0)
    }

    /// Scans that were refused since the store was formatted.
    pub fn refused(&self) -> u32 {
        self.marks.refused
    }

    /// How often the store was opened, this time included.
    pub fn boots(&self) -> u32 {
        self.marks.boots
    }

    /// The newest box that a scan was put in; 0 if there was none.
    pub fn last_box(&self) -> BoxNumber {
        BoxNumber(self.marks.box_number)
    }

    /// The settings that were kept last; empty if there are none.
    pub fn settings(&self) -> &[u8] {
        &self.settings
    }

    /// How much room there is.
    pub fn usage(&self) -> Usage {
        let body = Area::<F>::SECTOR - BODY;
        let whole = |sectors: usize| sectors as u32 * body;
        let live = self.sectors.count(|sector| matches!(sector, Sector::Live { .. }));
        let good = self.sectors.count(|sector| sector != Sector::Bad);
        Usage {
            used: whole(live.saturating_sub(1)) + self.at.saturating_sub(BODY).min(body),
            capacity: whole(good.saturating_sub(RESERVE)),
        }
    }

    /// Accepts a scan: it is durable, with this number, when this returns.
    pub fn append(&mut self, scan: &NewScan<'_>) -> Result<Sequence, AppendError> {
        if scan.text.is_empty() || scan.text.len() > TEXT_MAX {
            return Err(AppendError::Text);
        }
        let sequence = self.next;
        if sequence == u32::MAX {
            return Err(AppendError::Full);
        }
        if self.sectors.free() <= RESERVE && self.would_free() {
            self.put_marks()?;
        }
        self.put(&mut Record::scan(sequence, scan), RESERVE)?;
        self.next = sequence + 1;
        self.marks.box_number = self.marks.box_number.max(scan.box_number.0);
        self.durable.box_number = self.marks.box_number;
        Ok(Sequence(sequence))
    }

    /// Counts a scan that was not accepted. Durable when this returns, if the flash works; if
    /// not, as soon as it does.
    pub fn refuse(&mut self) {
        self.marks.refused = self.marks.refused.saturating_add(1);
        // What could not be written is tried again by `tidy`.
        let _ = self.put_marks();
    }

    /// Scans up to `through` are durable elsewhere. Durable here by the next [`Journal::tidy`].
    pub fn release(&mut self, through: Sequence) {
        if through.0.saturating_sub(self.next) < FORGOTTEN_MAX {
            // The station may know numbers that a spoilt record took along: not to be used again.
            self.next = self.next.max(through.0.saturating_add(1));
        }
        self.marks.released = self.marks.released.max(through.0.min(self.next.saturating_sub(1)));
    }

    /// Keeps settings of at most [`SETTINGS_MAX`] bytes: durable when this returns.
    pub fn keep_settings(&mut self, settings: &[u8]) -> Result<(), AppendError> {
        let kept = Vec::from_slice(settings).map_err(|_| AppendError::Text)?;
        self.put(&mut Record::settings(settings), 0)?;
        self.settings = kept;
        Ok(())
    }

    /// Whether [`Journal::tidy`] has something to do.
    pub fn wants_tidy(&self) -> bool {
        self.area.sectors() >= SECTORS_MIN && (self.marks != self.durable || self.wants_erase())
    }

    fn wants_erase(&self) -> bool {
        self.sectors.count(|sector| sector == Sector::Dirty) > 0
            && self.sectors.count(|sector| sector == Sector::Ready) < AHEAD
    }

    /// Does one of the things that are better done now than when a code comes: notes what was
    /// released, or erases one sector (which holds up everything for as long as that takes). To
    /// be called when nothing is to be expected of the engine.
    pub fn tidy(&mut self) {
        if self.marks != self.durable {
            let _ = self.put_marks();
        } else if self.wants_erase() {
            // One that does not erase is left out from now on.
            let _ = self.clean();
        }
    }

    fn put_marks(&mut self) -> Result<(), AppendError> {
        let marks = self.marks;
        self.put(&mut Record::marks(&marks), 0)?;
        self.durable = marks;
        self.settle();
        Ok(())
    }

    /// Writes a record where it is kept, if `reserve` sectors stay free.
    fn put(&mut self, record: &mut Record, reserve: usize) -> Result<(), AppendError> {
        if self.area.sectors() < SECTORS_MIN {
            return Err(AppendError::Flash);
        }
        for attempt in 0..ATTEMPTS {
            let is_full = self.at + record.size() > Area::<F>::SECTOR;
            if self.sectors.free() < reserve + usize::from(is_full) {
                if attempt == 0 {
                    return Err(AppendError::Full);
                }
                break;
            }
            if is_full && self.advance().is_err() {
                break;
            }
            let at = self.at;
            self.at += record.size();
            if self.area.write(self.head, at, record.seal(self.salt, at)).is_ok() {
                self.is_sound = true;
                return Ok(());
            }
            if attempt > 0 {
                // A sector that did not keep twice in a row is left.
                self.at = Area::<F>::SECTOR;
            }
        }
        self.is_sound = false;
        Err(AppendError::Flash)
    }

    /// Whether a sector is needed only because the flash does not know what was released.
    fn would_free(&self) -> bool {
        self.sectors.oldest().is_some_and(|(index, first)| {
            let end = self.sectors.following(first).map(|(_, following)| following);
            index != self.head && end.is_some_and(|end| end - 1 <= self.marks.released)
        })
    }

    /// Goes on in another sector.
    fn advance(&mut self) -> Result<(), Fault> {
        for _ in 0..ATTEMPTS {
            let Ok(sector) = self.blank() else { continue };
            if self.begin(sector).is_ok() {
                return Ok(());
            }
            self.sectors.set(sector, Sector::Bad);
        }
        Err(Fault)
    }

    /// The next sector that is blank.
    fn blank(&mut self) -> Result<usize, Fault> {
        let Some(sector) = self.sectors.behind(self.head, Sector::Ready) else {
            return self.clean();
        };
        if self.area.is_blank(sector, BODY)? {
            return Ok(sector);
        }
        self.sectors.set(sector, Sector::Dirty);
        self.clean()
    }

    /// Makes `sector` the one in use.
    fn begin(&mut self, sector: usize) -> Result<(), Fault> {
        let salt = Salt { store: self.salt.store, epoch: self.salt.epoch + 1 };
        let opening =
            Opening { salt, first: self.next, marks: self.marks, settings: self.settings.clone() };
        let mut record = Record::opening(&opening);
        self.area.write(sector, BODY, record.seal(Salt::OPENING, BODY))?;
        let left = self.sectors.get(self.head);
        if matches!(left, Sector::Live { first, .. } if first == self.next) {
            // It held marks alone, and the opening repeats them.
            self.sectors.set(self.head, Sector::Dirty);
        }
        self.sectors.set(sector, Sector::Live { first: self.next, epoch: salt.epoch });
        self.head = sector;
        self.salt = salt;
        self.at = BODY + record.size();
        self.durable = self.marks;
        self.settle();
        Ok(())
    }

    /// Gives up sectors whose scans are all released, as far as the flash knows.
    fn settle(&mut self) {
        while let Some((index, first)) = self.sectors.oldest() {
            let end = self.sectors.following(first).map(|(_, following)| following);
            match end {
                Some(end) if index != self.head && end - 1 <= self.durable.released => {
                    self.sectors.set(index, Sector::Dirty);
                }
                _ => return,
            }
        }
    }

    /// Erases the next sector that needs it, and says which.
    fn clean(&mut self) -> Result<usize, Fault> {
        let sector = self.sectors.behind(self.head, Sector::Dirty).ok_or(Fault)?;
        let erased = self.area.erase(sector);
        let cleaned = erased.and_then(|()| self.area.write(sector, 0, &READY));
        self.sectors.set(sector, if cleaned.is_ok() { Sector::Ready } else { Sector::Bad });
        cleaned.map(|()| sector)
    }
}
