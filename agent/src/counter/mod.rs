//! The shop counter: scanners, the codes that they send, and the boxes that these make.
//!
//! ```text
//! scanner ─ code ─▶ attend ─▶ take ─ one change: scan + how far it is durable + phone ─▶ store
//!    ◀──────────────── Ack ──────┘            └─▶ check ─▶ notice (lamp and beeper) ─▶ scanner
//! ```
//!
//! | part | job |
//! |---|---|
//! | `attend`, `talk` | one scanner that is plugged in: opened, heard, asked, opened again |
//! | `take` | codes become durable, once each |
//! | `group` | the codes of one box are read as one label |
//! | `known`, `view` | what is remembered of a scanner, how it is now, what a person should know |
//! | `order` | what is asked of a scanner |
//!
//! A code is acknowledged to its scanner once it is on the disk, never before. Whatever stands in
//! the way of that is the scanner's to bridge: it keeps every code until it is told.

mod attend;
mod chosen;
mod group;
mod known;
mod name;
mod order;
mod scan;
mod settings;
mod take;
mod talk;
mod view;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tekser_hardware::DeviceId;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;
use tracing::warn;

use chosen::Choice;
pub use chosen::Chosen;
pub use known::{Capability, CrashReport, KnownScanner, ScannerKind, StartCause, Unnoted};
pub use name::ScannerName;
pub use order::ScannerError;
pub use scan::{KeptScan, ScanProblem, ScanVerdict, TimeSource};
pub use settings::{EngineKind, ScannerSettings, TriggerMode};
pub use take::{Code, Origin, Taken};
pub use view::{
    EngineView, ScannerFinding, ScannerFindingCode, ScannerReport, ScannerState, ScannerView,
};

use crate::bench::{Bench, Plugged};
use crate::clock::Clock;
use crate::id::HandsetId;
use crate::store::{Store, StoreError};
use order::Order;

/// A scanner that is connected.
struct Connected {
    known: KnownScanner,
    device: DeviceId,
    arrival: u64,
    since: Timestamp,
    is_silent: bool,
    not_kept: bool,
    report: Option<ScannerReport>,
    /// The phone that was scanned last, and has not been judged yet.
    unjudged: Option<HandsetId>,
    orders: mpsc::Sender<Order>,
}

/// The counter. See the [module](self).
pub struct Counter {
    store: Store,
    clock: Arc<dyn Clock>,
    bench: Arc<Bench>,
    connected: Mutex<BTreeMap<ScannerName, Connected>>,
    choice: Mutex<Choice>,
    /// Scanners that are another way than was told.
    untold: Mutex<BTreeSet<ScannerName>>,
    to_tell: Notify,
    plugged: Mutex<Option<mpsc::UnboundedReceiver<Plugged>>>,
}

/// Shortest time between two events about scanners: one that reads fast would fill the disk.
const TELL_REST: Duration = Duration::from_millis(300);

impl Counter {
    /// A counter for the scanners that this bench finds.
    pub fn new(
        store: Store,
        clock: Arc<dyn Clock>,
        bench: Arc<Bench>,
        plugged: mpsc::UnboundedReceiver<Plugged>,
    ) -> Arc<Self> {
        Arc::new(Self {
            store,
            clock,
            bench,
            connected: Mutex::default(),
            choice: Mutex::default(),
            untold: Mutex::default(),
            to_tell: Notify::new(),
            plugged: Mutex::new(Some(plugged)),
        })
    }

    /// Attends to scanners until the task is dropped; their ports are then free.
    pub async fn attend(self: Arc<Self>) {
        let plugged = lock(&self.plugged).take();
        let Some(mut plugged) = plugged else { return };
        let mut scanners = JoinSet::new();
        scanners.spawn(Arc::clone(&self).tell());
        loop {
            tokio::select! {
                one = plugged.recv() => match one {
                    Some(one) => drop(scanners.spawn(Arc::clone(&self).attend_one(one))),
                    None => return,
                },
                Some(ended) = scanners.join_next() => {
                    if let Err(broken) = ended && broken.is_panic() {
                        std::panic::resume_unwind(broken.into_panic());
                    }
                }
            }
        }
    }

    /// Scanners that were ever heard, those that are connected first.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub async fn scanners(&self) -> Result<Vec<ScannerView>, StoreError> {
        let known = self.store.scanners().await?;
        let mut views: Vec<ScannerView> = known.into_iter().map(|one| self.view(one)).collect();
        views.sort_by_key(|view| view.state == ScannerState::Away);
        Ok(views)
    }

    /// One scanner; `None` if it was never heard.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub async fn scanner(&self, name: &str) -> Result<Option<ScannerView>, StoreError> {
        Ok(self.store.scanner(name).await?.map(|known| self.view(known)))
    }

    /// A person has taken note of everything that happened to a scanner.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub async fn note(&self, name: &ScannerName) -> Result<(), StoreError> {
        self.amend(name, |known| known.unnoted = Unnoted::default()).await
    }

    fn view(&self, known: KnownScanner) -> ScannerView {
        let connected = lock(&self.connected);
        let Some(live) = connected.get(&known.name) else {
            let findings = view::findings(&known, None, false);
            let (state, device) = (ScannerState::Away, None);
            return ScannerView { known, state, device, since: None, report: None, findings };
        };
        let state = if live.is_silent { ScannerState::Silent } else { ScannerState::Connected };
        ScannerView {
            state,
            device: Some(live.device.clone()),
            since: Some(live.since),
            report: live.report,
            findings: view::findings(&known, live.report.as_ref(), live.not_kept),
            known,
        }
    }

    /// Changes what is remembered of a scanner, if that changes anything.
    async fn amend(
        &self,
        name: &ScannerName,
        amend: impl FnOnce(&mut KnownScanner),
    ) -> Result<(), StoreError> {
        let mut change = self.store.begin().await?;
        let Some(before) = change.scanner(name).await? else { return Ok(()) };
        let mut known = before.clone();
        amend(&mut known);
        if known == before {
            return Ok(());
        }
        change.save_scanner(&known).await?;
        change.commit().await?;
        if let Some(live) = lock(&self.connected).get_mut(name) {
            live.known = known;
        }
        self.changed(name);
        Ok(())
    }

    /// Changes how a scanner is now; told soon, if that changes anything that is shown.
    fn show(&self, name: &ScannerName, change: impl FnOnce(&mut Connected)) {
        if let Some(live) = lock(&self.connected).get_mut(name) {
            let before = (live.is_silent, live.not_kept, live.report);
            change(live);
            if before == (live.is_silent, live.not_kept, live.report) {
                return;
            }
        }
        self.changed(name);
    }

    fn changed(&self, name: &ScannerName) {
        lock(&self.untold).insert(name.clone());
        self.to_tell.notify_one();
    }

    /// Tells how scanners are, not more often than anybody could look.
    async fn tell(self: Arc<Self>) {
        loop {
            self.to_tell.notified().await;
            let names = std::mem::take(&mut *lock(&self.untold));
            for name in names {
                if let Err(error) = self.tell_of(&name).await {
                    warn!(error = &error as &dyn std::error::Error, "a scanner cannot be shown");
                }
            }
            tokio::time::sleep(TELL_REST).await;
        }
    }

    async fn tell_of(&self, name: &ScannerName) -> Result<(), StoreError> {
        let Some(view) = self.scanner(name.as_str()).await? else { return Ok(()) };
        let mut change = self.store.begin().await?;
        change.tell_of_scanner(self.clock.now(), name, &view).await?;
        change.commit().await
    }
}

/// Everything behind these locks is whole after every statement that changes it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
