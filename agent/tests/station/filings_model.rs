//! Random cases before the registry: what a preflight lets pass is approved, or it warned of the
//! very rule.

use clap::ValueEnum as _;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use tekser::batch::{SignedBatch, StationKey};
use tekser::cases::{
    Applicant, ApplicantKind, Basis, Case, Document, DocumentKind, FiledDevice, Filing, Import,
    Personal, Preflight, PreflightCode,
};
use tekser::check::Freshness;
use tekser::clock::Clock as _;
use tekser::finding::Severity;
use tekser::registry::{Progress, Refusal, Registry as _};
use tekser_imei::Imei;

use crate::support::{REVIEW, Shop, imei};

const PERSON: &str = "850615100017";
const BUSINESS: &str = "940140000385";

fn number() -> impl Strategy<Value = &'static str> {
    prop_oneof![12 => Just(PERSON), 1 => Just(BUSINESS)]
}

/// Often a sound IMEI that is nowhere else, now and then one with a story.
fn number_of_device() -> impl Strategy<Value = Option<Imei>> {
    let told = prop::sample::select(vec![
        "490154203237518",
        "354178036859789",
        "356868000041418",
        "004999010640000",
    ]);
    prop_oneof![24 => Just(None), 1 => told.prop_map(|text| Some(text.parse().unwrap()))]
}

fn document() -> impl Strategy<Value = Document> {
    let kinds = DocumentKind::value_variants().to_vec();
    let kind =
        prop_oneof![3 => Just(DocumentKind::TrackingNumber), 1 => prop::sample::select(kinds)];
    let found = prop::option::weighted(0.95, Just("1".parse().unwrap()));
    let holder = prop::option::weighted(0.8, number());
    let devices = prop::option::weighted(0.2, 0..4_u32);
    (kind, found, holder, devices).prop_map(|(kind, number, holder, devices)| Document {
        number,
        holder: holder.map(|text| text.parse().unwrap()),
        devices,
        ..Document::new(kind)
    })
}

fn filing() -> impl Strategy<Value = Filing> {
    let devices = prop::collection::vec(prop::collection::vec(number_of_device(), 1..3), 0..4);
    let documents = prop::collection::vec(document(), 0..4);
    let kind = prop_oneof![
        12 => Just(ApplicantKind::Individual), 1 => Just(ApplicantKind::LegalEntity)
    ];
    let basis = prop::option::weighted(0.9, prop_oneof![Just(Basis::Parcel), Just(Basis::Gift)]);
    (devices, documents, kind, number(), basis).prop_map(|(devices, documents, kind, by, basis)| {
        let devices = devices.into_iter().map(|imeis| FiledDevice {
            // Told apart later: each of them is given a number of its own.
            imeis: imeis.into_iter().map(|told| told.unwrap_or(imei(0))).collect(),
            ..FiledDevice::default()
        });
        let applicant = Some(Applicant { kind, number: by.parse().unwrap() });
        let (devices, country) = (devices.collect(), Some("CN".parse().unwrap()));
        let reference = "R".parse().unwrap();
        match basis {
            Some(basis) => Filing::Personal(Personal {
                reference,
                applicant,
                basis,
                devices,
                country,
                imported_on: None,
                delivery_service: None,
                documents,
            }),
            None => Filing::Import(Import {
                reference,
                applicant,
                devices,
                country,
                imported_on: None,
                documents,
            }),
        }
    })
}

/// The n-th case: reference, documents and untold IMEIs of its own.
fn distinct(mut filing: Filing, n: usize) -> Filing {
    let (devices, documents, reference) = match &mut filing {
        Filing::Import(one) => (&mut one.devices, &mut one.documents, &mut one.reference),
        Filing::Personal(one) => (&mut one.devices, &mut one.documents, &mut one.reference),
        Filing::Replacement(_) => unreachable!("none is made"),
    };
    *reference = format!("R-{n}").parse().unwrap();
    for (at, document) in documents.iter_mut().enumerate() {
        document.number = document.number.take().map(|_| format!("D{n}-{at}").parse().unwrap());
    }
    let untold = devices.iter_mut().flat_map(|device| &mut device.imeis);
    for (at, number) in untold.filter(|number| **number == imei(0)).enumerate() {
        *number = imei(1 + 16 * n + at);
    }
    filing
}

/// Rules that rest on one source are warnings here, and the registry goes by them all the same.
fn warned(found: &[Preflight], refusal: Refusal) -> bool {
    let code = match refusal {
        Refusal::QuotaExceeded => PreflightCode::QuotaExceeded,
        Refusal::TrackingOver => PreflightCode::TrackingOver,
        _ => return false,
    };
    found.iter().any(|one| one.code == code)
}

#[tokio::test]
async fn what_a_preflight_lets_pass_is_approved_or_was_warned_of() {
    const CASES: usize = 250;
    let shop = Shop::open().await;
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let (mut findings, mut cases): (Vec<Vec<Preflight>>, Vec<Case>) = Default::default();
    for n in 0..CASES {
        let made = distinct(filing().new_tree(&mut runner).unwrap().current(), n);
        let case = shop.station.open_case(made).await.unwrap().case;
        shop.station.check_case(case.id, Freshness::Kept).await.unwrap();
        let found = shop.station.preflight(case.id).await.unwrap();
        findings.push(found);
        cases.push(case);
    }
    let key = StationKey::load_or_create(&shop.station.place.key()).unwrap();
    let batch = SignedBatch::sign(&key, shop.clock.now(), &cases).unwrap();
    let application = shop.station.sandbox.file(&batch).await.unwrap();
    shop.clock.advance(REVIEW);
    let Progress::Decided { decisions } =
        shop.station.sandbox.progress(&application).await.unwrap()
    else {
        panic!("not decided");
    };
    let white: Imei = "490154203237518".parse().unwrap();
    let passed = |found: &[Preflight]| found.iter().all(|one| one.severity != Severity::Stop);
    for ((case, found), decision) in cases.iter().zip(&findings).zip(&decisions) {
        // That a device is verified already, a person decides: it is but warned of.
        if passed(found) && case.filing.imeis().all(|imei| imei != white) {
            let told = decision.refusals.iter().all(|refusal| warned(found, *refusal));
            assert!(told, "{:?} {:?}", case.filing, decision.refusals);
        }
    }
    let approved = decisions.iter().filter(|decision| decision.is_approved()).count();
    assert!(approved > 0);
    let count = findings.iter().filter(|found| passed(found)).count();
    assert!((20..CASES - 20).contains(&count), "{count} of {CASES} passed");
}
