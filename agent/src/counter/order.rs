//! What is asked of a scanner.

use std::time::Duration;

use tekser_wire::FromStation;
use tekser_wire::message::{Notice, Restart, Settings, SettingsError};
use tokio::sync::{mpsc, oneshot};

use super::known::ScannerKind;
use super::{Counter, ScannerName, ScannerSettings, ScannerState, lock};
use crate::id::HandsetId;
use crate::store::StoreError;

/// How long a scanner may take to answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// How many orders may wait for one scanner.
pub(super) const ORDERS_MAX: usize = 16;

/// Something to ask of a scanner.
#[derive(Debug)]
pub(super) enum Order {
    /// Something without an answer.
    Say(FromStation),
    /// Its settings, or other ones.
    Settings(Option<Settings>, oneshot::Sender<Result<Settings, SettingsError>>),
}

/// Why a scanner did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum ScannerError {
    /// It was never heard.
    #[error("there is no scanner {0}")]
    NoSuchScanner(String),
    /// It is not connected.
    #[error("the scanner is not connected; plug it in, and close other programs that use it")]
    Away,
    /// It can't be asked for anything.
    #[error("this is no Tekser scanner: it sends codes and can be asked for nothing")]
    Plain,
    /// It did not answer in time.
    #[error("the scanner did not answer; plug it in again")]
    NoAnswer,
    /// Not a speed that engine and board share.
    #[error("engine and board do not share this speed (baud)")]
    Baud,
    /// Too loud.
    #[error("loudness is 0 to 10")]
    Loudness,
    /// The scanner's memory failed.
    #[error("the scanner could not write its settings; it keeps the old ones")]
    Flash,
    /// The store failed.
    #[error("the scanner cannot be looked up")]
    Store(#[from] StoreError),
}

impl From<SettingsError> for ScannerError {
    fn from(error: SettingsError) -> Self {
        match error {
            SettingsError::Baud => Self::Baud,
            SettingsError::Loudness => Self::Loudness,
            SettingsError::Flash => Self::Flash,
        }
    }
}

impl Counter {
    /// The settings of a connected scanner, as it has them.
    ///
    /// # Errors
    ///
    /// See [`ScannerError`].
    pub async fn settings(&self, name: &str) -> Result<ScannerSettings, ScannerError> {
        self.exchange_settings(name, None).await
    }

    /// Changes all settings of a connected scanner.
    ///
    /// # Errors
    ///
    /// See [`ScannerError`]; the scanner then keeps its old ones.
    pub async fn configure(
        &self,
        name: &str,
        settings: ScannerSettings,
    ) -> Result<ScannerSettings, ScannerError> {
        self.exchange_settings(name, Some(settings.into())).await
    }

    async fn exchange_settings(
        &self,
        name: &str,
        wanted: Option<Settings>,
    ) -> Result<ScannerSettings, ScannerError> {
        let orders = self.orders(name).await?;
        let (tell, told) = oneshot::channel();
        let order = Order::Settings(wanted, tell);
        let asking = async {
            orders.send(order).await.map_err(|_| ScannerError::Away)?;
            told.await.map_err(|_| ScannerError::NoAnswer)
        };
        let answer = tokio::time::timeout(PATIENCE, asking).await;
        Ok(answer.map_err(|_| ScannerError::NoAnswer)???.into())
    }

    /// Has a scanner look for a code, or stop looking.
    ///
    /// # Errors
    ///
    /// See [`ScannerError`].
    pub async fn trigger(&self, name: &str, on: bool) -> Result<(), ScannerError> {
        self.say(name, FromStation::Trigger { on }).await
    }

    /// Has a scanner show which one it is.
    ///
    /// # Errors
    ///
    /// See [`ScannerError`].
    pub async fn identify(&self, name: &str) -> Result<(), ScannerError> {
        self.say(name, FromStation::Notice(Notice::Identify)).await
    }

    /// What a scanner reads next is another box.
    ///
    /// # Errors
    ///
    /// See [`ScannerError`].
    pub async fn next_box(&self, name: &str) -> Result<(), ScannerError> {
        self.say(name, FromStation::NextBox).await
    }

    /// Has a scanner begin anew, in its firmware or its boot loader.
    ///
    /// # Errors
    ///
    /// See [`ScannerError`].
    pub async fn restart(&self, name: &str, how: Restart) -> Result<(), ScannerError> {
        self.say(name, FromStation::Restart(how)).await
    }

    async fn say(&self, name: &str, message: FromStation) -> Result<(), ScannerError> {
        let orders = self.orders(name).await?;
        let sending = tokio::time::timeout(PATIENCE, orders.send(Order::Say(message))).await;
        let sent = sending.map_err(|_| ScannerError::NoAnswer)?;
        sent.map_err(|_| ScannerError::Away)
    }

    async fn orders(&self, name: &str) -> Result<mpsc::Sender<Order>, ScannerError> {
        let view = self.scanner(name).await?;
        let view = view.ok_or_else(|| ScannerError::NoSuchScanner(name.to_owned()))?;
        if view.known.kind == ScannerKind::Plain {
            return Err(ScannerError::Plain);
        }
        if view.state != ScannerState::Connected {
            return Err(ScannerError::Away);
        }
        let connected = lock(&self.connected);
        let live = connected.get(&view.known.name).ok_or(ScannerError::Away)?;
        Ok(live.orders.clone())
    }

    /// Tells whoever scanned this phone last, and nothing after it, what the registry says: a beep
    /// that comes after the next box was scanned would be taken for that.
    pub fn notice(&self, handset: HandsetId, notice: Notice) {
        let mut connected = lock(&self.connected);
        for live in connected.values_mut().filter(|live| live.unjudged == Some(handset)) {
            live.unjudged = None;
            // One that does not keep up is told the next.
            let _ = live.orders.try_send(Order::Say(FromStation::Notice(notice)));
        }
    }

    /// A phone was scanned that is to be judged.
    pub(super) fn await_judgement(&self, name: &ScannerName, handset: Option<HandsetId>) {
        if let Some(live) = lock(&self.connected).get_mut(name) {
            live.unjudged = handset;
        }
    }
}
