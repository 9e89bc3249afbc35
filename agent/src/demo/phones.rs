//! What the story knows of the phones on its bench.

use jiff::Timestamp;
use tekser_hardware::{DeviceId, Source};
use tekser_imei::Imei;
use tekser_virtual_bench::Persona;

use super::story::{Story, StoryError};
use crate::bench::{DeviceState, Handset, RecordedReading};
use crate::id::HandsetId;

impl Story<'_> {
    /// Whether every side of a phone has told what it knows, or failed: it counts as read as soon
    /// as the first of them has.
    pub(super) async fn is_read_whole(
        &self,
        id: &DeviceId,
        persona: &Persona,
    ) -> Result<bool, StoryError> {
        let Some(view) = self.station.bench.device(id) else { return Ok(false) };
        let handset = match view.state {
            DeviceState::Failed { .. } => return Ok(true),
            DeviceState::Read { handset, .. } if view.waiting_until.is_none() => handset,
            _ => return Ok(false),
        };
        if persona.android.is_none() || view.missed.is_some() {
            return Ok(true);
        }
        let Some(handset) = self.station.store.handset(handset).await? else { return Ok(false) };
        let told = self.sources(&handset, Some(view.since)).await?;
        let modem = !persona.has_modem() || told.contains(&Source::At);
        Ok(modem && told.contains(&Source::Adb))
    }

    /// Who told of a phone, each once; of those that were plugged in then, if that is asked.
    pub(super) async fn sources(
        &self,
        handset: &Handset,
        plugged_at: Option<Timestamp>,
    ) -> Result<Vec<Source>, StoryError> {
        let mut sources = Vec::new();
        for id in &handset.readings {
            let reading = self.station.store.reading(*id).await?;
            let of_then = |reading: &RecordedReading| {
                plugged_at.is_none() || reading.plugged_at == plugged_at
            };
            sources.extend(reading.filter(of_then).map(|reading| reading.reading.source));
        }
        sources.sort_unstable();
        sources.dedup();
        Ok(sources)
    }

    /// The phone that was read at a device.
    pub(super) async fn handset_at(&self, id: &DeviceId) -> Result<Option<Handset>, StoryError> {
        let handset: Option<HandsetId> =
            self.station.bench.device(id).and_then(|view| match view.state {
                DeviceState::Read { handset, .. } => Some(handset),
                _ => None,
            });
        match handset {
            Some(id) => Ok(self.station.store.handset(id).await?),
            None => Ok(None),
        }
    }
}

/// IMEIs that the phone itself gave.
pub(super) fn read_from_phone(handset: &Handset) -> Vec<Imei> {
    handset.imeis_from(|source| source != Source::Label)
}

/// Whether its box was scanned, whole.
pub(super) fn has_label(handset: &Handset, persona: &Persona) -> bool {
    let scanned = handset.imeis_from(|source| source == Source::Label);
    persona.label_imeis().iter().all(|imei| scanned.contains(imei))
}
