//! Devices brought into the country: for sale by a business, or by a person for their own use.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use tekser_imei::Imei;
use utoipa::ToSchema;

use super::applicant::Applicant;
use super::document::Document;
use super::text::{Country, Line};
use crate::id::HandsetId;

/// One device with all its IMEIs, those of eSIM slots too.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FiledDevice {
    /// Its IMEIs, by slot.
    #[schema(value_type = Vec<String>)]
    pub imeis: Vec<Imei>,
    /// Maker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maker: Option<Line>,
    /// Model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<Line>,
    /// Serial number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<Line>,
    /// The phone, if it was read on this bench.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handset: Option<HandsetId>,
    /// The day on which it was first seen in a network of Kazakhstan: the days of grace run from
    /// it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    pub first_connected: Option<Date>,
    /// Why fewer IMEIs are given than the phone or its like have, in somebody's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fewer_because: Option<Line>,
}

/// Devices that an importer or seller brought in for sale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Import {
    /// The shop's own number for it. One case per number.
    #[schema(value_type = String, example = "IM-2026-0031")]
    pub reference: Line,
    /// Who applies: a sole proprietor or a legal entity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applicant: Option<Applicant>,
    /// The devices.
    pub devices: Vec<FiledDevice>,
    /// The country they were brought from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<Country>,
    /// The day on which they were brought in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    pub imported_on: Option<Date>,
    /// Documents.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<Document>,
}

impl Import {
    /// Most devices of one case.
    pub const DEVICES_MAX: usize = 500;
}

/// Devices that a person brought or was sent for their own use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Personal {
    /// The shop's own number for it. One case per number.
    #[schema(value_type = String, example = "P-2026-0007")]
    pub reference: Line,
    /// Who applies: the person whom the document of import names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applicant: Option<Applicant>,
    /// How the devices came in.
    pub basis: Basis,
    /// The devices.
    pub devices: Vec<FiledDevice>,
    /// The country they came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<Country>,
    /// The day on which they came in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    pub imported_on: Option<Date>,
    /// Who delivered the parcel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "Kazpost")]
    pub delivery_service: Option<Line>,
    /// Documents; a tracking number is one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<Document>,
}

impl Personal {
    /// Most devices of one case: more than any quota, so that a preflight can say what is wrong.
    pub const DEVICES_MAX: usize = 16;
}

/// How a person's devices came in.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema, clap::ValueEnum,
)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub enum Basis {
    /// In the person's luggage (сопровождаемый багаж).
    Accompanied,
    /// By post or courier (несопровождаемый багаж).
    Parcel,
    /// As a gift from abroad: whoever the document of import names must apply.
    Gift,
}

impl FiledDevice {
    /// Most IMEIs taken in: more than any device has, so that a preflight can say what is wrong.
    pub const IMEIS_MAX: usize = 16;
}
