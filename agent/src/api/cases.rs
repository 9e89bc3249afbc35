//! Cases.

use axum::Json;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::input::{Body, List, Named, Paging, Params};
use super::{Problem, State};
use crate::cases::{Case, Preflight, Replacement};
use crate::id::CaseId;

/// A case and what would get it refused.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CaseView {
    #[serde(flatten)]
    case: Case,
    /// What would get it refused; a `stop` keeps it out of a batch.
    preflight: Vec<Preflight>,
}

/// Cases, newest first.
#[utoipa::path(get, path = "/cases", tag = "filing", params(Paging), responses((status = 200, body = List<Case>)))]
pub(super) async fn list(
    Shared(station): State,
    Params(paging): Params<Paging>,
) -> Result<Json<List<Case>>, Problem> {
    let items = station.store.cases(&paging.page()).await?;
    Ok(Json(paging.list(items, |case| case.id.to_string())))
}

/// Opens a case for a replaced board or module. The same case again is answered with the first.
#[utoipa::path(
    post, path = "/cases", tag = "filing", request_body = Replacement,
    responses(
        (status = 201, body = CaseView),
        (status = 200, description = "It had been opened before", body = CaseView),
        (status = 404, description = "There is no such handset", body = Problem),
        (status = 409, description = "The work order has another case", body = Problem),
        (status = 422, body = Problem),
    ),
)]
pub(super) async fn open(
    Shared(station): State,
    Body(replacement): Body<Replacement>,
) -> Result<(StatusCode, Json<CaseView>), Problem> {
    let opened = station.open_case(replacement).await?;
    station.check_case(opened.case.id).await?;
    let preflight = station.preflight(opened.case.id).await?;
    let status = if opened.is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(CaseView { case: opened.case, preflight })))
}

/// One case.
#[utoipa::path(
    get, path = "/cases/{case}", tag = "filing",
    params(("case" = CaseId, Path)),
    responses((status = 200, body = CaseView), (status = 404, body = Problem)),
)]
pub(super) async fn show(
    Shared(station): State,
    Named(id): Named<CaseId>,
) -> Result<Json<CaseView>, Problem> {
    let case = station.store.case(id).await?.ok_or_else(|| Problem::not_found("such case"))?;
    let preflight = station.preflight(id).await?;
    Ok(Json(CaseView { case, preflight }))
}

/// Changes what a case files, as long as it is in no batch.
#[utoipa::path(
    put, path = "/cases/{case}", tag = "filing", request_body = Replacement,
    params(("case" = CaseId, Path)),
    responses(
        (status = 200, body = CaseView),
        (status = 404, body = Problem),
        (status = 409, description = "It is in a batch, or has another work order", body = Problem),
    ),
)]
pub(super) async fn amend(
    Shared(station): State,
    Named(id): Named<CaseId>,
    Body(replacement): Body<Replacement>,
) -> Result<Json<CaseView>, Problem> {
    let case = station.amend_case(id, replacement).await?;
    station.check_case(id).await?;
    let preflight = station.preflight(id).await?;
    Ok(Json(CaseView { case, preflight }))
}
