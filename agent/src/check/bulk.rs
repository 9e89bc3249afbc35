//! Whole lists: rows are read and judged on threads of their own, asked about in blocks, and come
//! back in order.

use std::ops::Range;
use std::sync::Arc;

use futures_util::stream::{self, Stream, StreamExt as _};
use serde_json::Value;
use tekser_table::write::Asked;
use tekser_table::{JudgementRef, List, RowRef, TableError, Totals};
use tokio::sync::mpsc;

use super::{CHECK_MAX, Checked, Checks, Freshness, Verdict};
use crate::store::{StoreError, Tell};

/// Rows that are asked about in one go; less if they have more IMEIs than can be.
const ROWS: usize = 500;

/// Blocks that wait to be asked about.
const WAITING: usize = 2;

/// Blocks that are asked about or remembered at once: more than a registry is asked at once, so that it
/// does not wait while answers go to the disk.
const IN_FLIGHT: usize = 8;

/// Some rows of a list, in order.
pub struct Block {
    judged: Arc<Judged>,
    /// Which of those rows.
    rows: Range<usize>,
    answers: Option<Vec<Checked>>,
    /// How the list ended, in its last block. Rows before an error stand.
    pub end: Option<Result<Totals, TableError>>,
}

/// Rows as they were judged, in one block or several.
struct Judged {
    rows: tekser_table::Block,
    home: mpsc::UnboundedSender<tekser_table::Block>,
}

/// A row, what our rules say of it, and what the registry said of its IMEIs.
#[derive(Clone, Copy)]
pub struct BlockRow<'a> {
    /// The row as it stands in the list.
    pub row: RowRef<'a>,
    /// What our rules say of it.
    pub judgement: JudgementRef<'a>,
    /// What the registry said of each of its IMEIs, in order; `None` if it was not asked.
    pub answers: Option<&'a [Checked]>,
}

impl BlockRow<'_> {
    /// Whether the registry said anything but clear of one of them.
    pub fn needs_a_look(&self) -> bool {
        self.answers.is_some_and(|answers| answers.iter().any(Checked::needs_a_look))
    }

    /// What the registry said, in words for a table.
    pub fn asked(&self) -> Option<Asked> {
        let answers = self.answers.filter(|answers| !answers.is_empty())?;
        let verdicts: Vec<String> = answers.iter().map(|one| words(&one.answer.verdict)).collect();
        let mut sources: Vec<&str> = answers.iter().map(|one| one.answer.source.as_str()).collect();
        sources.dedup();
        let oldest = answers.iter().map(|one| one.answer.as_of).min();
        Some(Asked {
            verdicts: verdicts.join(" | "),
            source: sources.join(" | "),
            as_of: oldest.map(|as_of| as_of.to_string()).unwrap_or_default(),
            needs_a_look: self.needs_a_look(),
        })
    }
}

impl Block {
    /// Its rows.
    pub fn rows(&self) -> impl Iterator<Item = BlockRow<'_>> {
        let mut answers = self.answers.as_deref();
        let rows = self.rows.clone().filter_map(|at| self.judged.rows.get(at));
        rows.map(move |(row, judgement)| {
            let own = answers.map(|left| {
                let (own, left) = left.split_at(judgement.imeis().count().min(left.len()));
                answers = Some(left);
                own
            });
            BlockRow { row, judgement, answers: own }
        })
    }

    /// How many rows it has.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether it has none: the list ended behind the one before.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Its rows as they were judged, if no registry was asked about them.
    pub fn offline(&self) -> Option<&tekser_table::Block> {
        let all = self.rows == (0..self.judged.rows.len());
        (all && self.answers.is_none()).then_some(&self.judged.rows)
    }

    async fn ask(mut self, checks: Option<&Checks>) -> Result<Self, StoreError> {
        if let Some(checks) = checks {
            let imeis: Vec<_> =
                self.rows().flat_map(|one| one.judgement.imeis().collect::<Vec<_>>()).collect();
            self.answers =
                Some(checks.check_telling(&imeis, Freshness::Kept, Tell::OfPhones).await?);
        }
        Ok(self)
    }
}

/// The rows are used again.
impl Drop for Judged {
    fn drop(&mut self) {
        let _ = self.home.send(std::mem::take(&mut self.rows));
    }
}

impl Judged {
    /// The rows from this one on that can be asked about in one go.
    fn in_one_go(&self, from: usize) -> Range<usize> {
        let mut imeis = 0;
        let rows = (from..self.rows.len()).take(ROWS).take_while(|&at| {
            let room = imeis < CHECK_MAX;
            imeis += self.rows.get(at).map_or(0, |(_, judgement)| judgement.imeis().count());
            room
        });
        from..from + rows.count()
    }
}

/// Reads a list to its end, and asks about its IMEIs if there is someone to ask. Reading stops
/// when the stream is dropped.
///
/// # Errors
///
/// If the answers can't be kept.
pub fn sweep(
    list: List,
    checks: Option<Checks>,
) -> impl Stream<Item = Result<Block, StoreError>> + Send {
    let (sender, mut receiver) = mpsc::channel(WAITING);
    let asking = checks.is_some();
    tokio::task::spawn_blocking(move || read(list, asking, &sender));
    stream::poll_fn(move |context| receiver.poll_recv(context))
        .map(move |block: Block| {
            let checks = checks.clone();
            async move { block.ask(checks.as_ref()).await }
        })
        .buffered(IN_FLIGHT)
}

fn read(mut list: List, asking: bool, to: &mpsc::Sender<Block>) {
    let (home, mut used) = mpsc::unbounded_channel();
    loop {
        let mut rows = used.try_recv().unwrap_or_default();
        let end = match list.next_block(&mut rows) {
            Ok(true) => None,
            Ok(false) => Some(Ok(list.totals())),
            Err(error) => Some(Err(error)),
        };
        if end.is_some() {
            rows = tekser_table::Block::new();
        }
        let over = end.is_some();
        let judged = Arc::new(Judged { rows, home: home.clone() });
        if send(&judged, asking, end, to).is_none() || over {
            return;
        }
    }
}

/// Sends the rows, in as many blocks as they have to be asked about in; `None` if nobody takes them.
fn send(
    judged: &Arc<Judged>,
    asking: bool,
    mut end: Option<Result<Totals, TableError>>,
    to: &mpsc::Sender<Block>,
) -> Option<()> {
    let mut from = 0;
    loop {
        let rows = if asking { judged.in_one_go(from) } else { 0..judged.rows.len() };
        from = rows.end;
        let last = from == judged.rows.len();
        let (judged, end) = (Arc::clone(judged), if last { end.take() } else { None });
        to.blocking_send(Block { judged, rows, answers: None, end }).ok()?;
        if last {
            return Some(());
        }
    }
}

/// A verdict as a table shows it: the names that JSON has.
fn words(verdict: &Verdict) -> String {
    let kind = verdict.kind();
    let name = |value: Result<Value, _>| match value {
        Ok(Value::String(name)) => name,
        Ok(_) | Err(_) => String::new(),
    };
    match verdict {
        Verdict::Clear | Verdict::Unknown => kind.to_owned(),
        Verdict::Grace { until } => format!("{kind} until {until}"),
        Verdict::Blocked { reason } => format!("{kind}: {}", name(serde_json::to_value(reason))),
        Verdict::Undetermined { why } => format!("{kind}: {}", name(serde_json::to_value(why))),
    }
}
