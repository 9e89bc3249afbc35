//! `tekser read`.

use std::sync::Arc;

use anyhow::anyhow;
use jiff::Timestamp;
use serde::Serialize;
use tekser_hardware::at::{self, Budget, Hint};
use tekser_hardware::serial::SerialBus;
use tekser_hardware::{Bus, Device, DeviceId, Port, PortName, Reading, Speaks};

use super::output::{Colour, Cured, Output};
use super::{Ended, Failure, Outcome};
use crate::bench::{Handset, RecordedReading, merge};
use crate::finding::Severity;
use crate::id::{HandsetId, ReadingId};

/// Reads what is plugged in, or the phone on one port, and prints its IMEIs. Nothing is stored and
/// nothing on the phone changes.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The port, such as /dev/ttyACM0 or COM7; all phones if not said.
    #[arg(long)]
    port: Option<String>,
}

/// One phone, for programs.
#[derive(Serialize)]
struct View<'a> {
    device: &'a DeviceId,
    #[serde(skip_serializing_if = "Option::is_none")]
    handset: Option<&'a Handset>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reading: Option<&'a Reading>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

pub(super) async fn run(arguments: Arguments, output: &Output) -> Ended {
    let single = arguments.port.is_some();
    let bus = arguments
        .port
        .map_or_else(SerialBus::machine, |port| SerialBus::single(PortName::new(port)));
    let bus: Arc<dyn Bus> = Arc::new(bus);
    let devices = bus.devices();
    if devices.is_empty() {
        return Err(Failure::Environment(anyhow!(
            "nothing is plugged in that has a serial port; `tekser doctor` looks for the reason"
        )));
    }
    output.progress(&format!("reading {} …", plural(devices.len())));
    let tasks: Vec<_> = devices
        .into_iter()
        .map(|device| {
            let bus = Arc::clone(&bus);
            tokio::spawn(async move {
                let reading = read(&*bus, &device).await;
                (device, reading)
            })
        })
        .collect();
    let mut outcome = Outcome::Fine;
    let mut views = Vec::new();
    for task in tasks {
        let (device, reading) = task.await?;
        match reading {
            Ok(reading) => {
                let handset = as_handset(&device, &reading);
                views.push((device, Ok((handset, reading))));
            }
            Err(error) if single => return Err(Failure::Environment(error)),
            Err(error) => views.push((device, Err(error))),
        }
    }
    output.progress("");
    for (device, view) in &views {
        match view {
            Ok((Some(handset), _)) => {
                let stop = handset.worst() == Some(Severity::Stop);
                if stop || handset.imeis().is_empty() {
                    outcome = Outcome::Finding;
                }
                output.line(&output.paint(Colour::Dim, device.id.as_str()));
                if !output.is_json() {
                    output.handset(handset);
                }
            }
            Ok((None, _)) => outcome = Outcome::Finding,
            Err(error) => {
                outcome = Outcome::Finding;
                output.line(&output.paint(Colour::Dim, device.id.as_str()));
                output.line(&output.paint(Colour::Red, &format!("✗ {error}")));
            }
        }
    }
    output.value(&views.iter().map(|(device, view)| view_of(device, view)).collect::<Vec<_>>());
    Ok(outcome)
}

fn view_of<'a>(
    device: &'a Device,
    view: &'a anyhow::Result<(Option<Handset>, Reading)>,
) -> View<'a> {
    let device = &device.id;
    match view {
        Ok((handset, reading)) => {
            View { device, handset: handset.as_ref(), reading: Some(reading), error: None }
        }
        Err(error) => {
            View { device, handset: None, reading: None, error: Some(format!("{error:#}")) }
        }
    }
}

fn plural(devices: usize) -> String {
    if devices == 1 { "one device".to_owned() } else { format!("{devices} devices") }
}

/// Reads a device on the first of its ports that answers.
pub(super) async fn read(bus: &dyn Bus, device: &Device) -> anyhow::Result<Reading> {
    let mut trouble = anyhow!("{} has no port that could be asked", device.id);
    for Port { name: port, .. } in device.speaking(Speaks::At) {
        let mut link = match bus.open(port).await {
            Ok(link) => link,
            Err(error) => {
                trouble = Cured { cure: error.cure(), inner: error.into() }.into();
                continue;
            }
        };
        match at::read(&mut link, Hint { usb_id: device.usb_id }, Budget::default()).await {
            Ok(reading) => return Ok(reading),
            Err(error) => {
                let cure = error.cure().to_owned();
                let error = anyhow::Error::new(error).context(format!("{port} was not read"));
                trouble = Cured { cure, inner: error }.into();
            }
        }
    }
    Err(trouble)
}

fn as_handset(device: &Device, reading: &Reading) -> Option<Handset> {
    let handset = HandsetId::new();
    let recorded = RecordedReading {
        id: ReadingId::new(),
        at: Timestamp::now(),
        device: Some(device.id.clone()),
        handset,
        reading: reading.clone(),
    };
    merge(handset, &[recorded])
}
