//! Codes of the findings about a case.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Codes of the findings about a case.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum PreflightCode {
    /// No work order.
    WorkOrderMissing,
    /// No IMEI from before the repair.
    OldMissing,
    /// No IMEI from after the repair.
    NewMissing,
    /// More than four IMEIs.
    TooManyImeis,
    /// One IMEI stands twice.
    ImeiTwice,
    /// An IMEI is both old and new: nothing was replaced in that slot.
    NotReplaced,
    /// Old and new differ in number: one of the slots may be forgotten.
    SlotCountDiffers,
    /// An IMEI no maker assigns.
    ImeiUnsound,
    /// No customs declaration of the part.
    CustomsMissing,
    /// The IMEIs were typed, not read from the phone.
    NotRead,
    /// The phone on the bench has other IMEIs.
    ReadingDiffers,
    /// Nothing but properties that other software can set names the IMEI.
    ReadingWeak,
    /// The phone on the bench has more IMEIs than the case names.
    ReadingHasMore,
    /// Sources of the phone disagree in a way a replaced board does not explain.
    HandsetDisagrees,
    /// A new IMEI is blocked already.
    NewBlocked,
    /// A new IMEI is verified already.
    NewVerified,
    /// The registry could not be asked about a new IMEI.
    NewUndetermined,
    /// No applicant.
    ApplicantMissing,
    /// This kind of applicant does not file this kind of case.
    ApplicantKind,
    /// An IIN where a BIN belongs, or the other way round.
    ApplicantNumber,
    /// An IIN or BIN with a digit that no source explains.
    NumberUnusual,
    /// No device.
    DeviceMissing,
    /// A device without IMEI.
    ImeiMissing,
    /// A device has fewer IMEIs than it has slots: a second SIM or an eSIM is forgotten.
    SlotMissing,
    /// No maker or model.
    ModelMissing,
    /// No country of export.
    CountryMissing,
    /// No date of import.
    DateMissing,
    /// A date that is still to come.
    DateInFuture,
    /// No delivery service of a parcel.
    DeliveryMissing,
    /// No document at all.
    DocumentMissing,
    /// A document with neither number nor file.
    DocumentIncomplete,
    /// A receipt, warranty card or photo: it proves no import.
    DocumentUnfit,
    /// There are documents, and none of them proves the import.
    DocumentNotAboutImport,
    /// A document is made out to somebody else.
    HolderDiffers,
    /// Nobody said to whom a document is made out.
    HolderMissing,
    /// Another applicant has filed the same document.
    DocumentUsed,
    /// The document names another number of devices.
    QuantityDiffers,
    /// The tracking number was used before.
    TrackingUsed,
    /// Too many devices under one tracking number.
    TrackingOver,
    /// More devices than a person may verify in that time.
    QuotaExceeded,
    /// The days of grace are nearly over.
    DeadlineNear,
    /// The days of grace are over.
    DeadlinePassed,
    /// A part with encryption functions without notification or licence.
    EncryptionMissing,
    /// An IMEI stands on a block list.
    ImeiBlocked,
    /// An IMEI is verified already.
    ImeiVerified,
    /// The registry could not be asked about IMEIs.
    ImeiUndetermined,
    /// An IMEI was replaced away with another board before.
    ReplacedAway,
    /// Another phone on file gives an IMEI of the case.
    ImeiOfAnotherPhone,
    /// What filing costs is not known: the rules have no index of this year.
    FeeUnknownYear,
    /// An IMEI does not stand in the text of the customs declaration.
    ImeiNotInDeclaration,
    /// An IMEI stands there torn by spaces or line breaks, where the other side does not find it.
    ImeiTornInDeclaration,
    /// An IMEI stands there with another check digit.
    DeclarationCheckDigit,
    /// There are IMEIs in the declaration that the case does not have.
    DeclarationHasMore,
    /// The declaration could not be read wholly, so an IMEI may stand where nothing was read.
    DeclarationIncomplete,
    /// Nobody has looked for an IMEI in the text of the declaration yet.
    DeclarationNotSearched,
}
