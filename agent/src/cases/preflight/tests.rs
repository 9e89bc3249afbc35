//! Every rule on a table, its source beside it.

mod declaration;
mod devices;
mod limits;
mod papers;
mod properties;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::{Date, date};
use proptest::prelude::*;
use tekser_imei::{Imei, Imei14, Tac};

use super::{Known, Preflight, PreflightCode as Code, preflight};
use crate::bench::Handset;
use crate::cases::{
    Applicant, ApplicantKind, Basis, Case, CaseState, CustomsDocument, Document, DocumentKind,
    FileDigest, FiledDevice, Filing, Import, Line, Part, Personal, Replacement,
};
use crate::declaration::Searched;
use crate::finding::Severity;
use crate::id::{BatchId, CaseId};
use crate::rules::{Rules, SHIPPED};
use crate::ruling::{BlockReason, Undetermined, Verdict};
use crate::tacs::TacEntry;

const PERSON: &str = "850615100017";
const OTHER_PERSON: &str = "850615200013";
const BUSINESS: &str = "940140000385";
/// Sole proprietors who trade jointly.
const JOINT: &str = "940160000007";

fn rules() -> Rules {
    Rules::parse(SHIPPED, std::path::Path::new("rules.toml")).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn now() -> Timestamp {
    at("2026-11-10T12:00:00+05")
}

fn line(text: &str) -> Line {
    Line::parse(text).unwrap()
}

fn imei(n: usize) -> Imei {
    let digits = format!("35917301{:06}", 171_717 + n * 13);
    Imei14::parse(digits.as_bytes()).unwrap().with_check_digit()
}

fn applicant(kind: ApplicantKind, number: &str) -> Option<Applicant> {
    Some(Applicant { kind, number: number.parse().unwrap() })
}

fn device(imeis: &[usize]) -> FiledDevice {
    FiledDevice {
        imeis: imeis.iter().map(|n| imei(*n)).collect(),
        maker: Some(line("Samsung")),
        model: Some(line("Galaxy A54")),
        ..FiledDevice::default()
    }
}

fn document(kind: DocumentKind, number: &str, holder: &str) -> Document {
    let (number, holder) = (Some(line(number)), Some(holder.parse().unwrap()));
    Document { number, holder, ..Document::new(kind) }
}

/// A parcel that nothing speaks against.
fn parcel() -> Personal {
    Personal {
        reference: line("P-1"),
        applicant: applicant(ApplicantKind::Individual, PERSON),
        basis: Basis::Parcel,
        devices: vec![device(&[1, 2])],
        country: Some("CN".parse().unwrap()),
        imported_on: Some(date(2026, 11, 2)),
        delivery_service: Some(line("Kazpost")),
        documents: vec![document(DocumentKind::TrackingNumber, "RB123456789CN", PERSON)],
    }
}

/// An import that nothing speaks against.
fn import() -> Import {
    let declaration = document(DocumentKind::CustomsDeclaration, "55301/120326/0004567", BUSINESS);
    Import {
        reference: line("IM-1"),
        applicant: applicant(ApplicantKind::LegalEntity, BUSINESS),
        devices: vec![device(&[1, 2]), device(&[3, 4])],
        country: Some("CN".parse().unwrap()),
        imported_on: Some(date(2026, 3, 12)),
        documents: vec![Document { devices: Some(2), ..declaration }],
    }
}

fn replacement() -> Replacement {
    Replacement {
        work_order: "WO-1".to_owned(),
        handset: None,
        old: vec![imei(1)],
        new: vec![imei(2)],
        part: Part::default(),
        customs: Some(CustomsDocument { number: "1".to_owned(), date: date(2026, 3, 12) }),
        technician: None,
        applicant: None,
        documents: Vec::new(),
    }
}

fn case(filing: impl Into<Filing>, state: CaseState, opened_at: Timestamp) -> Case {
    Case { id: CaseId::new(), opened_at, state, filing: filing.into() }
}

fn open(filing: impl Into<Filing>) -> Case {
    case(filing, CaseState::Open, now())
}

/// What is known in a test: nothing but what it says.
#[derive(Default)]
struct World {
    on_file: BTreeMap<Imei14, Vec<Handset>>,
    tacs: BTreeMap<Tac, Vec<TacEntry>>,
    verdicts: BTreeMap<Imei14, Verdict>,
    others: Vec<Case>,
    replaced_away: BTreeSet<Imei14>,
    searched: BTreeMap<FileDigest, Searched>,
    rules: Option<Rules>,
}

impl World {
    fn said(mut self, n: usize, verdict: Verdict) -> Self {
        self.verdicts.insert(imei(n).imei14(), verdict);
        self
    }

    fn beside(mut self, other: Case) -> Self {
        self.others.push(other);
        self
    }

    /// Findings about a case; whatever was not said of is unknown to the registry.
    fn findings(&self, case: &Case) -> Vec<Preflight> {
        let mut verdicts: BTreeMap<_, _> =
            case.filing.imeis().map(|imei| (imei.imei14(), Verdict::Unknown)).collect();
        verdicts.extend(&self.verdicts);
        let rules = self.rules.clone().unwrap_or_else(rules);
        let known = Known {
            handsets: &BTreeMap::new(),
            on_file: &self.on_file,
            tacs: &self.tacs,
            verdicts: &verdicts,
            others: &self.others,
            replaced_away: &self.replaced_away,
            searched: &self.searched,
            rules: &rules,
            now: now(),
        };
        preflight(case, &known)
    }

    #[track_caller]
    fn check(&self, filing: impl Into<Filing>, expected: &[(Code, Severity, &str)]) {
        let found = self.findings(&open(filing));
        let found: Vec<_> =
            found.iter().map(|one| (one.code, one.severity, one.field.as_str())).collect();
        assert_eq!(found, expected);
    }
}

#[track_caller]
fn check(filing: impl Into<Filing>, expected: &[(Code, Severity, &str)]) {
    World::default().check(filing, expected);
}

use Severity::{Info, Stop, Warning};

fn declaration() -> Vec<Document> {
    vec![document(DocumentKind::CustomsDeclaration, "55301/120326/0004567", BUSINESS)]
}
