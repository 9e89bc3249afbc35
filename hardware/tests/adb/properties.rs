//! What `getprop` prints.

use proptest::collection::vec;
use proptest::prelude::*;
use tekser_hardware::Slot;
use tekser_hardware::adb::property::Properties;

use super::{ONE, TWO};

fn mentions(text: &str) -> Vec<(Option<Slot>, String)> {
    let properties = Properties::parse(text.as_bytes());
    properties.mentions().into_iter().map(|mention| (mention.slot, mention.text)).collect()
}

#[test]
fn values_are_found_by_their_key() {
    let properties =
        Properties::parse(b"[a]: [1]\r\n[b.c]: [x [y] z]\nnoise\n[d]: []\n[e]: [ spaced ]\n");
    assert_eq!(properties.get("a"), Some("1"));
    assert_eq!(properties.get("b.c"), Some("x [y] z"));
    assert_eq!(properties.get("d"), None);
    assert_eq!(properties.get("e"), Some("spaced"));
    assert_eq!(properties.get("noise"), None);
}

#[test]
fn a_property_inside_a_value_of_several_lines_is_none() {
    let text =
        b"[motd]: [hello\n[ro.build.version.sdk]: [19]\nbye]\n[ro.build.version.sdk]: [34]\n";
    assert_eq!(Properties::parse(text).sdk(), Some(34));
}

#[test]
fn a_property_that_is_there_twice_is_as_good_as_none() {
    let twice = |a, b| {
        let text = format!("[ro.build.version.sdk]: [{a}]\n[ro.build.version.sdk]: [{b}]\n");
        Properties::parse(text.as_bytes()).sdk()
    };
    assert_eq!(twice(34, 34), Some(34));
    assert_eq!(twice(34, 19), None);
}

#[test]
fn the_most_slots_that_any_property_says_count() {
    for (text, slots) in [
        ("[ro.telephony.sim.count]: [1]\n[persist.radio.multisim.config]: [dsds]", Some(2)),
        ("[persist.radio.multisim.config]: [DSDS]", Some(2)),
        ("[persist.vendor.radio.multisim.config]: [tsts]", Some(3)),
        ("[ro.telephony.sim.count]: [0]", None),
        ("[ro.telephony.sim.count]: [5]", None),
        ("[ro.product.model]: [dsds]", None),
    ] {
        let found = Properties::parse(text.as_bytes()).sim_slots().map(|(count, _)| count);
        assert_eq!(found, slots, "{text}");
    }
}

#[test]
fn a_slot_is_named_only_where_the_key_names_one() {
    for (key, slot) in [
        ("ro.ril.oem.imei", None),
        ("ro.ril.oem.imei1", Some(Slot::ONE)),
        ("ro.ril.oem.imei2", Some(Slot::TWO)),
        ("ro.ril.miui.imei0", Some(Slot::ONE)),
        ("ro.ril.miui.imei1", Some(Slot::TWO)),
        ("persist.radio.imei", None),
        ("persist.radio.imei1", Some(Slot::ONE)),
        ("persist.radio.imei2", Some(Slot::TWO)),
        ("persist.vendor.radio.imei", None),
        ("persist.vendor.radio.imei2", Some(Slot::TWO)),
        ("vendor.ril.imei", None),
        ("vendor.ril.imei2", Some(Slot::TWO)),
        ("ril.gsm.imei", None),
        ("ril.gsm.imei2", Some(Slot::TWO)),
        ("gsm.imei", None),
        ("gsm.sim.imei", None),
        ("ril.imei", None),
        ("ril.imei1", Some(Slot::ONE)),
        ("ril.imei2", Some(Slot::TWO)),
        ("vendor.gsm.imei", None),
        ("persist.patch.sys.imei", None),
        ("ro.boot.imei", None),
        ("ro.boot.imei2", Some(Slot::TWO)),
        ("ro.ril.oem.meid", None),
    ] {
        assert_eq!(mentions(&format!("[{key}]: [{ONE}]")), [(slot, ONE.to_owned())], "{key}");
    }
    assert_eq!(mentions(&format!("[ro.imei]: [{ONE}]\n[my.ril.imei]: [{ONE}]")), []);
}

#[test]
fn several_values_in_one_property_name_no_slot() {
    let both = [(None, ONE.to_owned()), (None, TWO.to_owned())];
    assert_eq!(mentions(&format!("[gsm.imei]: [{ONE}, {TWO}]")), both);
    assert_eq!(mentions(&format!("[ril.imei1]: [{ONE},{TWO}]")), both);
    assert_eq!(mentions(&format!("[gsm.imei]: [{ONE},]")), [(None, ONE.to_owned())]);
}

#[test]
fn placeholders_are_no_mentions() {
    for value in ["", "null", "unknown", "0", "000000000000000", ",", "null,null", "(none)"] {
        assert_eq!(mentions(&format!("[gsm.imei]: [{value}]")), [], "{value}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_and_every_mention_stood_there(
        pieces in vec(prop_oneof![
            vec(any::<u8>(), 0..20),
            prop::sample::select(vec!["[gsm.imei]: [", "]\n", "\n", "[ro.build.version.sdk]: [34]\n", "490154203237518", ",", "]: ["])
                .prop_map(|text| text.as_bytes().to_vec()),
        ], 0..30),
    ) {
        let bytes = pieces.concat();
        let properties = Properties::parse(&bytes);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        for mention in properties.mentions() {
            prop_assert!(text.contains(&mention.text));
        }
        prop_assert!(properties.sdk().is_none_or(|sdk| text.contains(&sdk.to_string())));
    }
}
