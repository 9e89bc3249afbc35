//! Showing the modem port that a phone hides, for `tekser read --show-modem`.

use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;
use tekser_hardware::{Bus, Device, Speaks};

use super::Failure;
use super::output::{Cured, Output};
use crate::bench::modem;

/// Longest wait for the system to make a serial port once the phone shows its modem.
const LIMIT: Duration = Duration::from_secs(8);

/// The device once it shows its modem port. One that shows it already is left as it is.
pub(super) async fn shown(
    bus: &Arc<dyn Bus>,
    device: &Device,
    output: &Output,
) -> Result<Device, Failure> {
    if has_port(device) {
        return Ok(device.clone());
    }
    if !device.hidden_modem {
        let text = format!("{} hides no modem port", device.id);
        let cure = "turn on USB debugging, or dial *#06# and scan what it shows".to_owned();
        return Err(Cured { cure, inner: anyhow!(text) }.into());
    }
    output.progress("having the phone show its modem port …");
    modem::show(bus.as_ref(), &device.id).await.map_err(|error| {
        let cure = error.cure();
        let inner = anyhow::Error::new(error).context("the modem port is not shown");
        Cured { cure, inner }
    })?;
    let there = async {
        loop {
            let found = bus.devices().into_iter().find(|now| now.id == device.id);
            if let Some(now) = found.filter(has_port) {
                return now;
            }
            bus.changed().await;
        }
    };
    tokio::time::timeout(LIMIT, there).await.map_err(|_| {
        let text = format!("{} shows its modem, but the system makes no port for it", device.id);
        let cure = "load the system's driver for it (on Linux cdc_acm; on Windows the phone \
                    maker's), plug the phone in again and show it once more"
            .to_owned();
        Failure::from(Cured { cure, inner: anyhow!(text) })
    })
}

fn has_port(device: &Device) -> bool {
    device.speaking(Speaks::At).next().is_some()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tekser_hardware::bus::{Opening, Showing};
    use tekser_hardware::{DeviceId, OpenError, Port, PortName, Role};

    use super::*;

    /// A phone that shows its port when asked, unless another program holds it.
    struct Hiding {
        hides: bool,
        busy: bool,
        asked: AtomicUsize,
    }

    impl Bus for Hiding {
        fn devices(&self) -> Vec<Device> {
            let id = DeviceId::usb("1-2");
            if self.asked.load(Ordering::Relaxed) == 0 {
                let hidden_modem = self.hides;
                return vec![Device { role: Role::Files, hidden_modem, ..Device::new(id, vec![]) }];
            }
            let port = Port::free(PortName::new("/dev/ttyACM0"), Speaks::At);
            vec![Device::new(id, vec![port])]
        }

        fn open<'a>(&'a self, port: &'a PortName) -> Opening<'a> {
            Box::pin(core::future::ready(Err(OpenError::NotFound { port: port.clone() })))
        }

        fn show_modem<'a>(&'a self, id: &'a DeviceId) -> Showing<'a> {
            let busy = self.busy.then(|| OpenError::Busy {
                port: PortName::new(id.as_str()),
                holder: Some("adb (pid 7)".to_owned()),
            });
            if busy.is_none() {
                self.asked.fetch_add(1, Ordering::Relaxed);
            }
            Box::pin(core::future::ready(busy.map_or(Ok(()), Err)))
        }
    }

    async fn show(hides: bool, busy: bool) -> (Result<Device, Failure>, usize) {
        let hiding = Arc::new(Hiding { hides, busy, asked: AtomicUsize::new(0) });
        let bus: Arc<dyn Bus> = hiding.clone();
        let device = bus.devices().remove(0);
        let mut outcome = shown(&bus, &device, &Output::new(true)).await;
        if let Ok(device) = &outcome {
            outcome = shown(&bus, device, &Output::new(true)).await;
        }
        (outcome, hiding.asked.load(Ordering::Relaxed))
    }

    #[tokio::test]
    async fn a_hidden_port_is_shown_once_and_found() {
        let (outcome, times) = show(true, false).await;
        assert!(outcome.is_ok_and(|device| has_port(&device)));
        assert_eq!(times, 1);
    }

    #[tokio::test]
    async fn a_phone_that_hides_nothing_is_left_alone() {
        let (outcome, times) = show(false, false).await;
        assert!(matches!(outcome, Err(Failure::Environment(error)) if error.is::<Cured>()));
        assert_eq!(times, 0);
    }

    #[tokio::test]
    async fn who_holds_the_phone_is_named_with_a_cure() {
        let Err(Failure::Environment(error)) = show(true, true).await.0 else { panic!() };
        let cured = error.downcast::<Cured>().unwrap();
        assert!(format!("{:#}", cured.inner).contains("adb (pid 7)"), "{}", cured.inner);
        assert!(cured.cure.contains("Close adb"), "{}", cured.cure);
    }
}
