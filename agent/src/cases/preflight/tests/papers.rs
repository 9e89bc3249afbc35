//! Applicant and documents.

use super::*;

/// matias-corp.com, "Documents confirming lawful import"; tandap.kz, section 4.
#[test]
fn each_basis_has_its_documents() {
    use DocumentKind::*;
    let all = [
        CustomsDeclaration,
        PassengerDeclaration,
        ExpressDeclaration,
        BorderCrossing,
        TrackingNumber,
        GoodsNote,
        Invoice,
        OrderScreenshot,
        Other,
    ];
    for (basis, proofs) in [
        (Basis::Accompanied, vec![PassengerDeclaration, BorderCrossing]),
        (Basis::Parcel, vec![PassengerDeclaration, ExpressDeclaration, TrackingNumber]),
        (
            Basis::Gift,
            vec![PassengerDeclaration, ExpressDeclaration, BorderCrossing, TrackingNumber],
        ),
    ] {
        for kind in all {
            let one = Personal { basis, documents: vec![document(kind, "1", PERSON)], ..parcel() };
            if proofs.contains(&kind) {
                check(one, &[]);
            } else {
                check(one, &[(Code::DocumentNotAboutImport, Stop, "documents")]);
            }
        }
    }
}

/// matias-corp.com: "warranty cards, cash receipts, photos of the device and its packaging" do not
/// confirm an import, and an application without a document is rejected.
#[test]
fn what_proves_nothing_is_told() {
    check(
        Personal { documents: Vec::new(), ..parcel() },
        &[(Code::DocumentMissing, Stop, "documents")],
    );
    for kind in [DocumentKind::Receipt, DocumentKind::WarrantyCard, DocumentKind::Photo] {
        let unfit = document(kind, "1", PERSON);
        let alone = Personal { documents: vec![unfit.clone()], ..parcel() };
        check(
            alone,
            &[
                (Code::DocumentNotAboutImport, Stop, "documents"),
                (Code::DocumentUnfit, Warning, "documents[0].kind"),
            ],
        );
        let mut beside = parcel();
        beside.documents.push(unfit);
        check(beside, &[(Code::DocumentUnfit, Warning, "documents[1].kind")]);
    }
}

/// The operator's first reason, «Документ не найден».
#[test]
fn a_document_needs_something_to_be_found_by() {
    let mut one = parcel();
    one.documents[0].number = None;
    check(one.clone(), &[(Code::DocumentIncomplete, Stop, "documents[0].number")]);
    let mut dated = parcel();
    dated.documents[0].date = Some(date(2026, 12, 10));
    check(dated, &[(Code::DateInFuture, Stop, "documents[0].date")]);
}

/// The operator's third reason, «ИИН/БИН не соответствует»; matias-corp.com says it of gifts too.
#[test]
fn whoever_the_document_names_must_apply() {
    for basis in [Basis::Parcel, Basis::Gift] {
        let mut one = Personal { basis, ..parcel() };
        one.applicant = applicant(ApplicantKind::Individual, OTHER_PERSON);
        check(one.clone(), &[(Code::HolderDiffers, Stop, "documents[0].holder")]);
        one.documents[0].holder = None;
        check(one.clone(), &[(Code::HolderMissing, Warning, "documents[0].holder")]);
        one.applicant = None;
        one.documents[0].holder = Some(PERSON.parse().unwrap());
        check(one, &[(Code::ApplicantMissing, Stop, "applicant")]);
    }
}

/// matias-corp.com: individuals, sole proprietors and legal entities, service centres each have an
/// application of their own; troo.kz: a sole proprietor applies under an IIN.
#[test]
fn each_applicant_files_its_own_kind_of_case() {
    use ApplicantKind::*;
    let wrong_kind: &[_] = &[(Code::ApplicantKind, Stop, "applicant.kind")];
    let wrong_number: &[_] = &[(Code::ApplicantNumber, Stop, "applicant.number")];
    for (kind, number, personal, imported) in [
        (Individual, PERSON, &[] as &[_], wrong_kind),
        (Individual, BUSINESS, wrong_number, wrong_kind),
        (SoleProprietor, PERSON, wrong_kind, &[]),
        (SoleProprietor, JOINT, wrong_kind, &[]),
        (SoleProprietor, BUSINESS, wrong_kind, wrong_number),
        (LegalEntity, BUSINESS, wrong_kind, &[]),
        (LegalEntity, PERSON, wrong_kind, wrong_number),
        (LegalEntity, JOINT, wrong_kind, wrong_number),
        (ServiceCentre, BUSINESS, wrong_kind, wrong_kind),
    ] {
        let number_of = |mut documents: Vec<Document>| {
            documents[0].holder = Some(number.parse().unwrap());
            documents
        };
        let (p, i) = (parcel(), import());
        let by = applicant(kind, number);
        let documents = number_of(p.documents.clone());
        check(Personal { applicant: by, documents, ..p }, personal);
        let documents = number_of(i.documents.clone());
        check(Import { applicant: by, documents, ..i }, imported);
    }
    let by = applicant(ServiceCentre, BUSINESS);
    check(Replacement { applicant: by, ..replacement() }, &[(Code::NotRead, Warning, "handset")]);
    let by = applicant(Individual, PERSON);
    let expected = [wrong_kind[0], (Code::NotRead, Warning, "handset")];
    check(Replacement { applicant: by, ..replacement() }, &expected);
}

/// The operator's fifth reason, «Количество устройств не соответствует».
#[test]
fn the_document_names_as_many_devices_as_the_case() {
    for (named, other, fits) in [
        (Some(2), None, true),
        (Some(1), Some(1), true),
        (None, None, true),
        (Some(3), None, false),
        (Some(1), None, false),
        (Some(2), Some(1), false),
        (Some(u32::MAX), Some(u32::MAX), false),
    ] {
        let mut one = import();
        one.documents.push(document(DocumentKind::CustomsDeclaration, "2", BUSINESS));
        (one.documents[0].devices, one.documents[1].devices) = (named, other);
        let expected = [(Code::QuantityDiffers, Stop, "documents[0].devices")];
        check(one, if fits { &[] } else { &expected });
    }
    // A parcel's number and its declaration name the same device.
    let mut one = parcel();
    one.documents.push(document(DocumentKind::ExpressDeclaration, "2", PERSON));
    for document in &mut one.documents {
        document.devices = Some(1);
    }
    check(one, &[]);
}

/// ATS-Verify, risk analysis: the same document used by more than one IIN is flagged.
#[test]
fn a_document_of_another_applicant_is_told() {
    let mut other = import();
    other.applicant = applicant(ApplicantKind::SoleProprietor, PERSON);
    let expected = [(Code::DocumentUsed, Warning, "documents[0].number")];
    World::default().beside(open(other)).check(import(), &expected);
    let same = Import { reference: line("IM-2"), ..import() };
    World::default().beside(open(same)).check(import(), &[]);
}

/// WTO import licensing questionnaire (source 004): a licence for goods with encryption functions.
#[test]
fn a_part_with_encryption_functions_needs_its_paper() {
    let missing =
        [(Code::EncryptionMissing, Warning, "documents"), (Code::NotRead, Warning, "handset")];
    let not_read: &[_] = &[(Code::NotRead, Warning, "handset")];
    let part = |encryption| Part { encryption, ..Part::default() };
    check(Replacement { part: part(Some(true)), ..replacement() }, &missing);
    for encryption in [None, Some(false)] {
        check(Replacement { part: part(encryption), ..replacement() }, not_read);
    }
    for kind in [DocumentKind::EncryptionNotification, DocumentKind::EncryptionLicence] {
        let documents = vec![document(kind, "RU0000012345", BUSINESS)];
        check(Replacement { part: part(Some(true)), documents, ..replacement() }, not_read);
    }
}

#[test]
fn a_declaration_of_the_part_may_be_a_document() {
    let not_read = (Code::NotRead, Warning, "handset");
    let bare = Replacement { customs: None, ..replacement() };
    check(bare.clone(), &[(Code::CustomsMissing, Stop, "customs"), not_read]);
    check(Replacement { documents: declaration(), ..bare }, &[not_read]);
}

#[test]
fn goods_from_inside_the_union_are_not_held_up_for_a_declaration() {
    let note = vec![document(DocumentKind::GoodsNote, "KG-1", BUSINESS)];
    let country = Some("KG".parse().unwrap());
    check(Import { documents: note.clone(), country, ..import() }, &[]);
    let expected = [(Code::DocumentMissing, Warning, "documents")];
    check(Import { documents: Vec::new(), country, ..import() }, &expected);
    let expected = [(Code::DocumentNotAboutImport, Stop, "documents")];
    check(Import { documents: note, ..import() }, &expected);
}
