use super::super::descriptors::{Descriptors, seats};
use super::super::{Flaw, Look};
use super::{looks, persona};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_galaxy_is_pinned_byte_by_byte() {
    let shown = Descriptors::new(&Look::samsung(&persona()));
    assert_eq!(hex(&shown.get(1, 0).unwrap()), "1201000200000040e8046068000401020301");
    let configuration = [
        "09028000040100c0fa", // 128 bytes, 4 interfaces, number 1
        "090400000306010104", // interface 0: files
        "07058203100009",
        "07058102000200",
        "07050102000200",
        "080b010202020100",   // interfaces 1 and 2 together
        "090401000102020100", // interface 1: modem, control
        "0524001001",
        "0524010002",
        "04240202",
        "0524060102",
        "07058403100009",
        "09040200020a000000", // interface 2: modem, data
        "07058302000200",
        "07050302000200",
        "0904030002ff420105", // interface 3: debug bridge
        "07058502000200",
        "07050502000200",
    ];
    assert_eq!(hex(&shown.get(2, 0).unwrap()), configuration.concat());
    assert_eq!(hex(&shown.get(3, 0).unwrap()), "04030904");
    assert_eq!(hex(&shown.get(3, 1).unwrap()), "1003530041004d00530055004e004700");
    assert_eq!(shown.get(2, 1), None);
    assert_eq!(shown.get(3, 6), None);
}

/// Walks a configuration: (number of interfaces, endpoint addresses).
fn walk(bytes: &[u8]) -> (usize, Vec<u8>) {
    let (mut interfaces, mut endpoints, mut promised) = (0, Vec::new(), 0);
    let mut rest = bytes;
    while let Some(&length) = rest.first() {
        let (one, more) = rest.split_at(usize::from(length));
        match one[1] {
            4 => {
                assert_eq!(usize::from(one[2]), interfaces, "interfaces are numbered in order");
                interfaces += 1;
                promised += usize::from(one[4]);
            }
            5 => endpoints.push(one[2]),
            _ => {}
        }
        rest = more;
    }
    assert_eq!(endpoints.len(), promised, "as many endpoints as the interfaces say");
    (interfaces, endpoints)
}

#[test]
fn lengths_and_numbers_agree_on_every_device() {
    for look in looks() {
        let shown = Descriptors::new(&look);
        let device = shown.get(1, 0).unwrap();
        assert_eq!(device.len(), 18);
        assert_eq!(usize::from(device[17]), look.configurations.len());
        for (place, functions) in look.configurations.iter().enumerate() {
            let bytes = shown.get(2, u8::try_from(place).unwrap()).unwrap();
            assert_eq!(usize::from(u16::from_le_bytes([bytes[2], bytes[3]])), bytes.len());
            let (interfaces, mut endpoints) = walk(&bytes);
            assert_eq!(usize::from(bytes[4]), interfaces, "{look:?}");
            assert_eq!(usize::from(bytes[5]), place + 1);
            endpoints.sort_unstable();
            endpoints.dedup();
            let seated: usize =
                seats(functions).iter().map(|s| 2 + usize::from(s.notification.is_some())).sum();
            assert_eq!(endpoints.len(), seated, "no address twice: {look:?}");
        }
        for index in 0..=u8::MAX {
            let string = shown.get(3, index);
            assert!(string.is_none_or(|text| usize::from(text[0]) == text.len()));
        }
        assert_eq!(device[16] == 0, look.serial.is_none(), "{look:?}");
    }
}

#[test]
fn a_feature_phone_has_its_data_first_and_three_configurations_alike() {
    let shown = Descriptors::new(&Look::feature_phone(&persona()));
    let all: Vec<Vec<u8>> = (0..3).map(|index| shown.get(2, index).unwrap()).collect();
    for bytes in &all {
        assert_eq!(bytes[9..18], [9, 4, 0, 0, 2, 0x0a, 0, 0, 0]);
        assert!(hex(bytes).contains("0524060100"), "control is 1, data is 0");
        assert_eq!(bytes[6..], all[0][6..]);
    }
    assert_eq!(shown.get(2, 3), None);
    assert_eq!(shown.get(6, 0), None, "a slow device has no other speed");
}

#[test]
fn long_names_fit_in_their_descriptor() {
    let look = Look { product: Some("ж".repeat(400)), ..Look::pixel(&persona()) };
    let name = Descriptors::new(&look).get(3, 2).unwrap();
    assert_eq!((name.len(), name[0]), (254, 254));
}

#[test]
fn flaws_lie_as_told() {
    let shown = |flaw| Descriptors::new(&Look::pixel(&persona()).with(flaw));
    let whole = shown(Flaw::NoStrings).get(2, 0).unwrap();
    assert_eq!(shown(Flaw::TotalLength(4096)).get(2, 0).unwrap()[2..4], [0x00, 0x10]);
    assert_eq!(shown(Flaw::Cut(11)).get(2, 0).unwrap(), whole[..11]);
    assert_eq!(shown(Flaw::StringLength(255)).get(3, 1).unwrap()[0], 255);
    assert!(shown(Flaw::EmptyStrings).get(3, 1).unwrap().is_empty());
    assert_eq!(shown(Flaw::NoStrings).get(3, 0), None);
    let endless = shown(Flaw::Configurations(255));
    assert_eq!(endless.get(1, 0).unwrap()[17], 255);
    assert_eq!(endless.get(2, 254).unwrap(), whole);
}
