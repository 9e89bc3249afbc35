//! Ready-made personas. All numbers are made up: the TACs are not given out to anyone known to
//! us, the serial numbers count up from the phone's number.

mod android;

use std::time::Duration;

use tekser_imei::{Imei, Imei14};

use crate::persona::{Allow, Android, Behaviour, FarSide, ImeiAnswer, LineEnd, Persona};

/// Made-up types of phone: TAC, maker, model, firmware, how they answer, slots.
const TYPES: [(&str, &str, &str, &str, FarSide, usize); 8] = [
    ("35917301", "Samsung", "SM-A556E", "A556EXXU3AWH1", FarSide::Samsung, 2),
    ("86421705", "MediaTek", "MTK2", "Lumo_E10_61D_T005_210714", FarSide::MediaTek, 2),
    ("86830404", "Quectel", "EC25", "EC25EFAR06A01M4G", FarSide::QuectelEc25, 1),
    ("35248906", "u-blox", "SARA-U201", "23.60", FarSide::Plain, 1),
    ("35764110", "Option N.V.", "GTM382", "2.10.8Hd", FarSide::Option, 1),
    ("35390208", "Motorola", "I250-000", "R368_G_0B.A0.0ER", FarSide::Motorola, 1),
    ("86150603", "huawei", "E1550", "11.608.09.01.21", FarSide::Huawei, 1),
    ("86912805", "Quectel", "RG650V-EU", "RG650VEU00AAR01A02M8G", FarSide::QuectelRg650v, 2),
];

/// Made-up types of the families that [`Persona::nth`] does not have, in the same form.
const FURTHER: [(&str, &str, &str, &str, FarSide, usize); 11] = [
    ("86903105", "UNISOC", "UMS9117_2H10", "MOCORTM_19A_W21.30", FarSide::Unisoc, 2),
    ("35661209", "LG Electronics Inc.", "LG-LX265", "LX265V03", FarSide::Lg, 1),
    ("35480205", "Sierra Wireless, Inc.", "C885", "J1_0_1_26AP", FarSide::Sierra, 1),
    ("35752208", "u-blox", "SARA-U270", "23.41", FarSide::UbloxSaraU, 1),
    ("35275311", "u-blox", "SARA-R410M-02B", "L0.0.00.00.05.08", FarSide::UbloxSaraR4, 1),
    ("35794206", "Telit", "LE910-EU V2", "20.00.403", FarSide::Telit, 1),
    ("35523407", "Nokia", "Nokia 2720a", "V 08.62", FarSide::Nokia, 1),
    ("35958302", "Sony Ericsson", "MD300", "R3A018", FarSide::SonyEricsson, 1),
    ("86520408", "Fibocom", "G510", "G510_V0M.00.3E", FarSide::Fibocom, 1),
    ("86342204", "Quectel", "BC26", "BC26NBR01A07", FarSide::QuectelBc26, 1),
    ("99000510", "C-MOTECH", "CDX-650", "CDX65UAC03", FarSide::Cdma, 1),
];

/// The IMEI of a made-up type and serial number, which are 8 and at most 6 digits.
fn imei(tac: &str, serial: usize) -> Imei {
    let digits = format!("{tac}{:06}", serial % 1_000_000);
    // Falls back to a published test number if a table entry is no TAC, which a test rules out.
    Imei14::parse(digits.as_bytes()).map_or(FALLBACK, Imei14::with_check_digit)
}

const FALLBACK: Imei = match Imei::parse(b"490154203237518") {
    Ok(imei) => imei,
    Err(_) => panic!("the published test number is valid"),
};

/// How long the owner of the demonstration's phone that asks takes to touch "Allow".
const OWNER_TAKES: Duration = Duration::from_secs(1);

impl Persona {
    /// How many types take turns in [`Persona::nth`].
    pub const AT_TYPES: usize = TYPES.len();

    /// The `n`th of any number of phones: always the same for the same `n`. Up to some 240,000
    /// all IMEIs and serial numbers are distinct. Types and families take turns.
    pub fn nth(n: usize) -> Self {
        let fallback = ("35248906", "u-blox", "SARA-U201", "23.60", FarSide::Plain, 1);
        let (tac, maker, model, firmware, far_side, slots) =
            TYPES.get(n % TYPES.len()).copied().unwrap_or(fallback);
        // Step 31 keeps neighbours apart, and slots are numbered next to each other as in life.
        let base = 100_000 + (n / TYPES.len()) * 31;
        Self {
            name: format!("{maker} {model} #{n}"),
            maker: maker.to_owned(),
            model: model.to_owned(),
            firmware: firmware.to_owned(),
            serial: format!("R5{n:09X}"),
            imeis: (0..slots).map(|slot| imei(tac, base + slot * 8)).collect(),
            old_imeis: Vec::new(),
            far_side,
            behaviour: Behaviour::default(),
            android: android::side_of(far_side),
        }
    }

    /// The `n`th phone of a family, whichever it is: always the same for the same `n`. Up to some
    /// 240,000 all IMEIs and serial numbers of one family are distinct, and none of a family that
    /// [`Persona::nth`] lacks is one of its phones'.
    pub fn family(far_side: FarSide, n: usize) -> Self {
        if let Some(place) = TYPES.iter().position(|(.., known, _)| *known == far_side) {
            return Self::nth(place + n * TYPES.len());
        }
        let fallback = ("35248906", "u-blox", "SARA-U201", "23.60", FarSide::Plain, 1);
        let (tac, maker, model, firmware, far_side, slots) =
            FURTHER.iter().find(|(.., known, _)| *known == far_side).copied().unwrap_or(fallback);
        let base = 100_000 + n * 31;
        let line_end = if far_side == FarSide::Nokia { LineEnd::LfOnly } else { LineEnd::Standard };
        Self {
            name: format!("{maker} {model} #{n}"),
            maker: maker.to_owned(),
            model: model.to_owned(),
            firmware: firmware.to_owned(),
            serial: format!("F{:02}{n:07X}", far_side as u8),
            imeis: (0..slots).map(|slot| imei(tac, base + slot * 8)).collect(),
            old_imeis: Vec::new(),
            far_side,
            behaviour: Behaviour { line_end, ..Behaviour::default() },
            android: android::side_of(far_side),
        }
    }

    /// The demonstration bench: eleven phones with eighteen IMEIs.
    ///
    /// On eight of them USB debugging is off, so that a Galaxy tells its first IMEI only. Three came back from the workshop with another board, so their boxes carry old IMEIs; one
    /// has a box whose second IMEI is not the phone's; one says one IMEI in `ATI` and another in
    /// `AT+CGSN`; the rest is in order. Three are Android phones with USB debugging and no modem
    /// port: one knows this computer and tells both IMEIs at once, one asks its owner, who touches
    /// "Allow" a second later, and one keeps its IMEIs to itself, so that `*#06#` must show them.
    pub fn demo() -> Vec<Self> {
        let renamed =
            |n: usize, name: &str| Self { name: name.to_owned(), android: None, ..Self::nth(n) };
        let replaced = |n: usize, name: &str| {
            let old = Self::nth(n + 4000);
            Self { old_imeis: old.imeis, ..renamed(n, name) }
        };
        let mut mixed_up = renamed(1, "Feature phone, box of another");
        mixed_up.old_imeis = mixed_up.imeis.clone();
        if let (Some(second), Some(other)) =
            (mixed_up.old_imeis.get_mut(1), Self::nth(801).imeis.get(1))
        {
            *second = *other;
        }
        let disagrees = Behaviour {
            other_imei_in_ati: Self::nth(806).imeis.first().copied(),
            ..Behaviour::default()
        };
        let android = |n: usize, name: &str, allow: Allow, imei_answer: ImeiAnswer| {
            let persona = Self { name: name.to_owned(), ..Self::android_nth(n) };
            let own = persona.android.clone().unwrap_or_default();
            persona.with_android(Android { allow, imei_answer, ..own })
        };
        let samsung = Behaviour { private_ok: true, ..Behaviour::default() };
        vec![
            renamed(0, "Galaxy, in order").with(samsung.clone()),
            mixed_up,
            renamed(2, "Quectel module"),
            renamed(3, "Plain modem"),
            replaced(8, "Galaxy, board replaced").with(samsung),
            replaced(9, "Feature phone, board replaced"),
            replaced(4, "Option modem, board replaced"),
            renamed(6, "Huawei modem, disagrees with itself").with(disagrees),
            android(1, "Xiaomi, USB debugging on", Allow::Known, ImeiAnswer::Tells),
            android(2, "Pixel, asks its owner", Allow::After(OWNER_TAKES), ImeiAnswer::Tells),
            android(5, "Pixel, keeps its IMEIs to itself", Allow::Known, ImeiAnswer::Refuses),
        ]
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn thousands_of_phones_are_all_different_and_plausible() {
        let mut imeis = HashSet::new();
        let mut serials = HashSet::new();
        for n in 0..8000 {
            let persona = Persona::nth(n);
            assert_eq!(persona, Persona::nth(n));
            assert!(serials.insert(persona.serial.clone()));
            for imei in persona.imeis {
                assert!(imei.to_string().starts_with("35") || imei.to_string().starts_with("86"));
                assert!(imeis.insert(imei.to_string()), "{n}");
            }
        }
        assert!(!imeis.contains(&FALLBACK.to_string()));
    }

    #[test]
    fn every_family_has_phones_of_its_own() {
        let mut imeis: HashSet<String> =
            (0..800).flat_map(|n| Persona::nth(n).imeis).map(|imei| imei.to_string()).collect();
        let mut serials: HashSet<String> = (0..800).map(|n| Persona::nth(n).serial).collect();
        for far_side in FarSide::ALL {
            for n in 0..100 {
                let persona = Persona::family(far_side, n);
                assert_eq!(persona.far_side, far_side);
                if !TYPES.iter().any(|(.., known, _)| *known == far_side) {
                    assert!(serials.insert(persona.serial.clone()), "{far_side:?} {n}");
                    for imei in persona.imeis {
                        assert_ne!(imei, FALLBACK);
                        assert!(imeis.insert(imei.to_string()), "{far_side:?} {n}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_demonstration_bench_has_something_to_find() {
        let bench = Persona::demo();
        assert_eq!(bench.len(), 11);
        let imeis: HashSet<String> =
            bench.iter().flat_map(|persona| &persona.imeis).map(ToString::to_string).collect();
        assert_eq!(imeis.len(), 18);
        let names: HashSet<&str> = bench.iter().map(|persona| persona.name.as_str()).collect();
        assert_eq!(names.len(), 11);
        let replaced = bench.iter().filter(|persona| {
            !persona.old_imeis.is_empty()
                && persona.old_imeis.iter().all(|old| !persona.imeis.contains(old))
        });
        assert_eq!(replaced.count(), 3);
        let mixed_up = bench.iter().filter(|persona| {
            persona.old_imeis.first().is_some_and(|old| persona.imeis.contains(old))
        });
        assert_eq!(mixed_up.count(), 1);
    }

    #[test]
    fn the_demonstration_bench_has_every_kind_of_android_phone() {
        let bench = Persona::demo();
        let sides: Vec<&Android> = bench.iter().filter_map(|one| one.android.as_ref()).collect();
        assert_eq!(sides.len(), 3);
        assert!(sides.iter().any(|side| matches!(side.allow, Allow::After(_))));
        // Its screen is all that is left to ask.
        let refuses = |side: &&&Android| side.imei_answer == ImeiAnswer::Refuses;
        assert!(sides.iter().find(refuses).is_some_and(|side| !side.properties_imei));
        assert!(bench.iter().filter(|one| one.android.is_some()).all(|one| one.imeis.len() == 2));
    }

    #[test]
    fn labels_print_the_imeis_of_the_box() {
        let persona = &Persona::demo()[1];
        let label = persona.label();
        assert!(label.contains(&format!("IMEI1: {}", persona.imeis[0])));
        assert!(!label.contains(&persona.imeis[1].to_string()));
        assert!(label.contains(&format!("S/N: {}", persona.serial)));
    }
}
