//! Cases.

use axum::Json;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::input::{Body, List, Named, Paging, Params};
use super::{Problem, State};
use crate::cases::{Case, Filing, Preflight, Replacement};
use crate::check::Freshness;
use crate::id::CaseId;
use crate::rules::{Fee, Rules};
use crate::station::Station;

/// A case and what would get it refused.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CaseView {
    #[serde(flatten)]
    case: Case,
    /// What would get it refused; a `stop` keeps it out of a batch.
    preflight: Vec<Preflight>,
    /// What the registry charges by the rules, if it is filed today; none if nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    fee: Option<Fee>,
}

/// What is filed: `{"import": …}`, `{"personal": …}` or `{"replacement": …}`. A replacement may
/// also stand alone, without the name of its kind.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(super) enum NewCase {
    Named(Filing),
    Alone(Replacement),
}

/// By hand, so that a slip in a field is told as such and not as "none of the kinds".
impl<'de> Deserialize<'de> for NewCase {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let is_named = value.as_object().is_some_and(|fields| {
            ["import", "personal", "replacement"].iter().any(|kind| fields.contains_key(*kind))
        });
        if is_named {
            serde_json::from_value(value).map(Self::Named).map_err(D::Error::custom)
        } else {
            serde_json::from_value(value).map(Self::Alone).map_err(D::Error::custom)
        }
    }
}

impl From<NewCase> for Filing {
    fn from(new: NewCase) -> Self {
        match new {
            NewCase::Named(filing) => filing,
            NewCase::Alone(replacement) => Self::Replacement(replacement),
        }
    }
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

/// Opens a case: a replaced board or module, devices brought in for sale, or a person's own. The
/// same case again is answered with the first.
#[utoipa::path(
    post, path = "/cases", tag = "filing", request_body = NewCase,
    responses(
        (status = 201, body = CaseView),
        (status = 200, description = "It had been opened before", body = CaseView),
        (status = 404, description = "There is no such handset", body = Problem),
        (status = 409, description = "The work order or reference has another case", body = Problem),
        (status = 422, body = Problem),
    ),
)]
pub(super) async fn open(
    Shared(station): State,
    Body(new): Body<NewCase>,
) -> Result<(StatusCode, Json<CaseView>), Problem> {
    let opened = station.open_case(new).await?;
    station.check_case(opened.case.id, Freshness::Kept).await?;
    let status = if opened.is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(view(&station, opened.case).await?)))
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
    Ok(Json(view(&station, case).await?))
}

/// Changes what a case files, as long as it is in no batch.
#[utoipa::path(
    put, path = "/cases/{case}", tag = "filing", request_body = NewCase,
    params(("case" = CaseId, Path)),
    responses(
        (status = 200, body = CaseView),
        (status = 404, body = Problem),
        (status = 409, description = "It is in a batch, or of another kind or reference", body = Problem),
    ),
)]
pub(super) async fn amend(
    Shared(station): State,
    Named(id): Named<CaseId>,
    Body(new): Body<NewCase>,
) -> Result<Json<CaseView>, Problem> {
    let case = station.amend_case(id, new).await?;
    station.check_case(id, Freshness::Kept).await?;
    Ok(Json(view(&station, case).await?))
}

async fn view(station: &Station, case: Case) -> Result<CaseView, Problem> {
    let preflight = station.preflight(case.id).await?;
    let fee = station.fee(&case);
    Ok(CaseView { case, preflight, fee })
}

/// The rules that a preflight goes by, each with its source.
#[utoipa::path(get, path = "/rules", tag = "filing", responses((status = 200, body = Rules)))]
pub(super) async fn rules(Shared(station): State) -> Json<Rules> {
    Json(station.rules.clone())
}
