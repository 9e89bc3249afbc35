//! The latest answer of each registry about each identity.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::json;
use tekser_imei::Imei14;

use super::{Change, EventKind, Page, Store, StoreError, read_body, write_body};
use crate::check::Checked;
use crate::id::AnswerId;
use crate::ruling::Answer;

/// Who is told of new answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tell {
    /// Whoever follows the events, of every IMEI.
    Each,
    /// Only of IMEIs that a phone of this station has: a list of a million must not push
    /// everything else out of the events.
    OfPhones,
}

/// One name in the list of answers: an identity, and everything that is kept of it.
pub type KeptOf = (String, Imei14, Vec<Answer>);

impl Store {
    /// Keeps answers, and tells of each. An undetermined one never replaces a determined one:
    /// a registry that can't be reached has not changed its mind.
    ///
    /// # Errors
    ///
    /// If a row can't be written.
    pub async fn save_answers(&self, answers: &[Answer]) -> Result<(), StoreError> {
        let mut change = self.begin().await?;
        change.keep_answers(answers.iter()).await?;
        for answer in answers {
            let subject = answer.imei.to_string();
            change.tell(answer.as_of, EventKind::Answer, &subject, answer).await?;
        }
        change.commit().await
    }

    /// Keeps what was said now, and tells of what came of it, all in one change.
    ///
    /// # Errors
    ///
    /// If a row can't be written.
    pub async fn save_checked<'a>(
        &self,
        said: impl Iterator<Item = &'a Answer>,
        news: impl Iterator<Item = &'a Checked>,
        tell: Tell,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut change = self.begin().await?;
        change.keep_answers(said).await?;
        let mut rows = Vec::new();
        for one in news {
            let imei = one.answer.imei;
            rows.push(json!([imei, write_body("event", one)?, imei.imei14().as_str()]));
        }
        if !rows.is_empty() {
            change.tell_answers(at, &rows, tell == Tell::Each).await?;
        }
        change.commit().await
    }

    /// What is kept about these identities, of whichever registry.
    ///
    /// # Errors
    ///
    /// If the query fails.
    pub async fn kept(
        &self,
        numbers: &[Imei14],
    ) -> Result<BTreeMap<Imei14, Vec<Answer>>, StoreError> {
        let rows: Vec<(String,)> = sqlx::query_as(
            "SELECT body FROM answer WHERE imei14 IN (SELECT value FROM json_each(?))",
        )
        .bind(list(numbers))
        .fetch_all(&self.pool)
        .await?;
        let mut kept: BTreeMap<_, Vec<Answer>> = BTreeMap::new();
        for (text,) in rows {
            let answer: Answer = read_body("answer", &text)?;
            kept.entry(answer.imei.imei14()).or_default().push(answer);
        }
        Ok(kept)
    }

    /// The latest answer about an identity, of whichever registry.
    ///
    /// # Errors
    ///
    /// If the query fails.
    pub async fn answer(&self, number: Imei14) -> Result<Option<Answer>, StoreError> {
        let sql = "SELECT body FROM answer WHERE imei14 = ? ORDER BY as_of DESC LIMIT 1";
        self.body("answer", sql, number.as_str()).await
    }

    /// Latest answers, newest first, each with its name in the list.
    ///
    /// # Errors
    ///
    /// If the query fails.
    pub async fn answers(&self, page: &Page) -> Result<Vec<(String, Answer)>, StoreError> {
        let rows: Vec<(String, String)> = sqlx::query_as(
            "SELECT id, body FROM answer WHERE (?1 IS NULL OR id < ?1) ORDER BY id DESC LIMIT ?2",
        )
        .bind(&page.before)
        .bind(page.limit)
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(|(id, text)| Ok((id, read_body("answer", &text)?))).collect()
    }

    /// Identities that were asked about, the latest first, each with everything that is kept of
    /// it and with its name in the list.
    ///
    /// # Errors
    ///
    /// If a query fails.
    pub async fn kept_latest(&self, page: &Page) -> Result<Vec<KeptOf>, StoreError> {
        let rows: Vec<(String, String)> = sqlx::query_as(
            "SELECT id, body FROM answer latest WHERE (?1 IS NULL OR id < ?1) AND NOT EXISTS \
             (SELECT 1 FROM answer WHERE imei14 = latest.imei14 AND id > latest.id) \
             ORDER BY id DESC LIMIT ?2",
        )
        .bind(&page.before)
        .bind(page.limit)
        .fetch_all(&self.pool)
        .await?;
        let mut names = Vec::with_capacity(rows.len());
        for (id, text) in rows {
            let answer: Answer = read_body("answer", &text)?;
            names.push((id, answer.imei.imei14()));
        }
        let numbers: Vec<Imei14> = names.iter().map(|(_, number)| *number).collect();
        let mut kept = self.kept(&numbers).await?;
        let of = |(id, number)| (id, number, kept.remove(&number).unwrap_or_default());
        Ok(names.into_iter().map(of).collect())
    }
}

impl Change<'_> {
    /// Keeps answers, in one statement.
    ///
    /// # Errors
    ///
    /// If a row can't be written.
    pub async fn keep_answers<'a>(
        &mut self,
        answers: impl Iterator<Item = &'a Answer>,
    ) -> Result<(), StoreError> {
        let mut rows = Vec::new();
        for answer in answers {
            rows.push(json!([
                AnswerId::new().to_string(),
                answer.imei.imei14().as_str(),
                answer.source.as_str(),
                answer.as_of.as_millisecond(),
                write_body("answer", answer)?,
            ]));
        }
        if rows.is_empty() {
            return Ok(());
        }
        sqlx::query(
            "INSERT INTO answer (id, imei14, registry, as_of, body) \
             SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 \
             FROM json_each(?) WHERE true \
             ON CONFLICT (imei14, registry) DO UPDATE SET id = excluded.id, \
             as_of = excluded.as_of, body = excluded.body \
             WHERE excluded.body ->> 'verdict' <> 'undetermined'",
        )
        .bind(write_body("answer", &rows)?)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }
}

/// Identities as a JSON array, for `json_each`.
pub(super) fn list(numbers: &[Imei14]) -> String {
    let quoted: Vec<String> =
        numbers.iter().map(|number| format!("\"{}\"", number.as_str())).collect();
    format!("[{}]", quoted.join(","))
}
