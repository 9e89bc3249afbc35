//! Answers to writes that came with an `Idempotency-Key`
//! (draft-ietf-httpapi-idempotency-key-header-07).

use jiff::{SignedDuration, Timestamp};

use super::{Store, StoreError};

/// How long an answer is kept for replay.
const KEPT: SignedDuration = SignedDuration::from_hours(48);

/// What is known about a key.
#[derive(Clone, PartialEq, Eq)]
pub enum Replay {
    /// It is new, and now taken: do the work, then call [`Store::keep_replay`].
    New,
    /// The first request with it still runs.
    Running,
    /// It was used for another request.
    OtherRequest,
    /// It was answered: say the same again.
    Answered {
        /// HTTP status.
        status: u16,
        /// Body, JSON text.
        body: String,
    },
}

/// The body holds IMEIs: it does not show.
impl core::fmt::Debug for Replay {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::New => f.write_str("New"),
            Self::Running => f.write_str("Running"),
            Self::OtherRequest => f.write_str("OtherRequest"),
            Self::Answered { status, .. } => write!(f, "Answered({status})"),
        }
    }
}

impl Store {
    /// Takes a key for a request, or says what became of the request that took it before.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub async fn take_key(
        &self,
        key: &str,
        fingerprint: &[u8],
        now: Timestamp,
    ) -> Result<Replay, StoreError> {
        let mut change = self.begin().await?;
        let horizon = now.saturating_sub(KEPT).unwrap_or(Timestamp::MIN);
        sqlx::query("DELETE FROM idempotency WHERE at < ?")
            .bind(horizon.as_millisecond())
            .execute(&mut *change.tx)
            .await?;
        let row: Option<(Vec<u8>, Option<u16>, Option<String>)> =
            sqlx::query_as("SELECT fingerprint, status, body FROM idempotency WHERE key = ?")
                .bind(key)
                .fetch_optional(&mut *change.tx)
                .await?;
        let replay = match row {
            None => {
                sqlx::query("INSERT INTO idempotency (key, at, fingerprint) VALUES (?, ?, ?)")
                    .bind(key)
                    .bind(now.as_millisecond())
                    .bind(fingerprint)
                    .execute(&mut *change.tx)
                    .await?;
                Replay::New
            }
            Some((theirs, _, _)) if theirs != fingerprint => Replay::OtherRequest,
            Some((_, Some(status), Some(body))) => Replay::Answered { status, body },
            Some(_) => Replay::Running,
        };
        change.commit().await?;
        Ok(replay)
    }

    /// Keeps the answer to the request that took `key`.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub async fn keep_replay(&self, key: &str, status: u16, body: &str) -> Result<(), StoreError> {
        sqlx::query("UPDATE idempotency SET status = ?, body = ? WHERE key = ?")
            .bind(status)
            .bind(body)
            .bind(key)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Gives a key back: its request was not carried out and may come again.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub async fn release_key(&self, key: &str) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM idempotency WHERE key = ? AND status IS NULL")
            .bind(key)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Gives back the keys whose requests died with an earlier process. What such a request did
    /// before it died is kept by the rows' own unique names.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub async fn release_abandoned_keys(&self) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM idempotency WHERE status IS NULL").execute(&self.pool).await?;
        Ok(())
    }
}
