//! Numbers looked for in the text of the declaration.

use tekser_declaration::Search;
use tekser_imei::Imei;

use super::{Findings, Known, PreflightCode as Code};
use crate::cases::{FileDigest, Filing};
use crate::declaration::{Outcome, Searched};
use crate::finding::Severity;

/// What is known of one IMEI over all files, best first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Standing {
    Found,
    CheckDigit,
    Torn,
    /// A file was not searched for it.
    NotSearched,
    /// A file could not be read wholly.
    Incomplete,
    Missing,
}

/// Holds the case against its declarations. A case whose documents have no files has nothing to
/// search, and is not told so: that is the papers' matter.
pub(super) fn check(filing: &Filing, known: &Known<'_>, found: &mut Findings) {
    let rule = &known.rules.declaration;
    let files: Vec<(String, &FileDigest)> = filing
        .documents()
        .iter()
        .enumerate()
        .filter(|(_, document)| rule.kinds.contains(&document.kind))
        .flat_map(|(at, document)| {
            let place = move |file| format!("documents[{at}].files[{file}]");
            document.files.iter().enumerate().map(move |(n, file)| (place(n), &file.sha256))
        })
        .collect();
    let Some((first, _)) = files.first() else { return };
    let searched: Vec<Option<&Searched>> =
        files.iter().map(|(_, file)| known.searched.get(*file)).collect();
    let mut unsearched = false;
    for (field, imei) in fields(filing) {
        let standing = searched.iter().map(|one| of(*one, &imei));
        // Found in one is found; else what is least certain counts.
        let best = standing.clone().min().filter(|best| *best <= Standing::Torn);
        let open = standing.filter(|one| *one > Standing::Torn).min();
        let standing = best.or(open).unwrap_or(Standing::NotSearched);
        unsearched |= standing == Standing::NotSearched;
        tell(standing, filing, &field, known, found);
    }
    if unsearched {
        // One for all: a file is searched once for every IMEI.
        let none = |one: &Option<&Searched>| one.is_none();
        let at = searched.iter().position(none).and_then(|at| files.get(at));
        let field = at.map_or(first, |(field, _)| field);
        let cure = "have the file searched for the IMEIs of this case: tekser case declaration";
        found.add(Code::DeclarationNotSearched, Severity::Info, field, cure);
    }
    more(filing, &searched, &files, found);
}

/// Every IMEI that is to be verified, and its place in the case.
fn fields(filing: &Filing) -> Vec<(String, Imei)> {
    let board = filing.replacement().map(|one| one.new.as_slice()).unwrap_or_default();
    let board = board.iter().enumerate().map(|(at, imei)| (format!("new[{at}]"), *imei));
    let devices = filing.devices().iter().enumerate().flat_map(|(at, device)| {
        let place = move |slot| format!("devices[{at}].imeis[{slot}]");
        device.imeis.iter().enumerate().map(move |(slot, imei)| (place(slot), *imei))
    });
    board.chain(devices).collect()
}

/// What one file says of an IMEI.
fn of(searched: Option<&Searched>, imei: &Imei) -> Standing {
    let report = match searched.map(|one| &one.outcome) {
        None => return Standing::NotSearched,
        Some(Outcome::Failed(_)) => return Standing::Incomplete,
        Some(Outcome::Report(report)) => report,
    };
    match report.hits.iter().find(|hit| hit.imei == imei.as_str()).map(|hit| hit.result) {
        Some(Search::Whole | Search::Prefix | Search::Inside) => Standing::Found,
        Some(Search::CheckDigit) => Standing::CheckDigit,
        Some(Search::OnlyJoined) => Standing::Torn,
        Some(Search::Missing) => Standing::Missing,
        Some(Search::Undetermined | Search::TooShort) => Standing::Incomplete,
        // It came to the case after the search, which listed what else stands there.
        None if report.others.iter().any(|other| other.imei == *imei) => Standing::Found,
        None => Standing::NotSearched,
    }
}

fn tell(standing: Standing, filing: &Filing, field: &str, known: &Known<'_>, found: &mut Findings) {
    let rule = &known.rules.declaration;
    match standing {
        Standing::Found | Standing::NotSearched => {}
        Standing::CheckDigit => {
            let cure = "14 digits stand in the declaration with another check digit: compare with \
                        the phone, the slip is here or there";
            found.warn(Code::DeclarationCheckDigit, field, cure);
        }
        Standing::Torn => {
            let cure = "the IMEI stands there torn by spaces, hyphens or line breaks, where the \
                        other side's search does not find it: ask for a PDF with whole numbers";
            let severity = rule.severity.min(Severity::Warning);
            found.rule(Code::ImeiTornInDeclaration, severity, field, cure, &rule.source);
        }
        Standing::Incomplete => {
            let cure = "the declaration could not be read wholly, and the IMEI is not in what \
                        could: compare by eye, or ask for a PDF with text";
            found.warn(Code::DeclarationIncomplete, field, cure);
        }
        Standing::Missing => {
            let cure = "the other side looks for the first 14 digits in the declaration and does \
                        not find them: find the declaration it stands in, or mend the number";
            // Whether the declaration of a spare part must name IMEIs is in no source.
            let severity = match filing.replacement() {
                Some(_) => rule.severity.min(Severity::Warning),
                None => rule.severity,
            };
            found.rule(Code::ImeiNotInDeclaration, severity, field, cure, &rule.source);
        }
    }
}

/// IMEIs that stand there beside those of the case. A declaration may be filed in several cases.
fn more(
    filing: &Filing,
    searched: &[Option<&Searched>],
    files: &[(String, &FileDigest)],
    found: &mut Findings,
) {
    for (searched, (field, _)) in searched.iter().zip(files) {
        let report = match searched.map(|one| &one.outcome) {
            Some(Outcome::Report(report)) => report,
            _ => continue,
        };
        let own = |imei: Imei| filing.imeis().any(|one| one == imei);
        if report.others.iter().any(|other| !own(other.imei)) {
            let cure = "there are IMEIs in the declaration that the case does not have: unless \
                        another case has them, add those devices";
            found.add(Code::DeclarationHasMore, Severity::Info, field, cure);
        }
    }
}
