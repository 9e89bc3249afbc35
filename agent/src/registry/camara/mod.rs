//! A network operator's CAMARA DeviceAuthenticity: `check-status`, one IMEI at a time.
//!
//! ```toml
//! [[source]]
//! name = "operator"
//! kind = "camara"
//! url = "https://api.example/device-authenticity/vwip" # what stands before /check-status
//! ```
//!
//! The description is a draft (`vwip`), so the settings name the whole base address, version and all.
//! Every question has an `x-correlator` of its own; an answer that carries another one belongs to
//! another question and is not believed. One that carries none is: the description does not demand it.

mod answer;

use std::path::Path;
use std::sync::Arc;

use reqwest::Method;
use reqwest::header::ACCEPT;
use serde_json::json;
use tekser_imei::Imei;
use uuid::Uuid;

pub use answer::{OperationalStatus, Said, said};

use super::http::{Client, Speech};
use super::oauth::Bearer;
use super::settings::{SettingsError, SourceSettings};
use super::singly::{ANSWER_MAX, BATCH_MAX, one_by_one};
use super::{Asking, RegistryError, RegistryId, Source, Terms};
use crate::clock::Clock;
use crate::ruling::Answer;

/// Below the address that the settings name.
const PATH: &str = "check-status";

/// What ties an answer to its question.
const CORRELATOR: &str = "x-correlator";

/// A network operator's word on devices.
pub struct Camara {
    client: Client,
    bearer: Bearer,
    clock: Arc<dyn Clock>,
    terms: Terms,
}

impl Camara {
    /// The operator that the settings name. `place` is the data directory.
    ///
    /// # Errors
    ///
    /// See [`SettingsError`].
    pub fn open(
        settings: &SourceSettings,
        place: &Path,
        clock: &Arc<dyn Clock>,
    ) -> Result<Self, SettingsError> {
        let client = settings.client(place, Speech::Usual, Arc::clone(clock))?;
        Ok(Self {
            client: client.answers_up_to(ANSWER_MAX),
            bearer: settings.bearer(place, clock)?,
            clock: Arc::clone(clock),
            terms: settings.terms(BATCH_MAX),
        })
    }

    async fn ask(&self, imei: Imei) -> Result<Answer, RegistryError> {
        let correlator = Uuid::now_v7().to_string();
        let question = self
            .client
            .request(Method::POST, PATH)
            .header(ACCEPT, "application/json")
            .header(CORRELATOR, &correlator)
            .json(&json!({ "imei": imei.as_str() }));
        let reply = self.bearer.ask(&self.client, question).await?;
        let echo = reply.headers.get(CORRELATOR);
        if echo.is_some_and(|echo| echo.as_bytes() != correlator.as_bytes()) {
            return Err(self.client.unreadable("the answer belongs to another question"));
        }
        let said = said(self.client.registry(), imei, &reply)?;
        // A clock that runs ahead of ours must not make an answer fresher than now.
        let now = self.clock.now();
        let as_of = said.last_checked.map_or(now, |checked| checked.min(now));
        Ok(Answer::new(imei, said.verdict, self.id(), as_of))
    }
}

impl Source for Camara {
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
