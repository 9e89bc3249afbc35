//! A whole table: read on a thread of its own, kept in blocks, seen when it is whole.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tekser_table::{Row, Table, TableError};
use tokio::sync::mpsc;
use utoipa::ToSchema;

use super::mapping::{Layout, Places, TableForm, by_known_names, is_osmocom, osmocom};
use super::row::read;
use super::{RejectedRow, RowFault, SourceName, SourceNameError, TacRow};
use crate::store::{Store, StoreError};

/// Rows among which the header is looked for; a licence or titles stand before it.
const HEADER_WITHIN: usize = 20;

/// Rows that are kept in one change: others who write wait no longer than that takes.
const BLOCK: usize = 2000;

/// Rejected rows that are listed; the rest is counted.
pub const REJECTED_LISTED: usize = 200;

/// Longest licence note, in bytes.
const LICENCE_MAX: usize = 512;

/// How a table is to be imported.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Manner {
    /// Name of the source; Osmocom's table has one of its own.
    pub source: Option<SourceName>,
    /// Its licence; Osmocom's stands in its first line.
    pub licence: Option<String>,
    /// How the table is laid out.
    pub layout: Layout,
}

/// One import, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TacImport {
    /// Name of the source.
    pub source: SourceName,
    /// Under which licence it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licence: Option<String>,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub imported_at: Timestamp,
    /// Rows of the table.
    pub rows: u64,
    /// TACs that are kept.
    pub tacs: u64,
    /// Rows that say again what an earlier row says.
    pub repeated: u64,
    /// Rows that were not taken.
    pub rejected: u64,
}

/// What became of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ImportReport {
    /// The import.
    #[serde(flatten)]
    pub import: TacImport,
    /// Rows that were not taken, the first 200.
    pub rejected_rows: Vec<RejectedRow>,
}

/// Why a table was not imported. What the source said before stands.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// It can't be read to its end.
    #[error(transparent)]
    Table(#[from] TableError),
    /// No header was found.
    #[error(
        "none of the first {HEADER_WITHIN} rows is a header with a column `tac` and one that says \
         something of it; say with a mapping which column is which"
    )]
    NoHeader,
    /// The mapping does not fit.
    #[error("none of the first {HEADER_WITHIN} rows has the columns of the mapping `{0}`")]
    NotMapped(String),
    /// It is not Osmocom's.
    #[error("this table has no header `tac,name,name,contributor,…` and so is not Osmocom's")]
    NotOsmocom,
    /// Nobody said whose table it is.
    #[error("say whose table this is, by a name for the source")]
    NoSource,
    /// The name can't be used.
    #[error(transparent)]
    Source(#[from] SourceNameError),
    /// No row of it could be taken.
    #[error("no row of the table could be taken{}", first(.0))]
    Nothing(Vec<RejectedRow>),
    /// The store failed.
    #[error("the table cannot be kept")]
    Store(#[from] StoreError),
}

fn first(rejected: &[RejectedRow]) -> String {
    let first = rejected.first();
    first.map(|row| format!("; line {}: {}", row.line, row.detail)).unwrap_or_default()
}

/// What the thread that reads gives.
enum Piece {
    Begun { osmocom: bool, licence: Option<String> },
    Rows { taken: Vec<TacRow>, rejected: Vec<RejectedRow> },
    End(Result<(), ImportError>),
}

/// Imports a table. Its rows take the place of those that the same source gave before, all at
/// once; until then, and if anything fails, those stand.
///
/// # Errors
///
/// See [`ImportError`]. A row that can't be taken is no error: it is told of in the report.
pub async fn import(
    store: &Store,
    now: Timestamp,
    table: Table,
    manner: Manner,
) -> Result<ImportReport, ImportError> {
    let (pieces, mut read) = mpsc::channel(2);
    let layout = manner.layout.clone();
    tokio::task::spawn_blocking(move || read_table(table, &layout, &pieces));
    let mut under_way: Option<UnderWay<'_>> = None;
    loop {
        match (read.recv().await, &mut under_way) {
            (Some(Piece::Begun { osmocom, licence }), _) => {
                let import = begun(&manner, osmocom, licence, now)?;
                under_way = Some(UnderWay::begin(store, import).await?);
            }
            (Some(Piece::Rows { taken, rejected }), Some(import)) => {
                import.take(taken, rejected).await?;
            }
            (Some(Piece::End(end)), _) => {
                end?;
                break;
            }
            // The thread ends with an end.
            (Some(Piece::Rows { .. }), None) | (None, _) => return Err(ImportError::NoHeader),
        }
    }
    under_way.ok_or(ImportError::NoHeader)?.finish().await
}

fn begun(
    manner: &Manner,
    osmocom: bool,
    licence: Option<String>,
    now: Timestamp,
) -> Result<TacImport, ImportError> {
    let source = match (&manner.source, osmocom) {
        (Some(source), _) => source.clone(),
        (None, true) => "Osmocom".parse()?,
        (None, false) => return Err(ImportError::NoSource),
    };
    let licence = manner.licence.clone().or(licence);
    let licence = licence.map(|text| text.chars().filter(|c| !c.is_control()).collect::<String>());
    let licence = licence.filter(|text| !text.trim().is_empty() && text.len() <= LICENCE_MAX);
    let (imported_at, rows, tacs, repeated, rejected) = (now, 0, 0, 0, 0);
    Ok(TacImport { source, licence, imported_at, rows, tacs, repeated, rejected })
}

/// An import that is being made.
struct UnderWay<'a> {
    store: &'a Store,
    id: i64,
    import: TacImport,
    rejected: Vec<RejectedRow>,
}

impl<'a> UnderWay<'a> {
    async fn begin(store: &'a Store, import: TacImport) -> Result<Self, StoreError> {
        let id = store.begin_tac_import(&import).await?;
        Ok(Self { store, id, import, rejected: Vec::new() })
    }

    async fn take(
        &mut self,
        taken: Vec<TacRow>,
        rejected: Vec<RejectedRow>,
    ) -> Result<(), StoreError> {
        self.import.rows += (taken.len() + rejected.len()) as u64;
        rejected.into_iter().for_each(|row| self.reject(row));
        let before = self.store.add_tacs(self.id, &taken).await?;
        self.import.tacs += (taken.len() - before.len()) as u64;
        for (row, earlier) in before {
            if row.facts == earlier.facts {
                self.import.repeated += 1;
            } else {
                self.reject(RejectedRow::new(row.line, RowFault::Differs { line: earlier.line }));
            }
        }
        Ok(())
    }

    fn reject(&mut self, row: RejectedRow) {
        self.import.rejected += 1;
        if self.rejected.len() < REJECTED_LISTED {
            self.rejected.push(row);
        }
    }

    async fn finish(self) -> Result<ImportReport, ImportError> {
        if self.import.tacs == 0 {
            self.store.drop_tac_import(self.id).await?;
            return Err(ImportError::Nothing(self.rejected));
        }
        self.store.finish_tac_import(self.id, &self.import).await?;
        Ok(ImportReport { import: self.import, rejected_rows: self.rejected })
    }
}

fn read_table(mut table: Table, layout: &Layout, to: &mpsc::Sender<Piece>) {
    let end = read_pieces(&mut table, layout, to);
    let _ = to.blocking_send(Piece::End(end));
}

fn read_pieces(
    table: &mut Table,
    layout: &Layout,
    to: &mpsc::Sender<Piece>,
) -> Result<(), ImportError> {
    let (mut row, mut ahead) = (Row::new(), Vec::new());
    let found = find_header(table, layout, &mut ahead)?;
    let begun = Piece::Begun { osmocom: found.osmocom, licence: found.licence };
    // Whoever listened is gone: nothing more is wanted.
    let Ok(()) = to.blocking_send(begun) else { return Ok(()) };
    let (mut taken, mut rejected) = (Vec::with_capacity(BLOCK), Vec::new());
    let mut ahead = ahead.into_iter();
    loop {
        match ahead.next() {
            Some(first) => row = first,
            None if !table.next_row(&mut row)? => break,
            None => {}
        }
        if row.is_blank() {
            continue;
        }
        match read(&row, &found.places, layout.restore_zeros) {
            Ok(tac) => taken.push(tac),
            Err(fault) => rejected.push(RejectedRow::new(row.line(), fault)),
        }
        if taken.len() + rejected.len() >= BLOCK {
            let (taken, rejected) = (std::mem::take(&mut taken), std::mem::take(&mut rejected));
            let Ok(()) = to.blocking_send(Piece::Rows { taken, rejected }) else { return Ok(()) };
        }
    }
    let _ = to.blocking_send(Piece::Rows { taken, rejected });
    Ok(())
}

struct Found {
    places: Places,
    osmocom: bool,
    licence: Option<String>,
}

/// Finds the header. Without one, the rows that were read ahead are left to be read.
fn find_header(
    table: &mut Table,
    layout: &Layout,
    ahead: &mut Vec<Row>,
) -> Result<Found, ImportError> {
    if let Some(places) = layout.mapping.as_ref().and_then(|mapping| mapping.by_number()) {
        // The first row is a header if its TAC is none: it is looked at like any other.
        let mut first = Row::new();
        if table.next_row(&mut first)? && read(&first, &places, true).is_ok() {
            ahead.push(first);
        }
        return Ok(Found { places, osmocom: false, licence: None });
    }
    let mut above: Option<String> = None;
    let mut row = Row::new();
    for _ in 0..HEADER_WITHIN {
        if !table.next_row(&mut row)? {
            break;
        }
        let is_theirs = is_osmocom(&row);
        let places = match (&layout.mapping, layout.form) {
            (Some(mapping), _) => mapping.by_header(&row),
            (None, _) if is_theirs => Some(osmocom(&row)),
            (None, TableForm::Osmocom) => None,
            (None, TableForm::Auto) => by_known_names(&row),
        };
        if let Some(places) = places {
            let licence = above.filter(|_| is_theirs);
            return Ok(Found { places, osmocom: is_theirs, licence });
        }
        above.get_or_insert_with(|| row.cells().collect::<Vec<_>>().join(", "));
    }
    Err(match (&layout.mapping, layout.form) {
        (Some(mapping), _) => ImportError::NotMapped(mapping.to_string()),
        (None, TableForm::Osmocom) => ImportError::NotOsmocom,
        (None, TableForm::Auto) => ImportError::NoHeader,
    })
}
