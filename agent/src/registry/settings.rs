//! `registries.toml`: who is asked beside the embedded sandbox, and on which terms.
//!
//! ```toml
//! format = 1
//! # sandbox = true         # ask the embedded sandbox too; without this line only if nobody else decides
//!
//! [[source]]
//! name = "dirbs"           # its short name in every answer
//! kind = "dirbs"           # dirbs, eir, camara, portal
//! url = "http://10.0.0.5:5000"   # dirbs: what stands before /api/v2, or with it
//! role = "decides"         # or "warns": only its bad news counts
//! fresh_minutes = 60       # how long its answers are gone by; those of dirbs are 5 minutes old when they come
//! paid = false             # true: an answer that was paid for is never paid again while fresh
//! deadline_seconds = 20
//! # ca_file = "ca.pem"     # authorities to trust beside the system's
//! # token_file = "token"   # sent as a bearer token
//! # [source.oauth]         # or got by OAuth 2.0 client credentials
//! # token_url = "https://…"
//! # client_id = "…"
//! # secret_file = "secret"
//! # scope = "…"
//!
//! [[source]]
//! name = "state-database"
//! kind = "portal"          # people look at it, the station keeps what they saw
//! # url = "https://imei.rfs.gov.kz/"   # the page that a person opens
//! # fresh_minutes = 1440   # a day, if not said
//! ```
//!
//! Files are named relative to the data directory. Secrets are in files of their own, so that this
//! one can be shown to anybody.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use serde::Deserialize;
use url::Url;

use super::camara::Camara;
use super::dirbs::Dirbs;
use super::eir::Eir;
use super::http::{Client, Endpoint, EndpointError, Speech};
use super::oauth::{Bearer, Credentials};
use super::portal::PortalSource;
use super::sandbox::Sandbox;
use super::{Role, Source, Terms};
use crate::clock::Clock;
use crate::portal::Portal;
use crate::ruling::RegistryId;
use crate::store::Store;

/// Longest file, in bytes.
pub const SETTINGS_MAX: u64 = 64 * 1024;

/// Version of the format that is understood.
const FORMAT: u8 = 1;

/// Most sources; each of them is asked about each IMEI.
const SOURCES_MAX: usize = 16;

/// Longest that one question may take, in seconds.
const DEADLINE_MAX: u16 = 120;

/// Longest that an answer may be gone by: a week, in minutes.
const FRESH_MAX: u32 = 7 * 24 * 60;

/// Why the registries cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A file can't be read.
    #[error("cannot read {path}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file is too long.
    #[error("{path} has more than {SETTINGS_MAX} bytes; is it another file?")]
    TooLong {
        /// The file.
        path: PathBuf,
    },
    /// It is no TOML, or has other keys than it should.
    #[error("{path} cannot be understood: {detail}")]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Where and why.
        detail: String,
    },
    /// Its values make no sense.
    #[error("{path} makes no sense: {what}")]
    Senseless {
        /// The file.
        path: PathBuf,
        /// Which, and how to mend it.
        what: String,
    },
    /// A source can't be spoken to.
    #[error("source {name} cannot be set up")]
    Endpoint {
        /// Which.
        name: String,
        /// Why.
        source: EndpointError,
    },
}

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

/// The whole file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    format: u8,
    #[serde(default)]
    sandbox: Option<bool>,
    #[serde(default, rename = "source")]
    sources: Vec<SourceSettings>,
}

impl Settings {
    /// The file at `path`; without one only the sandbox is asked.
    ///
    /// # Errors
    ///
    /// See [`SettingsError`].
    pub fn load(path: &Path) -> Result<Self, SettingsError> {
        match read(path) {
            Ok(text) => Self::parse(&text, path),
            Err(SettingsError::Unreadable { source, .. })
                if source.kind() == std::io::ErrorKind::NotFound =>
            {
                Ok(Self { format: FORMAT, ..Self::default() })
            }
            Err(error) => Err(error),
        }
    }

    /// Settings from text; `path` is named in errors.
    ///
    /// # Errors
    ///
    /// [`SettingsError::Syntax`] and [`SettingsError::Senseless`].
    pub fn parse(text: &str, path: &Path) -> Result<Self, SettingsError> {
        let settings: Self = toml::from_str(text).map_err(|error| SettingsError::Syntax {
            path: path.to_owned(),
            detail: error.to_string(),
        })?;
        match settings.nonsense() {
            None => Ok(settings),
            Some(what) => Err(SettingsError::Senseless { path: path.to_owned(), what }),
        }
    }

    /// Whether the embedded sandbox is asked: it is for practice, so not beside one that decides,
    /// unless the shop says so.
    pub fn asks_sandbox(&self) -> bool {
        let decided = self.sources.iter().any(|source| source.role == Role::Decides);
        self.sandbox.unwrap_or(!decided)
    }

    /// The sources, in the order of the file.
    pub fn sources(&self) -> &[SourceSettings] {
        &self.sources
    }

    fn nonsense(&self) -> Option<String> {
        if self.format != FORMAT {
            return Some(format!("format is {}, this program knows {FORMAT}", self.format));
        }
        if self.sources.len() > SOURCES_MAX {
            return Some(format!("there are at most {SOURCES_MAX} sources"));
        }
        let mut names = BTreeSet::from([Sandbox::NAME]);
        for source in &self.sources {
            if !names.insert(&source.name) {
                return Some(format!("name {} stands twice, or is the sandbox's", source.name));
            }
            if let Some(what) = source.nonsense() {
                return Some(format!("source {}: {what}", source.name));
            }
        }
        None
    }
}

impl SourceSettings {
    fn nonsense(&self) -> Option<&'static str> {
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

/// A short text file.
fn read(path: &Path) -> Result<String, SettingsError> {
    let unreadable = |source| SettingsError::Unreadable { path: path.to_owned(), source };
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(unreadable)?;
    file.take(SETTINGS_MAX + 1).read_to_string(&mut text).map_err(unreadable)?;
    if text.len() as u64 > SETTINGS_MAX {
        return Err(SettingsError::TooLong { path: path.to_owned() });
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Settings, SettingsError> {
        Settings::parse(text, Path::new("registries.toml"))
    }

    fn source(more: &str) -> String {
        format!("format = 1\n[[source]]\nname = 'a'\nkind = 'dirbs'\nurl = 'http://h:1'\n{more}")
    }

    #[test]
    fn the_sandbox_is_not_asked_beside_one_that_decides() {
        assert!(parsed("format = 1").unwrap().asks_sandbox());
        assert!(!parsed(&source("")).unwrap().asks_sandbox());
        assert!(parsed(&source("role = 'warns'")).unwrap().asks_sandbox());
        let both = source("").replace("format = 1", "format = 1\nsandbox = true");
        assert!(parsed(&both).unwrap().asks_sandbox());
    }

    #[test]
    fn a_portal_needs_a_name_only() {
        let portal = |more| {
            let text = format!("format = 1\n[[source]]\nname = 'p'\nkind = 'portal'\n{more}");
            parsed(&text).unwrap().sources()[0].portal().unwrap()
        };
        let usual = portal("");
        assert_eq!(usual.link.as_str(), "https://imei.rfs.gov.kz/");
        assert_eq!(usual.fresh_for, SignedDuration::from_hours(24));
        let own = portal("url = 'https://kz-imei.kz/'\nfresh_minutes = 60\nrole = 'warns'");
        assert_eq!(own.link.as_str(), "https://kz-imei.kz/");
        assert_eq!((own.fresh_for, own.role), (SignedDuration::from_hours(1), Role::Warns));
        assert_eq!(parsed(&source("")).unwrap().sources()[0].portal(), None);
    }

    #[test]
    fn what_it_says_of_a_source_is_how_it_is_asked() {
        let more = "role = 'warns'\nfresh_minutes = 60\npaid = true\ndeadline_seconds = 7";
        let settings = parsed(&source(more)).unwrap();
        let one = &settings.sources()[0];
        let fresh_for = SignedDuration::from_hours(1);
        let deadline = SignedDuration::from_secs(7);
        let terms = Terms { role: Role::Warns, fresh_for, paid: true, batch_max: 9, deadline };
        assert_eq!(one.terms(9), terms);
        let plain = parsed(&source("")).unwrap().sources()[0].terms(1000);
        assert_eq!(plain, Terms::default());
    }

    #[test]
    fn what_the_readme_shows_is_understood() {
        let readme = include_str!("../../../README.md");
        let shown = readme.split("```toml\n").filter_map(|rest| rest.split("```").next());
        let shown = shown.filter(|text| text.contains("[[source]]")).collect::<Vec<_>>();
        assert_eq!(shown.len(), 1);
        let settings = parsed(shown[0]).unwrap();
        assert!(settings.sources().len() > 1);
        // And with the line that is commented out: it is meant to work as well.
        let all = parsed(&shown[0].replace("\n# ", "\n")).unwrap();
        assert!(!settings.asks_sandbox() && all.asks_sandbox());
    }

    #[test]
    fn what_makes_no_sense_is_refused_and_named() {
        let twice = format!("{}\n[[source]]\nname = 'a'\nkind = 'portal'", source(""));
        let table = [
            ("format = 2", "this program knows 1"),
            (&twice, "stands twice"),
            (&source("").replace("'a'", "'sandbox'"), "sandbox's"),
            (&source("").replace("'a'", "'Big Name'"), "a-z"),
            (&source("").replace("http:", "ftp:"), "neither"),
            (&source("").replace("url = 'http://h:1'", ""), "url is missing"),
            (&source("deadline_seconds = 0"), "1 to 120"),
            (&source("fresh_minutes = 10081"), "10080"),
            (&source("paid = true"), "fresh_minutes"),
            (
                &source("[source.oauth]\ntoken_url='ftp://h'\nclient_id='a'\nsecret_file='s'"),
                "token_url",
            ),
            (&source("colour = 'red'"), "colour"),
        ];
        for (text, words) in table {
            let error = parsed(text).unwrap_err().to_string();
            assert!(error.contains(words), "{text}: {error}");
        }
    }
}
