//! Android phones, old and new.

use crate::persona::{Android, Behaviour, FarSide, Persona};

/// A made-up type of Android phone.
struct Type {
    tac: &'static str,
    maker: &'static str,
    model: &'static str,
    firmware: &'static str,
    release: &'static str,
    slots: usize,
    /// The IMEIs stand in the properties too.
    properties: bool,
}

const fn type_of(
    tac: &'static str,
    [maker, model, firmware, release]: [&'static str; 4],
    slots: usize,
    properties: bool,
) -> Type {
    Type { tac, maker, model, firmware, release, slots, properties }
}

/// The types, so that makers and versions take turns.
const TYPES: [Type; 13] = [
    type_of("35917311", ["Samsung", "SM-A556E", "A556EXXU3AWH1", "14"], 2, false),
    type_of("86421711", ["Xiaomi", "23106RN0DA", "V14.0.8.0.TGQMIXM", "13"], 2, true),
    type_of("35824612", ["Google", "Pixel 9a", "BP2A.250605.031", "16"], 2, false),
    type_of("35248913", ["Samsung", "SM-G800H", "G800HXXU1BPC5", "4.4"], 1, false),
    type_of("86830414", ["Xiaomi", "M2006C3MNG", "V12.0.16.0.QCSMIXM", "10"], 2, true),
    type_of("35824615", ["Google", "Pixel 8", "AP4A.250205.002", "15"], 2, false),
    type_of("35917316", ["Samsung", "SM-J320F", "J320FXXU0AQG2", "5.1"], 2, false),
    type_of("86421717", ["Xiaomi", "M2101K7AG", "V12.5.6.0.RKLMIXM", "11"], 2, true),
    type_of("35824618", ["Google", "Pixel 3a", "SP2A.220505.008", "12"], 1, false),
    type_of("35917319", ["Samsung", "SM-G930F", "G930FXXU2DRB6", "7.0"], 1, false),
    type_of("86830420", ["Xiaomi", "Redmi Note 7", "V10.3.10.0.PFGMIXM", "9"], 2, true),
    type_of("35390221", ["Google", "Pixel XL", "NBD90W", "8.1"], 1, false),
    type_of("35917322", ["Samsung", "SM-J510FN", "J510FNXXU2BQG1", "6.0"], 2, false),
];

/// The Android side of a family whose phones have one beside their modem.
pub(super) fn side_of(far_side: FarSide) -> Option<Android> {
    let android = || Android { usb_id: (0x04e8, 0x6860), ..Android::default() };
    (far_side == FarSide::Samsung).then(android)
}

impl Persona {
    /// How many types of Android phone take turns in [`Persona::android_nth`].
    pub const ANDROID_TYPES: usize = TYPES.len();

    /// The `n`th of any number of Android phones with USB debugging on: always the same for the
    /// same `n`. Up to some 390,000 all IMEIs and serial numbers are distinct, and none is one of
    /// [`Persona::nth`]. Samsung's have a modem port beside the debug bridge.
    pub fn android_nth(n: usize) -> Self {
        let [first, ..] = &TYPES;
        let kind = TYPES.get(n % TYPES.len()).unwrap_or(first);
        let base = 100_000 + (n / TYPES.len()) * 31;
        let (far_side, usb_id) = match kind.maker {
            "Samsung" => (FarSide::Samsung, (0x04e8, 0x6860)),
            "Xiaomi" => (FarSide::NoModem, (0x2717, 0xff48)),
            _ => (FarSide::NoModem, (0x18d1, 0x4ee7)),
        };
        let version = Android::of_release(kind.release).unwrap_or_default();
        Self {
            name: format!("{} {} #{n}", kind.maker, kind.model),
            maker: kind.maker.to_owned(),
            model: kind.model.to_owned(),
            firmware: kind.firmware.to_owned(),
            serial: format!("A5{n:09X}"),
            imeis: (0..kind.slots).map(|slot| super::imei(kind.tac, base + slot * 8)).collect(),
            old_imeis: Vec::new(),
            far_side,
            behaviour: Behaviour::default(),
            android: Some(Android { usb_id, properties_imei: kind.properties, ..version }),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn thousands_of_android_phones_are_all_different() {
        let mut seen = HashSet::new();
        for n in 0..4000 {
            for persona in [Persona::android_nth(n), Persona::nth(n)] {
                assert!(seen.insert(persona.serial.clone()));
                assert!(persona.imeis.iter().all(|imei| seen.insert(imei.to_string())), "{n}");
            }
        }
    }

    #[test]
    fn every_type_names_a_version_that_there_is() {
        for kind in &TYPES {
            let android = Android::of_release(kind.release);
            assert_eq!(android.map(|android| android.release).as_deref(), Some(kind.release));
        }
    }

    #[test]
    fn only_samsung_has_a_modem_port() {
        for n in 0..TYPES.len() {
            let persona = Persona::android_nth(n);
            assert_eq!(persona.has_modem(), persona.maker == "Samsung");
        }
    }
}
