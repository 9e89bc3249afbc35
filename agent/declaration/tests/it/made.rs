//! Whole files: what a viewer shows is found, and what it does not show is not.

use tekser_declaration::search::Search;
use tekser_declaration::{DeclarationError, Gap};

use crate::by_hand::{ByHand, line};
use crate::writers::{Save, krilla, lopdf, packed};
use crate::{IMEI, OTHER, assert_found, find, report};

const DECLARED: &str = "31 IMEI 490154203237518 1";

#[test]
fn a_number_is_found_however_the_file_is_packed() {
    assert_found(ByHand::page(&line(DECLARED)).file());
    for save in [Save::Plain, Save::Packed, Save::ObjectStreams] {
        assert_found(lopdf(&[DECLARED], save));
    }
    let mut file = ByHand::page("");
    let data = packed(line(DECLARED).as_bytes());
    let mut body =
        format!("<< /Length {} /Filter /FlateDecode >>\nstream\n", data.len()).into_bytes();
    body.extend(data);
    body.extend(b"\nendstream");
    file.replace(4, body);
    assert_found(file.file());
}

#[test]
fn the_page_is_told() {
    let hit = find(lopdf(&["a", "b", DECLARED], Save::Packed), IMEI);
    assert_eq!((hit.result, hit.page), (Search::Whole, Some(3)));
}

#[test]
fn a_file_that_opens_without_password_is_read_and_another_is_not() {
    assert_found(lopdf(&[DECLARED], Save::Encrypted("", "owner")));
    let locked = lopdf(&[DECLARED], Save::Encrypted("user", "owner"));
    assert_eq!(report(locked, &[IMEI]).unwrap_err(), DeclarationError::Encrypted);
}

#[test]
fn a_subset_of_a_font_by_number_of_sign_is_read() {
    let text = ["Графа 31: телефон сотовой связи", "ИМЕЙ 490154203237518, Қазақстан", "Ән"];
    let Some(file) = krilla(&text, false) else { return };
    assert_found(file);
    let Some(turned) = krilla(&text, true) else { return };
    assert_found(turned);
}

#[test]
fn a_subset_without_a_map_to_characters_leaves_it_open() {
    let Some(mut file) = krilla(&[IMEI], false) else { return };
    let name = b"/ToUnicode";
    let at = file.windows(name.len()).position(|part| part == name).expect("it has a map");
    file[at + 1] = b'X';
    let report = report(file, &[IMEI]).unwrap();
    assert_eq!(report.hits[0].result, Search::Undetermined, "{report:?}");
    assert_eq!(report.unread[0].why, Gap::Characters);
}

#[test]
fn a_number_is_found_in_whatever_pieces_it_is_drawn() {
    let digit = |n: usize| {
        let digit = &IMEI[n..=n];
        format!("1 0 0 1 {} 700 Tm ({digit}) Tj ", 50.0 + n as f32 * 5.004)
    };
    let each: String = (0..15).map(digit).collect();
    let backwards: String = (0..15).rev().map(digit).collect();
    let kerned: String = IMEI.chars().map(|digit| format!("({digit}) -90 ")).collect();
    for pieces in [
        each,
        backwards,
        format!("50 700 Td [{kerned}] TJ"),
        "50 700 Td [(4901542) 40 (0323) -120 (7518)] TJ".to_owned(),
        format!("50 700 Td 0.4 Tc ({IMEI}) Tj"),
        format!("50 700 Td 60 Tz ({IMEI}) Tj"),
        format!("50 700 Td 2 Tr 0.3 w ({IMEI}) Tj"),
        format!("50 700 Td 3 Tr ({IMEI}) Tj"),
        format!("50 700 Td ({IMEI}) Tj 0.2 0 Td ({IMEI}) Tj"),
        format!("0 1 -1 0 300 50 Tm ({IMEI}) Tj"),
        format!("0.9 0.3 -0.3 0.9 100 50 Tm ({IMEI}) Tj"),
    ] {
        let file = ByHand::page(&format!("BT /F 9 Tf {pieces} ET")).file();
        let hit = find(file, IMEI);
        assert_eq!(hit.result, Search::Whole, "{pieces}");
    }
}

#[test]
fn a_number_is_found_on_turned_pages_and_in_forms() {
    for turn in [90, 180, 270] {
        let page = format!("/Rotate {turn}");
        assert_found(ByHand::page_with(&line(DECLARED), &page, "").file());
    }
    let mut file = ByHand::page_with("/X Do", "", "/XObject << /X 6 0 R >>");
    let form = "/Type /XObject /Subtype /Form /BBox [0 0 595 842]";
    file.stream(&format!("{form} /Resources << /XObject << /Y 7 0 R >> >>"), b"q /Y Do Q");
    let inner = format!("{form} /Resources << /Font << /F 5 0 R >> >>");
    file.stream(&inner, line(DECLARED).as_bytes());
    assert_found(file.file());
}

#[test]
fn numbers_in_narrow_columns_side_by_side_are_two() {
    let content = format!(
        "BT /F 6 Tf 1 0 0 1 50 700 Tm ({IMEI}) Tj 1 0 0 1 102 700 Tm ({OTHER}) Tj \
         1 0 0 1 154 700 Tm (1) Tj ET"
    );
    let report = report(ByHand::page(&content).file(), &[IMEI, OTHER]).unwrap();
    assert!(report.hits.iter().all(|hit| hit.result == Search::Whole), "{report:?}");
}

#[test]
fn a_torn_number_is_found_only_joined_and_said_so() {
    for text in ["490154 203237 518", "49-015420-323751-8", "4901542032 37518"] {
        let hit = find(ByHand::page(&line(text)).file(), IMEI);
        assert_eq!((hit.result, hit.page), (Search::OnlyJoined, Some(1)), "{text}");
    }
    let wrapped = "BT /F 8 Tf 10 TL 300 700 Td (49015420) Tj T* (3237518) Tj \
                   1 0 0 1 50 700 Tm (17) Tj 1 0 0 1 420 700 Tm (250000) Tj \
                   1 0 0 1 50 690 Tm (18) Tj 1 0 0 1 420 690 Tm (260000) Tj ET";
    assert_eq!(find(ByHand::page(wrapped).file(), IMEI).result, Search::OnlyJoined);
}

#[test]
fn numbers_that_only_happen_to_follow_each_other_are_not_joined() {
    for text in ["49015420 x 3237518", "490154203  and  237518", "1 490154203237 51"] {
        let hit = find(ByHand::page(&line(text)).file(), IMEI);
        assert_ne!(hit.result, Search::Whole, "{text}");
        assert!(!hit.result.is_found(), "{text}");
    }
}

#[test]
fn what_stands_there_instead_is_shown() {
    let hit = |text: &str| find(ByHand::page(&line(text)).file(), IMEI);
    let slip = hit("490154203237519");
    assert_eq!(slip.result, Search::CheckDigit);
    assert_eq!(slip.shown.as_deref(), Some("490154203237519"));
    assert_eq!(slip.stands.as_deref(), Some("490154203237519"));
    let short = hit("49015420323751");
    assert_eq!((short.result, short.shown), (Search::Prefix, None));
    for text in ["4901542032375180", "IMEI490154203237518", "00490154203237518"] {
        let inside = hit(text);
        assert_eq!((inside.result, inside.shown), (Search::Inside, None), "{text}");
    }
}

#[test]
fn a_short_entry_is_not_looked_for() {
    let hit = find(ByHand::page(&line(DECLARED)).file(), "4901542032375");
    assert_eq!(hit.result, Search::TooShort);
}

#[test]
fn imeis_that_nobody_asked_for_are_listed() {
    let file = ByHand::page(&line("490154203237518 354626223546262 354626223546261 123")).file();
    let report = report(file, &[IMEI]).unwrap();
    let others: Vec<&str> = report.others.iter().map(|other| other.imei.as_str()).collect();
    assert_eq!((others, report.others_count), (vec![OTHER], 1));
}

#[test]
fn a_scan_cannot_be_searched_and_a_scanned_page_leaves_it_open() {
    let picture = "/Type /XObject /Subtype /Image /Width 2 /Height 2 /ColorSpace /DeviceGray \
                   /BitsPerComponent 8";
    let scan = "q 595 0 0 842 0 0 cm /I Do Q";
    let with = |content: &str| {
        let mut file = ByHand::page_with(content, "", "/XObject << /I 6 0 R >>");
        file.stream(picture, &[0, 255, 255, 0]);
        file.file()
    };
    assert_eq!(report(with(scan), &[IMEI]).unwrap_err(), DeclarationError::NoText);
    let stamped = report(with(&format!("{scan} {}", line("page 1"))), &[IMEI]).unwrap();
    assert_eq!(stamped.hits[0].result, Search::Undetermined);
    assert_eq!(stamped.unread[0].why, Gap::Picture);
    let layered = format!("{scan} BT 3 Tr /F 9 Tf 50 700 Td ({DECLARED}) Tj ET");
    assert_eq!(report(with(&layered), &[IMEI]).unwrap().hits[0].result, Search::Whole);
    let logo = format!("q 60 0 0 20 0 0 cm /I Do Q {}", line(DECLARED));
    assert_found(with(&logo));
}

#[test]
fn letters_drawn_as_outlines_are_a_picture() {
    let drawn = "50 700 m 60 710 l 70 690 l f 80 700 m 90 710 l 95 690 l f";
    assert_eq!(report(ByHand::page(drawn).file(), &[IMEI]).unwrap_err(), DeclarationError::NoText);
}
