//! Listening on the loopback interface, in both address families.

use std::io;
use std::net::{Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::{Hosts, router};
use crate::station::Station;

/// A loopback address to listen on. Another address can't be held by this type: whoever is on
/// the network must not reach the station.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address(SocketAddr);

impl Address {
    /// `127.0.0.1:7470`.
    pub const DEFAULT: &'static str = "127.0.0.1:7470";

    /// The address with its port.
    pub const fn socket(self) -> SocketAddr {
        self.0
    }
}

/// Text that is no loopback address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Not an address and a port.
    #[error("`{0}` is no address with a port, such as 127.0.0.1:7470")]
    Malformed(String),
    /// An address that others can reach.
    #[error("{0} is not on the loopback interface; the station serves this machine only")]
    NotLoopback(SocketAddr),
}

impl core::str::FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let address: SocketAddr =
            text.parse().map_err(|_| AddressError::Malformed(text.to_owned()))?;
        if !address.ip().is_loopback() {
            return Err(AddressError::NotLoopback(address));
        }
        Ok(Self(address))
    }
}

/// Why the station can't be reached.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address can't be had.
    #[error("cannot listen on {address}; another program uses it: choose another with --address")]
    Taken {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
}

/// A listening station.
pub struct Server {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Server {
    /// Listens on `address`, and with an IPv4 address on `[::1]` too, if it can be had with the
    /// same port. Port 0 takes a free one.
    ///
    /// # Errors
    ///
    /// [`ServeError::Taken`].
    pub async fn start(station: Arc<Station>, address: Address) -> Result<Self, ServeError> {
        let taken = |address| move |source| ServeError::Taken { address, source };
        let first = TcpListener::bind(address.0).await.map_err(taken(address.0))?;
        let local = first.local_addr().map_err(taken(address.0))?;
        let mut listeners = vec![first];
        if local.is_ipv4() {
            let twin = SocketAddr::from((Ipv6Addr::LOCALHOST, local.port()));
            match TcpListener::bind(twin).await {
                Ok(listener) => listeners.push(listener),
                // Machines without IPv6 are ordinary.
                Err(error) => tracing::debug!(%error, "not listening on [::1]"),
            }
        }
        let app = router(station, Hosts::listening_on(local));
        let stop = watch::Sender::new(false);
        let mut tasks = JoinSet::new();
        for listener in listeners {
            let mut stopped = stop.subscribe();
            let server = axum::serve(listener, app.clone()).with_graceful_shutdown(async move {
                let _ = stopped.wait_for(|stopped| *stopped).await;
            });
            tasks.spawn(async move {
                if let Err(error) = server.await {
                    tracing::error!(%error, "the web API ended");
                }
            });
        }
        Ok(Self { address: local, stop, tasks })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The page, with the token in the part of the address that never leaves the browser.
    pub fn page(&self, station: &Station) -> String {
        format!("http://{}/#token={}", self.address, station.token.reveal())
    }

    /// Stops listening and lets running requests end; those that follow events are cut.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        let end = async { while self.tasks.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(Duration::from_millis(500), end).await;
    }
}
