//! What a phone teaches about its TACs.

use tekser_imei::Tac;

use super::{TAUGHT_BY_MIN, TacEntry, TacSource, names};
use crate::bench::{FindingKind, Handset, Trust};
use crate::finding::Severity;

/// What one phone teaches about one TAC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lesson {
    pub(crate) tac: Tac,
    pub(crate) maker: String,
    pub(crate) model: String,
    pub(crate) slots: u8,
    /// The model as it is looked for.
    pub(crate) name: String,
}

/// What a phone teaches: nothing, unless two kinds of sources agree on every IMEI of it, it names
/// maker and model itself, and nothing about it is wrong.
pub(crate) fn lessons_of(handset: &Handset) -> Vec<Lesson> {
    let agreed = handset.slots.iter().all(|view| view.trust == Some(Trust::Agreed));
    let is_odd = |kind: &FindingKind| {
        matches!(
            kind,
            FindingKind::ModelDiffersFromTac { .. }
                | FindingKind::TacTooOld { .. }
                | FindingKind::UsbSerialDiffers { .. }
        )
    };
    let wrong = |finding: &crate::bench::Finding| {
        finding.severity == Severity::Stop || is_odd(&finding.kind)
    };
    let (Some(maker), Some(model)) = (&handset.maker, &handset.model) else { return Vec::new() };
    if handset.slots.is_empty()
        || !agreed
        || !names::is_brand(maker)
        || handset.findings.iter().any(wrong)
    {
        return Vec::new();
    }
    let read = u8::try_from(handset.slots.len()).unwrap_or(u8::MAX);
    let slots = handset.sim_slots.unwrap_or(0).max(read).min(4);
    let name = names::model_key(Some(maker), model);
    let mut tacs: Vec<Tac> =
        handset.slots.iter().filter_map(|view| Some(view.imei14()?.tac())).collect();
    tacs.sort_unstable();
    tacs.dedup();
    let lesson =
        |tac| Lesson { tac, maker: maker.clone(), model: model.clone(), slots, name: name.clone() };
    tacs.into_iter().map(lesson).collect()
}

/// Makes one entry of those that this station learned of one model, whatever number of slots its
/// phones have: as many as two of them have. Of one model those with most slots come first.
pub(crate) fn join_lessons(entries: &mut Vec<TacEntry>) {
    let key = |entry: &TacEntry| {
        let model = entry.facts.model.as_deref().unwrap_or_default();
        names::model_key(entry.facts.maker.as_deref(), model)
    };
    let mut joined: Vec<TacEntry> = Vec::with_capacity(entries.len());
    for entry in entries.drain(..) {
        let learned = |entry: &TacEntry| matches!(entry.source, TacSource::Station { .. });
        let twin = joined.iter_mut().find(|other| learned(other) && key(other) == key(&entry));
        match (twin.map(|other| (&mut other.facts, &mut other.source)), &entry.source) {
            (
                Some((facts, TacSource::Station { handsets, latest })),
                TacSource::Station { handsets: more, latest: later },
            ) => {
                if *handsets < TAUGHT_BY_MIN {
                    facts.slots = entry.facts.slots;
                }
                *handsets = handsets.saturating_add(*more);
                *latest = (*latest).max(*later);
            }
            _ => joined.push(entry),
        }
    }
    *entries = joined;
}
