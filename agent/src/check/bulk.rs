//! Whole lists: rows are read and judged on a thread of their own, asked about in blocks, and come
//! back in order.

use futures_util::stream::{self, Stream, StreamExt as _};
use serde_json::Value;
use tekser_table::write::Asked;
use tekser_table::{Judgement, List, Row, TableError, Totals};
use tokio::sync::mpsc;

use super::{CHECK_MAX, Checked, Checks, Freshness, Verdict};
use crate::store::{StoreError, Tell};

/// Rows of a block; less if they have more IMEIs than are asked about in one go.
const ROWS: usize = 500;

/// Bytes of text after which a block is full.
const BYTES: usize = 256 * 1024;

/// Blocks that wait to be asked about.
const WAITING: usize = 2;

/// Blocks that are asked about at once.
const IN_FLIGHT: usize = 4;

type Rows = Vec<(Row, Judgement)>;

/// Some rows of a list, in order.
pub struct Block {
    rows: Rows,
    filled: usize,
    answers: Option<Vec<Checked>>,
    home: mpsc::UnboundedSender<Rows>,
    /// How the list ended, in its last block. Rows before an error stand.
    pub end: Option<Result<Totals, TableError>>,
}

/// A row, what our rules say of it, and what the registry said of its IMEIs.
#[derive(Clone, Copy)]
pub struct BlockRow<'a> {
    /// The row as it stands in the list.
    pub row: &'a Row,
    /// What our rules say of it.
    pub judgement: &'a Judgement,
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
        self.rows.iter().take(self.filled).map(move |(row, judgement)| {
            let own = answers.map(|left| {
                let (own, left) = left.split_at(judgement.imeis().count().min(left.len()));
                answers = Some(left);
                own
            });
            BlockRow { row, judgement, answers: own }
        })
    }

    fn fill(&mut self, list: &mut List) {
        let (mut imeis, mut bytes) = (0, 0);
        while self.filled < ROWS && imeis < CHECK_MAX && bytes < BYTES {
            if self.filled == self.rows.len() {
                self.rows.push(<(Row, Judgement)>::default());
            }
            let Some((row, judgement)) = self.rows.get_mut(self.filled) else {
                return;
            };
            match list.next_row(row, judgement) {
                Ok(true) => {
                    self.filled += 1;
                    imeis += judgement.imeis().count();
                    bytes += row.text_len();
                }
                Ok(false) => {
                    self.end = Some(Ok(list.totals()));
                    return;
                }
                Err(error) => {
                    self.end = Some(Err(error));
                    return;
                }
            }
        }
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
impl Drop for Block {
    fn drop(&mut self) {
        let _ = self.home.send(std::mem::take(&mut self.rows));
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
    tokio::task::spawn_blocking(move || read(list, &sender));
    stream::poll_fn(move |context| receiver.poll_recv(context))
        .map(move |block: Block| {
            let checks = checks.clone();
            async move { block.ask(checks.as_ref()).await }
        })
        .buffered(IN_FLIGHT)
}

fn read(mut list: List, to: &mpsc::Sender<Block>) {
    let (home, mut used) = mpsc::unbounded_channel();
    loop {
        let rows = used.try_recv().unwrap_or_default();
        let (answers, home) = (None, home.clone());
        let mut block = Block { rows, filled: 0, answers, home, end: None };
        block.fill(&mut list);
        let over = block.end.is_some();
        if to.blocking_send(block).is_err() || over {
            return;
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
