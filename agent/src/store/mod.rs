//! What the station remembers: one SQLite file.
//!
//! WAL with `synchronous=FULL`: a committed change survives a power cut. Every change and the
//! events that tell of it are one transaction, so whoever follows the events misses nothing.
//! Writers take the write lock at the start (`BEGIN IMMEDIATE`) and wait for each other.

mod answers;
mod batches;
mod cases;
mod declarations;
mod events;
mod filed;
mod handsets;
mod idempotency;
mod paid;
mod scans;
mod sightings;
mod submissions;
mod tacs;

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;
use serde::de::{DeserializeOwned, Error as _};
use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Sqlite, SqlitePool, Transaction};
use tokio::sync::watch;

use crate::place::touch_private;

pub use answers::{KeptOf, Tell};
pub use events::{Event, EventKind};
pub use idempotency::Replay;
pub use paid::{Paid, PaidDay, PaidNumber, PaidQuestion};
pub use scans::{Durable, StoreKey};

/// Why the store failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file can't be opened, or is no database of ours.
    #[error("cannot open the database {path}; if it is damaged, move it away and restore a backup")]
    Open {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: sqlx::Error,
    },
    /// The file was written by another version.
    #[error("cannot bring the database {path} up to date")]
    Migrate {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: sqlx::migrate::MigrateError,
    },
    /// A statement failed.
    #[error("the database failed")]
    Sql(#[from] sqlx::Error),
    /// A row can't be understood.
    #[error("a {what} in the database cannot be understood")]
    Malformed {
        /// What kind of row.
        what: &'static str,
        /// Why.
        source: serde_json::Error,
    },
    /// A time outside of what a calendar holds.
    #[error("a time in the database is outside of the calendar")]
    Time,
}

impl StoreError {
    /// Whether one row is the trouble, and the others can be worked with.
    pub const fn is_about_one_row(&self) -> bool {
        matches!(self, Self::Malformed { .. } | Self::Time)
    }

    /// Whether a rule of the database itself refused the change (a unique index).
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Sql(sqlx::Error::Database(error)) if error.is_unique_violation())
    }
}

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/station");

/// Opens a SQLite file the way both databases of the station are opened.
///
/// # Errors
///
/// [`StoreError::Open`] or [`StoreError::Migrate`].
pub(crate) async fn open_database(
    path: &Path,
    migrations: &Migrator,
    connections: u32,
) -> Result<SqlitePool, StoreError> {
    let open = |source| StoreError::Open { path: path.to_owned(), source };
    touch_private(path).map_err(|error| open(error.into()))?;
    let options = SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(10));
    let pool = SqlitePoolOptions::new()
        .max_connections(connections)
        .connect_with(options)
        .await
        .map_err(open)?;
    migrations
        .run(&pool)
        .await
        .map_err(|source| StoreError::Migrate { path: path.to_owned(), source })?;
    Ok(pool)
}

/// The station's memory. Clones share it.
#[derive(Debug, Clone)]
pub struct Store {
    pool: SqlitePool,
    latest: watch::Sender<i64>,
}

impl Store {
    /// Opens the file, making it if it is not there.
    ///
    /// # Errors
    ///
    /// [`StoreError::Open`] or [`StoreError::Migrate`].
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        let pool = open_database(path, &MIGRATIONS, 4).await?;
        let store = Self { pool, latest: watch::Sender::new(0) };
        store.refresh_latest().await?;
        Ok(store)
    }

    /// Begins a change. Nothing is kept unless it is committed.
    ///
    /// # Errors
    ///
    /// If the write lock can't be had.
    pub async fn begin(&self) -> Result<Change<'_>, StoreError> {
        let tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        Ok(Change { tx, store: self, latest: None })
    }

    /// Closes the file, so that its WAL is folded in.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// A change in the making.
#[derive(Debug)]
pub struct Change<'a> {
    tx: Transaction<'static, Sqlite>,
    store: &'a Store,
    latest: Option<i64>,
}

impl Change<'_> {
    /// Makes the change durable, then tells whoever follows the events.
    ///
    /// # Errors
    ///
    /// If it can't be made durable; then nothing of it is kept.
    pub async fn commit(self) -> Result<(), StoreError> {
        self.tx.commit().await?;
        if let Some(latest) = self.latest {
            self.store.announce(latest);
        }
        Ok(())
    }
}

/// Newest first, before a given name.
#[derive(Debug, Clone)]
pub struct Page {
    /// Only what sorts before this name.
    pub before: Option<String>,
    /// At most so many.
    pub limit: u32,
}

impl Page {
    /// Everything that anyone would look at in one go.
    pub const fn first(limit: u32) -> Self {
        Self { before: None, limit }
    }
}

impl Store {
    /// Runs a query whose rows are one JSON body each: `?1` the name to start before, `?2` the limit.
    async fn page<T: DeserializeOwned>(
        &self,
        what: &'static str,
        sql: &'static str,
        page: &Page,
    ) -> Result<Vec<T>, StoreError> {
        let rows: Vec<(String,)> =
            sqlx::query_as(sql).bind(&page.before).bind(page.limit).fetch_all(&self.pool).await?;
        rows.iter().map(|(text,)| read_body(what, text)).collect()
    }

    /// The one body that a query finds for `key`.
    async fn body<T: DeserializeOwned>(
        &self,
        what: &'static str,
        sql: &'static str,
        key: &str,
    ) -> Result<Option<T>, StoreError> {
        let row: Option<(String,)> =
            sqlx::query_as(sql).bind(key).fetch_optional(&self.pool).await?;
        row.map(|(text,)| read_body(what, &text)).transpose()
    }
}

fn read_body<T: DeserializeOwned>(what: &'static str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| {
        // Its own words may quote the row, and an IMEI with it.
        let (kind, line, column) = (error.classify(), error.line(), error.column());
        let place = format!("{kind:?} error at line {line}, column {column}");
        StoreError::Malformed { what, source: serde_json::Error::custom(place) }
    })
}

fn write_body<T: Serialize>(what: &'static str, value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|source| StoreError::Malformed { what, source })
}
