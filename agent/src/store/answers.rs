//! The latest answer of each registry about each identity.

use tekser_imei::Imei14;

use super::{EventKind, Page, Store, StoreError, read_body, write_body};
use crate::id::AnswerId;
use crate::ruling::{Answer, Verdict};

impl Store {
    /// Keeps answers, and tells of each. An undetermined one never replaces a determined one:
    /// a registry that can't be reached has not changed its mind.
    ///
    /// # Errors
    ///
    /// If a row can't be written.
    pub async fn save_answers(&self, answers: &[Answer]) -> Result<(), StoreError> {
        if answers.is_empty() {
            return Ok(());
        }
        let mut change = self.begin().await?;
        for answer in answers {
            let determined = !matches!(answer.verdict, Verdict::Undetermined { .. });
            let sql = if determined {
                "INSERT INTO answer (id, imei14, registry, as_of, body) VALUES (?, ?, ?, ?, ?) \
                 ON CONFLICT (imei14, registry) DO UPDATE SET id = excluded.id, \
                 as_of = excluded.as_of, body = excluded.body"
            } else {
                "INSERT INTO answer (id, imei14, registry, as_of, body) VALUES (?, ?, ?, ?, ?) \
                 ON CONFLICT (imei14, registry) DO NOTHING"
            };
            sqlx::query(sql)
                .bind(AnswerId::new().to_string())
                .bind(answer.imei.imei14().as_str())
                .bind(answer.source.as_str())
                .bind(answer.as_of.as_millisecond())
                .bind(write_body("answer", answer)?)
                .execute(&mut *change.tx)
                .await?;
            let subject = answer.imei.to_string();
            change.tell(answer.as_of, EventKind::Answer, &subject, answer).await?;
        }
        change.commit().await
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
}
