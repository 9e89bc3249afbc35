//! Who applies.

use serde::{Deserialize, Serialize};
use tekser_imei::{BinKind, IinBin};
use utoipa::ToSchema;

/// Who applies: the portal asks for the kind first, and compares the number with the one in the
/// document of import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Applicant {
    /// What they are.
    pub kind: ApplicantKind,
    /// Their IIN or BIN, which is also that of the signature (ЭЦП).
    #[schema(value_type = String, example = "940140000385")]
    pub number: IinBin,
}

impl Applicant {
    /// Whether a number of this sort belongs to this kind: an individual and a sole proprietor
    /// apply under the IIN of the person, sole proprietors who trade jointly under their BIN, all
    /// others under a BIN. A service centre may be any business.
    pub fn has_fitting_number(&self) -> bool {
        let joint = |kind| kind == BinKind::JointProprietors;
        match (self.kind, self.number) {
            (ApplicantKind::Individual, number) => number.iin().is_some(),
            (ApplicantKind::SoleProprietor, number) => {
                number.bin().is_none_or(|bin| joint(bin.kind()))
            }
            (ApplicantKind::LegalEntity, number) => {
                number.bin().is_some_and(|bin| !joint(bin.kind()))
            }
            (ApplicantKind::ServiceCentre, _) => true,
        }
    }
}

/// Kinds of applicants, as the portal names them.
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
pub enum ApplicantKind {
    /// A person, for themselves (физическое лицо).
    Individual,
    /// A sole proprietor (ИП).
    SoleProprietor,
    /// A legal entity (юридическое лицо).
    LegalEntity,
    /// An authorised service centre.
    ServiceCentre,
}
