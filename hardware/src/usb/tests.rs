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
