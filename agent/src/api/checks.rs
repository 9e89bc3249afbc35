//! What the registry says.

mod table;

use axum::Json;
use axum::extract::{FromRequest as _, Request, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use tekser_imei::Imei;
use utoipa::ToSchema;

use super::input::{Body, List, Paging, Params};
use super::{Problem, State};
use crate::check::{CHECK_MAX, Checked, Freshness, LastHeard};
use crate::registry::{RegistryId, Role};
use crate::station::Station;
use crate::store::PaidDay;
use table::{Rules, TableLine};

/// IMEIs to ask about.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CheckRequest {
    /// 1 to 1,000 of them, with or without separators.
    #[schema(example = json!(["490154203237518"]))]
    imeis: Vec<String>,
    /// Ask again about what was answered before, too. What was paid for is not paid again.
    #[serde(default)]
    refresh: bool,
    /// Pay once more where a paid question was asked and its answer was lost (`paid_already`), or
    /// a filing made it old (`stale`).
    #[serde(default)]
    pay_again: bool,
}

impl CheckRequest {
    const fn freshness(&self) -> Freshness {
        match (self.pay_again, self.refresh) {
            (true, _) => Freshness::PayAgain,
            (false, true) => Freshness::Now,
            (false, false) => Freshness::Kept,
        }
    }
}

/// The outcome for one element of the request.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(super) enum CheckItem {
    /// What is known of it.
    Checked(Checked),
    /// It is no IMEI; the registry was not asked.
    NotAnImei(NotAnImei),
}

/// Why an element is no IMEI.
#[derive(Serialize, ToSchema)]
pub(super) struct NotAnImei {
    /// The element.
    text: String,
    /// Stable code of the reason.
    error: &'static str,
    /// The reason.
    detail: String,
}

/// Outcomes in the order of the request.
#[derive(Serialize, ToSchema)]
pub(super) struct CheckResults {
    /// One per element.
    items: Vec<CheckItem>,
}

/// Asks the registry about a few IMEIs, or about a table of them. One bad element does not spoil
/// the others.
///
/// IMEIs come as JSON and are answered as JSON. An answer that is still fresh is not asked for
/// again unless `refresh` says so. A table (CSV, TSV, one per line, XLSX; up to
/// 16 MiB) is answered row by row, in order, as JSON lines; the last line says what the rows came
/// to, or why the rest could not be read. Without that line the answer was cut. A table with
/// `Idempotency-Key` may have 1 MiB.
#[utoipa::path(
    post, path = "/checks", tag = "check", params(Rules),
    request_body(content(
        (CheckRequest = "application/json"),
        (String = "text/csv"),
        (String = "text/tab-separated-values"),
        (String = "text/plain"),
        (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    )),
    responses(
        (status = 200, content(
            (CheckResults = "application/json"),
            (TableLine = "application/x-ndjson"),
        )),
        (status = 413, body = Problem), (status = 415, body = Problem),
        (status = 422, body = Problem),
    ),
)]
pub(super) async fn check(
    Shared(station): State,
    Params(rules): Params<Rules>,
    request: Request,
) -> Result<Response, Problem> {
    if table::is_table(request.headers()) {
        return table::check(&station, &rules, request).await;
    }
    let Body(request) = Body::from_request(request, &()).await?;
    Ok(check_imeis(&station, request).await?.into_response())
}

async fn check_imeis(
    station: &Station,
    request: CheckRequest,
) -> Result<Json<CheckResults>, Problem> {
    if request.imeis.is_empty() || request.imeis.len() > CHECK_MAX {
        let detail = format!("imeis has 1 to {CHECK_MAX} elements, not {}", request.imeis.len());
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "check_size", detail));
    }
    let parsed: Vec<_> = request.imeis.iter().map(|text| Imei::parse(text.as_bytes())).collect();
    let sound: Vec<Imei> = parsed.iter().filter_map(|imei| imei.ok()).collect();
    let freshness = request.freshness();
    let mut checked = station.checks.check(&sound, freshness).await?.into_iter();
    let items = request.imeis.into_iter().zip(parsed).filter_map(|(text, imei)| match imei {
        Ok(_) => checked.next().map(CheckItem::Checked),
        Err(reason) => Some(CheckItem::NotAnImei(NotAnImei {
            text,
            error: reason.code(),
            detail: reason.to_string(),
        })),
    });
    Ok(Json(CheckResults { items: items.collect() }))
}

/// What is known of the IMEIs that were asked about, the latest first. Nobody is asked.
#[utoipa::path(get, path = "/checks", tag = "check", params(Paging), responses((status = 200, body = List<Checked>)))]
pub(super) async fn list(
    Shared(station): State,
    Params(paging): Params<Paging>,
) -> Result<Json<List<Checked>>, Problem> {
    let items = station.checks.known_latest(&paging.page()).await?;
    Ok(Json(paging.list(items, |(id, _)| id.clone()).filter_map(|(_, known)| known)))
}

/// Someone who is asked.
#[derive(Serialize, ToSchema)]
pub(super) struct SourceView {
    /// Its short name.
    name: RegistryId,
    /// How much weight its word has.
    role: Role,
    /// How long its answers are gone by without asking again, in seconds; 0: not at all.
    fresh_seconds: i64,
    /// Whether a question costs money.
    paid: bool,
    /// When it was last heard of, since the station started.
    #[serde(flatten)]
    heard: LastHeard,
    /// What was paid for, the latest days first; a month of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    paid_days: Vec<PaidDay>,
}

/// Days of what was paid for that are shown.
const PAID_DAYS: u32 = 31;

/// Who is asked about IMEIs, on which terms, and what was paid for.
#[utoipa::path(get, path = "/sources", tag = "check", responses((status = 200, body = List<SourceView>)))]
pub(super) async fn sources(Shared(station): State) -> Result<Json<List<SourceView>>, Problem> {
    let mut all = Vec::new();
    for source in station.checks.sources() {
        let (name, terms) = (source.id(), source.terms());
        let paid_days = station.store.paid_days(&name, PAID_DAYS).await?;
        let heard = station.checks.heard(source.as_ref());
        let fresh_seconds = terms.fresh_for.as_secs();
        let (role, paid) = (terms.role, terms.paid);
        all.push(SourceView { name, role, fresh_seconds, paid, heard, paid_days });
    }
    Ok(Json(List::whole(all)))
}
