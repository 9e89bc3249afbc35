//! Broken and hostile files. Whatever they are, "not found" is said only of what was read wholly.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use tekser_declaration::search::Search;
use tekser_declaration::{DeclarationError, Gap, Limits, extract};

use crate::by_hand::{ByHand, line};
use crate::writers::{Save, krilla, lopdf, packed};
use crate::{IMEI, OTHER, report};

/// Neither a panic nor a certainty that a broken file does not give.
#[track_caller]
fn assert_not_missing(file: Vec<u8>, what: &str) {
    match report(file, &[OTHER]) {
        Err(_) => {}
        Ok(report) => {
            assert!(!report.complete, "{what}: {report:?}");
            assert_eq!(report.hits[0].result, Search::Undetermined, "{what}");
        }
    }
}

#[test]
fn a_file_cut_anywhere_never_says_that_a_number_is_missing() {
    let mut files = vec![
        ByHand::page(&line(IMEI)).file(),
        lopdf(&[IMEI, "b", "c"], Save::Packed),
        lopdf(&[IMEI, "b", "c"], Save::ObjectStreams),
        lopdf(&[IMEI, "b", "c"], Save::Encrypted("", "owner")),
    ];
    files.extend(krilla(&[IMEI, "Қазақстан"], false));
    for (n, file) in files.iter().enumerate() {
        for part in 1..50 {
            let cut = file.len() * part / 50;
            assert_not_missing(file[..cut].to_vec(), &format!("file {n} cut at {cut}"));
        }
    }
}

#[test]
fn a_stream_that_breaks_off_leaves_it_open() {
    let text = format!("{} {}", line("x").repeat(300), line(IMEI));
    let data = packed(text.as_bytes());
    for keep in [data.len() / 2, data.len() - 1, 3] {
        let mut file = ByHand::page("");
        let mut body = format!("<< /Length {keep} /Filter /FlateDecode >>\nstream\n").into_bytes();
        body.extend(&data[..keep]);
        body.extend(b"\nendstream");
        file.replace(4, body);
        assert_not_missing(file.file(), "a cut stream");
    }
    let mut file = ByHand::page("");
    file.replace(4, "<< /Length 9 /Filter /Unknown >>\nstream\n012345678\nendstream");
    file.replace(3, "<< /Type /Page /Parent 2 0 R /Contents [4 0 R 99 0 R] >>");
    assert_not_missing(file.file(), "a part that is not there");
}

#[test]
fn pages_that_are_promised_and_not_there_leave_it_open() {
    let mut file = ByHand::page(&line(IMEI));
    file.replace(2, "<< /Type /Pages /Kids [3 0 R 77 0 R] /Count 2 >>");
    let report = report(file.file(), &[IMEI, OTHER]).unwrap();
    assert_eq!(report.hits[0].result, Search::Whole);
    assert_eq!(report.hits[1].result, Search::Undetermined);
}

#[test]
fn trees_that_bite_their_tail_end() {
    let began = Instant::now();
    let mut tree = ByHand::page(&line(IMEI));
    tree.replace(2, "<< /Type /Pages /Kids [3 0 R 2 0 R 6 0 R] /Count 3 >>");
    tree.add("<< /Type /Pages /Kids [2 0 R 6 0 R 6 0 R] /Count 9 >>");
    assert_not_missing(tree.file(), "a tree with loops");
    let mut forms = ByHand::page_with("/X Do", "", "/XObject << /X 6 0 R >>");
    let form =
        "/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X 6 0 R >> >>";
    forms.stream(form, b"/X Do /X Do");
    let _ = report(forms.file(), &[IMEI]);
    let mut table = ByHand::page(&line(IMEI)).file();
    let at = table.windows(7).position(|part| part == b"trailer").unwrap();
    let place = table.windows(5).position(|part| part == b"xref\n").unwrap();
    let entry = format!("trailer\n<< /Prev {place} ");
    table.splice(at..at + 10, entry.bytes());
    let _ = report(table, &[IMEI]);
    assert!(began.elapsed() < Duration::from_secs(20));
}

#[test]
fn forms_that_multiply_are_stopped_by_what_they_draw() {
    let mut file = ByHand::page_with("/X Do", "", "/XObject << /X 6 0 R >>");
    for next in 7..27 {
        let dict = format!(
            "/Type /XObject /Subtype /Form /BBox [0 0 9 9] \
             /Resources << /XObject << /X {next} 0 R >> >>"
        );
        file.stream(&dict, b"/X Do /X Do /X Do /X Do /X Do /X Do /X Do /X Do");
    }
    file.stream("/Type /XObject /Subtype /Form /BBox [0 0 9 9]", b"0 0 1 1 re f");
    assert_eq!(report(file.file(), &[IMEI]).unwrap_err(), DeclarationError::Damaged);
}

#[test]
fn a_stream_that_unpacks_to_more_than_a_page_has_is_left_alone() {
    let data = packed(&vec![b' '; 65 * 1024 * 1024]);
    let mut file = ByHand::page("");
    let mut body =
        format!("<< /Length {} /Filter /FlateDecode >>\nstream\n", data.len()).into_bytes();
    body.extend(&data);
    body.extend(b"\nendstream");
    file.replace(4, body);
    assert_eq!(report(file.file(), &[IMEI]).unwrap_err(), DeclarationError::Damaged);
}

#[test]
fn limits_are_kept_and_told() {
    let file = || lopdf(&["a", "b", IMEI], Save::Plain);
    let limits = |change: fn(&mut Limits)| {
        let mut limits = Limits::SHIPPED;
        change(&mut limits);
        extract(file(), &limits)
    };
    let large = limits(|limits| limits.bytes = 100);
    assert_eq!(large, Err(DeclarationError::TooLarge { max: 100 }));
    let many = limits(|limits| limits.pages = 2);
    assert_eq!(many, Err(DeclarationError::TooManyPages { max: 2 }));
    let long = limits(|limits| limits.text = 8).unwrap();
    assert!(!long.is_whole());
    let busy = limits(|limits| limits.drawn = 3).unwrap();
    assert!(busy.pages.iter().any(|page| page.gaps.contains(&Gap::TooMuch)));
}

#[test]
fn every_error_has_a_cure() {
    for error in [
        DeclarationError::NotPdf,
        DeclarationError::Encrypted,
        DeclarationError::UnknownEncryption,
        DeclarationError::NoText,
        DeclarationError::Damaged,
        DeclarationError::TooLarge { max: 1 },
        DeclarationError::TooManyPages { max: 1 },
        DeclarationError::TooSlow,
        DeclarationError::Died,
        DeclarationError::NoReader,
    ] {
        assert!(error.cure().len() > 20 && !error.code().is_empty(), "{error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// What a file with bytes in wrong places says is found, is what it had; and nothing panics.
    #[test]
    fn a_scratched_file_is_read_or_refused(scratches in prop::collection::vec((any::<u16>(), any::<u8>()), 1..8)) {
        let mut file = lopdf(&[IMEI, "b"], Save::Packed);
        for (at, byte) in scratches {
            let at = usize::from(at) % file.len();
            file[at] = byte;
        }
        let _ = report(file, &[IMEI, OTHER]);
    }
}
