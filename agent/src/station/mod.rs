//! The station: every room put together, and the tasks that keep it going.

mod declaration;
mod desk;
mod lookout;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use tekser_hardware::Bus;
use tekser_imei::Imei;
use tekser_wire::message::Notice;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;
use tracing::{error, warn};

pub use declaration::CaseSearch;
pub use desk::{DeskError, NewCase};
pub use lookout::{PortalCheck, PortalError};

use crate::batch::{KeyError, StationKey};
use crate::bench::{AdbKeys, Asking, Bench, Finding, FindingKind, Handset};
use crate::check::{CHECK_MAX, Checked, Checks, Freshness, Verdict};
use crate::clock::{Clock, SystemClock};
use crate::counter::Counter;
use crate::declaration::Reader;
use crate::finding::Severity;
use crate::id::HandsetId;
use crate::outbox::{Outbox, OutboxError};
use crate::place::{Lock, Place, PlaceError, Token};
use crate::portal::{Evidence, EvidenceError, Portal};
use crate::registry::sandbox::Sandbox;
use crate::registry::settings::{Settings, SettingsError, SourceSettings};
use crate::registry::{Registry, RegistryId, Source};
use crate::rules::{Rules, RulesError};
use crate::store::{Store, StoreError};

/// Why the station can't start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data directory.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// A database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The signing key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The rules file.
    #[error(transparent)]
    Rules(#[from] RulesError),
    /// Who is asked.
    #[error(transparent)]
    Registries(#[from] SettingsError),
    /// The folder with screenshots.
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
    /// The outbox.
    #[error(transparent)]
    Outbox(#[from] OutboxError),
}

/// What a station is made of.
pub struct Config {
    /// Where its data lies.
    pub place: Place,
    /// Where its time comes from.
    pub clock: Arc<dyn Clock>,
    /// What can be plugged into.
    pub buses: Vec<Arc<dyn Bus>>,
    /// How phones are asked.
    pub asking: Asking,
    /// How long the embedded registry takes to review an application.
    pub review_takes: SignedDuration,
    /// How long to wait between two looks at an application in review.
    pub poll: SignedDuration,
    /// Who is asked, instead of those that `registries.toml` names.
    pub sources: Option<Vec<Arc<dyn Source>>>,
    /// What reads PDFs: this program, as a process of its own.
    pub reader: Reader,
}

impl Config {
    /// A station in this place, with nothing to plug into yet.
    pub fn new(place: Place) -> Self {
        let asking = Asking::new(AdbKeys::in_files(vec![place.adb_key()]));
        Self {
            place,
            clock: Arc::new(SystemClock),
            buses: Vec::new(),
            asking,
            review_takes: SignedDuration::from_secs(30),
            poll: SignedDuration::from_secs(5),
            sources: None,
            reader: Reader::this_program(),
        }
    }
}

/// The station.
pub struct Station {
    /// Its data directory.
    pub place: Place,
    /// Its time.
    pub clock: Arc<dyn Clock>,
    /// Its memory.
    pub store: Store,
    /// What is plugged in.
    pub bench: Arc<Bench>,
    /// Scanners and what they send.
    pub counter: Arc<Counter>,
    /// Questions to whoever knows IMEIs.
    pub checks: Checks,
    /// The embedded registry.
    pub sandbox: Arc<Sandbox>,
    /// Opens the API.
    pub token: Token,
    /// What holds in the regime now.
    pub rules: Rules,
    /// Portals that people look at.
    pub portals: Vec<Portal>,
    /// Screenshots of what they saw.
    pub evidence: Evidence,
    /// What reads PDFs.
    pub reader: Reader,
    key: StationKey,
    registries: BTreeMap<RegistryId, Arc<dyn Registry>>,
    poll: SignedDuration,
    wake_outbox: Notify,
    reads: std::sync::Mutex<Option<mpsc::UnboundedReceiver<HandsetId>>>,
}

impl Station {
    /// Opens the data directory and puts the rooms together. Nothing runs yet.
    ///
    /// # Errors
    ///
    /// See [`StartError`].
    pub async fn open(config: Config) -> Result<Arc<Self>, StartError> {
        let Config { place, clock, buses, asking, review_takes, poll, sources, reader } = config;
        let key = StationKey::load_or_create(&place.key())?;
        let token = place.token()?;
        let rules = Rules::load(&place.rules())?;
        let store = Store::open(&place.database()).await?;
        let sandbox =
            Sandbox::open(&place.sandbox_database(), Arc::clone(&clock), review_takes).await?;
        let sandbox = Arc::new(sandbox);
        let registry: Arc<dyn Registry> = sandbox.clone();
        let settings = Settings::load(&place.registries())?;
        let portals = settings.sources().iter().filter_map(SourceSettings::portal).collect();
        let evidence = Evidence::open(place.evidence())?;
        let sources = match sources {
            Some(sources) => sources,
            None => sources_of(&settings, &place, &store, &sandbox, &clock)?,
        };
        let (bench, feeds) = Bench::new(store.clone(), Arc::clone(&clock), buses, asking);
        let (reads, scanners) = (feeds.reads, feeds.scanners);
        let counter = Counter::new(store.clone(), Arc::clone(&clock), Arc::clone(&bench), scanners);
        Ok(Arc::new(Self {
            checks: Checks::new(store.clone(), sources, Arc::clone(&clock)),
            registries: BTreeMap::from([(registry.id(), registry)]),
            place,
            clock,
            store,
            bench,
            counter,
            sandbox,
            token,
            rules,
            portals,
            evidence,
            reader,
            key,
            poll,
            wake_outbox: Notify::new(),
            reads: std::sync::Mutex::new(Some(reads)),
        }))
    }

    /// Starts the tasks: the bench is watched, what is read is checked, the outbox is pumped.
    /// They end when the returned value is dropped.
    ///
    /// # Errors
    ///
    /// If another station runs on this data directory, or the outbox can't be taken over.
    pub async fn run(self: &Arc<Self>) -> Result<Running, StartError> {
        let lock = self.place.lock()?;
        self.store.release_abandoned_keys().await?;
        let outbox = self.outbox().await?;
        let mut tasks = JoinSet::new();
        tasks.spawn(Arc::clone(&self.bench).watch());
        tasks.spawn(Arc::clone(&self.counter).attend());
        tasks.spawn(Arc::clone(self).pump(outbox));
        tasks.spawn(Arc::clone(self).notice_other_processes());
        let reads = self.reads.lock().ok().and_then(|mut reads| reads.take());
        if let Some(reads) = reads {
            tasks.spawn(Arc::clone(self).check_what_is_read(reads));
        }
        Ok(Running { tasks, _lock: lock })
    }

    /// Takes over the outbox, for a caller that pumps it itself and holds the lock.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub async fn outbox(&self) -> Result<Outbox, OutboxError> {
        let (registries, clock) = (self.registries.clone(), Arc::clone(&self.clock));
        Outbox::take_over(self.store.clone(), registries, clock, self.poll).await
    }

    /// Registries that can be filed with.
    pub fn registries(&self) -> impl Iterator<Item = &RegistryId> {
        self.registries.keys()
    }

    async fn pump(self: Arc<Self>, outbox: Outbox) {
        // Submissions entered by another process are found by looking now and then.
        const LONGEST: Duration = Duration::from_secs(2);
        loop {
            let wait = match outbox.pump().await {
                Ok(next) => next.map_or(LONGEST, |next| {
                    let wait = next.duration_since(self.clock.now());
                    Duration::try_from(wait).unwrap_or(Duration::ZERO).min(LONGEST)
                }),
                Err(error) => {
                    error!(error = &error as &dyn std::error::Error, "the outbox stands still");
                    LONGEST
                }
            };
            if let Err(error) = self.check_decided(&outbox.take_decided()).await {
                warn!(error = &error as &dyn std::error::Error, "verdicts are those of before");
            }
            let _ = tokio::time::timeout(wait, self.wake_outbox.notified()).await;
        }
    }

    async fn notice_other_processes(self: Arc<Self>) {
        let mut rhythm = tokio::time::interval(Duration::from_secs(1));
        loop {
            rhythm.tick().await;
            if let Err(error) = self.store.refresh_latest().await {
                warn!(error = &error as &dyn std::error::Error, "events cannot be followed");
            }
        }
    }

    async fn check_what_is_read(self: Arc<Self>, mut reads: mpsc::UnboundedReceiver<HandsetId>) {
        // What piled up while the registry was slow is asked in one go, each phone once.
        let mut waiting = Vec::new();
        while reads.recv_many(&mut waiting, CHECK_MAX).await > 0 {
            let mut phones: Vec<Handset> = Vec::new();
            for handset in waiting.drain(..).collect::<BTreeSet<_>>() {
                match self.store.handset(handset).await {
                    Ok(handset) => phones.extend(handset),
                    Err(error) => {
                        let error = &error as &dyn std::error::Error;
                        warn!(error, "a phone cannot be checked");
                    }
                }
            }
            let imeis: Vec<Imei> = phones.iter().flat_map(Handset::imeis).collect();
            match self.checks.check(&imeis, Freshness::Kept).await {
                Ok(checked) => self.tell_scanners(&phones, &checked),
                Err(error) => {
                    warn!(error = &error as &dyn std::error::Error, "answers cannot be kept");
                }
            }
        }
    }

    /// Tells the scanners that these phones were scanned with what a person should hear of them.
    fn tell_scanners(&self, phones: &[Handset], checked: &[Checked]) {
        for phone in phones {
            let imeis = phone.imeis();
            let of_phone = checked.iter().filter(|one| imeis.contains(&one.answer.imei));
            let verdicts: Vec<Verdict> = of_phone.map(|one| one.answer.verdict).collect();
            if let Some(notice) = judged(phone, &verdicts) {
                self.counter.notice(phone.id, notice);
            }
        }
    }
}

/// Whoever the shop wants asked.
fn sources_of(
    settings: &Settings,
    place: &Place,
    store: &Store,
    sandbox: &Arc<Sandbox>,
    clock: &Arc<dyn Clock>,
) -> Result<Vec<Arc<dyn Source>>, SettingsError> {
    let mut sources: Vec<Arc<dyn Source>> = Vec::new();
    if settings.asks_sandbox() {
        sources.push(sandbox.clone());
    }
    for source in settings.sources() {
        sources.push(source.open(place.path(), store, clock)?);
    }
    Ok(sources)
}

/// What a person should hear of a phone: nothing, unless it is clear that it is well or that it
/// must not be sold.
fn judged(phone: &Handset, verdicts: &[Verdict]) -> Option<Notice> {
    let blocked = verdicts.iter().any(|verdict| matches!(verdict, Verdict::Blocked { .. }));
    let is_twin = |finding: &Finding| matches!(finding.kind, FindingKind::OnAnotherHandset { .. });
    if blocked || phone.findings.iter().any(is_twin) {
        return Some(Notice::Stop);
    }
    let clear = !verdicts.is_empty() && verdicts.iter().all(Verdict::is_clear);
    let well = clear && phone.worst().is_none_or(|worst| worst < Severity::Stop);
    well.then_some(Notice::Clear)
}

/// A running station. Dropping it ends its tasks and frees the data directory.
pub struct Running {
    tasks: JoinSet<()>,
    _lock: Lock,
}

impl Running {
    /// Comes back if one of the tasks broke: the station is then no longer whole, and whoever
    /// started it should stop it.
    pub async fn broken(&mut self) {
        while let Some(ended) = self.tasks.join_next().await {
            if ended.is_err_and(|error| error.is_panic()) {
                return;
            }
        }
        // Every task ended as it should: nothing is broken, and nothing more can break.
        std::future::pending().await
    }
}
