//! Applicant and documents.

use super::devices::not_to_come;
use super::{Findings, Known, PreflightCode as Code};
use crate::cases::{
    Applicant, ApplicantKind, Basis, Case, CaseState, Document, DocumentKind, Filing, Replacement,
    fits_quantity,
};
use crate::rules::{Origin, ProofOf, Rules, day};

/// Papers of a spare part.
pub(super) fn of_part(case: &Replacement, rules: &Rules, found: &mut Findings) {
    let declared = case.customs.as_ref().is_some_and(|one| !one.number.trim().is_empty());
    let is_declaration =
        |one: &Document| one.kind == DocumentKind::CustomsDeclaration && one.can_be_found();
    if !declared && !case.documents.iter().any(is_declaration) {
        let cure =
            "give number and date of the customs declaration under which the part was imported";
        found.stop(Code::CustomsMissing, "customs", cure);
    }
    let rule = &rules.encryption;
    let permits = |one: &Document| rule.kinds.contains(&one.kind) && one.can_be_found();
    if case.part.encryption.unwrap_or(rule.assumed) && !case.documents.iter().any(permits) {
        let cure = "add the notification or the licence under which a part with encryption \
                    functions was imported; the supplier has its number";
        found.rule(Code::EncryptionMissing, rule.severity, "documents", cure, &rule.source);
    }
    if let Some(applicant) = case.applicant {
        fitting(applicant, &[ApplicantKind::ServiceCentre], found);
    }
}

/// Applicant and documents of devices brought in.
pub(super) fn of_import(filing: &Filing, known: &Known<'_>, found: &mut Findings) {
    let kinds: &[ApplicantKind] = match filing {
        Filing::Personal(_) => &[ApplicantKind::Individual],
        _ => &[ApplicantKind::SoleProprietor, ApplicantKind::LegalEntity],
    };
    match filing.applicant() {
        None => {
            let cure =
                "give the applicant's kind and IIN or BIN: it must be the one in the document";
            found.stop(Code::ApplicantMissing, "applicant", cure);
        }
        Some(applicant) => fitting(applicant, kinds, found),
    }
    let of = proof_of(filing, known.rules);
    prove(filing.documents(), of, known.rules, found);
    for (at, document) in filing.documents().iter().enumerate() {
        each(document, &format!("documents[{at}]"), filing, of, known, found);
    }
    quantity(filing, found);
}

fn fitting(applicant: Applicant, kinds: &[ApplicantKind], found: &mut Findings) {
    if !kinds.contains(&applicant.kind) {
        let cure = "a person files for their own use, a sole proprietor or legal entity what they \
                    sell, a service centre replaced boards: choose the kind of case that fits";
        found.stop(Code::ApplicantKind, "applicant.kind", cure);
    } else if !applicant.has_fitting_number() {
        let cure = "a person and a sole proprietor apply under an IIN, a legal entity under a BIN";
        found.stop(Code::ApplicantNumber, "applicant.number", cure);
    }
    if applicant.number.is_unusual() {
        let cure = "compare it with the identity card or certificate: such numbers are rare";
        found.warn(Code::NumberUnusual, "applicant.number", cure);
    }
}

/// What the documents must prove.
fn proof_of(filing: &Filing, rules: &Rules) -> ProofOf {
    let origin = filing.country().map(|country| rules.origin(country));
    match filing {
        Filing::Personal(one) => match one.basis {
            Basis::Accompanied => ProofOf::Accompanied,
            Basis::Parcel => ProofOf::Parcel,
            Basis::Gift => ProofOf::Gift,
        },
        _ if origin == Some(Origin::Union) => ProofOf::ImportFromUnion,
        _ => ProofOf::Import,
    }
}

/// Whether there is a document that proves the import.
fn prove(documents: &[Document], of: ProofOf, rules: &Rules, found: &mut Findings) {
    // A file that lacks a proof is not taken at the start.
    let Some(rule) = rules.proof.get(&of) else { return };
    let cure = match of {
        ProofOf::Accompanied => {
            "add the certificate of border crossings (eGov) or the passenger declaration"
        }
        ProofOf::Parcel => {
            "add the tracking number, or the passenger declaration that the courier filled in"
        }
        ProofOf::Gift => {
            "add the certificate, declaration or tracking number, and let the person apply whom it \
             names"
        }
        ProofOf::Import => "add the customs declaration",
        ProofOf::ImportFromUnion => "add what proves that the goods came from inside the Union",
    };
    if documents.is_empty() {
        let (code, source) = (Code::DocumentMissing, &rule.source);
        found.rule(code, rule.severity, "documents", cure, source);
    } else if !documents.iter().any(|document| rule.kinds.contains(&document.kind)) {
        let (code, source) = (Code::DocumentNotAboutImport, &rule.source);
        found.rule(code, rule.severity, "documents", cure, source);
    }
}

fn each(
    document: &Document,
    field: &str,
    filing: &Filing,
    of: ProofOf,
    known: &Known<'_>,
    found: &mut Findings,
) {
    let proves = known.rules.proof.get(&of).is_some_and(|rule| rule.kinds.contains(&document.kind));
    let unfit = &known.rules.unfit;
    if unfit.kinds.contains(&document.kind) {
        let cure = "this proves no import: leave it out, so that nobody takes it for the document";
        let severity = crate::finding::Severity::Warning;
        found.rule(Code::DocumentUnfit, severity, &format!("{field}.kind"), cure, &unfit.source);
    }
    if let Some(date) = document.date {
        not_to_come(date, day(known.now), &format!("{field}.date"), found);
    }
    if proves && !document.can_be_found() {
        let cure = "give its number, or attach its file: without them it cannot be found";
        found.stop(Code::DocumentIncomplete, &format!("{field}.number"), cure);
    }
    match (document.holder, filing.applicant()) {
        (Some(holder), Some(applicant)) if holder != applicant.number => {
            let cure = "whoever the document names must apply, with their own signature; somebody \
                        else's application is refused, a gift's too";
            found.stop(Code::HolderDiffers, &format!("{field}.holder"), cure);
        }
        (None, _) if proves => {
            let cure = "say whose IIN or BIN is in the document: it must be the applicant's";
            found.warn(Code::HolderMissing, &format!("{field}.holder"), cure);
        }
        _ => {}
    }
    if document.kind != DocumentKind::TrackingNumber && used_by_another(document, filing, known) {
        let cure = "somebody else has filed with this document: the operator looks for that; make \
                    sure that it is the applicant's";
        found.warn(Code::DocumentUsed, &format!("{field}.number"), cure);
    }
}

/// Whether a case of somebody else names this document.
fn used_by_another(document: &Document, filing: &Filing, known: &Known<'_>) -> bool {
    let applicant = filing.applicant().map(|applicant| applicant.number);
    naming(document, known.others)
        .any(|other| other.filing.applicant().map(|applicant| applicant.number) != applicant)
}

/// Cases that name a document and were not refused.
pub(super) fn naming<'a>(
    document: &'a Document,
    cases: &'a [Case],
) -> impl Iterator<Item = &'a Case> {
    let key = document.number.as_ref().map(|number| (document.kind, number.key()));
    let same = move |other: &Document| {
        key.is_some() && other.number.as_ref().map(|number| (other.kind, number.key())) == key
    };
    cases
        .iter()
        .filter(|case| !matches!(case.state, CaseState::Refused { .. }))
        .filter(move |case| case.filing.documents().iter().any(&same))
}

/// Whether the documents name as many devices as the case has.
fn quantity(filing: &Filing, found: &mut Findings) {
    let documents = filing.documents();
    if !fits_quantity(documents, filing.devices().len()) {
        let named = |one: &Document| one.kind.lists_devices() && one.devices.is_some();
        let first = documents.iter().position(named).unwrap_or_default();
        let cure = "file as many devices as the documents name: add the missing ones, or the \
                    document of the others";
        found.stop(Code::QuantityDiffers, &format!("documents[{first}].devices"), cure);
    }
}
