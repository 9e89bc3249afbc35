//! Registries that speak HTTP: one client for all of them, with deadlines, bounded answers and
//! patience.
//!
//! A question is asked again, with full jitter, when nobody was reached or the registry says that
//! it is a matter of time (408, 425, 429, 5xx); a `Retry-After` is waited for if the deadline allows
//! it. That is right for look-ups, which change nothing; filings do not go through here. A question
//! that costs money is asked again only if it certainly was not taken.

use std::path::PathBuf;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde::de::DeserializeOwned;
use tokio::time::{Instant, sleep_until, timeout_at};
use url::Url;

use super::RegistryError;
use crate::clock::Clock;
use crate::ruling::RegistryId;

/// Longest answer that is read unless [a client](Client::answers_up_to) is told otherwise, in bytes: a
/// thousand IMEIs with everything that DIRBS says of them are a tenth of it.
pub const ANSWER_MAX: usize = 16 * 1024 * 1024;

/// Most times that one question is asked.
const ATTEMPTS: u32 = 4;

/// First wait between two attempts, at most; it doubles.
const FIRST_WAIT: Duration = Duration::from_millis(200);

/// Longest wait between two attempts that is not the registry's own wish.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Which HTTP is spoken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Speech {
    /// HTTP/1.1, or HTTP/2 if TLS settles on it.
    #[default]
    Usual,
    /// HTTP/2 from the first byte, also without TLS (h2c with prior knowledge).
    Http2,
}

/// Where a registry is and how it is spoken to.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// Whose it is.
    pub registry: RegistryId,
    /// What paths are put behind. Ends with a slash.
    pub base: Url,
    /// Which HTTP.
    pub speech: Speech,
    /// How long one question may take, all attempts together.
    pub deadline: Duration,
    /// PEM of authorities that are trusted beside the system's.
    pub extra_authorities: Option<Vec<u8>>,
}

/// Why a client cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum EndpointError {
    /// The certificates of authorities cannot be used.
    #[error("the certificates in {path} cannot be used; PEM is needed")]
    Authorities {
        /// The file, or what it was called.
        path: PathBuf,
    },
    /// TLS cannot be set up.
    #[error("TLS cannot be set up: {detail}")]
    Tls {
        /// What went wrong.
        detail: String,
    },
}

/// A client of one registry.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    endpoint: Endpoint,
    clock: Arc<dyn Clock>,
    answer_max: usize,
    paid: bool,
}

/// What came back, whatever its status.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, whole.
    pub body: Vec<u8>,
}

/// What an attempt came to, short of a reply.
enum Lost {
    Unreachable,
    NoAnswer,
    TooLong,
}

impl Client {
    /// A client of the registry there.
    ///
    /// # Errors
    ///
    /// If TLS cannot be set up as asked.
    pub fn new(endpoint: Endpoint, clock: Arc<dyn Clock>) -> Result<Self, EndpointError> {
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls(&endpoint)?)
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(endpoint.deadline)
            .user_agent(concat!("tekser/", env!("CARGO_PKG_VERSION")));
        if endpoint.speech == Speech::Http2 {
            builder = builder.http2_prior_knowledge();
        }
        let http =
            builder.build().map_err(|error| EndpointError::Tls { detail: error.to_string() })?;
        Ok(Self { http, endpoint, clock, answer_max: ANSWER_MAX, paid: false })
    }

    /// The same client, which reads answers of so many bytes at most: who asks several questions at
    /// once holds as many answers.
    #[must_use]
    pub const fn answers_up_to(mut self, bytes: usize) -> Self {
        self.answer_max = bytes;
        self
    }

    /// The same client for questions that cost money.
    #[must_use]
    pub fn paid(self) -> Self {
        Self { paid: true, ..self }
    }

    /// Whose client it is.
    pub const fn registry(&self) -> &RegistryId {
        &self.endpoint.registry
    }

    /// A request for a path below the base, to be filled in and given to [`Client::ask`]. The path
    /// is a relative reference without a leading slash.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = self.endpoint.base.join(path).unwrap_or_else(|_| self.endpoint.base.clone());
        self.http.request(method, url)
    }

    /// Asks until there is an answer that waiting would not change, or the deadline is over. The
    /// reply may be of any status but those that mean "later".
    ///
    /// # Errors
    ///
    /// Unreachable, no answer in time, throttled, failed, or longer than it may be.
    pub async fn ask(&self, request: RequestBuilder) -> Result<Reply, RegistryError> {
        let deadline = Instant::now() + self.endpoint.deadline;
        let mut most = FIRST_WAIT;
        let mut attempt = 1;
        loop {
            // A body that is a stream cannot be sent twice; none of ours is.
            let Some(again) = request.try_clone() else {
                return Err(self.failed("the question cannot be sent"));
            };
            let outcome = self.once(again, deadline).await;
            let (error, wish) = match outcome {
                Ok(reply) if !is_later(reply.status) => return Ok(reply),
                Ok(reply) => (self.later(&reply), reply.retry_after(self.clock.now())),
                Err(Lost::TooLong) => {
                    let most = self.answer_max / 1024;
                    return Err(self.unreadable(&format!("the answer is longer than {most} KiB")));
                }
                Err(Lost::Unreachable) => (self.unreachable(), None),
                Err(Lost::NoAnswer) => (self.no_answer(), None),
            };
            let next = Instant::now() + wish.unwrap_or_else(|| jitter(most));
            let may_cost = self.paid && !error.costs_nothing();
            if attempt == ATTEMPTS || next >= deadline || may_cost {
                return Err(error);
            }
            sleep_until(next).await;
            attempt += 1;
            most = (most * 2).min(LONGEST_WAIT);
        }
    }

    async fn once(&self, request: RequestBuilder, deadline: Instant) -> Result<Reply, Lost> {
        let exchange = async {
            let mut response = request.send().await.map_err(|error| {
                if error.is_connect() { Lost::Unreachable } else { Lost::NoAnswer }
            })?;
            let (status, headers) = (response.status(), response.headers().clone());
            let mut body = Vec::new();
            while let Some(chunk) = response.chunk().await.map_err(|_| Lost::NoAnswer)? {
                if body.len() + chunk.len() > self.answer_max {
                    return Err(Lost::TooLong);
                }
                body.extend_from_slice(&chunk);
            }
            Ok(Reply { status, headers, body })
        };
        timeout_at(deadline, exchange).await.unwrap_or(Err(Lost::NoAnswer))
    }

    fn later(&self, reply: &Reply) -> RegistryError {
        if reply.status != StatusCode::TOO_MANY_REQUESTS {
            return self.failed(&reply.told());
        }
        let now = self.clock.now();
        let wait = reply.retry_after(now).unwrap_or(LONGEST_WAIT);
        let until = now.saturating_add(wait).unwrap_or(now);
        RegistryError::Throttled { registry: self.endpoint.registry.clone(), until }
    }

    /// What a reply with a status that nobody expects means.
    pub fn unexpected(&self, reply: &Reply) -> RegistryError {
        reply.unexpected(self.registry())
    }

    /// The body of a reply as JSON.
    ///
    /// # Errors
    ///
    /// [`RegistryError::Unreadable`]. The text of the answer is not repeated: it may name an IMEI.
    pub fn json<T: DeserializeOwned>(&self, reply: &Reply) -> Result<T, RegistryError> {
        reply.json(self.registry())
    }

    /// [`RegistryError::Unreadable`] of this registry.
    pub fn unreadable(&self, detail: &str) -> RegistryError {
        let registry = self.endpoint.registry.clone();
        RegistryError::Unreadable { registry, detail: detail.to_owned() }
    }

    /// [`RegistryError::Failed`] of this registry.
    pub fn failed(&self, detail: &str) -> RegistryError {
        let registry = self.endpoint.registry.clone();
        RegistryError::Failed { registry, detail: detail.to_owned() }
    }

    fn unreachable(&self) -> RegistryError {
        RegistryError::Unreachable { registry: self.endpoint.registry.clone() }
    }

    fn no_answer(&self) -> RegistryError {
        RegistryError::NoAnswer { registry: self.endpoint.registry.clone() }
    }
}

impl Reply {
    /// A reply with no header but its media type; `None` if there is no such status or type.
    pub fn new(status: u16, content_type: &str, body: Vec<u8>) -> Option<Self> {
        let content_type = HeaderValue::from_str(content_type).ok()?;
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, content_type)]);
        Some(Self { status: StatusCode::from_u16(status).ok()?, headers, body })
    }

    /// The body as JSON.
    ///
    /// # Errors
    ///
    /// [`RegistryError::Unreadable`]. The text of the answer is not repeated: it may name an IMEI.
    pub fn json<T: DeserializeOwned>(&self, registry: &RegistryId) -> Result<T, RegistryError> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            // A media type can be made of digits as well; only the usual one is worth naming.
            let kind = if self.is_json() { "JSON" } else { "what is not called JSON" };
            let class = error.classify();
            let detail = format!("{kind} has a {class:?} error at line {line}, column {column}");
            RegistryError::Unreadable { registry: registry.clone(), detail }
        })
    }

    /// The body as JSON, which must be an object: serde would make a struct of an array as well, by
    /// the order of its elements, and that is nobody's answer.
    ///
    /// # Errors
    ///
    /// As [`Reply::json`].
    pub fn object<T: DeserializeOwned>(&self, registry: &RegistryId) -> Result<T, RegistryError> {
        if !self.body.trim_ascii_start().starts_with(b"{") || str::from_utf8(&self.body).is_err() {
            let detail = "it is no JSON object".to_owned();
            return Err(RegistryError::Unreadable { registry: registry.clone(), detail });
        }
        self.json(registry)
    }

    /// What a reply with a status that nobody expects means.
    pub fn unexpected(&self, registry: &RegistryId) -> RegistryError {
        let (registry, detail) = (registry.clone(), self.told());
        match self.status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                RegistryError::Denied { registry, detail }
            }
            status if status.is_server_error() => RegistryError::Failed { registry, detail },
            _ => RegistryError::Unreadable { registry, detail },
        }
    }

    /// Media type without parameters, in lower case; `no media type` if there is none.
    pub fn content_type(&self) -> String {
        let kind = self.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let kind = kind.and_then(|kind| kind.split(';').next()).map(str::trim);
        kind.map_or_else(|| "no media type".to_owned(), str::to_ascii_lowercase)
    }

    /// How long the registry asks to wait: seconds or a date (RFC 9110, 10.2.3).
    pub fn retry_after(&self, now: Timestamp) -> Option<Duration> {
        let text = self.headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
        if let Ok(seconds) = text.parse::<u32>() {
            return Some(Duration::from_secs(seconds.into()));
        }
        let at = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
        Some(Duration::try_from(at.duration_since(now)).unwrap_or(Duration::ZERO))
    }
}

/// Whether a status means that the same question may be answered later.
fn is_later(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 425 | 429) || status.is_server_error()
}

/// Anything up to `most`: stations that an outage held back do not come back all at once.
fn jitter(most: Duration) -> Duration {
    let mut bytes = [0; 4];
    if getrandom::fill(&mut bytes).is_err() {
        return most;
    }
    most.mul_f64(f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX))
}

/// The authorities that the system trusts, read once. A machine without a store of its own can still
/// trust what the shop names.
fn system_roots() -> rustls::RootCertStore {
    static ROOTS: LazyLock<rustls::RootCertStore> = LazyLock::new(|| {
        let mut roots = rustls::RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        roots
    });
    ROOTS.clone()
}

fn tls(endpoint: &Endpoint) -> Result<rustls::ClientConfig, EndpointError> {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject as _;
    let mut roots = system_roots();
    if let Some(pem) = &endpoint.extra_authorities {
        let unusable = || EndpointError::Authorities { path: "ca_file".into() };
        let own: Vec<_> = CertificateDer::pem_slice_iter(pem)
            .collect::<Result<_, _>>()
            .map_err(|_| unusable())?;
        if own.is_empty() || roots.add_parsable_certificates(own).0 == 0 {
            return Err(unusable());
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| EndpointError::Tls { detail: error.to_string() })?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = match endpoint.speech {
        Speech::Usual => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
        Speech::Http2 => vec![b"h2".to_vec()],
    };
    Ok(config)
}
