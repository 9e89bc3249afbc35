//! A phone against what is known of its TACs.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tekser_hardware::{Slot, Source};
use tekser_imei::Tac;
use utoipa::ToSchema;

use super::age::{AHEAD_MAX, OLD_FORM_UNTIL, UPDATES_MAX, is_of_old_form, released};
use super::names::model_key;
use super::{Likeness, Names, TacEntry, TacHint};
use crate::bench::{Finding, FindingKind, Handset, RecordedReading};
use crate::finding::Severity;
use crate::id::ReadingId;
use crate::store::{Change, StoreError};

/// What a phone calls itself, and where that stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SaidName {
    /// Maker.
    pub maker: Option<String>,
    /// Model.
    pub model: Option<String>,
    /// Who said it.
    #[schema(value_type = String)]
    pub source: Source,
    /// The reading it stands in.
    pub reading: ReadingId,
    /// When that was taken.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

/// A year and who says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Dated {
    /// The year.
    pub year: i16,
    /// Who says so, and of what.
    #[schema(example = "Osmocom, line 5, imported on 2026-11-01")]
    pub by: String,
}

/// Puts onto a phone what its TACs say: a name where it gave none, and what contradicts it. What
/// the phone itself taught is left out: it must not be its own witness.
pub(crate) async fn mark(
    change: &mut Change<'_>,
    handset: &mut Handset,
    readings: &[RecordedReading],
) -> Result<(), StoreError> {
    let mut slots: BTreeMap<Tac, Slot> = BTreeMap::new();
    for view in handset.slots.iter().rev() {
        slots.extend(view.imei14().map(|number| (number.tac(), view.slot)));
    }
    let tacs: Vec<Tac> = slots.keys().copied().collect();
    let known = change.tac_entries(&tacs, &[handset.id]).await?;
    if handset.model.is_none() {
        let mut by_slot: Vec<_> = slots.iter().map(|(tac, slot)| (*slot, *tac)).collect();
        by_slot.sort_unstable();
        handset.hint =
            by_slot.iter().find_map(|(_, tac)| TacHint::of(known.get(tac).map_or(&[], |e| e)));
    }
    let Some(said) = said_by(handset, readings) else { return Ok(()) };
    for (tac, slot) in slots {
        let entries = known.get(&tac).map_or(&[][..], |entries| entries);
        let mut found = model(change, tac, &said, entries, handset).await?;
        found.extend(age(change, tac, &said, entries, handset).await?);
        handset.findings.extend(found.into_iter().map(|(kind, severity)| Finding {
            kind,
            severity,
            slot: Some(slot),
        }));
    }
    Ok(())
}

/// What the phone calls itself, by the latest reading that has the model the handset goes by.
fn said_by(handset: &Handset, readings: &[RecordedReading]) -> Option<SaidName> {
    let asked = |r: &&RecordedReading| matches!(r.reading.source, Source::At | Source::Adb);
    let is_it = |r: &&RecordedReading| {
        r.reading.model == handset.model && (r.reading.model.is_some() || r.reading.os.is_some())
    };
    let reading = readings.iter().rev().filter(asked).find(is_it)?;
    Some(SaidName {
        maker: reading.reading.maker.clone().or_else(|| handset.maker.clone()),
        model: reading.reading.model.clone(),
        source: reading.reading.source,
        reading: reading.id,
        at: reading.at,
    })
}

/// The name of the phone against that of its TAC.
async fn model(
    change: &mut Change<'_>,
    tac: Tac,
    said: &SaidName,
    entries: &[TacEntry],
    handset: &Handset,
) -> Result<Vec<(FindingKind, Severity)>, StoreError> {
    let names = Names { maker: said.maker.as_deref(), model: said.model.as_deref() };
    let mut agree = false;
    let mut differ = Vec::new();
    for entry in entries.iter().filter(|entry| entry.counts()) {
        match Likeness::of(names, &entry.facts) {
            Likeness::Same => agree = true,
            Likeness::Unclear => {}
            Likeness::OtherMaker => differ.push(entry),
            Likeness::OtherName => {
                let own = key(said);
                let elsewhere = change.tacs_named(&entry.source, &own, tac, handset.id).await?;
                if !elsewhere.is_empty() {
                    differ.push(entry);
                }
            }
        }
    }
    // Where another source agrees with the phone, the sources are at odds and not the phone.
    let severity = if agree { Severity::Info } else { Severity::Warning };
    let finding = |entry: &TacEntry| {
        let (said, known) = (Box::new(said.clone()), Box::new(entry.clone()));
        (FindingKind::ModelDiffersFromTac { tac, said, known }, severity)
    };
    Ok(differ.into_iter().map(finding).collect())
}

fn key(said: &SaidName) -> String {
    let maker = said.maker.as_deref();
    said.model.as_deref().map(|model| model_key(maker, model)).unwrap_or_default()
}

/// The age of the TAC against that of what the phone is or runs.
async fn age(
    change: &mut Change<'_>,
    tac: Tac,
    said: &SaidName,
    entries: &[TacEntry],
    handset: &Handset,
) -> Result<Option<(FindingKind, Severity)>, StoreError> {
    let counting: Vec<&TacEntry> = entries.iter().filter(|entry| entry.counts()).collect();
    let own = key(said);
    let mut young: Vec<(Dated, i16)> = Vec::new();
    if let Some(os) = &handset.os
        && let Some(year) = released(os)
    {
        young.push((Dated { year, by: format!("it runs {os}") }, UPDATES_MAX));
    }
    for entry in counting.iter().filter(|_| !own.is_empty()) {
        let same = change.tacs_named(&entry.source, &own, tac, handset.id).await?;
        if let Some(first) = same.iter().filter_map(|entry| entry.facts.year).min() {
            let by = format!("{} has this model under other TACs", entry.source.name());
            young.push((Dated { year: first, by }, AHEAD_MAX));
        }
    }
    let mut old: Vec<Dated> = Vec::new();
    old.extend(
        counting.iter().filter_map(|entry| {
            Some(Dated { year: entry.facts.year?, by: entry.source.to_string() })
        }),
    );
    if is_of_old_form(tac) {
        let by = format!("reporting body {}, before factory codes ended", tac.reporting_body());
        old.push(Dated { year: OLD_FORM_UNTIL, by });
    }
    let too_old = old.iter().find_map(|old| {
        // No Android phone and no iPhone has a TAC of the old form, whatever it runs today.
        let is_odd = |(young, ahead): &&(Dated, i16)| {
            let span =
                if is_of_old_form(tac) && old.year == OLD_FORM_UNTIL { AHEAD_MAX } else { *ahead };
            young.year - old.year >= span
        };
        young.iter().find(is_odd).map(|(young, _)| (old.clone(), young.clone()))
    });
    Ok(too_old.map(|(allocated, said)| {
        let (allocated, said) = (Box::new(allocated), Box::new(said));
        (FindingKind::TacTooOld { tac, allocated, said }, Severity::Warning)
    }))
}
