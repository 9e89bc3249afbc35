//! `tekser doctor`.

use serde::Serialize;
use tekser_hardware::serial::SerialBus;
use tekser_hardware::{Access, Bus as _};

use super::output::{Colour, Output};
use super::{Ended, Failure, Outcome, Setting};
use crate::api::Address;
use crate::place::PlaceError;
use crate::station::{Config, Station};

/// One thing that was looked at.
#[derive(Serialize)]
struct Examined {
    what: &'static str,
    well: bool,
    found: String,
}

impl Examined {
    const fn well(what: &'static str, found: String) -> Self {
        Self { what, well: true, found }
    }

    const fn ill(what: &'static str, found: String) -> Self {
        Self { what, well: false, found }
    }
}

pub(super) async fn run(setting: &Setting, output: &Output) -> Ended {
    let mut all = vec![data_directory(setting).await];
    all.push(address().await);
    all.extend(ports());
    output.value(&all);
    for examined in &all {
        let (colour, sign) =
            if examined.well { (Colour::Green, "✓") } else { (Colour::Red, "✗") };
        let line = format!("{sign} {:<10} {}", examined.what, examined.found);
        output.line(&output.paint(colour, &line));
    }
    Ok(Outcome::finding_if(all.iter().any(|examined| !examined.well)))
}

async fn data_directory(setting: &Setting) -> Examined {
    let what = "data";
    let place = match setting.place() {
        Ok(place) => place,
        Err(Failure::Usage(error) | Failure::Environment(error)) => {
            return Examined::ill(what, format!("{error:#}"));
        }
    };
    if let Err(error) = Station::open(Config::new(place.clone())).await {
        return Examined::ill(what, format!("{:#}", anyhow::Error::new(error)));
    }
    let path = place.path().display().to_string();
    match place.lock() {
        Ok(_) => Examined::well(what, format!("{path}, free")),
        Err(PlaceError::Held { .. }) => {
            Examined::well(what, format!("{path}, a station runs on it"))
        }
        Err(error) => Examined::ill(what, error.to_string()),
    }
}

async fn address() -> Examined {
    let what = "address";
    match tokio::net::TcpListener::bind(Address::DEFAULT).await {
        Ok(_) => Examined::well(what, format!("{} is free", Address::DEFAULT)),
        Err(error) => Examined::ill(
            what,
            format!(
                "{} cannot be had ({error}); a station or another program uses it",
                Address::DEFAULT
            ),
        ),
    }
}

fn ports() -> Vec<Examined> {
    let what = "bench";
    let devices = SerialBus::machine().devices();
    if devices.is_empty() {
        let found = "nothing with a serial port is plugged in; that is no fault".to_owned();
        return vec![Examined::well(what, found)];
    }
    let examine = |device: tekser_hardware::Device| match device.access() {
        Access::Free => Examined::well(what, format!("{} can be read", device.id)),
        Access::PermissionDenied => Examined::ill(
            what,
            format!("{} may not be opened: add this user to the group dialout", device.id),
        ),
        Access::Busy { holder } => {
            let holder = holder.as_deref().unwrap_or("another program");
            Examined::ill(what, format!("{} is held by {holder}: close it", device.id))
        }
    };
    devices.into_iter().map(examine).collect()
}
