//! One entry of `registries.toml`, and what is made of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use serde::Deserialize;
use url::Url;

use super::{SettingsError, read};
use crate::clock::Clock;
use crate::portal::Portal;
use crate::registry::camara::Camara;
use crate::registry::dirbs::Dirbs;
use crate::registry::eir::Eir;
use crate::registry::http::{Client, Endpoint, Speech};
use crate::registry::oauth::{Bearer, Credentials};
use crate::registry::portal::PortalSource;
use crate::registry::{Role, Source, Terms};
use crate::ruling::RegistryId;
use crate::store::Store;

/// Longest that one question may take, in seconds.
const DEADLINE_MAX: u16 = 120;

/// Longest that an answer may be gone by: a week, in minutes.
const FRESH_MAX: u32 = 7 * 24 * 60;

/// Which adapter speaks to a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// DIRBS-Core v2. Its `url` is what stands before `/api/v2`; one that ends with it will do too.
    Dirbs,
    /// 3GPP TS 29.511 equipment identity register.
    Eir,
    /// CAMARA DeviceAuthenticity.
    Camara,
    /// A portal that answers people only.
    Portal,
}

/// OAuth 2.0 client credentials (RFC 6749, 4.4).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OAuth {
    /// Where tokens are given out.
    pub token_url: Url,
    /// Who asks for one.
    pub client_id: String,
    /// The file with the secret.
    pub secret_file: PathBuf,
    /// What for.
    #[serde(default)]
    pub scope: Option<String>,
}

/// One source.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceSettings {
    /// Its short name.
    pub name: String,
    /// Which adapter speaks to it.
    pub kind: Kind,
    /// Where it is; of a portal the page that a person opens, and it needs none.
    #[serde(default)]
    pub url: Option<Url>,
    /// How much weight its word has.
    #[serde(default)]
    pub role: Role,
    /// How long its answers are gone by; of a portal a day if not said.
    #[serde(default)]
    pub fresh_minutes: u32,
    /// A question costs money.
    #[serde(default)]
    pub paid: bool,
    /// How long one question may take.
    #[serde(default = "usual_deadline")]
    pub deadline_seconds: u16,
    /// PEM of authorities to trust beside the system's.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// A file with a bearer token.
    #[serde(default)]
    pub token_file: Option<PathBuf>,
    /// How a token is got.
    #[serde(default)]
    pub oauth: Option<OAuth>,
}

const fn usual_deadline() -> u16 {
    20
}

impl SourceSettings {
    pub(super) fn nonsense(&self) -> Option<&'static str> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if !(1..=32).contains(&self.name.len()) || !self.name.bytes().all(plain) {
            return Some("name has 1 to 32 of a-z, 0-9 and -");
        }
        let speaks_http =
            self.url.as_ref().is_none_or(|url| matches!(url.scheme(), "http" | "https"));
        if self.url.is_none() && self.kind != Kind::Portal || !speaks_http {
            return Some("url is missing, or begins with neither http:// nor https://");
        }
        if !(1..=DEADLINE_MAX).contains(&self.deadline_seconds) {
            return Some("deadline_seconds is 1 to 120");
        }
        if self.fresh_minutes > FRESH_MAX {
            return Some("fresh_minutes is at most 10080, a week");
        }
        if self.paid && self.fresh_minutes == 0 {
            return Some("what is paid for must be fresh for a while: fresh_minutes is missing");
        }
        let token_url = self.oauth.as_ref().map(|oauth| oauth.token_url.scheme());
        if token_url.is_some_and(|scheme| !matches!(scheme, "http" | "https")) {
            return Some("token_url begins with neither http:// nor https://");
        }
        if self.oauth.is_some() && self.token_file.is_some() {
            return Some("a token comes from token_file or by oauth, not both");
        }
        None
    }

    /// Its name.
    pub fn id(&self) -> RegistryId {
        RegistryId::new(&self.name)
    }

    /// What asking it is like, given the most IMEIs that the adapter sends in one go.
    pub fn terms(&self, batch_max: usize) -> Terms {
        let fresh_for = SignedDuration::from_mins(self.fresh_minutes.into());
        let deadline = SignedDuration::from_secs(self.deadline_seconds.into());
        Terms { role: self.role, fresh_for, paid: self.paid, batch_max, deadline }
    }

    /// A client of it. `place` is the data directory.
    ///
    /// # Errors
    ///
    /// If a file that it names can't be read, or TLS can't be set up.
    pub fn client(
        &self,
        place: &Path,
        speech: Speech,
        clock: Arc<dyn Clock>,
    ) -> Result<Client, SettingsError> {
        let missing = || SettingsError::Senseless {
            path: place.join("registries.toml"),
            what: format!("source {}: url is missing", self.name),
        };
        let mut base = self.url.clone().ok_or_else(missing)?;
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        let client = self.client_of(base, place, speech, clock)?;
        // A token costs nothing, so only this client is one for questions that may cost money.
        Ok(if self.paid { client.paid() } else { client })
    }

    /// A client of another address that is trusted as the source is: where its tokens are given out.
    fn client_of(
        &self,
        base: Url,
        place: &Path,
        speech: Speech,
        clock: Arc<dyn Clock>,
    ) -> Result<Client, SettingsError> {
        let extra_authorities =
            self.ca_file.as_ref().map(|file| read(&place.join(file))).transpose()?;
        let endpoint = Endpoint {
            registry: self.id(),
            base,
            speech,
            deadline: Duration::from_secs(self.deadline_seconds.into()),
            extra_authorities: extra_authorities.map(String::into_bytes),
        };
        Client::new(endpoint, clock)
            .map_err(|source| SettingsError::Endpoint { name: self.name.clone(), source })
    }

    /// The bearer token that it is spoken to with, if one lies in a file.
    ///
    /// # Errors
    ///
    /// If the file can't be read.
    pub fn token(&self, place: &Path) -> Result<Option<String>, SettingsError> {
        let Some(file) = &self.token_file else {
            return Ok(None);
        };
        Ok(Some(read(&place.join(file))?.trim().to_owned()))
    }

    /// How the station shows who it is there.
    ///
    /// # Errors
    ///
    /// If a file with a secret can't be read or holds none, or TLS can't be set up.
    pub fn bearer(&self, place: &Path, clock: &Arc<dyn Clock>) -> Result<Bearer, SettingsError> {
        let unfit = |file: &Path, what: &str| SettingsError::Senseless {
            path: place.join(file),
            what: format!("source {}: {what}", self.name),
        };
        if let (Some(file), Some(token)) = (&self.token_file, self.token(place)?) {
            return Bearer::fixed(token)
                .ok_or_else(|| unfit(file, "a token is one line of visible ASCII"));
        }
        let Some(oauth) = &self.oauth else {
            return Ok(Bearer::nobody());
        };
        let secret = read(&place.join(&oauth.secret_file))?.trim().to_owned();
        if secret.is_empty() {
            return Err(unfit(&oauth.secret_file, "the secret is missing"));
        }
        let url = oauth.token_url.clone();
        let client = self.client_of(url, place, Speech::Usual, Arc::clone(clock))?;
        let scope = oauth.scope.clone();
        let credentials = Credentials::new(oauth.client_id.clone(), secret, scope);
        Ok(Bearer::granted(client, credentials, Arc::clone(clock)))
    }

    /// Opens it. `place` is the data directory, `store` where a portal's answers are kept.
    ///
    /// # Errors
    ///
    /// See [`SettingsError`].
    pub fn open(
        &self,
        place: &Path,
        store: &Store,
        clock: &Arc<dyn Clock>,
    ) -> Result<Arc<dyn Source>, SettingsError> {
        match self.portal() {
            Some(portal) => {
                Ok(Arc::new(PortalSource::new(portal, store.clone(), Arc::clone(clock))))
            }
            None => self.over_network(place, clock),
        }
    }

    /// Whether it could be opened: its files are there, and TLS can be set up.
    ///
    /// # Errors
    ///
    /// See [`SettingsError`].
    pub fn examine(&self, place: &Path, clock: &Arc<dyn Clock>) -> Result<(), SettingsError> {
        match self.portal() {
            Some(_) => Ok(()),
            None => self.over_network(place, clock).map(drop),
        }
    }

    /// Opens one that is asked over the network.
    ///
    /// # Errors
    ///
    /// See [`SettingsError`]; a portal is none.
    pub fn over_network(
        &self,
        place: &Path,
        clock: &Arc<dyn Clock>,
    ) -> Result<Arc<dyn Source>, SettingsError> {
        Ok(match self.kind {
            Kind::Dirbs => Arc::new(Dirbs::open(self, place, clock)?),
            Kind::Eir => Arc::new(Eir::open(self, place, clock)?),
            Kind::Camara => Arc::new(Camara::open(self, place, clock)?),
            Kind::Portal => {
                return Err(SettingsError::Senseless {
                    path: place.join("registries.toml"),
                    what: format!("source {}: url is missing", self.name),
                });
            }
        })
    }

    /// The portal that it is, if it is one.
    pub fn portal(&self) -> Option<Portal> {
        let link = || Url::parse(Portal::LINK).ok();
        let fresh = Some(self.fresh_minutes).filter(|minutes| *minutes > 0);
        (self.kind == Kind::Portal).then_some(())?;
        Some(Portal {
            id: self.id(),
            link: self.url.clone().or_else(link)?,
            role: self.role,
            fresh_for: SignedDuration::from_mins(fresh.unwrap_or(Portal::FRESH_MINUTES).into()),
        })
    }
}
