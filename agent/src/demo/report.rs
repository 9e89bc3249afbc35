//! What the story says of itself when it is over.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tekser_hardware::{DeviceId, Source};
use tekser_imei::Imei;

use crate::bench::FindingKind;
use crate::cases::Case;
use crate::outbox::Submission;

/// The whole story.
#[derive(Debug, Serialize, Deserialize)]
pub struct Report {
    /// `complete`, or what kept it from being so.
    pub outcome: String,
    /// The steps, in order.
    pub steps: Vec<StepReport>,
    /// The phones.
    pub phones: Vec<PhoneReport>,
    /// IMEIs that the phones gave, over the cable or on their screens.
    pub imeis_read: usize,
    /// Phones whose sources disagree.
    pub disagreements: usize,
    /// How many IMEIs got each kind of verdict when they were asked about first.
    pub verdicts: BTreeMap<String, usize>,
    /// The cases, as they stand at the end.
    pub cases: Vec<Case>,
    /// The submissions, with their ways.
    pub submissions: Vec<Submission>,
    /// Filings that arrived at the registry.
    pub filings_at_registry: usize,
    /// Commands sent to phones that were not purely reading; there are none.
    pub violations: usize,
}

/// One step.
#[derive(Debug, Serialize, Deserialize)]
pub struct StepReport {
    /// What it did.
    pub step: String,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// What came of it, in words.
    pub detail: String,
}

/// One phone.
#[derive(Debug, Serialize, Deserialize)]
pub struct PhoneReport {
    /// Where it was plugged in.
    pub device: DeviceId,
    /// Who it is in the story.
    pub name: String,
    /// It asked its owner to allow this computer before it told anything.
    pub asked_owner: bool,
    /// Who told of it: its modem, its debug bridge, its screen, its box.
    pub sources: Vec<Source>,
    /// Maker and model, as read.
    pub model: String,
    /// IMEIs read from it.
    pub imeis: Vec<Imei>,
    /// What a person should know.
    pub findings: Vec<FindingKind>,
}
