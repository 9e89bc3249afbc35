//! Declarations of several makes, whole and broken, searched in this process. What holds when a
//! file breaks the reader is tried on the program itself: `agent/tests/process/declaration.rs`.

#![allow(clippy::unwrap_used, reason = "a test that fails, fails")]

mod broken;
mod by_hand;
mod made;
mod peer;
mod writers;

use tekser_declaration::search::{Hit, Search};
use tekser_declaration::{DeclarationError, Limits, Report, Wanted, extract, search};

/// A published example, and synthetic ones.
const IMEI: &str = "490154203237518";
const OTHER: &str = "354626223546262";

/// Looks for one number.
#[track_caller]
fn find(file: Vec<u8>, imei: &str) -> Hit {
    let report = report(file, &[imei]).expect("it can be searched");
    report.hits.into_iter().next().expect("a hit for each")
}

fn report(file: Vec<u8>, imeis: &[&str]) -> Result<Report, DeclarationError> {
    let text = extract(file, &Limits::SHIPPED)?;
    let wanted: Vec<Wanted> = imeis.iter().map(|imei| Wanted::new(imei)).collect();
    Ok(search(&text, &wanted))
}

#[track_caller]
fn assert_found(file: Vec<u8>) {
    let report = report(file, &[IMEI, OTHER]).expect("it can be searched");
    let [found, missing] = report.hits.as_slice() else { panic!("{report:?}") };
    assert_eq!((found.result, found.shown.as_deref()), (Search::Whole, Some(IMEI)), "{report:?}");
    assert_eq!(missing.result, Search::Missing, "{report:?}");
    assert!(report.complete);
}
