//! One physical phone as the station knows it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tekser_hardware::{Claim, Confidence, DeviceId, Note, Reading, Slot, Source};
use tekser_imei::{Imei, Imei14, Suspicion, Tac};
use utoipa::ToSchema;

use super::next_step::NextStep;
use crate::finding::Severity;
use crate::id::{CaseId, HandsetId, ReadingId};
use crate::tacs::{Dated, SaidName, TacEntry, TacHint};

/// A reading as the station keeps it: what was read, when and from where.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RecordedReading {
    /// Its name.
    pub id: ReadingId,
    /// When it was taken.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// The device it was read from; none for a box on the counter.
    #[schema(value_type = Option<String>)]
    pub device: Option<DeviceId>,
    /// When that device was plugged in: what a phone said before it was pulled out is not what it
    /// says now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub plugged_at: Option<Timestamp>,
    /// As what the device showed itself on USB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usb: Option<UsbName>,
    /// The phone it is of.
    pub handset: HandsetId,
    /// What was read.
    #[schema(value_type = Object)]
    pub reading: Reading,
}

/// As what a device showed itself on USB. A phone that changes its mode changes both.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UsbName {
    /// Vendor and product id, `vvvv:pppp` in hex.
    pub id: String,
    /// Serial number in its USB strings.
    pub serial: String,
}

/// The serial number does not show.
impl core::fmt::Debug for UsbName {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "UsbName({}, …)", self.id)
    }
}

/// One physical phone: its readings merged, disagreements kept and shown.
#[derive(Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Handset {
    /// Its name.
    pub id: HandsetId,
    /// The device it was last seen on.
    #[schema(value_type = Option<String>)]
    pub device: Option<DeviceId>,
    /// Its IMEIs by slot.
    pub slots: Vec<SlotView>,
    /// Serial number.
    pub serial: Option<String>,
    /// Maker.
    pub maker: Option<String>,
    /// Model.
    pub model: Option<String>,
    /// Firmware version.
    pub firmware: Option<String>,
    /// Operating system and its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub os: Option<String>,
    /// What phone it probably is by its TAC, if it did not say so itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<TacHint>,
    /// How many SIM slots with an IMEI the phone says it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sim_slots: Option<u8>,
    /// eSIM identities.
    #[schema(value_type = Vec<String>)]
    pub eids: Vec<tekser_imei::Eid>,
    /// What a person should know.
    pub findings: Vec<Finding>,
    /// What a person does next to know its IMEIs for sure; none if they are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_step: Option<NextStep>,
    /// The readings it is made of, oldest first.
    pub readings: Vec<ReadingId>,
    /// First reading.
    #[schema(value_type = String, format = DateTime)]
    pub first_seen: Timestamp,
    /// Latest reading.
    #[schema(value_type = String, format = DateTime)]
    pub last_seen: Timestamp,
}

/// IMEIs show masked; the serial number does not show.
impl core::fmt::Debug for Handset {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Handset")
            .field("id", &self.id)
            .field("device", &self.device)
            .field("slots", &self.slots)
            .field("findings", &self.findings)
            .finish_non_exhaustive()
    }
}

impl Handset {
    /// Every sound IMEI that any source gave, each once.
    pub fn imeis(&self) -> Vec<Imei> {
        let mut all: Vec<Imei> = Vec::new();
        for imei in self.slots.iter().flat_map(SlotView::imeis) {
            if !all.contains(&imei) {
                all.push(imei);
            }
        }
        all
    }

    /// IMEIs that this source gave, by slot order.
    pub fn imeis_from(&self, wanted: impl Fn(Source) -> bool) -> Vec<Imei> {
        let mut all: Vec<Imei> = Vec::new();
        for said in self.slots.iter().flat_map(|slot| &slot.said) {
            if let Some(imei) = said.claim.value.imei()
                && wanted(said.source)
                && !all.contains(&imei)
            {
                all.push(imei);
            }
        }
        all
    }

    /// The worst finding, if there is any.
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).max()
    }
}

/// One slot: the IMEI the station goes by, and everything that was said of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SlotView {
    /// Slot number, 1 to 4.
    #[schema(value_type = u8)]
    pub slot: Slot,
    /// The IMEI given by the most direct source; none if no source gave a sound one.
    #[schema(value_type = Option<String>)]
    pub imei: Option<Imei>,
    /// How far the number can be relied on; none if there is no number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust: Option<Trust>,
    /// Everything that was said.
    pub said: Vec<Said>,
}

impl SlotView {
    /// The 14 digits this slot goes by.
    pub fn imei14(&self) -> Option<Imei14> {
        self.imei
            .map(|imei| imei.imei14())
            .or_else(|| self.said.iter().find_map(|said| said.claim.value.imei14()))
    }

    /// Sound IMEIs in this slot; more than one means that sources disagree.
    pub fn imeis(&self) -> impl Iterator<Item = Imei> + '_ {
        self.said.iter().filter_map(|said| said.claim.value.imei())
    }
}

/// How far the number of a slot can be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// Two kinds of sources name the same number; a label counts.
    Agreed,
    /// One source names it.
    Single,
    /// Only something that other software may have set names it, or its slot is a guess.
    Weak,
    /// Sources name different numbers, or two slots carry this one.
    Disputed,
}

/// One claim and who made it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Said {
    /// The kind of source.
    #[schema(value_type = String)]
    pub source: Source,
    /// The reading it stands in.
    pub reading: ReadingId,
    /// The claim.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub claim: Claim,
}

impl Said {
    /// What other software may have set is never believed over anything else; then the device
    /// before the label, the named slot before the unnamed.
    pub(super) fn weight(&self) -> (bool, bool, Confidence) {
        (!self.is_weak(), self.source != Source::Label, self.claim.confidence)
    }

    /// Whether other software may have set it, or its slot is a guess.
    pub(super) fn is_weak(&self) -> bool {
        self.claim.confidence == Confidence::Weak
    }
}

/// Something a person should know about a phone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Finding {
    /// What it is.
    #[serde(flatten)]
    pub kind: FindingKind,
    /// How much it matters.
    pub severity: Severity,
    /// Slot it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u8>)]
    pub slot: Option<Slot>,
}

/// Kinds of findings; the code is stable, its wording is the page's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum FindingKind {
    /// Sources name different IMEIs for one slot.
    Disagreement,
    /// A source gave digits whose check digit is wrong.
    CheckDigit,
    /// A source gave something where an IMEI belongs that is none.
    Unreadable,
    /// Two slots carry one IMEI.
    SameImeiTwice,
    /// The IMEI passes its check digit and still looks wrong.
    Suspicious {
        /// In which way.
        #[schema(value_type = String)]
        suspicion: Suspicion,
    },
    /// The label names an IMEI that the phone did not give.
    OnlyOnLabel,
    /// The phone gave an IMEI that its label does not name.
    NotOnLabel,
    /// Another phone has given the same IMEI: one of the two may be a clone.
    OnAnotherHandset {
        /// The other one.
        handset: HandsetId,
    },
    /// The phone gives an IMEI that left with a replaced board before: that board is back, or its
    /// IMEI was copied.
    ReplacedAway {
        /// The case with which it left.
        case: CaseId,
    },
    /// An earlier reading from the same source gave another IMEI.
    ChangedSince {
        /// The earlier reading.
        reading: ReadingId,
    },
    /// The phone answered and gave no IMEI.
    NoImei,
    /// Nothing but the phone's properties, which other software can set, names this IMEI.
    OnlyWeak,
    /// Sources name different serial numbers.
    SerialDiffers,
    /// An earlier reading came over a USB connection that carried another serial number: one phone
    /// in another mode, or its clone.
    UsbSerialDiffers {
        /// The earlier reading.
        reading: ReadingId,
    },
    /// What is known of the TAC names another phone than this one says it is: its IMEI may be that
    /// of another.
    ModelDiffersFromTac {
        /// The TAC.
        #[schema(value_type = String)]
        tac: Tac,
        /// What the phone says, and where that stands.
        said: Box<SaidName>,
        /// What is known of the TAC, and who says so.
        known: Box<TacEntry>,
    },
    /// The TAC was allocated years before there was such a phone.
    TacTooOld {
        /// The TAC.
        #[schema(value_type = String)]
        tac: Tac,
        /// Of which year the TAC is, at the latest.
        allocated: Box<Dated>,
        /// Of which year the phone is, at the earliest.
        said: Box<Dated>,
    },
    /// A remark on the exchange.
    Exchange {
        /// Which.
        #[schema(value_type = String)]
        note: Note,
    },
}
