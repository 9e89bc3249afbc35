//! `tekser tac`: tables in, what is known of a TAC out.

use std::fs;

use tempfile::tempdir;

use crate::program::{run, tekser};

/// The form of Osmocom's table; its rows are made up.
const OSMOCOM: &str = "Osmocom TAC database under CC-BY-SA v3.0 (c) Harald Welte 2016\n\
    tac,name,name,contributor,comment,gsmarena,gsmarena,aka\n\
    49015420,Acme,One,nobody,,,,\"A1,A2\"\n\
    9015421,Acme,Two,nobody,,,,\n";

#[test]
fn a_table_is_imported_shown_and_forgotten() {
    let data = tempdir().unwrap();
    let file = data.path().join("tacdb.csv");
    fs::write(&file, OSMOCOM).unwrap();
    let tekser = |arguments: &[&str]| run(tekser(data.path()).args(arguments));
    let path = file.to_str().unwrap();

    let ran = tekser(&["tac", "import", path]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stdout.contains("Osmocom: 1 TACs kept of 2 rows"), "{ran:?}");
    assert!(ran.stdout.contains("line 4: 7 digits: a spreadsheet may have dropped"), "{ran:?}");
    assert!(ran.stdout.contains("licence: Osmocom TAC database under CC-BY-SA"), "{ran:?}");

    let ran = tekser(&["tac", "show", "490154203237518"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stdout.contains("Acme One, also A1,A2  (Osmocom, line 3"), "{ran:?}");
    let ran = tekser(&["--json", "tac", "show", "49015420"]);
    assert_eq!(ran.json()["entries"][0]["source"]["name"], "Osmocom");
    let ran = tekser(&["check", "490154203237518"]);
    assert!(ran.stdout.contains("clear  by its TAC: Acme One (Osmocom)"), "{ran:?}");

    let ran = tekser(&["tac", "list"]);
    assert!(ran.stdout.contains("Osmocom: 1 TACs, "), "{ran:?}");
    assert_eq!(tekser(&["tac", "forget", "Osmocom"]).code, Some(0));
    assert_eq!(tekser(&["tac", "forget", "Osmocom"]).code, Some(2));
    assert_eq!(tekser(&["tac", "forget", "this station"]).code, Some(0));
    assert_eq!(tekser(&["tac", "show", "49015420"]).code, Some(1));
}

#[test]
fn a_source_without_a_name_is_called_as_its_file() {
    let data = tempdir().unwrap();
    let file = data.path().join("prices.tsv");
    fs::write(&file, "Code\tTitle\n35917301\tAcme Two\n").unwrap();
    let mut command = tekser(data.path());
    let ran = run(command.args(["tac", "import", "--map", "tac=code,model=title"]).arg(&file));
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stdout.contains("prices: 1 TACs kept of 1 rows"), "{ran:?}");
}

#[test]
fn what_is_not_understood_is_a_matter_of_usage() {
    let data = tempdir().unwrap();
    let file = data.path().join("list.csv");
    fs::write(&file, "a;b\n1;2\n").unwrap();
    let path = file.to_str().unwrap();
    for arguments in [
        &["tac", "show", "3591730"][..],
        &["tac", "import", "no-such-file.csv"],
        &["tac", "import", path],
        &["tac", "import", path, "--map", "model=b"],
        &["tac", "import", path, "--format", "gsma"],
    ] {
        let ran = run(tekser(data.path()).args(arguments));
        assert_eq!(ran.code, Some(2), "{arguments:?}: {ran:?}");
    }
}
