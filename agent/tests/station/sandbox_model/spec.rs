//! Applications that chance writes: mostly sound, with one twist now and then.

use proptest::prelude::*;
use serde_json::{Value, json};
use tekser::cases::Filing;
use tekser::registry::sandbox::Form;
use tekser_imei::Imei;

use crate::support::imei;

pub const PERSONS: [&str; 2] = ["850615100017", "850615200013"];
pub const BUSINESS: &str = "940140000385";
/// The default number of a damaged phone: of a test range, no maker assigned it.
pub const TEST: &str = "004999010640000";

/// IMEIs of each phone, by the numbers that [`imei`] takes.
pub const PHONES: [&[usize]; 11] = [
    &[0],
    &[1, 2],
    &[3, 4],
    &[5, 6, 7],
    &[8, 9, 10, 11],
    &[12, 13],
    &[14],
    &[15],
    &[16],
    &[17],
    &[18, 19],
];

/// How many numbers there are in all.
pub const NUMBERS: usize = 20;

/// A document.
#[derive(Debug, Clone)]
pub struct Paper {
    pub kind: &'static str,
    pub number: Option<String>,
    pub holder: Option<&'static str>,
    pub devices: Option<u32>,
}

/// An application. What is typed wrong is `None`.
#[derive(Debug, Clone)]
pub struct Spec {
    pub kind: &'static str,
    pub by: (&'static str, &'static str),
    pub devices: Vec<Vec<Option<Imei>>>,
    pub replaced: Vec<Option<Imei>>,
    pub verified: Option<Imei>,
    pub basis: &'static str,
    pub country: Option<&'static str>,
    pub papers: Vec<Paper>,
}

fn text(imei: &Option<Imei>) -> String {
    imei.map_or("49015420323751".repeat(2), |imei| imei.as_str().to_owned())
}

fn texts(imeis: &[Option<Imei>]) -> Vec<String> {
    imeis.iter().map(text).collect()
}

impl Spec {
    fn documents(&self) -> Value {
        let document = |paper: &Paper| {
            let mut document = json!({ "kind": paper.kind });
            for (field, value) in [
                ("number", paper.number.clone().map(Value::from)),
                ("holder", paper.holder.map(Value::from)),
                ("devices", paper.devices.map(Value::from)),
            ] {
                if let Some(value) = value {
                    document[field] = value;
                }
            }
            document
        };
        self.papers.iter().map(document).collect()
    }

    /// As a form.
    pub fn form(&self, reference: usize) -> Form {
        let devices: Vec<_> =
            self.devices.iter().map(|device| json!({ "imeis": texts(device) })).collect();
        let mut form = json!({
            "reference": format!("R-{reference}"),
            "kind": self.kind,
            "applicant": { "kind": self.by.0, "number": self.by.1 },
            "devices": devices,
            "documents": self.documents(),
        });
        if let Some(country) = self.country {
            form["country"] = country.into();
        }
        match self.kind {
            "personal" => form["basis"] = self.basis.into(),
            "replacement" => form["replaced"] = texts(&self.replaced).into(),
            "simplified" => form["verified"] = text(&self.verified).into(),
            _ => {}
        }
        serde_json::from_value(form).unwrap()
    }

    /// As a case of a station, if a station can keep it.
    pub fn filing(&self, reference: usize) -> Option<Filing> {
        let all = self.devices.iter().flatten().chain(&self.replaced);
        if self.kind == "simplified" || all.into_iter().any(Option::is_none) {
            return None;
        }
        let applicant = json!({ "kind": self.by.0, "number": self.by.1 });
        let body = if self.kind == "replacement" {
            json!({
                "work_order": format!("W-{reference}"), "applicant": applicant,
                "old": texts(&self.replaced), "new": texts(&self.devices[0]),
                "documents": self.documents(),
            })
        } else {
            let devices: Vec<_> =
                self.devices.iter().map(|device| json!({ "imeis": texts(device) })).collect();
            let mut body = json!({
                "reference": format!("R-{reference}"), "applicant": applicant,
                "devices": devices, "documents": self.documents(),
            });
            if let Some(country) = self.country {
                body["country"] = country.into();
            }
            if self.kind == "personal" {
                body["basis"] = self.basis.into();
            }
            body
        };
        Some(serde_json::from_value(json!({ self.kind: body })).unwrap())
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone)]
enum Twist {
    Nothing,
    OneImeiLess,
    OneImeiMore(usize),
    Typo,
    TestNumber,
    OtherHolder,
    NoPapers,
    Receipt,
    NoNumber,
    Counted(u32),
    By(&'static str, &'static str),
}

fn twist() -> impl Strategy<Value = Twist> {
    let kinds = prop::sample::select(vec![
        "individual",
        "sole_proprietor",
        "legal_entity",
        "service_centre",
    ]);
    let numbers = prop::sample::select(vec![PERSONS[0], PERSONS[1], BUSINESS]);
    prop_oneof![
        14 => Just(Twist::Nothing),
        1 => Just(Twist::OneImeiLess),
        1 => (0..NUMBERS).prop_map(Twist::OneImeiMore),
        1 => Just(Twist::Typo),
        1 => Just(Twist::TestNumber),
        1 => Just(Twist::OtherHolder),
        1 => Just(Twist::NoPapers),
        1 => Just(Twist::Receipt),
        1 => Just(Twist::NoNumber),
        1 => (0..4_u32).prop_map(Twist::Counted),
        2 => (kinds, numbers).prop_map(|(kind, number)| Twist::By(kind, number)),
    ]
}

/// An application.
pub fn spec() -> impl Strategy<Value = Spec> {
    let kind = prop_oneof![
        5 => Just("personal"), 3 => Just("import"), 2 => Just("replacement"), 3 => Just("simplified")
    ];
    let phones = prop_oneof![
        3 => prop::collection::vec(0..PHONES.len(), 1..2),
        2 => prop::collection::vec(0..PHONES.len(), 2..4),
    ];
    let basis = prop::sample::select(vec!["parcel", "accompanied"]);
    let country = prop::sample::select(vec![None, Some("CN"), Some("KG"), Some("RU")]);
    let details = (0..2_usize, any::<bool>(), 0..5_u8, 0..NUMBERS);
    (kind, phones, basis, country, details, twist()).prop_map(
        |(kind, phones, basis, country, (person, sole, paper, other), twist)| {
            let by = match kind {
                "import" if sole => ("sole_proprietor", PERSONS[person]),
                "import" => ("legal_entity", BUSINESS),
                "replacement" => ("service_centre", BUSINESS),
                _ => ("individual", PERSONS[person]),
            };
            let proof = match (kind, basis) {
                ("personal", "parcel") => "tracking_number",
                ("personal", _) => "border_crossing",
                _ => "customs_declaration",
            };
            let papers = vec![Paper {
                kind: proof,
                number: Some(format!("D{paper}")),
                holder: Some(by.1),
                devices: None,
            }];
            let whole = |phone: &usize| PHONES[*phone].iter().map(|n| Some(imei(*n))).collect();
            let mut devices: Vec<Vec<_>> = phones.iter().map(whole).collect();
            if kind == "simplified" || kind == "replacement" {
                devices.truncate(1);
            }
            let (mut verified, mut replaced) = (None, Vec::new());
            if kind == "simplified" {
                verified = devices[0][0];
                if devices[0].len() > 1 {
                    devices[0].remove(0);
                }
            } else if kind == "replacement" {
                replaced = vec![Some(imei(other))];
            }
            let made = Spec { kind, by, devices, replaced, verified, basis, country, papers };
            twisted(made, twist)
        },
    )
}

fn twisted(mut spec: Spec, twist: Twist) -> Spec {
    match twist {
        Twist::Nothing => {}
        Twist::OneImeiLess => drop(spec.devices[0].pop()),
        Twist::OneImeiMore(n) => spec.devices[0].push(Some(imei(n))),
        Twist::Typo => spec.devices[0][0] = None,
        Twist::TestNumber => spec.devices[0][0] = Some(TEST.parse().unwrap()),
        Twist::OtherHolder => spec.papers[0].holder = Some(PERSONS[1]),
        Twist::NoPapers => spec.papers.clear(),
        Twist::Receipt => spec.papers[0].kind = "receipt",
        Twist::NoNumber => spec.papers[0].number = None,
        Twist::Counted(devices) => spec.papers[0].devices = Some(devices),
        Twist::By(kind, number) => spec.by = (kind, number),
    }
    spec
}
