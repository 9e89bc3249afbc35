//! The lists: where each IMEI stands.

use jiff::Timestamp;
use sqlx::SqliteConnection;
use tekser_imei::Imei14;

use super::Listing;
use super::grace::grace_until;
use crate::ruling::{BlockReason, Undetermined, Verdict};

/// A row of the equipment table.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct Listed {
    list: String,
    reason: Option<String>,
    first_seen: Option<i64>,
}

impl Listed {
    pub fn is_white(&self) -> bool {
        self.list == "white"
    }

    pub fn is_black(&self) -> bool {
        self.list == "black"
    }

    pub fn verdict(&self, now: Timestamp) -> Verdict {
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
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    list: &'static str,
    reason: Option<&'static str>,
    first_seen: Option<i64>,
}

impl Row {
    const fn plain(list: &'static str) -> Self {
        Self { list, reason: None, first_seen: None }
    }

    pub fn of(listing: Listing, now: Timestamp) -> Self {
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

/// The row of an IMEI, if it stands on a list.
pub(super) async fn standing(
    db: &mut SqliteConnection,
    number: Imei14,
) -> Result<Option<Listed>, sqlx::Error> {
    sqlx::query_as("SELECT list, reason, first_seen FROM equipment WHERE imei14 = ?")
        .bind(number.as_str())
        .fetch_optional(db)
        .await
}

/// What is said of an IMEI at that time.
pub(super) async fn verdict(
    db: &mut SqliteConnection,
    number: Imei14,
    at: Timestamp,
) -> Result<Verdict, sqlx::Error> {
    let listed = standing(db, number).await?;
    Ok(listed.map_or(Verdict::Unknown, |listed| listed.verdict(at)))
}

/// What was said of an IMEI when stale reads were turned on.
pub(super) async fn stale_verdict(
    db: &mut SqliteConnection,
    number: Imei14,
    since: Timestamp,
) -> Result<Verdict, sqlx::Error> {
    let listed: Option<Listed> =
        sqlx::query_as("SELECT list, reason, first_seen FROM stale WHERE imei14 = ?")
            .bind(number.as_str())
            .fetch_optional(db)
            .await?;
    Ok(listed.map_or(Verdict::Unknown, |listed| listed.verdict(since)))
}

/// Keeps the lists as they stand for stale reads.
pub(super) async fn remember_for_stale_reads(db: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM stale").execute(&mut *db).await?;
    sqlx::query("INSERT INTO stale SELECT imei14, list, reason, first_seen FROM equipment")
        .execute(db)
        .await?;
    Ok(())
}

/// Puts an IMEI on a list, unless it stands on one already.
pub(super) async fn list_once(
    db: &mut SqliteConnection,
    number: Imei14,
    row: Row,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT OR IGNORE INTO equipment (imei14, list, reason, first_seen) VALUES (?, ?, ?, ?)",
    )
    .bind(number.as_str())
    .bind(row.list)
    .bind(row.reason)
    .bind(row.first_seen)
    .execute(db)
    .await?;
    Ok(())
}

/// Puts an IMEI on a list, from whichever it stands on.
pub(super) async fn relist(
    db: &mut SqliteConnection,
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
    .execute(db)
    .await?;
    Ok(())
}
