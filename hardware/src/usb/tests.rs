//! What can be shown without a USB: that it is missed politely.

use super::*;

#[tokio::test]
async fn a_machine_without_usb_is_told_and_nothing_panics() {
    match Usb::new() {
        Err(error) => assert!(error.to_string().contains("no USB")),
        Ok(usb) => {
            let usb = Arc::new(usb);
            let _ = usb.devices();
            let nowhere = PortName::new("usb:99-99:1.0");
            let error = usb.open(&nowhere).await.unwrap_err();
            assert!(matches!(error, OpenError::NotFound { .. }), "{error:?}");
            let error = usb.show_modem(&DeviceId::usb("99-99")).await.unwrap_err();
            assert!(matches!(error, OpenError::NotFound { .. }), "{error:?}");
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn strings_of_a_hostile_device_are_cut_and_cleaned() {
    assert_eq!(system::text(b"Galaxy A55\n").as_deref(), Some("Galaxy A55"));
    assert_eq!(system::text(b"\x1b[2J\x07evil\0").as_deref(), Some("[2Jevil"));
    assert_eq!(system::text(b" \n"), None);
    assert_eq!(system::text(b"\xff\xfe"), Some("\u{fffd}\u{fffd}".to_owned()));
    assert!(system::text(&[b'a'; 5000]).is_some_and(|text| text.len() == 256));
}
