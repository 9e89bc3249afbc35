//! Tables as bodies: rows in, rows with what was found out, as a stream.

use std::convert::Infallible;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use futures_util::StreamExt as _;
use serde::Deserialize;
use serde_json::{Value, json};
use tekser_table::write::JsonLines;
use tekser_table::{List, TableError, Totals};
use utoipa::{IntoParams, ToSchema};

use super::Problem;
use crate::check::{Block, sweep};
use crate::station::Station;
use crate::store::StoreError;

/// Largest table, in bytes: half a million lines of one number. Longer ones are for
/// `tekser check --file`, which has no limit.
const TABLE_MAX: usize = 16 * 1024 * 1024;

/// Which rules are applied.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct Rules {
    /// For a table: apply our own rules only, and ask no registry.
    #[serde(default)]
    offline: bool,
}

/// One line of the answer to a table.
#[expect(dead_code, reason = "describes what tekser-table and this module write")]
#[derive(ToSchema)]
pub(in crate::api) struct TableLine {
    /// Line of the table, or row of the sheet, from 1.
    line: Option<u64>,
    /// `above` (a title), `header` or `blank`; absent for a row of the table.
    kind: Option<String>,
    /// `sound` (nothing to look at), `look` or `stop`.
    result: Option<String>,
    /// The cells as they stand.
    cells: Option<Vec<String>>,
    /// The cells that are or should be IMEIs: `column` from 1, `imei` if it is one, `answer` if a
    /// registry was asked.
    #[schema(value_type = Option<Vec<Object>>)]
    imeis: Option<Vec<Value>>,
    /// Dates of date columns: `column` from 1, `date`.
    #[schema(value_type = Option<Vec<Object>>)]
    dates: Option<Vec<Value>>,
    /// What a person should know: `code`, `detail`, `column` from 1, `line` of a duplicate.
    #[schema(value_type = Option<Vec<Object>>)]
    findings: Option<Vec<Value>>,
    /// In the last line: what the rows came to.
    #[schema(value_type = Option<Object>)]
    totals: Option<Value>,
    /// In the last line: why the rest could not be read; `code` and `detail`.
    #[schema(value_type = Option<Object>)]
    error: Option<Value>,
}

/// Whether the body is said to be a table. JSON is what it is without a word.
pub(super) fn is_table(headers: &HeaderMap) -> bool {
    let kind = media_type(headers);
    [
        "text/csv",
        "text/tab-separated-values",
        "text/plain",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ]
    .iter()
    .any(|table| kind.eq_ignore_ascii_case(table))
}

fn media_type(headers: &HeaderMap) -> &str {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.and_then(|kind| kind.split(';').next()).unwrap_or_default().trim()
}

/// Whether a body without a word of its kind is JSON: many programs say `text/plain` of anything,
/// and no table begins so.
fn is_json(body: &[u8]) -> bool {
    let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
    matches!(body.trim_ascii_start().first(), Some(b'{' | b'['))
}

pub(super) async fn check(
    station: &Station,
    rules: &Rules,
    request: Request,
) -> Result<Response, Problem> {
    let is_plain = media_type(request.headers()).eq_ignore_ascii_case("text/plain");
    let body = to_bytes(request.into_body(), TABLE_MAX).await.map_err(|_| {
        let detail = "the table is longer than 16 MiB, or was cut; use tekser check --file";
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body", detail)
    })?;
    if is_plain && is_json(&body) {
        let detail = "the body is JSON; send it as application/json";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "body", detail));
    }
    let opened = tokio::task::spawn_blocking(move || List::from_bytes(body.into()));
    let list = opened.await.map_err(|error| Problem::internal(&error))?.map_err(unreadable)?;
    let checks = (!rules.offline).then(|| station.checks.clone());
    let lines = sweep(list, checks).map(|block| Ok::<_, Infallible>(lines(block)));
    let kind = [(header::CONTENT_TYPE, "application/x-ndjson")];
    Ok((kind, Body::from_stream(lines)).into_response())
}

/// The format is told by the bytes, so a wrong `Content-Type` is no reason to refuse.
fn unreadable(error: TableError) -> Problem {
    let (status, code) = match error {
        TableError::NotATable(_) => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_a_table"),
        TableError::TooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "table_too_large"),
        TableError::Unreadable(_) => return Problem::internal(&error),
        _ => (StatusCode::UNPROCESSABLE_ENTITY, "table"),
    };
    Problem::new(status, code, error.to_string())
}

fn lines(block: Result<Block, StoreError>) -> Vec<u8> {
    let mut block = match block {
        Ok(block) => block,
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "a table was not finished");
            let detail = "the station could not use its database; see its log";
            return last(&json!({ "error": { "code": "store_failed", "detail": detail } }));
        }
    };
    let end = block.end.take();
    let mut lines = JsonLines::new(Vec::new());
    for one in block.rows() {
        let answers = one.answers.unwrap_or_default();
        // Writing to memory does not fail.
        let _ = lines.row(one.row, one.judgement, answers, one.needs_a_look());
    }
    let mut lines = lines.finish().unwrap_or_default();
    match end {
        None => {}
        Some(Ok(totals)) => lines.extend(last(&json!({ "totals": counts(&totals) }))),
        Some(Err(error)) => {
            let problem = json!({ "code": "table", "detail": error.to_string() });
            lines.extend(last(&json!({ "error": problem })));
        }
    }
    lines
}

fn counts(totals: &Totals) -> Value {
    json!({
        "rows": totals.rows,
        "imeis": totals.imeis,
        "not_imeis": totals.not_imeis,
        "duplicates": totals.duplicates,
        "look": totals.look,
        "stop": totals.stop,
        "duplicates_incomplete": totals.duplicates_incomplete,
    })
}

fn last(value: &Value) -> Vec<u8> {
    format!("{value}\n").into_bytes()
}
