//! What is known of TACs.

use core::fmt::Display;
use core::str::FromStr;

use axum::Json;
use axum::body::to_bytes;
use axum::extract::{Request, State as Shared};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use tekser_imei::Tac;
use tekser_table::{Table, TableError};
use utoipa::{IntoParams, ToSchema};

use super::input::{Named, Params};
use super::{Problem, State};
use crate::tacs::{
    ImportError, ImportReport, Layout, Manner, Mapping, SourceName, TableForm, TacImport, TacView,
    import as import_table,
};

/// Largest table, in bytes: four times that of Osmocom. Longer ones are for `tekser tac import`.
const TABLE_MAX: usize = 16 * 1024 * 1024;

/// Where the knowledge of TACs comes from.
#[derive(Serialize, ToSchema)]
pub(super) struct TacSources {
    /// The current import of every source, the newest first.
    imports: Vec<TacImport>,
    /// Phones that taught this station something.
    taught_by: u64,
    /// TACs that they taught something about.
    learned: u64,
}

/// How a table is to be imported.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct HowToImport {
    /// Name of the source: its rows take the place of those that it gave before. `Osmocom` for a
    /// table of theirs if not said.
    source: Option<String>,
    /// Under which licence the table came.
    licence: Option<String>,
    /// `osmocom`, or `auto` if not said.
    #[param(value_type = Option<String>)]
    form: Option<String>,
    /// Which column says what, such as `tac=TAC,maker=Brand,model=Name,slots=SIMs`; `name#2` is
    /// the second column of that name, `#3` the third of all.
    map: Option<String>,
    /// Give TACs of six or seven digits the zeros back that a spreadsheet dropped.
    #[serde(default)]
    restore_zeros: bool,
}

/// Where the knowledge of TACs comes from.
#[utoipa::path(get, path = "/tacs", tag = "check", responses((status = 200, body = TacSources)))]
pub(super) async fn list(Shared(station): State) -> Result<Json<TacSources>, Problem> {
    let imports = station.store.tac_imports().await?;
    let (taught_by, learned) = station.store.tac_lessons().await?;
    Ok(Json(TacSources { imports, taught_by, learned }))
}

/// What is known of a TAC: by whom, and whether they agree. All of it is a hint.
#[utoipa::path(
    get, path = "/tacs/{tac}", tag = "check",
    params(("tac" = String, Path, description = "The first eight digits of an IMEI")),
    responses(
        (status = 200, description = "`entries` is empty if nothing is known", body = TacView),
        (status = 400, body = Problem),
    ),
)]
pub(super) async fn show(
    Shared(station): State,
    Named(tac): Named<Tac>,
) -> Result<Json<TacView>, Problem> {
    let mut known = station.store.tac_entries(&[tac], &[]).await?;
    Ok(Json(TacView::new(tac, known.remove(&tac).unwrap_or_default())))
}

/// Imports a table of TACs (CSV, TSV or XLSX; up to 16 MiB). A row that can't be taken is told of
/// and spoils no other. If the table can't be read to its end, what the source said before stands.
#[utoipa::path(
    post, path = "/tacs", tag = "check", params(HowToImport),
    request_body(content(
        (String = "text/csv"),
        (String = "text/tab-separated-values"),
        (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    )),
    responses(
        (status = 200, body = ImportReport),
        (status = 413, body = Problem), (status = 415, body = Problem),
        (status = 422, body = Problem),
    ),
)]
pub(super) async fn import(
    Shared(station): State,
    Params(how): Params<HowToImport>,
    request: Request,
) -> Result<Json<ImportReport>, Problem> {
    let manner = how
        .manner()
        .map_err(|detail| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "query", detail))?;
    let body = to_bytes(request.into_body(), TABLE_MAX).await.map_err(|_| {
        let detail = "the table is longer than 16 MiB, or was cut; use tekser tac import";
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body", detail)
    })?;
    let opened = tokio::task::spawn_blocking(move || Table::from_bytes(body.into()));
    let table = opened.await.map_err(|error| Problem::internal(&error))?;
    let table = table.map_err(ImportError::from)?;
    Ok(Json(import_table(&station.store, station.clock.now(), table, manner).await?))
}

impl HowToImport {
    fn manner(&self) -> Result<Manner, String> {
        let source: Option<SourceName> = parsed(self.source.as_deref())?;
        let mapping: Option<Mapping> = parsed(self.map.as_deref())?;
        let form: TableForm = parsed(self.form.as_deref())?.unwrap_or_default();
        let layout = Layout { form, mapping, restore_zeros: self.restore_zeros };
        Ok(Manner { source, licence: self.licence.clone(), layout })
    }
}

fn parsed<T: FromStr<Err: Display>>(text: Option<&str>) -> Result<Option<T>, String> {
    text.map(|text| text.parse().map_err(|error: T::Err| error.to_string())).transpose()
}

impl From<ImportError> for Problem {
    fn from(error: ImportError) -> Self {
        let (status, code) = match &error {
            ImportError::Table(TableError::NotATable(_)) => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_a_table")
            }
            ImportError::Table(TableError::TooLarge { .. }) => {
                (StatusCode::PAYLOAD_TOO_LARGE, "table_too_large")
            }
            ImportError::Table(TableError::Unreadable(_)) | ImportError::Store(_) => {
                return Self::internal(&error);
            }
            ImportError::Table(_) => (StatusCode::UNPROCESSABLE_ENTITY, "table"),
            ImportError::NoHeader | ImportError::NotMapped(_) | ImportError::NotOsmocom => {
                (StatusCode::UNPROCESSABLE_ENTITY, "tac_header")
            }
            ImportError::NoSource | ImportError::Source(_) => {
                (StatusCode::UNPROCESSABLE_ENTITY, "tac_source")
            }
            ImportError::Nothing(_) => (StatusCode::UNPROCESSABLE_ENTITY, "tac_nothing"),
        };
        Self::new(status, code, error.to_string())
    }
}
