//! What the registry says.

use axum::Json;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use tekser_imei::Imei;
use utoipa::ToSchema;

use super::input::{Body, List, Paging, Params};
use super::{Problem, State};
use crate::check::{Answer, CHECK_MAX, Checked};

/// IMEIs to ask about.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CheckRequest {
    /// 1 to 1,000 of them, with or without separators.
    #[schema(example = json!(["490154203237518"]))]
    imeis: Vec<String>,
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

/// Asks the registry. One bad element does not spoil the others.
#[utoipa::path(
    post, path = "/checks", tag = "check", request_body = CheckRequest,
    responses((status = 200, body = CheckResults), (status = 422, body = Problem)),
)]
pub(super) async fn check(
    Shared(station): State,
    Body(request): Body<CheckRequest>,
) -> Result<Json<CheckResults>, Problem> {
    if request.imeis.is_empty() || request.imeis.len() > CHECK_MAX {
        let detail = format!("imeis has 1 to {CHECK_MAX} elements, not {}", request.imeis.len());
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "check_size", detail));
    }
    let parsed: Vec<_> = request.imeis.iter().map(|text| Imei::parse(text.as_bytes())).collect();
    let sound: Vec<Imei> = parsed.iter().filter_map(|imei| imei.ok()).collect();
    let mut checked = station.checks.check(&sound).await?.into_iter();
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

/// Latest answers of the registry, newest first.
#[utoipa::path(get, path = "/checks", tag = "check", params(Paging), responses((status = 200, body = List<Answer>)))]
pub(super) async fn list(
    Shared(station): State,
    Params(paging): Params<Paging>,
) -> Result<Json<List<Answer>>, Problem> {
    let items = station.store.answers(&paging.page()).await?;
    Ok(Json(paging.list(items, |(id, _)| id.clone()).map(|(_, answer)| answer)))
}
