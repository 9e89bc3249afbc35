//! What several ports of one phone said, as one reading.

use crate::reading::{Claim, Confidence, Reading};

/// Adds to a reading what another port of the same phone said at the same plug-in. What was said
/// once already is not said again.
///
/// Where both ports name an IMEI and neither names its slot, each may speak for a card of its own
/// (Unisoc): both numbers stay, and their slots are a guess.
pub fn join(mut first: Reading, more: Reading) -> Reading {
    let shift = first.evidence.len();
    let fresh: Vec<Claim> =
        more.claims.into_iter().filter(|claim| !is_said(&first.claims, claim)).collect();
    let adds_a_number = |claim: &Claim| claim.slot.is_none() && claim.value.imei14().is_some();
    let apart = fresh.iter().any(adds_a_number) && first.claims.iter().any(adds_a_number);
    if !fresh.is_empty() {
        first.evidence.extend(more.evidence);
    }
    let fresh = fresh.into_iter().map(|claim| Claim { evidence: claim.evidence + shift, ..claim });
    first.claims.extend(fresh);
    if apart {
        for claim in first.claims.iter_mut().filter(|claim| adds_a_number(claim)) {
            claim.confidence = Confidence::Weak;
        }
    }
    more.notes.into_iter().for_each(|note| first.note(note));
    for eid in more.eids {
        if !first.eids.contains(&eid) {
            first.eids.push(eid);
        }
    }
    Reading {
        serial: first.serial.or(more.serial),
        maker: first.maker.or(more.maker),
        model: first.model.or(more.model),
        firmware: first.firmware.or(more.firmware),
        os: first.os.or(more.os),
        sim_slots: first.sim_slots.max(more.sim_slots),
        ..first
    }
}

/// Whether this number was named before, in this slot or, if the claim names none, in any.
fn is_said(said: &[Claim], claim: &Claim) -> bool {
    let same_number = |other: &Claim| {
        other.value == claim.value
            || (other.value.imei().is_some() && other.value.imei14() == claim.value.imei14())
    };
    let in_slot = |other: &Claim| claim.slot.is_none() || other.slot == claim.slot;
    said.iter().any(|other| same_number(other) && in_slot(other))
}
