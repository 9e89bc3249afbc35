//! A network's equipment identity register: 3GPP TS 29.511, `N5g-eir_EquipmentIdentityCheck`, over
//! HTTP/2, with TLS or without (h2c).
//!
//! ```toml
//! [[source]]
//! name = "network"
//! kind = "eir"
//! url = "https://eir.example:8443" # what stands before /n5g-eir-eic/v1; http:// is h2c
//! ```
//!
//! It takes one IMEI at a time, so several questions share one connection. What it means by its
//! three lists stands at [`EquipmentStatus`]; when a 404 is an answer, at [`verdict`]. A redirection
//! (307, 308) is not followed: it may lead to another host, and the question carries a token.

mod answer;

use std::path::Path;
use std::sync::Arc;

use reqwest::Method;
use reqwest::header::ACCEPT;
use tekser_imei::Imei;

pub use answer::{EquipmentStatus, verdict};

use super::http::{Client, Speech};
use super::oauth::Bearer;
use super::settings::{SettingsError, SourceSettings};
use super::singly::{ANSWER_MAX, BATCH_MAX, one_by_one};
use super::{Asking, RegistryError, RegistryId, Source, Terms};
use crate::clock::Clock;
use crate::ruling::Answer;

/// Below the address that the settings name, TS 29.501's `apiRoot`.
const PATH: &str = "n5g-eir-eic/v1/equipment-status";

/// An equipment identity register.
pub struct Eir {
    client: Client,
    bearer: Bearer,
    clock: Arc<dyn Clock>,
    terms: Terms,
}

impl Eir {
    /// The register that the settings name. `place` is the data directory.
    ///
    /// # Errors
    ///
    /// See [`SettingsError`].
    pub fn open(
        settings: &SourceSettings,
        place: &Path,
        clock: &Arc<dyn Clock>,
    ) -> Result<Self, SettingsError> {
        let client = settings.client(place, Speech::Http2, Arc::clone(clock))?;
        Ok(Self {
            client: client.answers_up_to(ANSWER_MAX),
            bearer: settings.bearer(place, clock)?,
            clock: Arc::clone(clock),
            terms: settings.terms(BATCH_MAX),
        })
    }

    async fn ask(&self, imei: Imei) -> Result<Answer, RegistryError> {
        let question = self
            .client
            .request(Method::GET, PATH)
            .query(&[("pei", format!("imei-{}", imei.as_str()))])
            .header(ACCEPT, "application/json, application/problem+json");
        let reply = self.bearer.ask(&self.client, question).await?;
        let verdict = verdict(self.client.registry(), &reply)?;
        Ok(Answer::new(imei, verdict, self.id(), self.clock.now()))
    }
}

impl Source for Eir {
    fn id(&self) -> RegistryId {
        self.client.registry().clone()
    }

    fn terms(&self) -> Terms {
        self.terms
    }

    fn look_up<'a>(&'a self, imeis: &'a [Imei]) -> Asking<'a, Vec<Answer>> {
        Box::pin(async move {
            self.bearer.ready().await?;
            one_by_one(self.id(), self.clock.as_ref(), imeis, |imei| self.ask(imei)).await
        })
    }
}
