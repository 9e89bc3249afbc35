//! The station that runs on the same data directory, asked through its own web API.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::output::Cured;
use super::{Failure, Setting};
use crate::place::{PlaceError, Token};

/// Longest wait for an answer; a scanner may take some seconds to give one.
const PATIENCE: Duration = Duration::from_secs(10);

/// Longest answer that is read, in bytes.
const ANSWER_MAX: u64 = 16 * 1024 * 1024;

/// Why a running station did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum RemoteError {
    /// It does not answer.
    #[error("the station that runs on this data directory does not answer at {address}")]
    Unreachable {
        /// Where it listens.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// It said no.
    #[error("{detail}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// What it said.
        detail: String,
    },
    /// What it said cannot be understood.
    #[error("the answer of the station that runs cannot be understood")]
    Malformed(#[from] serde_json::Error),
}

impl RemoteError {
    fn into_failure(self) -> Failure {
        match self {
            Self::Refused { status: 400..=404 | 422, .. } => Failure::Usage(self.into()),
            Self::Refused { .. } => Failure::Environment(self.into()),
            Self::Unreachable { .. } | Self::Malformed(_) => {
                let cure = "if it has just been started, try again; else stop it and start it anew";
                Failure::from(Cured { cure: cure.to_owned(), inner: self.into() })
            }
        }
    }
}

/// A station that runs.
pub(super) struct Remote {
    address: SocketAddr,
    token: Token,
}

impl Remote {
    /// The station that runs on the data directory of this setting, if one does.
    pub(super) fn find(setting: &Setting) -> Result<Option<Self>, Failure> {
        let place = setting.place()?;
        match place.lock() {
            Ok(_) => return Ok(None),
            Err(PlaceError::Held { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        // A command that works on the data for a moment holds the lock too, and listens nowhere.
        let Some(address) = place.address() else { return Ok(None) };
        Ok(Some(Self { address, token: place.token()? }))
    }

    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        self.ask("GET", path, None).await
    }

    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<T, Failure> {
        self.exchange(method, path, body).await.map_err(RemoteError::into_failure)
    }

    async fn exchange<T: DeserializeOwned>(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<T, RemoteError> {
        let asking = async {
            let stream = self.send(method, path, body).await?;
            let mut answer = Vec::new();
            stream.take(ANSWER_MAX).read_to_end(&mut answer).await?;
            Ok(answer)
        };
        let answer = timeout(PATIENCE, asking).await.map_err(io::Error::from).flatten();
        let answer = answer.map_err(|source| self.unreachable(source))?;
        let (status, body) = split(&answer);
        if !(200..300).contains(&status) {
            return Err(refused(status, body));
        }
        Ok(serde_json::from_slice(body)?)
    }

    /// Follows the events from now on.
    pub(super) async fn follow(&self) -> Result<Events, Failure> {
        self.open_events().await.map_err(RemoteError::into_failure)
    }

    async fn open_events(&self) -> Result<Events, RemoteError> {
        let opening = async {
            let mut lines = BufReader::new(self.send("GET", "/api/v1/events", None).await?).lines();
            let first = lines.next_line().await?.unwrap_or_default();
            while lines.next_line().await?.is_some_and(|line| !line.is_empty()) {}
            Ok((first, lines))
        };
        let opened = timeout(PATIENCE, opening).await.map_err(io::Error::from).flatten();
        let (first, lines) = opened.map_err(|source| self.unreachable(source))?;
        match status_of(&first) {
            200 => Ok(Events { lines }),
            status => Err(refused(status, b"")),
        }
    }

    /// HTTP/1.0: the answer comes in one piece and ends where the stream does.
    async fn send(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<TcpStream, io::Error> {
        let mut stream = TcpStream::connect(self.address).await?;
        let body = body.map(ToString::to_string).unwrap_or_default();
        let head = format!(
            "{method} {path} HTTP/1.0\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            self.address,
            self.token.reveal(),
            body.len()
        );
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(body.as_bytes()).await?;
        Ok(stream)
    }

    const fn unreachable(&self, source: io::Error) -> RemoteError {
        RemoteError::Unreachable { address: self.address, source }
    }
}

/// Events of a station that runs.
pub(super) struct Events {
    lines: tokio::io::Lines<BufReader<TcpStream>>,
}

impl Events {
    /// The next event as JSON; `None` when the station has stopped.
    pub(super) async fn next(&mut self) -> Option<Value> {
        loop {
            let line = self.lines.next_line().await.ok().flatten()?;
            if let Some(data) = line.strip_prefix("data: ") {
                return serde_json::from_str(data).ok();
            }
        }
    }
}

fn status_of(line: &str) -> u16 {
    line.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
}

fn split(answer: &[u8]) -> (u16, &[u8]) {
    const BLANK: &[u8] = b"\r\n\r\n";
    let end = answer.windows(BLANK.len()).position(|four| four == BLANK).unwrap_or(answer.len());
    let head = answer.get(..end).unwrap_or_default();
    let body = answer.get(end + BLANK.len()..).unwrap_or_default();
    (status_of(&String::from_utf8_lossy(head)), body)
}

fn refused(status: u16, body: &[u8]) -> RemoteError {
    let problem: Value = serde_json::from_slice(body).unwrap_or_default();
    let detail = problem["detail"].as_str().map(str::to_owned);
    let detail = detail.unwrap_or_else(|| format!("the station that runs refused it ({status})"));
    RemoteError::Refused { status, detail }
}
