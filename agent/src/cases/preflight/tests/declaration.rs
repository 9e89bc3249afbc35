//! Numbers looked for in the declaration. kazakhstan-regime 1.6 and 1.7: the operator's own tool.

use tekser_declaration::{DeclarationError, Gap, PageText, Text, Wanted, search};

use super::*;
use crate::cases::AttachedFile;
use crate::declaration::Outcome;

fn digest(n: u8) -> FileDigest {
    FileDigest::parse(&format!("{n:02x}").repeat(32)).unwrap()
}

fn file(n: u8) -> AttachedFile {
    AttachedFile { name: line("dt.pdf"), size: 1, sha256: digest(n) }
}

/// An import of two devices whose declaration has these files.
fn filed(files: &[u8]) -> Import {
    let mut one = import();
    one.documents[0].files = files.iter().map(|n| file(*n)).collect();
    one
}

fn report(text: &str, gaps: Vec<Gap>, wanted: impl IntoIterator<Item = usize>) -> Outcome {
    let page = PageText { text: text.to_owned(), stacked: Vec::new(), gaps };
    let wanted: Vec<Wanted> = wanted.into_iter().map(|n| imei(n).into()).collect();
    Outcome::Report(search(&Text { pages: vec![page], gaps: Vec::new() }, &wanted))
}

fn searched(n: u8, outcome: Outcome) -> World {
    World::default().searched(n, outcome)
}

impl World {
    fn searched(mut self, n: u8, outcome: Outcome) -> Self {
        self.searched.insert(digest(n), Searched { at: now(), outcome });
        self
    }
}

fn text(numbers: &[usize]) -> String {
    numbers.iter().map(|n| format!("{}\n", imei(*n))).collect()
}

const FILE: &str = "documents[0].files[0]";

#[test]
fn what_stands_in_the_declaration_is_well() {
    searched(1, report(&text(&[1, 2, 3, 4]), vec![], 1..=4)).check(filed(&[1]), &[]);
    // Fourteen digits are what the other side looks for.
    let cut = text(&[1, 2, 3]) + &imei(4).as_str()[..14];
    searched(1, report(&cut, vec![], 1..=4)).check(filed(&[1]), &[]);
    // A gap does not matter to what was found.
    searched(1, report(&text(&[1, 2, 3, 4]), vec![Gap::Picture], 1..=4).clone())
        .check(filed(&[1]), &[]);
}

#[test]
fn what_is_missing_would_be_refused() {
    let world = searched(1, report(&text(&[1, 2, 3]), vec![], 1..=4));
    world.check(filed(&[1]), &[(Code::ImeiNotInDeclaration, Stop, "devices[1].imeis[1]")]);
    let finding = world.findings(&open(filed(&[1]))).remove(0);
    assert_eq!(finding.source, Some(rules().declaration.source));
}

#[test]
fn what_was_not_read_wholly_is_not_missing() {
    for gap in [Gap::Picture, Gap::Damaged, Gap::Characters, Gap::TooMuch] {
        searched(1, report(&text(&[1, 2, 3]), vec![gap], 1..=4))
            .check(filed(&[1]), &[(Code::DeclarationIncomplete, Warning, "devices[1].imeis[1]")]);
    }
    let scan = searched(1, Outcome::Failed(DeclarationError::NoText));
    let found = scan.findings(&open(filed(&[1])));
    assert_eq!(found.len(), 4);
    assert!(found.iter().all(|one| one.code == Code::DeclarationIncomplete));
}

#[test]
fn a_torn_number_and_a_slip_are_told() {
    let torn = imei(4).as_str().replace("717", "717 ");
    let world = searched(1, report(&(text(&[1, 2, 3]) + &torn), vec![], 1..=4));
    world.check(filed(&[1]), &[(Code::ImeiTornInDeclaration, Warning, "devices[1].imeis[1]")]);
    let last = imei(4).check_digit().to_digit(10).unwrap();
    let slip = format!("{}{}", &imei(4).as_str()[..14], (last + 1) % 10);
    let world = searched(1, report(&(text(&[1, 2, 3]) + &slip), vec![], 1..=4));
    world.check(filed(&[1]), &[(Code::DeclarationCheckDigit, Warning, "devices[1].imeis[1]")]);
}

#[test]
fn a_number_may_stand_in_any_of_the_files() {
    let first = searched(1, report(&text(&[1, 2]), vec![], 1..=4));
    let both = first.searched(2, report(&text(&[3, 4]), vec![], 1..=4));
    both.check(filed(&[1, 2]), &[]);
    // One that nobody has looked at may have it.
    let first = searched(1, report(&text(&[1, 2]), vec![], 1..=4));
    first.check(filed(&[1, 2]), &[(Code::DeclarationNotSearched, Info, "documents[0].files[1]")]);
}

#[test]
fn what_nobody_looked_for_is_told_once() {
    check(filed(&[1]), &[(Code::DeclarationNotSearched, Info, FILE)]);
    // A device that came to the case after the search.
    let world = searched(1, report(&text(&[1, 2, 3]), vec![], 1..=3));
    world.check(filed(&[1]), &[(Code::DeclarationNotSearched, Info, FILE)]);
    // Unless the search had seen its number there.
    searched(1, report(&text(&[1, 2, 3, 4]), vec![], 1..=3)).check(filed(&[1]), &[]);
    check(import(), &[]);
}

#[test]
fn numbers_that_the_case_does_not_have_are_told() {
    let world = searched(1, report(&text(&[1, 2, 3, 4, 5]), vec![], 1..=4));
    world.check(filed(&[1]), &[(Code::DeclarationHasMore, Info, FILE)]);
}

#[test]
fn the_declaration_of_a_part_need_not_name_the_board() {
    let mut one = replacement();
    one.documents = declaration();
    one.documents[0].files = vec![file(1)];
    let world = searched(1, report("1", vec![], [2]));
    world.check(
        one,
        &[(Code::NotRead, Warning, "handset"), (Code::ImeiNotInDeclaration, Warning, "new[0]")],
    );
}

#[test]
fn which_documents_are_searched_is_a_rule() {
    let change = "format = 1\n[declaration]\nkinds = [\"tracking_number\"]\nseverity = \"info\"\n\
                  source = \"the shop\"\nsince = \"2026-01-01\"\n";
    let rules = rules().changed(change, std::path::Path::new("rules.toml")).unwrap();
    let mut world = searched(1, report("", vec![], 1..=2));
    world.rules = Some(rules);
    world.check(filed(&[1]), &[]);
    let mut one = parcel();
    one.documents[0].files = vec![file(1)];
    let place = |slot| format!("devices[0].imeis[{slot}]");
    world.check(
        one,
        &[
            (Code::ImeiNotInDeclaration, Info, &place(0)),
            (Code::ImeiNotInDeclaration, Info, &place(1)),
        ],
    );
}
