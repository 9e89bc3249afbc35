//! One scanner that is plugged in: its port is opened, it is heard until it is gone, and opened
//! again.

use std::sync::Arc;
use std::time::Duration;

use tekser_hardware::scanner::{Line, LineScanner, Session, SessionError};
use tekser_hardware::{Device, Link, OpenError, Port, Speaks};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tracing::{info, warn};

use super::order::ORDERS_MAX;
use super::talk::Talk;
use super::{Code, Connected, Counter, KnownScanner, ScannerName, lock};
use crate::bench::{DeviceState, FailureCode, Plugged};
use crate::store::StoreError;

/// Waits between attempts to open a port; the last is repeated.
const AGAIN: [Duration; 4] = [
    Duration::from_millis(200),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(3),
];

/// A scanner that was heard for so long is tried again at once when it falls silent.
const STEADY: Duration = Duration::from_secs(5);

/// Why a scanner is no longer heard.
#[derive(Debug, thiserror::Error)]
pub(super) enum Ended {
    /// Its port can't be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The link broke.
    #[error(transparent)]
    Link(#[from] SessionError),
    /// What it sends can't be kept; it keeps it meanwhile.
    #[error("what the scanner sends cannot be kept")]
    Store(#[from] StoreError),
    /// Another one that is connected says it is this one.
    #[error("another scanner that is connected has the number {0} too")]
    Twice(ScannerName),
    /// It has no port any more.
    #[error("the scanner has no port")]
    NoPort,
}

impl Ended {
    /// How the device is shown meanwhile.
    fn state(&self) -> DeviceState {
        let (code, cure) = match self {
            Self::Open(error) => (FailureCode::of_opening(error), error.cure()),
            // Restarted, or pulled out: the bench knows soon.
            Self::Link(SessionError::Gone) => return DeviceState::Starting,
            Self::Link(error) => (FailureCode::PortFailed, error.cure().to_owned()),
            Self::Store(_) => (
                FailureCode::NotKept,
                "free disk space and check the data directory; the scanner keeps its scans meanwhile"
                    .to_owned(),
            ),
            Self::Twice(_) => {
                (FailureCode::ScannerTwice, "plug one of the two in at a time".to_owned())
            }
            Self::NoPort => (
                FailureCode::NoPort,
                "plug the scanner in again, and check the system's driver for it".to_owned(),
            ),
        };
        DeviceState::Failed { code, message: self.to_string(), cure }
    }
}

impl Counter {
    /// Hears a scanner until it is pulled out.
    pub(super) async fn attend_one(self: Arc<Self>, plugged: Plugged) {
        let mut waits = AGAIN.iter().copied().peekable();
        while let Some(device) = self.bench.scanner(&plugged.id, plugged.arrival) {
            let began = Instant::now();
            let Err(ended) = self.hear(&plugged, &device).await;
            if began.elapsed() >= STEADY {
                waits = AGAIN.iter().copied().peekable();
            }
            info!(device = %plugged.id, why = &ended as &dyn std::error::Error, "scanner not heard");
            self.left(&plugged, matches!(ended, Ended::Store(_))).await;
            self.show_device(&plugged, ended.state()).await;
            let wait = if waits.len() > 1 { waits.next() } else { waits.peek().copied() };
            tokio::time::sleep(wait.unwrap_or_default()).await;
        }
        self.left(&plugged, false).await;
    }

    async fn hear(
        &self,
        plugged: &Plugged,
        device: &Device,
    ) -> Result<core::convert::Infallible, Ended> {
        let first = |speaks| device.speaking(speaks).next();
        let port = first(Speaks::Scanner).or_else(|| first(Speaks::Codes)).ok_or(Ended::NoPort)?;
        let link = plugged.bus.open(&port.name).await?;
        match port.speaks {
            Speaks::Scanner => {
                let session = Session::new(link);
                Talk::new(self, plugged, session).go_on().await
            }
            _ => self.listen(plugged, device, port, link).await,
        }
    }

    /// Takes what a scanner of another make sends. It keeps nothing, so each code is held here
    /// until it is durable.
    async fn listen(
        &self,
        plugged: &Plugged,
        device: &Device,
        port: &Port,
        link: Link,
    ) -> Result<core::convert::Infallible, Ended> {
        let origin = self.meet_plain(&plugged.id, device.product.as_deref()).await?;
        let name = origin.key.scanner.clone();
        // Nobody answers there, and nobody is asked.
        let (orders, _ordered) = mpsc::channel(ORDERS_MAX);
        self.arrived(plugged, &name, orders).await?;
        info!(device = %plugged.id, port = %port.name, "a scanner of another make is heard");
        let mut scanner = LineScanner::new(link);
        loop {
            let (aim, text) = match scanner.next().await? {
                Line::Code { aim, text } => (aim, text),
                Line::TooLong => {
                    warn!(device = %plugged.id, "a code was too long and is not taken");
                    continue;
                }
            };
            let (sequence, box_number, at, verdict) = (None, None, None, None);
            let code = Code { sequence, box_number, at, aim, verdict, text };
            while let Err(error) = self.take(&origin, core::slice::from_ref(&code)).await {
                warn!(error = &error as &dyn std::error::Error, "a code is not kept yet");
                self.show(&name, |live| live.not_kept = true);
                tokio::time::sleep(AGAIN[1]).await;
            }
            self.show(&name, |live| live.not_kept = false);
        }
    }

    /// A scanner is connected, and takes orders.
    ///
    /// # Errors
    ///
    /// [`Ended::Twice`] if one of this name is connected elsewhere.
    pub(super) async fn arrived(
        &self,
        plugged: &Plugged,
        name: &ScannerName,
        orders: mpsc::Sender<super::order::Order>,
    ) -> Result<(), Ended> {
        let known = self.store.scanner(name.as_str()).await?;
        let Some(known) = known else { return Ok(()) };
        {
            let mut connected = lock(&self.connected);
            if connected.get(name).is_some_and(|other| other.arrival != plugged.arrival) {
                return Err(Ended::Twice(name.clone()));
            }
            let since = connected.get(name).map_or(known.last_seen, |before| before.since);
            connected.insert(name.clone(), Connected::new(known, plugged, since, orders));
        }
        self.changed(name);
        self.show_device(plugged, DeviceState::Connected { scanner: name.clone() }).await;
        Ok(())
    }

    /// A scanner is no longer connected here.
    async fn left(&self, plugged: &Plugged, not_kept: bool) {
        let names: Vec<ScannerName> = {
            let mut connected = lock(&self.connected);
            let gone = connected.extract_if(.., |_, live| live.arrival == plugged.arrival);
            gone.map(|(name, _)| name).collect()
        };
        let now = self.clock.now();
        for name in names {
            let seen = |known: &mut KnownScanner| known.last_seen = now;
            if !not_kept && let Err(error) = self.amend(&name, seen).await {
                warn!(error = &error as &dyn std::error::Error, "a scanner cannot be recorded");
            }
            self.changed(&name);
        }
    }

    pub(super) async fn show_device(&self, plugged: &Plugged, state: DeviceState) {
        let shown = self.bench.show_scanner(&plugged.id, plugged.arrival, state);
        if let Err(error) = shown.await {
            warn!(error = &error as &dyn std::error::Error, "a scanner cannot be shown");
        }
    }
}

impl Connected {
    fn new(
        known: KnownScanner,
        plugged: &Plugged,
        since: jiff::Timestamp,
        orders: mpsc::Sender<super::order::Order>,
    ) -> Self {
        Self {
            known,
            device: plugged.id.clone(),
            arrival: plugged.arrival,
            since,
            is_silent: false,
            not_kept: false,
            report: None,
            unjudged: None,
            orders,
        }
    }
}
