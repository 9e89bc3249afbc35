//! A phone whose board or module was replaced, so that its IMEIs changed.
//!
//! What a service centre must file is in no published source; the fields are those that a sane
//! record holds, and the export says that they are assumed.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use tekser_imei::Imei;
use utoipa::ToSchema;

use super::applicant::Applicant;
use super::document::Document;
use crate::id::HandsetId;

/// A replaced board or module: the IMEIs before and after, and the papers of the part.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Replacement {
    /// Number of the work order or act (АВР). One case per work order.
    #[schema(example = "WO-2026-0147")]
    pub work_order: String,
    /// The phone, if it was read on this bench: its IMEIs are then compared with `new`.
    #[serde(default)]
    pub handset: Option<HandsetId>,
    /// IMEIs before the repair, by slot.
    #[schema(value_type = Vec<String>)]
    pub old: Vec<Imei>,
    /// IMEIs after the repair, by slot.
    #[schema(value_type = Vec<String>)]
    pub new: Vec<Imei>,
    /// The part that was put in.
    #[serde(default)]
    pub part: Part,
    /// Customs declaration under which the part was imported. A document of the kind
    /// `customs_declaration` is as good.
    #[serde(default)]
    pub customs: Option<CustomsDocument>,
    /// Who applies: the service centre.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applicant: Option<Applicant>,
    /// Documents of the part: declaration, encryption notification or licence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<Document>,
    /// Who did the work.
    #[serde(default)]
    pub technician: Option<String>,
}

/// IMEIs show masked; the part's serial number and the technician's name do not show.
impl core::fmt::Debug for Replacement {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Replacement")
            .field("work_order", &self.work_order)
            .field("handset", &self.handset)
            .field("old", &self.old)
            .field("new", &self.new)
            .field("applicant", &self.applicant)
            .field("documents", &self.documents)
            .finish_non_exhaustive()
    }
}

impl Replacement {
    /// Longest work order, in bytes.
    pub const WORK_ORDER_MAX: usize = 64;

    /// Most IMEIs taken in on either side: more than any phone has, so that a preflight can say
    /// what is wrong with the surplus.
    pub const IMEIS_MAX: usize = 16;

    /// Every IMEI of the case, old ones first.
    pub fn imeis(&self) -> impl Iterator<Item = Imei> + '_ {
        self.old.iter().chain(&self.new).copied()
    }
}

/// A spare part.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Part number.
    #[serde(default)]
    pub number: Option<String>,
    /// Serial number.
    #[serde(default)]
    pub serial: Option<String>,
    /// Whether it has encryption functions, so that importing it takes a notification or a
    /// licence; none if nobody said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encryption: Option<bool>,
}

/// A customs declaration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomsDocument {
    /// Its number.
    #[schema(example = "55301/120326/0004567")]
    pub number: String,
    /// Its date.
    #[schema(value_type = String, format = Date)]
    pub date: Date,
}
