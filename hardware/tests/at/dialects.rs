//! Which command each family is asked, and which slot its answer is credited to.

use tekser_hardware::at::dialect::Dialect;
use tekser_hardware::at::{Command, Hint, ReadError};
use tekser_hardware::{Confidence, Note, Slot};

use super::dialogue::{converse, imeis, ok, says};
use super::{ONE, TWO};

const fn of(vendor: u16) -> Hint {
    Hint { usb_id: Some((vendor, 1)) }
}

const NOBODY: Hint = Hint { usb_id: None };

/// Every dialect, and a vendor that speaks it.
const VENDORS: [(u16, Dialect); 10] = [
    (0x12d1, Dialect::Standard),
    (0x04e8, Dialect::Samsung),
    (0x0e8d, Dialect::MediaTek),
    (0x2c7c, Dialect::Quectel),
    (0x1782, Dialect::Unisoc),
    (0x1004, Dialect::Lg),
    (0x1546, Dialect::Ublox),
    (0x1bc7, Dialect::Telit),
    (0x0421, Dialect::Nokia),
    (0x2cb7, Dialect::Queried),
];

/// Commands that belong to one maker, and the dialects that may use them.
fn is_for(command: Command, dialect: Dialect) -> bool {
    match command {
        Command::SamsungInfo | Command::SamsungImei => dialect == Dialect::Samsung,
        Command::UnisocImei => dialect == Dialect::Unisoc,
        Command::LgImei => dialect == Dialect::Lg,
        Command::TelitImei | Command::TelitImeisv => dialect == Dialect::Telit,
        Command::IdentifyMore => dialect == Dialect::Nokia,
        Command::ImeiFull | Command::Imeisv => dialect == Dialect::Ublox,
        Command::SerialNumberQuery => dialect == Dialect::Queried,
        Command::Equipment(_) => matches!(dialect, Dialect::MediaTek | Dialect::Quectel),
        _ => true,
    }
}

#[test]
fn a_makers_own_command_goes_to_its_own_phones_alone() {
    for (vendor, dialect) in VENDORS {
        assert_eq!(Dialect::of_vendor(vendor), Some(dialect));
        for command in dialect.commands() {
            assert!(is_for(command, dialect), "{dialect:?} {command:?}");
        }
        // A phone that refuses everything is asked everything.
        let (reading, asked, _) = converse(of(vendor), |_, _| None);
        assert!(reading.unwrap().claims.is_empty());
        for command in asked {
            assert!(
                command == Command::Attention || dialect.commands().any(|own| own == command),
                "{dialect:?} {command:?}"
            );
        }
    }
}

#[test]
fn every_command_is_some_dialects() {
    let asked = |command| Dialect::ALL.into_iter().any(|d| d.commands().any(|own| own == command));
    for command in Command::ALL {
        let call = matches!(command, Command::Attention | Command::EchoOff);
        assert!(call || asked(command), "{command:?}");
    }
}

#[test]
fn a_phone_behind_a_serial_adapter_is_recognised_by_its_own_words() {
    for (maker, own) in [
        ("UNISOC", Command::UnisocImei),
        ("Spreadtrum", Command::UnisocImei),
        ("LG Electronics Inc.", Command::LgImei),
        ("Telit", Command::TelitImei),
        ("u-blox", Command::ImeiFull),
        ("Nokia", Command::IdentifyMore),
        ("Motorola", Command::SerialNumberQuery),
        ("Fibocom", Command::SerialNumberQuery),
    ] {
        let (_, asked, _) = converse(NOBODY, |command, _| match command {
            Command::Maker => Some(ok(maker)),
            _ => None,
        });
        assert!(asked.contains(&own), "{maker}: {asked:?}");
    }
}

#[test]
fn a_unisoc_phone_is_credited_by_card_only_when_it_answers_for_both() {
    let read = |lines: &'static str| {
        let (reading, ..) =
            converse(of(0x1782), |command, _| (command == Command::UnisocImei).then(|| ok(lines)));
        let reading = reading.unwrap();
        let weak = reading.claims.iter().any(|claim| claim.confidence == Confidence::Weak);
        (imeis(&reading), weak, reading.notes)
    };
    let (found, weak, notes) = read("490154203237518");
    assert_eq!(found, [(None, ONE.to_owned())]);
    assert!(!weak);
    assert_eq!(notes, [Note::StandardRefused]);
    let (found, weak, _) = read("490154203237518\r\n354178036859789");
    assert_eq!(found, [(Some(Slot::ONE), ONE.into()), (Some(Slot::TWO), TWO.into())]);
    assert!(weak, "the order is all there is");
    let (found, _, notes) = read("490154203237518\r\n490154203237518");
    assert_eq!(found.len(), 2);
    assert!(notes.contains(&Note::SecondSlotUnsound));
}

#[test]
fn a_module_that_refuses_the_plain_command_is_asked_in_its_other_ways() {
    for (vendor, command, answer) in [
        (0x1004, Command::LgImei, "%IMEI: 490154203237518"),
        (0x1bc7, Command::TelitImei, "#CGSN: 490154203237518"),
        (0x1546, Command::Imei, "+CGSN: \"490154203237518\""),
        (0x1546, Command::ImeiFull, "49015420323751801"),
        (0x0421, Command::IdentifyMore, "490154203237518"),
        (0x22b8, Command::SerialNumberQuery, "+CGSN: \"490154203237518\""),
        (0x2cb7, Command::GenericSerialNumber, "+GSN: \"490154203237518\""),
        (0x0af0, Command::GenericSerialNumber, "490154203237518,TR19A8P11R"),
    ] {
        let (reading, asked, _) =
            converse(of(vendor), |asked, _| (asked == command).then(|| ok(answer)));
        let reading = reading.unwrap();
        assert_eq!(imeis(&reading), [(None, ONE.to_owned())], "{vendor:04x} {asked:?}");
        let weak = reading.claims[0].confidence == Confidence::Weak;
        assert_eq!(weak, command == Command::IdentifyMore, "no standard says what ATI1 gives");
    }
}

#[test]
fn a_module_that_tells_only_its_software_version_number_is_no_imei() {
    let (reading, ..) = converse(of(0x1bc7), |command, _| {
        (command == Command::TelitImeisv).then(|| ok("4901542032375101"))
    });
    let reading = reading.unwrap();
    assert_eq!(reading.claims.len(), 1);
    assert_eq!(reading.claims[0].value.imei(), None);
}

#[test]
fn sara_r4_answers_the_plain_command_and_is_asked_no_more() {
    let (reading, asked, _) = converse(of(0x1546), |command, _| match command {
        Command::Maker => Some(ok("u-blox")),
        Command::Model => Some(ok("SARA-R410M-02B")),
        Command::Revision => Some(ok("L0.0.00.00.05.08")),
        Command::SerialNumber => Some(ok(ONE)),
        _ => None,
    });
    assert_eq!(imeis(&reading.unwrap()), [(None, ONE.to_owned())]);
    assert_eq!(asked.last(), Some(&Command::SerialNumber));
}

#[test]
fn nothing_is_sent_to_a_barcode_scanner() {
    for usb_id in [(0x0c2e, 0x0caa), (0x05e0, 0x1701), (0x1eab, 0x8306)] {
        let hint = Hint { usb_id: Some(usb_id) };
        let (outcome, asked, took) = converse(hint, |_, _| Some(says("\r\nOK\r\n")));
        assert!(matches!(outcome, Err(ReadError::Scanner)), "{outcome:?}");
        assert!(asked.is_empty() && took.is_zero());
    }
}

#[test]
fn quectels_items_are_not_mediateks() {
    use tekser_hardware::at::command::Item;
    let script = |command, _| match command {
        Command::Equipment(Item::Seven) => Some(ok("+EGMR: \"490154203237518\"")),
        Command::Equipment(Item::Ten | Item::Eleven) => Some(ok("+EGMR: \"354178036859789\"")),
        _ => None,
    };
    let (quectel, asked, _) = converse(of(0x2c7c), script);
    assert!(!asked.contains(&Command::Equipment(Item::Ten)), "its item 10 is an IMEISV");
    let both = [(Some(Slot::ONE), ONE.to_owned()), (Some(Slot::TWO), TWO.to_owned())];
    assert_eq!(imeis(&quectel.unwrap()), both);
    let (mediatek, ..) = converse(of(0x0e8d), script);
    let mediatek = mediatek.unwrap();
    assert_eq!(imeis(&mediatek)[..2], both);
    assert!(mediatek.notes.contains(&Note::SecondSlotUnsound), "item 11 repeats the second");
}
