//! Taking scans: a code, how far its store is durable, and the phone that its box becomes are one
//! change. A scanner is told that a code may go once that change is on the disk.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use jiff::{SignedDuration, Timestamp};
use tekser_hardware::DeviceId;
use tekser_wire::message::{Aim, BoxNumber, Moment, ScannerHello, Sequence, StoreId, Verdict};

use super::group::Group;
use super::scan::{KeptScan, ScanVerdict, TimeSource};
use super::{Choice, Chosen, Counter, KnownScanner, ScannerName};
use crate::id::{HandsetId, ScanId};
use crate::store::{Change, Durable, StoreError, StoreKey};

/// Where scans come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The scanner and its store.
    pub key: StoreKey,
    /// Newest of its scans that is durable here.
    pub after: Sequence,
    /// Number of the first scan that was not kept for the station's return.
    pub live_from: Sequence,
}

/// A code that came from a scanner.
#[derive(Clone, PartialEq, Eq)]
pub struct Code {
    /// Its number; none from a scanner that does not count, which is then given the next.
    pub sequence: Option<Sequence>,
    /// Its box; none: a box of its own.
    pub box_number: Option<BoxNumber>,
    /// When it was read; none: now.
    pub at: Option<Moment>,
    /// What kind of code it was.
    pub aim: Option<Aim>,
    /// What the person was told.
    pub verdict: Option<Verdict>,
    /// What it says.
    pub text: Vec<u8>,
}

/// Shows the length of the text alone.
impl core::fmt::Debug for Code {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Code")
            .field("sequence", &self.sequence)
            .field("box_number", &self.box_number)
            .field("text", &format_args!("{} bytes", self.text.len()))
            .finish_non_exhaustive()
    }
}

/// What became of scans that were taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// Newest scan of the store that is durable now: what may be acknowledged.
    pub through: Sequence,
    /// How many of them were new.
    pub fresh: usize,
    /// The phone of the newest one that was not kept for the station's return.
    pub live: Option<HandsetId>,
}

impl Counter {
    /// Takes note of a scanner that presented itself, and says where its scans go on.
    ///
    /// A store that was never heard of begins behind what another station has taken. One that
    /// counts from an earlier number than is durable here has lost its memory: its scans are new,
    /// and the numbers count anew. One of them may then come twice; none is lost.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub async fn meet(&self, hello: &ScannerHello) -> Result<Origin, StoreError> {
        let name = ScannerName::from(hello.serial);
        let key = StoreKey { scanner: name.clone(), store: hello.store };
        let mut change = self.store.begin().await?;
        let before = change.scanner(&name).await?;
        let mut known = KnownScanner::presented(hello, before, self.clock.now());
        let gone = hello.oldest.previous();
        let durable = match change.durable(&key).await? {
            Some(durable) if hello.next <= durable.through => {
                tracing::warn!(scanner = %name, "its store counts from an earlier number again");
                known.unnoted.rewound = known.unnoted.rewound.saturating_add(1);
                Durable { epoch: durable.epoch.saturating_add(1), through: gone }
            }
            Some(durable) => durable,
            None => Durable { epoch: 0, through: gone },
        };
        change.save_scanner(&known).await?;
        change.set_durable(&key, durable).await?;
        change.commit().await?;
        Ok(Origin { key, after: durable.through, live_from: hello.next })
    }

    /// Takes note that scans up to `last` will never come: another station took them, or the
    /// scanner lost them. Gives what may be acknowledged.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub async fn skip(&self, origin: &Origin, last: Sequence) -> Result<Sequence, StoreError> {
        let mut change = self.store.begin().await?;
        let durable = change.durable(&origin.key).await?;
        let Some(durable) = durable.filter(|durable| durable.through < last) else {
            return Ok(durable.map_or(last, |durable| durable.through));
        };
        change.set_durable(&origin.key, Durable { through: last, ..durable }).await?;
        if let Some(mut known) = change.scanner(&origin.key.scanner).await? {
            let missing = last.0.saturating_sub(durable.through.0);
            known.unnoted.missing = known.unnoted.missing.saturating_add(missing);
            change.save_scanner(&known).await?;
        }
        change.commit().await?;
        self.changed(&origin.key.scanner);
        Ok(last)
    }

    /// Takes note of a scanner that only sends codes: whatever it sends is new.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub async fn meet_plain(
        &self,
        place: &DeviceId,
        product: Option<&str>,
    ) -> Result<Origin, StoreError> {
        let name = ScannerName::at(place);
        let key = StoreKey { scanner: name.clone(), store: StoreId(0) };
        let mut change = self.store.begin().await?;
        let before = change.scanner(&name).await?;
        let known = KnownScanner::plain(name, product, before, self.clock.now());
        change.save_scanner(&known).await?;
        let durable = change.durable(&key).await?;
        let durable = durable.unwrap_or(Durable { epoch: 0, through: Sequence(0) });
        change.set_durable(&key, durable).await?;
        change.commit().await?;
        Ok(Origin { key, after: durable.through, live_from: Sequence(0) })
    }

    /// Takes scans in the order of their numbers. Those that are durable already change nothing.
    ///
    /// # Errors
    ///
    /// If the store fails; then none of them is kept.
    pub async fn take(&self, origin: &Origin, codes: &[Code]) -> Result<Taken, StoreError> {
        let (choice, now) = (self.choice(), self.clock.now());
        let _turn = self.bench.turn().await;
        let mut change = self.store.begin().await?;
        let durable = change.durable(&origin.key).await?;
        let mut durable = durable.unwrap_or(Durable { epoch: 0, through: origin.after });
        let mut groups: BTreeMap<(Together, Chosen), Group> = BTreeMap::new();
        let mut fresh = 0;
        for code in codes {
            let next = Sequence(durable.through.0.saturating_add(1));
            let sequence = code.sequence.unwrap_or(next);
            if sequence <= durable.through {
                continue;
            }
            durable.through = sequence;
            fresh += 1;
            let scan = kept(origin, sequence, code, &choice, now);
            let (together, chosen) = (Together::of(&scan), Chosen::of(&scan));
            let group = match groups.entry((together, chosen)) {
                Entry::Occupied(entry) => entry.into_mut(),
                Entry::Vacant(entry) => {
                    let before = together.before(&mut change, &origin.key, durable.epoch).await?;
                    let group = Group::new(entry.key().1.clone(), before);
                    entry.insert(group)
                }
            };
            group.add(scan, code.text.clone());
        }
        let mut taken = Taken { through: durable.through, fresh, live: None };
        if fresh == 0 {
            return Ok(taken);
        }
        let mut given = Vec::new();
        for group in groups.into_values() {
            let settled = group.settle(&self.bench, &mut change, durable.epoch).await?;
            given.extend(settled.given);
            taken.live = settled.live.or(taken.live);
        }
        change.set_durable(&origin.key, durable).await?;
        change.commit().await?;
        // Before anybody hears of the phone, and may judge it.
        self.await_judgement(&origin.key.scanner, taken.live);
        for phone in &given {
            if let Err(error) = self.bench.settle(phone).await {
                tracing::warn!(error = &error as &dyn std::error::Error, "a scan cannot be shown");
            }
        }
        Ok(taken)
    }
}

/// What makes codes one box.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Together {
    /// The scanner says so.
    Box(BoxNumber),
    /// They came since a person chose this phone, however long that took.
    Choice(Timestamp),
}

impl Together {
    fn of(scan: &KeptScan) -> Self {
        scan.chosen_at.map_or(Self::Box(BoxNumber(scan.box_number)), Self::Choice)
    }

    /// What is kept of it already.
    async fn before(
        self,
        change: &mut Change<'_>,
        key: &StoreKey,
        epoch: u32,
    ) -> Result<Vec<KeptScan>, StoreError> {
        match self {
            Self::Box(number) => change.scans_of_box(key, epoch, number).await,
            Self::Choice(at) => change.scans_of_choice(key, epoch, at).await,
        }
    }
}

/// A code as it is kept, before anything became of it.
fn kept(
    origin: &Origin,
    sequence: Sequence,
    code: &Code,
    choice: &Choice,
    now: Timestamp,
) -> KeptScan {
    let late = sequence < origin.live_from;
    let (at, at_by) = moment(code.at, now);
    // What a person chose now has nothing to do with what was scanned before.
    let Choice { chosen, at: chosen_at } = if late { Choice::default() } else { choice.clone() };
    KeptScan {
        id: ScanId::new(),
        scanner: origin.key.scanner.clone(),
        store: origin.key.store.0,
        sequence: sequence.0,
        box_number: code.box_number.map_or(sequence.0, |number| number.0),
        at,
        at_by,
        received_at: now,
        late,
        aim: code.aim.map(|Aim(bytes)| format!("]{}", bytes.escape_ascii())),
        verdict: code.verdict.map(ScanVerdict::of),
        text: String::from_utf8_lossy(&code.text).into_owned(),
        source: chosen.source,
        device: chosen.device,
        chosen_at,
        handset: None,
        reading: None,
        problem: None,
    }
}

/// How far a scanner's clock may be ahead of ours before it is not believed.
const AHEAD: SignedDuration = SignedDuration::from_mins(5);

/// When a code was read, and who says so. How long a scanner had been running says nothing without
/// the moment at which it began.
fn moment(at: Option<Moment>, now: Timestamp) -> (Timestamp, TimeSource) {
    let Some(Moment::Unix { ms }) = at else { return (now, TimeSource::Arrival) };
    let told = i64::try_from(ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
    match told {
        Some(told) if told.duration_since(now) <= AHEAD => (told, TimeSource::Scanner),
        _ => (now, TimeSource::Arrival),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_scanner_that_was_told_the_time_knows_it() {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let yesterday = Timestamp::from_second(1_799_913_600).unwrap();
        let ms = |at: Timestamp| u64::try_from(at.as_millisecond()).unwrap();
        let unix = |ms| Some(Moment::Unix { ms });
        assert_eq!(moment(unix(ms(yesterday)), now), (yesterday, TimeSource::Scanner));
        let ahead = ms(now) + 600_000;
        for at in [None, unix(ahead), unix(u64::MAX), Some(Moment::Uptime { boot: 1, ms: 7 })] {
            assert_eq!(moment(at, now), (now, TimeSource::Arrival), "{at:?}");
        }
    }
}
