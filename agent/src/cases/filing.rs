//! What a case files: one of three kinds.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use tekser_imei::Imei;
use utoipa::ToSchema;

use super::applicant::Applicant;
use super::document::Document;
use super::filed::{FiledDevice, Import, Personal};
use super::replacement::Replacement;
use super::text::Country;
use crate::id::HandsetId;

/// What a case files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Filing {
    /// A replaced board or module.
    Replacement(Replacement),
    /// Devices brought in for sale.
    Import(Import),
    /// A person's own devices.
    Personal(Personal),
}

/// Why something cannot be kept as a case: it has more of something than any honest one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FilingError {
    /// The work order or reference.
    #[error("a work order or reference has 1 to {} bytes", Replacement::WORK_ORDER_MAX)]
    Reference,
    /// IMEIs.
    #[error(
        "a case has at most {} old and as many new IMEIs, a device at most {}",
        Replacement::IMEIS_MAX,
        FiledDevice::IMEIS_MAX
    )]
    TooManyImeis,
    /// Devices.
    #[error("a case of this kind has at most {most} devices; open another for the rest")]
    TooManyDevices {
        /// Most devices.
        most: usize,
    },
    /// Documents.
    #[error("a case has at most {} documents of {} files each", Document::MAX, Document::FILES_MAX)]
    TooManyDocuments,
}

impl Filing {
    /// The name of the kind in JSON.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Replacement(_) => "replacement",
            Self::Import(_) => "import",
            Self::Personal(_) => "personal",
        }
    }

    /// The name that the shop gave it: work order or reference.
    pub fn reference(&self) -> &str {
        match self {
            Self::Replacement(one) => &one.work_order,
            Self::Import(one) => one.reference.as_str(),
            Self::Personal(one) => one.reference.as_str(),
        }
    }

    /// The replacement, if it is one.
    pub const fn replacement(&self) -> Option<&Replacement> {
        match self {
            Self::Replacement(one) => Some(one),
            Self::Import(_) | Self::Personal(_) => None,
        }
    }

    /// The devices, unless it is a replacement.
    pub fn devices(&self) -> &[FiledDevice] {
        match self {
            Self::Replacement(_) => &[],
            Self::Import(one) => &one.devices,
            Self::Personal(one) => &one.devices,
        }
    }

    /// Who applies.
    pub const fn applicant(&self) -> Option<Applicant> {
        match self {
            Self::Replacement(one) => one.applicant,
            Self::Import(one) => one.applicant,
            Self::Personal(one) => one.applicant,
        }
    }

    /// The documents.
    pub fn documents(&self) -> &[Document] {
        match self {
            Self::Replacement(one) => &one.documents,
            Self::Import(one) => &one.documents,
            Self::Personal(one) => &one.documents,
        }
    }

    /// The documents, to be changed.
    pub const fn documents_mut(&mut self) -> &mut Vec<Document> {
        match self {
            Self::Replacement(one) => &mut one.documents,
            Self::Import(one) => &mut one.documents,
            Self::Personal(one) => &mut one.documents,
        }
    }

    /// The country that devices came from.
    pub const fn country(&self) -> Option<Country> {
        match self {
            Self::Replacement(_) => None,
            Self::Import(one) => one.country,
            Self::Personal(one) => one.country,
        }
    }

    /// The day on which devices came in.
    pub const fn imported_on(&self) -> Option<Date> {
        match self {
            Self::Replacement(_) => None,
            Self::Import(one) => one.imported_on,
            Self::Personal(one) => one.imported_on,
        }
    }

    /// IMEIs that are to be verified: the new ones of a replacement, all of devices.
    pub fn new_imeis(&self) -> impl Iterator<Item = Imei> + '_ {
        let new = self.replacement().map(|one| one.new.as_slice()).unwrap_or_default();
        new.iter().chain(self.devices().iter().flat_map(|device| &device.imeis)).copied()
    }

    /// Every IMEI of the case, old ones first.
    pub fn imeis(&self) -> impl Iterator<Item = Imei> + '_ {
        let old = self.replacement().map(|one| one.old.as_slice()).unwrap_or_default();
        old.iter().copied().chain(self.new_imeis())
    }

    /// The phones on this bench that the case names.
    pub fn handsets(&self) -> impl Iterator<Item = HandsetId> + '_ {
        let replaced = self.replacement().and_then(|one| one.handset);
        replaced.into_iter().chain(self.devices().iter().filter_map(|device| device.handset))
    }

    /// Takes in what was typed, if it can be kept. `WO-1` and `WO-1 ` are one work order.
    ///
    /// # Errors
    ///
    /// See [`FilingError`].
    pub fn taken_in(mut self) -> Result<Self, FilingError> {
        if let Self::Replacement(one) = &mut self {
            one.work_order = one.work_order.trim().to_owned();
        }
        let reference = self.reference();
        if reference.is_empty() || reference.len() > Replacement::WORK_ORDER_MAX {
            return Err(FilingError::Reference);
        }
        let (sides, most) = match &self {
            Self::Replacement(one) => (one.old.len().max(one.new.len()), 0),
            Self::Import(_) => (0, Import::DEVICES_MAX),
            Self::Personal(_) => (0, Personal::DEVICES_MAX),
        };
        let of_devices = self.devices().iter().map(|device| device.imeis.len()).max().unwrap_or(0);
        if sides > Replacement::IMEIS_MAX || of_devices > FiledDevice::IMEIS_MAX {
            return Err(FilingError::TooManyImeis);
        }
        if self.devices().len() > most {
            return Err(FilingError::TooManyDevices { most });
        }
        let documents = self.documents();
        let files = documents.iter().map(|document| document.files.len()).max().unwrap_or(0);
        if documents.len() > Document::MAX || files > Document::FILES_MAX {
            return Err(FilingError::TooManyDocuments);
        }
        Ok(self)
    }
}

impl From<Replacement> for Filing {
    fn from(one: Replacement) -> Self {
        Self::Replacement(one)
    }
}

impl From<Import> for Filing {
    fn from(one: Import) -> Self {
        Self::Import(one)
    }
}

impl From<Personal> for Filing {
    fn from(one: Personal) -> Self {
        Self::Personal(one)
    }
}
