//! Adds what a phone said to the reading, with the remarks that it deserves.

use super::command::{Command, Place};
use super::identity::identity;
use super::parcel::{Parcel, ParcelError};
use super::property::{Mention, Properties};
use super::shell::{Outcome, Printed};
use crate::reading::{Claim, ClaimValue, Confidence, Evidence, Note, Reading, Slot, Source};
use crate::{soundness, wording};

/// Longest text kept of maker, model, firmware or serial number, in bytes.
const TEXT: usize = 128;

/// The reading that properties and answers make.
pub(super) fn reading(properties: &Properties, answers: &[(Command, Outcome)]) -> Reading {
    let mut reading = Reading::empty(Source::Adb);
    let mut used = Used::default();
    describe(&mut reading, properties, &mut used);
    let mentions = properties.mentions();
    mentions.iter().for_each(|mention| used.add(mention.key));
    reading.evidence.push(used.evidence(properties));
    for (command, outcome) in answers {
        hear(&mut reading, *command, outcome);
    }
    compare(&mut reading, &mentions);
    reading
}

/// Keys of the properties that the reading rests on: only these are kept, because the others are
/// many and some are personal.
#[derive(Default)]
struct Used(Vec<&'static str>);

impl Used {
    fn add(&mut self, key: &'static str) {
        if !self.0.contains(&key) {
            self.0.push(key);
        }
    }

    fn text(&mut self, properties: &Properties, keys: &[&'static str]) -> Option<String> {
        let (key, value) = properties.first(keys)?;
        self.add(key);
        value.get(..value.floor_char_boundary(TEXT)).and_then(wording::shown)
    }

    fn evidence(&self, properties: &Properties) -> Evidence {
        let lines: Vec<String> = self
            .0
            .iter()
            .filter_map(|key| properties.get(key).map(|value| format!("[{key}]: [{value}]")))
            .collect();
        Evidence::new(Command::Properties.text(), lines.join("\n").as_bytes())
    }
}

fn describe(reading: &mut Reading, properties: &Properties, used: &mut Used) {
    if properties.sdk().is_some() {
        used.add("ro.build.version.sdk");
    }
    reading.maker = used.text(
        properties,
        &["ro.product.manufacturer", "ro.product.vendor.manufacturer", "ro.product.brand"],
    );
    reading.model = used.text(properties, &["ro.product.model", "ro.product.vendor.model"]);
    reading.os = used
        .text(properties, &["ro.build.version.release"])
        .map(|release| format!("Android {release}"));
    reading.firmware = used.text(properties, &["ro.build.display.id", "ro.build.id"]);
    reading.serial = used.text(properties, &["ro.serialno", "ro.boot.serialno"]);
    if let Some((count, key)) = properties.sim_slots() {
        reading.sim_slots = Some(count);
        used.add(key);
    }
}

/// What an answer comes down to.
enum Said {
    /// Identities, or what stands in their place.
    Identities(Vec<ClaimValue>),
    /// There is none.
    Nothing,
    /// The phone does not tell.
    Refused,
    /// There was too much of it.
    Cut,
}

/// Adds the answer of the phone's telephony service.
fn hear(reading: &mut Reading, command: Command, outcome: &Outcome) {
    let evidence = reading.evidence.len();
    reading.evidence.push(evidence_of(command, outcome));
    let (slot, confidence) = place(command);
    match said(command, outcome) {
        Said::Identities(values) => {
            for value in values {
                file(reading, Claim { slot, value, confidence, evidence });
            }
        }
        Said::Nothing if is_owed(reading, command) => reading.note(Note::ImeiMissing),
        Said::Refused if is_likely(reading, command) => reading.note(Note::ImeiRefused),
        Said::Cut => reading.note(Note::AnswerCut),
        Said::Nothing | Said::Refused => {}
    }
}

fn evidence_of(command: Command, outcome: &Outcome) -> Evidence {
    let answer = match outcome {
        Outcome::Printed(Printed { output, errors, .. }) => [output.as_slice(), errors].concat(),
        Outcome::Refused => b"(refused)".to_vec(),
        Outcome::Unanswered => b"(no answer)".to_vec(),
    };
    Evidence::new(command.text(), &answer)
}

/// The slot that a command names, and how directly it names it.
const fn place(command: Command) -> (Option<Slot>, Confidence) {
    match command {
        Command::BySlot6(place) | Command::BySlot11(place) => {
            (Some(slot(place)), Confidence::Strong)
        }
        Command::Properties
        | Command::Dump
        | Command::DeviceId
        | Command::BySubscription50(_)
        | Command::BySubscription51(_) => (None, Confidence::Plain),
    }
}

const fn slot(place: Place) -> Slot {
    match place {
        Place::First => Slot::ONE,
        Place::Second => Slot::TWO,
        Place::Third => Slot::THREE,
        Place::Fourth => Slot::FOUR,
    }
}

fn said(command: Command, outcome: &Outcome) -> Said {
    match outcome {
        Outcome::Refused | Outcome::Unanswered => Said::Refused,
        Outcome::Printed(printed) if printed.cut => Said::Cut,
        Outcome::Printed(printed) if command == Command::Dump => dumped(&printed.output),
        Outcome::Printed(printed) => called(printed),
    }
}

/// `Device ID = 860955027785041` in the dump of the service, up to Android 4.4.
fn dumped(output: &[u8]) -> Said {
    let text = String::from_utf8_lossy(output);
    let ids = text.lines().filter_map(|line| line.trim().strip_prefix("Device ID"));
    let values = ids.filter_map(|rest| rest.trim_start().strip_prefix('=')).map(str::trim);
    let found: Vec<ClaimValue> = values.filter_map(identity).take(4).collect();
    match found.is_empty() {
        true if is_denial(&text) => Said::Refused,
        true => Said::Nothing,
        false => Said::Identities(found),
    }
}

fn called(printed: &Printed) -> Said {
    match Parcel::parse(&printed.output) {
        Ok(Parcel::Text(text)) => match identity(text.trim()) {
            Some(value) => Said::Identities(vec![value]),
            None if is_denial(&text) => Said::Refused,
            None => Said::Nothing,
        },
        Ok(Parcel::Null) => Said::Nothing,
        // A tablet without telephony.
        Err(ParcelError::Absent) if is_without_service(printed) => Said::Nothing,
        Ok(Parcel::Exception { .. }) | Err(_) => Said::Refused,
    }
}

fn is_without_service(printed: &Printed) -> bool {
    let text = [printed.output.as_slice(), &printed.errors].concat();
    String::from_utf8_lossy(&text).contains("does not exist")
}

fn is_denial(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    text.contains("denied") || text.contains("denial") || text.contains("permission")
}

/// Whether the phone has what this command asks for, by its own account.
fn is_owed(reading: &Reading, command: Command) -> bool {
    match command {
        Command::BySlot6(place) | Command::BySlot11(place) => {
            slot(place).number() <= reading.sim_slots.unwrap_or(1)
        }
        // A subscription need not be there.
        Command::BySubscription50(_) | Command::BySubscription51(_) => false,
        Command::Properties | Command::Dump | Command::DeviceId => true,
    }
}

/// Whether the phone may have what this command asks for.
fn is_likely(reading: &Reading, command: Command) -> bool {
    match command {
        Command::BySlot6(place) | Command::BySlot11(place) => {
            reading.sim_slots.is_none_or(|count| slot(place).number() <= count)
        }
        _ => is_owed(reading, command),
    }
}

/// Adds a claim, and the remark that it deserves.
fn file(reading: &mut Reading, mut claim: Claim) {
    let known = |other: &Claim| other.value == claim.value && other.slot.is_none();
    if claim.slot.is_none() && reading.claims.iter().any(known) {
        return;
    }
    // Older versions answer for slot 1 where the slot asked for is not there.
    let beyond = claim.slot.is_some_and(|slot| slot.number() > reading.sim_slots.unwrap_or(1));
    if beyond && reading.claims.iter().any(|other| other.value == claim.value) {
        if reading.sim_slots.is_none() {
            // Or a phone with one IMEI in two slots, which does not say that it has them.
            reading.note(Note::SecondSlotUnsound);
        }
        return;
    }
    if claim.slot > Some(Slot::ONE) && !soundness::is_further_imei(reading, &claim.value) {
        claim.confidence = Confidence::Weak;
        reading.note(Note::SecondSlotUnsound);
    }
    reading.claims.push(claim);
}

/// Adds IMEIs that stand in properties and that the telephony service did not name.
fn compare(reading: &mut Reading, mentions: &[Mention]) {
    let heard = reading.claims.clone();
    for mention in mentions {
        let Some(value) = identity(&mention.text) else {
            continue;
        };
        let agrees = |other: &Claim| {
            let same = other.value.imei14().is_some() && other.value.imei14() == value.imei14();
            same || other.value == value
        };
        let repeated = |other: &Claim| {
            other.value == value && (mention.slot.is_none() || other.slot == mention.slot)
        };
        if heard.iter().any(agrees) || reading.claims.iter().any(repeated) {
            continue;
        }
        if !matches!(value, ClaimValue::Meid { .. }) {
            let contradicted = is_contradicted(mention.slot, &heard, reading.sim_slots);
            reading.note(if contradicted {
                Note::PropertiesDisagree
            } else {
                Note::PropertiesOnly
            });
        }
        let (slot, confidence) = (mention.slot, Confidence::Weak);
        // The properties' evidence is the first.
        reading.claims.push(Claim { slot, value, confidence, evidence: 0 });
    }
}

/// Whether the telephony service named something else where a property names an IMEI, rather than
/// nothing.
fn is_contradicted(slot: Option<Slot>, heard: &[Claim], slots: Option<u8>) -> bool {
    let by_slot = heard.iter().all(|claim| claim.slot.is_some());
    match slot {
        _ if heard.is_empty() => false,
        Some(_) if by_slot => heard.iter().any(|claim| claim.slot == slot),
        _ => heard.len() >= usize::from(slots.unwrap_or(1)),
    }
}
