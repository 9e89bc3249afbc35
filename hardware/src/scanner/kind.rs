//! What is a scanner, as far as can be told without asking.

use tekser_wire::usb;

use crate::bus::Speaks;
use crate::vendor;

/// Kinds of scanners.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A Tekser scanner.
    Tekser,
    /// Of another make.
    Other,
}

impl Kind {
    /// What a USB device is by its numbers and strings; `None` if it is no scanner, as far as
    /// these tell.
    ///
    /// A Tekser scanner's numbers are free for anyone to test with, so its strings must be right
    /// too. Where the system keeps these to itself and shows a driver's instead (Windows), the
    /// form of the serial number decides.
    pub fn of(
        (vendor, product): (u16, u16),
        maker: Option<&str>,
        name: Option<&str>,
        serial: Option<&str>,
    ) -> Option<Self> {
        if (vendor, product) == (usb::VENDOR, usb::PRODUCT) {
            let is_named = maker == Some(usb::MAKER)
                && name.is_some_and(|name| {
                    let board = name.strip_prefix(usb::NAME);
                    board.is_some_and(|board| board.is_empty() || board.starts_with(' '))
                });
            let is_ours = is_named || (cfg!(windows) && serial.is_some_and(is_our_serial));
            return is_ours.then_some(Self::Tekser);
        }
        vendor::is_scanner(vendor, product).then_some(Self::Other)
    }

    /// What is spoken on its port.
    pub const fn speaks(self) -> Speaks {
        match self {
            Self::Tekser => Speaks::Scanner,
            Self::Other => Speaks::Codes,
        }
    }
}

/// As [`SerialNumber`](tekser_wire::message::SerialNumber) is written.
fn is_our_serial(text: &str) -> bool {
    text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: (u16, u16) = (usb::VENDOR, usb::PRODUCT);

    fn kind(name: Option<&str>) -> Option<Kind> {
        Kind::of(OURS, Some(usb::MAKER), name, None)
    }

    #[test]
    fn numbers_and_strings_must_be_ours() {
        assert_eq!(kind(Some("Tekser Scanner")), Some(Kind::Tekser));
        assert_eq!(kind(Some("Tekser Scanner pico")), Some(Kind::Tekser));
        assert_eq!(kind(Some("Tekser Scannerette")), None);
        assert_eq!(kind(Some("Test device")), None);
        assert_eq!(kind(None), None);
        assert_eq!(Kind::of(OURS, Some("Acme"), Some("Tekser Scanner"), None), None);
        let phone = (0x04e8, 0x6860);
        assert_eq!(Kind::of(phone, Some(usb::MAKER), Some(usb::NAME), None), None);
    }

    #[test]
    fn other_makers_are_known_by_their_number() {
        let kind = Kind::of((0x0c2e, 0x0caa), Some("Honeywell"), Some("Voyager 1450g"), None);
        assert_eq!(kind, Some(Kind::Other));
        assert_eq!(Kind::Other.speaks(), Speaks::Codes);
        assert_eq!(Kind::Tekser.speaks(), Speaks::Scanner);
    }

    #[test]
    fn serial_numbers_have_a_form_of_their_own() {
        let number = tekser_wire::message::SerialNumber([0xe6, 0x61, 4, 3, 0x23, 0x9a, 0xbc, 0x2f]);
        assert!(is_our_serial(&number.to_string()));
        for other in ["", "R58M1234567", "E66104032 39ABC2F", "6&1A2B3C4D&0&0000"] {
            assert!(!is_our_serial(other), "{other}");
        }
    }
}
