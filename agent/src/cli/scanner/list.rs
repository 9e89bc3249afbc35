//! `tekser scanner list`.

use serde_json::{Value, json};
use tekser_hardware::{Device, Role, Speaks};

use super::show;
use super::which::Page;
use crate::bench::{DeviceState, DeviceView};
use crate::cli::machine::{machine_bus, obstacle};
use crate::cli::output::{Colour, Output};
use crate::cli::remote::Remote;
use crate::cli::{Ended, Failure, Outcome, Setting};
use crate::counter::{ScannerState, ScannerView};
use crate::finding::Severity;

pub(super) async fn run(setting: &Setting, output: &Output) -> Ended {
    match Remote::find(setting)? {
        Some(station) => of_station(&station, output).await,
        None => of_machine(setting, output).await,
    }
}

/// What the station that runs knows and hears.
async fn of_station(station: &Remote, output: &Output) -> Ended {
    let scanners: Page<ScannerView> = station.get("/api/v1/scanners").await?;
    let devices: Page<DeviceView> = station.get("/api/v1/devices").await?;
    let unheard = |device: &DeviceView| {
        device.role == Role::Scanner && !matches!(device.state, DeviceState::Connected { .. })
    };
    let unheard: Vec<DeviceView> = devices.items.into_iter().filter(unheard).collect();
    let all = scanners.items.iter().map(|view| json!(view));
    let all: Vec<Value> = all.chain(unheard.iter().map(|device| json!(device))).collect();
    output.value(&all);
    scanners.items.iter().for_each(|view| show::scanner(view, output));
    let mut trouble = scanners.items.iter().any(needs_a_look);
    for device in &unheard {
        let name = device.product.as_deref().unwrap_or("scanner");
        output.line(&format!("{:<16}  {name}, not heard", device.id.as_str()));
        if let DeviceState::Failed { message, cure, .. } = &device.state {
            trouble = true;
            output.line(&output.paint(Colour::Red, &format!("  ✗ {message}")));
            output.line(&format!("    what to do: {cure}"));
        }
    }
    nothing(all.is_empty(), output);
    Ok(Outcome::finding_if(trouble))
}

/// What is plugged in and what the station's data tells; nothing is opened.
async fn of_machine(setting: &Setting, output: &Output) -> Ended {
    let looking = tokio::task::spawn_blocking(|| machine_bus().devices());
    let mut devices = looking.await?;
    devices.retain(|device| device.role == Role::Scanner);
    let known = known(setting).await?;
    let is_here = |view: &ScannerView| {
        let name = view.known.name.as_str();
        devices
            .iter()
            .any(|device| device.id.as_str() == name || device.serial.as_deref() == Some(name))
    };
    let away: Vec<&ScannerView> = known.iter().filter(|view| !is_here(view)).collect();
    let all = devices.iter().map(|device| json!(device));
    let all: Vec<Value> = all.chain(away.iter().map(|view| json!(view))).collect();
    output.value(&all);
    let mut trouble = known.iter().any(needs_a_look);
    for device in &devices {
        trouble |= show_device(device, output);
    }
    away.iter().for_each(|view| show::scanner(view, output));
    nothing(all.is_empty(), output);
    Ok(Outcome::finding_if(trouble))
}

async fn known(setting: &Setting) -> Result<Vec<ScannerView>, Failure> {
    let station = setting.station().await?;
    let known = station.counter.scanners().await?;
    station.store.close().await;
    Ok(known)
}

/// Shows a scanner that is plugged in; `true` if something is in its way.
fn show_device(device: &Device, output: &Output) -> bool {
    let name = device.product.as_deref().unwrap_or("scanner");
    let kind = if device.speaking(Speaks::Scanner).next().is_some() {
        "plugged in"
    } else if device.ports.is_empty() {
        "plugged in; it types what it reads, so scan into the page"
    } else {
        "plugged in; it works, but is no Tekser scanner"
    };
    output.line(&format!("{:<16}  {name}, {kind}", device.id.as_str()));
    let mut trouble = false;
    for port in &device.ports {
        output.line(&format!("  port      {}", port.name));
        if let Some(obstacle) = obstacle(port) {
            trouble = true;
            output.line(&output.paint(Colour::Red, &format!("  ✗ {obstacle}")));
            output.line(&format!("    what to do: {}", obstacle.cure()));
        }
    }
    trouble
}

fn needs_a_look(view: &ScannerView) -> bool {
    view.state == ScannerState::Silent
        || view.findings.iter().any(|finding| finding.severity > Severity::Info)
}

fn nothing(is_empty: bool, output: &Output) {
    if is_empty {
        output.line("no scanner is plugged in, and none was ever heard");
        output.line("one behind a serial adapter is named: tekser serve --scanner PORT");
    }
}
