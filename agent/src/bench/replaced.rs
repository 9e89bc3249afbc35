//! Numbers that left a phone with its board and are back.

use tekser_hardware::Source;

use super::handset::{Finding, FindingKind, Handset, RecordedReading};
use crate::finding::Severity;
use crate::store::{Change, StoreError};

/// Marks slots in which a phone gives a number that an approved case replaced away, if it was read
/// after that. What a label says was true when the phone left the factory and proves nothing.
pub(super) async fn mark(
    change: &mut Change<'_>,
    handset: &mut Handset,
    readings: &[RecordedReading],
) -> Result<(), StoreError> {
    let mut found: Vec<Finding> = Vec::new();
    for view in &handset.slots {
        for said in view.said.iter().filter(|said| said.source != Source::Label) {
            let Some(number) = said.claim.value.imei14() else { continue };
            let read = readings.iter().find(|reading| reading.id == said.reading);
            let Some(read_at) = read.map(|reading| reading.at) else { continue };
            let cases = change.replacements_of(number).await?;
            let Some((case, _)) = cases.iter().find(|(_, since)| read_at > *since) else {
                continue;
            };
            let finding = Finding {
                kind: FindingKind::ReplacedAway { case: *case },
                severity: Severity::Stop,
                slot: Some(view.slot),
            };
            if !found.contains(&finding) {
                found.push(finding);
            }
        }
    }
    handset.findings.extend(found);
    Ok(())
}
