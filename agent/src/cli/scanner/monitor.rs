//! `tekser scanner monitor`.

use std::sync::Arc;

use serde_json::{Value, json};
use tekser_hardware::bus::{Change, Opening};
use tekser_hardware::{Bus, Device, PortName, Role};
use tokio::task::JoinSet;

use super::show;
use crate::cli::machine::bus_with_scanners;
use crate::cli::output::Output;
use crate::cli::remote::Remote;
use crate::cli::serve::wait_for_the_end;
use crate::cli::{Ended, Failure, Outcome, Setting};
use crate::counter::{KeptScan, ScannerView};
use crate::id::ScanId;
use crate::station::Station;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// Only codes of this scanner, by its serial number.
    #[arg(long)]
    scanner: Option<String>,
    /// With no station running: a port with a scanner that the USB does not tell of. May be given
    /// several times.
    #[arg(long = "port", value_name = "PORT")]
    ports: Vec<String>,
    /// End after so many codes.
    #[arg(long, value_name = "N")]
    count: Option<u64>,
}

pub(super) async fn run(arguments: Arguments, setting: &Setting, output: &Output) -> Ended {
    let mut monitor = Monitor::new(&arguments, output);
    match Remote::find(setting)? {
        Some(station) => {
            output.line("following the station that runs; Ctrl-C ends");
            tokio::select! {
                followed = monitor.follow(&station) => followed?,
                () = wait_for_the_end() => {}
            }
        }
        None => keep(&arguments, setting, &mut monitor, output).await?,
    }
    Ok(Outcome::finding_if(monitor.found_nothing))
}

/// What is shown of what happens.
struct Monitor<'a> {
    scanner: Option<&'a str>,
    left: Option<u64>,
    output: &'a Output,
    /// The newest code that was shown.
    newest: Option<ScanId>,
    /// A code was among them that says nothing of a phone.
    found_nothing: bool,
}

impl<'a> Monitor<'a> {
    fn new(arguments: &'a Arguments, output: &'a Output) -> Self {
        let scanner = arguments.scanner.as_deref();
        Self { scanner, left: arguments.count, output, newest: None, found_nothing: false }
    }

    async fn follow(&mut self, station: &Remote) -> Result<(), Failure> {
        let mut events = station.follow().await?;
        while let Some(event) = events.next().await {
            let kind = event["kind"].as_str().unwrap_or_default().to_owned();
            if self.take(&kind, event["body"].clone()) {
                return Ok(());
            }
        }
        self.output.line("the station has stopped");
        Ok(())
    }

    /// Shows an event; `true` if enough was shown.
    fn take(&mut self, kind: &str, body: Value) -> bool {
        let is_meant = |name: &str| self.scanner.is_none_or(|one| one.eq_ignore_ascii_case(name));
        match kind {
            "scan" => match serde_json::from_value::<KeptScan>(body) {
                // One is told again when its box becomes a phone.
                Ok(scan) if is_meant(scan.scanner.as_str()) && Some(scan.id) > self.newest => {
                    self.newest = Some(scan.id);
                    self.line(kind, &json!(scan));
                    show::scan(&scan, self.output);
                    self.found_nothing |= scan.handset.is_none();
                    self.left = self.left.map(|left| left.saturating_sub(1));
                }
                _ => {}
            },
            "scanner" => match serde_json::from_value::<ScannerView>(body) {
                Ok(view) if is_meant(view.known.name.as_str()) => self.line(kind, &json!(view)),
                _ => {}
            },
            _ => {}
        }
        self.left == Some(0)
    }

    fn line(&self, kind: &str, body: &Value) {
        if self.output.is_json() {
            self.output.text(&json!({ "kind": kind, "body": body }).to_string());
        }
    }
}

/// Takes scans as the station would: they are kept in its data before they are shown.
async fn keep(
    arguments: &Arguments,
    setting: &Setting,
    monitor: &mut Monitor<'_>,
    output: &Output,
) -> Result<(), Failure> {
    let mut config = setting.config()?;
    config.buses = vec![Arc::new(OnlyScanners(bus_with_scanners(&arguments.ports)))];
    let station = Station::open(config).await?;
    let _lock = station.place.lock()?;
    let mut news = station.store.follow();
    let mut after = *news.borrow_and_update();
    let mut tasks = JoinSet::new();
    tasks.spawn(Arc::clone(&station.bench).watch());
    tasks.spawn(Arc::clone(&station.counter).attend());
    output.line("no station runs: scans are taken here and kept in its data; Ctrl-C ends");
    let showing = async {
        loop {
            for event in station.store.events_after(after, 256).await? {
                after = event.seq;
                if monitor.take(event.kind.name(), event.body) {
                    return Ok(());
                }
            }
            if news.changed().await.is_err() {
                return Ok(());
            }
        }
    };
    let shown = tokio::select! {
        shown = showing => shown,
        () = wait_for_the_end() => Ok(()),
    };
    tasks.shutdown().await;
    station.store.close().await;
    shown
}

/// The scanners of a bus: phones are left alone.
struct OnlyScanners(Arc<dyn Bus>);

impl Bus for OnlyScanners {
    fn devices(&self) -> Vec<Device> {
        let mut devices = self.0.devices();
        devices.retain(|device| device.role == Role::Scanner);
        devices
    }

    fn changed(&self) -> Change<'_> {
        self.0.changed()
    }

    fn open<'a>(&'a self, port: &'a PortName) -> Opening<'a> {
        self.0.open(port)
    }
}
