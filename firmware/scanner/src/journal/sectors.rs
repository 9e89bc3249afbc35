//! What each sector is good for.

use super::area::SECTORS_MAX;

/// A sector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sector {
    /// Holds nothing that is needed; must be erased before it is used.
    Dirty,
    /// Erased, and marked so.
    Ready,
    /// Holds scans from `first` on, or is where records go.
    Live { first: u32, epoch: u32 },
    /// Does not erase, or does not keep what is written. Tried again at the next start.
    Bad,
}

pub(super) struct Sectors {
    all: [Sector; SECTORS_MAX],
    len: usize,
}

impl Sectors {
    pub fn new(len: usize) -> Self {
        Self { all: [Sector::Dirty; SECTORS_MAX], len: len.min(SECTORS_MAX) }
    }

    fn iter(&self) -> impl Iterator<Item = (usize, Sector)> {
        self.all.iter().copied().take(self.len).enumerate()
    }

    pub fn get(&self, index: usize) -> Sector {
        self.all.get(index).copied().unwrap_or(Sector::Bad)
    }

    pub fn set(&mut self, index: usize, sector: Sector) {
        if let Some(place) = self.all.get_mut(index) {
            *place = sector;
        }
    }

    pub fn count(&self, is: impl Fn(Sector) -> bool) -> usize {
        self.iter().filter(|(_, sector)| is(*sector)).count()
    }

    /// Sectors that records can go to once the one in use is full.
    pub fn free(&self) -> usize {
        self.count(|sector| matches!(sector, Sector::Dirty | Sector::Ready))
    }

    /// The first such sector behind `index`, going round: sectors are used in turn.
    pub fn behind(&self, index: usize, wanted: Sector) -> Option<usize> {
        let round = self.iter().chain(self.iter()).skip(index + 1).take(self.len);
        round.into_iter().find(|(_, sector)| *sector == wanted).map(|(found, _)| found)
    }

    /// The live sector whose scans come first.
    pub fn oldest(&self) -> Option<(usize, u32)> {
        self.live().min_by_key(|(_, first, _)| *first).map(|(index, first, _)| (index, first))
    }

    /// The live sector whose scans follow those of one that begins at `first`.
    pub fn following(&self, first: u32) -> Option<(usize, u32)> {
        let later = self.live().filter(|(_, other, _)| *other > first);
        later.min_by_key(|(_, first, _)| *first).map(|(index, first, _)| (index, first))
    }

    /// The live sector that holds the scan `sequence`, or the oldest.
    pub fn holding(&self, sequence: u32) -> Option<usize> {
        let up_to = self.live().filter(|(_, first, _)| *first <= sequence);
        let holding = up_to.max_by_key(|(_, first, _)| *first).map(|(index, ..)| index);
        holding.or_else(|| self.oldest().map(|(index, _)| index))
    }

    /// The live sector that begins at `first`, and its epoch.
    pub fn beginning(&self, first: u32) -> Option<(usize, u32)> {
        let found = self.live().find(|(_, other, _)| *other == first);
        found.map(|(index, _, epoch)| (index, epoch))
    }

    fn live(&self) -> impl Iterator<Item = (usize, u32, u32)> {
        self.iter().filter_map(|(index, sector)| match sector {
            Sector::Live { first, epoch } => Some((index, first, epoch)),
            _ => None,
        })
    }
}
