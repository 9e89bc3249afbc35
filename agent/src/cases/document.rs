//! Documents of a case.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use tekser_imei::IinBin;
use utoipa::ToSchema;

use super::text::{FileDigest, Line};

/// A document: what it is, what it is called, and whose it is. Which kinds prove an import is in
/// the rules file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// What it is.
    pub kind: DocumentKind,
    /// Its number; of a parcel the international tracking number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "55301/120326/0004567")]
    pub number: Option<Line>,
    /// Its date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    pub date: Option<Date>,
    /// IIN or BIN of the person or business that it was made out to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub holder: Option<IinBin>,
    /// How many devices it names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub devices: Option<u32>,
    /// Files of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<AttachedFile>,
}

impl Document {
    /// Most documents of one case.
    pub const MAX: usize = 16;

    /// Most files of one document.
    pub const FILES_MAX: usize = 16;

    /// A document of this kind of which nothing else is known.
    pub const fn new(kind: DocumentKind) -> Self {
        Self { kind, number: None, date: None, holder: None, devices: None, files: Vec::new() }
    }

    /// Whether there is anything by which the other side could find it.
    pub const fn can_be_found(&self) -> bool {
        self.number.is_some() || !self.files.is_empty()
    }
}

/// Kinds of documents.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    ToSchema,
    clap::ValueEnum,
)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub enum DocumentKind {
    /// Customs declaration for goods (ДТ), of the devices or of a spare part.
    CustomsDeclaration,
    /// Passenger customs declaration (ПТД).
    PassengerDeclaration,
    /// Passenger customs declaration for express cargo, which the courier fills in.
    ExpressDeclaration,
    /// Certificate of border crossings (eGov, vmp.gov.kz).
    BorderCrossing,
    /// International tracking number of a parcel.
    TrackingNumber,
    /// Note that accompanies goods (СНТ).
    GoodsNote,
    /// Notification of goods with encryption functions (нотификация).
    EncryptionNotification,
    /// Licence to import goods with encryption functions.
    EncryptionLicence,
    /// Invoice or contract.
    Invoice,
    /// Screenshot of an order in a shop on the web.
    OrderScreenshot,
    /// Receipt (чек).
    Receipt,
    /// Warranty card.
    WarrantyCard,
    /// Photograph of the device or its box.
    Photo,
    /// Anything else.
    Other,
}

impl DocumentKind {
    /// Whether such a document lists the devices that it came with.
    pub const fn lists_devices(self) -> bool {
        matches!(
            self,
            Self::CustomsDeclaration
                | Self::PassengerDeclaration
                | Self::ExpressDeclaration
                | Self::TrackingNumber
                | Self::GoodsNote
        )
    }
}

/// Whether documents name as many devices as there are: all of one kind together, or all together,
/// since a parcel's number and its declaration name the same devices. Documents that name none say
/// nothing.
pub fn fits_quantity(documents: &[Document], devices: usize) -> bool {
    let mut by_kind: BTreeMap<DocumentKind, u64> = BTreeMap::new();
    for document in documents.iter().filter(|document| document.kind.lists_devices()) {
        if let Some(named) = document.devices {
            *by_kind.entry(document.kind).or_insert(0) += u64::from(named);
        }
    }
    let all: u64 = by_kind.values().sum();
    by_kind.is_empty() || by_kind.values().chain([&all]).any(|named| *named == devices as u64)
}

/// A file as the case names it. The file itself stays where the shop keeps it: its digest proves
/// later that it is the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AttachedFile {
    /// Its name, without folders.
    #[schema(example = "declaration.pdf")]
    pub name: Line,
    /// Bytes.
    pub size: u64,
    /// SHA-256 of its bytes.
    pub sha256: FileDigest,
}
