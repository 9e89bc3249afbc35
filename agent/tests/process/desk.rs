//! The replaced-module job without a browser.

use std::path::Path;

use serde_json::Value;
use tempfile::tempdir;

use crate::program::{run, tekser};

#[track_caller]
fn json(data: &Path, arguments: &[&str], code: i32) -> Value {
    let ran = run(tekser(data).arg("--json").args(arguments));
    assert_eq!(ran.code, Some(code), "{arguments:?}: {ran:?}");
    ran.json()
}

const CUSTOMS: [&str; 4] =
    ["--customs-number", "55301/120326/0004567", "--customs-date", "2026-03-12"];

fn open(data: &Path, work_order: &str, old: &str, new: &str) -> String {
    let mut arguments = vec!["case", "new", "--work-order", work_order, "--old", old, "--new", new];
    arguments.extend(CUSTOMS);
    json(data, &arguments, 0)["case"]["id"].as_str().unwrap().to_owned()
}

#[test]
fn from_case_to_approval() {
    let data = tempdir().unwrap();
    let data = data.path();
    let case = open(data, "WO-1", "490154203237518", "260531793113837");
    let batch = json(data, &["batch", "new", "--all"], 0);
    assert_eq!(batch["cases"][0], case);
    let id = batch["id"].as_str().unwrap();
    let submission = json(data, &["batch", "submit", id], 0);
    assert_eq!(submission["state"], "approved");
    assert_eq!(json(data, &["case", "show", &case], 0)["case"]["state"], "approved");

    let again = json(data, &["batch", "submit", id], 0);
    assert_eq!(again["id"], submission["id"], "the first submission, not a second");
    assert_eq!(again["application"], submission["application"]);
    let checked = json(data, &["check", "260531793113837"], 0);
    assert_eq!(checked[0]["verdict"], "clear");
}

#[test]
fn a_case_that_would_be_refused_is_not_batched() {
    let data = tempdir().unwrap();
    let data = data.path();
    let arguments = ["case", "new", "--work-order", "WO-2", "--new", "260531793113837"];
    let case = json(data, &arguments, 1);
    let codes: Vec<&str> =
        case["preflight"].as_array().unwrap().iter().filter_map(|f| f["code"].as_str()).collect();
    assert!(codes.contains(&"old_missing") && codes.contains(&"customs_missing"), "{codes:?}");
    let refused = json(data, &["batch", "new", "--all"], 1);
    assert!(refused["preflight"].as_array().is_some_and(|findings| !findings.is_empty()));
    assert_eq!(json(data, &["batch", "list"], 0).as_array().unwrap().len(), 0);
}

#[test]
fn the_registrys_refusal_is_a_finding() {
    let data = tempdir().unwrap();
    let data = data.path();
    // The preflight warns of fewer new IMEIs than old ones; the registry refuses them.
    let mut arguments = vec!["case", "new", "--work-order", "WO-3", "--new", "260531793113837"];
    arguments.extend(["--old", "490154203237518", "--old", "352099001761481"]);
    arguments.extend(CUSTOMS);
    json(data, &arguments, 0);
    let batch = json(data, &["batch", "new", "--all"], 0);
    let submission = json(data, &["batch", "submit", batch["id"].as_str().unwrap()], 1);
    assert_eq!(submission["state"], "rejected");
    assert_eq!(submission["decisions"][0]["refusals"][0], "imei_missing");
}

#[test]
fn one_work_order_has_one_case() {
    let data = tempdir().unwrap();
    let data = data.path();
    let first = open(data, "WO-4", "490154203237518", "260531793113837");
    assert_eq!(open(data, "WO-4", "490154203237518", "260531793113837"), first);
    let mut other = vec!["case", "new", "--work-order", "WO-4", "--old", "352099001761481"];
    other.extend(["--new", "260531793113837"]);
    other.extend(CUSTOMS);
    let ran = run(tekser(data).args(&other));
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("WO-4") && ran.stderr.contains(&first), "{ran:?}");
}

#[cfg(unix)]
#[test]
fn new_imeis_are_read_from_the_phone_and_old_ones_taken_from_the_label() {
    use tekser_virtual_bench::Persona;
    use tekser_virtual_bench::pty::PtyPhone;

    let persona = Persona::demo().into_iter().find(|p| p.name.contains("Feature phone, board"));
    let persona = persona.unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let phone = runtime.block_on(async { PtyPhone::plug(persona.clone()).unwrap() });
    let data = tempdir().unwrap();
    let (label, port) = (persona.label(), phone.port().as_str().to_owned());
    let mut arguments = vec!["case", "new", "--work-order", "WO-5", "--port", &port];
    arguments.extend(["--label", &label]);
    arguments.extend(CUSTOMS);
    let case = json(data.path(), &arguments, 0);
    let texts = |imeis: &[tekser_imei::Imei]| {
        Value::from(imeis.iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    assert_eq!(case["case"]["replacement"]["new"], texts(&persona.imeis));
    assert_eq!(case["case"]["replacement"]["old"], texts(&persona.old_imeis));
}

#[test]
fn devices_that_a_person_was_sent_are_filed() {
    let data = tempdir().unwrap();
    let data = data.path();
    let paper = data.join("label.txt");
    std::fs::write(&paper, "abc").unwrap();
    let document =
        format!("kind=tracking-number,number=RB1CN,holder=850615100017,file={}", paper.display());
    let arguments = [
        "case",
        "open",
        "personal",
        "--reference",
        "P-1",
        "--basis",
        "parcel",
        "--country",
        "cn",
        "--delivery-service",
        "Kazpost",
        "--applicant",
        "850615100017",
        "--document",
        &document,
        "--device",
        "Samsung;Galaxy A54;260531793113837",
    ];
    let case = json(data, &arguments, 0);
    assert_eq!(case["preflight"], serde_json::json!([]));
    let filed = &case["case"]["personal"];
    assert_eq!(filed["devices"][0]["model"], "Galaxy A54");
    assert_eq!(
        (&filed["country"], &filed["documents"][0]["files"][0]["size"]),
        (&"CN".into(), &3.into())
    );
    let batch = json(data, &["batch", "new", "--all"], 0);
    let submission = json(data, &["batch", "submit", batch["id"].as_str().unwrap()], 0);
    assert_eq!(submission["state"], "approved");
    let checked = json(data, &["check", "260531793113837"], 0);
    assert_eq!(checked[0]["verdict"], "clear");
}

#[test]
fn an_import_is_opened_from_a_list_and_from_json() {
    let data = tempdir().unwrap();
    let data = data.path();
    let list = data.join("devices.txt");
    std::fs::write(&list, "\u{feff}X;Y;260531793113837\r\n\r\n350031345841796\r\n").unwrap();
    let list = list.to_str().unwrap();
    let arguments = ["case", "open", "import", "--reference", "IM-1", "--list", list];
    let case = json(data, &arguments, 1);
    let codes: Vec<&str> =
        case["preflight"].as_array().unwrap().iter().filter_map(|f| f["code"].as_str()).collect();
    assert!(
        codes.contains(&"applicant_missing") && codes.contains(&"document_missing"),
        "{codes:?}"
    );
    assert_eq!(case["case"]["import"]["devices"].as_array().unwrap().len(), 2);
    let text = serde_json::json!({ "import": case["case"]["import"] }).to_string();
    let file = data.join("case.json");
    std::fs::write(&file, text.replace("IM-1", "IM-2")).unwrap();
    let again = json(data, &["case", "open", "json", file.to_str().unwrap()], 1);
    assert_eq!(again["case"]["import"]["reference"], "IM-2");
}

#[test]
fn a_slip_in_a_case_is_named() {
    let data = tempdir().unwrap();
    let list = data.path().join("devices.txt");
    std::fs::write(&list, "260531793113837\n260531793113838\n").unwrap();
    let list = list.to_str().unwrap();
    for (argument, value, said) in [
        ("--applicant", "850615100018", "check digit"),
        ("--country", "XX", "ISO 3166"),
        ("--device", "X;Y", "IMEI"),
        ("--document", "kind=passport", "tracking_number"),
        ("--document", "kind=photo,file=/no/such/file", "/no/such/file"),
        ("--list", list, "line 2"),
    ] {
        let arguments = ["case", "open", "import", "--reference", "IM-1", argument, value];
        let ran = run(tekser(data.path()).args(arguments));
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert!(ran.stderr.contains(said), "{ran:?}");
    }
}

#[test]
fn rules_are_printed_and_bad_ones_are_told() {
    let data = tempdir().unwrap();
    let rules = json(data.path(), &["rules"], 0);
    assert_eq!(rules["mci"][2]["tenge"], 4325);
    let shipped = run(tekser(data.path()).args(["rules", "--shipped"]));
    assert!(shipped.stdout.starts_with("# Rules"), "{shipped:?}");
    std::fs::write(data.path().join("rules.toml"), "format = 1\n[grace]\ndays = 0\n").unwrap();
    let ran = run(tekser(data.path()).args(["rules"]));
    assert_eq!(ran.code, Some(3), "{ran:?}");
    assert!(ran.stderr.contains("rules.toml") && ran.stderr.contains("line 2"), "{ran:?}");
    let doctor = run(tekser(data.path()).args(["doctor"]));
    assert!(doctor.code == Some(1) && doctor.stdout.contains("rules.toml"), "{doctor:?}");
}
