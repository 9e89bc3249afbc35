//! The embedded registry: a model of the regime to learn, demonstrate and test with.
//!
//! It is the far side, so it keeps its own file and trusts nothing: signatures are checked, and
//! a batch that is filed twice is kept twice. What it models: white, grey and black lists per
//! IMEI of devices that have up to four; thirty calendar days of grace from the first connection;
//! applications of persons, businesses and service centres, reviewed in business days and refused
//! with the operator's own reasons; quotas, used tracking numbers, a ledger of fees. What it
//! assumes, because no source says it:
//!
//! * an approved replacement takes the old IMEIs out of use;
//! * a fee is not paid back, and a device is paid for once per applicant (see [`Charge`]);
//! * rules that rest on one source and are warnings in a preflight are refusals here;
//! * of a document that it was told nothing about ([`Declaration`]) it takes the applicant's word;
//! * of a simplified application it must know that both IMEIs are one device.
//!
//! [`EXAMPLES`] are published test numbers with a fixed meaning, for whoever writes shop software.

mod applications;
mod claim;
mod customs;
mod devices;
mod faults;
mod form;
mod grace;
mod judge;
mod ledger;
mod lists;
mod review;
mod review_time;

use std::path::Path;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use sqlx::migrate::Migrator;
use sqlx::{Sqlite, SqlitePool, Transaction};
use tekser_imei::{Imei, Imei14};

pub use applications::{Application, Filter};
pub use customs::Declaration;
pub use devices::DeviceError;
pub use faults::{Faults, Trouble};
pub use form::{Form, FormDevice, FormError, FormKind};
pub use grace::{GRACE_DAYS, grace_until};
pub use ledger::Charge;
pub use review_time::ReviewTime;

use super::{
    ApplicationNo, Asking, Decision, Progress, Registry, RegistryError, RegistryId, Source,
};
use crate::batch::SignedBatch;
use crate::clock::Clock;
use crate::id::BatchId;
use crate::rules::{Rules, SHIPPED};
use crate::ruling::{Answer, BlockReason, Undetermined, Verdict};
use crate::store::{StoreError, open_database};
use faults::Stale;
use lists::Row;

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sandbox");

/// Published test IMEIs and what a fresh sandbox says of them.
pub const EXAMPLES: [(&str, Listing); 5] = [
    ("490154203237518", Listing::White),
    ("352099001761481", Listing::Grey),
    ("354178036859789", Listing::Black(BlockReason::BlockListed)),
    ("356868000041418", Listing::Black(BlockReason::Altered)),
    ("354626223546262", Listing::Silent),
];

/// Where an IMEI stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listing {
    /// Verified.
    White,
    /// First seen in a network now.
    Grey,
    /// Blocked.
    Black(BlockReason),
    /// The registry never answers about this one: to see what software makes of silence.
    Silent,
}

/// The embedded registry.
pub struct Sandbox {
    pool: SqlitePool,
    clock: Arc<dyn Clock>,
    review: ReviewTime,
    rules: Rules,
    faults: Arc<Faults>,
}

impl Sandbox {
    /// Its short name.
    pub const NAME: &'static str = "sandbox";

    /// Opens its file, making it with the [`EXAMPLES`] if it is not there. It goes by the rules
    /// that the program carries, whatever the shop made of its own.
    ///
    /// # Errors
    ///
    /// If the file can't be used.
    pub async fn open(
        path: &Path,
        clock: Arc<dyn Clock>,
        review: impl Into<ReviewTime>,
    ) -> Result<Self, StoreError> {
        let rules = Rules::parse(SHIPPED, Path::new("of the program"));
        let senseless = |error| serde::de::Error::custom(error);
        let rules = rules
            .map_err(|error| StoreError::Malformed { what: "rule", source: senseless(error) })?;
        let pool = open_database(path, &MIGRATIONS, 2).await?;
        let sandbox =
            Self { pool, clock, review: review.into(), rules, faults: Arc::new(Faults::default()) };
        sandbox.list_examples().await?;
        Ok(sandbox)
    }

    async fn list_examples(&self) -> Result<(), StoreError> {
        for (imei, listing) in EXAMPLES {
            if let Ok(imei) = imei.parse::<Imei>() {
                self.list(imei.imei14(), listing).await?;
            }
        }
        Ok(())
    }

    /// Its troubles, to be turned on.
    pub fn faults(&self) -> Arc<Faults> {
        Arc::clone(&self.faults)
    }

    /// Puts an IMEI on a list, unless it stands on one already.
    ///
    /// # Errors
    ///
    /// If the row can't be written.
    pub async fn list(&self, number: Imei14, listing: Listing) -> Result<(), StoreError> {
        let mut db = self.pool.acquire().await?;
        lists::list_once(&mut db, number, Row::of(listing, self.clock.now())).await?;
        Ok(())
    }

    /// Puts an IMEI on a list, from whichever it stands on: a theft that is reported, an amnesty.
    ///
    /// # Errors
    ///
    /// If the row can't be written.
    pub async fn relist(&self, number: Imei14, listing: Listing) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        lists::relist(&mut tx, number, Row::of(listing, self.clock.now())).await?;
        tx.commit().await?;
        Ok(())
    }

    /// What is true of an IMEI, whatever trouble is turned on.
    ///
    /// # Errors
    ///
    /// If the file fails.
    pub async fn truth(&self, imei: Imei) -> Result<Answer, StoreError> {
        self.settle().await?;
        let now = self.clock.now();
        let mut db = self.pool.acquire().await?;
        let verdict = lists::verdict(&mut db, imei.imei14(), now).await?;
        Ok(Answer::new(imei, verdict, self.id(), now))
    }

    /// What is true of each IMEI, or what it is made to say by stale, duplicated and bad rows.
    ///
    /// # Errors
    ///
    /// If the file fails.
    pub async fn answers(&self, imeis: &[Imei]) -> Result<Vec<Answer>, StoreError> {
        self.settle().await?;
        let now = self.clock.now();
        let stale = self.faults.stale(now);
        let mut db = self.pool.acquire().await?;
        let mut answers = Vec::with_capacity(imeis.len());
        for &imei in imeis {
            let verdict = match stale {
                None => lists::verdict(&mut db, imei.imei14(), now).await?,
                Some(stale) => lists::stale_verdict(&mut db, imei.imei14(), stale.since).await?,
            };
            // A registry with stale reads does not know that they are.
            answers.push(Answer::new(imei, verdict, self.id(), now));
        }
        let middle = answers.len() / 2;
        if !answers.is_empty()
            && self.faults.spoils_row()
            && let Some(row) = answers.get_mut(middle)
        {
            row.verdict = Verdict::Undetermined { why: Undetermined::RegistryFailed };
        }
        if self.faults.duplicates_answer() {
            answers = answers.into_iter().flat_map(|answer| [answer.clone(), answer]).collect();
        }
        Ok(answers)
    }

    /// For so long, look-ups answer what is true now.
    ///
    /// # Errors
    ///
    /// If the file fails.
    pub async fn freeze_reads(&self, takes: SignedDuration) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        lists::remember_for_stale_reads(&mut tx).await?;
        tx.commit().await?;
        let since = self.clock.now();
        let until = since.saturating_add(takes).unwrap_or(since);
        self.faults.set_stale(Some(Stale { since, until }));
        Ok(())
    }

    /// Forgets everything and turns all trouble off.
    ///
    /// # Errors
    ///
    /// If the file fails.
    pub async fn reset(&self) -> Result<(), StoreError> {
        const TABLES: [&str; 10] = [
            "DELETE FROM equipment",
            "DELETE FROM application",
            "DELETE FROM device_imei",
            "DELETE FROM declaration",
            "DELETE FROM tracking_used",
            "DELETE FROM quota_used",
            "DELETE FROM charged_imei",
            "DELETE FROM charge",
            "DELETE FROM stale",
            "DELETE FROM sqlite_sequence",
        ];
        self.faults.clear();
        let mut tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        for statement in TABLES {
            sqlx::query(statement).execute(&mut *tx).await?;
        }
        tx.commit().await?;
        self.list_examples().await
    }

    /// The latest time that this file went by; a clock that starts earlier would go back.
    ///
    /// # Errors
    ///
    /// If the file fails.
    pub async fn latest_time(&self) -> Result<Option<Timestamp>, StoreError> {
        let row: Option<(i64,)> =
            sqlx::query_as("SELECT at FROM gone_by").fetch_optional(&self.pool).await?;
        Ok(row.and_then(|(at,)| Timestamp::from_millisecond(at).ok()))
    }

    /// Goes by the time that it is now: decides what is due and remembers it.
    ///
    /// # Errors
    ///
    /// If the file fails.
    pub async fn catch_up(&self) -> Result<(), StoreError> {
        self.begin().await?.commit().await?;
        Ok(())
    }

    /// Closes the file, so that its WAL is folded in.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// Begins a change, before which everything that is due is decided.
    async fn begin(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        let now = self.clock.now();
        let mut tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        review::settle(&mut tx, &self.rules, now).await?;
        sqlx::query(
            "INSERT INTO gone_by (one, at) VALUES (1, ?) \
             ON CONFLICT (one) DO UPDATE SET at = max(at, excluded.at)",
        )
        .bind(now.as_millisecond())
        .execute(&mut *tx)
        .await?;
        Ok(tx)
    }

    async fn meet_trouble(&self) -> Result<(), RegistryError> {
        let registry = self.id();
        Err(match self.faults.meet().await {
            None => return Ok(()),
            Some(Trouble::Unreachable) => RegistryError::Unreachable { registry },
            Some(Trouble::Throttled { retry_after }) => {
                let (now, wait) = (self.clock.now(), SignedDuration::from_secs(retry_after.into()));
                let until = now.saturating_add(wait).unwrap_or(now);
                RegistryError::Throttled { registry, until }
            }
            Some(Trouble::Failed) => {
                RegistryError::Failed { registry, detail: "it was made to fail".to_owned() }
            }
        })
    }

    fn failed(&self, error: &dyn core::error::Error) -> RegistryError {
        RegistryError::Failed { registry: self.id(), detail: error.to_string() }
    }
}

impl Source for Sandbox {
    fn id(&self) -> RegistryId {
        RegistryId::new(Self::NAME)
    }

    fn look_up<'a>(&'a self, imeis: &'a [Imei]) -> Asking<'a, Vec<Answer>> {
        Box::pin(async move {
            self.meet_trouble().await?;
            self.answers(imeis).await.map_err(|error| self.failed(&error))
        })
    }
}

impl Registry for Sandbox {
    fn file<'a>(&'a self, batch: &'a SignedBatch) -> Asking<'a, ApplicationNo> {
        Box::pin(async move {
            self.meet_trouble().await?;
            let Some(manifest) = batch.verify() else {
                return Err(RegistryError::Refused {
                    registry: self.id(),
                    detail: "the signature does not match the manifest".to_owned(),
                });
            };
            let taken = self.take_in(batch, &manifest).await;
            let number = taken.map_err(|error| self.failed(&error))?;
            if self.faults.loses_answer() {
                return Err(RegistryError::NoAnswer { registry: self.id() });
            }
            Ok(number)
        })
    }

    fn find(&self, batch: BatchId) -> Asking<'_, Option<ApplicationNo>> {
        Box::pin(async move {
            self.meet_trouble().await?;
            self.filed_for(batch).await.map_err(|error| self.failed(&error))
        })
    }

    fn progress<'a>(&'a self, application: &'a ApplicationNo) -> Asking<'a, Progress> {
        Box::pin(async move {
            self.meet_trouble().await?;
            self.review(application).await.map_err(|error| match error {
                review::ReviewError::NoSuchApplication => RegistryError::Refused {
                    registry: self.id(),
                    detail: format!("there is no application {application}"),
                },
                review::ReviewError::Sql(error) => self.failed(&error),
            })
        })
    }
}

fn application_no(number: i64) -> ApplicationNo {
    ApplicationNo::new(format!("SB-{number:06}"))
}
