//! An application as a form of its own, without a station's batch around it.
//!
//! Its fields are those that published guides name; the portal's own form is in no source. IMEIs
//! are text: who types one wrong is not corrected but refused, as on the other side.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::cases::{Applicant, Basis, Country, Document, Import, Line};

/// An application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Form {
    /// The applicant's own number for it. Sent again it is filed again: look for it first.
    #[schema(value_type = String, example = "shop-0001")]
    pub reference: Line,
    /// What is applied for.
    pub kind: FormKind,
    /// Who applies.
    pub applicant: Applicant,
    /// The devices to be verified: of a replacement the one with its new IMEIs, of a simplified
    /// application the one with the IMEIs to be confirmed.
    #[schema(min_items = 1, max_items = 500)]
    pub devices: Vec<FormDevice>,
    /// Of a replacement: the IMEIs before the repair.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 16)]
    pub replaced: Vec<String>,
    /// Of a simplified application: an IMEI of the device that is verified already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64, example = "490154203237518")]
    pub verified: Option<String>,
    /// Of a person's devices: how they came in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<Basis>,
    /// The country that they came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<Country>,
    /// The day on which they came in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    pub imported_on: Option<Date>,
    /// Documents.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 16)]
    pub documents: Vec<Document>,
}

/// What is applied for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FormKind {
    /// Verification of devices for sale. A business files it and pays for each device.
    Import,
    /// Verification of a person's own devices, free of charge.
    Personal,
    /// New IMEIs after a board or module was replaced. A service centre files it.
    Replacement,
    /// The second IMEI of a device that is verified already (упрощённая заявка).
    Simplified,
}

/// A device of a form.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FormDevice {
    /// All its IMEIs, those of eSIM slots too.
    #[schema(max_items = 16, example = json!(["352099001761481"]))]
    pub imeis: Vec<String>,
    /// Maker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maker: Option<Line>,
    /// Model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<Line>,
}

/// IMEIs do not show.
impl core::fmt::Debug for FormDevice {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "FormDevice({} IMEIs)", self.imeis.len())
    }
}

/// Why a form is not taken in. Whatever else is wrong with it is found in review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// Devices.
    #[error("an application has 1 to {} devices; file another for the rest", Import::DEVICES_MAX)]
    Devices,
    /// A device of its own is one.
    #[error("a replacement and a simplified application are about one device: give one")]
    OneDevice,
    /// IMEIs.
    #[error("at most {} IMEIs of at most {} bytes each", Form::IMEIS_MAX, Form::IMEI_MAX)]
    Imeis,
    /// Documents.
    #[error("at most {} documents of {} files each", Document::MAX, Document::FILES_MAX)]
    Documents,
    /// A field of another kind of application, or none where one is needed.
    #[error(
        "`replaced` belongs to a replacement, `verified` to a simplified application, `basis` to a \
         personal one: each there and nowhere else"
    )]
    Fields,
}

impl Form {
    /// Most IMEIs of one device, more than any has: the surplus is refused in review.
    pub const IMEIS_MAX: usize = 16;

    /// Longest text of an IMEI, in bytes.
    pub const IMEI_MAX: usize = 64;

    /// Whether the form can be taken in.
    ///
    /// # Errors
    ///
    /// See [`FormError`].
    pub fn check(&self) -> Result<(), FormError> {
        if self.devices.is_empty() || self.devices.len() > Import::DEVICES_MAX {
            return Err(FormError::Devices);
        }
        let is = |kind| self.kind == kind;
        let (replacement, simplified) = (is(FormKind::Replacement), is(FormKind::Simplified));
        if (replacement || simplified) && self.devices.len() > 1 {
            return Err(FormError::OneDevice);
        }
        let lists = self.devices.iter().map(|device| &device.imeis).chain([&self.replaced]);
        let fits = |text: &String| text.len() <= Self::IMEI_MAX;
        for list in lists {
            if list.len() > Self::IMEIS_MAX || !list.iter().all(fits) {
                return Err(FormError::Imeis);
            }
        }
        if !self.verified.iter().all(fits) {
            return Err(FormError::Imeis);
        }
        let files = self.documents.iter().map(|document| document.files.len()).max().unwrap_or(0);
        if self.documents.len() > Document::MAX || files > Document::FILES_MAX {
            return Err(FormError::Documents);
        }
        let fields = (self.replaced.is_empty(), self.verified.is_some(), self.basis.is_some());
        if fields != (!replacement, simplified, is(FormKind::Personal)) {
            return Err(FormError::Fields);
        }
        Ok(())
    }
}
