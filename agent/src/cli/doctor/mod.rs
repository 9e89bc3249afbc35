//! `tekser doctor`.
//!
//! | part | job |
//! |---|---|
//! | this | the data directory, the address, what is plugged in, adb |
//! | `sources` | who is asked about IMEIs: whether `registries.toml` is understood and they can be reached |
//! | `scanners` | scanners, asked themselves or through the station that runs |
//! | `system` | what only one system has: udev rules and `ModemManager` on Linux |

#[cfg_attr(target_os = "linux", path = "linux.rs")]
#[cfg_attr(not(target_os = "linux"), path = "elsewhere.rs")]
mod system;

mod scanners;
mod sources;

use std::path::Path;
use std::time::Duration;

use serde::Serialize;
use tekser_hardware::{Device, Role};

use super::machine::{ADB_SERVER, machine_bus, nothing_to_ask, obstacle};
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
    all.extend(sources::examine(setting).await);
    all.extend(system::examine());
    all.push(adb_server().await);
    all.extend(adb_key(setting));
    all.extend(bench());
    all.extend(scanners::examine(setting).await);
    output.value(&all);
    for examined in &all {
        let (colour, sign) =
            if examined.well { (Colour::Green, "✓") } else { (Colour::Red, "✗") };
        let line = format!("{sign} {:<12} {}", examined.what, examined.found);
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

/// How long an adb server may take to let us in; it is on this machine.
const ADB_PATIENCE: Duration = Duration::from_millis(500);

async fn adb_server() -> Examined {
    let what = "adb server";
    let connecting = tokio::net::TcpStream::connect(ADB_SERVER);
    match tokio::time::timeout(ADB_PATIENCE, connecting).await {
        Ok(Ok(_)) => Examined::ill(
            what,
            format!(
                "one runs on {ADB_SERVER} and keeps phones with USB debugging to itself: stop it \
                 with `adb kill-server`, or ask phones through it with --through-adb-server"
            ),
        ),
        _ => Examined::well(what, "none runs: phones are free".to_owned()),
    }
}

/// The key by which Android phones know this station.
fn adb_key(setting: &Setting) -> Option<Examined> {
    let place = setting.place().ok()?;
    Some(key_file(&place.adb_key()))
}

fn key_file(path: &Path) -> Examined {
    let what = "adb key";
    match std::fs::metadata(path) {
        Ok(found) if !found.is_file() => {
            Examined::ill(what, format!("{} is not a file: move it away", path.display()))
        }
        Ok(found) if system::is_open_to_others(&found) => Examined::ill(
            what,
            format!("{} can be read by others: take that right away (chmod 600)", path.display()),
        ),
        Ok(_) => match std::fs::File::open(path) {
            Ok(_) => Examined::well(what, path.display().to_string()),
            Err(error) => Examined::ill(
                what,
                format!("{} cannot be read ({error}): give it to this user", path.display()),
            ),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Examined::well(what, "made when the first Android phone is plugged in".to_owned())
        }
        Err(error) => Examined::ill(what, format!("{} ({error})", path.display())),
    }
}

fn bench() -> Vec<Examined> {
    let mut devices = machine_bus().devices();
    devices.retain(|device| device.role != Role::Scanner);
    if devices.is_empty() {
        let found = "nothing that could be read is plugged in; that is no fault".to_owned();
        return vec![Examined::well("bench", found)];
    }
    devices.iter().map(device).collect()
}

fn device(device: &Device) -> Examined {
    let what = "bench";
    if let Some(nothing) = nothing_to_ask(device) {
        return Examined::ill(what, format!("{}: {nothing}. {}", device.id, nothing.cure()));
    }
    match device.ports.iter().find_map(obstacle) {
        None => Examined::well(what, format!("{} can be read", device.id)),
        Some(obstacle) => {
            Examined::ill(what, format!("{}: {obstacle}. {}", device.id, obstacle.cure()))
        }
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_key_is_well_if_it_is_not_there_yet_or_is_only_ours() {
        let folder = tempfile::tempdir().unwrap();
        let key = folder.path().join("adb_key");
        assert!(key_file(&key).well);
        std::fs::write(&key, "key").unwrap();
        for (mode, well) in [(0o600, true), (0o644, false)] {
            std::fs::set_permissions(&key, std::fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(key_file(&key).well, well, "{mode:o}");
        }
        assert!(!key_file(folder.path()).well);
    }
}
