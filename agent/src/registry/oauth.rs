//! How the station shows a registry who it is: not at all, by a token from a file, or by one that it
//! is granted for its client credentials (RFC 6749, 4.4).
//!
//! A granted token serves all questions until shortly before it expires; one that the registry no
//! longer takes (401) is given up once. However many questions wait for a token, one of them fetches
//! it, and all of them share how that ends.

use core::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderValue};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::form_urlencoded;

use super::RegistryError;
use super::http::{Client, Reply};
use crate::clock::Clock;

/// Longest answer of who grants tokens, in bytes.
const GRANT_MAX: usize = 64 * 1024;

/// Longest token: what web servers take as one header line.
const TOKEN_MAX: usize = 8 * 1024;

/// Longest that a token is used, whatever is said of it.
const LIFE_MAX: SignedDuration = SignedDuration::from_hours(24);

/// How long a token is used of which nothing is said.
const LIFE_UNSAID: SignedDuration = SignedDuration::from_mins(5);

/// So long before it expires a token is given up, or at half its life if that is shorter: a question
/// may be on its way for a while, and clocks differ.
const MARGIN: SignedDuration = SignedDuration::from_secs(60);

/// What RFC 6749, 5.2, lets the far side say; nothing else of its text is repeated.
const COMPLAINTS: [&str; 6] = [
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
];

/// Who asks for a token, and what for.
#[derive(Clone)]
pub struct Credentials {
    id: String,
    secret: String,
    scope: Option<String>,
}

impl Credentials {
    /// A client's id, its secret, and what it asks for.
    pub const fn new(id: String, secret: String, scope: Option<String>) -> Self {
        Self { id, secret, scope }
    }

    /// The `Authorization` header of RFC 6749, 2.3.1: both parts are form-encoded first.
    fn header(&self) -> Option<HeaderValue> {
        let encoded =
            |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let pair = format!("{}:{}", encoded(&self.id), encoded(&self.secret));
        secret_header("Basic", &STANDARD.encode(pair))
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("id", &self.id).finish_non_exhaustive()
    }
}

/// How the station shows who it is.
pub struct Bearer(Kind);

enum Kind {
    Nobody,
    Fixed(HeaderValue),
    Granted(Box<Grants>),
}

impl fmt::Debug for Bearer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Kind::Nobody => "Bearer(nobody)",
            Kind::Fixed(_) => "Bearer(fixed)",
            Kind::Granted(_) => "Bearer(granted)",
        })
    }
}

impl Bearer {
    /// The registry asks everybody in.
    pub const fn nobody() -> Self {
        Self(Kind::Nobody)
    }

    /// A token that the shop was given; `None` if it can be none.
    pub fn fixed(token: String) -> Option<Self> {
        bearer(&token).map(|header| Self(Kind::Fixed(header)))
    }

    /// Tokens that are granted there.
    pub fn granted(client: Client, credentials: Credentials, clock: Arc<dyn Clock>) -> Self {
        let client = client.answers_up_to(GRANT_MAX);
        Self(Kind::Granted(Box::new(Grants { client, credentials, clock, kept: Mutex::default() })))
    }

    /// Sees to it that there is something to show: better before many questions than once for each.
    ///
    /// # Errors
    ///
    /// [`RegistryError::Denied`] if no token is granted, or why nobody could be asked for one.
    pub async fn ready(&self) -> Result<(), RegistryError> {
        match &self.0 {
            Kind::Nobody | Kind::Fixed(_) => Ok(()),
            Kind::Granted(grants) => grants.token(None).await.map(drop),
        }
    }

    /// Asks a question as whoever the station is there, with a fresh token once more if the registry
    /// no longer takes the one at hand.
    ///
    /// # Errors
    ///
    /// Those of [`Client::ask`], and [`RegistryError::Denied`] if no token is granted.
    pub async fn ask(
        &self,
        client: &Client,
        question: RequestBuilder,
    ) -> Result<Reply, RegistryError> {
        let grants = match &self.0 {
            Kind::Nobody => return client.ask(question).await,
            Kind::Fixed(token) => {
                return client.ask(question.header(AUTHORIZATION, token)).await;
            }
            Kind::Granted(grants) => grants,
        };
        let again = question.try_clone();
        let token = grants.token(None).await?;
        let reply = client.ask(question.header(AUTHORIZATION, &token)).await?;
        let Some(again) = again.filter(|_| reply.status == StatusCode::UNAUTHORIZED) else {
            return Ok(reply);
        };
        let token = grants.token(Some(&token)).await?;
        client.ask(again.header(AUTHORIZATION, &token)).await
    }
}

struct Grants {
    client: Client,
    credentials: Credentials,
    clock: Arc<dyn Clock>,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    token: Option<Token>,
    /// When fetching one last failed, and why.
    failure: Option<(Instant, RegistryError)>,
}

#[derive(Clone)]
struct Token {
    header: HeaderValue,
    until: Timestamp,
}

impl Grants {
    /// A token that is still good, and is not the one that was refused.
    async fn token(&self, refused: Option<&HeaderValue>) -> Result<HeaderValue, RegistryError> {
        let since = Instant::now();
        let mut kept = self.kept.lock().await;
        if let Some((when, error)) = &kept.failure
            && *when >= since
        {
            return Err(error.clone());
        }
        let good = |token: &&Token| {
            self.clock.now() < token.until && refused.is_none_or(|refused| token.header != *refused)
        };
        if let Some(token) = kept.token.as_ref().filter(good) {
            return Ok(token.header.clone());
        }
        *kept = Kept::default();
        match self.fetch().await {
            Ok(token) => {
                let header = token.header.clone();
                kept.token = Some(token);
                Ok(header)
            }
            Err(error) => {
                kept.failure = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }

    async fn fetch(&self) -> Result<Token, RegistryError> {
        let Some(credentials) = self.credentials.header() else {
            return Err(self.denied("the client's id and secret are too long"));
        };
        let mut form = vec![("grant_type", "client_credentials")];
        form.extend(self.credentials.scope.as_deref().map(|scope| ("scope", scope)));
        let asked = self.clock.now();
        let request = self
            .client
            .request(Method::POST, "")
            .header(AUTHORIZATION, credentials)
            .header(ACCEPT, "application/json")
            .form(&form);
        let reply = self.client.ask(request).await?;
        match reply.status.as_u16() {
            200 => self.read(&reply, asked),
            400 | 401 | 403 => Err(self.denied(&complaint(&reply))),
            _ => Err(self.client.failed(&format!("no token: {}", reply.told()))),
        }
    }

    fn read(&self, reply: &Reply, asked: Timestamp) -> Result<Token, RegistryError> {
        let grant: Grant = reply.object(self.client.registry())?;
        if !grant.token_type.eq_ignore_ascii_case("bearer") {
            return Err(self.client.unreadable("the token granted is no bearer token"));
        }
        let Some(header) = bearer(&grant.access_token) else {
            return Err(self.client.unreadable("the token granted does not fit into a header"));
        };
        let until = asked.saturating_add(useful_life(grant.expires_in)).unwrap_or(asked);
        Ok(Token { header, until })
    }

    fn denied(&self, detail: &str) -> RegistryError {
        let registry = self.client.registry().clone();
        RegistryError::Denied { registry, detail: format!("no token: {detail}") }
    }
}

/// What is granted (RFC 6749, 5.1).
#[derive(Deserialize)]
struct Grant {
    access_token: String,
    token_type: String,
    #[serde(default)]
    expires_in: Option<u64>,
}

/// How long a token is used that lives so many seconds.
fn useful_life(seconds: Option<u64>) -> SignedDuration {
    let life = seconds.map_or(LIFE_UNSAID, |seconds| {
        i64::try_from(seconds).map_or(LIFE_MAX, SignedDuration::from_secs).min(LIFE_MAX)
    });
    life - MARGIN.min(life / 2)
}

/// Why no token is granted, as far as it may be repeated.
fn complaint(reply: &Reply) -> String {
    #[derive(Deserialize)]
    struct Refusal {
        error: String,
    }
    let status = reply.status.as_u16();
    let said = serde_json::from_slice::<Refusal>(&reply.body).ok();
    let known = said.and_then(|said| COMPLAINTS.into_iter().find(|known| *known == said.error));
    known.map_or_else(|| format!("status {status}"), |known| format!("status {status} ({known})"))
}

/// `Bearer` and a token, if it is one (RFC 6750, 2.1, as far as header lines go).
fn bearer(token: &str) -> Option<HeaderValue> {
    secret_header("Bearer", token)
}

fn secret_header(scheme: &str, secret: &str) -> Option<HeaderValue> {
    let fits =
        (1..=TOKEN_MAX).contains(&secret.len()) && secret.bytes().all(|b| b.is_ascii_graphic());
    let mut header = HeaderValue::from_str(&format!("{scheme} {secret}")).ok().filter(|_| fits)?;
    header.set_sensitive(true);
    Some(header)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_given_up_before_it_expires_and_never_kept_for_ever() {
        let seconds = |life| useful_life(life).as_secs();
        assert_eq!(seconds(Some(3600)), 3540);
        assert_eq!(seconds(Some(60)), 30);
        assert_eq!(seconds(Some(0)), 0);
        assert_eq!(seconds(Some(u64::MAX)), 86_340);
        assert_eq!(seconds(None), 240);
    }

    #[test]
    fn secrets_show_in_no_debug_output() {
        let credentials = Credentials::new("shop".into(), "s3cret".into(), None);
        let shown = format!("{credentials:?} {:?}", credentials.header().unwrap());
        assert!(!shown.contains("s3cret") && !shown.contains("Basic"), "{shown}");
        let fixed = Bearer::fixed("t0ken".into()).unwrap();
        assert!(!format!("{fixed:?}").contains("t0ken"));
    }

    #[test]
    fn id_and_secret_are_form_encoded_before_they_are_joined() {
        let credentials = Credentials::new("a:b".into(), "c d+é".into(), None);
        let header = credentials.header().unwrap();
        let encoded = header.to_str().unwrap().strip_prefix("Basic ").unwrap();
        assert_eq!(STANDARD.decode(encoded).unwrap(), b"a%3Ab:c+d%2B%C3%A9");
    }

    #[test]
    fn what_is_no_token_is_not_sent() {
        for token in ["", "two lines\n", "with space", "é", &"x".repeat(TOKEN_MAX + 1)] {
            assert!(Bearer::fixed(token.to_owned()).is_none());
        }
    }
}
