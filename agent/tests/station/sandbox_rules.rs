//! Each rule of the regime by itself, with who says so.

use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::{Value, json};
use tekser::check::{BlockReason, Verdict};
use tekser::clock::ManualClock;
use tekser::registry::sandbox::{Declaration, Filter, Form, Listing, ReviewTime, Sandbox};
use tekser::registry::{Progress, Refusal};
use tekser_imei::Imei;
use tempfile::TempDir;

use crate::support::imei;

const PERSON: &str = "850615100017";
const OTHER: &str = "850615200013";
const BUSINESS: &str = "940140000385";

struct Far {
    sandbox: Sandbox,
    clock: Arc<ManualClock>,
    _directory: TempDir,
}

impl Far {
    async fn at(start: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock = ManualClock::new(start.parse().unwrap());
        let path = directory.path().join("sandbox.db");
        let review = ReviewTime::BusinessDays(1);
        let sandbox = Sandbox::open(&path, clock.clone(), review).await.unwrap();
        Self { sandbox, clock, _directory: directory }
    }

    async fn open() -> Self {
        Self::at("2026-11-02T09:00:00+05").await
    }

    /// Files a form and waits for its answer.
    async fn refusals(&self, form: Value) -> Vec<Refusal> {
        self.file(form).await;
        self.days(7);
        self.latest().await
    }

    async fn file(&self, form: Value) {
        let form: Form = serde_json::from_value(form).unwrap();
        form.check().unwrap();
        self.sandbox.apply(&form).await.unwrap();
    }

    async fn latest(&self) -> Vec<Refusal> {
        let mut filed = self.sandbox.filed(&Filter::default(), 1_000).await.unwrap();
        match filed.pop().unwrap().progress {
            Progress::Decided { decisions } => {
                assert_eq!(decisions.len(), 1);
                decisions.into_iter().flat_map(|one| one.refusals).collect()
            }
            other => panic!("{other:?}"),
        }
    }

    fn days(&self, days: i64) {
        self.clock.advance(SignedDuration::from_hours(24 * days));
    }

    async fn verdict(&self, imei: Imei) -> Verdict {
        self.sandbox.truth(imei).await.unwrap().verdict
    }

    async fn paid(&self) -> Vec<(i16, u64)> {
        let rows = self.sandbox.ledger(None, 0, 1_000).await.unwrap();
        rows.iter().map(|row| (row.mci_year, row.tenge)).collect()
    }
}

fn devices(all: &[&[usize]]) -> Value {
    let device = |numbers: &&[usize]| {
        let imeis: Vec<_> = numbers.iter().map(|n| imei(*n).to_string()).collect();
        json!({ "imeis": imeis })
    };
    all.iter().map(device).collect()
}

fn parcel(person: &str, track: &str, all: &[&[usize]]) -> Value {
    json!({
        "reference": "P-1", "kind": "personal", "basis": "parcel", "country": "CN",
        "applicant": { "kind": "individual", "number": person },
        "devices": devices(all),
        "documents": [{ "kind": "tracking_number", "number": track, "holder": person }],
    })
}

fn luggage(country: &str, all: &[&[usize]]) -> Value {
    json!({
        "reference": "P-2", "kind": "personal", "basis": "accompanied", "country": country,
        "applicant": { "kind": "individual", "number": PERSON },
        "devices": devices(all),
        "documents": [{ "kind": "border_crossing", "number": "1", "holder": PERSON }],
    })
}

fn import(all: &[&[usize]]) -> Value {
    json!({
        "reference": "IM-1", "kind": "import", "country": "CN",
        "applicant": { "kind": "legal_entity", "number": BUSINESS },
        "devices": devices(all),
        "documents": [{ "kind": "customs_declaration", "number": "55301/120326/0004567",
                        "holder": BUSINESS }],
    })
}

fn replacement(old: &[usize], new: &[usize]) -> Value {
    json!({
        "reference": "W-1", "kind": "replacement",
        "applicant": { "kind": "service_centre", "number": BUSINESS },
        "devices": devices(&[new]),
        "replaced": old.iter().map(|n| imei(*n).to_string()).collect::<Vec<_>>(),
        "documents": [{ "kind": "customs_declaration", "number": "2" }],
    })
}

fn simplified(verified: usize, second: usize) -> Value {
    json!({
        "reference": "S-1", "kind": "simplified",
        "applicant": { "kind": "individual", "number": PERSON },
        "devices": devices(&[&[second]]),
        "verified": imei(verified).to_string(),
    })
}

fn with(mut form: Value, at: &str, value: Value) -> Value {
    *form.pointer_mut(at).unwrap() = value;
    form
}

/// "30 calendar days from the date of first connection", then black (matias-corp.com).
#[tokio::test]
async fn an_imei_is_grey_for_thirty_days_from_its_first_connection_and_then_black() {
    let far = Far::open().await;
    assert_eq!(far.verdict(imei(1)).await, Verdict::Unknown);
    let until = "2026-12-02T00:00:00+05".parse().unwrap();
    assert_eq!(far.sandbox.connect(imei(1)).await.unwrap(), Verdict::Grace { until });
    far.days(20);
    assert_eq!(far.sandbox.connect(imei(1)).await.unwrap(), Verdict::Grace { until });
    far.days(10);
    let reason = BlockReason::GraceExpired;
    assert_eq!(far.verdict(imei(1)).await, Verdict::Blocked { reason });
}

/// "A black IMEI can be unblocked by verification with documents" (kt.kz, 12 October 2025).
#[tokio::test]
async fn an_imei_whose_days_are_over_is_verified_all_the_same() {
    let far = Far::open().await;
    far.sandbox.connect(imei(1)).await.unwrap();
    far.days(40);
    assert_eq!(far.refusals(luggage("CN", &[&[1]])).await, []);
    assert_eq!(far.verdict(imei(1)).await, Verdict::Clear);
}

/// Black: no IMEI that a maker assigned (politico.kz, 17 August 2024).
#[tokio::test]
async fn an_imei_that_no_maker_assigned_is_blocked_when_a_network_sees_it() {
    let far = Far::open().await;
    let damaged = "004999010640000".parse().unwrap();
    let reason = BlockReason::Altered;
    assert_eq!(far.sandbox.connect(damaged).await.unwrap(), Verdict::Blocked { reason });
}

/// Blocking is per IMEI; the second one waits for a simplified application (kt.kz).
#[tokio::test]
async fn the_second_imei_of_a_verified_device_is_confirmed_by_a_simplified_application() {
    let far = Far::open().await;
    assert_eq!(far.refusals(luggage("CN", &[&[1]])).await, []);
    far.sandbox.make_known(&[imei(1), imei(2)]).await.unwrap();
    far.sandbox.connect(imei(2)).await.unwrap();
    assert!(far.sandbox.awaits_confirmation(imei(2)).await.unwrap());
    assert_eq!(far.verdict(imei(1)).await, Verdict::Clear);
    assert_eq!(far.refusals(simplified(1, 2)).await, []);
    assert_eq!(far.verdict(imei(2)).await, Verdict::Clear);
    assert!(!far.sandbox.awaits_confirmation(imei(2)).await.unwrap());
}

#[tokio::test]
async fn a_simplified_application_is_for_the_same_verified_device_only() {
    let far = Far::open().await;
    far.sandbox.make_known(&[imei(1), imei(2)]).await.unwrap();
    assert_eq!(far.refusals(simplified(1, 2)).await, [Refusal::DeviceNotVerified]);
    far.sandbox.relist(imei(1).imei14(), Listing::White).await.unwrap();
    assert_eq!(far.refusals(simplified(1, 3)).await, [Refusal::ImeiNotOfDevice]);
    assert_eq!(far.refusals(simplified(1, 2)).await, []);
    assert_eq!(far.refusals(simplified(1, 2)).await, [Refusal::ImeiTaken]);
}

/// "Not all IMEIs of a multi-SIM device given" (matias-corp.com); a device has two to four (kt.kz).
#[tokio::test]
async fn a_device_is_verified_with_all_its_imeis() {
    let far = Far::open().await;
    far.sandbox.make_known(&[imei(1), imei(2), imei(3)]).await.unwrap();
    assert_eq!(far.refusals(import(&[&[1, 2]])).await, [Refusal::ImeiMissing]);
    assert_eq!(far.refusals(import(&[&[1, 2, 3, 4]])).await, [Refusal::QuantityMismatch]);
    assert_eq!(far.refusals(import(&[&[5, 6, 7, 8, 9]])).await, [Refusal::QuantityMismatch]);
    assert_eq!(far.refusals(import(&[&[1, 2, 3]])).await, []);
}

#[tokio::test]
async fn a_maker_puts_an_imei_in_one_device_only() {
    let far = Far::open().await;
    let known = async |numbers: &[usize]| {
        let imeis: Vec<_> = numbers.iter().map(|n| imei(*n)).collect();
        far.sandbox.make_known(&imeis).await.is_ok()
    };
    assert!(known(&[1, 2]).await && known(&[2, 1]).await && known(&[1, 2, 3]).await);
    for numbers in [&[1, 4][..], &[5], &[5, 5], &[5, 6, 7, 8, 9], &[]] {
        assert!(!known(numbers).await, "{numbers:?}");
    }
}

/// The portal asks for the kind of applicant first (matias-corp.com): a person, a business that
/// imports or sells, a service centre that replaced a board.
#[tokio::test]
async fn who_may_file_what() {
    let table = [
        ("individual", PERSON, [true, false, false, true]),
        ("sole_proprietor", PERSON, [false, true, false, true]),
        ("legal_entity", BUSINESS, [false, true, false, true]),
        ("service_centre", BUSINESS, [false, false, true, true]),
    ];
    for (kind, number, may) in table {
        let far = Far::open().await;
        far.sandbox.make_known(&[imei(7), imei(8)]).await.unwrap();
        far.sandbox.relist(imei(7).imei14(), Listing::White).await.unwrap();
        let forms =
            [luggage("CN", &[&[1]]), import(&[&[2]]), replacement(&[3], &[4]), simplified(7, 8)];
        for (form, may) in forms.into_iter().zip(may) {
            let mut form = with(form, "/applicant", json!({ "kind": kind, "number": number }));
            if let Some(holder) = form.pointer_mut("/documents/0/holder") {
                *holder = number.into();
            }
            let refusals = far.refusals(form.clone()).await;
            let expected = if may { vec![] } else { vec![Refusal::ApplicantNotEntitled] };
            assert_eq!(refusals, expected, "{kind}: {form}");
        }
    }
}

/// Two devices per calendar year from the Union, two per month from elsewhere (tandap.kz).
#[tokio::test]
async fn a_person_verifies_two_devices_a_month_from_elsewhere() {
    let far = Far::at("2026-11-10T09:00:00+05").await;
    assert_eq!(far.refusals(luggage("CN", &[&[1], &[2], &[3]])).await, [Refusal::QuotaExceeded]);
    assert_eq!(far.refusals(luggage("CN", &[&[1], &[2]])).await, []);
    assert_eq!(far.refusals(luggage("DE", &[&[3]])).await, [Refusal::QuotaExceeded]);
    // Another month; and the Union is counted by itself.
    assert_eq!(far.refusals(luggage("DE", &[&[3]])).await, []);
    assert_eq!(far.refusals(luggage("KG", &[&[4]])).await, []);
}

#[tokio::test]
async fn a_person_verifies_two_devices_a_year_from_the_union() {
    let far = Far::at("2026-02-02T09:00:00+05").await;
    assert_eq!(far.refusals(luggage("KG", &[&[1]])).await, []);
    far.days(60);
    assert_eq!(far.refusals(luggage("RU", &[&[2]])).await, []);
    far.days(60);
    assert_eq!(far.refusals(luggage("AM", &[&[3]])).await, [Refusal::QuotaExceeded]);
    far.days(365);
    assert_eq!(far.refusals(luggage("AM", &[&[3]])).await, []);
}

/// A track that was accepted is marked as used (ATS-Verify); two devices each (tandap.kz).
#[tokio::test]
async fn a_tracking_number_serves_once_and_for_two_devices() {
    let far = Far::open().await;
    let three = parcel(PERSON, "RB 1 CN", &[&[1], &[2], &[3]]);
    let refusals = far.refusals(three).await;
    assert_eq!(refusals, [Refusal::QuotaExceeded, Refusal::TrackingOver]);
    assert_eq!(far.refusals(parcel(PERSON, "RB 1 CN", &[&[1], &[2]])).await, []);
    assert_eq!(far.refusals(parcel(OTHER, "rb-1-cn", &[&[3]])).await, [Refusal::TrackingUsed]);
    assert_eq!(far.refusals(parcel(OTHER, "RB 2 CN", &[&[3]])).await, []);
}

/// The operator's literal reasons (ATS-Verify, TicketsPage.tsx), each by what provokes it.
#[tokio::test]
async fn the_five_literal_reasons() {
    let far = Far::open().await;
    let customs = async |body: Value| {
        let declaration: Declaration = serde_json::from_value(body).unwrap();
        far.sandbox.declare(&declaration).await.unwrap();
    };
    let named = |number: &str| with(import(&[&[1, 2]]), "/documents/0/number", json!(number));

    assert_eq!(
        far.refusals(with(import(&[&[1, 2]]), "/documents", json!([]))).await,
        [Refusal::DocumentNotFound]
    );
    customs(json!({ "kind": "customs_declaration", "number": "A-1", "found": false })).await;
    assert_eq!(far.refusals(named("a 1")).await, [Refusal::DocumentNotFound]);

    // Receipts, warranty cards, photos (matias-corp.com).
    for kind in ["receipt", "warranty_card", "photo", "invoice"] {
        let form = with(import(&[&[1, 2]]), "/documents/0/kind", json!(kind));
        assert_eq!(far.refusals(form).await, [Refusal::DocumentNotAboutImport], "{kind}");
    }

    let form = with(import(&[&[1, 2]]), "/documents/0/holder", json!(PERSON));
    assert_eq!(far.refusals(form).await, [Refusal::ApplicantMismatch]);
    // Customs knows whose it is, whatever the applicant says.
    customs(json!({ "kind": "customs_declaration", "number": "B", "holder": PERSON })).await;
    assert_eq!(far.refusals(named("B")).await, [Refusal::ApplicantMismatch]);

    customs(json!({ "kind": "customs_declaration", "number": "C", "imeis": [imei(1)] })).await;
    assert_eq!(far.refusals(named("C")).await, [Refusal::ImeiNotInDocument]);

    customs(json!({ "kind": "customs_declaration", "number": "D", "devices": 2 })).await;
    assert_eq!(far.refusals(named("D")).await, [Refusal::QuantityMismatch]);

    let sound = json!({ "kind": "customs_declaration", "number": "E", "holder": BUSINESS,
                        "devices": 1, "imeis": [imei(1), imei(2)] });
    customs(sound).await;
    assert_eq!(far.refusals(named("E")).await, []);
}

/// "Typos / wrong IMEI length" (matias-corp.com).
#[tokio::test]
async fn an_imei_typed_wrong_is_refused_and_not_corrected() {
    let far = Far::open().await;
    for text in ["49015420323751", "490154203237519", "4901542032375180", "hello", ""] {
        let form = with(import(&[&[1]]), "/devices/0/imeis/0", json!(text));
        assert_eq!(far.refusals(form).await, [Refusal::ImeiUnsound], "{text}");
    }
}

/// One MCI per device since 25 May 2025 (ng.kz 57052; kaz.inform.kz 183fd3), 3,932 in 2025 and
/// 4,325 in 2026 (mgorod.kz); persons and service centres pay nothing.
#[tokio::test]
async fn a_business_pays_the_index_of_the_year_for_each_device_once() {
    let far = Far::at("2025-12-30T09:00:00+05").await;
    let refused = with(import(&[&[1, 2], &[3]]), "/documents", json!([]));
    far.file(refused).await;
    assert_eq!(far.paid().await, [(2025, 3_932), (2025, 3_932)]);
    far.days(7);
    assert_eq!(far.latest().await, [Refusal::DocumentNotFound]);
    // Mended, with a third device, in the next year; then sent once more.
    let mended = import(&[&[1, 2], &[3], &[4]]);
    far.file(mended.clone()).await;
    far.file(mended).await;
    far.file(luggage("CN", &[&[5]])).await;
    far.file(replacement(&[6], &[7])).await;
    let paid = [(2025, 3_932), (2025, 3_932), (2026, 4_325)];
    assert_eq!(far.paid().await, paid);
    assert_eq!(far.sandbox.paid(Some(BUSINESS.parse().unwrap())).await.unwrap(), 12_189);
    assert_eq!(far.sandbox.paid(Some(PERSON.parse().unwrap())).await.unwrap(), 0);
}

#[tokio::test]
async fn whoever_files_the_device_of_another_pays_and_is_refused() {
    let far = Far::open().await;
    assert_eq!(far.refusals(import(&[&[1]])).await, []);
    let by = json!({ "kind": "sole_proprietor", "number": PERSON });
    let form = with(import(&[&[1]]), "/applicant", by);
    let form = with(form, "/documents/0/holder", json!(PERSON));
    assert_eq!(far.refusals(form).await, [Refusal::ImeiTaken]);
    assert_eq!(far.paid().await.len(), 2);
}

/// One to five business days (tandap.kz).
#[tokio::test]
async fn a_review_takes_business_days_and_decides_by_what_was_true_at_its_end() {
    // A Friday.
    let far = Far::at("2026-11-06T09:00:00+05").await;
    far.file(luggage("CN", &[&[1]])).await;
    far.clock.advance(SignedDuration::from_hours(24 * 3 + 8));
    let filed = far.sandbox.filed(&Filter::default(), 1).await.unwrap();
    assert_eq!(filed[0].progress, Progress::InReview);
    assert_eq!(far.verdict(imei(1)).await, Verdict::Unknown);
    far.clock.advance(SignedDuration::from_hours(1));
    // Nobody asked how far it is: the list tells by itself.
    assert_eq!(far.verdict(imei(1)).await, Verdict::Clear);
    // Stolen later: that does not undo the decision.
    let stolen = Listing::Black(BlockReason::BlockListed);
    far.sandbox.relist(imei(1).imei14(), stolen).await.unwrap();
    assert_eq!(far.latest().await, []);
}

#[tokio::test]
async fn a_blocked_board_that_is_replaced_away_stays_blocked_for_its_reason() {
    let far = Far::open().await;
    let listed = BlockReason::BlockListed;
    far.sandbox.relist(imei(1).imei14(), Listing::Black(listed)).await.unwrap();
    assert_eq!(far.refusals(replacement(&[1], &[2])).await, []);
    assert_eq!(far.verdict(imei(1)).await, Verdict::Blocked { reason: listed });
    assert_eq!(
        far.refusals(replacement(&[2], &[2])).await.first(),
        Some(&Refusal::QuantityMismatch)
    );
}

#[tokio::test]
async fn stale_reads_answer_what_was_true_and_decide_nothing() {
    let far = Far::open().await;
    far.sandbox.freeze_reads(SignedDuration::from_hours(24 * 10)).await.unwrap();
    far.file(luggage("CN", &[&[1]])).await;
    far.days(9);
    let read = async || far.sandbox.answers(&[imei(1)]).await.unwrap()[0].verdict;
    assert_eq!(read().await, Verdict::Unknown);
    assert_eq!(far.verdict(imei(1)).await, Verdict::Clear);
    assert_eq!(far.latest().await, []);
    far.days(1);
    assert_eq!(read().await, Verdict::Clear);
}

#[tokio::test]
async fn after_a_reset_it_is_as_new() {
    let far = Far::open().await;
    far.file(import(&[&[1, 2]])).await;
    far.sandbox
        .relist("490154203237518".parse::<Imei>().unwrap().imei14(), Listing::Grey)
        .await
        .unwrap();
    far.sandbox.faults().failing.store(9, std::sync::atomic::Ordering::Relaxed);
    far.sandbox.reset().await.unwrap();
    assert_eq!(far.sandbox.filed(&Filter::default(), 9).await.unwrap(), []);
    assert_eq!(far.paid().await, []);
    assert_eq!(far.verdict("490154203237518".parse().unwrap()).await, Verdict::Clear);
    assert_eq!(far.sandbox.faults().meet().await, None);
    assert_eq!(far.refusals(import(&[&[1, 2]])).await, []);
    let filed = far.sandbox.filed(&Filter::default(), 9).await.unwrap();
    assert_eq!(filed[0].number.as_str(), "SB-000001");
}
