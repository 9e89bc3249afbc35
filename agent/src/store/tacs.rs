//! What is known of TACs: rows of imported tables, and what phones taught.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{QueryBuilder, Row as _, Sqlite};
use tekser_imei::Tac;

use super::{Change, Store, StoreError, read_body, write_body};
use crate::id::HandsetId;
use crate::tacs::{Lesson, TacEntry, TacFacts, TacImport, TacRow, TacSource, join_lessons, order};

/// Rows that are taken away in one change: others who write wait no longer than that takes.
const AT_ONCE: i64 = 5000;

/// After that an import that is not whole was cut off.
const CUT_OFF_AFTER: SignedDuration = SignedDuration::from_hours(24);

/// TACs of one name that are looked at.
const SAME_NAME_MAX: i64 = 64;

impl Store {
    /// Begins an import; takes away what is left of those that were cut off.
    ///
    /// # Errors
    ///
    /// If a statement fails.
    pub(crate) async fn begin_tac_import(&self, import: &TacImport) -> Result<i64, StoreError> {
        let cut_off = import.imported_at.saturating_sub(CUT_OFF_AFTER).unwrap_or(Timestamp::MIN);
        let left: Vec<(i64,)> =
            sqlx::query_as("SELECT id FROM tac_import WHERE current = 0 AND started_at < ?")
                .bind(cut_off.as_millisecond())
                .fetch_all(&self.pool)
                .await?;
        for (id,) in left {
            self.drop_tac_import(id).await?;
        }
        let begun =
            sqlx::query("INSERT INTO tac_import (source, started_at, body) VALUES (?, ?, ?)")
                .bind(import.source.as_str())
                .bind(import.imported_at.as_millisecond())
                .bind(write_body("TAC import", import)?)
                .execute(&self.pool)
                .await?;
        Ok(begun.last_insert_rowid())
    }

    /// Adds rows to an import. Gives those whose TAC it has already, each with what it has.
    ///
    /// # Errors
    ///
    /// If a statement fails; then none of them is added.
    pub(crate) async fn add_tacs<'r>(
        &self,
        import: i64,
        rows: &'r [TacRow],
    ) -> Result<Vec<(&'r TacRow, TacRow)>, StoreError> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let mut change = self.begin().await?;
        let mut insert = QueryBuilder::<Sqlite>::new(
            "INSERT INTO tac (import, tac, line, maker, model, aka, slots, year, name) ",
        );
        insert.push_values(rows, |mut values, row| {
            values
                .push_bind(import)
                .push_bind(row.tac.as_str())
                .push_bind(i64::try_from(row.line).unwrap_or(i64::MAX))
                .push_bind(row.facts.maker.as_deref())
                .push_bind(row.facts.model.as_deref())
                .push_bind(row.facts.aka.as_deref())
                .push_bind(row.facts.slots)
                .push_bind(row.facts.year)
                .push_bind(row.name());
        });
        insert.push(" ON CONFLICT (import, tac) DO NOTHING RETURNING line");
        let added = insert.build().fetch_all(&mut *change.tx).await?;
        let mut lines: Vec<i64> = Vec::with_capacity(added.len());
        for row in &added {
            lines.push(row.try_get(0)?);
        }
        lines.sort_unstable();
        let mut before = Vec::new();
        for row in rows {
            if lines.binary_search(&i64::try_from(row.line).unwrap_or(i64::MAX)).is_err() {
                let sql = "SELECT line, maker, model, aka, slots, year FROM tac \
                           WHERE import = ? AND tac = ?";
                let found = sqlx::query(sql).bind(import).bind(row.tac.as_str());
                let found = found.fetch_one(&mut *change.tx).await?;
                let line: i64 = found.try_get("line")?;
                let line = u64::try_from(line).unwrap_or_default();
                before.push((row, TacRow { line, tac: row.tac, facts: facts(&found)? }));
            }
        }
        change.commit().await?;
        Ok(before)
    }

    /// The import is whole: it takes the place of the one before it.
    ///
    /// # Errors
    ///
    /// If a statement fails; then the one before it stands.
    pub(crate) async fn finish_tac_import(
        &self,
        id: i64,
        import: &TacImport,
    ) -> Result<(), StoreError> {
        let mut change = self.begin().await?;
        let before: Vec<(i64,)> =
            sqlx::query_as("SELECT id FROM tac_import WHERE source = ? AND current = 1")
                .bind(import.source.as_str())
                .fetch_all(&mut *change.tx)
                .await?;
        sqlx::query("UPDATE tac_import SET current = 0 WHERE source = ? AND current = 1")
            .bind(import.source.as_str())
            .execute(&mut *change.tx)
            .await?;
        sqlx::query("UPDATE tac_import SET current = 1, body = ? WHERE id = ?")
            .bind(write_body("TAC import", import)?)
            .bind(id)
            .execute(&mut *change.tx)
            .await?;
        change.commit().await?;
        for (id,) in before {
            self.drop_tac_import(id).await?;
        }
        Ok(())
    }

    /// Takes an import away. Nobody sees it from the first moment.
    ///
    /// # Errors
    ///
    /// If a statement fails; what is left of it goes with a later import.
    pub(crate) async fn drop_tac_import(&self, id: i64) -> Result<(), StoreError> {
        sqlx::query("UPDATE tac_import SET current = 0 WHERE id = ?")
            .bind(id)
            .execute(&self.pool)
            .await?;
        loop {
            let gone = sqlx::query(
                "DELETE FROM tac WHERE import = ?1 AND tac IN \
                 (SELECT tac FROM tac WHERE import = ?1 LIMIT ?2)",
            )
            .bind(id)
            .bind(AT_ONCE)
            .execute(&self.pool)
            .await?;
            if gone.rows_affected() == 0 {
                break;
            }
        }
        sqlx::query("DELETE FROM tac_import WHERE id = ?").bind(id).execute(&self.pool).await?;
        Ok(())
    }

    /// The current import of every source, the newest first.
    ///
    /// # Errors
    ///
    /// If the query fails.
    pub async fn tac_imports(&self) -> Result<Vec<TacImport>, StoreError> {
        let sql = "SELECT body FROM tac_import WHERE current = 1 ORDER BY started_at DESC, source";
        let rows: Vec<(String,)> = sqlx::query_as(sql).fetch_all(&self.pool).await?;
        rows.iter().map(|(text,)| read_body("TAC import", text)).collect()
    }

    /// Forgets what a source said. Gives whether there was such a source.
    ///
    /// # Errors
    ///
    /// If a statement fails.
    pub async fn forget_tacs(&self, source: &str) -> Result<bool, StoreError> {
        let ids: Vec<(i64,)> =
            sqlx::query_as("SELECT id FROM tac_import WHERE source = ? AND current = 1")
                .bind(source)
                .fetch_all(&self.pool)
                .await?;
        for (id,) in &ids {
            self.drop_tac_import(*id).await?;
        }
        Ok(!ids.is_empty())
    }

    /// How many phones taught this station something, and about how many TACs.
    ///
    /// # Errors
    ///
    /// If the query fails.
    pub async fn tac_lessons(&self) -> Result<(u64, u64), StoreError> {
        let sql = "SELECT count(DISTINCT handset), count(DISTINCT tac) FROM tac_lesson";
        let (handsets, tacs): (i64, i64) = sqlx::query_as(sql).fetch_one(&self.pool).await?;
        Ok((u64::try_from(handsets).unwrap_or(0), u64::try_from(tacs).unwrap_or(0)))
    }

    /// Forgets what phones taught.
    ///
    /// # Errors
    ///
    /// If the statement fails.
    pub async fn forget_lessons(&self) -> Result<bool, StoreError> {
        let gone = sqlx::query("DELETE FROM tac_lesson").execute(&self.pool).await?;
        Ok(gone.rows_affected() > 0)
    }

    /// What is known of these TACs, but for what these phones taught, in the order in which it is
    /// believed; those of which nothing is known are left out.
    ///
    /// # Errors
    ///
    /// If a query fails.
    pub async fn tac_entries(
        &self,
        tacs: &[Tac],
        except: &[HandsetId],
    ) -> Result<BTreeMap<Tac, Vec<TacEntry>>, StoreError> {
        entries(&mut *self.pool.acquire().await?, tacs, except).await
    }
}

impl Change<'_> {
    /// What is known of these TACs, but for what these phones taught.
    ///
    /// # Errors
    ///
    /// If a query fails.
    pub(crate) async fn tac_entries(
        &mut self,
        tacs: &[Tac],
        except: &[HandsetId],
    ) -> Result<BTreeMap<Tac, Vec<TacEntry>>, StoreError> {
        entries(&mut self.tx, tacs, except).await
    }

    /// Other TACs under which this source has a model of that name; what this phone taught is left
    /// out.
    ///
    /// # Errors
    ///
    /// If a query fails.
    pub(crate) async fn tacs_named(
        &mut self,
        source: &TacSource,
        name: &str,
        but: Tac,
        except: HandsetId,
    ) -> Result<Vec<TacEntry>, StoreError> {
        if name.is_empty() {
            return Ok(Vec::new());
        }
        let sql = match source {
            TacSource::Import { .. } => {
                "SELECT DISTINCT t.tac FROM tac_import i JOIN tac t ON t.import = i.id \
                 WHERE i.current = 1 AND i.source = ?1 AND t.name = ?2 AND t.tac <> ?3 LIMIT ?4"
            }
            TacSource::Station { .. } => {
                "SELECT tac FROM tac_lesson WHERE ?1 = ?1 AND name = ?2 AND tac <> ?3 \
                 GROUP BY tac LIMIT ?4"
            }
        };
        let rows: Vec<(String,)> = sqlx::query_as(sql)
            .bind(source.name())
            .bind(name)
            .bind(but.as_str())
            .bind(SAME_NAME_MAX)
            .fetch_all(&mut *self.tx)
            .await?;
        let tacs: Vec<Tac> = rows.iter().filter_map(|(tac,)| tac.parse().ok()).collect();
        let known = entries(&mut self.tx, &tacs, &[except]).await?;
        let mut all: Vec<TacEntry> = known.into_values().flatten().collect();
        all.retain(|entry| entry.counts() && entry.source.name() == source.name());
        Ok(all)
    }

    /// What a phone teaches from now on, in place of what it taught before.
    ///
    /// # Errors
    ///
    /// If a statement fails.
    pub(crate) async fn teach(
        &mut self,
        handset: HandsetId,
        at: Timestamp,
        lessons: &[Lesson],
    ) -> Result<(), StoreError> {
        let id = handset.to_string();
        sqlx::query("DELETE FROM tac_lesson WHERE handset = ?")
            .bind(&id)
            .execute(&mut *self.tx)
            .await?;
        for lesson in lessons {
            let sql = "INSERT INTO tac_lesson (tac, handset, at, maker, model, slots, name) \
                       VALUES (?, ?, ?, ?, ?, ?, ?)";
            sqlx::query(sql)
                .bind(lesson.tac.as_str())
                .bind(&id)
                .bind(at.as_millisecond())
                .bind(&lesson.maker)
                .bind(&lesson.model)
                .bind(lesson.slots)
                .bind(&lesson.name)
                .execute(&mut *self.tx)
                .await?;
        }
        Ok(())
    }
}

async fn entries(
    connection: &mut SqliteConnection,
    tacs: &[Tac],
    except: &[HandsetId],
) -> Result<BTreeMap<Tac, Vec<TacEntry>>, StoreError> {
    let mut known: BTreeMap<Tac, Vec<TacEntry>> = BTreeMap::new();
    if tacs.is_empty() {
        return Ok(known);
    }
    let asked = write_body("list of TACs", &tacs)?;
    let sql = "SELECT DISTINCT t.tac, t.line, t.maker, t.model, t.aka, t.slots, t.year, i.body \
               FROM json_each(?1) asked CROSS JOIN tac_import i \
               JOIN tac t ON t.import = i.id AND t.tac = asked.value WHERE i.current = 1";
    for row in sqlx::query(sql).bind(&asked).fetch_all(&mut *connection).await? {
        let TacImport { source, licence, imported_at, .. } =
            read_body("TAC import", row.try_get("body")?)?;
        let line: i64 = row.try_get("line")?;
        let line = u64::try_from(line).unwrap_or_default();
        let source = TacSource::Import { name: source, licence, imported_at, line };
        add(&mut known, &row, TacEntry { facts: facts(&row)?, source })?;
    }
    let sql = "SELECT l.tac, l.maker, l.model, l.slots, count(*) AS handsets, max(l.at) AS latest \
               FROM (SELECT DISTINCT value FROM json_each(?1)) asked \
               JOIN tac_lesson l ON l.tac = asked.value WHERE l.handset NOT IN (SELECT value FROM json_each(?2)) \
               GROUP BY l.tac, l.name, l.slots ORDER BY l.tac, l.name, l.slots DESC";
    let except = write_body("list of handsets", &except)?;
    for row in sqlx::query(sql).bind(&asked).bind(&except).fetch_all(&mut *connection).await? {
        let (handsets, latest): (i64, i64) = (row.try_get("handsets")?, row.try_get("latest")?);
        let handsets = u32::try_from(handsets).unwrap_or(u32::MAX);
        let latest = Timestamp::from_millisecond(latest).map_err(|_| StoreError::Time)?;
        let (maker, model) = (row.try_get("maker")?, row.try_get("model")?);
        let slots = row.try_get("slots")?;
        let facts = TacFacts { maker, model, slots, ..TacFacts::default() };
        let source = TacSource::Station { handsets, latest };
        add(&mut known, &row, TacEntry { facts, source })?;
    }
    for entries in known.values_mut() {
        join_lessons(entries);
        order(entries);
    }
    Ok(known)
}

fn add(
    known: &mut BTreeMap<Tac, Vec<TacEntry>>,
    row: &SqliteRow,
    entry: TacEntry,
) -> Result<(), StoreError> {
    let tac: &str = row.try_get("tac")?;
    // The column is written from a Tac.
    if let Ok(tac) = tac.parse() {
        known.entry(tac).or_default().push(entry);
    }
    Ok(())
}

fn facts(row: &SqliteRow) -> Result<TacFacts, StoreError> {
    Ok(TacFacts {
        maker: row.try_get("maker")?,
        model: row.try_get("model")?,
        aka: row.try_get("aka")?,
        slots: row.try_get("slots")?,
        year: row.try_get("year")?,
    })
}
