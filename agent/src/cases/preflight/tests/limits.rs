//! Quotas, tracking numbers, days of grace.

use super::*;

/// tandap.kz, section 2: at most two devices of an applicant under one tracking number.
#[test]
fn a_tracking_number_is_for_two_devices() {
    let three = vec![device(&[1]), device(&[3]), device(&[5])];
    let over = (Code::TrackingOver, Warning, "documents[0].number");
    let quota = (Code::QuotaExceeded, Warning, "devices");
    check(Personal { devices: three, ..parcel() }, &[quota, over]);
    let two = vec![device(&[1]), device(&[3])];
    check(Personal { devices: two, ..parcel() }, &[]);
}

/// ATS-Verify, GOALS.md: a tracking number that is marked as used can never be used again.
#[test]
fn a_tracking_number_is_used_once() {
    let approved = CaseState::Approved { batch: BatchId::new() };
    let refused = CaseState::Refused { batch: BatchId::new(), refusals: Vec::new() };
    let mine = || Personal { reference: line("P-2"), devices: vec![device(&[7])], ..parcel() };
    let spelled = || {
        let mut one = mine();
        one.documents[0].number = Some(line("rb 123-456-789 cn"));
        one
    };
    let theirs = || {
        let mut one = mine();
        one.applicant = applicant(ApplicantKind::Individual, OTHER_PERSON);
        one
    };
    let used = |severity| (Code::TrackingUsed, severity, "documents[0].number");
    let table: [(Case, &[_]); 5] = [
        (case(mine(), approved, now()), &[used(Stop)]),
        (case(theirs(), CaseState::Open, now()), &[used(Stop)]),
        (case(mine(), CaseState::Open, now()), &[used(Warning)]),
        (case(spelled(), CaseState::Open, now()), &[used(Warning)]),
        (case(mine(), refused, now()), &[]),
    ];
    for (other, expected) in table {
        World::default().beside(other).check(parcel(), expected);
    }
}

/// tandap.kz, section 5: two devices per calendar year from the Union, two per month from elsewhere.
#[test]
fn a_person_has_two_devices_of_a_period() {
    let exceeded: &[_] = &[(Code::QuotaExceeded, Warning, "devices")];
    for (here, before, opened, devices, expected) in [
        ("CN", "CN", "2026-11-01T00:00:00+05", 2, exceeded),
        ("CN", "CN", "2026-11-01T00:00:00+05", 1, &[]),
        ("CN", "CN", "2026-10-31T23:59:59+05", 2, &[]),
        ("CN", "KG", "2026-11-01T00:00:00+05", 2, &[]),
        ("KG", "KG", "2026-01-01T00:00:00+05", 2, exceeded),
        ("KG", "RU", "2026-01-01T00:00:00+05", 2, exceeded),
        ("KG", "KG", "2025-12-31T23:59:59+05", 2, &[]),
        ("KG", "CN", "2026-11-01T00:00:00+05", 2, &[]),
    ] {
        let devices = (0..devices).map(|n| device(&[10 + n])).collect();
        let country = Some(before.parse().unwrap());
        let documents = vec![document(DocumentKind::TrackingNumber, "LATER", PERSON)];
        let before = Personal { devices, country, documents, ..parcel() };
        let one = Personal { country: Some(here.parse().unwrap()), ..parcel() };
        let state = CaseState::Batched { batch: BatchId::new() };
        World::default()
            .beside(case(before.clone(), state, at(opened)))
            .check(one.clone(), expected);
        let refused = CaseState::Refused { batch: BatchId::new(), refusals: Vec::new() };
        World::default().beside(case(before, refused, at(opened))).check(one, &[]);
    }
}

/// matias-corp.com: 30 calendar days from the date of first connection.
#[test]
fn the_end_of_grace_is_told_before_it_comes() {
    let near: &[_] = &[(Code::DeadlineNear, Warning, "devices[0]")];
    let passed: &[_] = &[(Code::DeadlinePassed, Warning, "devices[0]")];
    for (first, expected) in [
        (date(2026, 11, 10), &[] as &[_]),
        (date(2026, 10, 22), &[]),
        (date(2026, 10, 21), near),
        (date(2026, 10, 12), near),
        (date(2026, 10, 11), passed),
        (date(2025, 1, 1), passed),
        (Date::MIN, passed),
    ] {
        let mut one = parcel();
        one.devices[0].first_connected = Some(first);
        check(one, expected);
    }
    let until = |text| Verdict::Grace { until: at(text) };
    World::default().said(2, until("2026-11-20T12:00:00+05")).check(parcel(), near);
    World::default().said(2, until("2026-11-30T00:00:00+05")).check(parcel(), &[]);
    let expired = Verdict::Blocked { reason: BlockReason::GraceExpired };
    World::default().said(1, expired).check(parcel(), passed);
    let board = [(Code::NotRead, Warning, "handset"), (Code::DeadlineNear, Warning, "new[0]")];
    World::default().said(2, until("2026-11-20T12:00:00+05")).check(replacement(), &board);
}

#[test]
fn a_rule_is_what_the_file_says_and_names_its_source() {
    let text = "format = 1\n[tracking]\ndevices = 9\nseverity = \"info\"\nsource = \"the shop\"\n\
                since = \"2026-11-01\"\n[[quota]]\nfrom = \"elsewhere\"\ndevices = 1\n\
                period = \"calendar_year\"\nseverity = \"stop\"\nsource = \"the shop\"\n\
                since = \"2026-11-01\"";
    let changed = rules().changed(text, std::path::Path::new("rules.toml")).unwrap();
    let world = World { rules: Some(changed), ..World::default() };
    let three = Personal { devices: (0..3).map(|n| device(&[n])).collect(), ..parcel() };
    let found = world.findings(&open(three));
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].code, found[0].severity), (Code::QuotaExceeded, Stop));
    assert_eq!(found[0].source.as_deref(), Some("the shop"));
}

/// The fee is one MCI per device; that of a year is known when the budget law of that year is.
#[test]
fn a_fee_of_a_year_without_index_is_said_to_be_unknown() {
    let text = "format = 1\n[[mci]]\nyear = 2025\ntenge = 3932\nsource = \"the shop\"";
    let without = rules().changed(text, std::path::Path::new("rules.toml")).unwrap();
    let world = World { rules: Some(without), ..World::default() };
    world.check(import(), &[(Code::FeeUnknownYear, Info, "applicant")]);
    // A person pays nothing, in whatever year.
    world.check(parcel(), &[]);
    World::default().check(import(), &[]);
}
