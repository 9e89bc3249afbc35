//! `pdftotext` of other hands on the same files: what it finds is found, and nothing else.

use std::process::Command;

use tekser_declaration::search::Search;

use crate::by_hand::{ByHand, line};
use crate::writers::{Save, krilla, lopdf};
use crate::{IMEI, OTHER, report};

/// The text as poppler gives it. None where it is missing, which CI does not allow.
fn pdftotext(file: &[u8]) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.pdf");
    std::fs::write(&path, file).unwrap();
    match Command::new("pdftotext").arg(&path).arg("-").output() {
        Ok(ran) => Some(String::from_utf8_lossy(&ran.stdout).into_owned()),
        Err(_) => {
            assert!(std::env::var_os("CI").is_none(), "not installed: poppler-utils");
            eprintln!("SKIPPED: no pdftotext (Debian: poppler-utils)");
            None
        }
    }
}

#[test]
fn both_find_the_same_numbers() {
    let kerned = "BT /F 9 Tf 50 700 Td [(4901542) 40 (0323) -60 (7518)] TJ ET";
    let twice = format!("BT /F 9 Tf 50 700 Td ({IMEI}) Tj 0.2 0 Td ({IMEI}) Tj ET");
    let turned = format!("BT /F 9 Tf 0 1 -1 0 300 50 Tm ({IMEI}) Tj ET");
    let columns =
        format!("BT /F 6 Tf 1 0 0 1 50 700 Tm ({IMEI}) Tj 1 0 0 1 102 700 Tm ({OTHER}) Tj ET");
    let mut files: Vec<Vec<u8>> = [
        line(IMEI),
        line("490154 203237518"),
        line(OTHER),
        line("IMEI490154203237518;354626223546262"),
        kerned.to_owned(),
        twice,
        turned,
        columns,
    ]
    .iter()
    .map(|content| ByHand::page(content).file())
    .collect();
    files.push(ByHand::page_with(&line(IMEI), "/Rotate 90", "").file());
    for save in [Save::Plain, Save::Packed, Save::ObjectStreams, Save::Encrypted("", "x")] {
        files.push(lopdf(&["a", IMEI], save));
    }
    files.extend(krilla(&["Телефон", IMEI], false));
    files.extend(krilla(&["Телефон", OTHER], true));
    for (n, file) in files.into_iter().enumerate() {
        let Some(theirs) = pdftotext(&file) else { return };
        let ours = report(file, &[IMEI, OTHER]).unwrap();
        for hit in &ours.hits {
            let found = theirs.contains(&hit.imei[..14]);
            assert_eq!(hit.result.is_found(), found, "file {n}: {hit:?}\n{theirs}");
            assert_ne!(hit.result, Search::Undetermined, "file {n}");
        }
    }
}
