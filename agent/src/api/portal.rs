//! What people saw on portals that answer people only.

use std::sync::Arc;

use axum::Json;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use tekser_imei::Imei;
use utoipa::{IntoParams, ToSchema};

use super::input::{Body, List, Named, Params};
use super::{Problem, State};
use crate::cases::Line;
use crate::id::SightingId;
use crate::portal::Report;
use crate::registry::{RegistryId, Role};
use crate::station::{PortalCheck, Station};

/// A portal that people look at.
#[derive(Serialize, ToSchema)]
pub(super) struct PortalView {
    /// Its short name, as it stands in answers.
    name: RegistryId,
    /// The page that a person opens. The station itself never does.
    #[schema(example = "https://imei.rfs.gov.kz/")]
    link: String,
    /// `decides`, or `warns`: then only its bad news counts.
    #[schema(value_type = String)]
    role: Role,
    /// How long what a person saw is gone by, in minutes.
    fresh_minutes: i64,
}

/// Portals that people look at, in the order of `registries.toml`.
#[utoipa::path(get, path = "/portal", tag = "check", responses((status = 200, body = List<PortalView>)))]
pub(super) async fn list(Shared(station): State) -> Json<List<PortalView>> {
    let view = |portal: &crate::portal::Portal| PortalView {
        name: portal.id.clone(),
        link: portal.link.to_string(),
        role: portal.role,
        fresh_minutes: portal.fresh_for.as_mins(),
    };
    Json(List::whole(station.portals.iter().map(view).collect()))
}

/// Which portal.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    /// Its short name; needed only if there are several.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    portal: Option<RegistryId>,
}

/// What people saw of an IMEI, and the page to open to look again.
#[utoipa::path(
    get, path = "/portal/{imei}", tag = "check",
    params(("imei" = String, Path, example = "490154203237518"), Which),
    responses(
        (status = 200, body = PortalCheck),
        (status = 404, description = "No such portal is set up", body = Problem),
        (status = 422, body = Problem),
    ),
)]
pub(super) async fn show(
    Shared(station): State,
    Named(imei): Named<String>,
    Params(which): Params<Which>,
) -> Result<Json<PortalCheck>, Problem> {
    let imei = Imei::parse(imei.as_bytes())?;
    Ok(Json(station.portal_check(imei, which.portal.as_ref()).await?))
}

/// Records what a person saw. It holds for all users of the station until it is too old to go by,
/// or somebody looks again. `could_not_check` is kept with its reason and answers nothing.
#[utoipa::path(
    post, path = "/portal/{imei}", tag = "check", request_body = Report,
    params(("imei" = String, Path, example = "490154203237518")),
    responses(
        (status = 201, body = PortalCheck),
        (status = 404, description = "No such portal is set up", body = Problem),
        (status = 422, body = Problem),
    ),
)]
pub(super) async fn record(
    Shared(station): State,
    Named(imei): Named<String>,
    Body(report): Body<Report>,
) -> Result<(StatusCode, Json<PortalCheck>), Problem> {
    let imei = Imei::parse(imei.as_bytes())?;
    let portal = station.record_sighting(imei, report).await?.portal;
    let check = station.portal_check(imei, Some(&portal)).await?;
    check_again(&station, imei);
    Ok((StatusCode::CREATED, Json(check)))
}

/// What is taken back, and by whom.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Withdraw {
    /// The sighting.
    sighting: SightingId,
    /// Who takes it back, as the shop calls them.
    #[schema(example = "Aigul, desk 2")]
    by: Line,
}

/// Takes a wrong record back: what was seen before it holds again. It stays in the history.
#[utoipa::path(
    post, path = "/portal/{imei}/withdraw", tag = "check", request_body = Withdraw,
    params(("imei" = String, Path, example = "490154203237518")),
    responses(
        (status = 200, body = PortalCheck),
        (status = 404, description = "There is no such record of this IMEI", body = Problem),
    ),
)]
pub(super) async fn withdraw(
    Shared(station): State,
    Named(imei): Named<String>,
    Body(withdraw): Body<Withdraw>,
) -> Result<Json<PortalCheck>, Problem> {
    let imei = Imei::parse(imei.as_bytes())?;
    let withdrawn = station.withdraw_sighting(imei, withdraw.sighting, withdraw.by).await?;
    let check = station.portal_check(imei, Some(&withdrawn.portal)).await?;
    check_again(&station, imei);
    Ok(Json(check))
}

/// What a person said is kept: they need not wait until slow registries are asked again too.
fn check_again(station: &Arc<Station>, imei: Imei) {
    let station = Arc::clone(station);
    tokio::spawn(async move { station.check_again(imei).await });
}
