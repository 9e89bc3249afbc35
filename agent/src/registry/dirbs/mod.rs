//! DIRBS-Core v2, the registry that several countries run.
//!
//! It was made for the network of its operator: it asks nobody who they are, tells of errors in
//! HTML, and answers about anything. What that means here:
//!
//! - Answers of a batch do not repeat the question; see [`verdicts`].
//! - It keeps what it said for 300 seconds and says it again, whatever its lists say meanwhile. So
//!   an answer is believed as of 300 seconds before it came.
//! - It ignores the check digit and answers about letters too. Only sound IMEIs are asked about.
//! - One IMEI that it does not take refuses a whole batch with status 400. Then the batch is halved
//!   until the others have their answers.

mod answer;
mod device;
mod standing;

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};
use jiff::{SignedDuration, Timestamp};
use reqwest::{Method, RequestBuilder};
use serde::Serialize;
use tekser_imei::{Imei, Tac};
use tokio::sync::Semaphore;
use tokio::time::Instant;

pub use answer::{Unsound, verdicts};
pub use device::{DirbsDevice, DirbsModel, device, model, models};

use super::http::{Client, Reply, Speech};
use super::settings::{SettingsError, SourceSettings};
use super::{Asking, RegistryError, Source, Terms};
use crate::clock::Clock;
use crate::rules::day;
use crate::ruling::{Answer, RegistryId, Undetermined, Verdict};

/// Most IMEIs, or TACs, of one request.
pub const BATCH_MAX: usize = 1000;

/// Batches that are under way at once, whoever asks.
pub const IN_FLIGHT: usize = 4;

/// How long it may go on saying what it said once.
pub const KEPT: SignedDuration = SignedDuration::from_secs(300);

/// Most refusals that one batch is halved for: enough to find three bad ones among a thousand.
const REFUSALS_MAX: usize = 40;

/// Below the host, or below what a proxy puts in front.
const API: &str = "api/v2/";

/// A DIRBS-Core v2.
pub struct Dirbs {
    client: Client,
    /// What is put before every path.
    prefix: &'static str,
    token: Option<String>,
    terms: Terms,
    /// How long a refused batch is halved.
    patience: Duration,
    turns: Semaphore,
    clock: Arc<dyn Clock>,
}

#[derive(Serialize)]
struct Question<'a> {
    imeis: Vec<&'a str>,
    include_registration_status: bool,
    include_stolen_status: bool,
}

#[derive(Serialize)]
struct TacQuestion<'a> {
    tacs: Vec<&'a str>,
}

impl Dirbs {
    /// The one that the settings name. `place` is the data directory.
    ///
    /// # Errors
    ///
    /// See [`SettingsError`].
    pub fn open(
        settings: &SourceSettings,
        place: &Path,
        clock: &Arc<dyn Clock>,
    ) -> Result<Self, SettingsError> {
        let path = settings.url.as_ref().map_or("", |url| url.path()).trim_end_matches('/');
        Ok(Self {
            client: settings.client(place, Speech::Usual, Arc::clone(clock))?,
            prefix: if path.ends_with(API.trim_end_matches('/')) { "" } else { API },
            token: settings.token(place)?,
            terms: settings.terms(BATCH_MAX * IN_FLIGHT),
            patience: Duration::from_secs(settings.deadline_seconds.into()),
            turns: Semaphore::new(IN_FLIGHT),
            clock: Arc::clone(clock),
        })
    }

    /// The device that an IMEI was registered with; `None` if it was not.
    ///
    /// # Errors
    ///
    /// See [`RegistryError`].
    pub async fn device_of(&self, imei: Imei) -> Result<Option<DirbsDevice>, RegistryError> {
        let request = self.request(Method::GET, &format!("imei/{}/info", imei.as_str()));
        let reply = self.reply(request).await?;
        device(&reply.body, imei).map_err(|unsound| self.unsound(unsound))
    }

    /// The model that a TAC was assigned to; `None` if the GSMA's list there has none.
    ///
    /// # Errors
    ///
    /// See [`RegistryError`].
    pub async fn tac(&self, tac: Tac) -> Result<Option<DirbsModel>, RegistryError> {
        let request = self.request(Method::GET, &format!("tac/{}", tac.as_str()));
        let reply = self.reply(request).await?;
        model(&reply.body, tac).map_err(|unsound| self.unsound(unsound))
    }

    /// The models that TACs were assigned to, in the order asked.
    ///
    /// # Errors
    ///
    /// See [`RegistryError`].
    pub async fn tacs(&self, tacs: &[Tac]) -> Result<Vec<Option<DirbsModel>>, RegistryError> {
        let mut found = Vec::with_capacity(tacs.len());
        for part in tacs.chunks(BATCH_MAX) {
            let question = TacQuestion { tacs: part.iter().map(Tac::as_str).collect() };
            let request = self.request(Method::POST, "tac").json(&question);
            let reply = self.reply(request).await?;
            found.extend(models(&reply.body, part).map_err(|unsound| self.unsound(unsound))?);
        }
        Ok(found)
    }

    /// What it says of at most a thousand IMEIs, whichever of them it does not take.
    async fn part(&self, imeis: &[Imei]) -> Result<Vec<Verdict>, RegistryError> {
        match self.batch(imeis).await? {
            Some(verdicts) => Ok(verdicts),
            None => Ok(self.halves(imeis).await),
        }
    }

    /// What it says of a batch that it refused as a whole.
    async fn halves(&self, imeis: &[Imei]) -> Vec<Verdict> {
        let give_up = Instant::now() + self.patience;
        let mut verdicts = vec![open(Undetermined::Denied); imeis.len()];
        let mut left: Vec<Range<usize>> = halved(0..imeis.len());
        let mut refusals = 1;
        while let Some(range) = left.pop() {
            let (Some(part), Some(place)) =
                (imeis.get(range.clone()), verdicts.get_mut(range.clone()))
            else {
                break;
            };
            if refusals > REFUSALS_MAX || Instant::now() >= give_up {
                place.fill(open(Undetermined::RegistryFailed));
                continue;
            }
            match self.batch(part).await {
                Ok(Some(said)) => place.copy_from_slice(&said),
                Ok(None) => {
                    refusals += 1;
                    left.extend(halved(range));
                }
                Err(error) => place.fill(open(error.undetermined())),
            }
        }
        let denied = verdicts.iter().filter(|&&one| one == open(Undetermined::Denied)).count();
        tracing::warn!(source = %self.client.registry(), denied, "IMEIs are not taken");
        verdicts
    }

    /// One request; `None` if it refuses it as a whole.
    async fn batch(&self, imeis: &[Imei]) -> Result<Option<Vec<Verdict>>, RegistryError> {
        let question = Question {
            imeis: imeis.iter().map(Imei::as_str).collect(),
            include_registration_status: true,
            include_stolen_status: true,
        };
        let request = self.request(Method::POST, "imei-batch").json(&question);
        let turn = self.turns.acquire().await;
        let reply = self.client.ask(request).await?;
        drop(turn);
        // A proxy may have a smaller limit than it has itself: 413.
        if matches!(reply.status.as_u16(), 400 | 413 | 422) {
            return Ok(None);
        }
        let reply = self.sound(reply)?;
        let today = day(self.clock.now());
        match verdicts(&reply.body, imeis, today) {
            Ok(verdicts) => Ok(Some(verdicts)),
            Err(unsound) => Err(self.unsound(unsound)),
        }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, &format!("{}{path}", self.prefix));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    async fn reply(&self, request: RequestBuilder) -> Result<Reply, RegistryError> {
        self.sound(self.client.ask(request).await?)
    }

    fn sound(&self, reply: Reply) -> Result<Reply, RegistryError> {
        match reply.status.as_u16() {
            200 => Ok(reply),
            status @ (404 | 405) => Err(RegistryError::Denied {
                registry: self.client.registry().clone(),
                detail: format!("status {status}: its url is not that of a DIRBS-Core v2"),
            }),
            _ => Err(self.client.unexpected(&reply)),
        }
    }

    /// The oldest moment that an answer may stem from if the question goes out now.
    fn as_of(&self) -> Timestamp {
        let now = self.clock.now();
        now.saturating_sub(KEPT).unwrap_or(now)
    }

    fn unsound(&self, unsound: Unsound) -> RegistryError {
        self.client.unreadable(&unsound.to_string())
    }
}

impl Source for Dirbs {
    fn id(&self) -> RegistryId {
        self.client.registry().clone()
    }

    fn terms(&self) -> Terms {
        self.terms
    }

    fn look_up<'a>(&'a self, imeis: &'a [Imei]) -> Asking<'a, Vec<Answer>> {
        Box::pin(async move {
            let as_of = self.as_of();
            let parts: Vec<_> = imeis.chunks(BATCH_MAX).map(|part| self.part(part)).collect();
            let mut said = stream::iter(parts).buffered(IN_FLIGHT);
            let mut answers = Vec::with_capacity(imeis.len());
            let (mut answered, mut failure) = (false, None);
            for part in imeis.chunks(BATCH_MAX) {
                let verdicts = match said.next().await {
                    Some(Ok(verdicts)) => {
                        answered = true;
                        verdicts
                    }
                    Some(Err(error)) => {
                        let unanswered = vec![open(error.undetermined()); part.len()];
                        failure = Some(error);
                        unanswered
                    }
                    None => break,
                };
                let about = |(&imei, verdict)| Answer::new(imei, verdict, self.id(), as_of);
                answers.extend(part.iter().zip(verdicts).map(about));
            }
            match failure {
                Some(error) if !answered => Err(error),
                _ => Ok(answers),
            }
        })
    }
}

const fn open(why: Undetermined) -> Verdict {
    Verdict::Undetermined { why }
}

/// Two halves of what can be halved; nothing of one.
fn halved(range: Range<usize>) -> Vec<Range<usize>> {
    let middle = range.start + range.len() / 2;
    if range.len() < 2 { Vec::new() } else { vec![middle..range.end, range.start..middle] }
}
