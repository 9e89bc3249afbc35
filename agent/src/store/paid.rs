//! Questions that cost money: on disk before they are on the wire, and kept as a ledger.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use sqlx::Executor;
use sqlx::sqlite::Sqlite;
use tekser_imei::Imei14;
use utoipa::ToSchema;

use super::answers::list;
use super::{Change, Store, StoreError, read_body, write_body};
use crate::ruling::{Answer, RegistryId};

/// A paid question that was asked last about an identity.
#[derive(Debug, Clone)]
pub struct PaidQuestion {
    /// Until when whoever asked may still be answered.
    pub live_until: Timestamp,
    /// What was said; `None` if nobody knows.
    pub answer: Option<Answer>,
}

/// Number of a paid question in the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaidNumber(i64);

/// What became of a paid question.
#[derive(Debug, Clone)]
pub enum Paid {
    /// It was answered.
    Answered(Answer),
    /// It may have arrived, and no answer will come.
    Lost,
    /// It certainly never arrived: nothing was paid.
    NotTaken,
}

/// Paid questions of one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PaidDay {
    /// The day, in Kazakhstan's time.
    #[schema(value_type = String, format = Date)]
    pub day: Date,
    /// Questions that were or may have been paid for.
    pub questions: u32,
    /// Those of them whose answer is not known: lost, or still on its way.
    pub unanswered: u32,
}

type Row = (String, i64, Option<String>);

impl Store {
    /// The last paid question to a source about each of these, if there was one.
    ///
    /// # Errors
    ///
    /// If the query fails.
    pub async fn paid_questions(
        &self,
        source: &RegistryId,
        about: &[Imei14],
    ) -> Result<BTreeMap<Imei14, PaidQuestion>, StoreError> {
        paid_questions(&self.pool, source, about).await
    }

    /// Enters what became of paid questions. Answers are kept with them, in one change.
    ///
    /// # Errors
    ///
    /// If a row can't be written.
    pub async fn settle_paid(
        &self,
        outcomes: &[(PaidNumber, Paid)],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut change = self.begin().await?;
        for (PaidNumber(number), outcome) in outcomes {
            let query = match outcome {
                Paid::Answered(answer) => {
                    sqlx::query("UPDATE paid_question SET body = ?2 WHERE seq = ?1")
                        .bind(number)
                        .bind(write_body("answer", answer)?)
                }
                Paid::Lost => {
                    sqlx::query("UPDATE paid_question SET live_until = ?2 WHERE seq = ?1")
                        .bind(number)
                        .bind(at.as_millisecond())
                }
                Paid::NotTaken => {
                    sqlx::query("DELETE FROM paid_question WHERE seq = ?").bind(number)
                }
            };
            query.execute(&mut *change.tx).await?;
        }
        let answers = outcomes.iter().filter_map(|(_, outcome)| match outcome {
            Paid::Answered(answer) => Some(answer),
            Paid::Lost | Paid::NotTaken => None,
        });
        change.keep_answers(answers).await?;
        change.commit().await
    }

    /// What was paid for at a source, the latest days first.
    ///
    /// # Errors
    ///
    /// If the query fails.
    pub async fn paid_days(
        &self,
        source: &RegistryId,
        most: u32,
    ) -> Result<Vec<PaidDay>, StoreError> {
        let rows: Vec<(String, u32, u32)> = sqlx::query_as(
            "SELECT day, count(*), count(*) - count(body) FROM paid_question WHERE source = ? \
             GROUP BY day ORDER BY day DESC LIMIT ?",
        )
        .bind(source.as_str())
        .bind(most)
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|(day, questions, unanswered)| {
                let day = day.parse().map_err(|_| StoreError::Time)?;
                Ok(PaidDay { day, questions, unanswered })
            })
            .collect()
    }
}

impl Change<'_> {
    /// As [`Store::paid_questions`], under the write lock.
    ///
    /// # Errors
    ///
    /// If the query fails.
    pub async fn paid_questions(
        &mut self,
        source: &RegistryId,
        about: &[Imei14],
    ) -> Result<BTreeMap<Imei14, PaidQuestion>, StoreError> {
        paid_questions(&mut *self.tx, source, about).await
    }

    /// Enters that a source is about to be asked something that costs.
    ///
    /// # Errors
    ///
    /// If the row can't be written.
    pub async fn enter_paid(
        &mut self,
        source: &RegistryId,
        about: Imei14,
        at: Timestamp,
        day: Date,
        live_until: Timestamp,
    ) -> Result<PaidNumber, StoreError> {
        let entered = sqlx::query(
            "INSERT INTO paid_question (source, imei14, asked_at, day, live_until) \
             VALUES (?, ?, ?, ?, ?)",
        )
        .bind(source.as_str())
        .bind(about.as_str())
        .bind(at.as_millisecond())
        .bind(day.to_string())
        .bind(live_until.as_millisecond())
        .execute(&mut *self.tx)
        .await?;
        Ok(PaidNumber(entered.last_insert_rowid()))
    }
}

async fn paid_questions<'e>(
    database: impl Executor<'e, Database = Sqlite>,
    source: &RegistryId,
    about: &[Imei14],
) -> Result<BTreeMap<Imei14, PaidQuestion>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT imei14, live_until, body FROM paid_question question \
         WHERE source = ?1 AND imei14 IN (SELECT value FROM json_each(?2)) AND NOT EXISTS \
         (SELECT 1 FROM paid_question later WHERE later.source = ?1 \
          AND later.imei14 = question.imei14 AND later.seq > question.seq)",
    )
    .bind(source.as_str())
    .bind(list(about))
    .fetch_all(database)
    .await?;
    let mut found = BTreeMap::new();
    for (imei14, live_until, body) in rows {
        let live_until = Timestamp::from_millisecond(live_until).map_err(|_| StoreError::Time)?;
        let answer = body.map(|text| read_body("answer", &text)).transpose()?;
        // The column is written from an Imei14.
        if let Ok(number) = Imei14::parse(imei14.as_bytes()) {
            found.insert(number, PaidQuestion { live_until, answer });
        }
    }
    Ok(found)
}
