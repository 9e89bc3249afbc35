//! `tekser demo --once`: the whole story in one process.

use std::collections::BTreeSet;

use serde_json::Value;
use tempfile::tempdir;

use crate::program::{run, tekser};

fn count(report: &Value, pointer: &str) -> u64 {
    report.pointer(pointer).and_then(Value::as_u64).unwrap_or_default()
}

#[test]
fn the_story_comes_to_its_end() {
    let data = tempdir().unwrap();
    let ran = run(tekser(data.path()).args(["demo", "--once"]));
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let report = ran.json();
    assert_eq!(report["outcome"], "complete");
    assert_eq!(report["phones"].as_array().unwrap().len(), 11);
    // Their eighteen, and the one that a modem names in one answer and not in another.
    assert_eq!(count(&report, "/imeis_read"), 19);
    assert!(count(&report, "/disagreements") >= 1);
    for kind in ["clear", "grace", "blocked", "unknown", "undetermined"] {
        assert!(count(&report, &format!("/verdicts/{kind}")) >= 1, "no {kind}: {report}");
    }
    let submissions = report["submissions"].as_array().unwrap();
    assert_eq!(submissions.len(), 1);
    assert_eq!(submissions[0]["state"], "approved");
    assert!(submissions[0]["decisions"].as_array().unwrap().len() >= 3);
    assert_eq!(count(&report, "/filings_at_registry"), 1);
    assert_eq!(count(&report, "/violations"), 0);
}

/// The phone of the story whose name begins so.
fn phone<'a>(report: &'a Value, name: &str) -> &'a Value {
    let mut phones = report["phones"].as_array().unwrap().iter();
    phones.find(|phone| phone["name"].as_str().unwrap().starts_with(name)).unwrap()
}

#[test]
fn android_phones_tell_all_their_imeis_over_usb_debugging_or_on_their_screens() {
    let data = tempdir().unwrap();
    let report = run(tekser(data.path()).args(["demo", "--once"])).json();
    for (name, asked, source) in [
        ("Xiaomi, USB debugging on", false, "adb"),
        ("Pixel, asks its owner", true, "adb"),
        ("Pixel, keeps its IMEIs to itself", false, "screen"),
    ] {
        let phone = phone(&report, name);
        assert_eq!(phone["imeis"].as_array().map(Vec::len), Some(2), "{phone}");
        assert_eq!(phone["asked_owner"], asked, "{phone}");
        let sources = phone["sources"].as_array().unwrap();
        assert!(sources.contains(&source.into()), "{phone}");
        assert_eq!(sources.contains(&"screen".into()), source == "screen", "{phone}");
    }
    let steps = report["steps"].as_array().unwrap();
    let of = |name: &str| steps.iter().find(|step| step["step"].as_str().unwrap().contains(name));
    assert_eq!(of("owners").unwrap()["detail"], "1: Pixel, asks its owner");
    let read = of("IMEIs are read").unwrap()["detail"].as_str().unwrap().to_owned();
    assert!(read.ends_with("4 of them over USB debugging"), "{read}");
}

#[test]
fn no_imei_is_credited_to_two_phones() {
    let data = tempdir().unwrap();
    let report = run(tekser(data.path()).args(["demo", "--once"])).json();
    let mut seen = BTreeSet::new();
    for phone in report["phones"].as_array().unwrap() {
        for imei in phone["imeis"].as_array().unwrap() {
            assert!(seen.insert(imei.as_str().unwrap().to_owned()), "{imei} twice");
        }
    }
}

#[test]
fn told_again_on_the_same_data_nothing_is_filed_again() {
    let data = tempdir().unwrap();
    let first = run(tekser(data.path()).args(["demo", "--once"])).json();
    let again = run(tekser(data.path()).args(["demo", "--once"])).json();
    assert_eq!(again["cases"], first["cases"]);
    assert_eq!(again["submissions"], first["submissions"]);
    assert_eq!(count(&again, "/filings_at_registry"), 1);
}

#[test]
fn without_a_data_directory_nothing_stays_behind() {
    let temporary = tempdir().unwrap();
    let mut command = tekser(temporary.path());
    command.env_remove("TEKSER_DATA_DIR").env("TMPDIR", temporary.path());
    let ran = run(command.args(["demo", "--once"]));
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(std::fs::read_dir(temporary.path()).unwrap().count(), 0);
}
