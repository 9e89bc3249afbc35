//! The description of the API says what is so.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;
use tekser::api::document;

fn described() -> Value {
    serde_json::to_value(document()).unwrap()
}

fn operations(document: &Value) -> Vec<(String, Value)> {
    let items = document["paths"].as_object().unwrap().iter();
    items
        .flat_map(|(path, item)| {
            let verbs = item.as_object().unwrap().iter();
            verbs.map(move |(verb, operation)| (format!("{verb} {path}"), operation.clone()))
        })
        .collect()
}

fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(map) => {
            found.extend(map.get("$ref").and_then(Value::as_str));
            map.values().for_each(|inner| references(inner, found));
        }
        Value::Array(all) => all.iter().for_each(|inner| references(inner, found)),
        _ => {}
    }
}

#[test]
fn every_route_is_described() {
    let document = described();
    let found: BTreeSet<_> =
        operations(&document).into_iter().map(|(operation, _)| operation).collect();
    let expected = [
        "get /api/v1/batches",
        "get /api/v1/batches/{batch}",
        "get /api/v1/cases",
        "get /api/v1/cases/{case}",
        "get /api/v1/checks",
        "get /api/v1/counter",
        "get /api/v1/devices",
        "get /api/v1/devices/{device}",
        "get /api/v1/events",
        "get /api/v1/evidence/{sha256}",
        "get /api/v1/handsets",
        "get /api/v1/handsets/{handset}",
        "get /api/v1/portal",
        "get /api/v1/portal/{imei}",
        "get /api/v1/readings",
        "get /api/v1/readings/{reading}",
        "get /api/v1/rules",
        "get /api/v1/scanners",
        "get /api/v1/scanners/{scanner}",
        "get /api/v1/scanners/{scanner}/scans",
        "get /api/v1/scanners/{scanner}/settings",
        "get /api/v1/scans",
        "get /api/v1/sources",
        "get /api/v1/station",
        "get /api/v1/submissions",
        "get /api/v1/submissions/{submission}",
        "get /api/v1/tacs",
        "get /api/v1/tacs/{tac}",
        "post /api/v1/batches",
        "post /api/v1/cases",
        "post /api/v1/checks",
        "post /api/v1/declarations",
        "post /api/v1/devices/{device}/modem",
        "post /api/v1/devices/{device}/read",
        "post /api/v1/devices/{device}/stop",
        "post /api/v1/evidence",
        "post /api/v1/portal/{imei}",
        "post /api/v1/portal/{imei}/withdraw",
        "post /api/v1/scanners/{scanner}/identify",
        "post /api/v1/scanners/{scanner}/next-box",
        "post /api/v1/scanners/{scanner}/note",
        "post /api/v1/scanners/{scanner}/trigger",
        "post /api/v1/scans",
        "post /api/v1/submissions",
        "post /api/v1/tacs",
        "put /api/v1/cases/{case}",
        "put /api/v1/counter",
        "put /api/v1/scanners/{scanner}/settings",
    ];
    assert_eq!(found, expected.map(str::to_owned).into());
}

#[test]
fn every_reference_leads_somewhere() {
    let document = described();
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 30);
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

#[test]
fn every_operation_has_a_name_of_its_own_and_a_summary() {
    let document = described();
    let mut names = BTreeSet::new();
    for (operation, body) in operations(&document) {
        let name = body["operationId"].as_str().unwrap().to_owned();
        assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'), "{name}");
        assert!(names.insert(name), "{operation}");
        assert!(body["summary"].as_str().is_some_and(|text| text.len() > 5), "{operation}");
        assert!(!body["responses"].as_object().unwrap().is_empty(), "{operation}");
    }
    assert!(names.contains("get_cases_by_case"), "{names:?}");
}

#[test]
fn every_write_is_said_to_take_its_key() {
    for (operation, body) in operations(&described()) {
        let parameters = body["parameters"].as_array().cloned().unwrap_or_default();
        let takes = parameters.iter().any(|parameter| parameter["name"] == "Idempotency-Key");
        assert_eq!(takes, operation.starts_with("post "), "{operation}");
    }
}

#[test]
fn the_token_is_said_to_be_needed() {
    let document = described();
    assert_eq!(document["security"], serde_json::json!([{ "token": [] }]));
    assert_eq!(document["components"]["securitySchemes"]["token"]["scheme"], "bearer");
}

/// `TEKSER_OVERWRITE=1` writes the file anew.
#[test]
fn the_description_in_the_repository_is_this_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
    let mut text = serde_json::to_string_pretty(&document()).unwrap();
    text.push('\n');
    if std::env::var_os("TEKSER_OVERWRITE").is_some_and(|value| value == "1") {
        std::fs::write(&path, &text).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    assert!(
        kept == text,
        "agent/openapi.json is out of date: run this test with TEKSER_OVERWRITE=1 and commit it"
    );
}
