//! What a registry decided about a case.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::id::CaseId;

/// The registry's answer to one case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Decision {
    /// The case.
    pub case: CaseId,
    /// Why it was refused; empty means approved.
    pub refusals: Vec<Refusal>,
}

impl Decision {
    /// Whether the case was approved.
    pub const fn is_approved(&self) -> bool {
        self.refusals.is_empty()
    }
}

/// Why a case was refused. The five literal reasons of the operator, and the mistakes that the
/// published guides name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// «Документ не найден».
    DocumentNotFound,
    /// «Документ не связан с подтверждением ввоза устройства на территорию Казахстана».
    DocumentNotAboutImport,
    /// «ИИН/БИН не соответствует».
    ApplicantMismatch,
    /// «IMEI/устройства не найдены в документе».
    ImeiNotInDocument,
    /// «Количество устройств не соответствует».
    QuantityMismatch,
    /// An IMEI with a typo, a wrong length or one that no maker assigned.
    ImeiUnsound,
    /// Not every IMEI of a multi-SIM device was given.
    ImeiMissing,
    /// A new IMEI stands on a block list.
    ImeiBlocked,
    /// A new IMEI belongs to a device that is verified already.
    ImeiTaken,
    /// This kind of applicant does not file this kind of application.
    ApplicantNotEntitled,
    /// The person has verified as many devices as the month or year allows.
    QuotaExceeded,
    /// The tracking number was accepted with another application.
    TrackingUsed,
    /// More devices than one tracking number covers.
    TrackingOver,
    /// No IMEI of the device is verified: a simplified application is not enough.
    DeviceNotVerified,
    /// The IMEI is not known to be one of that device.
    ImeiNotOfDevice,
}
