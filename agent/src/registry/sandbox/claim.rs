//! What is claimed, whichever way it came in: a case of a signed batch, or a form.

use tekser_imei::{Imei, Imei14};

use super::form::{Form, FormKind};
use crate::cases::{Applicant, Basis, Country, Document, DocumentKind, Filing, Line, Replacement};
use crate::rules::{Origin, ProofOf, Rules};

/// What is claimed. The far side takes nobody's word for an IMEI: `None` is one that was typed wrong.
#[derive(Debug)]
pub(super) struct Claim {
    pub kind: FormKind,
    pub applicant: Option<Applicant>,
    /// The IMEIs to be verified, by device.
    pub devices: Vec<Vec<Option<Imei>>>,
    /// IMEIs before a repair.
    pub replaced: Vec<Option<Imei>>,
    /// An IMEI of the device that is verified already.
    pub verified: Option<Imei>,
    pub basis: Option<Basis>,
    pub country: Option<Country>,
    pub documents: Vec<Document>,
}

impl Claim {
    /// Every IMEI to be verified that is one.
    pub fn numbers(&self) -> impl Iterator<Item = Imei> + '_ {
        self.devices.iter().flatten().flatten().copied()
    }

    /// Where the devices come from. Nobody is asked which country it was: not said is elsewhere.
    pub fn origin(&self, rules: &Rules) -> Origin {
        self.country.map_or(Origin::Elsewhere, |country| rules.origin(country))
    }

    /// What the documents must prove; nothing of a second IMEI.
    pub fn proof(&self, rules: &Rules) -> Option<ProofOf> {
        Some(match (self.kind, self.basis) {
            (FormKind::Simplified, _) => return None,
            (FormKind::Personal, Some(Basis::Parcel)) => ProofOf::Parcel,
            (FormKind::Personal, Some(Basis::Gift)) => ProofOf::Gift,
            (FormKind::Personal, Some(Basis::Accompanied) | None) => ProofOf::Accompanied,
            (FormKind::Import, _) if self.origin(rules) == Origin::Union => {
                ProofOf::ImportFromUnion
            }
            // The part of a replacement is goods that passed customs.
            (FormKind::Import | FormKind::Replacement, _) => ProofOf::Import,
        })
    }
}

impl From<&Filing> for Claim {
    fn from(filing: &Filing) -> Self {
        let (kind, basis) = match filing {
            Filing::Replacement(_) => (FormKind::Replacement, None),
            Filing::Import(_) => (FormKind::Import, None),
            Filing::Personal(one) => (FormKind::Personal, Some(one.basis)),
        };
        let devices = filing.devices().iter().map(|device| &device.imeis);
        let new = filing.replacement().map(|one| &one.new);
        let all = |imeis: &Vec<Imei>| imeis.iter().copied().map(Some).collect();
        Self {
            kind,
            applicant: filing.applicant(),
            devices: devices.chain(new).map(all).collect(),
            replaced: filing.replacement().map(|one| all(&one.old)).unwrap_or_default(),
            verified: None,
            basis,
            country: filing.country(),
            documents: filing.replacement().map_or_else(|| filing.documents().to_vec(), of_part),
        }
    }
}

/// The papers of a part. Its declaration has fields of its own, and is a document here.
fn of_part(case: &Replacement) -> Vec<Document> {
    let number = case.customs.as_ref().map(|customs| customs.number.trim()).unwrap_or_default();
    let declared = number.chars().filter(|c| !c.is_control()).take(Line::MAX / 4);
    let declared = Line::parse(&declared.collect::<String>()).ok().map(|number| Document {
        number: Some(number),
        ..Document::new(DocumentKind::CustomsDeclaration)
    });
    case.documents.iter().cloned().chain(declared).collect()
}

impl From<&Form> for Claim {
    fn from(form: &Form) -> Self {
        let read = |text: &String| Imei::parse(text.as_bytes()).ok();
        Self {
            kind: form.kind,
            applicant: Some(form.applicant),
            devices: form
                .devices
                .iter()
                .map(|device| device.imeis.iter().map(read).collect())
                .collect(),
            replaced: form.replaced.iter().map(read).collect(),
            verified: form.verified.as_ref().and_then(read),
            basis: form.basis,
            country: form.country,
            documents: form.documents.clone(),
        }
    }
}

/// The identities of a device's IMEIs, without those that are none.
pub(super) fn identities(device: &[Option<Imei>]) -> Vec<Imei14> {
    device.iter().flatten().map(|imei| imei.imei14()).collect()
}
