//! The near side: a source set up as a shop would, IMEIs to ask about, and a clock.

use std::net::TcpListener;
use std::sync::Arc;

use tekser::clock::{Clock, ManualClock};
use tekser::registry::settings::Settings;
use tekser::registry::{RegistryError, Source};
use tekser::ruling::{Answer, Verdict};
use tekser_imei::{Imei, Imei14};
use tempfile::TempDir;

/// Where `registries.toml` and its secrets are, and the time.
pub struct Desk {
    pub clock: Arc<ManualClock>,
    pub place: TempDir,
}

impl Desk {
    pub fn new() -> Self {
        let clock = ManualClock::new("2026-03-02T05:00:00Z".parse().unwrap());
        Self { clock, place: tempfile::tempdir().unwrap() }
    }

    /// A source; `more` are lines of its entry.
    pub fn source(&self, kind: &str, address: impl ToString, more: &str) -> Arc<dyn Source> {
        let text = format!(
            "format = 1\n[[source]]\nname = 'there'\nkind = '{kind}'\nurl = 'http://{}'\n{more}",
            address.to_string()
        );
        let settings = Settings::parse(&text, self.place.path()).unwrap();
        let clock: Arc<dyn Clock> = self.clock.clone();
        settings.sources()[0].open(self.place.path(), &clock).unwrap()
    }
}

/// Different IMEIs with sound check digits.
pub fn imeis(count: usize) -> Vec<Imei> {
    let number = |n| format!("35693803{n:06}").parse::<Imei14>().unwrap().with_check_digit();
    (0..count).map(number).collect()
}

/// What was said, after a look that everything is in its place.
pub async fn verdicts(source: &dyn Source, asked: &[Imei]) -> Result<Vec<Verdict>, RegistryError> {
    let answers: Vec<Answer> = source.look_up(asked).await.inspect_err(|error| {
        let text = format!("{error} {error:?}");
        assert!(asked.iter().all(|imei| !text.contains(&imei.as_str()[8..14])), "{text}");
    })?;
    assert_eq!(answers.iter().map(|answer| answer.imei).collect::<Vec<_>>(), asked);
    assert!(answers.iter().all(|answer| answer.source == source.id()));
    Ok(answers.into_iter().map(|answer| answer.verdict).collect())
}

/// An address where nobody listens.
pub fn nobody() -> std::net::SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}
