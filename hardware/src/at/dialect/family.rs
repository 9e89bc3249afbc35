//! Which family a device belongs to: by its USB vendor, else by its own words.

use super::Dialect;

/// USB vendors whose devices speak one dialect. What stands here is never guessed from names.
const VENDORS: [(u16, Dialect); 18] = [
    (0x04e8, Dialect::Samsung),
    (0x0e8d, Dialect::MediaTek),
    (0x2c7c, Dialect::Quectel),
    (0x1782, Dialect::Unisoc),
    (0x1004, Dialect::Lg),
    (0x1546, Dialect::Ublox),
    (0x1bc7, Dialect::Telit),
    (0x0421, Dialect::Nokia),
    // Motorola, Fibocom.
    (0x22b8, Dialect::Queried),
    (0x2cb7, Dialect::Queried),
    // Option, Sony Ericsson, Sierra, Huawei, Cinterion (Thales), ZTE, Dell. Their `ATI` and
    // `AT+CGSN` tell all; Sierra's `AT!…` and Huawei's `AT^…` are never asked.
    (0x0af0, Dialect::Standard),
    (0x0fce, Dialect::Standard),
    (0x1199, Dialect::Standard),
    (0x12d1, Dialect::Standard),
    (0x1e2d, Dialect::Standard),
    (0x19d2, Dialect::Standard),
    (0x413c, Dialect::Standard),
    // C-MOTECH: CDMA.
    (0x16d8, Dialect::Standard),
];

/// Starts of maker or model names, in small letters, that tell the dialect of a device whose
/// vendor does not: a serial adapter, a chip maker's own number.
const NAMES: [(&str, Dialect); 17] = [
    ("samsung", Dialect::Samsung),
    ("mediatek", Dialect::MediaTek),
    ("mtk", Dialect::MediaTek),
    ("mt6", Dialect::MediaTek),
    ("quectel", Dialect::Quectel),
    ("unisoc", Dialect::Unisoc),
    ("spreadtrum", Dialect::Unisoc),
    ("sprd", Dialect::Unisoc),
    ("lg electronics", Dialect::Lg),
    ("lge", Dialect::Lg),
    ("u-blox", Dialect::Ublox),
    ("sara-", Dialect::Ublox),
    ("telit", Dialect::Telit),
    ("nokia", Dialect::Nokia),
    ("motorola", Dialect::Queried),
    ("fibocom", Dialect::Queried),
    ("g510", Dialect::Queried),
];

pub(super) fn by_vendor(vendor: u16) -> Option<Dialect> {
    VENDORS.iter().find(|(known, _)| *known == vendor).map(|(_, dialect)| *dialect)
}

pub(super) fn by_name(name: &str) -> Option<Dialect> {
    let name = name.to_ascii_lowercase();
    NAMES.iter().find(|(start, _)| name.starts_with(start)).map(|(_, dialect)| *dialect)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_vendor_and_no_name_stands_twice() {
        for (index, (vendor, _)) in VENDORS.iter().enumerate() {
            assert!(VENDORS.iter().skip(index + 1).all(|(other, _)| other != vendor));
        }
        for (index, (name, _)) in NAMES.iter().enumerate() {
            let hidden = NAMES.iter().skip(index + 1).any(|(other, _)| other.starts_with(name));
            assert!(!hidden, "{name} hides a longer name");
            assert_eq!(*name, name.to_ascii_lowercase());
        }
    }

    #[test]
    fn every_dialect_can_be_recognised() {
        for dialect in Dialect::ALL {
            assert!(VENDORS.iter().any(|(_, of)| *of == dialect), "{dialect:?}");
        }
    }

    #[test]
    fn names_are_recognised_however_they_are_spelt() {
        assert_eq!(by_name("LG Electronics Inc."), Some(Dialect::Lg));
        assert_eq!(by_name("SPREADTRUM"), Some(Dialect::Unisoc));
        assert_eq!(by_name("Nokia 2720a"), Some(Dialect::Nokia));
        assert_eq!(by_name("not a nokia"), None);
        assert_eq!(by_name(""), None);
    }
}
