//! What is not clear never looks so on a screen, in a file or by its exit code.

use std::fs;

use serde_json::Value;
use tempfile::{TempDir, tempdir};
use tokio::runtime::Runtime;

use crate::double::{Double, Reply};
use crate::program::{Ran, run, tekser};

const CLEAR: &str = "490154203237518";

/// Looks at it in every way that the command line has.
#[track_caller]
fn looks_open(data: &TempDir, imei: &str, how: &str) {
    let look = |ran: &Ran| {
        assert_eq!(ran.code, Some(1), "{how}: {ran:?}");
        assert!(!ran.stdout.contains('✓') && !ran.stdout.contains("clear"), "{how}: {ran:?}");
    };
    let check = |more: &[&str]| run(tekser(data.path()).arg("check").args(more));
    look(&check(&[imei]));
    look(&check(&[imei, "--refresh"]));
    look(&check(&[imei, "--json"]));
    let file = data.path().join("list.csv");
    fs::write(&file, format!("imei\n{imei}\n")).unwrap();
    let file = file.to_str().unwrap();
    look(&check(&["--file", file]));
    look(&check(&["--file", file, "--json"]));
    look(&check(&["--file", file, "--output", "jsonl"]));
    let csv = check(&["--file", file, "--output", "csv"]);
    look(&csv);
    assert!(csv.stdout.contains(";look;") || csv.stdout.contains(";stop;"), "{how}: {csv:?}");
}

#[test]
fn what_the_embedded_registry_does_not_call_clear() {
    for (imei, how) in [
        ("354626223546262", "silent"),
        ("356938035643809", "unknown"),
        ("352099001761481", "grey"),
        ("354178036859789", "black"),
    ] {
        looks_open(&tempdir().unwrap(), imei, how);
    }
    let data = tempdir().unwrap();
    assert_eq!(run(tekser(data.path()).args(["check", CLEAR])).code, Some(0), "or it has no teeth");
}

#[test]
fn what_no_adapter_calls_clear() {
    let runtime = Runtime::new().unwrap();
    let failing = [
        ("gone", Reply::Bytes(Vec::new())),
        ("html", Reply::Whole { status: 200, kind: "text/html", body: b"<html>".to_vec() }),
        ("not found", Reply::json(404, "{}")),
        ("failed", Reply::json(500, "{}")),
    ];
    let (hows, replies): (Vec<_>, Vec<_>) = failing.into_iter().unzip();
    let double = runtime.block_on(Double::start(replies));
    for kind in ["dirbs", "eir", "camara"] {
        for (nth, how) in hows.iter().enumerate() {
            let data = tempdir().unwrap();
            let source = format!(
                "format = 1\n[[source]]\nname = '{kind}'\nkind = '{kind}'\nurl = '{}'\n\
                 deadline_seconds = 1\n",
                double.url(nth)
            );
            fs::write(data.path().join("registries.toml"), source).unwrap();
            looks_open(&data, CLEAR, &format!("{kind}: {how}"));
        }
    }
}

#[test]
fn who_said_what_is_told_and_what_is_kept_is_called_so() {
    let data = tempdir().unwrap();
    let ran = run(tekser(data.path()).args(["check", CLEAR]));
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert!(lines[0].starts_with(&format!("{CLEAR}  ✓ clear")), "{ran:?}");
    assert!(lines[1].trim_start().starts_with("sandbox  "), "{ran:?}");
    assert!(lines[1].ends_with("✓ clear"), "{ran:?}");
    let ran = run(tekser(data.path()).args(["check", CLEAR, "--json"]));
    let item: Value = ran.json()[0].clone();
    assert_eq!((&item["verdict"], &item["source"]), (&"clear".into(), &"sandbox".into()));
    let both = run(tekser(data.path()).args(["check", "--file", "x", "--refresh"]));
    assert_eq!(both.code, Some(2), "{both:?}");
}
