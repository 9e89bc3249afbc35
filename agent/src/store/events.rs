//! Everything that happened, numbered: what the page and shop software follow.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use tokio::sync::watch;
use utoipa::ToSchema;

use super::{Change, Store, StoreError, read_body, write_body};

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub enum EventKind {
    /// Something was plugged in, is being read, was read, failed or was pulled out.
    #[serde(rename = "device")]
    Device,
    /// A phone is known, or known better.
    #[serde(rename = "handset")]
    Handset,
    /// A registry answered about an IMEI.
    #[serde(rename = "answer")]
    Answer,
    /// A case was opened or changed its state.
    #[serde(rename = "case")]
    Case,
    /// A batch was made.
    #[serde(rename = "batch")]
    Batch,
    /// A submission came one step further.
    #[serde(rename = "submission")]
    Submission,
    /// A scanner came or went, or is another way than before.
    #[serde(rename = "scanner")]
    Scanner,
    /// A scanner sent a code, or its box became a phone.
    #[serde(rename = "scan")]
    Scan,
    /// A person said what they saw on a portal, or took it back.
    #[serde(rename = "sighting")]
    Sighting,
}

impl EventKind {
    const ALL: [Self; 9] = [
        Self::Device,
        Self::Handset,
        Self::Answer,
        Self::Case,
        Self::Batch,
        Self::Submission,
        Self::Scanner,
        Self::Scan,
        Self::Sighting,
    ];

    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Handset => "handset",
            Self::Answer => "answer",
            Self::Case => "case",
            Self::Batch => "batch",
            Self::Submission => "submission",
            Self::Scanner => "scanner",
            Self::Scan => "scan",
            Self::Sighting => "sighting",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// One thing that happened.
#[derive(Clone, Serialize, ToSchema)]
pub struct Event {
    /// Its number: grows by one, never reused.
    pub seq: i64,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// What.
    pub kind: EventKind,
    /// To whom: the name of the device, handset, case, batch, submission, scanner or scan, or
    /// the IMEI.
    pub subject: String,
    /// How it stands now.
    #[schema(value_type = Object)]
    pub body: Value,
}

/// What happened to whom holds IMEIs: only number and kind show.
impl core::fmt::Debug for Event {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Event({} {})", self.seq, self.kind.name())
    }
}

/// Events kept, at least; older ones are dropped, and a follower who was away longer misses them.
const KEPT: i64 = 20_000;

/// Events between two trimmings.
const TRIMMED_EVERY: i64 = 256;

impl Change<'_> {
    /// Tells of something.
    ///
    /// # Errors
    ///
    /// If the row can't be written.
    pub async fn tell<T: Serialize>(
        &mut self,
        at: Timestamp,
        kind: EventKind,
        subject: &str,
        body: &T,
    ) -> Result<(), StoreError> {
        let seq = sqlx::query("INSERT INTO event (at, kind, subject, body) VALUES (?, ?, ?, ?)")
            .bind(at.as_millisecond())
            .bind(kind.name())
            .bind(subject)
            .bind(write_body("event", body)?)
            .execute(&mut *self.tx)
            .await?
            .last_insert_rowid();
        // Trimming now and then keeps the file from growing and costs nothing in between.
        if seq % TRIMMED_EVERY == 0 {
            self.trim(seq).await?;
        }
        self.latest = Some(seq);
        Ok(())
    }

    /// Tells of answers, in one statement: each row is `[IMEI, body, first 14 digits]`. Unless
    /// `each`, only of those that a phone of this station has.
    pub(super) async fn tell_answers(
        &mut self,
        at: Timestamp,
        rows: &[Value],
        each: bool,
    ) -> Result<(), StoreError> {
        let told = sqlx::query(
            "INSERT INTO event (at, kind, subject, body) \
             SELECT ?1, ?2, value ->> 0, value ->> 1 FROM json_each(?3) \
             WHERE ?4 OR EXISTS (SELECT 1 FROM handset_imei WHERE imei14 = value ->> 2)",
        )
        .bind(at.as_millisecond())
        .bind(EventKind::Answer.name())
        .bind(write_body("event", &rows)?)
        .bind(each)
        .execute(&mut *self.tx)
        .await?;
        let (many, seq) = (told.rows_affected(), told.last_insert_rowid());
        if many == 0 {
            return Ok(());
        }
        let before = seq.saturating_sub_unsigned(many);
        if before / TRIMMED_EVERY != seq / TRIMMED_EVERY {
            self.trim(seq).await?;
        }
        self.latest = Some(seq);
        Ok(())
    }

    async fn trim(&mut self, seq: i64) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM event WHERE seq <= ?")
            .bind(seq - KEPT)
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }
}

impl Store {
    pub(super) fn announce(&self, latest: i64) {
        self.latest.send_if_modified(|seen| {
            let newer = latest > *seen;
            *seen = latest.max(*seen);
            newer
        });
    }

    /// Looks for events that another process wrote.
    ///
    /// # Errors
    ///
    /// If the query fails.
    pub async fn refresh_latest(&self) -> Result<i64, StoreError> {
        let (latest,): (i64,) =
            sqlx::query_as("SELECT coalesce(max(seq), 0) FROM event").fetch_one(&self.pool).await?;
        self.announce(latest);
        Ok(latest)
    }

    /// Number of the latest event, and word of every newer one.
    pub fn follow(&self) -> watch::Receiver<i64> {
        self.latest.subscribe()
    }

    /// At most `limit` events after `seq`, oldest first.
    ///
    /// # Errors
    ///
    /// If the query fails.
    pub async fn events_after(&self, seq: i64, limit: u32) -> Result<Vec<Event>, StoreError> {
        let rows: Vec<(i64, i64, String, String, String)> = sqlx::query_as(
            "SELECT seq, at, kind, subject, body FROM event WHERE seq > ? ORDER BY seq LIMIT ?",
        )
        .bind(seq)
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            // A kind that this version does not know was written by a later one.
            .filter_map(|(seq, at, kind, subject, body)| {
                EventKind::parse(&kind).map(|kind| (seq, at, kind, subject, body))
            })
            .map(|(seq, at, kind, subject, body)| {
                let at = Timestamp::from_millisecond(at).map_err(|_| StoreError::Time)?;
                Ok(Event { seq, at, kind, subject, body: read_body("event", &body)? })
            })
            .collect()
    }
}
