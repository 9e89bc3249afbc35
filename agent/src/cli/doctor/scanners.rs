//! Scanners: what is in the way of one, and what happened to one.

use tekser_hardware::{Bus, Device, Role, Speaks};

use super::Examined;
use crate::bench::{DeviceState, DeviceView};
use crate::cli::machine::{machine_bus, obstacle};
use crate::cli::output::Cured;
use crate::cli::remote::Remote;
use crate::cli::scanner::{Direct, Page};
use crate::cli::{Failure, Setting};
use crate::counter::{ScannerState, ScannerView};
use crate::finding::Severity;

const WHAT: &str = "scanner";

pub(super) async fn examine(setting: &Setting) -> Vec<Examined> {
    let examined = match Remote::find(setting) {
        Ok(Some(station)) => of_station(&station).await,
        Ok(None) => of_machine(setting).await,
        // The data directory is looked at elsewhere.
        Err(_) => Ok(Vec::new()),
    };
    examined.unwrap_or_else(|failure| vec![Examined::ill(WHAT, words(&failure))])
}

/// What the station that runs says of its scanners.
async fn of_station(station: &Remote) -> Result<Vec<Examined>, Failure> {
    let scanners: Page<ScannerView> = station.get("/api/v1/scanners").await?;
    let devices: Page<DeviceView> = station.get("/api/v1/devices").await?;
    let failed = devices.items.iter().filter_map(|device| match &device.state {
        DeviceState::Failed { message, cure, .. } if device.role == Role::Scanner => {
            Some(Examined::ill(WHAT, format!("{}: {message}. {cure}", device.id)))
        }
        _ => None,
    });
    Ok(scanners.items.iter().map(of_view).chain(failed).collect())
}

async fn of_machine(setting: &Setting) -> Result<Vec<Examined>, Failure> {
    let bus = machine_bus();
    let mut examined = Vec::new();
    for device in bus.devices().iter().filter(|device| device.role == Role::Scanner) {
        examined.push(of_device(bus.as_ref(), device).await);
    }
    let station = setting.station().await?;
    let known = station.counter.scanners().await?;
    station.store.close().await;
    let ill = known.iter().map(of_view).filter(|examined| !examined.well);
    examined.extend(ill);
    Ok(examined)
}

async fn of_device(bus: &dyn Bus, device: &Device) -> Examined {
    if let Some(obstacle) = device.ports.iter().find_map(obstacle) {
        return Examined::ill(WHAT, format!("{}: {obstacle}. {}", device.id, obstacle.cure()));
    }
    if device.speaking(Speaks::Scanner).next().is_none() {
        let found = "works, but is no Tekser scanner: it does not judge what it reads, and loses \
                     what it reads while the station is away";
        return Examined::well(WHAT, format!("{} {found}", device.id));
    }
    match Direct::meet(bus, device).await {
        Ok(direct) => {
            let [major, minor, patch] = direct.hello.firmware.0;
            let waiting = direct.hello.next.0.saturating_sub(direct.hello.oldest.0);
            let found = format!("firmware {major}.{minor}.{patch}, {waiting} scans wait in it");
            Examined::well(WHAT, format!("{}: {found}", device.id))
        }
        Err(failure) => Examined::ill(WHAT, format!("{}: {}", device.id, words(&failure))),
    }
}

fn of_view(view: &ScannerView) -> Examined {
    let name = &view.known.name;
    let grave = view.findings.iter().find(|finding| finding.severity > Severity::Info);
    match (grave, view.state) {
        (Some(finding), _) => {
            Examined::ill(WHAT, format!("{name}: {}. {}", finding.message, finding.cure))
        }
        (None, ScannerState::Silent) => {
            Examined::ill(WHAT, format!("{name}: it does not answer. Plug it in again"))
        }
        (None, ScannerState::Connected) => Examined::well(WHAT, format!("{name} is connected")),
        (None, ScannerState::Away) => Examined::well(WHAT, format!("{name} is not connected")),
    }
}

fn words(failure: &Failure) -> String {
    let (Failure::Usage(error) | Failure::Environment(error)) = failure;
    match error.downcast_ref::<Cured>() {
        Some(cured) => format!("{:#}. {}", cured.inner, cured.cure),
        None => format!("{error:#}"),
    }
}

#[cfg(test)]
mod tests {
    use tekser_hardware::bus::Opening;
    use tekser_hardware::{Access, DeviceId, Link, OpenError, Port, PortName};

    use super::*;

    struct Held;

    impl Bus for Held {
        fn devices(&self) -> Vec<Device> {
            Vec::new()
        }

        fn open<'a>(&'a self, port: &'a PortName) -> Opening<'a> {
            let holder = Some("tekser (pid 7)".to_owned());
            let busy: Result<Link, _> = Err(OpenError::Busy { port: port.clone(), holder });
            Box::pin(core::future::ready(busy))
        }
    }

    fn device(access: Access, speaks: Speaks) -> Device {
        let port = Port { access, ..Port::free(PortName::new("/dev/ttyACM0"), speaks) };
        Device { role: Role::Scanner, ..Device::new(DeviceId::usb("1-4"), vec![port]) }
    }

    #[tokio::test]
    async fn what_is_in_the_way_of_a_scanner_comes_with_its_cure() {
        let denied = of_device(&Held, &device(Access::PermissionDenied, Speaks::Scanner)).await;
        assert!(!denied.well && denied.found.contains("udev rules"), "{}", denied.found);
        let held = of_device(&Held, &device(Access::Free, Speaks::Scanner)).await;
        assert!(!held.well && held.found.contains("tekser (pid 7)"), "{}", held.found);
        let plain = of_device(&Held, &device(Access::Free, Speaks::Codes)).await;
        assert!(plain.well && plain.found.contains("no Tekser scanner"), "{}", plain.found);
    }
}
