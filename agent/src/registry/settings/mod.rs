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

mod source;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde::Deserialize;

pub use source::{Kind, OAuth, SourceSettings};

use super::Role;
use super::http::EndpointError;
use super::sandbox::Sandbox;

/// Longest file, in bytes.
pub const SETTINGS_MAX: u64 = 64 * 1024;

/// Version of the format that is understood.
const FORMAT: u8 = 1;

/// Most sources; each of them is asked about each IMEI.
const SOURCES_MAX: usize = 16;

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
