//! Who is asked about IMEIs: whether the settings are understood, and whether somebody is there.
//! Nothing is asked: a question may cost money.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::net::TcpStream;
use tokio::time::timeout;
use url::Url;

use super::Examined;
use crate::cli::Setting;
use crate::clock::{Clock, SystemClock};
use crate::place::Place;
use crate::registry::settings::{Settings, SourceSettings};

/// How long somebody may take to open the door.
const PATIENCE: Duration = Duration::from_secs(3);

const WHAT: &str = "registries";

pub(super) async fn examine(setting: &Setting) -> Vec<Examined> {
    // That the directory cannot be had is told elsewhere.
    let Ok(place) = setting.place() else {
        return Vec::new();
    };
    let settings = match Settings::load(&place.registries()) {
        Ok(settings) => settings,
        Err(error) => return vec![Examined::ill(WHAT, said(error))],
    };
    let mut all = Vec::new();
    if settings.asks_sandbox() {
        let found = "sandbox: embedded, always there, for practice only";
        all.push(Examined::well(WHAT, found.to_owned()));
    }
    all.extend(join_all(settings.sources().iter().map(|source| one(source, &place))).await);
    all
}

async fn one(source: &SourceSettings, place: &Place) -> Examined {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let name = &source.name;
    if let Err(error) = source.examine(place.path(), &clock) {
        return Examined::ill(WHAT, format!("{name}: {}", said(error)));
    }
    let Some(url) = &source.url else {
        return Examined::well(WHAT, format!("{name}: a person is asked"));
    };
    match reach(url).await {
        Ok(door) => Examined::well(WHAT, format!("{name}: {door} can be reached")),
        Err(why) => Examined::ill(WHAT, format!("{name}: {why}")),
    }
}

/// Opens a connection and closes it again.
async fn reach(url: &Url) -> Result<String, String> {
    let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
        return Err("its url names no host".to_owned());
    };
    let door = format!("{host}:{port}");
    match timeout(PATIENCE, TcpStream::connect(&door)).await {
        Ok(Ok(_)) => Ok(door),
        Ok(Err(error)) => Err(format!(
            "{door} cannot be reached ({error}): look at its url in registries.toml, and at the network"
        )),
        Err(_) => Err(format!(
            "{door} did not answer within {} seconds: look at the network",
            PATIENCE.as_secs()
        )),
    }
}

fn said(error: impl std::error::Error + Send + Sync + 'static) -> String {
    format!("{:#}", anyhow::Error::new(error))
}
