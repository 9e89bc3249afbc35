//! Every language has every word.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tekser_hardware::{Note, Role, Source};
use tekser_imei::{ParseError, Suspicion};

use super::SOURCES;
use crate::ui::assets;

type Table = BTreeMap<String, String>;

fn tables() -> Vec<(&'static str, Table)> {
    let read = |text| serde_json::from_str(text).unwrap();
    SOURCES.into_iter().map(|(language, text)| (language.code(), read(text))).collect()
}

/// The values that `tag` can have in a schema of the API.
fn codes(document: &Value, schema: &str, tag: &str) -> BTreeSet<String> {
    fn collect(value: &Value, tag: &str, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(map) => {
                if let Some(property) = map.get("properties").and_then(|all| all.get(tag)) {
                    constants(property, found);
                }
                map.values().for_each(|inner| collect(inner, tag, found));
            }
            Value::Array(all) => all.iter().for_each(|inner| collect(inner, tag, found)),
            _ => {}
        }
    }
    fn constants(property: &Value, found: &mut BTreeSet<String>) {
        let listed = property.get("enum").and_then(Value::as_array).into_iter().flatten();
        let single = property.get("const").into_iter();
        found.extend(listed.chain(single).filter_map(Value::as_str).map(str::to_owned));
    }
    let schema = &document["components"]["schemas"][schema];
    let mut found = BTreeSet::new();
    if tag.is_empty() {
        // Newer descriptions list commented variants one by one.
        constants(schema, &mut found);
        let variants = schema.get("oneOf").and_then(Value::as_array).into_iter().flatten();
        variants.for_each(|variant| constants(variant, &mut found));
    } else {
        collect(schema, tag, &mut found);
    }
    found
}

fn written<T: serde::Serialize>(all: &[T]) -> BTreeSet<String> {
    all.iter().map(|one| serde_json::to_value(one).unwrap().as_str().unwrap().to_owned()).collect()
}

/// All variants of an enum; leaving one out does not compile.
macro_rules! every {
    ($kind:ident: $($variant:ident),+) => {{
        const fn known(one: &$kind) {
            match one {
                $($kind::$variant => {})+
            }
        }
        let all = [$($kind::$variant),+];
        all.iter().for_each(known);
        written(&all)
    }};
}

fn parse_errors() -> BTreeSet<String> {
    let all = [
        ParseError::Empty,
        ParseError::TooShort { digits: 0 },
        ParseError::TooLong { digits: 0 },
        ParseError::NotADigit { at: 0 },
        ParseError::Grouping { at: 0 },
        ParseError::CheckDigit { expected: '0', found: '1' },
        ParseError::Checksum,
        ParseError::OutOfRange,
    ];
    all.iter().map(|error| error.code().to_owned()).collect()
}

/// Every code that the API can send, by the group of keys that words it.
fn groups() -> Vec<(&'static str, BTreeSet<String>, usize)> {
    let api = serde_json::to_value(crate::api::document()).unwrap();
    let preflight = codes(&api, "PreflightCode", "");
    let suspicions: Vec<Suspicion> = Suspicion::ALL.to_vec();
    let notes = every!(
        Note: StandardRefused, UuidInsteadOfImei, PlainAnswerAlternates, AnswerCut, Garbage,
        SecondSlotUnsound, ImeiRefused, ImeiMissing, PropertiesOnly, PropertiesDisagree
    );
    vec![
        ("verdict", codes(&api, "Verdict", "verdict"), 5),
        ("block", codes(&api, "BlockReason", ""), 10),
        ("document", codes(&api, "DocumentKind", ""), 14),
        ("applicant", codes(&api, "ApplicantKind", ""), 4),
        ("basis", codes(&api, "Basis", ""), 3),
        ("claim", codes(&api, "Claim", ""), 5),
        ("undetermined", codes(&api, "Undetermined", ""), 10),
        ("severity", codes(&api, "Severity", ""), 3),
        ("finding", codes(&api, "FindingKind", "code"), 13),
        ("device", codes(&api, "DeviceState", "state"), 7),
        ("failure", codes(&api, "FailureCode", ""), 22),
        ("failure_cure", codes(&api, "FailureCode", ""), 22),
        ("scanner_state", codes(&api, "ScannerState", ""), 3),
        ("scanner_finding", codes(&api, "ScannerFindingCode", ""), 11),
        ("scanner_cure", codes(&api, "ScannerFindingCode", ""), 11),
        ("engine", codes(&api, "EngineView", ""), 5),
        ("scan_problem", codes(&api, "ScanProblem", ""), 4),
        ("scan_verdict", codes(&api, "ScanVerdict", ""), 5),
        ("trouble", codes(&api, "TroubleCode", ""), 7),
        ("case", codes(&api, "CaseState", "state"), 4),
        ("submission", codes(&api, "SubmissionState", "state"), 9),
        ("refusal", codes(&api, "Refusal", ""), 9),
        ("preflight", preflight.clone(), 17),
        ("cure", preflight, 17),
        ("suspicion", written(&suspicions), 12),
        ("note", notes, 10),
        ("source", every!(Source: At, Adb, Usb, Screen, Label), 5),
        ("trust", codes(&api, "Trust", ""), 4),
        ("step", codes(&api, "NextStep", ""), 7),
        ("role", every!(Role: Phone, Files, Bootloader, Apple, Scanner), 5),
        ("parse", parse_errors(), 8),
    ]
}

#[test]
fn all_languages_have_the_same_words_and_none_is_empty() {
    let tables = tables();
    let keys: Vec<&String> = tables[0].1.keys().collect();
    for (code, table) in &tables {
        assert_eq!(table.keys().collect::<Vec<_>>(), keys, "{code}");
        for (key, word) in table {
            assert!(!word.trim().is_empty(), "{code} {key}");
            let holes = |table: &Table| table[key].matches('{').count();
            assert_eq!(holes(table), holes(&tables[0].1), "{code} {key}");
        }
    }
}

#[test]
fn every_code_that_the_api_can_send_has_a_word() {
    let groups = groups();
    for (group, codes, at_least) in &groups {
        assert!(codes.len() >= *at_least, "{group}: {codes:?}");
        for (language, table) in tables() {
            for code in codes {
                let key = format!("{group}.{code}");
                assert!(table.contains_key(&key), "{language} has no word for {key}");
            }
        }
    }
}

#[test]
fn every_word_that_a_script_or_the_page_names_is_there() {
    let (_, table) = &tables()[0];
    let page = include_str!("../../../templates/page.html");
    let from_page = page.split("w.get(\"").skip(1);
    let from_scripts = assets::scripts().flat_map(|(_, text)| {
        text.match_indices("t(\"").filter_map(|(at, call)| {
            let own_name = !text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '.');
            own_name.then(|| &text[at + call.len()..])
        })
    });
    let mut seen = 0;
    for rest in from_page.chain(from_scripts) {
        let key = rest.split('"').next().unwrap();
        assert!(table.contains_key(key), "there is no word for {key}");
        seen += 1;
    }
    assert!(seen > 80, "only {seen} words are used");
}

#[test]
fn refusals_are_worded_as_the_operator_words_them() {
    let tables = tables();
    let (_, russian) = &tables[1];
    for (code, literal) in [
        ("document_not_found", "Документ не найден"),
        (
            "document_not_about_import",
            "Документ не связан с подтверждением ввоза устройства на территорию Казахстана",
        ),
        ("applicant_mismatch", "ИИН/БИН не соответствует"),
        ("imei_not_in_document", "IMEI/устройства не найдены в документе"),
        ("quantity_mismatch", "Количество устройств не соответствует"),
    ] {
        assert_eq!(russian[&format!("refusal.{code}")], literal);
    }
}
