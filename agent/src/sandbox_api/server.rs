//! Listening.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::wire::{Wire, Wires};
use super::{Practice, router};
use crate::api::{Address, Hosts, ServeError};

/// A practice registry that listens.
pub struct PracticeServer {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl PracticeServer {
    /// Listens on `address`; port 0 takes a free one.
    ///
    /// # Errors
    ///
    /// [`ServeError::Taken`].
    pub async fn start(practice: Arc<Practice>, address: Address) -> Result<Self, ServeError> {
        let address = address.socket();
        let taken = |source| ServeError::Taken { address, source };
        let listener = TcpListener::bind(address).await.map_err(taken)?;
        let address = listener.local_addr().map_err(taken)?;
        let app = router(practice, Hosts::listening_on(address));
        let stop = watch::Sender::new(false);
        let mut stopped = stop.subscribe();
        let service = app.into_make_service_with_connect_info::<Wire>();
        let server = axum::serve(Wires(listener), service).with_graceful_shutdown(async move {
            let _ = stopped.wait_for(|stopped| *stopped).await;
        });
        let task = tokio::spawn(async move {
            if let Err(error) = server.await {
                tracing::error!(%error, "the practice registry ended");
            }
        });
        Ok(Self { address, stop, task })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops listening and lets running requests end, for a moment.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        let _ = tokio::time::timeout(Duration::from_millis(500), self.task).await;
    }
}
