//! A scanner that is asked without a station.

use std::time::Duration;

use anyhow::anyhow;
use tekser_hardware::scanner::wire::FromStation;
use tekser_hardware::scanner::wire::message::{ScannerHello, Settings};
use tekser_hardware::scanner::wire::version::Mismatch;
use tekser_hardware::scanner::{Event, Session};
use tekser_hardware::{Bus, Device, Speaks};
use tokio::time::timeout;

use crate::cli::Failure;
use crate::cli::output::Cured;
use crate::counter::{ScannerError, ScannerSettings};

/// Longest wait for a scanner to present itself.
const HELLO_LIMIT: Duration = Duration::from_secs(8);

/// Longest wait for its settings; the session asks several times.
const SETTINGS_LIMIT: Duration = Duration::from_secs(6);

/// A scanner that presented itself. It is never told where to resume, so it sends no scan and
/// gives none up.
pub(in crate::cli) struct Direct {
    session: Session,
    pub hello: ScannerHello,
}

impl Direct {
    /// Opens a scanner's port and waits until it presents itself.
    pub(in crate::cli) async fn meet(bus: &dyn Bus, device: &Device) -> Result<Self, Failure> {
        let port = device.speaking(Speaks::Scanner).next();
        let port = port.ok_or_else(|| anyhow!("{} has no port", device.id))?;
        let link = bus.open(&port.name).await.map_err(|error| {
            let cure = error.cure();
            let inner = anyhow::Error::new(error).context("the scanner cannot be asked");
            Failure::from(Cured { cure, inner })
        })?;
        let mut session = Session::new(link);
        let presenting = async {
            loop {
                match session.next().await? {
                    Event::Hello(hello) => return Ok(hello),
                    Event::Mismatch(mismatch, hello) => return Err(mismatched(mismatch, &hello)),
                    Event::Silent => return Err(silent()),
                    _ => {}
                }
            }
        };
        let hello = timeout(HELLO_LIMIT, presenting).await.map_err(|_| silent())??;
        Ok(Self { session, hello })
    }

    /// Its settings, after they were changed if that is wanted.
    pub(super) async fn settings(
        &mut self,
        wanted: Option<Settings>,
    ) -> Result<ScannerSettings, Failure> {
        let message = wanted.map_or(FromStation::ReadSettings, FromStation::Configure);
        self.session.ask(message)?;
        let asking = async {
            loop {
                match self.session.next().await? {
                    Event::Settings(settings) => return Ok(settings.into()),
                    Event::SettingsRefused(error) => {
                        return Err(Failure::Usage(ScannerError::from(error).into()));
                    }
                    Event::Unanswered(_) | Event::Silent => return Err(silent()),
                    _ => {}
                }
            }
        };
        timeout(SETTINGS_LIMIT, asking).await.map_err(|_| silent())?
    }
}

fn silent() -> Failure {
    let inner = anyhow!("the scanner does not answer");
    let cure = "plug it in again; if something else is on this port, name another with --port";
    Failure::from(Cured { cure: cure.to_owned(), inner })
}

fn mismatched(mismatch: Mismatch, hello: &ScannerHello) -> Failure {
    let [major, minor, patch] = hello.firmware.0;
    let firmware = format!("{major}.{minor}.{patch}");
    let (text, cure) = match mismatch {
        Mismatch::PeerTooOld => ("older", "update the scanner: `tekser scanner update`"),
        Mismatch::PeerTooNew => ("newer", "update this program"),
    };
    let inner = anyhow!("the scanner's firmware {firmware} is {text} than this program speaks");
    Failure::from(Cured { cure: cure.to_owned(), inner })
}
