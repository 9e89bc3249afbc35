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

/// What changes a device is called in one place each, and by what a person allows alone.
#[test]
fn nothing_that_changes_a_device_is_called_but_what_a_person_allows() {
    let source =
        [include_str!("mod.rs"), include_str!("bulk.rs"), include_str!("look.rs")].concat();
    for never in ["write_control", "read_control", ".reset(", "set_alternate", "write_interrupt"] {
        assert!(!source.contains(never), "{never}");
    }
    let (_, show_modem) = source.split_once("fn show_modem_now").unwrap();
    let (show_modem, _) = show_modem.split_once("\n    }\n").unwrap();
    for only_there in ["set_active_configuration", ".detach_kernel_driver("] {
        assert_eq!(source.matches(only_there).count(), 1, "{only_there}");
        assert!(show_modem.contains(only_there), "{only_there}");
    }
}
