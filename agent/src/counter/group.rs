//! Codes of one box are read together, as one label.

use std::collections::BTreeSet;

use jiff::Timestamp;
use tekser_hardware::{ClaimValue, Reading, Source};

use super::Chosen;
use super::scan::{KeptScan, ScanProblem, TimeSource};
use crate::bench::{Bench, Given, Handset, LABEL_MAX, ScanError, Target, read_label};
use crate::id::{HandsetId, ReadingId};
use crate::store::{Change, StoreError};

/// Most numbers that one phone has: a box with more is several boxes that were scanned as one.
const NUMBERS_MAX: usize = 4;

/// Codes of one box that belong to one phone.
pub(super) struct Group {
    chosen: Chosen,
    /// Durable already.
    before: Vec<KeptScan>,
    fresh: Vec<(KeptScan, Vec<u8>)>,
}

/// What became of the fresh codes of a group.
pub(super) struct Settled {
    /// Phones that they were given to.
    pub given: Vec<Given>,
    /// The phone of the newest that was not kept for the station's return.
    pub live: Option<HandsetId>,
}

impl Group {
    /// A group, with what is kept of its box already.
    pub(super) fn new(chosen: Chosen, of_box: Vec<KeptScan>) -> Self {
        let mut before = of_box;
        before.retain(|scan| Chosen::of(scan) == chosen && !is_apart(scan));
        Self { chosen, before, fresh: Vec::new() }
    }

    pub(super) fn add(&mut self, scan: KeptScan, code: Vec<u8>) {
        self.fresh.push((scan, code));
    }

    /// Reads the box, gives it to its phone and keeps its codes, as part of a change.
    pub(super) async fn settle(
        mut self,
        bench: &Bench,
        change: &mut Change<'_>,
        epoch: u32,
    ) -> Result<Settled, StoreError> {
        let mut given = Vec::new();
        let mut label = Label::of(&self.before);
        for (scan, _) in &mut self.fresh {
            scan.problem = read_label(&scan.text, self.chosen.source.into()).err().map(Into::into);
            if !label.add(&scan.text) {
                scan.problem = Some(ScanProblem::BoxFull);
            }
        }
        if let Ok(reading) = read_label(&label.0, self.chosen.source.into()) {
            if let Some(phone) = self.known_already(change, &reading).await? {
                self.belongs_to(change, phone, None, false).await?;
            } else {
                let (phone, missed) = self.give(bench, change, reading).await?;
                self.belongs_to(change, phone.handset.id, Some(phone.reading), missed).await?;
                given.push(phone);
            }
        }
        for (scan, _) in self.fresh.iter_mut().filter(|(scan, _)| is_apart(scan)) {
            let Ok(reading) = read_label(&scan.text, self.chosen.source.into()) else { continue };
            let at = taken_at(scan);
            let phone = bench.give_any(change, reading, at).await?;
            (scan.handset, scan.reading) = (Some(phone.handset.id), Some(phone.reading));
            given.push(phone);
        }
        for (scan, code) in &self.fresh {
            change.add_scan(scan, epoch, code).await?;
        }
        let live = self.fresh.iter().rev().find(|(scan, _)| !scan.late);
        Ok(Settled { given, live: live.and_then(|(scan, _)| scan.handset) })
    }

    /// The phone whose label says this serial number and more. What is known of a label is what was
    /// read of it last, and a serial number that is scanned again must not take the place of the
    /// numbers beside it.
    async fn known_already(
        &self,
        change: &mut Change<'_>,
        reading: &Reading,
    ) -> Result<Option<HandsetId>, StoreError> {
        let is_new = self.before.iter().all(|scan| scan.handset.is_none());
        let says_no_more = reading.claims.is_empty() && reading.eids.is_empty();
        let is_free = is_new && self.chosen == Chosen::default();
        let Some(serial) = reading.serial.as_deref().filter(|_| is_free && says_no_more) else {
            return Ok(None);
        };
        let known = change.handset_with_serial(serial).await?;
        let has_label =
            |phone: &Handset| !phone.imeis_from(|source| source == Source::Label).is_empty();
        Ok(known.filter(has_label).map(|phone| phone.id))
    }

    /// Gives what the box says to its phone; `true` if the chosen device has none.
    async fn give(
        &self,
        bench: &Bench,
        change: &mut Change<'_>,
        reading: Reading,
    ) -> Result<(Given, bool), StoreError> {
        let at = self.fresh.last().and_then(|(scan, _)| taken_at(scan));
        let known = self.before.iter().rev().find_map(|scan| scan.handset);
        let target = match (known, &self.chosen.device) {
            (Some(handset), _) => Target::Handset(handset),
            (None, Some(device)) => Target::Device(device.clone()),
            (None, None) => Target::Any,
        };
        match bench.give(change, reading.clone(), target, at).await {
            Ok(given) => Ok((given, false)),
            Err(ScanError::Store(error)) => Err(error),
            // Nothing was changed yet: what was scanned is a phone of its own.
            Err(_) => {
                let given = bench.give_any(change, reading, at).await?;
                Ok((given, self.chosen.device.is_some()))
            }
        }
    }

    /// Every code of the box belongs to this phone, those too that told nothing before.
    async fn belongs_to(
        &mut self,
        change: &mut Change<'_>,
        handset: HandsetId,
        reading: Option<ReadingId>,
        missed: bool,
    ) -> Result<(), StoreError> {
        for scan in self.before.iter_mut().filter(|scan| scan.handset.is_none()) {
            (scan.handset, scan.reading) = (Some(handset), reading);
            change.change_scan(scan).await?;
        }
        for (scan, _) in self.fresh.iter_mut().filter(|(scan, _)| !is_apart(scan)) {
            (scan.handset, scan.reading) = (Some(handset), reading);
            if missed {
                scan.problem = Some(ScanProblem::NoDevice);
            }
        }
        Ok(())
    }
}

/// Whether a code was taken for a box of its own because its box holds no more.
fn is_apart(scan: &KeptScan) -> bool {
    scan.problem == Some(ScanProblem::BoxFull)
}

/// When a code was read, if that was not just now.
fn taken_at(scan: &KeptScan) -> Option<Timestamp> {
    (scan.late && scan.at_by == TimeSource::Scanner).then_some(scan.at)
}

/// Text of a label that is scanned code by code, each on a line of its own.
struct Label(String);

impl Label {
    fn of(scans: &[KeptScan]) -> Self {
        let mut label = Self(String::new());
        for scan in scans {
            label.add(&scan.text);
        }
        label
    }

    /// Adds a code unless the label holds no more; says whether it does. One that stands there
    /// already adds nothing.
    fn add(&mut self, code: &str) -> bool {
        if self.0.lines().any(|line| line == code) {
            return true;
        }
        let whole = if self.0.is_empty() { code.to_owned() } else { format!("{}\n{code}", self.0) };
        if whole.len() > LABEL_MAX || numbers(&whole) > NUMBERS_MAX {
            return false;
        }
        self.0 = whole;
        true
    }
}

/// How many different numbers a label names.
fn numbers(text: &str) -> usize {
    let Ok(reading) = read_label(text, Source::Label) else { return 0 };
    let named = reading.claims.iter().filter_map(|claim| match &claim.value {
        ClaimValue::Meid { .. } => None,
        ClaimValue::Rejected { text, .. } => Some(text.clone()),
        value => value.imei14().map(|number| number.to_string()),
    });
    named.collect::<BTreeSet<_>>().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NUMBERS: [&str; 5] = [
        "490154203237518",
        "352099001761481",
        "356938035643809",
        "354178036859789",
        "356868000041418",
    ];

    #[test]
    fn a_label_holds_the_numbers_of_one_phone() {
        let mut label = Label(String::new());
        for number in &NUMBERS[..4] {
            assert!(label.add(number));
        }
        assert!(!label.add(NUMBERS[4]));
        assert!(label.add(NUMBERS[0]), "a code that it has is no more");
        assert!(label.add("4006381333931"), "a code without a number is");
        assert_eq!(label.0.lines().count(), 5);
    }

    #[test]
    fn a_label_has_a_length() {
        let mut label = Label(String::new());
        let mut codes = 0;
        while label.add(&format!("{codes:0512}")) {
            codes += 1;
        }
        assert!(label.0.len() <= LABEL_MAX && codes == 15, "{codes}");
    }
}
