//! One code that a scanner sent, and what became of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tekser_hardware::DeviceId;
use tekser_wire::message;
use utoipa::ToSchema;

use super::ScannerName;
use crate::bench::{LabelError, ScanSource};
use crate::id::{HandsetId, ReadingId, ScanId};

/// A code as a scanner sent it, and what became of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct KeptScan {
    /// Its name.
    pub id: ScanId,
    /// The scanner.
    #[schema(value_type = String, example = "E660583883265A2F")]
    pub scanner: ScannerName,
    /// The scanner's store: sequence numbers mean something within one only.
    pub store: u32,
    /// Its number there.
    pub sequence: u32,
    /// The box it belongs to, within that store.
    #[serde(rename = "box")]
    pub box_number: u32,
    /// When it was read.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Who knows that time.
    pub at_by: TimeSource,
    /// When it came here.
    #[schema(value_type = String, format = DateTime)]
    pub received_at: Timestamp,
    /// The scanner had kept it while the station was away.
    pub late: bool,
    /// Symbology identifier, such as `]C1`, if the scan engine tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aim: Option<String>,
    /// What the person was told by the scanner; none from one that does not judge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<ScanVerdict>,
    /// What the code says.
    pub text: String,
    /// Whether a label or a phone's screen was scanned.
    pub source: ScanSource,
    /// The device whose box or screen it was, where a person chose one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub device: Option<DeviceId>,
    /// When that person chose it: all codes since then are of one box.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub chosen_at: Option<Timestamp>,
    /// The phone that its box became.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handset: Option<HandsetId>,
    /// The reading that its box was when it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reading: Option<ReadingId>,
    /// Why it says nothing of a phone by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<ScanProblem>,
}

/// What the code says does not show: it holds whole IMEIs.
impl core::fmt::Debug for KeptScan {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("KeptScan")
            .field("scanner", &self.scanner)
            .field("sequence", &self.sequence)
            .field("box_number", &self.box_number)
            .field("handset", &self.handset)
            .field("problem", &self.problem)
            .finish_non_exhaustive()
    }
}

/// Who knows when a code was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TimeSource {
    /// The scanner, which a station had told the time.
    Scanner,
    /// Nobody: it is the time at which the code came here, which says little of one that is late.
    Arrival,
}

/// What a scanner made of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScanVerdict {
    /// A sound identifier of a phone, and none that is wrong.
    Valid,
    /// An IMEI whose check digit is wrong.
    Wrong,
    /// Sound, but a number no honest phone has.
    Suspicious,
    /// Something of use, but no IMEI, MEID or EID.
    Other,
    /// Nothing of use.
    Nothing,
}

impl ScanVerdict {
    pub(super) const fn of(verdict: message::Verdict) -> Self {
        match verdict {
            message::Verdict::Valid => Self::Valid,
            message::Verdict::Wrong => Self::Wrong,
            message::Verdict::Suspicious => Self::Suspicious,
            message::Verdict::Other => Self::Other,
            // Too long is never sent.
            message::Verdict::Nothing | message::Verdict::TooLong => Self::Nothing,
        }
    }
}

/// Why a code says nothing of a phone by itself. It is kept all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScanProblem {
    /// Nothing in it is an IMEI, an EID or a serial number.
    NothingFound,
    /// What is in it can be two things, and nothing says which.
    Ambiguous,
    /// The codes of its box are more than one phone has: it was taken for a box of its own.
    BoxFull,
    /// The device that was chosen is gone, or was not read: it was taken for a box of its own.
    NoDevice,
}

impl From<LabelError> for ScanProblem {
    fn from(error: LabelError) -> Self {
        match error {
            LabelError::NothingFound => Self::NothingFound,
            LabelError::Ambiguous => Self::Ambiguous,
        }
    }
}
