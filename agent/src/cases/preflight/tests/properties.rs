//! What holds for every case.

use super::*;

fn any_document() -> impl Strategy<Value = Document> {
    use clap::ValueEnum as _;
    let kind = prop::sample::select(DocumentKind::value_variants().to_vec());
    let number = prop::option::of("[A-Z0-9]{1,4}".prop_map(|text| line(&text)));
    let holder = prop::option::of(prop::sample::select(vec![PERSON, OTHER_PERSON, BUSINESS]));
    (kind, number, holder, prop::option::of(any::<u32>())).prop_map(
        |(kind, number, holder, devices)| Document {
            number,
            holder: holder.map(|text| text.parse().unwrap()),
            devices,
            ..Document::new(kind)
        },
    )
}

fn any_filing() -> impl Strategy<Value = Filing> {
    let device = prop::collection::vec(0..6_usize, 0..4).prop_map(|imeis| device(&imeis));
    let basis = prop::sample::select(vec![Basis::Accompanied, Basis::Parcel, Basis::Gift]);
    let number = prop::sample::select(vec![PERSON, OTHER_PERSON, BUSINESS]);
    let kind = prop::sample::select(vec![
        ApplicantKind::Individual,
        ApplicantKind::SoleProprietor,
        ApplicantKind::LegalEntity,
        ApplicantKind::ServiceCentre,
    ]);
    let applicant = prop::option::of(
        (kind, number)
            .prop_map(|(kind, number)| Applicant { kind, number: number.parse().unwrap() }),
    );
    let devices = prop::collection::vec(device, 0..5);
    let documents = prop::collection::vec(any_document(), 0..4);
    (applicant, devices, documents, prop::option::of(basis)).prop_map(
        |(applicant, devices, documents, basis)| match basis {
            Some(basis) => Personal { applicant, devices, documents, basis, ..parcel() }.into(),
            None => Import { applicant, devices, documents, ..import() }.into(),
        },
    )
}

/// Without a stop, none of the reasons is left for which the operator refuses.
fn check_filing(filing: &Filing) -> Result<(), TestCaseError> {
    let found = World::default().findings(&open(filing.clone()));
    let json = serde_json::to_value(filing).unwrap();
    let json = json.as_object().unwrap().values().next().unwrap();
    for one in &found {
        prop_assert!(!one.cure.is_empty());
        // What is missing has no place yet, but what it is missing in has.
        let pointer = format!("/{}", one.field.replace(['.', '['], "/").replace(']', ""));
        let (around, _) = pointer.rsplit_once('/').unwrap();
        let is_there = [pointer.as_str(), around].iter().any(|at| json.pointer(at).is_some());
        prop_assert!(is_there, "{}", one.field);
    }
    if found.iter().any(|one| one.severity == Stop) {
        return Ok(());
    }
    let applicant = filing.applicant().map(|applicant| applicant.number);
    prop_assert!(applicant.is_some());
    let mut holders = filing.documents().iter().filter_map(|one| one.holder);
    prop_assert!(holders.all(|holder| Some(holder) == applicant));
    prop_assert!(filing.documents().iter().any(Document::can_be_found));
    let numbers: BTreeSet<_> = filing.imeis().map(|imei| imei.imei14()).collect();
    prop_assert_eq!(numbers.len(), filing.imeis().count());
    prop_assert!(!filing.devices().is_empty());
    Ok(())
}

proptest! {
    #[test]
    fn nothing_that_is_refused_passes(filing in any_filing()) {
        check_filing(&filing)?;
    }

    #[test]
    fn what_is_kept_is_read_back(filing in any_filing()) {
        let case = open(filing);
        let text = serde_json::to_string(&case).unwrap();
        prop_assert_eq!(serde_json::from_str::<Case>(&text).unwrap(), case);
    }

    #[test]
    fn grace_ends_thirty_midnights_after_the_first_day(days in 0..40_000_i32) {
        let first = date(1990, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap();
        let until = rules().grace_until(first).unwrap();
        let sandbox = crate::registry::sandbox::grace_until(at(&format!("{first}T12:00:00+05")));
        prop_assert_eq!(Some(until), sandbox);
    }
}
