//! `tekser serve`.

use std::io::IsTerminal as _;
use std::sync::Arc;

use anyhow::anyhow;

use super::machine::{AdbArguments, bus_with_scanners};
use super::output::{Colour, Output};
use super::{Ended, Outcome, Setting};
use crate::api::{Address, Server};
use crate::registry::sandbox::Sandbox;
use crate::registry::{RegistryId, Role};
use crate::station::Station;

/// Runs until Ctrl-C. Phones are read as they are plugged in; the page and the web API are open
/// to this machine only.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Address to listen on; only loopback is possible.
    #[arg(long, env = "TEKSER_ADDRESS", default_value = Address::DEFAULT)]
    address: Address,
    /// A port with a Tekser scanner that the USB does not tell of: behind a serial adapter, or a
    /// pseudo-terminal. May be given several times; a port that is not there yet is waited for.
    #[arg(long = "scanner", value_name = "PORT")]
    scanners: Vec<String>,
    #[command(flatten)]
    adb: AdbArguments,
}

pub(super) async fn run(arguments: Arguments, setting: &Setting, output: &Output) -> Ended {
    arguments.adb.check()?;
    let mut config = setting.config()?;
    config.buses = vec![bus_with_scanners(&arguments.scanners)];
    config.asking = arguments.adb.asking(&config.place)?;
    let station = Station::open(config).await?;
    let mut running = station.run().await?;
    let server = Server::start(Arc::clone(&station), arguments.address).await?;
    station.place.announce(server.address())?;
    announce(output, &station, &server);
    let whole = tokio::select! {
        () = wait_for_the_end() => true,
        () = running.broken() => false,
    };
    output.line("stopping");
    server.stop().await;
    drop(running);
    station.store.close().await;
    if whole {
        return Ok(Outcome::Fine);
    }
    Err(anyhow!("a part of the station broke; nothing accepted is lost: start it again").into())
}

/// Says where the station is. The page's address holds the token, so it goes to a screen or to a
/// program that asked for JSON, and never to a service manager's log.
pub(super) fn announce(output: &Output, station: &Station, server: &Server) {
    output.value(&serde_json::json!({
        "address": format!("http://{}", server.address()),
        "page": server.page(station),
        "data": station.place.path(),
        "asked": station.checks.sources().iter().map(|source| source.id()).collect::<Vec<_>>(),
        "files_with": station.registries().collect::<Vec<_>>(),
    }));
    if std::io::stdout().is_terminal() {
        output.line(&format!("page      {}", server.page(station)));
    } else {
        output.line(&format!("page      http://{}/", server.address()));
        output.line("token     in the file `token` of the data directory");
    }
    output.line(&format!("web API   http://{}/api/v1", server.address()));
    output.line(&format!("data      {}", station.place.path().display()));
    for (line, embedded) in who(station) {
        let line = if embedded { output.paint(Colour::Yellow, &line) } else { line };
        output.line(&line);
    }
    output.line("Ctrl-C stops the station; whatever was accepted is on disk");
}

/// Who is asked and who is filed with, a line each, and whether it is the embedded one.
fn who(station: &Station) -> Vec<(String, bool)> {
    let is_sandbox = |id: &RegistryId| id.as_str() == Sandbox::NAME;
    let mut lines = Vec::new();
    for source in station.checks.sources() {
        let (id, terms) = (source.id(), source.terms());
        let role = match terms.role {
            Role::Decides => "decides",
            Role::Warns => "warns of bad news",
        };
        let paid = if terms.paid { ", a question costs money" } else { "" };
        let note = if is_sandbox(&id) { " (embedded: for practice only)" } else { "" };
        lines.push((format!("asked     {id}{note}: {role}{paid}"), is_sandbox(&id)));
    }
    for id in station.registries() {
        let note = if is_sandbox(id) { " (embedded: approvals are for practice only)" } else { "" };
        lines.push((format!("files to  {id}{note}"), is_sandbox(id)));
    }
    lines
}

/// Waits for Ctrl-C or, where there is one, the signal that service managers send.
pub(super) async fn wait_for_the_end() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
