//! The two sides of a device: its serial ports, and its debug bridge.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinSet;
use tracing::debug;

use super::{News, Options, Trouble, join};
use crate::adb::{self, Progress, ReadError, Server, ServerError, Which};
use crate::at::{self, Hint};
use crate::bus::{Bus, Device, Role, Speaks};
use crate::link::{Link, OpenError};
use crate::port::PortName;
use crate::reading::Reading;

/// Asks the serial ports, all at once, again while it may help.
pub(super) async fn at(
    bus: &Arc<dyn Bus>,
    device: &Device,
    options: &Options,
) -> Result<Reading, Trouble> {
    let mut ports = names(device, Speaks::At);
    let mut waits = options.again.iter();
    loop {
        let (reading, mut troubles) = round(bus, device, options, &ports).await;
        if let Some(reading) = reading {
            return Ok(reading);
        }
        let may_pass = troubles.iter().any(|(_, trouble)| trouble.is_retryable());
        match waits.next() {
            Some(wait) if may_pass => {
                troubles.retain(|(_, trouble)| trouble.is_retryable());
                ports = troubles.into_iter().map(|(port, _)| port).collect();
                tokio::time::sleep(*wait).await;
            }
            _ => return Err(heaviest(troubles)),
        }
    }
}

/// One round over these ports: the reading that speaks for the phone, or every port's trouble.
async fn round(
    bus: &Arc<dyn Bus>,
    device: &Device,
    options: &Options,
    ports: &[PortName],
) -> (Option<Reading>, Vec<(PortName, Trouble)>) {
    let mut asking = JoinSet::new();
    for (place, port) in ports.iter().enumerate() {
        let (bus, device, port) = (Arc::clone(bus), device.clone(), port.clone());
        let budget = options.at;
        asking.spawn(async move {
            let outcome = at_port(&bus, &device, &port, budget).await;
            (place, port, outcome)
        });
    }
    let mut heard = Vec::new();
    let mut troubles = Vec::new();
    while let Some(ended) = asking.join_next().await {
        match ended {
            Ok((place, _, Ok(reading))) => {
                let enough = is_sound(&reading) && !may_lack_a_card(device, &reading);
                heard.push((place, reading));
                if enough {
                    // Dropping the others lets go of their ports.
                    break;
                }
            }
            Ok((_, port, Err(trouble))) => {
                debug!(%port, %trouble, "a port gave nothing");
                troubles.push((port, trouble));
            }
            Err(broken) if broken.is_panic() => std::panic::resume_unwind(broken.into_panic()),
            Err(_) => {}
        }
    }
    heard.sort_by_key(|(place, _)| *place);
    (speaking_for_all(heard.into_iter().map(|(_, reading)| reading).collect()), troubles)
}

/// The reading that speaks for the phone: all whole IMEIs, or else the port that told most.
fn speaking_for_all(heard: Vec<Reading>) -> Option<Reading> {
    let (sound, rest): (Vec<_>, Vec<_>) = heard.into_iter().partition(is_sound);
    let better =
        |best: Reading, next: Reading| if worth(&next) > worth(&best) { next } else { best };
    sound.into_iter().reduce(join).or_else(|| rest.into_iter().reduce(better))
}

/// Whether another port of this phone may speak for another card.
fn may_lack_a_card(device: &Device, reading: &Reading) -> bool {
    let mut numbers: Vec<_> =
        reading.claims.iter().filter_map(|claim| claim.value.imei()).collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers.len() < 2 && at::has_a_port_for_each_card(device.usb_id, reading)
}

async fn at_port(
    bus: &Arc<dyn Bus>,
    device: &Device,
    port: &PortName,
    budget: at::Budget,
) -> Result<Reading, Trouble> {
    let mut link = open(bus, device, port).await?;
    Ok(at::read(&mut link, Hint { usb_id: device.usb_id }, budget).await?)
}

/// Opens a port of this device, and of no other one that was put in its place before: ports of the
/// next phone often have the same names. A link that is open never outlives its plug-in.
async fn open(bus: &Arc<dyn Bus>, device: &Device, port: &PortName) -> Result<Link, OpenError> {
    let link = bus.open(port).await?;
    if is_there(bus, device).await {
        Ok(link)
    } else {
        Err(OpenError::NotFound { port: port.clone() })
    }
}

/// Whether the device is still plugged in, and was not replaced.
async fn is_there(bus: &Arc<dyn Bus>, device: &Device) -> bool {
    let bus = Arc::clone(bus);
    let present = tokio::task::spawn_blocking(move || bus.devices()).await.unwrap_or_default();
    present.iter().any(|now| (&now.id, now.plug) == (&device.id, device.plug))
}

/// Whether a reading gives a whole IMEI.
fn is_sound(reading: &Reading) -> bool {
    reading.claims.iter().any(|claim| claim.value.imei().is_some())
}

/// How much a reading without a whole IMEI tells.
fn worth(reading: &Reading) -> (usize, usize, bool, bool) {
    let numbers = reading.claims.iter().filter(|claim| claim.value.imei14().is_some()).count();
    (numbers, reading.claims.len(), reading.serial.is_some(), reading.model.is_some())
}

fn heaviest(troubles: Vec<(PortName, Trouble)>) -> Trouble {
    let nothing = Trouble::NoPort { role: Role::Phone };
    troubles.into_iter().map(|(_, trouble)| trouble).fold(nothing, |best, trouble| {
        let better = matches!(best, Trouble::NoPort { .. }) || trouble.weight() > best.weight();
        if better { trouble } else { best }
    })
}

/// Asks the debug bridge, again while it may help.
pub(super) async fn adb(
    bus: &Arc<dyn Bus>,
    device: &Device,
    options: &Options,
    tell: &UnboundedSender<News>,
) -> Result<Reading, Trouble> {
    // Waiting for a person is the only part that can be stopped: it is the only long one.
    tokio::select! {
        biased;
        outcome = adb_again(bus, device, options, tell) => outcome,
        () = options.stop.stopped() => Err(Trouble::Stopped),
    }
}

async fn adb_again(
    bus: &Arc<dyn Bus>,
    device: &Device,
    options: &Options,
    tell: &UnboundedSender<News>,
) -> Result<Reading, Trouble> {
    let mut waits = options.again.iter();
    loop {
        let trouble = match adb_once(bus, device, options, tell).await {
            Ok(reading) => return Ok(reading),
            Err(trouble) => trouble,
        };
        match waits.next() {
            Some(wait) if trouble.is_retryable() => tokio::time::sleep(*wait).await,
            _ => return Err(trouble),
        }
    }
}

/// The first debug port that can be opened speaks for the phone.
async fn adb_once(
    bus: &Arc<dyn Bus>,
    device: &Device,
    options: &Options,
    tell: &UnboundedSender<News>,
) -> Result<Reading, Trouble> {
    let mut worst = None;
    if let Some(server) = options.adb_server {
        match through_server(server, device, options.adb).await {
            // It may have had the next phone in this place by then.
            Ok(_) if !is_there(bus, device).await => return Err(ReadError::Gone.into()),
            Ok(reading) => return Ok(reading),
            // It does not run, or has not got this phone: the port is free for us.
            Err(error @ ReadError::Server(ServerError::Absent | ServerError::NotFound)) => {
                worst = Some(error.into());
            }
            Err(error) => return Err(error.into()),
        }
    }
    for port in names(device, Speaks::Adb) {
        let link = match open(bus, device, &port).await {
            Ok(link) => link,
            Err(error) => {
                worst.get_or_insert(Trouble::Open(error));
                continue;
            }
        };
        let progress = |progress| {
            // Nobody listening means that nobody waits for the reading either.
            let _ = tell.send(match progress {
                Progress::WaitingForAllow { until } => News::Waiting { until },
                Progress::Allowed => News::Allowed,
            });
        };
        return Ok(adb::read(link, &options.keys, options.adb, progress).await?);
    }
    Err(worst.unwrap_or(Trouble::NoPort { role: device.role }))
}

/// Reads a phone that a running adb server has.
async fn through_server(
    server: SocketAddr,
    device: &Device,
    budget: adb::Budget,
) -> Result<Reading, ReadError> {
    let serial = device.serial.clone();
    let which = match device.id.as_str().strip_prefix("usb:") {
        Some(place) => Some(Which::Topology { place: place.to_owned(), serial }),
        None => serial.map(Which::Serial),
    };
    let which = which.ok_or(ServerError::NotFound)?;
    Server::new(server).read(&which, budget).await
}

fn names(device: &Device, speaks: Speaks) -> Vec<PortName> {
    device.speaking(speaks).map(|port| port.name.clone()).collect()
}
