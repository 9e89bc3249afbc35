//! What a USB vendor and product id alone tell of a device.

/// Makers of barcode scanners that make nothing with an IMEI under the same vendor id.
///
/// Left out on purpose: chip makers' ids that scanners share with other things (serial adapters,
/// development boards, receipt printers).
const SCANNERS: [u16; 8] = [
    0x0536, // Hand Held Products (Honeywell)
    0x05f9, // PSC, Datalogic Scanning
    0x065a, // Optoelectronics (Opticon)
    0x076d, // Denso Wave
    0x080c, // Datalogic
    0x0c2e, // Metrologic, Honeywell Imaging and Mobility
    0x11fa, // Code Corporation
    0x1eab, // Fujian Newland, and the modules that others build in
];

/// Symbol, now Zebra: scanners, and Android computers with a telephone in them.
const ZEBRA: u16 = 0x05e0;

/// High byte of the product ids of Zebra's Android computers, such as `05e0:2106`.
const ZEBRA_ANDROID: u16 = 0x21;

/// Whether this is a barcode scanner, as far as its ids tell.
///
/// Nothing may be asked of a scanner: its serial port looks like a modem's, and what is sent there
/// may change its settings. A scanner whose maker is not known here is asked `AT` and stays silent.
/// Tekser's own scanners are not known by their numbers alone: [`crate::scanner::Kind`].
///
/// The makers in this list also build handheld computers. One that shows the Android debug bridge
/// is a phone whatever its vendor, so ask for that first.
pub const fn is_scanner(vendor: u16, product: u16) -> bool {
    if vendor == ZEBRA {
        return product >> 8 != ZEBRA_ANDROID;
    }
    let mut index = 0;
    // A `for` loop is not possible in a constant function.
    while index < SCANNERS.len() {
        if SCANNERS[index] == vendor {
            return true;
        }
        index += 1;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::at::dialect::Dialect;

    #[test]
    fn scanners_are_told_from_phones() {
        for (vendor, product) in [
            (0x0c2e, 0x0caa),
            (0x0536, 0x02e1),
            (0x05e0, 0x1701),
            (0x05f9, 0x4204),
            (0x080c, 0x0300),
            (0x1eab, 0x8306),
            (0x065a, 0x0009),
            (0x076d, 0x0001),
            (0x11fa, 0x0202),
        ] {
            assert!(is_scanner(vendor, product), "{vendor:04x}:{product:04x}");
        }
        for (vendor, product) in [
            (0x05e0, 0x2106),
            (0x04e8, 0x6860),
            (0x0e8d, 0x0003),
            (0x18d1, 0x4ee7),
            (0x10c4, 0xea60),
        ] {
            assert!(!is_scanner(vendor, product), "{vendor:04x}:{product:04x}");
        }
    }

    #[test]
    fn no_phone_maker_is_taken_for_a_scanner_maker() {
        for vendor in 0..=u16::MAX {
            let phone = Dialect::of_vendor(vendor).is_some();
            assert!(!phone || !is_scanner(vendor, 0), "{vendor:04x}");
        }
    }
}
