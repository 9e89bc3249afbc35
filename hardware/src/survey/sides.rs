//! The two sides of a device: its serial ports, and its debug bridge.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinSet;
use tracing::debug;

use super::{News, Options, Trouble};
use crate::adb::{self, Progress, ReadError, Server, ServerError, Which};
use crate::at::{self, Hint};
use crate::bus::{Bus, Device, Role, Speaks};
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
    for port in ports {
        let (bus, port) = (Arc::clone(bus), port.clone());
        let (hint, budget) = (Hint { usb_id: device.usb_id }, options.at);
        asking.spawn(async move {
            let outcome = at_port(&*bus, &port, hint, budget).await;
            (port, outcome)
        });
    }
    let mut best: Option<Reading> = None;
    let mut troubles = Vec::new();
    while let Some(ended) = asking.join_next().await {
        match ended {
            // Dropping the others lets go of their ports.
            Ok((_, Ok(reading))) if is_sound(&reading) => return (Some(reading), troubles),
            Ok((_, Ok(reading))) => {
                if best.as_ref().is_none_or(|best| worth(&reading) > worth(best)) {
                    best = Some(reading);
                }
            }
            Ok((port, Err(trouble))) => {
                debug!(%port, %trouble, "a port gave nothing");
                troubles.push((port, trouble));
            }
            Err(broken) if broken.is_panic() => std::panic::resume_unwind(broken.into_panic()),
            Err(_) => {}
        }
    }
    (best, troubles)
}

async fn at_port(
    bus: &dyn Bus,
    port: &PortName,
    hint: Hint,
    budget: at::Budget,
) -> Result<Reading, Trouble> {
    let mut link = bus.open(port).await?;
    Ok(at::read(&mut link, hint, budget).await?)
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
            Ok(reading) => return Ok(reading),
            // It does not run, or has not got this phone: the port is free for us.
            Err(error @ ReadError::Server(ServerError::Absent | ServerError::NotFound)) => {
                worst = Some(error.into());
            }
            Err(error) => return Err(error.into()),
        }
    }
    for port in names(device, Speaks::Adb) {
        let link = match bus.open(&port).await {
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
    let place = device.id.as_str().strip_prefix("usb:").map(str::to_owned).map(Which::Topology);
    let which = place.or_else(|| device.serial.clone().map(Which::Serial));
    let which = which.ok_or(ServerError::NotFound)?;
    Server::new(server).read(&which, budget).await
}

fn names(device: &Device, speaks: Speaks) -> Vec<PortName> {
    device.speaking(speaks).map(|port| port.name.clone()).collect()
}
