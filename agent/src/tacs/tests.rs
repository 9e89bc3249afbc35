//! Tables, rows, names and years, each on a table of its own.

use proptest::prelude::*;
use tekser_imei::Tac;
use tekser_table::Row;

use super::age::{is_of_old_form, released};
use super::mapping::{Places, by_known_names, is_osmocom, osmocom};
use super::row::read;
use super::*;

fn tac(digits: &str) -> Tac {
    digits.parse().unwrap()
}

const PLACES: Places =
    Places { tac: 0, maker: Some(1), model: Some(2), aka: Some(3), slots: Some(4), year: Some(5) };

fn row(cells: &[&str], restore_zeros: bool) -> Result<TacRow, RowFault> {
    read(&Row::of(7, cells), &PLACES, restore_zeros)
}

#[test]
fn a_row_says_what_its_cells_say() {
    let taken = row(&["01234567", "Acme ", "One, \"Plus\"", "A1,A2", "2", "2014"], false).unwrap();
    assert_eq!((taken.line, taken.tac), (7, tac("01234567")));
    assert_eq!(taken.facts.maker.as_deref(), Some("Acme"));
    assert_eq!((taken.facts.slots, taken.facts.year), (Some(2), Some(2014)));
    assert_eq!(taken.facts.aka.as_deref(), Some("A1,A2"));
}

/// Whoever pads every short number with zeros turns a slip into somebody else's TAC.
#[test]
fn damaged_tacs_are_told_and_mended_only_when_a_person_says_so() {
    type Read = Result<&'static str, RowFault>;
    let table: [(&str, Read, Read); 13] = [
        ("35917301", Ok("35917301"), Ok("35917301")),
        ("'01234567", Ok("01234567"), Ok("01234567")),
        ("=\"01234567\"", Ok("01234567"), Ok("01234567")),
        ("35-917301", Ok("35917301"), Ok("35917301")),
        ("1234567", Err(RowFault::ZerosLost { digits: 7 }), Ok("01234567")),
        ("123456", Err(RowFault::ZerosLost { digits: 6 }), Ok("00123456")),
        ("12345", Err(RowFault::NotATac), Err(RowFault::NotATac)),
        ("359173011", Err(RowFault::NotATac), Err(RowFault::NotATac)),
        ("3.59173E+07", Err(RowFault::Scientific), Err(RowFault::Scientific)),
        ("3,59173E+07", Err(RowFault::Scientific), Err(RowFault::Scientific)),
        ("", Err(RowFault::NoTac), Err(RowFault::NoTac)),
        ("n/a", Err(RowFault::NotATac), Err(RowFault::NotATac)),
        ("359173O1", Err(RowFault::NotATac), Err(RowFault::NotATac)),
    ];
    for (cell, plain, restored) in table {
        for (restore, expected) in [(false, plain), (true, restored)] {
            let found = row(&[cell, "Acme", "One"], restore).map(|row| row.tac);
            assert_eq!(found, expected.map(tac), "{cell} {restore}");
        }
    }
}

#[test]
fn a_row_that_makes_no_sense_is_refused_with_its_reason() {
    for (cells, fault) in [
        (["35917301", "", "", "A1", "", "2014"], RowFault::NothingSaid),
        (["35917301", "Acme", "One", "", "0", ""], RowFault::Slots),
        (["35917301", "Acme", "One", "", "two", ""], RowFault::Slots),
        (["35917301", "Acme", "One", "", "5", ""], RowFault::Slots),
        (["35917301", "Acme", "One", "", "1", "14"], RowFault::Year),
        (["35917301", "Acme", "One", "", "1", "20144"], RowFault::Year),
    ] {
        assert_eq!(row(&cells, false), Err(fault), "{cells:?}");
    }
    let long = "x".repeat(161);
    assert_eq!(row(&["35917301", &long, "One"], false), Err(RowFault::TooLong));
}

fn map(text: &str) -> Result<Mapping, MappingError> {
    text.parse()
}

#[test]
fn a_mapping_says_which_column_is_which() {
    let header = Row::of(2, &["TAC", "Name", "name", "SIM slots", "Launched"]);
    let by = |text: &str| map(text).unwrap().by_header(&header);
    let places = by("tac=tac,maker=name,model=name,slots=SIM Slots,year=launched").unwrap();
    let expected = Places { aka: None, slots: Some(3), year: Some(4), ..PLACES };
    assert_eq!(places, expected);
    assert_eq!(by("tac=tac,model=name#2,maker=name#1,slots=#4,year=#5"), Some(expected));
    // A third column of that name is not there.
    assert_eq!(by("tac=tac,maker=name,model=name,aka=name"), None);
    assert_eq!(map("tac=#1,model=#2").unwrap().by_number().map(|p| p.model), Some(Some(1)));
    assert_eq!(map("tac=#1,model=name").unwrap().by_number(), None);
}

#[test]
fn a_mapping_that_says_nothing_is_refused() {
    assert_eq!(map(""), Err(MappingError::NoTac));
    assert_eq!(map("model=x"), Err(MappingError::NoTac));
    assert_eq!(map("tac=x"), Err(MappingError::NothingElse));
    assert!(matches!(map("tac"), Err(MappingError::NoPair(_))));
    assert!(matches!(map("tac=x,colour=y"), Err(MappingError::NoField(_))));
    assert!(matches!(map("tac=x,tac=y"), Err(MappingError::NoField(_))));
    for column in ["", "#0", "#x", "name#", "#2000", "--"] {
        assert!(matches!(map(&format!("tac=x,model={column}")), Err(MappingError::NoColumn(_))));
    }
}

/// `tacdb.osmocom.org/export/tacdb.csv`: two columns called `name`.
#[test]
fn osmocoms_header_is_known() {
    let names = ["tac", "name", "name", "contributor", "comment", "gsmarena", "gsmarena", "aka"];
    let header = Row::of(2, &names);
    assert!(is_osmocom(&header));
    let places = osmocom(&header);
    assert_eq!((places.maker, places.model, places.aka), (Some(1), Some(2), Some(7)));
    assert!(!is_osmocom(&Row::of(1, &["tac", "name", "contributor"])));
}

#[test]
fn headers_of_others_are_known_by_their_usual_names() {
    let places = by_known_names(&Row::of(1, &["Brand", "TAC", "Model", "SIM slots"])).unwrap();
    assert_eq!(
        (places.tac, places.maker, places.model, places.slots),
        (1, Some(0), Some(2), Some(3))
    );
    assert_eq!(by_known_names(&Row::of(1, &["TAC", "Country"])), None);
    assert_eq!(by_known_names(&Row::of(1, &["Brand", "Model"])), None);
}

#[track_caller]
fn likeness(phone: (&str, &str), said: (&str, &str, &str), expected: Likeness) {
    let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let names = Names { maker: Some(phone.0), model: Some(phone.1) };
    let names = Names {
        maker: names.maker.filter(|text| !text.is_empty()),
        model: names.model.filter(|text| !text.is_empty()),
    };
    let facts = TacFacts {
        maker: given(said.0),
        model: given(said.1),
        aka: given(said.2),
        ..TacFacts::default()
    };
    assert_eq!(Likeness::of(names, &facts), expected, "{phone:?} {said:?}");
}

#[test]
fn names_of_one_phone_are_alike_however_they_are_written() {
    use Likeness::Same;
    likeness(("samsung", "SM-A546E"), ("Samsung Korea", "SM-A546B", ""), Same);
    likeness(("samsung", "SM-A546E"), ("Samsung", "Galaxy A54", "SM-A546B, SM-A546E"), Same);
    likeness(("samsung", "Galaxy A54"), ("SAMSUNG", "SAMSUNG Galaxy A54 5G", ""), Same);
    likeness(("samsung", "GT-I9505"), ("Samsung", "Galaxy S4 (GT-I9505)", ""), Same);
    likeness(("Xiaomi", "Redmi 9A"), ("Xiaomi Communications Co Ltd", "REDMI 9A", ""), Same);
    // A model that two houses sell.
    likeness(("Google", "Nexus 5X"), ("LG Electronics", "Nexus 5X", ""), Same);
    likeness(("Acme", "Tab 7"), ("Zenith", "tab-7", ""), Same);
}

#[test]
fn a_marketing_name_against_a_code_says_nothing_by_itself() {
    use Likeness::{OtherMaker, OtherName, Unclear};
    likeness(("samsung", "SM-A546E"), ("Samsung", "Galaxy A54", ""), OtherName);
    likeness(("samsung", "SM-A546E"), ("Samsung", "", ""), Unclear);
    likeness(("", "SM-A546E"), ("Samsung", "Galaxy A54", ""), Unclear);
    // Who built it, or what chip it has, is no brand.
    likeness(("Xiaomi", "M2006C3LG"), ("Wingtech Mobile Communications", "XT-1", ""), Unclear);
    likeness(("alps", "k80"), ("Samsung", "Galaxy A54", ""), Unclear);
    // Brands under one roof.
    likeness(("POCO", "M2102J20SG"), ("Xiaomi", "Mi 11", ""), OtherName);
    likeness(("HONOR", "X9a"), ("Huawei Technologies Co., Ltd", "P30", ""), OtherName);
    likeness(("HMD Global", "TA-1234"), ("Nokia", "3310", ""), OtherName);
    likeness(("samsung", "SM-A546E"), ("Nokia", "1100", ""), OtherMaker);
    likeness(("Apple", "iPhone14,2"), ("Samsung", "Galaxy A54", ""), OtherMaker);
    likeness(("Acme Mobile", "One"), ("Zenith Ltd.", "Two", ""), OtherMaker);
}

/// 3GPP TS 23.003 before and after April 2004; GSMA TS.06 for the bodies that stopped.
#[test]
fn only_bodies_that_stopped_tell_the_age_of_a_tac() {
    for (digits, old) in [
        ("49015420", true),
        ("44912345", true),
        ("33012345", true),
        ("35917301", false),
        ("01234567", false),
        ("86012345", false),
        ("91012345", false),
        ("99000012", false),
    ] {
        assert_eq!(is_of_old_form(tac(digits)), old, "{digits}");
    }
}

#[test]
fn a_system_is_as_old_as_its_first_release() {
    for (os, year) in [
        ("Android 4.1", Some(2011)),
        ("Android 14", Some(2023)),
        ("Android 12L", Some(2021)),
        ("android", Some(2008)),
        ("Android 99", Some(2025)),
        ("iOS 17.1", Some(2007)),
        ("KaiOS 2.5", None),
        ("", None),
    ] {
        assert_eq!(released(os), year, "{os}");
    }
}

fn entry(source: TacSource, model: &str, slots: Option<u8>) -> TacEntry {
    let (maker, model) = (Some("Acme".to_owned()), Some(model.to_owned()));
    TacEntry { facts: TacFacts { maker, model, slots, ..TacFacts::default() }, source }
}

fn imported(name: &str, second: i64) -> TacSource {
    let imported_at = Timestamp::from_second(second).unwrap();
    TacSource::Import { name: name.parse().unwrap(), licence: None, imported_at, line: 3 }
}

fn taught(handsets: u32) -> TacSource {
    TacSource::Station { handsets, latest: Timestamp::UNIX_EPOCH }
}

#[test]
fn what_is_believed_first_does_not_depend_on_the_order_of_coming() {
    let mut entries = [
        entry(taught(1), "lonely", Some(1)),
        entry(imported("B", 10), "b", None),
        entry(imported("A", 10), "a", Some(2)),
        entry(imported("new", 11), "new", None),
        entry(taught(2), "two", None),
        entry(taught(9), "nine", None),
    ];
    for turn in 0..entries.len() {
        entries.rotate_left(turn);
        order(&mut entries);
        let models: Vec<_> = entries.iter().filter_map(|e| e.facts.model.as_deref()).collect();
        assert_eq!(models, ["nine", "two", "new", "a", "b", "lonely"]);
    }
    assert_eq!(
        expected_slots(&entries).map(|(slots, source)| (slots, source.name())),
        Some((2, "A"))
    );
    assert_eq!(TacHint::of(&entries).unwrap().to_string(), "Acme nine (this station)");
    assert_eq!(TacHint::of(&entries[5..]), None);
}

#[test]
fn phones_that_taught_one_model_are_one_entry() {
    let mut entries = vec![
        entry(imported("A", 1), "One", None),
        entry(taught(1), "One", Some(2)),
        entry(taught(3), "one", Some(1)),
        entry(taught(1), "Two", Some(4)),
    ];
    lesson::join_lessons(&mut entries);
    let told: Vec<_> = entries.iter().map(|e| (e.facts.slots, e.source.clone())).collect();
    // One phone with two slots proves none of the others wrong.
    assert_eq!(told[1], (Some(1), taught(4)));
    assert_eq!(told[2], (Some(4), taught(1)));
    assert_eq!(entries.len(), 3);
}

#[test]
fn a_source_is_not_called_as_the_station_itself() {
    for name in ["", " ", "a\nb", "This Station", &"x".repeat(65)] {
        assert!(name.parse::<SourceName>().is_err(), "{name:?}");
    }
    assert_eq!(" Osmocom ".parse::<SourceName>().unwrap().as_str(), "Osmocom");
}

proptest! {
    #[test]
    fn no_text_upsets_rows_and_mappings(
        cells in prop::collection::vec(".{0,40}", 0..8),
        mapping in ".{0,60}",
        restore in any::<bool>(),
    ) {
        let row = Row::of(1, &cells);
        let _ = read(&row, &PLACES, restore);
        let _ = by_known_names(&row);
        if let Ok(mapping) = mapping.parse::<Mapping>() {
            let _ = mapping.by_header(&row);
            prop_assert_eq!(mapping.to_string().parse::<Mapping>(), Ok(mapping));
        }
    }

    #[test]
    fn a_tac_is_kept_digit_by_digit_or_not_at_all(cell in "[0-9'=\" -]{0,12}") {
        if let Ok(row) = row(&[&cell, "Acme", "One"], false) {
            let digits: String = cell.chars().filter(char::is_ascii_digit).collect();
            prop_assert_eq!(row.tac.as_str(), digits);
        }
    }

    #[test]
    fn a_phone_is_always_like_itself(maker in "[A-Za-z]{3,12}", model in "[A-Za-z0-9 -]{4,16}") {
        prop_assume!(!fold(&model).is_empty());
        let facts = TacFacts {
            maker: Some(maker.to_uppercase()),
            model: Some(format!(" {model}")),
            ..TacFacts::default()
        };
        let names = Names { maker: Some(&maker), model: Some(&model) };
        prop_assert_eq!(Likeness::of(names, &facts), Likeness::Same);
    }
}
