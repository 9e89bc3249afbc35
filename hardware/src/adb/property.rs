//! A phone's properties, as `getprop` prints them: `[key]: [value]`.
//!
//! They say which Android this is and how many slots the phone has. On some phones an IMEI stands
//! there too; other software can set it, so it is the weakest of sources.

use crate::reading::Slot;

/// Properties of a phone, as they were printed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Properties {
    entries: Vec<(String, String)>,
}

/// An IMEI as it stands in a property.
#[derive(Clone, PartialEq, Eq)]
pub struct Mention {
    /// Key of the property.
    pub key: &'static str,
    /// Slot, where the key names it.
    pub slot: Option<Slot>,
    /// What stands there.
    pub text: String,
}

/// A mention holds a whole IMEI, so `Debug` says only where it stands.
impl core::fmt::Debug for Mention {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Mention({}, {:?})", self.key, self.slot)
    }
}

/// Most properties kept.
const MOST: usize = 4096;

/// Longest value kept, in bytes; longer ones are none of those that are asked for.
const LONGEST: usize = 1024;

/// Most identities taken from one value.
const MOST_IN_ONE: usize = 4;

/// Where makers put an IMEI, and the slot that the key names. Some count from 0, others from 1.
const IMEI: [(&str, Option<Slot>); 30] = [
    ("ro.ril.oem.imei", None),
    ("ro.ril.oem.imei1", Some(Slot::ONE)),
    ("ro.ril.oem.imei2", Some(Slot::TWO)),
    ("ro.ril.miui.imei0", Some(Slot::ONE)),
    ("ro.ril.miui.imei1", Some(Slot::TWO)),
    ("persist.radio.imei", None),
    ("persist.radio.imei1", Some(Slot::ONE)),
    ("persist.radio.imei2", Some(Slot::TWO)),
    ("persist.vendor.radio.imei", None),
    ("persist.vendor.radio.imei1", Some(Slot::ONE)),
    ("persist.vendor.radio.imei2", Some(Slot::TWO)),
    ("vendor.ril.imei", None),
    ("vendor.ril.imei1", Some(Slot::ONE)),
    ("vendor.ril.imei2", Some(Slot::TWO)),
    ("ril.gsm.imei", None),
    ("ril.gsm.imei1", Some(Slot::ONE)),
    ("ril.gsm.imei2", Some(Slot::TWO)),
    ("gsm.imei", None),
    ("gsm.imei1", Some(Slot::ONE)),
    ("gsm.imei2", Some(Slot::TWO)),
    ("gsm.sim.imei", None),
    ("ril.imei", None),
    ("ril.imei1", Some(Slot::ONE)),
    ("ril.imei2", Some(Slot::TWO)),
    ("vendor.gsm.imei", None),
    ("persist.patch.sys.imei", None),
    ("ro.boot.imei", None),
    ("ro.boot.imei1", Some(Slot::ONE)),
    ("ro.boot.imei2", Some(Slot::TWO)),
    ("ro.ril.oem.meid", None),
];

/// How many SIM cards work at once, in the words of each part of Android that says it.
const MULTI_SIM: [&str; 4] = [
    "persist.radio.multisim.config",
    "persist.vendor.radio.multisim.config",
    "ro.vendor.radio.multisim.config",
    "ro.multisim.config",
];

/// How many slots there are, as a number.
const SIM_COUNT: [&str; 4] = [
    "ro.telephony.sim.count",
    "ro.vendor.telephony.sim.count",
    "ro.telephony.sim_slots.count",
    "ro.multisim.simslotcount",
];

impl Properties {
    /// Reads what `getprop` printed. A value that goes on over several lines is passed over, and
    /// so is whatever looks like a property inside it.
    pub fn parse(output: &[u8]) -> Self {
        let text = String::from_utf8_lossy(output);
        let mut entries: Vec<(String, String)> = Vec::new();
        let mut inside = false;
        for line in text.split('\n').map(|line| line.trim_end_matches('\r')) {
            if inside {
                inside = !line.ends_with(']');
                continue;
            }
            let Some((key, value)) = line.strip_prefix('[').and_then(|l| l.split_once("]: ["))
            else {
                continue;
            };
            let Some(value) = value.strip_suffix(']') else {
                inside = true;
                continue;
            };
            if entries.len() < MOST && value.len() <= LONGEST {
                entries.push((key.to_owned(), value.to_owned()));
            }
        }
        Self { entries }
    }

    /// The value of a property that is there and not empty. One that is there twice with
    /// different values is as good as none.
    pub fn get(&self, key: &str) -> Option<&str> {
        let mut values = self.entries.iter().filter(|(k, _)| k == key).map(|(_, value)| value);
        let value = values.next()?;
        let same = values.all(|other| other == value);
        Some(value.trim()).filter(|value| same && !value.is_empty())
    }

    /// The first of these properties that is there.
    pub fn first(&self, keys: &[&'static str]) -> Option<(&'static str, &str)> {
        keys.iter().find_map(|key| self.get(key).map(|value| (*key, value)))
    }

    /// Whether there are any.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Version of Android's interfaces (34 is Android 14).
    pub fn sdk(&self) -> Option<u16> {
        let digits = self.get("ro.build.version.sdk")?;
        let plain = digits.len() <= 3 && digits.bytes().all(|digit| digit.is_ascii_digit());
        if plain { digits.parse().ok().filter(|sdk| *sdk > 0) } else { None }
    }

    /// How many SIM slots the phone says it has, 1 to 4, and where it says so. The most that any
    /// property says: a phone set to use one card still has both IMEIs.
    pub fn sim_slots(&self) -> Option<(u8, &'static str)> {
        let counts = SIM_COUNT.into_iter().filter_map(|key| {
            let count = self.get(key)?.parse().ok().filter(|count| (1..=4).contains(count))?;
            Some((count, key))
        });
        let configurations = MULTI_SIM.into_iter().filter_map(|key| {
            let count = match self.get(key)?.to_ascii_lowercase().as_str() {
                "ssss" | "ss" => 1,
                "dsds" | "dsda" => 2,
                "tsts" => 3,
                "qsqs" => 4,
                _ => return None,
            };
            Some((count, key))
        });
        // The first of several that say the same.
        counts.chain(configurations).reduce(|best, next| if next.0 > best.0 { next } else { best })
    }

    /// IMEIs and what stands in their place, in the order of the known keys.
    pub fn mentions(&self) -> Vec<Mention> {
        let mut found = Vec::new();
        for (key, slot) in IMEI {
            let Some(value) = self.get(key) else {
                continue;
            };
            let parts: Vec<&str> = value.split(',').map(str::trim).collect();
            // Several values in one property name no slot, whatever the key says.
            let slot = if parts.len() == 1 { slot } else { None };
            let said = parts.into_iter().filter(|part| !is_placeholder(part)).take(MOST_IN_ONE);
            found.extend(said.map(|part| Mention { key, slot, text: part.to_owned() }));
        }
        found
    }
}

/// Keys only: values are personal.
impl core::fmt::Debug for Properties {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Properties({})", self.entries.len())
    }
}

/// What makers write where there is no IMEI: nothing, `null`, `unknown`, the same digit over and
/// over.
fn is_placeholder(text: &str) -> bool {
    let first = text.bytes().next();
    !text.bytes().any(|byte| byte.is_ascii_digit()) || text.bytes().all(|byte| Some(byte) == first)
}
