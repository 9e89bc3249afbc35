//! Adds what an answer said to the reading, with the remarks that it deserves.

use super::answer::Facts;
use super::command::Command;
use super::dialect::Dialect;
use super::digest::Answer;
use crate::reading::{Claim, Confidence, Evidence, Note, Reading, Slot};
use crate::soundness;

/// Adds an answer. `refused` says that the standard command for the IMEI was refused before.
pub(super) fn add(reading: &mut Reading, answer: &Answer, dialect: Dialect, refused: bool) {
    let facts = Facts::of(answer);
    let evidence = reading.evidence.len();
    reading.evidence.push(Evidence::new(answer.command.text(), &answer.raw));
    let found = facts.identities.iter().any(|value| value.imei().is_some());
    if answer.cut {
        reading.note(Note::AnswerCut);
    }
    if facts.uuid {
        reading.note(Note::UuidInsteadOfImei);
    }
    if refused && found && is_makers_own(answer.command) {
        reading.note(Note::StandardRefused);
    }
    let count = facts.identities.len();
    for (index, value) in facts.identities.into_iter().enumerate() {
        let (slot, confidence) = dialect.credit(answer.command, index, count);
        file(reading, Claim { slot, value, confidence, evidence });
    }
    keep(&mut reading.maker, facts.maker);
    keep(&mut reading.model, facts.model);
    keep(&mut reading.firmware, facts.firmware);
    keep(&mut reading.serial, facts.serial);
}

const fn is_makers_own(command: Command) -> bool {
    matches!(
        command,
        Command::Equipment(_)
            | Command::SamsungInfo
            | Command::SamsungImei
            | Command::UnisocImei
            | Command::LgImei
            | Command::TelitImei
            | Command::IdentifyMore
    )
}

/// Adds a claim, and the remark that it deserves.
fn file(reading: &mut Reading, mut claim: Claim) {
    let command = |claim: &Claim| reading.evidence.get(claim.evidence).map(|e| e.command.clone());
    let asked = command(&claim);
    let same_question: Vec<&Claim> =
        reading.claims.iter().filter(|earlier| command(earlier) == asked).collect();
    let other_time = same_question.iter().any(|earlier| earlier.evidence != claim.evidence);
    let repeated = same_question.iter().any(|earlier| earlier.value == claim.value);
    if other_time && repeated {
        return;
    }
    let alternates = other_time && claim.slot.is_none();
    let doubtful =
        claim.slot > Some(Slot::ONE) && !soundness::is_further_imei(reading, &claim.value);
    if doubtful {
        claim.confidence = Confidence::Weak;
    }
    reading.claims.push(claim);
    if alternates {
        reading.note(Note::PlainAnswerAlternates);
    }
    if doubtful {
        reading.note(Note::SecondSlotUnsound);
    }
}

fn keep(place: &mut Option<String>, found: Option<String>) {
    if place.is_none() {
        *place = found;
    }
}
