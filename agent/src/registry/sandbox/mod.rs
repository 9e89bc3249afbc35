//! The embedded registry: a model of the regime to learn, demonstrate and test with.
//!
//! It is the far side, so it keeps its own file and trusts nothing: signatures are checked, and
//! a batch that is filed twice is kept twice. What it models: white, grey and black lists per
//! IMEI; thirty calendar days of grace from the first connection; applications that are reviewed
//! after a while and refused with the operator's own reasons. What it assumes, because no source
//! says it: that an approved replacement takes the old IMEIs out of use.
//!
//! [`EXAMPLES`] are published test numbers with a fixed meaning, for whoever writes shop software.

mod grace;
mod review;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use jiff::{SignedDuration, Timestamp};
use sqlx::migrate::Migrator;
use sqlx::{SqliteConnection, SqlitePool};
use tekser_imei::{Imei, Imei14};

pub use grace::{GRACE_DAYS, grace_until};

use super::{
    ApplicationNo, Asking, Decision, Progress, Registry, RegistryError, RegistryId, Source,
};
use crate::batch::SignedBatch;
use crate::clock::Clock;
use crate::id::BatchId;
use crate::ruling::{Answer, BlockReason, Undetermined, Verdict};
use crate::store::{StoreError, open_database};

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

/// Trouble on demand.
#[derive(Debug, Default)]
pub struct Faults {
    /// So many filings are taken in and their answers lost.
    pub lose_answers: AtomicU32,
    /// So many requests find nobody there.
    pub unreachable: AtomicU32,
}

impl Faults {
    fn strikes(counter: &AtomicU32) -> bool {
        counter
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1))
            .is_ok()
    }
}

/// The embedded registry.
pub struct Sandbox {
    pool: SqlitePool,
    clock: Arc<dyn Clock>,
    review_takes: SignedDuration,
    faults: Arc<Faults>,
}

impl Sandbox {
    /// Its short name.
    pub const NAME: &'static str = "sandbox";

    /// Opens its file, making it with the [`EXAMPLES`] if it is not there.
    ///
    /// # Errors
    ///
    /// If the file can't be used.
    pub async fn open(
        path: &Path,
        clock: Arc<dyn Clock>,
        review_takes: SignedDuration,
    ) -> Result<Self, StoreError> {
        let pool = open_database(path, &MIGRATIONS, 2).await?;
        let sandbox = Self { pool, clock, review_takes, faults: Arc::new(Faults::default()) };
        for (imei, listing) in EXAMPLES {
            if let Ok(imei) = imei.parse::<Imei>() {
                sandbox.list(imei.imei14(), listing).await?;
            }
        }
        Ok(sandbox)
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
        let row = Row::of(listing, self.clock.now());
        sqlx::query(
            "INSERT OR IGNORE INTO equipment (imei14, list, reason, first_seen) VALUES (?, ?, ?, ?)",
        )
        .bind(number.as_str())
        .bind(row.list)
        .bind(row.reason)
        .bind(row.first_seen)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Every filing that arrived: number and batch, in the order of arrival.
    ///
    /// # Errors
    ///
    /// If the query fails.
    pub async fn applications(&self) -> Result<Vec<(ApplicationNo, BatchId)>, StoreError> {
        let rows: Vec<(i64, String)> =
            sqlx::query_as("SELECT number, batch FROM application ORDER BY number")
                .fetch_all(&self.pool)
                .await?;
        Ok(rows
            .into_iter()
            .filter_map(|(number, batch)| Some((application_no(number), batch.parse().ok()?)))
            .collect())
    }

    async fn standing(&self, number: Imei14) -> Result<Option<Listed>, sqlx::Error> {
        let row: Option<(String, Option<String>, Option<i64>)> =
            sqlx::query_as("SELECT list, reason, first_seen FROM equipment WHERE imei14 = ?")
                .bind(number.as_str())
                .fetch_optional(&self.pool)
                .await?;
        Ok(row.map(|(list, reason, first_seen)| Listed { list, reason, first_seen }))
    }

    async fn verdict(&self, imei: Imei) -> Result<Verdict, sqlx::Error> {
        let now = self.clock.now();
        Ok(match self.standing(imei.imei14()).await? {
            None => Verdict::Unknown,
            Some(listed) => listed.verdict(now),
        })
    }

    async fn take_in(&self, batch: &SignedBatch) -> Result<ApplicationNo, RegistryError> {
        self.refuse_if_unreachable()?;
        if batch.verify().is_none() {
            return Err(RegistryError::Refused {
                registry: self.id(),
                detail: "the signature does not match the manifest".to_owned(),
            });
        }
        let now = self.clock.now();
        let due = now.saturating_add(self.review_takes).unwrap_or(now);
        let number = sqlx::query(
            "INSERT INTO application (batch, filed_at, due_at, manifest) VALUES (?, ?, ?, ?)",
        )
        .bind(batch.id.to_string())
        .bind(now.as_millisecond())
        .bind(due.as_millisecond())
        .bind(&batch.manifest)
        .execute(&self.pool)
        .await
        .map_err(|error| self.failed(&error))?
        .last_insert_rowid();
        if Faults::strikes(&self.faults.lose_answers) {
            return Err(RegistryError::NoAnswer { registry: self.id() });
        }
        Ok(application_no(number))
    }

    async fn filed_for(&self, batch: BatchId) -> Result<Option<ApplicationNo>, RegistryError> {
        self.refuse_if_unreachable()?;
        let row: Option<(i64,)> =
            sqlx::query_as("SELECT number FROM application WHERE batch = ? ORDER BY number")
                .bind(batch.to_string())
                .fetch_optional(&self.pool)
                .await
                .map_err(|error| self.failed(&error))?;
        Ok(row.map(|(number,)| application_no(number)))
    }

    fn refuse_if_unreachable(&self) -> Result<(), RegistryError> {
        if Faults::strikes(&self.faults.unreachable) {
            return Err(RegistryError::Unreachable { registry: self.id() });
        }
        Ok(())
    }

    fn failed(&self, error: &sqlx::Error) -> RegistryError {
        RegistryError::Failed { registry: self.id(), detail: error.to_string() }
    }
}

impl Source for Sandbox {
    fn id(&self) -> RegistryId {
        RegistryId::new(Self::NAME)
    }

    fn look_up<'a>(&'a self, imeis: &'a [Imei]) -> Asking<'a, Vec<Answer>> {
        Box::pin(async move {
            self.refuse_if_unreachable()?;
            let mut answers = Vec::with_capacity(imeis.len());
            for &imei in imeis {
                let verdict = self.verdict(imei).await.map_err(|error| self.failed(&error))?;
                let as_of = self.clock.now();
                answers.push(Answer::new(imei, verdict, self.id(), as_of));
            }
            Ok(answers)
        })
    }
}

impl Registry for Sandbox {
    fn file<'a>(&'a self, batch: &'a SignedBatch) -> Asking<'a, ApplicationNo> {
        Box::pin(self.take_in(batch))
    }

    fn find(&self, batch: BatchId) -> Asking<'_, Option<ApplicationNo>> {
        Box::pin(self.filed_for(batch))
    }

    fn progress<'a>(&'a self, application: &'a ApplicationNo) -> Asking<'a, Progress> {
        Box::pin(async move {
            self.refuse_if_unreachable()?;
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

/// A row of the equipment table.
struct Listed {
    list: String,
    reason: Option<String>,
    first_seen: Option<i64>,
}

impl Listed {
    fn verdict(&self, now: Timestamp) -> Verdict {
        match self.list.as_str() {
            "white" => Verdict::Clear,
            "grey" => {
                let first_seen =
                    self.first_seen.and_then(|at| Timestamp::from_millisecond(at).ok());
                match first_seen.and_then(grace_until) {
                    Some(until) if now < until => Verdict::Grace { until },
                    _ => Verdict::Blocked { reason: BlockReason::GraceExpired },
                }
            }
            "silent" => Verdict::Undetermined { why: Undetermined::Unreachable },
            _ => Verdict::Blocked { reason: self.block_reason() },
        }
    }

    fn block_reason(&self) -> BlockReason {
        match self.reason.as_deref() {
            Some("altered") => BlockReason::Altered,
            Some("replaced_away") => BlockReason::ReplacedAway,
            Some("grace_expired") => BlockReason::GraceExpired,
            _ => BlockReason::BlockListed,
        }
    }
}

/// What a listing is in the table.
struct Row {
    list: &'static str,
    reason: Option<&'static str>,
    first_seen: Option<i64>,
}

impl Row {
    const fn plain(list: &'static str) -> Self {
        Self { list, reason: None, first_seen: None }
    }

    fn of(listing: Listing, now: Timestamp) -> Self {
        match listing {
            Listing::White => Self::plain("white"),
            Listing::Grey => {
                Self { list: "grey", reason: None, first_seen: Some(now.as_millisecond()) }
            }
            Listing::Black(reason) => {
                let reason = match reason {
                    BlockReason::GraceExpired => "grace_expired",
                    BlockReason::Altered => "altered",
                    BlockReason::ReplacedAway => "replaced_away",
                    // The regime knows one list for all that is reported or prohibited.
                    BlockReason::BlockListed
                    | BlockReason::Stolen
                    | BlockReason::Lost
                    | BlockReason::Fraud
                    | BlockReason::NonPayment
                    | BlockReason::Regulatory
                    | BlockReason::Prohibited => "block_listed",
                };
                Self { list: "black", reason: Some(reason), first_seen: None }
            }
            Listing::Silent => Self::plain("silent"),
        }
    }
}

fn application_no(number: i64) -> ApplicationNo {
    ApplicationNo::new(format!("SB-{number:06}"))
}

/// What an approval does to an IMEI.
async fn relist(
    connection: &mut SqliteConnection,
    number: Imei14,
    row: Row,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO equipment (imei14, list, reason, first_seen) VALUES (?, ?, ?, ?) \
         ON CONFLICT (imei14) DO UPDATE SET list = excluded.list, reason = excluded.reason, \
         first_seen = excluded.first_seen",
    )
    .bind(number.as_str())
    .bind(row.list)
    .bind(row.reason)
    .bind(row.first_seen)
    .execute(connection)
    .await?;
    Ok(())
}
